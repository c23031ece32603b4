"""The array type of the whole package, and complex numbers as text."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Float64: TypeAlias = NDArray[np.float64]

_COMPLEX_TEXT = re.compile(r"[0-9eE+\-.ij ]+")


def parse_complex(text: str) -> complex:
    """Read ``0.3``, ``0.3i``, ``-1+2i``, ``1e-3 - 2e5j`` or ``i`` as a complex number.

    Raises
    ------
    ValueError   the text isn't a complex number
    """
    compact = text.strip().lower().replace("−", "-")
    if not compact or not _COMPLEX_TEXT.fullmatch(compact):
        raise ValueError(f"{text!r} is not a complex number such as 0.3 or -1+2i")
    compact = compact.replace(" ", "").replace("i", "j")
    # Python wants a digit before j.
    compact = re.sub(r"(?<![0-9.])j", "1j", compact)
    try:
        return complex(compact)
    except ValueError:
        raise ValueError(f"{text!r} is not a complex number such as 0.3 or -1+2i") from None


def format_complex(value: complex, digits: int | None = None) -> str:
    """Write a complex number as ``a+bi``; without ``digits`` the text reads back bit for bit."""

    def part(number: float) -> str:
        if digits is not None:
            return f"{number:.{digits}g}"
        text = repr(float(number))
        return text[:-2] if text.endswith(".0") else text

    if value.imag == 0 and not _negative_zero(value.imag):
        return part(value.real)
    if value.real == 0 and not _negative_zero(value.real):
        return f"{part(value.imag)}i"
    imaginary = part(value.imag)
    sign = "" if imaginary.startswith("-") else "+"
    return f"{part(value.real)}{sign}{imaginary}i"


def _negative_zero(number: float) -> bool:
    return number == 0 and bool(np.signbit(number))
