"""Clips in which every keyframe is coloured by its own range."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from deepfractals_gui.core import Array, CancelFlag, Coloring, Document, Viewport
from deepfractals_gui.export.clip import Clip, Movie, suited_levels
from deepfractals_gui.export.keyframes import keyframe_views
from deepfractals_gui.export.stills import picture
from deepfractals_gui.export.zoom import Way
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import system
from tests.reference import coloring as twin

SHAPE = (54, 96)
END = Viewport.at("-0.8661034398", "-1.3557675186", 1e-3)
SIGNED = Coloring("signed", "spectral", "gain", reverse=True, glow=0.0, vignette=0.0)
LIT = replace(SIGNED, glow=0.3, vignette=0.3, glow_sigma=30.0)
EQUALIZED = Coloring("equalized", "dusk", "gain", glow=0.3, vignette=0.3, glow_sigma=30.0)


def clip_of(
    renderer: Renderer, coloring: Coloring, octaves: int = 3, **changes: Any
) -> tuple[Clip, Movie]:
    found = system("error_flow")
    document = Document(found.key, found.Params(), END, coloring)
    start = replace(END, width=END.width * 2**octaves)
    values: dict[str, Any] = {"seconds": 2.0, "fps": 20, "shape": SHAPE, "levels": "keyframes"}
    movie = Movie(document, start, **{**values, **changes})
    return Clip(movie, renderer, None, CancelFlag()), movie


def colours(clip: Clip, movie: Movie) -> list[Coloring]:
    return [clip.colors.at(view) for view in keyframe_views(movie.way)]


def test_each_keyframe_has_its_own_range(renderer: Renderer) -> None:
    clip, movie = clip_of(renderer, SIGNED)
    found = colours(clip, movie)
    assert len(found) == len(set(found)) == clip.keyframes.count == 4
    assert all(coloring.knots for coloring in found)
    assert clip.keyframes.beside(keyframe_views(movie.way)[1]) == [
        keyframe_views(movie.way)[k] for k in (1, 0, 2)
    ]


@pytest.mark.parametrize("coloring", [SIGNED, LIT, EQUALIZED], ids=["flat", "lit", "equalized"])
def test_keyframes_are_stills_in_their_own_colours(renderer: Renderer, coloring: Coloring) -> None:
    clip, movie = clip_of(renderer, coloring)
    assert clip.keyframes.shape == (2 * SHAPE[0], 2 * SHAPE[1])
    found = colours(clip, movie)
    ends = (0, movie.frames - 1)
    for (_, view, rgb), own in zip(clip.paint(ends), (found[0], found[-1]), strict=True):
        document = clip.frame_document(view)
        assert document.coloring == own
        assert np.abs(rgb.astype(int) - picture(document, renderer)[..., :3]).max() <= 1


@pytest.mark.parametrize("coloring", [SIGNED, replace(LIT, glow=0.0)], ids=["flat", "lit"])
def test_between_keyframes_both_colours_of_each_point_are_blended(
    renderer: Renderer, coloring: Coloring
) -> None:
    clip, movie = clip_of(renderer, coloring)
    places = movie.way.places(movie.frames, movie.seconds)
    index = next(
        i for i, place in enumerate(places) if 0.4 < clip.keyframes.blend(place).share < 0.6
    )
    blend = clip.keyframes.blend(places[index])

    def light(own: Coloring) -> Array:
        fixed, _ = clip_of(renderer, own)
        assert fixed.keyframes.shape == clip.keyframes.shape
        ((_, _, rgb),) = fixed.paint((index,))
        return twin.decode(rgb)

    near, far = clip.colors.at(blend.outer), clip.colors.at(blend.inner)
    expected = twin.encode((1 - blend.share) * light(near) + blend.share * light(far))
    ((_, _, rgb),) = clip.paint((index,))
    assert np.abs(rgb.astype(int) - expected).max() <= 1
    assert np.abs(rgb.astype(int) - twin.encode(light(near))).max() > 4


@pytest.mark.parametrize("coloring", [SIGNED, LIT, EQUALIZED], ids=["flat", "lit", "equalized"])
def test_no_frame_pops_where_ranges_change(renderer: Renderer, coloring: Coloring) -> None:
    # So many frames that hardly anything moves between two of them: a change of colours would show.
    clip, movie = clip_of(renderer, coloring, seconds=150.0, fps=120)
    places = movie.way.places(movie.frames, movie.seconds)
    octave = [clip.keyframes.blend(place).outer for place in places]
    switches = [i for i in range(len(octave) - 1) if octave[i + 1] != octave[i]]
    assert len(switches) == 2
    for i in switches:
        frames = [rgb.astype(int) for _, _, rgb in clip.paint(range(i - 4, i + 6))]
        steps = np.array([np.abs(b - a).mean() for a, b in pairwise(frames)])
        assert steps.max() <= 1.5 * np.median(steps)


def test_locked_colours_stay_locked(renderer: Renderer) -> None:
    fixed = replace(SIGNED, knots=(-1.0, -0.5, 0.0, 0.5, 1.0))
    clip, movie = clip_of(renderer, fixed)
    assert colours(clip, movie) == [fixed] * 4
    assert (clip.colors.points, clip.colors.most) == (0, 1)


def test_a_way_out_and_in_again_has_each_keyframe_once(renderer: Renderer) -> None:
    clip, movie = clip_of(renderer, SIGNED)
    away = replace(movie, start=replace(END.moved(0.004, 0.0), width=1e-3))
    clip = Clip(away, renderer, None, CancelFlag())
    views = keyframe_views(away.way)
    assert len(away.way.legs) == 2
    assert len(views) == clip.keyframes.count
    turn = away.way.legs[0].wide
    assert len(clip.keyframes.beside(turn)) == 3
    assert len(set(colours(clip, away))) == len(views)
    painted = [rgb for _, _, rgb in clip.paint((0, away.frames // 2, away.frames - 1))]
    assert all(rgb.shape == (*SHAPE, 3) for rgb in painted)


def test_views_of_a_way_are_a_factor_two_apart() -> None:
    views = keyframe_views(Way.of(replace(END, width=8e-3), END, SHAPE))
    assert [view.width for view in views] == pytest.approx([8e-3, 4e-3, 2e-3, 1e-3])


def test_frames_do_not_depend_on_which_are_painted(renderer: Renderer) -> None:
    wanted = (7, 22, 39)
    alone = [rgb for k in wanted for _, _, rgb in clip_of(renderer, LIT)[0].paint((k,))]
    together = [rgb for _, _, rgb in clip_of(renderer, LIT)[0].paint(wanted)]
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))


def test_the_trainability_map_begins_with_keyframes_of_their_own_colours() -> None:
    found = system("trainability")
    p = found.Params()
    own = found.default_coloring(p)
    assert suited_levels(found.key, p, own) == "keyframes"
    assert suited_levels(found.key, p, replace(own, knots=(-1.0, 0.0, 1.0))) == "fixed"
    assert suited_levels(found.key, p, Coloring("status", "spectral")) == "fixed"
    other = system("error_flow")
    assert suited_levels(other.key, other.Params(), SIGNED) == "fixed"
