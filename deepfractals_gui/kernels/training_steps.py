"""One step of training: through the network and back, over chunks of data points."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.intrinsics import never_inlined, raised
from deepfractals_gui.kernels.jit import routine
from deepfractals_gui.kernels.lane import aligned
from deepfractals_gui.kernels.training_functions import (
    activate,
    add_residual,
    apply_slopes,
    square_errors,
)
from deepfractals_gui.kernels.training_network import (
    CHUNK,
    OFFSET,
    POINTS,
    UNITS,
    WEIGHT_SCALE,
    Network,
)
from deepfractals_gui.kernels.training_products import add_gradient, multiply_into

CROSS_ENTROPY = 1
_HALF = math.sqrt(0.5)


class Room(NamedTuple):
    """Scratch for one pixel's training; slots of ``size`` elements, one for each layer."""

    layers: Array
    slopes: Array
    one: Array
    other: Array
    batch: Array
    scaled: Array
    turned: Array
    gradient: Array
    bias_gradient: Array
    zeros: Array
    first: Array
    second: Array
    weights: Array
    size: int
    square: int


@routine
def room_for(net: Network) -> Room:
    never_inlined()
    depth = net.scale.size
    widest = 0
    for width in net.widths:
        widest = max(widest, (width + UNITS - 1) // UNITS * UNITS)
    stride = max(net.stride, (net.batches.shape[1] + POINTS - 1) // POINTS * POINTS)
    size = widest * min(stride, max(CHUNK, net.stride))
    square = widest * widest
    example = net.scale
    return Room(
        aligned(size * (depth + 1), example), aligned(size * depth, example),
        aligned(size, example), aligned(size, example), aligned(2 * size, example),
        np.zeros(square * depth), np.zeros(square * depth), np.zeros(square * depth),
        np.zeros(widest * depth), np.zeros(widest), np.zeros(net.weights.size),
        np.zeros(net.weights.size), np.zeros(net.weights.size), size, square,
    )  # fmt: skip


@routine
def begin_weights(net: Network, rates: Array, weights: Array) -> None:
    """The weights that training starts from; biases are neither scaled nor moved."""
    never_inlined()
    at = 0
    for layer in range(net.scale.size):
        size = net.widths[layer] * net.widths[layer + 1]
        for place in range(at, at + size):
            weights[place] = net.weights[place] * rates[WEIGHT_SCALE]
            if layer == 0 and not net.every_step:
                weights[place] += rates[OFFSET]
        at += size
        for place in range(at, at + net.bias[layer] * net.widths[layer + 1]):
            weights[place] = net.weights[place]
        at += net.bias[layer] * net.widths[layer + 1]


@routine
def prepare_weights(net: Network, room: Room) -> None:
    """Weights times their layer's scale, as they are and turned, for the products."""
    never_inlined()
    at = 0
    for layer in range(net.scale.size):
        ins, outs = net.widths[layer], net.widths[layer + 1]
        scale = net.scale[layer]
        scaled = room.scaled[layer * room.square :]
        turned = room.turned[layer * room.square :]
        for k in range(ins):
            for j in range(outs):
                weight = room.weights[at + k * outs + j] * scale
                scaled[k * outs + j] = weight
                turned[j * ins + k] = weight
        at += ins * outs + net.bias[layer] * outs


@routine
def forward(net: Network, room: Room, inputs: Array, stride: int, count: int, flag: Array) -> None:
    """Fill the layers' slots from ``count`` inputs; slopes go where the products were.

    Leaves what it does unfinished when the flag goes up; so does `backward`.
    """
    never_inlined()
    points = (count + POINTS - 1) // POINTS * POINTS
    at = 0
    source = inputs
    for layer in range(net.scale.size):
        # A chunk of the largest network takes longer than a cancelled job may.
        if raised(flag):
            return
        ins, outs = net.widths[layer], net.widths[layer + 1]
        at += ins * outs
        start = room.zeros
        if net.bias[layer]:
            start = room.weights[at : at + outs]
            at += outs
        z = room.slopes[layer * room.size : (layer + 1) * room.size]
        a = room.layers[(layer + 1) * room.size : (layer + 2) * room.size]
        scaled = room.scaled[layer * room.square : (layer + 1) * room.square]
        multiply_into(scaled, ins, outs, source, z, stride, start, points, 0)
        activate(net.activation[layer], z, a, outs, stride, points)
        if net.residual[layer]:
            add_residual(source, a, outs * stride, _HALF)
        # Biases alone may overflow in the padding, and an infinite weight makes NaN of its
        # zeros: 0 times either would leak.
        for row in range(outs):
            for n in range(row * stride + count, row * stride + points):
                a[n] = 0.0
        source = a


@routine
def loss_of(
    net: Network, room: Room, targets: Array, stride: int, count: int, scale: float, share: float
) -> float:
    """Sum of the losses of ``count`` data points; ``room.one`` gets share times the slopes."""
    never_inlined()
    outs = net.widths[-1]
    depth = net.scale.size
    output = room.layers[depth * room.size : (depth + 1) * room.size]
    total = 0.0
    if net.loss == CROSS_ENTROPY:
        for n in range(count):
            top = scale * output[n]
            for k in range(outs):
                top = max(top, scale * output[k * stride + n])
            mass = 0.0
            inside = 0.0
            for k in range(outs):
                logit = scale * output[k * stride + n] - top
                mass += math.exp(logit)
                inside += targets[k * stride + n] * logit
            total += math.log(mass) - inside
            for k in range(outs):
                at = k * stride + n
                probability = math.exp(scale * output[at] - top) / mass
                room.one[at] = share * scale * (probability - targets[at])
    else:
        factor = share * 2.0 * scale / outs
        whole = count // POINTS * POINTS
        for k in range(outs):
            row = k * stride
            total += square_errors(output, targets, room.one, row, row + whole, scale, factor)
            for at in range(row + whole, row + count):
                error = scale * output[at] - targets[at]
                room.one[at] = error * factor
                total += error * error
        total /= outs
    for k in range(outs):
        for at in range(k * stride + count, (k + 1) * stride):
            room.one[at] = 0.0
    return total


@routine
def backward(net: Network, room: Room, inputs: Array, stride: int, count: int, flag: Array) -> None:
    """Add the gradients of the data points whose output slopes `loss_of` left in ``room.one``."""
    never_inlined()
    points = (count + POINTS - 1) // POINTS * POINTS
    delta, gradient = room.one, room.other
    onto = 0
    for layer in range(net.scale.size - 1, -1, -1):
        if raised(flag):
            return
        ins, outs = net.widths[layer], net.widths[layer + 1]
        source = inputs
        if layer:
            source = room.layers[layer * room.size : (layer + 1) * room.size]
        padded = (ins + UNITS - 1) // UNITS * UNITS
        sums = room.gradient[layer * room.square : (layer + 1) * room.square]
        add_gradient(source, padded, delta, outs, stride, points, sums)
        if net.bias[layer]:
            shift = layer * room.zeros.size
            for j in range(outs):
                total = 0.0
                for n in range(j * stride, j * stride + count):
                    total += delta[n]
                room.bias_gradient[shift + j] += total
        if layer == 0:
            break
        turned = room.turned[layer * room.square : (layer + 1) * room.square]
        multiply_into(turned, outs, ins, delta, gradient, stride, room.zeros, points, onto)
        onto = net.residual[layer - 1]
        slopes = room.slopes[(layer - 1) * room.size : layer * room.size]
        apply_slopes(gradient, slopes, delta, ins * stride, _HALF if onto else 1.0)
        # 0 times an infinite slope would leak from the padding.
        for j in range(ins):
            for n in range(j * stride + count, (j + 1) * stride):
                delta[n] = 0.0
                gradient[n] = 0.0


@routine
def gather(net: Network, room: Room, step: int, begin: int, end: int, stride: int) -> None:
    """Data points ``begin`` to ``end`` of a minibatch as a chunk: inputs, then targets."""
    never_inlined()
    ins, outs = net.widths[0], net.widths[-1]
    for place in range(begin, end):
        row = net.rows[net.batches[step, place]]
        n = place - begin
        for k in range(ins):
            room.batch[k * stride + n] = row[k]
        for k in range(outs):
            room.batch[room.size + k * stride + n] = row[ins + k]


@routine
def is_lost(net: Network, room: Room) -> bool:
    """True when no later loss can be finite: a weight is no number, or an output's is infinite.

    An infinite weight of another layer may saturate its unit for good, and harm nothing.
    """
    never_inlined()
    for weight in room.weights:
        if weight != weight:
            return True
    last = net.widths[-2] * net.widths[-1] + net.bias[-1] * net.widths[-1]
    for at in range(room.weights.size - last, room.weights.size):
        if math.isinf(room.weights[at]):
            return True
    return False


@routine
def note_norms(
    net: Network, room: Room, step: int, weight_norms: Array, gradient_norms: Array
) -> None:
    never_inlined()
    at = 0
    for layer in range(net.scale.size):
        size = net.widths[layer] * net.widths[layer + 1]
        weight, gradient = 0.0, 0.0
        for place in range(size):
            weight += room.weights[at + place] ** 2
            gradient += (room.gradient[layer * room.square + place] * net.scale[layer]) ** 2
        weight_norms[step, layer] = math.sqrt(weight)
        gradient_norms[step, layer] = math.sqrt(gradient)
        at += size + net.bias[layer] * net.widths[layer + 1]
