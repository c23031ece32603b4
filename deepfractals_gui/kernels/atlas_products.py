"""Matrix products of the atlas: units times positions, a vector of positions at a time.

A tile is `LANES` positions; an array of a tile holds one row of LANES numbers for each unit. Counts
of units are multiples of four. A sum over units goes in their order with one rounding for each
term, and no sum mixes positions: a position's numbers depend neither on its neighbours nor on how
wide a machine's vectors are. Sums over positions, of which gradients consist, go in a fixed order,
too.
"""

from __future__ import annotations

from typing import Any

from deepfractals_gui.kernels.atlas_shapes import LANES
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    cgutils,
    constant,
    fma,
    intrinsic,
    ir,
    loop,
    types,
    whole,
)

UNITS = 4
"""Units of which a product keeps its sums in registers together."""

_WIDTH = 4
"""Vectors of positions of such a group."""


def _product(onto: bool) -> Any:
    """An intrinsic: result[o] = start[o] + Σ_i weights[o, i] inputs[i], for all lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        weights, starts, inputs, result = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 3, 4)
        )
        w_at, outs, ins = arguments[1], arguments[5], arguments[6]
        step = _WIDTH * result.count
        with (
            loop(builder, whole(0), outs, UNITS) as unit,
            loop(builder, whole(0), LANES, step) as lane,
        ):
            units = [builder.add(unit, whole(u)) for u in range(UNITS)]
            places = [
                [
                    builder.add(builder.mul(one, whole(LANES)), builder.add(lane, whole(v)))
                    for v in range(0, step, result.count)
                ]
                for one in units
            ]
            sums = []
            for one, row in zip(units, places, strict=True):
                for place in row:
                    begin = result.get(place) if onto else starts.spread(starts.single(one))
                    sums.append(cgutils.alloca_once_value(builder, begin.value))
            rows = [builder.add(w_at, builder.mul(one, ins)) for one in units]
            with loop(builder, whole(0), ins) as index:
                line = builder.add(builder.mul(index, whole(LANES)), lane)
                points = [
                    inputs.get(builder.add(line, whole(v))) for v in range(0, step, result.count)
                ]
                for u, row in enumerate(rows):
                    weight = result.spread(weights.single(builder.add(row, index)))
                    for v, point in enumerate(points):
                        total = sums[u * _WIDTH + v]
                        before = Value(builder, builder.load(total, typ=result.vector))
                        builder.store(fma(point, weight, before).value, total)
            for u, row in enumerate(places):
                for v, place in enumerate(row):
                    total = builder.load(sums[u * _WIDTH + v], typ=result.vector)
                    result.put(place, Value(builder, total))
        return context.get_dummy_value()

    def apply(
        typing_context: Any, weights: Any, w_at: Any, starts: Any, inputs: Any, result: Any,
        outs: Any, ins: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            weights, types.int64, starts, inputs, result, types.int64, types.int64
        )
        return signature, generate

    return intrinsic(apply)


multiply, multiply_onto = _product(False), _product(True)
"""(weights, w_at, starts, inputs, result, outs, ins): flat arrays. The weights are (outs, ins) from
element ``w_at`` on. `multiply` starts from one number of ``starts`` for each unit, `multiply_onto`
from what ``result`` holds."""


def _combined(builder: Any, a: Any, b: Any, size: int) -> Any:
    """Sums of neighbouring runs of ``size`` lanes: those of a and b by turns."""
    count = a.type.count
    runs = range(0, count, 2 * size)
    masks = []
    for second in (0, size):
        lanes = [
            side + run + second + k for run in runs for side in (0, count) for k in range(size)
        ]
        kind = ir.VectorType(ir.IntType(32), count)
        masks.append(ir.Constant(kind, [ir.Constant(ir.IntType(32), lane) for lane in lanes]))
    return builder.fadd(*(builder.shuffle_vector(a, b, mask) for mask in masks))


def _part(builder: Any, vector: Any, begin: int, count: int) -> Any:
    lanes = [ir.Constant(ir.IntType(32), begin + k) for k in range(count)]
    mask = ir.Constant(ir.VectorType(ir.IntType(32), count), lanes)
    return builder.shuffle_vector(vector, ir.Constant(vector.type, ir.Undefined), mask)


def _totals(builder: Any, vectors: list[Any]) -> Any:
    """The sums over the lanes of four vectors, as a vector of four."""
    size = 1
    while len(vectors) > 1:
        vectors = [
            _combined(builder, vectors[k], vectors[k + 1], size) for k in range(0, len(vectors), 2)
        ]
        size *= 2
    total = vectors[0]
    while total.type.count > UNITS:
        half = total.type.count // 2
        low, high = (_part(builder, total, k, half) for k in (0, half))
        total = builder.fadd(low, high)
    return total


def _add_four(builder: Any, lanes: Lanes, place: Any, four: Any) -> None:
    kind = ir.VectorType(lanes.scalar, UNITS)
    pointer = builder.bitcast(builder.gep(lanes.data, [place]), ir.PointerType(kind))
    before = builder.load(pointer, align=lanes.size, typ=kind)
    builder.store(builder.fadd(before, four), pointer, align=lanes.size)


@intrinsic
def add_outer(
    typing_context: Any, left: Any, right: Any, result: Any, at: Any, outs: Any, ins: Any
) -> Any:
    """result[at + o ins + i] += Σ_lanes left[o] right[i]; flat arrays."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        a, b, sums = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2))
        at, outs, ins = arguments[3:]
        zero = constant(a.vector, 0.0)
        with (
            loop(builder, whole(0), outs, UNITS) as out,
            loop(builder, whole(0), ins, UNITS) as into,
        ):
            cells = []
            for _ in range(UNITS * UNITS):
                cells.append(cgutils.alloca_once(builder, a.vector))
                builder.store(zero, cells[-1])
            with loop(builder, whole(0), LANES, a.count) as lane:
                given = [
                    [
                        rows.get(
                            builder.add(
                                builder.mul(builder.add(base, whole(u)), whole(LANES)), lane
                            )
                        )
                        for u in range(UNITS)
                    ]
                    for rows, base in ((a, out), (b, into))
                ]
                for u, one in enumerate(given[0]):
                    for v, other in enumerate(given[1]):
                        cell = cells[u * UNITS + v]
                        before = Value(builder, builder.load(cell, typ=a.vector))
                        builder.store(fma(one, other, before).value, cell)
            for u in range(UNITS):
                vectors = [builder.load(cell, typ=a.vector) for cell in cells[u * UNITS :][:UNITS]]
                row = builder.mul(builder.add(out, whole(u)), ins)
                place = builder.add(at, builder.add(row, into))
                _add_four(builder, sums, place, _totals(builder, vectors))
        return context.get_dummy_value()

    signature = types.void(left, right, result, types.int64, types.int64, types.int64)
    return signature, generate


@intrinsic
def add_sums(typing_context: Any, rows: Any, result: Any, at: Any, outs: Any) -> Any:
    """result[at + o] += Σ_lanes rows[o]; flat arrays."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given, sums = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        at, outs = arguments[2:]
        with loop(builder, whole(0), outs, UNITS) as out:
            vectors = []
            for u in range(UNITS):
                line = builder.mul(builder.add(out, whole(u)), whole(LANES))
                total = given.zero()
                for lane in range(0, LANES, given.count):
                    total = total + given.get(builder.add(line, whole(lane)))
                vectors.append(total.value)
            _add_four(builder, sums, builder.add(at, out), _totals(builder, vectors))
        return context.get_dummy_value()

    return types.void(rows, result, types.int64, types.int64), generate
