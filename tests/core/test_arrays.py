"""Complex numbers as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import format_complex, parse_complex

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, finite)
def test_what_is_written_reads_back_bit_for_bit(real, imaginary):
    value = complex(real, imaginary)
    read = parse_complex(format_complex(value))
    assert read == value
    assert math.copysign(1, read.real) == math.copysign(1, real) or real == 0
    assert math.copysign(1, read.imag) == math.copysign(1, imaginary) or imaginary == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.3", 0.3),
        ("0.3i", 0.3j),
        ("i", 1j),
        ("-i", -1j),
        ("1-i", 1 - 1j),
        ("-1+2i", -1 + 2j),
        ("1e-3 - 2e5j", 1e-3 - 2e5j),
        (" 1 + 2 I ", 1 + 2j),
        ("−1", -1),
        (".5i", 0.5j),
        ("5.i", 5j),
        ("1e3i", 1000j),
    ],
)
def test_people_s_ways_of_writing_are_read(text, value):
    assert parse_complex(text) == value


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "1+", "1++2i", "i2", "nan", "inf", "1;2", "2i3", "1i1i", "e", "0x1", "()"],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="is not a complex number"):
        parse_complex(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.3, "0.3"), (0.3j, "0.3i"), (1 - 2j, "1-2i"), (0, "0"), (-1 + 0.5j, "-1+0.5i")],
)
def test_numbers_are_written_shortly(value, text):
    assert format_complex(complex(value)) == text


def test_digits_may_be_asked_for():
    assert format_complex(1 / 3 - 2j / 3, 3) == "0.333-0.667i"
