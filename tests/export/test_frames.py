"""Frames put together from keyframes look like stills of the same views."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from deepfractals_gui.coloring import MODES
from deepfractals_gui.coloring.blur import HALVED_FROM, SIGMA_ROWS
from deepfractals_gui.core import Array, CancelFlag, Document, Viewport
from deepfractals_gui.export.clip import Clip, Movie
from deepfractals_gui.export.stills import picture
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import SYSTEMS

SHAPE = (54, 96)
PLACES = {
    "forward_pass": Viewport.at("0.6461379529", "-1.2947323585", 1e-3),
    "error_flow": Viewport.at("-0.8661034398", "-1.3557675186", 1e-3),
    "gradient_basins": Viewport.at("-0.2553417856", "-1.4222667442", 1e-3),
}
"""On the boundary, where neighbouring points differ most."""


def clip_of(
    renderer: Renderer, system: Any, mode: str = "classic", **changes: Any
) -> tuple[Clip, Movie]:
    p = system.Params()
    end = PLACES[system.key]
    glowing = replace(system.default_coloring(p), mode=mode, glow=0.4, glow_sigma=30.0)
    document = Document(system.key, p, end, glowing)
    values = {"seconds": 1.5, "fps": 20, "shape": SHAPE, **changes}
    movie = Movie(document, values.pop("start", replace(end, width=5e-3)), **values)
    return Clip(movie, renderer, lambda fraction: None, CancelFlag()), movie


def decibels(a: Array, b: Array) -> float:
    error = np.mean((a.astype(float) - b.astype(float)) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def still(renderer: Renderer, clip: Clip, view: Viewport, supersampling: int) -> Array:
    document = replace(clip.frame_document(view), supersampling=supersampling)
    return picture(document, renderer)[..., :3]


@pytest.mark.parametrize("system", [SYSTEMS[0], SYSTEMS[2]], ids=lambda s: s.key)
def test_frames_are_as_near_to_the_truth_as_supersampled_stills(
    renderer: Renderer, system: Any
) -> None:
    clip, movie = clip_of(renderer, system)
    wanted = (0, 9, 15, 21, movie.frames - 1) if system is SYSTEMS[0] else (13,)
    for _, view, rgb in clip.paint(wanted):
        truth = still(renderer, clip, view, 4)
        twice = decibels(still(renderer, clip, view, 2), truth)
        # On these boundaries no two samplings agree better; elsewhere frames reach 40 dB.
        assert decibels(rgb, truth) > twice - 0.5
        assert decibels(rgb, truth) > 20.0


def test_smooth_frames_match_their_stills_within_40_decibels(renderer: Renderer) -> None:
    system = SYSTEMS[0]
    p = system.Params()
    document = Document(system.key, p, Viewport.at(2.2, 1.0, 0.2))
    movie = Movie(document, Viewport.at(2.2, 1.0, 1.0), seconds=1.0, fps=20, shape=SHAPE)
    clip = Clip(movie, renderer, lambda fraction: None, CancelFlag())
    for _, view, rgb in clip.paint((0, 5, 10, 15, 19)):
        assert decibels(rgb, still(renderer, clip, view, 4)) > 40.0


@pytest.mark.parametrize(
    ("key", "mode"),
    [
        ("forward_pass", "classic"),
        ("forward_pass", "slope"),
        ("forward_pass", "equalized"),
        ("error_flow", "regime"),
        ("gradient_basins", "basin"),
        ("gradient_basins", "domain"),
    ],
)
def test_first_and_last_frame_are_the_stills_of_their_views(
    renderer: Renderer, key: str, mode: str
) -> None:
    assert mode in MODES
    system = next(s for s in SYSTEMS if s.key == key)
    clip, movie = clip_of(renderer, system, mode)
    assert clip.keyframes.shape == (2 * SHAPE[0], 2 * SHAPE[1])
    for _, view, rgb in clip.paint((0, movie.frames - 1)):
        # The same samples in the same places: only the order of additions differs.
        assert np.abs(rgb.astype(int) - still(renderer, clip, view, 2)).max() <= 1


def test_a_wide_glow_is_that_of_the_still(renderer: Renderer) -> None:
    clip, movie = clip_of(renderer, SYSTEMS[0], shape=(192, 100))
    assert 30.0 * 192 / SIGMA_ROWS > HALVED_FROM
    for _, view, rgb in clip.paint((0, movie.frames - 1)):
        assert np.abs(rgb.astype(int) - still(renderer, clip, view, 2)).max() <= 1


def test_no_frame_pops_where_keyframes_change(renderer: Renderer) -> None:
    for system in (SYSTEMS[0], SYSTEMS[2]):
        clip, movie = clip_of(renderer, system, seconds=2.0, start=_wide(system))
        places = movie.way.places(movie.frames, movie.seconds)
        octave = [clip.keyframes.blend(place).outer for place in places]
        frames = [rgb.astype(int) for _, _, rgb in clip.paint(range(movie.frames))]
        steps = np.array([np.abs(b - a).mean() for a, b in pairwise(frames)])
        switches = [i for i in range(4, len(steps) - 4) if octave[i + 1] != octave[i]]
        assert len(switches) >= 2
        for i in switches:
            around = np.median(steps[i - 4 : i + 5])
            assert steps[i] <= 1.25 * around


def _wide(system: Any) -> Viewport:
    return replace(PLACES[system.key], width=1.6e-2)


def test_frames_do_not_depend_on_threads(renderer: Renderer) -> None:
    with Renderer(threads=1, memory=1) as other:
        one = [rgb for _, _, rgb in clip_of(other, SYSTEMS[0])[0].paint((0, 11, 29))]
    two = [rgb for _, _, rgb in clip_of(renderer, SYSTEMS[0])[0].paint((0, 11, 29))]
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_ranges_come_from_the_whole_clip(renderer: Renderer) -> None:
    clip, movie = clip_of(renderer, SYSTEMS[0], "smooth")
    assert clip.colors.nearest(movie.start).levels is not None
    again, _ = clip_of(renderer, SYSTEMS[0], "smooth", seconds=3.0)
    shared = clip.colors.nearest(movie.start)
    assert again.colors.nearest(movie.start) == shared
    farther, _ = clip_of(renderer, SYSTEMS[0], "smooth", start=_wide(SYSTEMS[0]))
    assert farther.colors.nearest(movie.start) != shared
