"""The way of a zoom: constant rate, eased ends, one point that stays in its place."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfractals_gui.core import Viewport
from deepfractals_gui.export.keyframes import Keyframes, bound
from deepfractals_gui.export.zoom import Leg, Way, between, eased

SHAPE = (72, 128)


def inside(outer: Viewport, inner: Viewport, slack: float = 1e-6) -> bool:
    spare = (outer.width * (1 + slack) - inner.width) / 2
    dx, dy = between(outer, inner)
    return abs(dx) <= spare and abs(dy) <= spare * SHAPE[0] / SHAPE[1]


def test_clip_begins_and_ends_exactly_at_its_views() -> None:
    start, end = Viewport.at(0, 0, 5.0), Viewport.at("1.1", "-0.3", 1e-9)
    for a, b in ((start, end), (end, start)):
        way = Way.of(a, b, SHAPE)
        places = way.places(90, 3.0)
        assert (way.view(places[0]), way.view(places[-1])) == (a, b)


def test_rate_is_constant_between_eased_ends() -> None:
    way = Way.of(Viewport.at(0, 0, 5.0), Viewport.at(1, 0, 1e-6), SHAPE)
    widths = [way.view(place).width for place in way.places(301, 10.0)]
    rates = -np.diff(np.log(widths))
    middle = rates[31:-31]
    assert middle.max() / middle.min() == pytest.approx(1.0, abs=1e-6)
    assert rates[0] < 0.01 * middle[0]
    assert rates[-1] < 0.01 * middle[0]
    assert np.all(np.diff(rates[:31]) > 0)
    assert np.all(rates > 0)


@pytest.mark.parametrize("seconds", [0.1, 1.0, 4.0, 3600.0])
def test_easing_runs_from_0_to_1_without_a_jump(seconds: float) -> None:
    moments = np.linspace(0, 1, 2001)
    done = np.array([eased(float(m), seconds) for m in moments])
    assert done[0] == 0.0
    assert done[-1] == 1.0
    assert np.allclose(done + done[::-1], 1.0)
    assert np.diff(done).max() < 1.5 / 2000


def test_one_point_keeps_its_place_on_the_screen() -> None:
    start, end = Viewport.at("0.5", "0.25", 4.0), Viewport.at("1.5", "-0.125", 1e-8)
    leg = Leg(start, end, inward=True)
    dx, dy = between(start, end)
    ratio = end.width / start.width
    # The fixed point of the similarity between the views, measured from the start's centre.
    fixed = (dx / (1 - ratio), dy / (1 - ratio))
    expected = (fixed[0] / start.width, fixed[1] / start.width)
    for share in np.linspace(0, 1, 41):
        view = leg.at(float(share))
        offset = between(start, view)
        # Where views are narrow, their centre is the fixed point to the last digits of a float64.
        here = [
            float((Fraction(f) - Fraction(o)) / Fraction(view.width))
            for f, o in zip(fixed, offset, strict=True)
        ]
        assert here == pytest.approx(expected, abs=1e-5 + 1e-15 / view.width)


def test_views_of_a_leg_lie_inside_each_other() -> None:
    leg = Leg(Viewport.at(0, 0, 5.0), Viewport.at("2.4999", "1.4", 1e-7), inward=True)
    views = [leg.at(share) for share in np.linspace(0, 1, 101)]
    for outer, inner in pairwise(views):
        assert inside(outer, inner)


def test_views_far_apart_are_joined_over_a_view_of_both() -> None:
    start, end = Viewport.at(-1, 0, 1e-3), Viewport.at(2, 1, 1e-5)
    way = Way.of(start, end, SHAPE)
    assert [leg.inward for leg in way.legs] == [False, True]
    wide = way.legs[0].wide
    assert inside(wide, start)
    assert inside(wide, end)
    places = way.places(200, 5.0)
    assert (way.view(places[0]), way.view(places[-1])) == (start, end)
    widths = [way.view(place).width for place in places]
    assert max(widths) > 0.9 * wide.width
    steps = np.abs(np.diff(np.log(widths)))
    assert steps.max() < 3 * np.median(steps)


def test_clip_without_a_way_is_refused() -> None:
    with pytest.raises(ValueError, match="another view"):
        Way.of(Viewport.at(0, 0, 1.0), Viewport.at(0, 0, 1.0), SHAPE)


views = st.builds(
    Viewport.at,
    st.floats(-3, 3),
    st.floats(-3, 3),
    st.floats(-12, 1).map(lambda power: 10.0**power),
)


@settings(max_examples=150, deadline=None)
@given(
    start=views,
    end=views,
    height=st.integers(8, 2000),
    width=st.integers(8, 2000),
    density=st.sampled_from([1.3, 2.0, 2.75]),
    planes=st.sampled_from([1, 3]),
)
def test_points_are_at_most_three_n(
    start: Viewport, end: Viewport, height: int, width: int, density: float, planes: int
) -> None:
    shape = (2 * height, 2 * width)
    if start == end:
        return
    way = Way.of(start, end, shape)
    frames = Keyframes.of(way, shape, density, planes)
    n = bound(way, shape)
    assert frames.points <= 3 * n
    # No keyframe is coarser than the frames it serves.
    assert frames.shape[1] >= shape[1]
    expected = shape[0] * shape[1] + math.pi / 2 * (shape[0] ** 2 + shape[1] ** 2) * way.log_ratio
    assert n == pytest.approx(expected)
    for leg in way.legs:
        assert leg.log_ratio / leg.octaves <= math.log(2) * (1 + 1e-6)
    for place in way.places(7, 1.0):
        blend = frames.blend(place)
        view = way.view(place)
        assert 0.0 <= blend.share <= 1.0
        assert blend.inner.width <= view.width * (1 + 1e-9)
        assert view.width <= blend.outer.width * (1 + 1e-9)


def test_the_widest_and_the_narrowest_view_are_a_way_apart() -> None:
    leg = Leg(Viewport.at(0, 0, 1e300), Viewport.at(0, 0, 1e-300), inward=True)
    assert leg.log_ratio == pytest.approx(600 * math.log(10))
    assert leg.octaves == math.ceil(600 * math.log2(10))
