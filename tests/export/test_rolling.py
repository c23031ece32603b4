"""Pictures painted from the top down have the pixels of those painted whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from deepfractals_gui.coloring import MODES, Scene, apply, locked
from deepfractals_gui.coloring.blur import HALVED_FROM, SIGMA_ROWS
from deepfractals_gui.core import CancelFlag, Cancelled, Coloring
from deepfractals_gui.export import rolling
from deepfractals_gui.export.rolling import RollingPainter
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.systems import SYSTEMS
from tests.systems.short import short_params

SHAPE = (61, 41)


def cases() -> list[Any]:
    found = []
    for system in SYSTEMS:
        p = system.Params()
        for key, mode in MODES.items():
            if mode.channels_for(system.channels(p), system.recipes(p)):
                found.append(pytest.param(system, key, id=f"{system.key}-{key}"))
    return found


@pytest.mark.parametrize(("system", "mode"), cases())
def test_rolling_bands_give_the_pixels_of_the_whole_image(
    renderer: Renderer, system: Any, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Small enough that bands wait on the disk, and glow is blurred in several strips.
    monkeypatch.setattr(rolling, "KEPT_BYTES", 50_000)
    monkeypatch.setattr(rolling, "STRIP", 16)
    p = short_params(system)
    scene = Scene(system.channels(p), system.recipes(p))
    for s, sigma, rows in ((1, 3.0, 7), (2, 40.0, 13), (3, 40.0, 2), (2, 1.0, 100)):
        request = RenderRequest(system.key, p, system.home(p), SHAPE, s)
        channels = renderer.render(request).channels
        # So small a picture needs a large sigma, of 1200 rows, to have a halo at all.
        chosen = locked(channels, scene, Coloring(mode=mode, glow=0.5, glow_sigma=sigma))
        whole = apply(channels, scene, chosen, supersampling=s)
        painter = RollingPainter(scene, chosen, SHAPE, s)
        out = np.zeros_like(whole)
        seen = SHAPE[0]
        for last in range(SHAPE[0], 0, -rows):
            first = max(0, last - rows)
            low, high = max(0, first - painter.reach), min(SHAPE[0], last + painter.reach)
            band = {name: array[low * s : high * s] for name, array in channels.items()}
            for row, rgba in painter.feed(band, first, run=renderer.run):
                assert row + len(rgba) == seen
                out[row : row + len(rgba)] = rgba
                seen = row
        assert seen == 0
        assert np.array_equal(out, whole)


@pytest.mark.parametrize("mode", ["classic", "domain"])
def test_rolling_bands_with_a_wide_glow_give_the_pixels_of_the_whole_image(
    renderer: Renderer, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "STRIP", 8)
    system, shape = SYSTEMS[0], (163, 41)
    assert 40.0 * shape[0] / SIGMA_ROWS > HALVED_FROM
    p = system.Params()
    channels = renderer.render(RenderRequest(system.key, p, system.home(p), shape, 1)).channels
    scene = Scene(system.channels(p), system.recipes(p))
    chosen = locked(channels, scene, Coloring(mode=mode, glow=0.5, glow_sigma=40.0))
    whole = apply(channels, scene, chosen)
    for rows in (7, 60):
        painter = RollingPainter(scene, chosen, shape)
        out = np.zeros_like(whole)
        for last in range(shape[0], 0, -rows):
            first = max(0, last - rows)
            low, high = max(0, first - painter.reach), min(shape[0], last + painter.reach)
            band = {name: array[low:high] for name, array in channels.items()}
            for row, rgba in painter.feed(band, first, run=renderer.run):
                out[row : row + len(rgba)] = rgba
        assert np.array_equal(out, whole)


def test_wrong_bands_and_cancellation_are_noticed(renderer: Renderer) -> None:
    system = SYSTEMS[0]
    p = system.Params()
    channels = renderer.render(RenderRequest(system.key, p, system.home(p), SHAPE)).channels
    painter = RollingPainter(Scene(system.channels(p), system.recipes(p)), Coloring(), SHAPE)
    band = {name: array[50:] for name, array in channels.items()}
    with pytest.raises(ValueError, match="has the shape"):
        list(painter.feed(band, 40))
    with pytest.raises(ValueError, match="isn't below"):
        list(painter.feed(band, 61))
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        list(painter.feed(band, 50, cancel=flag))
