"""What a solver makes of z and f(z): damped steps, Anderson's extrapolation, distances.

Fields are float64 (N, ...) with a multiple of `POINTS` numbers to a sample; every sum over a
sample runs in a fixed order. What Anderson remembers, differences of residuals and of values, is
float32: their last digits say nothing about where the fixed point lies, only about the next guess.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import (
    Value,
    cgutils,
    fma,
    intrinsic,
    ir,
    loop,
    types,
    whole,
)
from deepfractals_gui.kernels.field_step import room
from deepfractals_gui.kernels.field_torus import POINTS
from deepfractals_gui.kernels.field_transform import Planes
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import kernel, routine

_CHUNK = 512
"""Numbers of a sample that are mixed at a time: they stay in the nearest cache."""
_SHARE = 1e-12
"""Of the Gram matrix's trace, added to its diagonal."""


class Secants(Planes):
    """A flat array of float32, read and written as vectors of float64."""

    def get(self, place: Any) -> Value:
        pointer = self._narrow(place)
        short = self.builder.load(pointer, align=4, typ=pointer.type.pointee)
        return Value(self.builder, self.builder.fpext(short, self._wide()))

    def put(self, place: Any, value: Value) -> None:
        pointer = self._narrow(place)
        short = self.builder.fptrunc(value.value, pointer.type.pointee)
        self.builder.store(short, pointer, align=4)

    def _narrow(self, place: Any) -> Any:
        pointer = self.builder.gep(self.data, [place])
        kind = ir.VectorType(ir.FloatType(), POINTS)
        return self.builder.bitcast(pointer, ir.PointerType(kind))

    def _wide(self) -> Any:
        return ir.VectorType(ir.DoubleType(), POINTS)


@intrinsic
def _take_secant(
    typing_context: Any, z: Any, f: Any, last_z: Any, last_f: Any, at: Any, count: Any,
    gaps: Any, values: Any, slot: Any, residual: Any,
) -> Any:  # fmt: skip
    """residual = f - z; gaps = its change and values = that of f since the last step, at a slot."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        states = [Planes(context, builder, signature.args[k], arguments[k]) for k in range(4)]
        changes = [Secants(context, builder, signature.args[k], arguments[k]) for k in (6, 7)]
        result = Planes(context, builder, signature.args[9], arguments[9])
        at, count, slot = arguments[4], arguments[5], arguments[8]
        with loop(builder, whole(0), count, POINTS) as place:
            here, there = builder.add(at, place), builder.add(slot, place)
            z, f, last_z, last_f = (state.get(here) for state in states)
            residual = f - z
            result.put(place, residual)
            changes[0].put(there, residual - (last_f - last_z))
            changes[1].put(there, f - last_f)
        return context.get_dummy_value()

    signature = types.void(
        z, f, last_z, last_f, types.int64, types.int64, gaps, values, types.int64, residual
    )
    return signature, generate


def _total(builder: Any, places: list[Any], kind: Any) -> Any:
    """The sum over the lanes of vectors in memory, in a fixed order."""
    value = builder.load(places[0], typ=kind)
    for place in places[1:]:
        value = builder.fadd(value, builder.load(place, typ=kind))
    lanes = [builder.extract_element(value, ir.Constant(ir.IntType(32), k)) for k in range(POINTS)]
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [builder.fadd(a, b) for a, b in zip(lanes[:half], lanes[half:], strict=True)]
    return lanes[0]


@intrinsic
def _two_dots(
    typing_context: Any, gaps: Any, one: Any, other: Any, residual: Any, count: Any
) -> Any:
    """(gaps[one] · gaps[other], gaps[one] · residual) over ``count`` numbers, a multiple of 16."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        changes = Secants(context, builder, signature.args[0], arguments[0])
        left = Planes(context, builder, signature.args[3], arguments[3])
        one, other, count = arguments[1], arguments[2], arguments[4]
        zero = ir.Constant(left.vector, None)
        places = [cgutils.alloca_once_value(builder, zero) for _ in range(4)]
        with loop(builder, whole(0), count, 2 * POINTS) as start:
            for k in range(2):
                place = builder.add(start, whole(k * POINTS))
                a = changes.get(builder.add(one, place))
                for total, b in zip(
                    places[2 * k :],
                    (changes.get(builder.add(other, place)), left.get(place)),
                    strict=False,
                ):
                    so_far = Value(builder, builder.load(total, typ=left.vector))
                    builder.store(fma(a, b, so_far).value, total)
        found = [_total(builder, places[k::2], left.vector) for k in range(2)]
        return context.make_tuple(builder, signature.return_type, found)

    signature = types.UniTuple(types.float64, 2)(
        gaps, types.int64, types.int64, residual, types.int64
    )
    return signature, generate


@intrinsic
def _extrapolate(
    typing_context: Any, start: Any, at: Any, changes: Any, first: Any, stride: Any,
    weights: Any, used: Any, result: Any, goal: Any, count: Any,
) -> Any:  # fmt: skip
    """result = start - Σ_j weights[j] changes[first + j stride], of ``used`` changes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given, factors, target = (
            Planes(context, builder, signature.args[k], arguments[k]) for k in (0, 5, 7)
        )
        secants = Secants(context, builder, signature.args[2], arguments[2])
        at, first, stride, used, goal, count = (arguments[k] for k in (1, 3, 4, 6, 8, 9))
        places = [
            cgutils.alloca_once_value(builder, ir.Constant(given.vector, None)) for _ in range(2)
        ]
        with loop(builder, whole(0), count, 2 * POINTS) as begin:
            here = [builder.add(begin, whole(k * POINTS)) for k in range(2)]
            for k in range(2):
                builder.store(given.get(builder.add(at, here[k])).value, places[k])
            with loop(builder, whole(0), used) as j:
                weight = -given.spread(factors.single(j))
                row = builder.add(first, builder.mul(j, stride))
                for k in range(2):
                    so_far = Value(builder, builder.load(places[k], typ=given.vector))
                    term = secants.get(builder.add(row, here[k]))
                    builder.store(fma(weight, term, so_far).value, places[k])
            for k in range(2):
                found = Value(builder, builder.load(places[k], typ=given.vector))
                target.put(builder.add(goal, here[k]), found)
        return context.get_dummy_value()

    signature = types.void(
        start, types.int64, changes, types.int64, types.int64, weights, types.int64, result,
        types.int64, types.int64,
    )  # fmt: skip
    return signature, generate


@routine
def _least_squares(gram: Array, right: Array, used: int, weights: Array) -> bool:
    """weights = (gram + share of its trace on the diagonal)^-1 right, by Cholesky; in place.

    False where the matrix isn't positive: a number isn't finite, or all are 0.
    """
    trace = 0.0
    for i in range(used):
        trace += gram[i, i]
    lower = np.empty((used, used))
    for i in range(used):
        for j in range(i + 1):
            total = gram[i, j]
            if i == j:
                total += _SHARE * trace
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            if i > j:
                lower[i, j] = total / lower[j, j]
            elif total > 0.0:
                lower[i, i] = math.sqrt(total)
            else:
                return False
    for i in range(used):
        total = right[i]
        for k in range(i):
            total -= lower[i, k] * weights[k]
        weights[i] = total / lower[i, i]
    for back in range(used):
        i = used - 1 - back
        total = weights[i]
        for k in range(i + 1, used):
            total -= lower[k, i] * weights[k]
        weights[i] = total / lower[i, i]
    return True


@kernel
def anderson(
    z: Array,
    f: Array,
    last_z: Array,
    last_f: Array,
    rows: Array,
    mixing: float,
    gaps: Array,
    values: Array,
    gram: Array,
    steps: Array,
    flag: Array,
) -> None:
    """The next z of Anderson's method, in the place of ``last_z``, for the samples listed.

    Parameters
    ----------
    z, f, last_z, last_f : float64 (N, D)   this point and the one before, with their values
    mixing : β; 1 leaves the residual out
    gaps, values : float32 (N, m, D)   changes of residuals and of values, a ring
    gram : float64 (N, m, m)   products of the gaps
    steps : int64 (N,)   steps since the memory was last emptied; counted up
    flag : when it goes up, this returns before the next sample
    """
    size, slots = z.shape[1], gaps.shape[1]
    now, value = z.reshape(-1), f.reshape(-1)
    before, earlier = last_z.reshape(-1), last_f.reshape(-1)
    jumps, changes = gaps.reshape(-1), values.reshape(-1)
    residual = room(_CHUNK, z)
    right, weights, fresh = np.empty(slots), np.empty(slots), np.empty(slots)
    for n in rows:
        if raised(flag):
            return
        at, first = n * size, n * slots * size
        used = min(steps[n], slots)
        slot = (steps[n] - 1) % slots
        steps[n] += 1
        if used == 0:
            weights[:] = 0.0
        right[:] = 0.0
        fresh[:] = 0.0
        for begin in range(0, size if used > 0 else 0, _CHUNK):
            count = min(_CHUNK, size - begin)
            new = first + slot * size + begin
            _take_secant(
                now, value, before, earlier, at + begin, count, jumps, changes, new, residual
            )
            for j in range(used):
                old = first + j * size + begin
                both = _two_dots(jumps, old, new, residual, count)
                fresh[j] += both[0]
                right[j] += both[1]
        for j in range(used):
            gram[n, slot, j] = fresh[j]
            gram[n, j, slot] = fresh[j]
        if used > 0 and not _least_squares(gram[n], right, used, weights):
            used = 0
        for begin in range(0, size, _CHUNK):
            count = min(_CHUNK, size - begin)
            _extrapolate(
                value, at + begin, changes, first + begin, size, weights, used, before, at + begin,
                count,
            )  # fmt: skip
            if mixing != 1.0:
                # z = f - ΔF γ - (1 - β) (r - ΔR γ)
                for k in range(at + begin, at + begin + count):
                    before[k] -= (1.0 - mixing) * (value[k] - now[k])
                for j in range(used):
                    share = (1.0 - mixing) * weights[j]
                    old = first + j * size + begin
                    for k in range(count):
                        before[at + begin + k] += share * jumps[old + k]


@kernel
def relax(z: Array, f: Array, rows: Array, damping: Array, result: Array, flag: Array) -> None:
    """result = z + a (f - z) for the samples listed; damping a, float64 (N,), is their own.

    The result may be z itself.
    """
    for n in rows:
        if raised(flag):
            return
        state, value, target, a = z[n], f[n], result[n], damping[n]
        for k in range(state.size):
            target[k] = state[k] + a * (value[k] - state[k])


@kernel
def keep(source: Array, rows: Array, target: Array) -> None:
    """Copy the samples listed; fields (N, D)."""
    for n in rows:
        one, other = source[n], target[n]
        for k in range(one.size):
            other[k] = one[k]


@intrinsic
def _square_gap(typing_context: Any, one: Any, other: Any, at: Any, count: Any) -> Any:
    """|one - other|² over ``count`` numbers, a multiple of 16, from ``at`` on."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        left, right = (Planes(context, builder, signature.args[k], arguments[k]) for k in range(2))
        at, count = arguments[2:]
        zero = ir.Constant(left.vector, None)
        places = [cgutils.alloca_once_value(builder, zero) for _ in range(2)]
        with loop(builder, whole(0), count, 2 * POINTS) as start:
            for k, total in enumerate(places):
                place = builder.add(at, builder.add(start, whole(k * POINTS)))
                gap = left.get(place) - right.get(place)
                so_far = Value(builder, builder.load(total, typ=left.vector))
                builder.store(fma(gap, gap, so_far).value, total)
        return _total(builder, places, left.vector)

    return types.float64(one, other, types.int64, types.int64), generate


@kernel
def square_gaps(one: Array, other: Array, rows: Array, result: Array) -> None:
    """result[n] = |one[n] - other[n]|² for the samples listed; fields (N, D)."""
    size = one.shape[1]
    left, right = one.reshape(-1), other.reshape(-1)
    for n in rows:
        result[n] = _square_gap(left, right, n * size, size)


def _warm_anderson() -> None:
    z, rows, few = np.zeros((1, 16)), np.zeros(1, np.int64), np.zeros((1, 1, 16), np.float32)
    gram, steps = np.zeros((1, 1, 1)), np.zeros(1, np.int64)
    anderson(
        z, z.copy(), z.copy(), z.copy(), rows, 1.0, few, few.copy(), gram, steps,
        np.zeros(1, np.uint8),
    )  # fmt: skip


def _warm_others() -> None:
    z, rows = np.zeros((1, 16)), np.zeros(1, np.int64)
    relax(z, z.copy(), rows, np.ones(1), z.copy(), np.zeros(1, np.uint8))
    keep(z, rows, z.copy())
    square_gaps(z, z, rows, np.zeros(1))


WARM = (("field mixing", _warm_anderson), ("field distances", _warm_others))
