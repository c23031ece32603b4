"""One hidden layer and one output, without biases: the paper's network, in four passes over data.

What a step of the general network costs beside its arithmetic (calls, copies of weights, gradients
written and read again) is as much as the arithmetic where the network is small.
"""

from __future__ import annotations

from typing import Any

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.emit import (
    Lanes,
    Value,
    cgutils,
    fma,
    intrinsic,
    ir,
    lanes_before,
    loop,
    select,
    types,
    whole,
)
from deepfractals_gui.kernels.jit import routine
from deepfractals_gui.kernels.training_functions import activate
from deepfractals_gui.kernels.training_network import POINTS, UNITS
from deepfractals_gui.kernels.training_products import (
    add_gradient,
    add_to,
    multiply_into,
    total_of,
    totals_of,
)


@intrinsic
def _residuals(
    typing_context: Any, hidden: Any, weights: Any, units: Any, stride: Any, targets: Any,
    residual: Any, count: Any, points: Any, scale: Any, factor: Any,
) -> Any:  # fmt: skip
    """Sum of the squared errors scale (sum over j of weights[j] hidden_j) - targets.

    ``residual`` becomes factor times the errors, and 0 from data point ``count`` on.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        h, w, y, r = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 4, 5)
        )
        n_units, row, valid, all_points = (arguments[k] for k in (2, 3, 6, 7))
        scale_all, factor_all = (h.spread(arguments[k]) for k in (8, 9))
        squares = cgutils.alloca_once_value(builder, h.zero().value)

        def tile(point: Any, width: int) -> None:
            shifts = [builder.add(point, whole(POINTS * v)) for v in range(width)]
            entry = builder.block
            head = builder.append_basic_block("output")
            done = builder.append_basic_block("output.done")
            builder.branch(head)
            builder.position_at_end(head)
            unit = builder.phi(ir.IntType(64))
            unit.add_incoming(whole(0), entry)
            phis = [builder.phi(h.vector) for _ in range(width)]
            weight = h.spread(w.single(unit))
            line = builder.mul(unit, row)
            following = [
                fma(h.get(builder.add(line, shift)), weight, Value(builder, phi))
                for shift, phi in zip(shifts, phis, strict=True)
            ]
            after = builder.add(unit, whole(1))
            unit.add_incoming(after, head)
            for phi, value in zip(phis, following, strict=True):
                phi.add_incoming(h.zero().value, entry)
                phi.add_incoming(value.value, head)
            builder.cbranch(builder.icmp_signed("<", after, n_units), head, done)
            builder.position_at_end(done)
            total = Value(builder, builder.load(squares))
            for shift, output in zip(shifts, following, strict=True):
                error = fma(output, scale_all, -y.get(shift))
                error = select(lanes_before(builder, POINTS, shift, valid), error, 0.0)
                r.put(shift, error * factor_all)
                total = fma(error, error, total)
            builder.store(total.value, squares)

        quads = builder.sub(all_points, builder.srem(all_points, whole(UNITS * POINTS)))
        with loop(builder, whole(0), quads, UNITS * POINTS) as point:
            tile(point, UNITS)
        with loop(builder, quads, all_points, POINTS) as point:
            tile(point, 1)
        return total_of(builder, Value(builder, builder.load(squares)))

    signature = types.float64(
        hidden, weights, types.int64, types.int64, targets, residual, types.int64,
        types.int64, types.float64, types.float64,
    )  # fmt: skip
    return signature, generate


@intrinsic
def _pull(
    typing_context: Any, hidden: Any, slope: Any, weights: Any, units: Any, stride: Any,
    residual: Any, points: Any, gradient: Any, scale: Any,
) -> Any:  # fmt: skip
    """gradient[j] += residual . hidden_j, and slope_j *= residual weights[j] scale."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        h, d, w, r, g = (
            Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1, 2, 5, 7)
        )
        n_units, row, end = (arguments[k] for k in (3, 4, 6))

        def tile(unit: Any, size: int) -> None:
            numbers = [builder.add(unit, whole(u)) for u in range(size)]
            lines = [builder.mul(number, row) for number in numbers]
            factor = d.spread(arguments[8])
            spread = [d.spread(w.single(number)) * factor for number in numbers]
            entry = builder.block
            head = builder.append_basic_block("pull")
            done = builder.append_basic_block("pull.done")
            builder.branch(head)
            builder.position_at_end(head)
            point = builder.phi(ir.IntType(64))
            point.add_incoming(whole(0), entry)
            phis = [builder.phi(h.vector) for _ in range(size)]
            error = r.get(point)
            following = []
            for line, weight, phi in zip(lines, spread, phis, strict=True):
                place = builder.add(line, point)
                following.append(fma(h.get(place), error, Value(builder, phi)))
                d.put(place, error * weight * d.get(place))
            after = builder.add(point, whole(POINTS))
            point.add_incoming(after, head)
            for phi, value in zip(phis, following, strict=True):
                phi.add_incoming(h.zero().value, entry)
                phi.add_incoming(value.value, head)
            builder.cbranch(builder.icmp_signed("<", after, end), head, done)
            builder.position_at_end(done)
            for number, total in zip(numbers, totals_of(builder, following), strict=True):
                add_to(builder, g, number, total)

        tiled = builder.sub(n_units, builder.srem(n_units, whole(UNITS)))
        with loop(builder, whole(0), tiled, UNITS) as unit:
            tile(unit, UNITS)
        with loop(builder, tiled, n_units, 1) as unit:
            tile(unit, 1)
        return context.get_dummy_value()

    signature = types.void(
        hidden, slope, weights, types.int64, types.int64, residual, types.int64, gradient,
        types.float64,
    )  # fmt: skip
    return signature, generate


@routine
def shallow_pass(
    kind: int, scaled: Array, output: Array, inputs: Array, targets: Array, slopes: Array,
    hidden: Array, residual: Array, gradient: Array, output_gradient: Array, starts: Array,
    ins: int, units: int, stride: int, count: int, scale: float, factor: float, output_scale: float,
    learns: bool,
) -> float:  # fmt: skip
    """Sum of the squared errors of a chunk of ``count`` data points.

    Parameters
    ----------
    kind : index into `ACTIVATIONS`
    scaled, output : weights of the first layer, times its scale, and of the output
    inputs, targets : the chunk, rows of ``stride``
    slopes, hidden : room for (units, stride)
    residual : room for (stride,)
    gradient, output_gradient : to which is added, if it ``learns``
    starts : zeros (units,)
    scale : of the network's output; ``output_scale`` is the part of it that is the layer's
    factor : of the residual, for the gradients

    Flat arrays alone: named tuples of arrays cost as much in reference counts as small layers.
    """
    points = (count + POINTS - 1) // POINTS * POINTS
    multiply_into(scaled, ins, units, inputs, slopes, stride, starts, points, 0)
    activate(kind, slopes, hidden, units, stride, points)
    # An infinite weight makes NaN of the padding's zeros, and 0 times that would leak.
    if count < points:
        for unit in range(units):
            for n in range(unit * stride + count, unit * stride + points):
                hidden[n] = 0.0
                slopes[n] = 0.0
    loss: float = _residuals(
        hidden, output, units, stride, targets, residual, count, points, scale, factor
    )
    if learns:
        _pull(
            hidden, slopes, output, units, stride, residual, points, output_gradient, output_scale
        )
        padded = (ins + UNITS - 1) // UNITS * UNITS
        add_gradient(inputs, padded, slopes, units, stride, points, gradient)
    return loss
