"""Elementary functions without branches, as vector code.

There is no vector mathematics library to call on most machines; these polynomials reach the
accuracy of the C library's functions. Every multiplication and addition that is one rounding is
written as `fma`: see `jit`.

References
----------
Muller et al. 2018, Handbook of Floating-Point Arithmetic, chapter 10 (range reduction).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deepfractals_gui.kernels.emit import (
    Value,
    bits,
    fma,
    from_bits,
    greatest,
    is_wide,
    least,
)

_TWICE_LOG2_E = 2.885390081777927
_HALF_LN2 = 0.34657359027997264
_TWO_OVER_PI = 0.6366197723675814


@dataclass(frozen=True)
class _Width:
    """What differs between float64 and float32.

    ``rounder`` leaves an integer in the low bits of a sum; ``even`` and ``odd`` are the powers of
    exp(2 r) for |r| <= ln(2)/4, ``sine`` and ``cosine`` those of 2 sin(2 r)/r and 2 cos(2 r) in
    r^2 for |r| <= pi/4, the highest first.
    """

    rounder: float
    exponent: int
    sign: int
    clamp: float
    half_pi: tuple[float, float]
    even: Sequence[float]
    odd: Sequence[float]
    sine: Sequence[float]
    cosine: Sequence[float]


# Relative errors 3e-17 and 4e-17, absolute error of the cosine 1.4e-16.
_WIDE = _Width(
    rounder=1.5 * 2.0**52,
    exponent=52,
    sign=63,
    clamp=150.0,
    half_pi=(1.5707963267948966, 6.123233995736766e-17),
    even=(0.00028276643079508303, 0.006349193268225405, 0.08888888899823405,
          0.6666666666664199, 2.0, 1.0),
    odd=(5.1395924094139986e-05, 0.0014109327286396397, 0.025396825413701238,
         0.2666666666666284, 1.3333333333333333, 2.0),
    sine=(7.15990470835367e-10, -5.009544067521326e-08, 2.631102777769166e-06,
          -0.0001026134327740873, 0.0028218694880373773, -0.050793650793612276,
          0.5333333333333322, -2.6666666666666665, 4.0),
    cosine=(6.089832410255495e-09, -3.7572556961488854e-07, 1.7102177163889482e-05,
            -0.0005643738842761494, 0.01269841269703005, -0.17777777777772438,
            1.333333333333333, -4.0, 2.0),
)  # fmt: skip

# Errors of 2e-8.
_NARROW = _Width(
    rounder=1.5 * 2.0**23,
    exponent=23,
    sign=31,
    clamp=20.0,
    half_pi=(1.5707963705062866, -4.371138828673793e-08),
    even=(0.08908024030075237, 0.6666659458609526, 2.0, 1.0),
    odd=(0.26743194322228353, 1.3333304544587197, 2.0),
    sine=(0.002697748032359201, -0.05074602576219231, 0.5333274619039209,
          -2.6666665533157627, 4.0),
    cosine=(-0.0005436227557001137, 0.01269044279583093, -0.1777767948309797,
            1.333333314355684, -4.0, 2.0),
)  # fmt: skip


def horner(z: Value, coefficients: Sequence[float]) -> Value:
    """The polynomial with these coefficients, the highest power first."""
    total = fma(z, coefficients[0], coefficients[1])
    for coefficient in coefficients[2:]:
        total = fma(z, total, coefficient)
    return total


def exp_double(
    x: Value, y: Value, clamp: float | None = None, any_phase: bool = False
) -> tuple[Value, Value, Value]:
    """(e, c, s) with exp(2 (x + i y)) = e (c + i s) / 2, and |e| = exp(2 x).

    The sign of e stands for the quadrant. |x| is clamped so that e^2 can't overflow; the phase is
    meaningful up to |y| of about 1e14 in float64, 1e4 in float32. Beyond, ``any_phase`` gives some
    phase instead of what polynomials give far outside their range.
    """
    width = _WIDE if is_wide(x) else _NARROW
    clamp = width.clamp if clamp is None else clamp
    x = least(greatest(x, -clamp), clamp)
    t = fma(x, _TWICE_LOG2_E, width.rounder)
    r = fma(t - width.rounder, -_HALF_LN2, x)
    z = r * r
    e = fma(r, horner(z, width.odd), horner(z, width.even))
    power = bits(t) << width.exponent

    t = fma(y, _TWO_OVER_PI, width.rounder)
    quarter = t - width.rounder
    r = fma(quarter, -width.half_pi[0], y)
    r = fma(quarter, -width.half_pi[1], r)
    if any_phase:
        r = least(greatest(r, -1.0), 1.0)
    z = r * r
    sign = bits(t) << width.sign
    return (
        from_bits(bits(e).plus(power) ^ sign),
        horner(z, width.cosine),
        horner(z, width.sine) * r,
    )


def tanh_parts(x: Value, y: Value) -> tuple[Value, Value, Value]:
    """(Re tanh, Im tanh, g) of x + i y, where 4 |g| = |tanh'|.

    The absolute error is a few ulp of 1, and grows like |tanh|^2 towards a pole.
    """
    e, c, s = exp_double(x, y)
    inverse = 1.0 / fma(e, e + c, 1.0)
    g = e * inverse
    return fma(e, e, -1.0) * inverse, s * g, g


def sigmoid(x: Value, y: Value) -> tuple[Value, Value]:
    """1 / (1 + exp(-2 (x + i y))): the logistic function of twice the argument."""
    e, c, s = exp_double(x, y)
    g = e / fma(e, e + c, 1.0)
    return fma(c, 0.5, e) * g, s * 0.5 * g


def multiply(ar: Value, ai: Value, br: Value, bi: Value) -> tuple[Value, Value]:
    """The product of two complex numbers."""
    return fma(ar, br, -(ai * bi)), fma(ar, bi, ai * br)


def affine(wr: Value, wi: Value, zr: Value, zi: Value, br: Value, bi: Value) -> tuple[Value, Value]:
    """w z + b."""
    return fma(wr, zr, fma(-wi, zi, br)), fma(wr, zi, fma(wi, zr, bi))
