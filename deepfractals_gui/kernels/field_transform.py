"""Fourier transforms of rows and columns of the field: one point of all channels at a time.

What stands where is told by the tables of `field_torus`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import Lanes, Value, fma, intrinsic, loop, types, whole
from deepfractals_gui.kernels.field_torus import POINTS, PRIME_POWERS
from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import routine


class Planes(Lanes):
    """A flat array of floats that may start anywhere."""

    def get(self, place: Any) -> Value:
        pointer = self._pointer(place)
        return Value(self.builder, self.builder.load(pointer, align=8, typ=self.vector))

    def put(self, place: Any, value: Value) -> None:
        self.builder.store(value.value, self._pointer(place), align=8)


Pair = tuple[Value, Value]
"""A complex number: its real and its imaginary part."""


def _weighted(start: Value, terms: Sequence[Value], weights: Sequence[float]) -> Value:
    """start + Σ weight term, where weights of 0 and ±1 cost less."""
    total = start
    for term, weight in zip(terms, weights, strict=True):
        if weight == 1.0:
            total = total + term
        elif weight == -1.0:
            total = total - term
        elif weight != 0.0:
            total = fma(term, weight, total)
    return total


def _mixed(terms: Sequence[Value], weights: Sequence[float]) -> Value:
    """Σ weight term; the first weight isn't 0."""
    first = terms[0] if weights[0] == 1.0 else terms[0] * weights[0]
    return _weighted(first, terms[1:], weights[1:])


def _exact(x: float) -> float:
    """Sines and cosines of multiples of a right angle without their rounding errors."""
    return float(round(x)) if abs(x - round(x)) < 1e-15 else x


def short_transform(x: Sequence[Pair], inverse: bool) -> list[Pair]:
    """X_k = Σ_j x_j e^(-2πi jk/q), or with +i; pairs j, q - j are added and subtracted first."""
    q = len(x)
    half = (q - 1) // 2
    zero, plain = x[0], list(x[1 : half + 1])
    mirrored = [x[q - j] for j in range(1, half + 1)]
    sums = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(plain, mirrored, strict=True)]
    gaps = [(a[0] - b[0], a[1] - b[1]) for a, b in zip(plain, mirrored, strict=True)]
    found: list[Pair] = [zero] * q

    def even(k: int, part: int) -> Value:
        start = zero[part]
        if q % 2 == 0:
            middle = x[q // 2][part]
            start = start - middle if k % 2 else start + middle
        cosines = [_exact(math.cos(2.0 * math.pi * j * k / q)) for j in range(1, half + 1)]
        return _weighted(start, [one[part] for one in sums], cosines)

    def odd(k: int, part: int) -> Value:
        sines = [_exact(math.sin(2.0 * math.pi * j * k / q)) for j in range(1, half + 1)]
        order = sorted(range(half), key=lambda j: (sines[j] == 0.0, j))
        return _mixed([gaps[j][part] for j in order], [sines[j] for j in order])

    for k in range(0, q // 2 + 1, q // 2 if q % 2 == 0 else q):
        found[k] = even(k, 0), even(k, 1)
    for k in range(1, half + 1):
        a, b = (even(k, 0), even(k, 1)), (odd(k, 0), odd(k, 1))
        later = (a[0] + b[1], a[1] - b[0]), (a[0] - b[1], a[1] + b[0])
        found[k], found[q - k] = reversed(later) if inverse else later
    return found


def _pass(q: int, inverse: bool) -> Any:
    """An intrinsic that transforms all groups of q points of a row along one factor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, target = (Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 3))
        places = context.make_array(signature.args[6])(context, builder, arguments[6]).data
        begin, step, goal, stride = (arguments[k] for k in (1, 2, 4, 5))
        first, groups, channels = arguments[7:]
        with loop(builder, whole(0), groups) as group:
            at = builder.add(first, builder.mul(group, whole(q)))
            points = [
                builder.load(builder.gep(places, [builder.add(at, whole(j))])) for j in range(q)
            ]
            sources = [builder.add(begin, builder.mul(point, step)) for point in points]
            targets = [builder.add(goal, builder.mul(point, stride)) for point in points]
            with loop(builder, whole(0), channels, POINTS) as channel:
                x = []
                for place in sources:
                    real = builder.add(place, channel)
                    x.append((source.get(real), source.get(builder.add(real, channels))))
                for place, value in zip(targets, short_transform(x, inverse), strict=True):
                    real = builder.add(place, channel)
                    target.put(real, value[0])
                    target.put(builder.add(real, channels), value[1])
        return context.get_dummy_value()

    def apply(
        typing_context: Any, source: Any, begin: Any, step: Any, target: Any, goal: Any,
        stride: Any, places: Any, first: Any, groups: Any, channels: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            source, types.int64, types.int64, target, types.int64, types.int64, places,
            types.int64, types.int64, types.int64,
        )  # fmt: skip
        return signature, generate

    return intrinsic(apply)


_forward_2, _forward_3, _forward_4, _forward_5, _forward_7, _forward_8, _forward_9 = (
    _pass(q, False) for q in PRIME_POWERS
)
_inverse_2, _inverse_3, _inverse_4, _inverse_5, _inverse_7, _inverse_8, _inverse_9 = (
    _pass(q, True) for q in PRIME_POWERS
)


@routine
def forward(
    source: Array, begin: int, step: int, target: Array, goal: int, stride: int,
    factors: Array, places: Array, channels: int,
) -> None:  # fmt: skip
    """Transform a row of ``source`` whose points lie ``step`` apart into a row of ``target``.

    A point has ``channels`` real parts, then as many imaginary ones.
    """
    never_inlined()
    n = places.shape[1]
    flat = places.reshape(-1)
    for k in range(factors.size):
        q = factors[k]
        groups = n // q
        if q == 7:
            _forward_7(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 4:
            _forward_4(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 2:
            _forward_2(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 3:
            _forward_3(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 5:
            _forward_5(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 8:
            _forward_8(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 9:
            _forward_9(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        source, begin, step = target, goal, stride


@routine
def inverse(
    source: Array, begin: int, step: int, target: Array, goal: int, stride: int,
    factors: Array, places: Array, channels: int,
) -> None:  # fmt: skip
    """The way back, but for the factor 1 / n; see `forward`."""
    never_inlined()
    n = places.shape[1]
    flat = places.reshape(-1)
    for k in range(factors.size):
        q = factors[k]
        groups = n // q
        if q == 7:
            _inverse_7(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 4:
            _inverse_4(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 2:
            _inverse_2(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 3:
            _inverse_3(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 5:
            _inverse_5(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 8:
            _inverse_8(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        elif q == 9:
            _inverse_9(source, begin, step, target, goal, stride, flat, k * n, groups, channels)
        source, begin, step = target, goal, stride
