"""Requests, and how far one view is panned from another."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import Viewport
from deepfractals_gui.render import RenderRequest, pan_offset


@dataclass(frozen=True)
class Params:
    depth: int = 1


def request(**changes) -> RenderRequest:
    plain = RenderRequest("any", Params(), Viewport.at("0.1", "-0.7", 3.0), (30, 41))
    return replace(plain, **changes)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (-1, 5), (16385, 1)])
def test_a_picture_without_or_with_too_many_pixels_is_refused(shape):
    with pytest.raises(ValueError, match="sides must be within"):
        request(shape=shape)


@pytest.mark.parametrize("samples", [0, 5])
def test_supersampling_is_bounded(samples):
    with pytest.raises(ValueError, match="supersampling must be within"):
        request(supersampling=samples)


def test_the_grid_holds_every_sample():
    assert request(supersampling=3).grid == (90, 123)


def test_equal_requests_are_one_key():
    assert len({request(), request(), request(supersampling=2)}) == 2


ordinary = st.floats(-3, 3).filter(lambda x: x == 0 or abs(x) > 1e-60)


@given(
    x=ordinary,
    y=ordinary,
    exponent=st.floats(-14, 1),
    columns=st.integers(-500, 500),
    rows=st.integers(-500, 500),
    samples=st.integers(1, 4),
)
def test_a_pan_by_whole_samples_is_found_and_shares_its_points(
    x, y, exponent, columns, rows, samples
):
    view = Viewport.at(x, y, 10.0**exponent)
    old = request(viewport=view, supersampling=samples)
    new = replace(old, viewport=view.panned(columns, rows, old.grid[1]))
    assert pan_offset(old, new) == (columns, rows)
    assert pan_offset(new, old) == (-columns, -rows)
    for axis, shift in ((0, rows), (1, columns)):
        before = (old.raster.y, old.raster.x)[axis]
        after = (new.raster.y, new.raster.x)[axis]
        shared = max(0, len(before) - abs(shift))
        start = max(0, shift)
        there = before[start : start + shared]
        assert there.tobytes() == after[max(0, -shift) :][:shared].tobytes()


def test_no_pan_is_an_offset_of_nothing():
    assert pan_offset(request(), request()) == (0, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "other"},
        {"params": Params(2)},
        {"shape": (31, 41)},
        {"supersampling": 2},
        {"precision": "float32"},
        {"viewport": Viewport.at("0.1", "-0.7", 2.9999)},
        {"viewport": Viewport.at("0.10001", "-0.7", 3.0)},
    ],
)
def test_what_differs_in_more_than_whole_steps_is_no_pan(change):
    assert pan_offset(request(), request(**change)) is None


def test_a_step_that_is_almost_whole_is_no_pan():
    old = request(viewport=Viewport.at(0, 0, 3.0))
    step = 3.0 / 41
    moved = Viewport.at(np.nextafter(step, 1), 0, 3.0)
    assert pan_offset(old, replace(old, viewport=moved)) is None
