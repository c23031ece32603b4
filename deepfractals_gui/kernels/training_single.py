"""Training on a single data point, eight pixels at a time.

With one hidden layer, one output and plain gradient descent the weights of the first layer move
along the input alone: W0 = W0(0) + x c. A pixel's state is then u = x W0 and the output's weights,
two numbers a hidden unit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.activations import GELU_A, GELU_B
from deepfractals_gui.kernels.emit import Lanes, fma, intrinsic, loop, types, whole
from deepfractals_gui.kernels.intrinsics import never_inlined, raised
from deepfractals_gui.kernels.jit import kernel, routine
from deepfractals_gui.kernels.lane import aligned
from deepfractals_gui.kernels.training_functions import FORMULAS
from deepfractals_gui.kernels.training_lanes import (
    BLOCK,
    FIELDS,
    LANES,
    LOSS,
    RATE_IN,
    RATE_OUT,
    RESIDUAL,
    SCALE,
    begin_lanes,
    keep_lanes,
    note_loss,
    row,
    write_results,
)
from deepfractals_gui.kernels.training_network import ACTIVATIONS

SUPPORTED = ACTIVATIONS[: len(FORMULAS)]


def _advance(kind: int) -> Any:
    formula = FORMULAS[kind]

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        state, fields = (Lanes(context, builder, signature.args[k], arguments[k]) for k in (0, 1))
        units = arguments[2]
        target, inner = state.spread(arguments[3]), state.spread(arguments[4])
        first, last, steps = arguments[5:8]

        with loop(builder, first, last) as step:
            outer, rate_u, rate_w = (fields.get(row(which)) for which in (SCALE, RATE_IN, RATE_OUT))
            fields.put(row(RESIDUAL), fields.zero())
            with loop(builder, 0, units) as unit:
                at = builder.mul(unit, whole(4 * LANES))
                u, w, a_at, slope_at = (builder.add(at, whole(k * LANES)) for k in range(4))
                a, slope = formula(state.get(u) * inner)
                state.put(a_at, a)
                state.put(slope_at, slope)
                fields.put(row(RESIDUAL), fma(a, state.get(w), fields.get(row(RESIDUAL))))
            residual = fma(fields.get(row(RESIDUAL)), outer, -target)
            with loop(builder, 0, units) as unit:
                at = builder.mul(unit, whole(4 * LANES))
                u, w, a_at, slope_at = (builder.add(at, whole(k * LANES)) for k in range(4))
                weight = state.get(w)
                pull = residual * weight * state.get(slope_at)
                state.put(u, fma(-rate_u, pull, state.get(u)))
                state.put(w, fma(-rate_w, residual * state.get(a_at), weight))
            note_loss(fields, residual * residual, step, steps)
        return context.get_dummy_value()

    def apply(
        typing_context: Any, state: Any, fields: Any, units: Any, target: Any, inner: Any,
        first: Any, last: Any, steps: Any,
    ) -> Any:  # fmt: skip
        signature = types.void(
            state, fields, types.int64, types.float64, types.float64, types.int64, types.int64,
            types.int64,
        )  # fmt: skip
        return signature, generate

    return intrinsic(apply)


_tanh, _relu, _identity, _sigmoid, _gelu = (_advance(kind) for kind in range(len(FORMULAS)))


@routine
def _value(kind: int, z: float) -> float:
    """f(z) for the probe, by the C library's functions."""
    never_inlined()
    if kind == 0:
        return math.tanh(z)
    if kind == 1:
        return 0.0 if z < 0.0 else z
    if kind == 2:
        return z
    if kind == 3:
        return 0.5 + 0.5 * math.tanh(0.5 * z)
    return 0.5 * z * (1.0 + math.tanh(z * (GELU_A + GELU_B * z * z)))


@kernel
def sample(
    hyper: Array,
    kind: int,
    x: Array,
    y: float,
    first: Array,
    second: Array,
    inner: float,
    outer: float,
    probe: Array,
    steps: int,
    status: Array,
    value: Array,
    final_loss: Array,
    least_loss: Array,
    divergence: Array,
    probe_output: Array,
    flag: Array,
    states: Array,
    losses: Array,
) -> None:
    """Train on the point x (n,), y a network of weights ``first`` (n, m) and ``second`` (m,).

    ``inner`` and ``outer`` are the layers' factors. ``hyper`` and the results are as for
    `training.sample`; only rates and scales are looked at. Where ``losses`` (steps,) isn't empty,
    the first pixel's losses and states (steps, 2 m), u and the output's weights before each step,
    are recorded. Returns early when the flag goes up.
    """
    units = second.size
    state = aligned(4 * LANES * units, second)
    fields = aligned(FIELDS * LANES, second)
    length = 0.0
    along = 0.0
    for k in range(x.size):
        length += x[k] * x[k]
        along += x[k] * probe[k]
    begin_u, begin_probe = np.zeros(units), np.zeros(units)
    for k in range(x.size):
        for j in range(units):
            begin_u[j] += x[k] * first[k, j]
            begin_probe[j] += probe[k] * first[k, j]
    block = 1 if losses.size else BLOCK
    kept = np.zeros(FIELDS * LANES)
    ended = np.zeros(LANES, np.int64)
    for pixel in range(0, hyper.shape[0], LANES):
        begin_lanes(fields)
        for lane in range(LANES):
            rates = hyper[min(pixel + lane, hyper.shape[0] - 1)]
            scale = outer * rates[7]
            fields[SCALE * LANES + lane] = scale
            fields[RATE_IN * LANES + lane] = rates[0] * 2.0 * scale * inner * length
            fields[RATE_OUT * LANES + lane] = rates[1] * 2.0 * scale
            for j in range(units):
                state[4 * LANES * j + lane] = begin_u[j] * rates[6]
                state[4 * LANES * j + LANES + lane] = second[j] * rates[6]
        done = 0
        ended[:] = steps
        while done < steps:
            if raised(flag):
                return
            end = min(done + block, steps)
            if losses.size:
                for j in range(units):
                    states[done, j] = state[4 * LANES * j]
                    states[done, units + j] = state[4 * LANES * j + LANES]
            if kind == 0:
                _tanh(state, fields, units, y, inner, done, end, steps)
            elif kind == 1:
                _relu(state, fields, units, y, inner, done, end, steps)
            elif kind == 2:
                _identity(state, fields, units, y, inner, done, end, steps)
            elif kind == 3:
                _sigmoid(state, fields, units, y, inner, done, end, steps)
            else:
                _gelu(state, fields, units, y, inner, done, end, steps)
            if losses.size:
                losses[done] = fields[LOSS * LANES]
            done = end
            # The same looks with and without a record, for the same bits.
            if (done % BLOCK == 0 or done == steps) and not keep_lanes(
                fields, kept, ended, state, LANES, 4 * LANES, units, done, steps
            ):
                break
        for lane in range(min(LANES, hyper.shape[0] - pixel)):
            at = pixel + lane
            if not write_results(
                kept, lane, ended[lane], steps, at, status, value, final_loss, least_loss,
                divergence, probe_output,
            ):  # fmt: skip
                continue
            rates = hyper[at]
            total = 0.0
            for j in range(units):
                c = (state[4 * LANES * j + lane] - begin_u[j] * rates[6]) / length
                z = inner * (begin_probe[j] * rates[6] + along * c)
                total += _value(kind, z) * state[4 * LANES * j + LANES + lane]
            output = total * kept[SCALE * LANES + lane]
            if math.isfinite(output):
                probe_output[at] = output
    if losses.size:
        losses[done:] = np.inf
        states[done:] = np.nan


def _compile() -> None:
    one, none = np.zeros(1), np.zeros(0)
    sample(
        np.zeros((1, 9)), 0, one, 0.0, np.zeros((1, 1)), one, 1.0, 1.0, one, 20,
        np.zeros(1, np.uint8), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1), np.zeros(1),
        np.zeros(1, np.uint8), np.zeros((0, 2)), none,
    )  # fmt: skip


WARM = (("trainability, one data point", _compile),)
