"""The pixels don't depend on how an image is split, nor on who paints the parts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import BandPainter, Scene, paint
from deepfractals_gui.coloring.blur import HALVED_FROM, SIGMA_ROWS
from deepfractals_gui.core import CancelFlag, Cancelled, Coloring
from tests.coloring.conftest import BANDS, CHANNELS, REGIMES, samples

SCENE = Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES})
SHAPE = (40, 31)
SAMPLES = {s: samples((SHAPE[0] * s, SHAPE[1] * s)) for s in (1, 2)}
TALL = (139, 15)
"""High enough that the widest glow is blurred by halves."""


def colourings() -> list[Coloring]:
    glowing = Coloring(glow=0.3, glow_sigma=40.0)
    return [look.suited(glowing, mode) for mode in look.MODES]


def lit(coloring: Coloring, s: int) -> Coloring:
    fixed = look.locked(SAMPLES[s], SCENE, replace(coloring, glow=0.3, vignette=0.45))
    return replace(fixed, glow_sigma=40.0)


@pytest.mark.parametrize("s", [1, 2])
@pytest.mark.parametrize("coloring", colourings(), ids=lambda c: c.mode)
def test_bands_with_halo_reproduce_the_whole_image_bitwise(coloring, s):
    coloring = lit(coloring, s)
    whole = look.apply(SAMPLES[s], SCENE, coloring, supersampling=s)
    painter = BandPainter(SCENE, coloring, SHAPE, s)
    assert painter.halo >= 5
    for first, rows in [(0, 7), (7, 1), (8, 25), (33, 7)]:
        low = max(0, first - painter.halo) * s
        high = min(SHAPE[0], first + rows + painter.halo) * s
        band = {name: SAMPLES[s][name][low:high] for name in painter.names}
        assert np.array_equal(painter.paint(band, first, rows), whole[first : first + rows])


@pytest.mark.parametrize("mode", ["classic", "slope"])
@pytest.mark.parametrize("rows", [1, 7, 50])
def test_bands_with_a_wide_glow_reproduce_the_whole_image_bitwise(mode, rows):
    assert 40.0 * TALL[0] / SIGMA_ROWS > HALVED_FROM
    channels = samples(TALL)
    coloring = look.suited(Coloring(glow=0.3, glow_sigma=40.0), mode)
    coloring = look.locked(channels, SCENE, replace(coloring, glow=0.3))
    whole = look.apply(channels, SCENE, coloring)
    painter = BandPainter(SCENE, coloring, TALL)
    for first in range(0, TALL[0], rows):
        count = min(rows, TALL[0] - first)
        low, high = max(0, first - painter.halo), min(TALL[0], first + count + painter.halo)
        band = {name: channels[name][low:high] for name in painter.names}
        assert np.array_equal(painter.paint(band, first, count), whole[first : first + count])


@given(
    size=st.integers(1, 400),
    mode=st.sampled_from(sorted(look.MODES)),
    s=st.sampled_from([1, 2]),
)
def test_any_band_size_gives_the_same_bits(size, mode, s):
    coloring = lit(look.suited(Coloring(), mode), s)
    whole = look.apply(SAMPLES[s], SCENE, coloring, supersampling=s)
    kept = paint._BAND_SAMPLES
    paint._BAND_SAMPLES = size
    try:
        assert np.array_equal(look.apply(SAMPLES[s], SCENE, coloring, supersampling=s), whole)
    finally:
        paint._BAND_SAMPLES = kept


def test_threads_give_the_same_bits(monkeypatch):
    monkeypatch.setattr(paint, "_BAND_SAMPLES", 100)
    with ThreadPoolExecutor(4) as pool:
        for coloring in colourings():
            fixed = lit(coloring, 2)
            alone = look.apply(SAMPLES[2], SCENE, fixed, supersampling=2)
            together = look.apply(
                SAMPLES[2],
                SCENE,
                fixed,
                supersampling=2,
                run=lambda function, items: list(pool.map(function, items)),
            )
            assert np.array_equal(alone, together), coloring.mode


def test_read_only_and_strided_samples_give_the_same_bits():
    coloring = Coloring()
    whole = look.apply(SAMPLES[1], SCENE, coloring)
    wide = {name: np.repeat(array, 2, axis=1)[:, ::2] for name, array in SAMPLES[1].items()}
    for array in wide.values():
        array.flags.writeable = False
    assert np.array_equal(look.apply(wide, SCENE, coloring), whole)


def test_a_raised_flag_stops_between_bands(monkeypatch):
    monkeypatch.setattr(paint, "_BAND_SAMPLES", 31)
    flag = CancelFlag()
    painted = []

    def run(function, items):
        for item in items:
            painted.append(item)
            function(item)
            flag.set()
        return []

    with pytest.raises(Cancelled):
        look.apply(SAMPLES[1], SCENE, Coloring(glow=0.0), cancel=flag, run=run)
    assert len(painted) == 2


def test_an_unlocked_colouring_is_refused_for_bands():
    with pytest.raises(ValueError, match="levels must be fixed"):
        BandPainter(SCENE, Coloring("smooth"), SHAPE)
    with pytest.raises(ValueError, match="knots must be fixed"):
        BandPainter(SCENE, Coloring("equalized"), SHAPE)


def test_a_band_of_the_wrong_rows_is_refused():
    painter = BandPainter(SCENE, Coloring(glow=0.0), SHAPE)
    with pytest.raises(ValueError, match="has the shape"):
        painter.paint({name: SAMPLES[1][name][:9] for name in painter.names}, 0, 10)
    with pytest.raises(ValueError, match="lack the channel 'angle'"):
        painter.paint({n: a[:10] for n, a in SAMPLES[1].items() if n != "angle"}, 0, 10)


def test_samples_that_make_no_whole_pixels_are_refused():
    with pytest.raises(ValueError, match="3 x 3 a pixel"):
        look.apply(SAMPLES[1], SCENE, Coloring(), supersampling=3)
    with pytest.raises(ValueError, match="lack the channel 'status'"):
        look.apply({}, SCENE, Coloring())
