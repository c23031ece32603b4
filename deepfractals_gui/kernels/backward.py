"""d <- tanh'(w d) d + c: escape time, trap and gain of the iterated backward pass.

`sample` works in the precision of its output arrays: float64, or float32 for previews.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from deepfractals_gui.kernels import emit
from deepfractals_gui.kernels.elementary import tanh_parts
from deepfractals_gui.kernels.emit import Lanes, Value, fma, of_two
from deepfractals_gui.kernels.exact import size, tanh_slope
from deepfractals_gui.kernels.intrinsics import count_up, never_inlined, raised
from deepfractals_gui.kernels.jit import inline, kernel, routine
from deepfractals_gui.kernels.lane import (
    aligned,
    at_lag,
    cycle_length,
    fill,
    narrowed,
    nearest,
    nearest_squares,
    next_first,
    next_pending,
    square,
    trap_of,
)
from deepfractals_gui.kernels.lanes import (
    B_IM,
    B_RE,
    BLOCK,
    COUNT,
    FACTORS,
    FIELDS,
    HIGH,
    HIGH_BEFORE,
    LAGS,
    LANES,
    LOW,
    LOW_BEFORE,
    NARROWEST,
    PEAK,
    PRODUCT,
    RING,
    ROW,
    STRIDE,
    W_IM,
    W_RE,
    block_of,
    end_block,
    lowest,
    normalize,
    note,
)
from deepfractals_gui.kernels.products import log_of, log_through, renew, times

ESCAPED, BOUNDED = np.uint8(1), np.uint8(2)
FARTHEST, PREVIEW_FARTHEST = 1e14, 1e4
"""Beyond this |w d| the vector code's reduction of the phase runs out of bits."""
_LN2, _LN4 = math.log(2.0), math.log(4.0)


def step(
    wr: Value, wi: Value, zr: Value, zi: Value, br: Value, bi: Value
) -> tuple[Value, Value, Value]:
    """(Re, Im) of the next error, and g with 4 |g| = |tanh'|."""
    tr, ti, g = tanh_parts(fma(wr, zr, -(wi * zi)), fma(wr, zi, wi * zr))
    dr = 1.0 - fma(tr, tr, -(ti * ti))
    di = -(tr * ti) * 2.0
    return fma(dr, zr, fma(-di, zi, br)), fma(dr, zi, fma(di, zr, bi)), g


def _body(fields: Lanes, orbits: Lanes, at: Callable[[int], Any], row: Any, number: Any) -> None:
    builder = fields.builder

    def place(further: int) -> Any:
        return builder.add(row, emit.whole(further))

    re, im, g = step(
        fields.get(at(W_RE)),
        fields.get(at(W_IM)),
        orbits.get(row),
        orbits.get(place(STRIDE)),
        fields.get(at(B_RE)),
        fields.get(at(B_IM)),
    )
    orbits.put(place(ROW), re)
    orbits.put(place(ROW + STRIDE), im)
    fields.put(builder.add(at(FACTORS), builder.mul(number, emit.whole(STRIDE))), g)
    fields.put(at(PRODUCT), fields.get(at(PRODUCT)) * g)
    note(fields, at, fma(re, re, im * im))


advance = block_of(_body)


def _g(x: Value, y: Value) -> tuple[Value, Value]:
    _, _, g = tanh_parts(x, y)
    return g, g


_factor = of_two(_g)


@inline
def parameters(
    point: complex, plane: int, weight: complex, scale: complex, start: complex
) -> tuple[complex, complex, complex]:
    """(w, c, d0) of a point of the plane: 0 shows weights, 1 inputs, 2 first errors."""
    if plane == 0:
        return point, scale * point, start
    if plane == 1:
        return weight, point, start
    return weight, scale * weight, point


@routine
def _rest(
    fields: Any, orbits: Any, row: int, lane: int, w: complex, period: int, ahead: int
) -> float:
    """Sum of ln g over the steps ahead, on the cycle that ends in ``row``."""
    never_inlined()
    if period == 1:
        return ahead * math.log(abs(np.float64(fields[FACTORS + (BLOCK - 1) * STRIDE + lane])))
    turns = ahead // period
    left = ahead - turns * period
    mantissa, exponent = 1.0, 0.0
    partial = 0.0
    for k in range(period):
        if k == left:
            partial = log_of(mantissa, exponent)
        back = period - 1 - k
        if back < BLOCK:
            g = np.float64(fields[FACTORS + (BLOCK - 1 - back) * STRIDE + lane])
        else:
            place = at_lag(row, back + 1) * ROW + lane
            u = w * complex(orbits[place], orbits[place + STRIDE])
            g = _factor(u.real, u.imag)[0]
        mantissa, exponent = times(mantissa, exponent, g)
    return turns * log_of(mantissa, exponent) + partial


@inline
def _smooth(steps: int, magnitude: float, log_radius: float, last: float) -> float:
    value = steps - math.log(math.log(magnitude) / log_radius) / _LN2
    # Written so that a magnitude that isn't a number gives 0, the value of an instant escape.
    return min(value, last) if value > 0.0 else 0.0


@routine
def _alone(
    w: complex, c: complex, d: complex, max_iterations: int, radius: float, cancel: Any
) -> tuple[int, complex, bool, float, float, float]:
    """Iterate one point by `exact.tanh_slope`.

    Returns (steps, d, escaped, under, over, sum of ln |tanh'|).
    """
    never_inlined()
    under, over = -1.0, np.inf
    total = 0.0
    for number in range(1, max_iterations + 1):
        slope = tanh_slope(w * d)
        d = slope * d + c
        total += math.log(math.hypot(slope.real, slope.imag))
        magnitude = math.hypot(d.real, d.imag)
        under, over = nearest(under, over, magnitude * magnitude)
        if not magnitude <= radius:
            return number, d, True, under, over, total
        if number % 1024 == 0 and raised(cancel):
            break
    return max_iterations, d, False, under, over, total


@kernel
def sample(
    x: Any,
    y: Any,
    plane: int,
    weight: complex,
    scale: complex,
    start: complex,
    max_iterations: int,
    radius: float,
    status: Any,
    smooth: Any,
    angle: Any,
    trap: Any,
    gain: Any,
    cancel: Any,
    work: Any,
) -> None:
    """Iterate the backward pass from every point.

    Parameters
    ----------
    x, y : float64 (N,)          points of the plane
    plane : 0 the weight, 1 the input at ``weight``, 2 the first error at ``weight``
    weight, scale, start : complex; c = scale w
    status uint8 (N,); smooth, angle, trap, gain (N,) float64 or float32
    cancel : uint8 (1,)          returns soon after it is set
    work : int64 (1,)            counts blocks of the vector loop
    """
    preview = smooth.itemsize == 4
    farthest = PREVIEW_FARTHEST if preview else FARTHEST
    log_radius = math.log(radius)
    last = float(max_iterations)
    fields = aligned(FIELDS * STRIDE, smooth)
    orbits = aligned((RING + 1) * ROW, smooth)
    index = np.full(LANES, -1, np.int64)
    peak = fields.dtype.type(radius * radius)
    last_step = fields.dtype.type(last)

    for j in range(x.size):
        status[j] = 0
        w, c, d = parameters(complex(x[j], y[j]), plane, weight, scale, start)
        reach = max(radius, math.hypot(d.real, d.imag))
        if math.hypot(w.real, w.imag) * reach <= farthest:
            continue
        steps, d, escaped, under, over, total = _alone(w, c, d, max_iterations, radius, cancel)
        if raised(cancel):
            return
        status[j] = ESCAPED if escaped else BOUNDED
        smooth[j] = 0.0
        angle[j] = np.nan
        trap[j] = trap_of(under, over)
        gain[j] = total / steps
        if escaped:
            smooth[j] = _smooth(steps, math.hypot(d.real, d.imag), log_radius, last)
            angle[j] = math.atan2(d.imag, d.real)

    first: Any = np.int64(0)
    width: Any = np.int64(LANES)
    following: Any = np.int64(0)
    live = 0
    one = np.uint64(1)
    for lane in range(LANES):
        following = next_pending(status, following)
        if following < x.size:
            w, c, d = parameters(complex(x[following], y[following]), plane, weight, scale, start)
            fill(fields, orbits, first, lane, w, c, d)
            index[lane] = following
            following += 1
            live += 1
    while live > 0:
        if raised(cancel):
            return
        count_up(work, 1)
        advance(fields, orbits, first, width)
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
            if escape > 0:
                place = (first + escape - 1) * ROW + lane
                d = complex(orbits[place], orbits[place + STRIDE])
                slope = tanh_slope(w * d)
                d = slope * d + complex(fields[B_RE + lane], fields[B_IM + lane])
                magnitude = size(d)
                under, over = nearest(under, over, magnitude * magnitude)
                steps = begun + escape
                status[j] = ESCAPED
                smooth[j] = _smooth(steps, magnitude, log_radius, last)
                angle[j] = math.atan2(d.imag, d.real)
                total = log_through(fields, lane, escape - 1) + (steps - 1) * _LN4
                gain[j] = (total + math.log(size(slope))) / steps
            else:
                status[j] = BOUNDED
                total = log_through(fields, lane, rows)
                if ahead > 0:
                    total += _rest(fields, orbits, first + BLOCK, lane, w, repeat, ahead)
                gain[j] = total / last + _LN4
            trap[j] = trap_of(under, over)
            following = next_pending(status, following)
            if following < x.size:
                w, c, d = parameters(
                    complex(x[following], y[following]), plane, weight, scale, start
                )
                fill(fields, orbits, after, lane, w, c, d)
                index[lane] = following
                following += 1
            else:
                index[lane] = -1
                live -= 1
        found = normalize(fields, width)
        while found:
            renew(fields, lowest(found))
            found &= found - one
        first = after
        while width > NARROWEST and live <= width // 2:
            width = narrowed(fields, orbits, index, width)


def _compile(kind: type) -> None:
    point = np.zeros(1)
    channels: Any = np.zeros((4, 1), kind)
    a, b, c, d = channels
    sample(
        point, point, 0, 0j, 0j, 0j, 1, 4.0, np.zeros(1, np.uint8), a, b, c, d,
        np.zeros(1, np.uint8), np.zeros(1, np.int64),
    )  # fmt: skip


WARM = (
    ("backward map", lambda: _compile(np.float64)),
    ("backward map, preview", lambda: _compile(np.float32)),
)
