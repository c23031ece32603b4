"""z <- f(w z + b): escape time, trap, period and multiplier of an iterated layer.

`sample` works in the precision of its output arrays: float64, or float32 for previews.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepfractals_gui.kernels import activations as act
from deepfractals_gui.kernels import emit
from deepfractals_gui.kernels.elementary import affine
from deepfractals_gui.kernels.emit import Lanes, fma
from deepfractals_gui.kernels.exact import size
from deepfractals_gui.kernels.intrinsics import count_up, never_inlined, raised
from deepfractals_gui.kernels.jit import inline, kernel, routine
from deepfractals_gui.kernels.lane import (
    aligned,
    at_lag,
    cycle_length,
    fill,
    jump,
    narrowed,
    nearest,
    nearest_squares,
    next_first,
    next_pending,
    put_state,
    square,
    state_at,
    trap_of,
)
from deepfractals_gui.kernels.lanes import (
    B_IM,
    B_RE,
    BLOCK,
    COUNT,
    FIELDS,
    HIGH,
    HIGH_BEFORE,
    LAGS,
    LANES,
    LOW,
    LOW_BEFORE,
    NARROWEST,
    PEAK,
    RING,
    ROW,
    STRIDE,
    W_IM,
    W_RE,
    Formula,
    block_of,
    end_block,
    lowest,
    note,
)

ESCAPED, BOUNDED = np.uint8(1), np.uint8(2)
PERIOD_LIMIT = LAGS
PERIOD_TOLERANCE, PREVIEW_TOLERANCE = 1e-9, 1e-4
FARTHEST, PREVIEW_FARTHEST = 1e14, 1e4
"""Beyond this |u| the vector code's reduction of the phase runs out of bits."""


def _layer(step: Formula) -> Any:
    def body(
        fields: Lanes, orbits: Lanes, at: Callable[[int], Any], row: Any, step_number: Any
    ) -> None:
        def place(further: int) -> Any:
            return fields.builder.add(row, emit.whole(further))

        ur, ui = affine(
            fields.get(at(W_RE)),
            fields.get(at(W_IM)),
            orbits.get(row),
            orbits.get(place(STRIDE)),
            fields.get(at(B_RE)),
            fields.get(at(B_IM)),
        )
        re, im = step(ur, ui)
        orbits.put(place(ROW), re)
        orbits.put(place(ROW + STRIDE), im)
        note(fields, at, fma(re, re, im * im))

    return block_of(body)


_TANH, _SIGMOID, _SILU, _GELU, _SIN, _CUBIC = map(_layer, act.STEPS)


@routine
def advance(activation: int, fields: Any, orbits: Any, first: int, width: int) -> None:
    never_inlined()
    if activation == act.TANH:
        _TANH(fields, orbits, first, width)
    elif activation == act.SIGMOID:
        _SIGMOID(fields, orbits, first, width)
    elif activation == act.SILU:
        _SILU(fields, orbits, first, width)
    elif activation == act.GELU:
        _GELU(fields, orbits, first, width)
    elif activation == act.SIN:
        _SIN(fields, orbits, first, width)
    else:
        _CUBIC(fields, orbits, first, width)


@inline
def parameters(
    point: complex, plane: int, weight: complex, coupling: complex, start: complex
) -> tuple[complex, complex, complex]:
    """(w, b, z0) of a point of the plane: 0 shows weights, 1 inputs."""
    if plane == 0:
        return point, coupling * point, start
    return weight, coupling * weight, point


@routine
def _settle(
    activation: int,
    w: complex,
    b: complex,
    orbits: Any,
    row: int,
    lane: int,
    ahead: int,
    repeat: int,
    longest: int,
    tolerance: float,
) -> tuple[int, float]:
    """(period, |multiplier|) at z_N; (0, NaN) where the orbit hasn't settled."""
    never_inlined()
    z = state_at(orbits, row, lane, ahead, repeat, 0)
    period = repeat
    if repeat != 1:
        period = 0
        bound = tolerance * tolerance * max(1.0, z.real * z.real + z.imag * z.imag)
        for lag in range(1, longest + 1):
            d = z - state_at(orbits, row, lane, ahead, repeat, lag)
            if d.real * d.real + d.imag * d.imag <= bound:
                period = lag
                break
        if period == 0:
            return 0, np.nan
    product = 1.0
    stretch = size(w)
    after = z
    for lag in range(1, period + 1):
        before = state_at(orbits, row, lane, ahead, repeat, lag)
        if activation == act.TANH:
            product *= stretch * size(1.0 - after * after)
        else:
            product *= stretch * act.slope(activation, w * before + b, after)
        after = before
    return period, product


@inline
def _smooth(steps: int, magnitude: float, log_radius: float, last: float) -> float:
    value = steps - (math.log(magnitude) - log_radius) / log_radius
    # Written so that a magnitude that isn't a number gives 0, the value of an instant escape.
    return min(value, last) if value > 0.0 else 0.0


@routine
def _alone(
    orbits: Any,
    w: complex,
    b: complex,
    z: complex,
    activation: int,
    max_iterations: int,
    radius: float,
    cancel: Any,
) -> tuple[int, complex, bool, float, float]:
    """Iterate one point by `activations.exact`; its states go to lane 0 of the ring.

    Returns (steps, z, escaped, under, over).
    """
    never_inlined()
    put_state(orbits, 0, 0, z)
    under, over = -1.0, np.inf
    row = 0
    for step in range(1, max_iterations + 1):
        z = act.exact(activation, w * z + b)
        row = row + 1 if row < RING else 1
        orbits[row * ROW] = z.real
        orbits[row * ROW + STRIDE] = z.imag
        magnitude = math.hypot(z.real, z.imag)
        under, over = nearest(under, over, magnitude * magnitude)
        if not magnitude <= radius:
            return step, z, True, under, over
        if step % 1024 == 0 and raised(cancel):
            break
    return max_iterations, z, False, under, over


@kernel
def sample(
    x: Any,
    y: Any,
    plane: int,
    activation: int,
    weight: complex,
    coupling: complex,
    start: complex,
    max_iterations: int,
    radius: float,
    status: Any,
    smooth: Any,
    angle: Any,
    trap: Any,
    period: Any,
    multiplier: Any,
    cancel: Any,
    work: Any,
) -> None:
    """Iterate the layer from every point.

    Parameters
    ----------
    x, y : float64 (N,)          points of the plane
    plane : 0 the weight, 1 the input at ``weight``
    activation : one of `activations`
    weight, coupling, start : complex; b = coupling w
    status uint8, period uint16 (N,); smooth, angle, trap, multiplier (N,) float64 or float32
    cancel : uint8 (1,)          returns soon after it is set
    work : int64 (1,)            counts blocks of the vector loop
    """
    preview = smooth.itemsize == 4
    tolerance = PREVIEW_TOLERANCE if preview else PERIOD_TOLERANCE
    farthest = PREVIEW_FARTHEST if preview else FARTHEST
    longest = min(PERIOD_LIMIT, max_iterations)
    log_radius = math.log(radius)
    last = float(max_iterations)
    fields = aligned(FIELDS * STRIDE, smooth)
    orbits = aligned((RING + 1) * ROW, smooth)
    index = np.full(LANES, -1, np.int64)
    peak = fields.dtype.type(radius * radius)
    last_step = fields.dtype.type(last)

    for j in range(x.size):
        status[j] = 0
        w, b, z = parameters(complex(x[j], y[j]), plane, weight, coupling, start)
        reach = max(radius, math.hypot(z.real, z.imag))
        if math.hypot(w.real, w.imag) * reach + math.hypot(b.real, b.imag) <= farthest:
            continue
        steps, z, escaped, under, over = _alone(
            orbits, w, b, z, activation, max_iterations, radius, cancel
        )
        if raised(cancel):
            return
        status[j] = ESCAPED if escaped else BOUNDED
        smooth[j] = 0.0
        angle[j] = np.nan
        period[j] = 0
        multiplier[j] = np.nan
        trap[j] = trap_of(under, over)
        if escaped:
            smooth[j] = _smooth(steps, math.hypot(z.real, z.imag), log_radius, last)
            angle[j] = math.atan2(z.imag, z.real)
        else:
            row = (max_iterations - 1) % RING + 1
            zero: Any = np.int64(0)
            period[j], multiplier[j] = _settle(
                activation, w, b, orbits, row, zero, zero, zero, longest, tolerance
            )

    first: Any = np.int64(0)
    width: Any = np.int64(LANES)
    following: Any = np.int64(0)
    live = 0
    one = np.uint64(1)
    for lane in range(LANES):
        following = next_pending(status, following)
        if following < x.size:
            w, b, z = parameters(
                complex(x[following], y[following]), plane, weight, coupling, start
            )
            fill(fields, orbits, first, lane, w, b, z)
            index[lane] = following
            following += 1
            live += 1
    while live > 0:
        if raised(cancel):
            return
        count_up(work, 1)
        advance(activation, fields, orbits, first, width)
        back = at_lag(first + BLOCK, 3 * BLOCK)
        found = end_block(fields, orbits, first, back, last_step, peak, width)
        after = next_first(orbits, first)
        while found:
            lane = lowest(found)
            found &= found - one
            if index[lane] < 0:
                continue
            count = int(fields[COUNT + lane])
            begun = count - BLOCK
            rows = min(BLOCK, max_iterations - begun)
            w = complex(fields[W_RE + lane], fields[W_IM + lane])
            b = complex(fields[B_RE + lane], fields[B_IM + lane])
            escape = 0
            if not fields[PEAK + lane] <= peak:
                for k in range(1, rows + 1):
                    place = (first + k) * ROW + lane
                    if not square(orbits[place], orbits[place + STRIDE]) <= peak:
                        escape = k
                        break
            ahead = 0
            repeat = 0
            if escape == 0 and count < max_iterations:
                repeat = cycle_length(orbits, first + BLOCK, lane, min(LAGS, count))
                if repeat == 0:
                    jump(fields, orbits, first + BLOCK, lane, last)
                    continue
                ahead = max_iterations - count
            if escape == 0 and rows == BLOCK:
                under, over = nearest_squares(fields[LOW + lane], fields[HIGH + lane])
            else:
                under, over = nearest_squares(fields[LOW_BEFORE + lane], fields[HIGH_BEFORE + lane])
                for k in range(1, escape if escape > 0 else rows + 1):
                    place = (first + k) * ROW + lane
                    q = square(orbits[place], orbits[place + STRIDE])
                    under, over = nearest(under, over, np.float64(q))
            j = index[lane]
            smooth[j] = 0.0
            angle[j] = np.nan
            period[j] = 0
            multiplier[j] = np.nan
            if escape > 0:
                place = (first + escape - 1) * ROW + lane
                z = act.exact(activation, w * complex(orbits[place], orbits[place + STRIDE]) + b)
                magnitude = size(z)
                under, over = nearest(under, over, magnitude * magnitude)
                status[j] = ESCAPED
                smooth[j] = _smooth(begun + escape, magnitude, log_radius, last)
                angle[j] = math.atan2(z.imag, z.real)
            elif 0 < repeat <= BLOCK // 2 and activation == act.TANH:
                # What `_settle` finds, without a call: most points of most views end here.
                status[j] = BOUNDED
                turn = 0 if repeat == 1 else ahead % repeat
                place = (first + BLOCK - (repeat - turn if turn > 0 else 0)) * ROW + lane
                state = complex(orbits[place], orbits[place + STRIDE])
                z = state
                bound = tolerance * tolerance * max(1.0, z.real * z.real + z.imag * z.imag)
                product = 1.0
                for lag in range(1, repeat + 1):
                    place -= ROW
                    product *= size(w) * size(1.0 - state * state)
                    state = complex(orbits[place], orbits[place + STRIDE])
                    d = z - state
                    if d.real * d.real + d.imag * d.imag <= bound:
                        period[j] = lag
                        multiplier[j] = product
                        break
            else:
                status[j] = BOUNDED
                period[j], multiplier[j] = _settle(
                    activation, w, b, orbits, first + rows, lane, ahead, repeat, longest, tolerance
                )
            trap[j] = trap_of(under, over)
            following = next_pending(status, following)
            if following < x.size:
                w, b, z = parameters(
                    complex(x[following], y[following]), plane, weight, coupling, start
                )
                fill(fields, orbits, after, lane, w, b, z)
                index[lane] = following
                following += 1
            else:
                index[lane] = -1
                live -= 1
        first = after
        while width > NARROWEST and live <= width // 2:
            width = narrowed(fields, orbits, index, width)


def _compile(kind: type) -> None:
    point = np.zeros(1)
    channels: Any = np.zeros((4, 1), kind)
    a, b, c, d = channels
    sample(
        point, point, 0, 0, 0j, 0j, 0j, 1, 4.0, np.zeros(1, np.uint8), a, b, c,
        np.zeros(1, np.uint16), d, np.zeros(1, np.uint8), np.zeros(1, np.int64),
    )  # fmt: skip


WARM = (
    ("forward map", lambda: _compile(np.float64)),
    ("forward map, preview", lambda: _compile(np.float32)),
)
