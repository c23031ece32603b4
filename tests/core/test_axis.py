"""Coordinates are written with the digits that a pixel warrants."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import Axis


@pytest.mark.parametrize(
    ("value", "resolution", "text"),
    [
        (0.5, 0.01, "0.50"),
        (-1.23456, 0.001, "-1.235"),
        (Decimal("0.1234567890123456789"), 1e-18, "0.123456789012345679"),
        (0.0, 0.1, "0"),
        (1e-9, 0.1, "0"),
        (-1e-9, 0.1, "0"),
        (1.5e-7, 1e-9, "1.50e-7"),
        (12345678.0, 1.0, "1.2345678e7"),
        (3.0, 10.0, "0"),
        (5.0, float("nan"), "5.000000"),
    ],
)
def test_a_number_is_written_to_its_resolution(value, resolution, text):
    assert Axis("x").format(value, resolution) == text


@given(st.decimals(-3, 3, places=60, allow_nan=False, allow_infinity=False), st.integers(1, 50))
def test_what_is_written_is_within_half_a_resolution(value, places):
    resolution = 10.0**-places
    text = Axis("x").format(value, resolution)
    assert abs(Decimal(text) - value) <= Decimal(10) ** -places


@given(st.floats(-3, 3), st.integers(1, 14), st.integers(1, 40))
def test_neighbouring_pixels_are_written_differently(value, places, factor):
    resolution = factor * 10.0**-places
    axis = Axis("x")
    first, second = Decimal(value), Decimal(value) + Decimal(resolution)
    assert axis.format(first, resolution) != axis.format(second, resolution)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "1"), (-2.0, "0.01"), (3.0, "1e+03"), (400.0, "1e400"), (-400.5, "3.2e-401")],
)
def test_a_logarithmic_axis_shows_the_number_itself(value, text):
    assert Axis("rate", scale="log10").format(value, 0.1) == text


def test_a_finer_logarithmic_axis_shows_more_digits():
    axis = Axis("rate", scale="log10")
    assert float(axis.format(0.3, 1e-12)) == pytest.approx(10**0.3, rel=1e-11)
    assert len(axis.format(0.123456789, 1e-9)) > len(axis.format(0.123456789, 1e-3))


def test_the_unit_is_part_of_the_label():
    assert Axis("time", "s").label == "time [s]"
    assert Axis("x").label == "x"
