"""The course of a field to its fixed point, from 0, at many points (a, γ) of a plane.

Each point is solved by itself: the same drive and kernel, its own damping and norm. What is asked
after a step, and in which order, is what `equilibrium.iteration` asks.

References
----------
Walker and Ni 2011, "Anderson acceleration for fixed-point iterations".
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.field_mixing import anderson, keep, relax, square_gaps
from deepfractals_gui.kernels.field_step import room, step
from deepfractals_gui.kernels.field_torus import MODRELU, POINTS, Convolution, convolution
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import kernel, routine

CONVERGED, DIVERGED, MAX_STEPS, CYCLE = 3, 4, 5, 10
_TINY = 1e-9
_EXPLOSION = 1e6
_RETURN = 1e-6
_FIRST_LANDMARK = 8
_GROWTH = 10.0


@routine
def _share(before: float, now: float, goal: float) -> float:
    """Where on a logarithmic scale from ``before`` to ``now`` the goal was met, in [0, 1]."""
    if not (0.0 < before < math.inf and 0.0 < now < math.inf) or before == now:
        return 1.0
    return float(min(max(math.log(goal / before) / math.log(now / before), 0.0), 1.0))


@routine
def _active(field: Array, channels: int) -> float:
    """The share of the units that aren't 0; ``field`` is (1, H, W, 2, L)."""
    count = 0
    height, width = field.shape[1], field.shape[2]
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                if field[0, y, x, 0, c] != 0.0 or field[0, y, x, 1, c] != 0.0:
                    count += 1
    return float(count / (height * width * channels))


@kernel
def sample(
    damping: Array,
    gamma: Array,
    drive: Array,
    beta: Array,
    kind: int,
    slopes: Array,
    conv: Convolution,
    channels: int,
    memory: int,
    tolerance: float,
    most: int,
    status: Array,
    value: Array,
    evaluations: Array,
    residual: Array,
    active: Array,
    history: Array,
    flag: Array,
) -> None:
    """Solve z = act(γ conv(z) + drive) from z = 0 at every point.

    Parameters
    ----------
    damping, gamma : float64 (N,)   a and γ of each point
    drive : float64 (1, H, W, 2, L)
    beta, kind, slopes, conv : as `field_step.step` takes them
    channels : C, of which the share of active units is taken
    memory : differences that Anderson's method remembers, a being its mixing; 0 for damped steps
    tolerance : of the residual |f - z| / (|f| + 1e-9)
    most : steps at most; a step is one evaluation, as is the start
    status : uint8 (N,)
    value : float64 (N,)   minus the evaluations it took to converge, with a fraction; those to
        leave or to recur otherwise; and where the steps ran out, steps (1 + log r / log tolerance)
    evaluations, residual, active : float64 (N,)   the second as its log10
    history : float64 (most + 1, 2)   of the last point: residuals, and |f|; (0, 2) keeps none
    flag : when it goes up, this returns within an evaluation of f
    """
    rows = np.zeros(1, np.int64)
    size = drive.size
    z = room(size, drive).reshape(drive.shape)
    f = room(size, drive).reshape(drive.shape)
    last_z = room(size, drive).reshape(drive.shape)
    last_f = room(size, drive).reshape(drive.shape)
    landmark = room(size, drive).reshape(1, size)
    norm, share, squares, gap = np.empty(1), np.empty(1), np.empty((1, 2)), np.empty(1)
    short = np.empty(1, np.float32)
    slots = max(memory, 1)
    kept = size if memory > 0 else 0
    gaps = room(slots * kept, short).reshape(1, slots, kept)
    values = room(slots * kept, short).reshape(1, slots, kept)
    gram = np.zeros((1, slots, slots))
    remembered = np.zeros(1, np.int64)
    for n in range(damping.size):
        norm[0], share[0] = gamma[n], damping[n]
        z[:] = 0.0
        step(z, rows, drive, norm, beta, kind, slopes, conv, f, squares, flag)
        length = math.sqrt(squares[0, 1])
        bound = _EXPLOSION * length
        lowest, before, length_before = math.inf, math.inf, length
        mark, done = 0, 0
        remembered[0] = 0
        while True:
            if raised(flag):
                return
            length = math.sqrt(squares[0, 1])
            r = math.sqrt(squares[0, 0]) / (length + _TINY)
            if history.size > 0:
                history[done, 0] = r
                history[done, 1] = length
            # The later of two reasons to end is the one that counts.
            outcome = 0
            if done >= most:
                outcome = MAX_STEPS
            if memory == 0:
                if mark > 0:
                    square_gaps(z.reshape(1, size), landmark, rows, gap)
                    if gap[0] < _RETURN * _RETURN * squares[0, 0]:
                        outcome = CYCLE
                if done >= max(_FIRST_LANDMARK, 2 * mark):
                    keep(z.reshape(1, size), rows, landmark)
                    mark = done
            if length > bound:
                outcome = DIVERGED
            if r <= tolerance:
                outcome = CONVERGED
            if not (squares[0, 0] < math.inf and squares[0, 1] < math.inf):
                outcome = DIVERGED
            if outcome != 0:
                break
            if memory > 0:
                if r > _GROWTH * lowest:
                    remembered[0] = 0
                    lowest = r
                lowest = min(lowest, r)
                anderson(
                    z.reshape(1, size), f.reshape(1, size), last_z.reshape(1, size),
                    last_f.reshape(1, size), rows, share[0], gaps, values, gram, remembered, flag,
                )  # fmt: skip
                z, last_z = last_z, z
                f, last_f = last_f, f
            else:
                here = z.reshape(1, size)
                relax(here, f.reshape(1, size), rows, share, here, flag)
            before, length_before = r, length
            step(z, rows, drive, norm, beta, kind, slopes, conv, f, squares, flag)
            done += 1
        count = done + 1.0
        status[n] = outcome
        evaluations[n] = count
        residual[n] = math.log10(r) if r > 0.0 else -math.inf
        active[n] = _active(f, channels)
        if outcome == CONVERGED:
            value[n] = -(done + _share(before, r, tolerance))
        elif outcome == DIVERGED:
            value[n] = done + _share(length_before, length, bound)
        elif outcome == CYCLE:
            value[n] = count
        else:
            value[n] = count * (1.0 + max(math.log(r) / math.log(tolerance), 0.0))


def _warm() -> None:
    shape = (1, 7, 7, 2, POINTS)
    conv = convolution(np.zeros((POINTS, POINTS, 3, 3), np.complex128), 7, 7)
    numbers = [np.ones(1) for _ in range(4)]
    compiled: Any = sample
    compiled(
        np.ones(1), np.ones(1), np.ones(shape), np.zeros(POINTS), MODRELU,
        np.zeros((0, 7, 7, 4, POINTS)), conv, POINTS, 0, 1e-6, 4, np.zeros(1, np.uint8), *numbers,
        np.zeros((0, 2)), np.zeros(1, np.uint8),
    )  # fmt: skip


WARM = (("field courses", _warm),)
