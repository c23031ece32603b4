"""Complex functions at one point, on the C library's real ones, for where polynomials fall short.

The last step of an orbit that escapes ends near a pole, where the vector kernels' tanh loses
relative accuracy; these keep it.
"""

from __future__ import annotations

import math

from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import inline, routine

_CLAMP = 150.0
"""tanh is 1 to the last bit long before, and the squares below can't overflow."""


@inline
def size(z: complex) -> float:
    """|z|; infinite, or 0, where the square isn't a normal number."""
    return math.sqrt(z.real * z.real + z.imag * z.imag)


@routine
def _grown(x: float, y: float) -> tuple[float, float, float, float, float]:
    """(m, s, c, e, d) of F = exp(2 (x + i y)), all with small relative errors.

    m = |F| - 1, s = sin y, c = cos y, e = |F|, d = |F + 1|^2 / |F|.
    """
    never_inlined()
    x = min(max(x, -_CLAMP), _CLAMP)
    # One exponential serves for both without a loss.
    if abs(x) < 0.25:
        m = math.expm1(2.0 * x)
        e = m + 1.0
    else:
        e = math.exp(2.0 * x)
        m = e - 1.0
    s = math.sin(y)
    c = math.cos(y)
    return m, s, c, e, m * m / e + 4.0 * c * c


@inline
def tanh(u: complex) -> complex:
    m, s, c, e, d = _grown(u.real, u.imag)
    return complex(m * (e + 1.0) / (e * d), 4.0 * s * c / d)


@inline
def tanh_slope(u: complex) -> complex:
    """tanh'(u) = 4 F / (F + 1)^2, as four times F / (F + 1) times 1 / (F + 1)."""
    m, s, c, e, d = _grown(u.real, u.imag)
    above = complex((m + 2.0 * c * c) / d, 2.0 * s * c / d)
    below = complex((2.0 * e * c * c - m) / (e * d), -2.0 * s * c / d)
    return 4.0 * above * below


@inline
def sigmoid(u: complex) -> complex:
    """1 / (1 + exp(-2 u))."""
    m, s, c, _, d = _grown(u.real, u.imag)
    # (|F|^2 + F) / |F + 1|^2, divided by |F|.
    return complex((m + 2.0 * c * c) / d, 2.0 * s * c / d)
