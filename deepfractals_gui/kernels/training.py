"""Gradient descent on a small network, once for every pixel: did it converge, and how fast?

A pixel is trained on one thread, its arithmetic a vector of data points at a time. `Network` holds
what all pixels share; a row of ``hyper`` holds a pixel's own rates.

References
----------
Sohl-Dickstein 2024, arXiv:2402.06184.
"""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.intrinsics import never_inlined, raised
from deepfractals_gui.kernels.jit import kernel, routine
from deepfractals_gui.kernels.training_network import (
    CHUNK,
    DECAY,
    LR_INPUT,
    LR_OUTPUT,
    MOMENTUM,
    OFFSET,
    OUTPUT_SCALE,
    POINTS,
    RATES,
    Network,
    pack,
)
from deepfractals_gui.kernels.training_shallow import shallow_pass
from deepfractals_gui.kernels.training_steps import (
    Room,
    backward,
    begin_weights,
    forward,
    gather,
    is_lost,
    loss_of,
    note_norms,
    prepare_weights,
    room_for,
)
from deepfractals_gui.kernels.training_updates import NESTEROV, descend, update

CONVERGED, DIVERGED, NON_FINITE = np.uint8(3), np.uint8(4), np.uint8(6)
CAP = 1e6
"""A loss of so many times the first counts as this, whatever it is."""
LAST = 20
"""Steps at the end over which the loss is averaged."""


@routine
def deep_pass(
    net: Network, room: Room, inputs: Array, targets: Array, stride: int, count: int, scale: float,
    share: float, learns: bool, flag: Array,
) -> float:  # fmt: skip
    """Sum of the losses of ``count`` data points; where it ``learns``, adds their gradients."""
    never_inlined()
    forward(net, room, inputs, stride, count, flag)
    loss = loss_of(net, room, targets, stride, count, scale, share)
    if learns:
        backward(net, room, inputs, stride, count, flag)
    return loss


@kernel
def sample(
    hyper: Array,
    net: Network,
    status: Array,
    value: Array,
    final_loss: Array,
    least_loss: Array,
    divergence: Array,
    probe_output: Array,
    flag: Array,
    losses: Array,
    weight_norms: Array,
    gradient_norms: Array,
    weights: Array,
) -> None:
    """Train a network for each row of ``hyper`` (N, 9), and say what became of it.

    The results are (N,), ``divergence`` in steps. Where ``losses`` (steps,) isn't empty, one
    pixel's losses, the norms (steps, L) of its weights and gradients and its last weights are
    recorded too. Returns early when the flag goes up.
    """
    room = room_for(net)
    depth = net.scale.size
    whole = net.rows.shape[0]
    batched = net.batches.size > 0
    records = losses.size > 0
    probed = room.batch[: room.size]
    # Views made here, once: in the loop over steps each would cost as much as a small layer.
    first_size = net.widths[0] * net.widths[1]
    gradient, output_gradient = room.gradient, room.gradient[room.square :]
    current, output_weights, scaled = room.weights, room.weights[first_size:], room.scaled
    slopes, hidden, residual, starts = room.slopes, room.other, room.one, room.zeros
    inputs, targets = net.inputs[0], net.targets[0]
    batch, batch_targets = room.batch, room.batch[room.size :]
    chunks = net.counts.size
    plain = net.shallow and net.optimizer <= NESTEROV
    kind, ins, units = net.activation[0], net.widths[0], net.widths[1]
    inner, outer = net.scale[0], net.scale[-1]
    for pixel in range(hyper.shape[0]):
        rates = hyper[pixel]
        scale = rates[OUTPUT_SCALE]
        begin_weights(net, rates, current)
        room.first[:] = 0.0
        room.second[:] = 0.0
        falls, rises, tail = 0.0, 0.0, 0.0
        least, loss, begin = np.inf, 0.0, 1.0
        lost_at = -1
        overflowed = False
        done = net.steps
        for step in range(net.steps):
            if net.every_step and rates[OFFSET] != 0.0:
                for place in range(first_size):
                    current[place] += rates[OFFSET]
            if net.shallow:
                for place in range(first_size):
                    scaled[place] = current[place] * inner
            else:
                prepare_weights(net, room)
            gradient[:] = 0.0
            room.bias_gradient[:] = 0.0
            loss = 0.0
            for chunk in range(chunks):
                if chunks > 1:
                    inputs, targets = net.inputs[chunk], net.targets[chunk]
                count = net.counts[chunk]
                if net.shallow:
                    loss += shallow_pass(
                        kind, scaled, output_weights, inputs, targets, slopes, hidden, residual,
                        gradient, output_gradient, starts, ins, units, net.stride, count,
                        scale * outer, 2.0 * scale / whole, outer, not batched,
                    )  # fmt: skip
                else:
                    loss += deep_pass(
                        net, room, inputs, targets, net.stride, count, scale, 1.0 / whole,
                        not batched, flag,
                    )  # fmt: skip
                if raised(flag):
                    return
            loss /= whole
            if batched:
                size = net.batches.shape[1]
                for first in range(0, size, CHUNK):
                    end = min(first + CHUNK, size)
                    stride = (end - first + POINTS - 1) // POINTS * POINTS
                    gather(net, room, step, first, end, stride)
                    if net.shallow:
                        shallow_pass(
                            kind, scaled, output_weights, batch, batch_targets, slopes, hidden,
                            residual, gradient, output_gradient, starts, ins, units, stride,
                            end - first, scale * outer, 2.0 * scale / size, outer, True,
                        )  # fmt: skip
                    else:
                        deep_pass(
                            net, room, batch, batch_targets, stride, end - first, scale,
                            1.0 / size, True, flag,
                        )  # fmt: skip
                    if raised(flag):
                        return
            if records:
                losses[step] = loss
                note_norms(net, room, step, weight_norms, gradient_norms)
            v = loss
            if math.isfinite(loss):
                least = min(least, loss)
            else:
                v = CAP
                overflowed = True
            if step == 0:
                begin = v
            v /= begin
            if not v <= CAP:
                v = CAP
            if lost_at < 0 and (v >= CAP or not math.isfinite(loss)):
                lost_at = step
            falls += v
            rises += 1.0 / v
            if step >= net.steps - LAST:
                tail += v
            if plain and rates[MOMENTUM] == 0.0 and rates[DECAY] == 0.0:
                descend(rates[LR_INPUT], inner, gradient, current, first_size)
                descend(rates[LR_OUTPUT], outer, output_gradient, output_weights, units)
            else:
                update(
                    net.optimizer, net.widths, net.bias, net.scale, rates, step, room.square,
                    room.zeros.size, room.weights, room.gradient, room.bias_gradient, room.first,
                    room.second,
                )  # fmt: skip
            # While losses are finite no weight is lost, or one was by this very step.
            if not math.isfinite(loss) and is_lost(net, room):
                done = step + 1
                break
        rest = net.steps - done
        if rest:
            v = min(CAP / begin, CAP)
            falls += rest * v
            rises += rest / v
            tail += min(rest, LAST) * v
            overflowed = True
            if lost_at < 0:
                lost_at = done
            loss = np.nan
        converged = tail / LAST < 1.0
        value[pixel] = -falls if converged else rises
        # Where no loss was finite there is none to be the least.
        least_loss[pixel] = least if least < np.inf else np.nan
        divergence[pixel] = np.nan if converged else (lost_at if lost_at >= 0 else net.steps)
        probe_output[pixel] = np.nan
        final_loss[pixel] = loss
        if overflowed and not converged:
            final_loss[pixel] = np.nan
            status[pixel] = NON_FINITE
        else:
            status[pixel] = CONVERGED if converged else DIVERGED
            prepare_weights(net, room)
            probed[: net.widths[0] * POINTS] = 0.0
            for k in range(net.probe.size):
                probed[k * POINTS] = net.probe[k]
            forward(net, room, probed, POINTS, 1, flag)
            output = scale * room.layers[depth * room.size]
            if math.isfinite(output):
                probe_output[pixel] = output
        if records:
            losses[done:] = np.inf
            weight_norms[done:] = np.nan
            gradient_norms[done:] = np.nan
            weights[:] = room.weights


@kernel
def powers_of_ten(exponents: Array, out: Array) -> None:
    """out = 10^exponents, by the C library's pow: the same bits in arrays of any length."""
    for i in range(exponents.size):
        out[i] = 10.0 ** exponents[i]


def _compile() -> None:
    one = np.zeros((1, 1))
    none = np.zeros(0)
    network = pack(
        one, one, [1, 1, 1], (one, one), bias=[False, False], residual=[False, False],
        activation=["tanh", "identity"], scale=[1.0, 1.0], loss="mse", optimizer="sgd", steps=20,
        batches=np.zeros((0, 0), np.int64), probe=np.zeros(1), every_step=False,
    )  # fmt: skip
    sample(
        np.zeros((1, len(RATES))), network, np.zeros(1, np.uint8), np.zeros(1), np.zeros(1),
        np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1, np.uint8), none, np.zeros((0, 2)),
        np.zeros((0, 2)), none,
    )  # fmt: skip
    powers_of_ten(np.zeros(1), np.zeros(1))


WARM = (("trainability", _compile),)
