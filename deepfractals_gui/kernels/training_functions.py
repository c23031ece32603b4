"""Activation functions and their slopes over the units and data points of a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.activations import GELU_A, GELU_B
from deepfractals_gui.kernels.elementary import horner
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    bits,
    cgutils,
    fma,
    from_bits,
    intrinsic,
    loop,
    select,
    types,
)
from deepfractals_gui.kernels.jit import routine
from deepfractals_gui.kernels.training_products import total_of

TANH, RELU, IDENTITY, SIGMOID, GELU, SIN = range(6)

_TWICE_LOG2_E = 2.885390081777927
_HALF_LN2 = 0.34657359027997264
_ROUNDER = 1.5 * 2.0**52
_SATURATED = 22.0
"""tanh is 1 to the last bit from here on."""
# exp(2 r) - 1 = r odd(r^2) + r^2 even(r^2) for |r| <= ln(2) / 4, relative errors below 4e-17.
_EVEN = (0.00028276643079508303, 0.006349193268225405, 0.08888888899823405,
         0.6666666666664199, 2.0)  # fmt: skip
_ODD = (5.1395924094139986e-05, 0.0014109327286396397, 0.025396825413701238,
        0.2666666666666284, 1.3333333333333333, 2.0)  # fmt: skip


def expm1_twice(r: Value) -> Value:
    """exp(2 r) - 1 for |r| <= ln(2) / 4."""
    z = r * r
    return fma(r, horner(z, _ODD), z * horner(z, _EVEN))


def tanh_quotient(x: Value) -> tuple[Value, Value]:
    """Numerator and denominator of tanh x; what isn't a number stays so.

    With exp(2 x) = 2^k (1 + q) they are (2^k - 1) + 2^k q and (2^k + 1) + 2^k q: nothing cancels
    where x is small.
    """
    x = select(x < -_SATURATED, -_SATURATED, x)
    x = select(x >= _SATURATED, _SATURATED, x)
    t = fma(x, _TWICE_LOG2_E, _ROUNDER)
    r = fma(t - _ROUNDER, -_HALF_LN2, x)
    q = expm1_twice(r)
    power = from_bits(bits(x.constant(1.0)).plus(bits(t) << 52))
    return fma(power, q, power - 1.0), fma(power, q, power + 1.0)


def tanh(x: Value) -> Value:
    """tanh x, to a few ulp."""
    above, below = tanh_quotient(x)
    return above / below


def _tanh(z: Value) -> tuple[Value, Value]:
    a = tanh(z)
    return a, fma(-a, a, 1.0)


def _relu(z: Value) -> tuple[Value, Value]:
    return select(z < 0.0, 0.0, z), select(z.constant(0.0) < z, z.constant(1.0), 0.0)


def _identity(z: Value) -> tuple[Value, Value]:
    return z, z.constant(1.0)


def _sigmoid(z: Value) -> tuple[Value, Value]:
    a = fma(tanh(z * 0.5), 0.5, 0.5)
    return a, a * (1.0 - a)


def _gelu(z: Value) -> tuple[Value, Value]:
    # z (1 + tanh u) / 2 with u = A z + B z^3, Hendrycks and Gimpel 2016, arXiv:1606.08415.
    square = z * z
    t = tanh(z * fma(square, GELU_B, GELU_A))
    gate = fma(t, 0.5, 0.5)
    bend = fma(square, 3.0 * GELU_B, GELU_A)
    return z * gate, fma(z * 0.5 * fma(-t, t, 1.0), bend, gate)


FORMULAS = (_tanh, _relu, _identity, _sigmoid, _gelu)
"""(f(z), f'(z)) as vector code, in the order of `ACTIVATIONS`; sin has none."""


def _pass(formula: Callable[[Value], tuple[Value, Value]]) -> Any:
    """An intrinsic that turns rows of z into their slopes, and writes the function's values."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        inputs, outputs = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        with loop(builder, 0, arguments[2]) as unit:
            row = builder.mul(unit, arguments[3])
            with loop(builder, 0, arguments[4], 8) as point:
                place = builder.add(row, point)
                a, slope = formula(inputs.get(place))
                outputs.put(place, a)
                inputs.put(place, slope)
        return context.get_dummy_value()

    def apply(typing_context: Any, z: Any, a: Any, units: Any, stride: Any, points: Any) -> Any:
        return types.void(z, a, types.int64, types.int64, types.int64), generate

    return intrinsic(apply)


_tanh_pass, _relu_pass, _identity_pass, _sigmoid_pass, _gelu_pass = (
    _pass(formula) for formula in FORMULAS
)


@routine
def activate(kind: int, z: Array, a: Array, units: int, stride: int, points: int) -> None:
    """a = f(z) and z <- f'(z) over ``units`` rows of ``points`` data points, padded to vectors."""
    if kind == TANH:
        _tanh_pass(z, a, units, stride, points)
    elif kind == RELU:
        _relu_pass(z, a, units, stride, points)
    elif kind == IDENTITY:
        _identity_pass(z, a, units, stride, points)
    elif kind == SIGMOID:
        _sigmoid_pass(z, a, units, stride, points)
    elif kind == GELU:
        _gelu_pass(z, a, units, stride, points)
    else:
        # Arguments may be of any size, which only the C library's sine reduces rightly.
        for unit in range(units):
            for point in range(unit * stride, unit * stride + points):
                angle = z[point]
                a[point] = math.sin(angle)
                z[point] = math.cos(angle)


@intrinsic
def apply_slopes(
    typing_context: Any, gradient: Any, slope: Any, delta: Any, size: Any, factor: Any
) -> Any:
    """gradient <- factor gradient and delta = gradient slope, over flat arrays."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        inputs, slopes, outputs = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2)
        )
        spread = inputs.spread(arguments[4])
        with loop(builder, 0, arguments[3], 8) as place:
            value = inputs.get(place) * spread
            inputs.put(place, value)
            outputs.put(place, value * slopes.get(place))
        return context.get_dummy_value()

    return types.void(gradient, slope, delta, types.int64, types.float64), generate


@intrinsic
def add_residual(typing_context: Any, before: Any, after: Any, size: Any, factor: Any) -> Any:
    """after <- factor (before + after), over flat arrays of whole vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        inputs, outputs = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        spread = inputs.spread(arguments[3])
        with loop(builder, 0, arguments[2], 8) as place:
            outputs.put(place, (inputs.get(place) + outputs.get(place)) * spread)
        return context.get_dummy_value()

    return types.void(before, after, types.int64, types.float64), generate


@intrinsic
def square_errors(
    typing_context: Any,
    output: Any,
    target: Any,
    delta: Any,
    start: Any,
    end: Any,
    scale: Any,
    factor: Any,
) -> Any:
    """Sum of (scale output - target)^2 from element ``start`` to ``end``, by whole vectors.

    ``delta`` becomes factor (scale output - target).
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        outputs, targets, deltas = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2)
        )
        scale, factor = outputs.spread(arguments[5]), outputs.spread(arguments[6])
        total = cgutils.alloca_once_value(builder, outputs.zero().value)
        with loop(builder, arguments[3], arguments[4], 8) as place:
            error = fma(outputs.get(place), scale, -targets.get(place))
            deltas.put(place, error * factor)
            before = Value(builder, builder.load(total))
            builder.store(fma(error, error, before).value, total)
        return total_of(builder, Value(builder, builder.load(total)))

    signature = types.float64(
        output, target, delta, types.int64, types.int64, types.float64, types.float64
    )
    return signature, generate
