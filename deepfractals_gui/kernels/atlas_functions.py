"""tanh, GELU and exp over rows of positions, by the same operations on every machine.

Polynomials, fused multiplications and additions, and IEEE divisions: what a file holds is read
elsewhere with the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from deepfractals_gui.kernels.activations import GELU_A, GELU_B
from deepfractals_gui.kernels.elementary import horner
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    bits,
    fma,
    from_bits,
    intrinsic,
    is_wide,
    loop,
    select,
    types,
    whole,
)

_TWICE_LOG2_E = 2.885390081777927


@dataclass(frozen=True)
class _Width:
    """What differs between float64 and float32.

    ``even`` and ``odd`` are the powers of exp(2 r) - 1 for |r| <= ln(2)/4, the highest first; the
    two parts of ln(2)/2 make that range exact enough. From ``saturated`` on tanh is 1, below
    -``lowest`` exp is as good as 0.
    """

    rounder: float
    exponent: int
    saturated: float
    lowest: float
    half_ln2: tuple[float, float]
    even: Sequence[float]
    odd: Sequence[float]


_WIDE = _Width(
    rounder=1.5 * 2.0**52,
    exponent=52,
    saturated=22.0,
    lowest=700.0,
    half_ln2=(0.34657359027997264, 1.1595234069231498e-17),
    even=(0.00028276643079508303, 0.006349193268225405, 0.08888888899823405,
          0.6666666666664199, 2.0),
    odd=(5.1395924094139986e-05, 0.0014109327286396397, 0.025396825413701238,
         0.2666666666666284, 1.3333333333333333, 2.0),
)  # fmt: skip

# Relative errors of 1e-7.
_NARROW = _Width(
    rounder=1.5 * 2.0**23,
    exponent=23,
    saturated=10.0,
    lowest=40.0,
    half_ln2=(0.3465735912322998, -9.52327149978884e-10),
    even=(0.08908024030075237, 0.6666659458609526, 2.0),
    odd=(0.26743194222328353, 1.3333304544587197, 2.0),
)  # fmt: skip


def _width(x: Value) -> _Width:
    return _WIDE if is_wide(x) else _NARROW


def divided(a: Value, b: Value) -> Value:
    """a / b, rounded as IEEE 754 has it; `Value` may take an estimate for float32."""
    return Value(a.builder, a.builder.fdiv(a.value, b.value))


def _expm1_twice(x: Value) -> tuple[Value, Value]:
    """(p, q) with exp(2 x) = p (1 + q), p a power of two."""
    width = _width(x)
    t = fma(x, _TWICE_LOG2_E, width.rounder)
    turns = t - width.rounder
    r = fma(turns, -width.half_ln2[0], x)
    r = fma(turns, -width.half_ln2[1], r)
    z = r * r
    q = fma(r, horner(z, width.odd), z * horner(z, width.even))
    return from_bits(bits(x.constant(1.0)).plus(bits(t) << width.exponent)), q


def tanh(x: Value) -> Value:
    """tanh x to a few ulp; what isn't a number stays so."""
    most = _width(x).saturated
    x = select(x < -most, -most, x)
    x = select(x >= most, most, x)
    power, q = _expm1_twice(x)
    return divided(fma(power, q, power - 1.0), fma(power, q, power + 1.0))


def exp_below(x: Value) -> Value:
    """exp x for x <= 0, to a few ulp down to a number that is as good as 0."""
    low = _width(x).lowest
    power, q = _expm1_twice(select(x < -low, -low, x) * 0.5)
    return fma(power, q, power)


def gelu(z: Value) -> tuple[Value, Value]:
    """z (1 + tanh u) / 2 with u = A z + B z^3, and its slope.

    References
    ----------
    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """
    square = z * z
    t = tanh(z * fma(square, GELU_B, GELU_A))
    gate = fma(t, 0.5, 0.5)
    bend = fma(square, 3.0 * GELU_B, GELU_A)
    return z * gate, fma(z * 0.5 * fma(-t, t, 1.0), bend, gate)


@intrinsic
def apply_gelu(typing_context: Any, z: Any, a: Any, size: Any) -> Any:
    """a = gelu(z) and z <- gelu'(z), over flat arrays of whole vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        inputs, outputs = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        with loop(builder, whole(0), arguments[2], inputs.count) as place:
            value, slope = gelu(inputs.get(place))
            outputs.put(place, value)
            inputs.put(place, slope)
        return context.get_dummy_value()

    return types.void(z, a, types.int64), generate


@intrinsic
def apply_tanh(typing_context: Any, z: Any, size: Any) -> Any:
    """z <- tanh(z), over a flat array of whole vectors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row = Lanes(context, builder, signature.args[0], arguments[0])
        with loop(builder, whole(0), arguments[1], row.count) as place:
            row.put(place, tanh(row.get(place)))
        return context.get_dummy_value()

    return types.void(z, types.int64), generate


@intrinsic
def add_exp(
    typing_context: Any, logits: Any, at: Any, top: Any, weights: Any, sums: Any, lanes: Any
) -> Any:
    """weights[at:] = exp(logits[at:] - top) and sums += these, for a row of ``lanes`` positions."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given, most, result, total = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 3, 4)
        )
        with loop(builder, whole(0), arguments[5], given.count) as lane:
            place = builder.add(arguments[1], lane)
            weight = exp_below(given.get(place) - most.get(lane))
            result.put(place, weight)
            total.put(lane, total.get(lane) + weight)
        return context.get_dummy_value()

    return types.void(logits, types.int64, top, weights, sums, types.int64), generate
