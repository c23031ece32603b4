"""Activation functions without slopes, and exp, log and sin as vector code.

Every function gives the same bits for a number in whatever lane it lies, and keeps what isn't a
number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.elementary import horner
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    bits,
    cgutils,
    fma,
    from_bits,
    greatest,
    intrinsic,
    ir,
    loop,
    select,
    types,
)
from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import routine
from deepfractals_gui.kernels.training_functions import FORMULAS, expm1_twice
from deepfractals_gui.kernels.training_network import POINTS

TANH, RELU, IDENTITY, SIGMOID, GELU, SIN, LEAKY_RELU, SOFTPLUS = range(8)
LEAK = 0.01

_TWICE_LOG2_E = 2.885390081777927
_ROUNDER = 1.5 * 2.0**52
_LN2 = (0.6931471805598903, 5.497923018708371e-14)
"""ln 2 in two parts, of which the first has so few bits that its product with a power is exact."""
_UNDERFLOW = -708.0
"""exp is 0 below; it is 3e-308 there."""
_SIGN = -(1 << 63)
_MANTISSA = (1 << 52) - 1
_ROOT_HALF = 0x3FE6A09E667F3BCD
"""The bits of sqrt(1/2), from which mantissas are counted."""
_ONE = 0x3FF0000000000000
# (log(1 + f) - 2 s) / s^3 with s = f / (2 + f), in s^2 for 1 + f in [sqrt(1/2), sqrt(2)].
_LOG = (0.14617807153417325, 0.15331611722055008, 0.1818289243253687, 0.22222211089379496,
        0.28571428626253836, 0.3999999999989889, 0.666666666666667)  # fmt: skip
# (sin r - r) / r^3 in r^2 for |r| up to a little above pi/2, relative error 1e-18.
_SINE = (2.7313658477694193e-15, -7.643963964341869e-13, 1.6058977114025027e-10,
         -2.5052107613933993e-08, 2.7557319219139174e-06, -0.00019841269841254885,
         0.008333333333333316, -0.16666666666666666)  # fmt: skip
_PI = (3.141592653589793, 1.2246467991473532e-16)
_ONE_OVER_PI = 0.3183098861837907
FAR = 2.0**40
"""Angles up to here are reduced exactly; the C library's sine takes the others."""


def size(x: Value) -> Value:
    """|x|."""
    return from_bits(bits(x) & ~_SIGN)


def exp_below(x: Value) -> Value:
    """exp x for x <= 0; 0 below -708."""
    clamped = select(x < _UNDERFLOW, _UNDERFLOW, x)
    t = fma(clamped, 0.5 * _TWICE_LOG2_E, _ROUNDER)
    power = t - _ROUNDER
    r = fma(power, -_LN2[1], fma(power, -_LN2[0], clamped))
    q = expm1_twice(r * 0.5)
    scale = from_bits(bits(x.constant(1.0)).plus(bits(t) << 52))
    return select(x < _UNDERFLOW, 0.0, fma(scale, q, scale))


def log1p_above(x: Value) -> Value:
    """log(1 + x) for 0 <= x < 2^52, with a small relative error near 0, too."""
    u = x + 1.0
    lost = (x - (u - 1.0)) / u
    shifted = bits(u).plus(_ONE - _ROOT_HALF)
    exponent = (shifted >> 52).minus(1023).as_float(x)
    f = from_bits((shifted & _MANTISSA).plus(_ROOT_HALF)) - 1.0
    s = f / (f + 2.0)
    z = s * s
    series = fma(s * z, horner(z, _LOG), s * 2.0)
    return fma(exponent, _LN2[0], fma(exponent, _LN2[1], lost) + series)


def softplus_rest(x: Value) -> Value:
    """log(1 + exp(-|x|)), which softplus adds to max(x, 0)."""
    return log1p_above(exp_below(-size(x)))


def sine(x: Value) -> Value:
    """sin x for |x| <= `FAR`."""
    t = fma(x, _ONE_OVER_PI, _ROUNDER)
    turns = t - _ROUNDER
    r = fma(turns, -_PI[1], fma(turns, -_PI[0], x))
    z = r * r
    found = fma(r * z, horner(z, _SINE), r)
    return from_bits(bits(found) ^ (bits(t) << 63))


def _leaky_relu(z: Value) -> Value:
    return select(z < 0.0, z * LEAK, z)


def _softplus(z: Value) -> Value:
    # The other way round `greatest` would turn what isn't a number into 0.
    return greatest(z.constant(0.0), z) + softplus_rest(z)


def _value_of(formula: Callable[[Value], tuple[Value, Value]]) -> Callable[[Value], Value]:
    return lambda z: formula(z)[0]


VALUES: tuple[Callable[[Value], Value], ...] = (
    *(_value_of(formula) for formula in FORMULAS), sine, _leaky_relu, _softplus,
)  # fmt: skip
"""f(z) as vector code, in the order of `landscape_network.ACTIVATIONS`."""


def _pass(formula: Callable[[Value], Value]) -> Any:
    """An intrinsic that turns rows of z into f(z)."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = Lanes(context, builder, signature.args[0], arguments[0])
        with loop(builder, 0, arguments[1]) as unit:
            row = builder.mul(unit, arguments[2])
            with loop(builder, 0, arguments[3], POINTS) as point:
                place = builder.add(row, point)
                values.put(place, formula(values.get(place)))
        return context.get_dummy_value()

    def apply(typing_context: Any, z: Any, units: Any, stride: Any, points: Any) -> Any:
        return types.void(z, types.int64, types.int64, types.int64), generate

    return intrinsic(apply)


(
    _tanh_pass, _relu_pass, _identity_pass, _sigmoid_pass, _gelu_pass, _sine_pass, _leaky_pass,
    _softplus_pass,
) = (_pass(formula) for formula in VALUES)  # fmt: skip


@intrinsic
def _sine_of(typing_context: Any, x: Any) -> Any:
    """The sine of one number, as in the vector code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return sine(Value(builder, arguments[0])).value

    return types.float64(types.float64), generate


@intrinsic
def _farthest(typing_context: Any, z: Any, units: Any, stride: Any, points: Any) -> Any:
    """1 where some |z| is beyond `FAR`, else 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values = Lanes(context, builder, signature.args[0], arguments[0])
        total = cgutils.alloca_once_value(builder, values.zero().value)
        with loop(builder, 0, arguments[1]) as unit:
            row = builder.mul(unit, arguments[2])
            with loop(builder, 0, arguments[3], POINTS) as point:
                most = Value(builder, builder.load(total))
                here = size(values.get(builder.add(row, point)))
                builder.store(greatest(here, most).value, total)
        most = Value(builder, builder.load(total))
        mask = builder.bitcast((most.constant(FAR) < most).value, ir.IntType(POINTS))
        return builder.zext(mask, ir.IntType(64))

    return types.int64(z, types.int64, types.int64, types.int64), generate


@routine
def evaluate(kind: int, z: Array, units: int, stride: int, points: int) -> None:
    """z <- f(z) over ``units`` rows of ``points`` data points, padded to vectors."""
    if kind == TANH:
        _tanh_pass(z, units, stride, points)
    elif kind == RELU:
        _relu_pass(z, units, stride, points)
    elif kind == SIGMOID:
        _sigmoid_pass(z, units, stride, points)
    elif kind == GELU:
        _gelu_pass(z, units, stride, points)
    elif kind == LEAKY_RELU:
        _leaky_pass(z, units, stride, points)
    elif kind == SOFTPLUS:
        _softplus_pass(z, units, stride, points)
    elif kind == SIN:
        if _farthest(z, units, stride, points) == 0:
            _sine_pass(z, units, stride, points)
        else:
            _far_sines(z, units, stride, points)


@routine
def _far_sines(z: Array, units: int, stride: int, points: int) -> None:
    never_inlined()
    for unit in range(units):
        for place in range(unit * stride, unit * stride + points):
            angle = z[place]
            z[place] = math.sin(angle) if abs(angle) > FAR else _sine_of(angle)
