"""Matrix products of the training kernel: units times data points, a vector of points at a time.

Activations are stored unit by unit, ``rows`` of ``stride`` float64 whose data points follow each
other, padded to whole vectors. A product keeps a tile of its result in registers while it runs
over what is summed; the order of every sum is fixed, so that a network is trained with the same
bits wherever its pixel lies.
"""

from __future__ import annotations

from typing import Any

from deepfractals_gui.kernels.emit import Lanes, Value, fma, intrinsic, ir, loop, types, whole
from deepfractals_gui.kernels.training_network import POINTS, UNITS

_WIDTHS = (4, 2, 1)
"""Vectors of a tile of the forward product: the widest that still fit, then the rest."""


def _whole_tiles(builder: Any, count: Any, size: int) -> Any:
    """The largest multiple of ``size`` that isn't above ``count``."""
    return builder.sub(count, builder.srem(count, whole(size)))


@intrinsic
def multiply_into(
    typing_context: Any,
    weights: Any,
    ins: Any,
    outs: Any,
    source: Any,
    target: Any,
    stride: Any,
    first: Any,
    vectors: Any,
    onto: Any,
) -> Any:
    """target[j] = start[j] + sum over k of weights[k outs + j] source[k], for all points.

    ``source`` and ``target`` are flat; their rows begin at element 0. ``first`` holds the
    starts, one for each unit j; with ``onto`` the target's own values are the start.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        w, inputs, outputs, starts = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 3, 4, 6)
        )
        n_in, n_out, row, count = arguments[1], arguments[2], arguments[5], arguments[7]
        add_on = builder.icmp_signed("!=", arguments[8], whole(0))

        def tile(unit: Any, units: int, point: Any, width: int) -> None:
            places = [
                [
                    builder.add(
                        builder.mul(builder.add(unit, whole(u)), row),
                        builder.add(point, whole(POINTS * v)),
                    )
                    for v in range(width)
                ]
                for u in range(units)
            ]
            begin = []
            for u in range(units):
                spread = outputs.spread(starts.single(builder.add(unit, whole(u))))
                for v in range(width):
                    own = outputs.get(places[u][v])
                    begin.append(builder.select(add_on, own.value, spread.value))
            entry = builder.block
            head = builder.append_basic_block("product")
            done = builder.append_basic_block("product.done")
            builder.branch(head)
            builder.position_at_end(head)
            k = builder.phi(ir.IntType(64))
            k.add_incoming(whole(0), entry)
            sums = []
            for value in begin:
                phi = builder.phi(outputs.vector)
                phi.add_incoming(value, entry)
                sums.append(phi)
            line = builder.add(builder.mul(k, row), point)
            points = [inputs.get(builder.add(line, whole(POINTS * v))) for v in range(width)]
            at = builder.add(builder.mul(k, n_out), unit)
            following = []
            for u in range(units):
                weight = outputs.spread(w.single(builder.add(at, whole(u))))
                for v in range(width):
                    total = Value(builder, sums[u * width + v])
                    following.append(fma(points[v], weight, total).value)
            after = builder.add(k, whole(1))
            k.add_incoming(after, head)
            for phi, value in zip(sums, following, strict=True):
                phi.add_incoming(value, head)
            builder.cbranch(builder.icmp_signed("<", after, n_in), head, done)
            builder.position_at_end(done)
            for u in range(units):
                for v in range(width):
                    outputs.put(places[u][v], Value(builder, following[u * width + v]))

        def all_points(unit: Any, units: int) -> None:
            begin: Any = whole(0)
            for width in _WIDTHS:
                size = width * POINTS
                end = builder.add(begin, _whole_tiles(builder, builder.sub(count, begin), size))
                with loop(builder, begin, end, size) as point:
                    tile(unit, units, point, width)
                begin = end

        tiled = _whole_tiles(builder, n_out, UNITS)
        with loop(builder, whole(0), tiled, UNITS) as unit:
            all_points(unit, UNITS)
        with loop(builder, tiled, n_out, 1) as unit:
            all_points(unit, 1)
        return context.get_dummy_value()

    signature = types.void(
        weights, types.int64, types.int64, source, target, types.int64, first, types.int64,
        types.int64,
    )  # fmt: skip
    return signature, generate


@intrinsic
def add_gradient(
    typing_context: Any,
    source: Any,
    ins: Any,
    delta: Any,
    outs: Any,
    stride: Any,
    points: Any,
    gradient: Any,
) -> Any:
    """gradient[k outs + j] += sum over the points of source[k] delta[j].

    ``source`` has its rows padded with zeros to a multiple of four, ``gradient`` accordingly.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        inputs, deltas, sums = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 2, 6)
        )
        n_in, n_out, row, count = arguments[1], arguments[3], arguments[4], arguments[5]

        def tile(unit: Any, other: Any, width: int) -> None:
            """Rows unit to unit + 3 of the source with ``width`` rows of the deltas."""
            entry = builder.block
            head = builder.append_basic_block("gradient")
            done = builder.append_basic_block("gradient.done")
            zero = inputs.zero().value
            left = [builder.mul(builder.add(unit, whole(u)), row) for u in range(UNITS)]
            right = [builder.mul(builder.add(other, whole(v)), row) for v in range(width)]
            builder.branch(head)
            builder.position_at_end(head)
            point = builder.phi(ir.IntType(64))
            point.add_incoming(whole(0), entry)
            totals = []
            for _ in range(UNITS * width):
                phi = builder.phi(inputs.vector)
                phi.add_incoming(zero, entry)
                totals.append(phi)
            a = [inputs.get(builder.add(place, point)) for place in left]
            d = [deltas.get(builder.add(place, point)) for place in right]
            following = [
                fma(a[u], d[v], Value(builder, totals[u * width + v]))
                for u in range(UNITS)
                for v in range(width)
            ]
            after = builder.add(point, whole(POINTS))
            point.add_incoming(after, head)
            for phi, value in zip(totals, following, strict=True):
                phi.add_incoming(value.value, head)
            builder.cbranch(builder.icmp_signed("<", after, count), head, done)
            builder.position_at_end(done)
            for index, total in enumerate(totals_of(builder, following)):
                u, v = divmod(index, width)
                place = builder.add(
                    builder.mul(builder.add(unit, whole(u)), n_out), builder.add(other, whole(v))
                )
                add_to(builder, sums, place, total)

        tiled = _whole_tiles(builder, n_out, UNITS)
        with loop(builder, whole(0), n_in, UNITS) as unit:
            with loop(builder, whole(0), tiled, UNITS) as other:
                tile(unit, other, UNITS)
            with loop(builder, tiled, n_out, 1) as other:
                tile(unit, other, 1)
        return context.get_dummy_value()

    signature = types.void(
        source, types.int64, delta, types.int64, types.int64, types.int64, gradient
    )
    return signature, generate


def add_to(builder: Any, array: Lanes, place: Any, number: Any) -> None:
    """Add a scalar to one element."""
    pointer = builder.gep(array.data, [place])
    builder.store(builder.fadd(builder.load(pointer), number), pointer)


def total_of(builder: Any, vector: Value) -> Any:
    """The sum over the lanes, by halves."""
    lanes = [
        builder.extract_element(vector.value, ir.Constant(ir.IntType(32), lane))
        for lane in range(POINTS)
    ]
    while len(lanes) > 1:
        half = len(lanes) // 2
        lanes = [
            builder.fadd(one, other) for one, other in zip(lanes[:half], lanes[half:], strict=True)
        ]
    return lanes[0]


def totals_of(builder: Any, vectors: list[Value]) -> list[Any]:
    """The sum over the lanes of each vector: 4 or 16 of them, eight at a time by pairs."""
    found = []
    for start in range(0, len(vectors), POINTS):
        group = [vector.value for vector in vectors[start : start + POINTS]]
        step = 1
        while step < POINTS:
            pairs = []
            for index in range(0, len(group), 2):
                one = group[index]
                other = group[index + 1] if index + 1 < len(group) else one
                halves = [
                    builder.shuffle_vector(one, other, _mask(_merged(step, half)))
                    for half in (0, 1)
                ]
                pairs.append(builder.fadd(*halves))
            group = pairs
            step *= 2
        count = min(POINTS, len(vectors) - start)
        found += [
            builder.extract_element(group[0], ir.Constant(ir.IntType(32), lane))
            for lane in range(count)
        ]
    return found


def _merged(step: int, half: int) -> list[int]:
    """Lanes of two vectors, taken in turns of ``step``: the lower or upper part of each pair."""
    lanes = []
    for lane in range(POINTS):
        block, inside = divmod(lane, 2 * step)
        which, place = divmod(inside, step)
        lanes.append(which * POINTS + block * 2 * step + half * step + place)
    return lanes


def _mask(lanes: list[int]) -> Any:
    kind = ir.IntType(32)
    return ir.Constant(ir.VectorType(kind, len(lanes)), [ir.Constant(kind, one) for one in lanes])
