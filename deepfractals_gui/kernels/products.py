"""Sums of logarithms as running products: one logarithm a point instead of one a step.

The vector code multiplies and, once a block, moves the product's exponent into a field of its
own; see `lanes.normalize`. FACTORS holds what was multiplied in each step of the block.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import inline, routine
from deepfractals_gui.kernels.lanes import (
    BLOCK,
    EXPONENT,
    FACTORS,
    PRODUCT,
    PRODUCT_BEFORE,
    STRIDE,
)

_LN2 = math.log(2.0)
_LEAST, _GREATEST = 1e-280, 1e280
"""A product between these keeps all its bits, and so does its next factor."""


@inline
def log_of(mantissa: float, exponent: float) -> float:
    return math.log(abs(mantissa)) + exponent * _LN2


@inline
def times(mantissa: float, exponent: float, factor: float) -> tuple[float, float]:
    """A running product that can't leave the range of floats."""
    part, power = math.frexp(mantissa * factor)
    return part, exponent + power


@inline
def _through(fields: Any, lane: int, steps: int) -> tuple[float, float]:
    """The running product up to the given step of the block, from what was before the block."""
    mantissa: float = np.float64(fields[PRODUCT_BEFORE + lane])
    exponent: float = np.float64(fields[EXPONENT + lane])
    for k in range(steps):
        factor = np.float64(fields[FACTORS + k * STRIDE + lane])
        product = mantissa * factor
        if _LEAST < abs(product) < _GREATEST:
            mantissa = product
        else:
            mantissa, power = math.frexp(mantissa)
            mantissa, exponent = times(mantissa, exponent + power, factor)
    return mantissa, exponent


@routine
def log_through(fields: Any, lane: int, steps: int) -> float:
    """Logarithm of the running product up to the given step of the block."""
    never_inlined()
    mantissa, exponent = _through(fields, lane, steps)
    return log_of(mantissa, exponent)


@routine
def renew(fields: Any, lane: int) -> None:
    """Bring the product of a whole block up to date, where the vector code left its range."""
    never_inlined()
    mantissa, exponent = _through(fields, lane, BLOCK)
    mantissa, power = math.frexp(abs(mantissa))
    fields[PRODUCT + lane] = mantissa * 2.0
    fields[EXPONENT + lane] = exponent + (power - 1)
