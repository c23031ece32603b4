"""True coordinates beside the picture, at every depth."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import Axis
from deepfractals_gui.gui.canvas_axes import ticks

LINEAR, LOG = Axis("Re c"), Axis("rate", scale="log10")
MINUS = "\N{MINUS SIGN}"


def whole(marks, label: str) -> str:
    return (label.replace("…", marks.common) + marks.suffix).replace(MINUS, "-")


def test_an_ordinary_view_has_ordinary_labels():
    marks = ticks(LINEAR, Decimal(0), 5.0, 5)
    assert marks.labels == (f"{MINUS}2", f"{MINUS}1", "0", "1", "2")
    assert marks.offsets == (-2.0, -1.0, 0.0, 1.0, 2.0)
    assert marks.common == ""


def test_deep_labels_write_what_they_share_once():
    centre = Decimal("0.7321608421234567890123456789")
    marks = ticks(LINEAR, centre, 1e-20, 8)
    assert marks.common.startswith("0.7321608421234567890")
    assert all(label.startswith("…") and 2 <= len(label) - 1 <= 6 for label in marks.labels)


def test_tiny_coordinates_share_their_power_of_ten():
    marks = ticks(LINEAR, Decimal("5.4321e-30"), 1e-34, 6)
    assert marks.suffix == f"e{MINUS}30"
    assert all("e" not in label for label in marks.labels)


@given(
    st.decimals(-5, 5, allow_nan=False, places=60),
    st.floats(-80, 0.5),
    st.integers(3, 12),
)
def test_labels_name_the_exact_places_of_their_marks(centre, depth, count):
    extent = 10.0**depth
    marks = ticks(LINEAR, centre, extent, count)
    assert 1 <= len(marks.labels) <= 2.5 * count + 2
    with localcontext(prec=400):
        for offset, label in zip(marks.offsets, marks.labels, strict=True):
            distance = Decimal(whole(marks, label)) - centre
            assert float(distance) == pytest.approx(offset, abs=1e-9 * extent)
    assert len(set(marks.labels)) == len(marks.labels)


def test_a_logarithmic_axis_shows_the_numbers_themselves():
    marks = ticks(LOG, Decimal("-2"), 4.0, 5)
    assert marks.labels == ("0.0001", "0.001", "0.01", "0.1", "1")
