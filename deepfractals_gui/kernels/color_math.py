"""Elementary functions in float32 that compilers can vectorise, for colours.

Each is within a few units in the last place on the range stated; colours need far less. Sums are
nested in pairs (Estrin 1960), so that steps overlap instead of waiting for each other.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from deepfractals_gui.kernels.intrinsics import bits, fma, from_bits, greatest, least, select
from deepfractals_gui.kernels.jit import inline

Real: TypeAlias = Any
"""A compiled number: float32 or float64 as the caller has it, int or uint for bits."""

UNDEFINED = np.float32(2.0)
"""Stands for a value in [0, 1] that isn't there: the point has none, or it isn't finite."""
PENDING = np.float32(3.0)
"""Stands for a value of a point that isn't computed yet."""

_F = np.float32
_ROUND = _F(12582912.0)  # 1.5 * 2^23: adding it rounds to an integer
ZERO, HALF, ONE, TWO = _F(0.0), _F(0.5), _F(1.0), _F(2.0)
LARGEST = _F(3.0e38)

_S0, _S1, _S2, _S3, _S4 = (
    _F(3.14159258),
    _F(-5.1677068789),
    _F(2.5500313765),
    _F(-0.5980451692),
    _F(0.0772201193),
)
_A0, _A1, _A2, _A3, _A4, _A5, _A6, _A7, _A8 = (
    _F(0.159154925),
    _F(-0.0530504758),
    _F(0.0318085576),
    _F(-0.0225382903),
    _F(0.0167095714),
    _F(-0.0115145938),
    _F(0.0063313351),
    _F(-0.0022920221),
    _F(0.0003909938),
)
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7, _L8 = (
    _F(1.4426948685),
    _F(-0.7213471285),
    _F(0.4809225302),
    _F(-0.3607211929),
    _F(0.287656642),
    _F(-0.2385194822),
    _F(0.2173797124),
    _F(-0.210303132),
    _F(0.125411335),
)
_E0, _E1, _E2, _E3, _E4, _E5, _E6 = (
    ONE,
    _F(6.9314720671e-01),
    _F(2.4022651505e-01),
    _F(5.5503272148e-02),
    _F(9.6179945301e-03),
    _F(1.3400432052e-03),
    _F(1.5478018009e-04),
)
_ROOT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA = np.int32(23)
_TINY = _F(1.2e-38)


@inline
def sin_turns(turns: Real) -> Real:
    """sin(2 pi turns) within [-1, 1], for |turns| < 2^20."""
    double = turns + turns
    nearest = (double + _ROUND) - _ROUND
    s = double - nearest
    z = s * s
    p = s * fma(z, fma(z, fma(z, fma(z, _S4, _S3), _S2), _S1), _S0)
    # Half of an odd number is half away from a whole one.
    half = nearest * HALF
    odd = half - ((half + _ROUND) - _ROUND)
    p = select(odd != ZERO, -p, p)
    return least(greatest(p, -ONE), ONE)


@inline
def turn_of(re: Real, im: Real) -> Real:
    """atan2(im, re) / 2 pi in [-1/2, 1/2], 0 at the origin."""
    ax, ay = abs(re), abs(im)
    swap = ay > ax
    small = select(swap, ax, ay)
    large = select(swap, ay, ax)
    q = small / select(large > ZERO, large, ONE)
    z = q * q
    z2 = z * z
    z4 = z2 * z2
    low = fma(z2, fma(z, _A3, _A2), fma(z, _A1, _A0))
    high = fma(z2, fma(z, _A7, _A6), fma(z, _A5, _A4))
    turn = q * fma(z4, fma(z4, _A8, high), low)
    turn = select(swap, _F(0.25) - turn, turn)
    turn = select(re < ZERO, HALF - turn, turn)
    return select(im < ZERO, -turn, turn)


@inline
def log2(x: Real) -> Real:
    """Base-2 logarithm of a positive float32; what lies below 1.2e-38 counts as that."""
    pattern = bits(greatest(x, _TINY))
    exponent = np.int32(np.int32(pattern - _ROOT_HALF_BITS) >> _MANTISSA)
    f = from_bits(np.int32(pattern - np.int32(exponent << _MANTISSA))) - ONE
    f2 = f * f
    f4 = f2 * f2
    low = fma(f2, fma(f, _L3, _L2), fma(f, _L1, _L0))
    high = fma(f2, fma(f, _L7, _L6), fma(f, _L5, _L4))
    return fma(f, fma(f4, fma(f4, _L8, high), low), _F(exponent))


@inline
def exp2(x: Real) -> Real:
    """2^x, for x clipped to [-126, 127]."""
    x = least(greatest(x, _F(-126.0)), _F(127.0))
    nearest = (x + _ROUND) - _ROUND
    f = x - nearest
    f2 = f * f
    high = fma(f2, _E6, fma(f, _E5, _E4))
    p = fma(f2, fma(f2, high, fma(f, _E3, _E2)), fma(f, _E1, _E0))
    biased = np.int32(np.int32(nearest) + np.int32(127))
    return p * from_bits(np.int32(biased << _MANTISSA))


@inline
def power(x: Real, exponent: Real) -> Real:
    """x^exponent for x in [0, 1] and a positive exponent; 0 stays 0."""
    return select(x > _TINY, exp2(exponent * log2(x)), ZERO)


@inline
def narrowed(number: Any, out: Any) -> None:
    """Complex numbers, float64 (2 n,), as float32, in a loop of its own.

    Those that work on them are then as wide as float32 allows. Index what was filled without a
    sign: with one, the loop asks whether it counts from the end.
    """
    for i in range(out.size):
        out[i] = np.float32(number[i])


@inline
def unit(x: Real) -> Real:
    """Clip to [0, 1]; what isn't a number becomes 0, so test for it first."""
    return least(greatest(x, ZERO), ONE)
