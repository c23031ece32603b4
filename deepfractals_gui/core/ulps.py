"""The next float64: what a rounding audit moves its inputs to."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array


def next_up(value: Any) -> Any:
    """The float64 after each number, towards +infinity; of a complex number, in both parts.

    Takes a float, a complex number, an array of either, or nested tuples of floats, and gives back
    the same kind. After 0 comes the smallest subnormal.
    """
    if isinstance(value, tuple):
        return tuple(next_up(part) for part in value)
    moved = _moved(np.asarray(value))
    return moved if isinstance(value, np.ndarray) else moved.item()


def _moved(values: Array) -> Array:
    if np.iscomplexobj(values):
        real, imag = values.real.astype(np.float64), values.imag.astype(np.float64)
        both: Array = np.nextafter(real, np.inf) + 1j * np.nextafter(imag, np.inf)
        return both
    up: Array = np.nextafter(values.astype(np.float64), np.inf)
    return up
