"""The activation functions of the forward map.

``STEPS`` holds f(u) as vector code, by activation; `exact` gives f(u) with a small relative error
even near a pole; `slope` gives |f'(u)| from u and f(u) without evaluating f again.
"""

from __future__ import annotations

import math

from deepfractals_gui.kernels import exact as points
from deepfractals_gui.kernels.elementary import exp_double, multiply, sigmoid, tanh_parts
from deepfractals_gui.kernels.emit import Value, fma
from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import routine

TANH, SIGMOID, SILU, GELU, SIN, CUBIC = range(6)
NAMES = ("tanh", "sigmoid", "silu", "gelu", "sin", "cubic")

# gelu(u) = u sigmoid(2 (A u + B u^3)), Hendrycks and Gimpel 2016, arXiv:1606.08415.
GELU_A, GELU_B = 0.7978845608028654, 0.035677408136300125
_THIRD = 1.0 / 3.0
_SINH_CLAMP = 300.0


def step_tanh(x: Value, y: Value) -> tuple[Value, Value]:
    re, im, _ = tanh_parts(x, y)
    return re, im


def step_sigmoid(x: Value, y: Value) -> tuple[Value, Value]:
    return sigmoid(x * 0.5, y * 0.5)


def step_silu(x: Value, y: Value) -> tuple[Value, Value]:
    re, im = sigmoid(x * 0.5, y * 0.5)
    return multiply(x, y, re, im)


def step_gelu(x: Value, y: Value) -> tuple[Value, Value]:
    sr, si = multiply(x, y, x, y)
    vr, vi = multiply(x, y, fma(sr, GELU_B, GELU_A), si * GELU_B)
    re, im = sigmoid(vr, vi)
    return multiply(x, y, re, im)


def step_sin(x: Value, y: Value) -> tuple[Value, Value]:
    # exp(2 (y/2 + i x/2)) = e^y (cos x + i sin x), whose e has a sign that its inverse shares.
    e, c, s = exp_double(y * 0.5, x * 0.5)
    inverse = 1.0 / e
    return s * 0.25 * (e + inverse), c * 0.25 * (e - inverse)


def step_cubic(x: Value, y: Value) -> tuple[Value, Value]:
    sr, si = multiply(x, y, x, y)
    return multiply(x, y, fma(sr, -_THIRD, 1.0), si * -_THIRD)


STEPS = (step_tanh, step_sigmoid, step_silu, step_gelu, step_sin, step_cubic)


@routine
def exact(activation: int, u: complex) -> complex:
    never_inlined()
    if activation == TANH:
        return points.tanh(u)
    if activation == SIGMOID:
        return points.sigmoid(0.5 * u)
    if activation == SILU:
        return u * points.sigmoid(0.5 * u)
    if activation == GELU:
        return u * points.sigmoid(u * (GELU_A + GELU_B * u * u))
    if activation == SIN:
        y = min(max(u.imag, -_SINH_CLAMP), _SINH_CLAMP)
        return complex(math.sin(u.real) * math.cosh(y), math.cos(u.real) * math.sinh(y))
    return u * (1.0 - _THIRD * u * u)


@routine
def slope(activation: int, u: complex, z: complex) -> float:
    """|f'(u)| where f(u) = z."""
    never_inlined()
    if activation == TANH:
        return points.size(1.0 - z * z)
    if activation == SIGMOID:
        return points.size(z * (1.0 - z))
    if activation == SIN:
        return math.sqrt(points.size(1.0 - z * z))
    if activation == CUBIC:
        return points.size(1.0 - u * u)
    square = u.real * u.real + u.imag * u.imag
    if square == 0.0:
        return 0.5
    gate = z * u.conjugate() / square
    rate = 1.0 if activation == SILU else 2.0 * GELU_A + 6.0 * GELU_B * u * u
    return points.size(gate + u * gate * (1.0 - gate) * rate)
