"""The loss of a trained network over two directions of its weights.

The point (a, b) has the weights centre + a first + b second. A point is computed on one thread,
its arithmetic a vector of data points at a time; the data is taken in chunks, each of them for all
points, so that a chunk is read from memory once. `Landscape` holds what all points share.

References
----------
Li et al. 2018, arXiv:1712.09913.
"""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.intrinsics import fma, never_inlined, raised
from deepfractals_gui.kernels.jit import kernel, routine
from deepfractals_gui.kernels.landscape_functions import evaluate
from deepfractals_gui.kernels.landscape_losses import binary_entropies, entropies, squares
from deepfractals_gui.kernels.landscape_network import DENSE, NORM, Landscape, Stage, pack
from deepfractals_gui.kernels.lane import aligned
from deepfractals_gui.kernels.training_functions import add_residual
from deepfractals_gui.kernels.training_network import POINTS, UNITS
from deepfractals_gui.kernels.training_products import multiply_into

NON_FINITE, BELOW, ABOVE = np.uint8(6), np.uint8(8), np.uint8(9)
CROSS_ENTROPY, BINARY = 1, 2
LEAST = 2.2250738585072014e-308
"""Losses below count as this where their logarithm is taken."""
_HALF = math.sqrt(0.5)


@routine
def _combine(
    out: Array, centre: Array, first: Array, second: Array, a: float, b: float, size: int
) -> None:
    """out = centre + a first + b second, over flat arrays."""
    never_inlined()
    for k in range(size):
        out[k] = fma(b, second[k], fma(a, first[k], centre[k]))


@routine
def _weigh(
    scaled: Array, centre: Array, first: Array, second: Array, a: float, b: float, scale: float,
    size: int,
) -> None:  # fmt: skip
    """The weights of a point, times their layer's scale."""
    never_inlined()
    for k in range(size):
        scaled[k] = scale * fma(b, second[k], fma(a, first[k], centre[k]))


@routine
def _normalise(z: Array, factors: Array, shifts: Array, units: int, stride: int) -> None:
    """z <- factor z + shift, each unit its own."""
    never_inlined()
    for unit in range(units):
        factor, shift = factors[unit], shifts[unit]
        row = z[unit * stride : (unit + 1) * stride]
        for n in range(stride):
            row[n] = fma(row[n], factor, shift)


@routine
def _penalty(net: Landscape, a: float, b: float) -> float:
    """l1 |W| + l2 |W|^2 of the weights at a point, biases left out."""
    never_inlined()
    sizes, squares = 0.0, 0.0
    for stage in range(net.kind.size):
        if net.kind[stage] != DENSE:
            continue
        begin = net.at[stage]
        for k in range(begin, begin + net.ins[stage] * net.outs[stage]):
            weight = fma(b, net.second[k], fma(a, net.first[k], net.centre[k]))
            sizes += abs(weight)
            squares = fma(weight, weight, squares)
    return net.l1 * sizes + net.l2 * squares


@kernel
def sample(
    x: Array,
    y: Array,
    net: Landscape,
    status: Array,
    loss: Array,
    log_loss: Array,
    accuracy: Array,
    flag: Array,
    outputs: Array,
) -> None:
    """The loss at each point (x, y) (N,), and on which side of the level it lies.

    ``log_loss`` is log10 of the loss over the level, ``accuracy`` the share of right answers, NaN
    where there are no classes. Where ``outputs`` (D, k) isn't empty, one point's answers to the
    data are written there. Returns early when the flag goes up.
    """
    stages, stride = net.kind.size, net.stride
    widest = (net.widest + UNITS - 1) // UNITS * UNITS
    one, other = aligned(widest * stride, net.centre), aligned(widest * stride, net.centre)
    scaled, starts = np.zeros(net.square), np.zeros(widest)
    outs = net.outs[stages - 1]
    done = 0
    for point in range(x.size):
        loss[point] = 0.0
        accuracy[point] = 0.0
    for chunk in range(net.counts.size):
        count = net.counts[chunk]
        points = (count + POINTS - 1) // POINTS * POINTS
        base, along, across = net.base[chunk], net.base_first[chunk], net.base_second[chunk]
        inputs, targets, classes = net.inputs[chunk], net.targets[chunk], net.classes[chunk]
        for point in range(x.size):
            if raised(flag):
                return
            if not math.isfinite(loss[point]):
                continue
            a, b = x[point], y[point]
            source, target = one, other
            _combine(source, base, along, across, a, b, net.outs[0] * stride)
            evaluate(net.activation[0], source, net.outs[0], stride, points)
            if net.residual[0]:
                add_residual(inputs, source, net.outs[0] * stride, _HALF)
            for stage in range(1, stages):
                ins, units, begin = net.ins[stage], net.outs[stage], net.at[stage]
                size = ins * units
                if net.kind[stage] == DENSE:
                    # The largest layers take milliseconds.
                    if raised(flag):
                        return
                    end = begin + size
                    _weigh(
                        scaled, net.centre[begin:end], net.first[begin:end],
                        net.second[begin:end], a, b, net.scale[stage], size,
                    )  # fmt: skip
                    if net.bias[stage]:
                        last = end + units
                        _combine(
                            starts, net.centre[end:last], net.first[end:last],
                            net.second[end:last], a, b, units,
                        )  # fmt: skip
                    else:
                        starts[:units] = 0.0
                    multiply_into(scaled, ins, units, source, target, stride, starts, points, 0)
                    evaluate(net.activation[stage], target, units, stride, points)
                    if net.residual[stage]:
                        add_residual(source, target, units * stride, _HALF)
                    source, target = target, source
                elif net.kind[stage] == NORM:
                    end = begin + units
                    _normalise(
                        source, net.centre[begin:end], net.centre[end : end + units], units, stride
                    )
                else:
                    evaluate(net.activation[stage], source, units, stride, points)
            if net.loss == CROSS_ENTROPY:
                cost, right = entropies(source, targets, classes, outs, stride, count, points)
            elif net.loss == BINARY:
                cost, right = binary_entropies(source, targets, outs, stride, count, points)
            else:
                cost, right = squares(source, targets, outs, stride, count, points)
            loss[point] += cost
            accuracy[point] += right
            if outputs.size > 0:
                for n in range(count):
                    for k in range(outs):
                        outputs[done + n, k] = source[k * stride + n]
        done += count
    shares = net.total * (1 if net.loss == CROSS_ENTROPY else outs)
    height = math.log10(max(net.level, LEAST))
    for point in range(x.size):
        value = loss[point] / shares
        if net.l1 > 0.0 or net.l2 > 0.0:
            if raised(flag):
                return
            value += _penalty(net, x[point], y[point])
        if not math.isfinite(value):
            status[point] = NON_FINITE
            loss[point], log_loss[point], accuracy[point] = np.nan, np.nan, np.nan
            continue
        status[point] = BELOW if value < net.level else ABOVE
        loss[point] = value
        log_loss[point] = math.log10(max(value, LEAST)) - height
        accuracy[point] = accuracy[point] / shares if net.loss else np.nan


def _compile() -> None:
    one = np.ones((1, 1))
    stage = Stage(DENSE, 1, 1, weights=one, first=(one, None), second=(one, None))
    sample(
        np.zeros(1), np.zeros(1), pack(one, one, (stage,), loss="mse"), np.zeros(1, np.uint8),
        np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1, np.uint8), np.zeros((0, 1)),
    )  # fmt: skip


WARM = (("loss landscape", _compile),)
