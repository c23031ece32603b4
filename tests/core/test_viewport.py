"""Points are correctly rounded from exact centres, and pans share them bit for bit."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from deepfractals_gui.core import Points, Raster, Viewport
from deepfractals_gui.core.viewport import MAX_DIGITS, SAFE_ULPS

# Sums of the decimals of ordinary places and steps stay within a centre's thousand digits.
centres = st.one_of(
    st.floats(-10, 10).filter(lambda x: x == 0 or abs(x) > 1e-60).map(Decimal),
    st.decimals(-3, 3, places=40, allow_nan=False, allow_infinity=False),
    st.sampled_from([Decimal(0), Decimal("1e-30"), Decimal("-0.75"), Decimal(1) / 3]),
)
widths = st.floats(-60, 2).map(lambda exponent: 10.0**exponent)
counts = st.integers(1, 300)


def nearest(value: Fraction) -> float:
    return value.numerator / value.denominator


@given(centres, widths, counts)
@example(Decimal("0.1"), 3.0, 601)
@example(Decimal("1e-300"), 1e-300, 7)
@example(Decimal("-1.25"), 1e-30, 100)
def test_each_pixel_is_the_float_nearest_to_its_exact_place(centre, width, columns):
    raster = Raster(Viewport(centre, centre.copy_negate(), width), (columns, columns))
    step = Fraction(width / columns)
    for index in {0, columns // 2, columns - 1, columns // 3}:
        offset = (index + Fraction(1, 2) - Fraction(columns, 2)) * step
        assert raster.x[index] == nearest(Fraction(centre) + offset)
        assert raster.y[index] == nearest(-Fraction(centre) + offset)


@given(centres, centres, widths, counts, st.integers(-10_000, 10_000), st.integers(-10_000, 10_000))
def test_a_pan_moves_the_centre_by_exact_steps(x, y, width, columns, right, up):
    view = Viewport(x, y, width)
    moved = view.panned(right, up, columns)
    step = Fraction(view.step(columns))
    assert Fraction(moved.x) - Fraction(x) == right * step
    assert Fraction(moved.y) - Fraction(y) == up * step
    assert moved.width == width


@given(centres, centres, widths, counts, st.integers(-50, 50))
def test_panned_views_share_the_points_of_shared_pixels(x, y, width, columns, shift):
    view = Viewport(x, y, width)
    before = Raster(view, (9, columns)).x
    after = Raster(view.panned(shift, 0, columns), (9, columns)).x
    shared = max(0, columns - abs(shift))
    start, there = max(0, shift), max(0, -shift)
    assert before[start : start + shared].tobytes() == after[there : there + shared].tobytes()


@given(centres, centres, widths, counts, st.lists(st.integers(-99, 99), max_size=8))
def test_many_small_pans_are_one_large_one(x, y, width, columns, shifts):
    view = Viewport(x, y, width)
    for shift in shifts:
        view = view.panned(shift, -shift, columns)
    assert view == Viewport(x, y, width).panned(sum(shifts), -sum(shifts), columns)


@given(centres, centres, widths, st.integers(-20, 20))
def test_zooming_by_powers_of_two_and_back_keeps_the_view(x, y, width, power):
    view = Viewport(x, y, width)
    there = view.moved(0.0, 0.0, 2.0**power)
    back = there.moved(0.0, 0.0, 2.0**-power)
    assert back.width == width
    grain = min(width, there.width) * 2.0**-19
    assert abs(Fraction(back.x) - Fraction(x)) <= Fraction(grain)
    assert abs(Fraction(back.y) - Fraction(y)) <= Fraction(grain)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-14, 0), st.floats(-0.5, 0.5))
def test_a_move_is_as_exact_as_a_fraction_of_a_pixel(x, y, exponent, share):
    view = Viewport.at(x, y, 10.0**exponent)
    moved = view.moved(share * view.width, -share * view.width, 0.5)
    error = Fraction(moved.x) - Fraction(view.x) - Fraction(share * view.width)
    assert abs(error) <= Fraction(moved.width) / 2**20
    assert moved.width == view.width * 0.5
    assert len(moved.x.as_tuple().digits) <= 40


def test_zooming_out_stops_at_the_largest_width():
    view = Viewport.at(0, 0, 1e299)
    for _ in range(5):
        view = view.moved(0, 0, 100.0)
    assert view.width == 1e300


def test_rows_go_up_and_columns_to_the_right():
    raster = Raster(Viewport.at(1, 2, 4.0), (2, 4))
    assert raster.x.tolist() == [-0.5, 0.5, 1.5, 2.5]
    assert raster.y.tolist() == [1.5, 2.5]
    assert raster.dx.tolist() == [-1.5, -0.5, 0.5, 1.5]
    assert raster.step == 1.0
    assert Viewport.at(1, 2, 4.0).height((2, 4)) == 2.0


def test_points_of_pixels_are_those_of_the_raster():
    raster = Raster(Viewport.at("0.1", "-0.2", 1e-9), (5, 7))
    rows, columns = np.array([0, 4, 2]), np.array([6, 0, 3])
    points = raster.points(rows, columns)
    assert points.x.tolist() == raster.x[columns].tolist()
    assert points.y.tolist() == raster.y[rows].tolist()
    assert points.dx.tolist() == raster.dx[columns].tolist()
    assert points.dy.tolist() == raster.dy[rows].tolist()
    assert len(points) == 3


@given(centres, st.lists(st.floats(-1, 1), min_size=1, max_size=9))
def test_points_around_a_centre_are_correctly_rounded(centre, offsets):
    dx = np.array(offsets)
    points = Points.around(Viewport(centre, centre, 1.0), dx, -dx)
    for offset, x, y in zip(offsets, points.x, points.y, strict=True):
        assert x == nearest(Fraction(centre) + Fraction(offset))
        assert y == nearest(Fraction(centre) - Fraction(offset))


def test_absolute_points_keep_their_coordinates():
    points = Points.absolute(np.array([0.1, 0.3]), np.array([[5.0], [7.0]]))
    assert points.x.tolist() == [0.1, 0.3]
    assert points.y.tolist() == [5.0, 7.0]
    assert points.dx.tolist() == [0.0, 0.3 - 0.1]
    assert len(Points.absolute(np.array([]), np.array([]))) == 0


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-17, 1))
def test_the_precision_of_a_view_is_that_of_its_pixels(x, y, exponent):
    view = Viewport.at(x, y, 10.0**exponent)
    shape = (60, 80)
    assume(max(abs(x), abs(y)) > 1e-3)
    ulps = view.pixel_ulps(shape)
    raster = Raster(view, shape)
    if ulps >= SAFE_ULPS:
        assert len(set(raster.x.tolist())) == 80
        assert len(set(raster.y.tolist())) == 60
    if ulps < 0.2 and abs(abs(x) - abs(y)) < 1e-3:
        assert len(set(raster.x.tolist())) < 80


@pytest.mark.parametrize("bad", ["nan", "inf", "-Infinity", "x", "", "1,5", "1e500", "1" * 5000])
def test_a_centre_that_is_no_number_is_refused_in_one_line(bad):
    with pytest.raises(ValueError, match="the centre's x") as caught:
        Viewport.at(bad, 0, 1.0)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 6000


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf, 1e-301, 1e301, 10**400])
def test_a_width_that_is_not_positive_and_finite_is_refused(bad):
    with pytest.raises(ValueError, match="the width must be a positive number"):
        Viewport.at(0, 0, bad)


def test_a_centre_of_too_many_digits_is_refused():
    with pytest.raises(ValueError, match=f"more than {MAX_DIGITS} digits"):
        Viewport.at("0." + "1" * (MAX_DIGITS + 1), 0, 1.0)


def test_a_float_stands_for_its_exact_value():
    assert Viewport.at(0.1, 0, 1).x == Decimal.from_float(0.1) != Decimal("0.1")
    assert Viewport.at("0.1", 0, 1).x == Decimal("0.1")
    assert Viewport.at(" -1e-5 ", 0, 1).x == Decimal("-1e-5")


def test_a_surrounding_decimal_context_changes_nothing():
    from decimal import localcontext

    with localcontext() as context:
        context.prec = 3
        moved = Viewport.at("0.123456789", 0, 1.0).panned(1, 0, 3)
    assert moved == Viewport.at("0.123456789", 0, 1.0).panned(1, 0, 3)


def test_panning_for_ever_keeps_a_centre_that_can_be_written():
    view = Viewport.at(0.1, 0.1, 1e-250)
    for _ in range(30):
        view = view.panned(7, -3, 601).moved(0, 0, 0.37)
        if view.width < 1e-299:
            break
    assert len(view.x.as_tuple().digits) <= MAX_DIGITS
