"""w <- w - lr L'(w): where gradient descent from a complex weight ends.

`sample` works in the precision of its ``lyapunov`` array: float64, or float32 for previews.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.kernels import emit
from deepfractals_gui.kernels.critical_points import label_of, polish
from deepfractals_gui.kernels.elementary import exp_double, multiply
from deepfractals_gui.kernels.emit import (
    BitSet,
    Lanes,
    Value,
    fma,
    greatest,
    intrinsic,
    is_wide,
    least,
    loop,
    types,
)
from deepfractals_gui.kernels.intrinsics import count_up, raised
from deepfractals_gui.kernels.jit import kernel
from deepfractals_gui.kernels.lane import aligned, narrowed, square
from deepfractals_gui.kernels.lanes import B_IM as SLOPE_IM
from deepfractals_gui.kernels.lanes import B_RE as SLOPE_RE
from deepfractals_gui.kernels.lanes import (
    BLOCK,
    COUNT,
    EXPONENT,
    FACTORS,
    FIELDS,
    LANES,
    NARROWEST,
    PRODUCT,
    PRODUCT_BEFORE,
    ROW,
    STRIDE,
    lowest,
    normalize,
)
from deepfractals_gui.kernels.lanes import PEAK as SHORTEST
from deepfractals_gui.kernels.lanes import W_IM as VELOCITY_IM
from deepfractals_gui.kernels.lanes import W_RE as VELOCITY_RE
from deepfractals_gui.kernels.products import log_through, renew

CONVERGED, MAX_STEPS = np.uint8(3), np.uint8(5)
NON_FINITE, STALLED = np.uint8(6), np.uint8(7)
OUTSIDE = np.uint16(65535)
LEAST_SQUARE = 1e-30
"""Square of the least gradient that counts in the sum of logarithms."""
PREVIEW_SCALE = 8192.0
"""Keeps a block's product of small squares within the range of float32."""
_CLAMP, _CLAMP_32 = 20.0, 10.0
"""exp(2 x) stops here, where tanh is 1 to the last bit; products of two can still be squared."""


def _gradient_term(
    fr: Value, fi: Value, y: Value, factor: Value, slope: tuple[Value, Value]
) -> tuple[Value, Value]:
    """Add factor (t - y) t' / 4 to the slope, from F = exp(2 w x).

    With g = 1 / (F + 1), t = tanh(w x) = 1 - 2 g and t' = 4 g (1 - g).
    """
    above = fr + 1.0
    inverse = 1.0 / fma(above, above, fi * fi)
    gr = above * inverse
    gi = -(fi * inverse)
    tr = fma(gr, -2.0, 1.0)
    pr = fma(gi, gi, fma(-gr, gr, gr))
    pi = gi * tr
    er = factor * (tr - y)
    ei = factor * gi * -2.0
    return (
        fma(er, pr, fma(-ei, pi, slope[0])),
        fma(er, pi, fma(ei, pr, slope[1])),
    )


@intrinsic
def advance(
    typing_context: Any,
    fields: Any,
    weights: Any,
    powers: Any,
    data: Any,
    parts: Any,
    rate: Any,
    momentum: Any,
    width: Any,
) -> Any:
    """Run BLOCK steps of all lanes.

    ``weights`` holds the rows of w; ``powers`` is room for exp(2 w x); ``data`` holds x, y and
    8 count x of each data point in turn; ``parts`` holds two numbers for each: the data points
    whose x add up to its own, or -1.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes, rows, room, table = (
            Lanes(context, builder, kind, value)
            for kind, value in zip(signature.args[:4], arguments[:4], strict=True)
        )
        plan = context.make_array(parts)(context, builder, arguments[4])
        speed, keep = lanes.spread(arguments[5]), lanes.spread(arguments[6])
        points = builder.sdiv(builder.extract_value(plan.shape, 0), emit.whole(2))
        clamp = _CLAMP if fields.dtype == types.float64 else _CLAMP_32

        def part(place: Any) -> Any:
            return builder.load(builder.gep(plan.data, [place]))

        def add(place: Any, *further: Any) -> Any:
            for other in further:
                place = builder.add(place, emit.whole(other) if isinstance(other, int) else other)
            return place

        with loop(builder, 0, arguments[7], lanes.count) as lane:
            lanes.put(add(lane, SHORTEST), lanes.zero().constant(np.inf))
            lanes.put(add(lane, PRODUCT_BEFORE), lanes.get(add(lane, PRODUCT)))
        with loop(builder, 0, BLOCK) as step:
            row = builder.mul(step, emit.whole(ROW))
            with loop(builder, 0, arguments[7], lanes.count) as lane:
                lanes.put(add(lane, SLOPE_RE), lanes.zero())
                lanes.put(add(lane, SLOPE_IM), lanes.zero())
            with loop(builder, 0, points) as point:
                entry = builder.mul(point, emit.whole(3))
                x, y, factor = (table.spread(table.single(add(entry, k))) for k in range(3))
                first = part(builder.mul(point, emit.whole(2)))
                second = part(add(builder.mul(point, emit.whole(2)), 1))
                here, one, other = (
                    builder.mul(which, emit.whole(ROW)) for which in (point, first, second)
                )

                def take(lane: Any, fr: Value, fi: Value) -> None:
                    room.put(add(here, lane), fr)
                    room.put(add(here, lane, STRIDE), fi)
                    slope = lanes.get(add(lane, SLOPE_RE)), lanes.get(add(lane, SLOPE_IM))
                    slope = _gradient_term(fr, fi, y, factor, slope)
                    lanes.put(add(lane, SLOPE_RE), slope[0])
                    lanes.put(add(lane, SLOPE_IM), slope[1])

                alone = builder.icmp_signed("<", first, emit.whole(0))
                with builder.if_else(alone) as (exponential, product):
                    with exponential, loop(builder, 0, arguments[7], lanes.count) as lane:
                        re, im = rows.get(add(row, lane)), rows.get(add(row, lane, STRIDE))
                        e, c, s = exp_double(re * x, im * x, clamp, any_phase=True)
                        take(lane, e * c * 0.5, e * s * 0.5)
                    with product, loop(builder, 0, arguments[7], lanes.count) as lane:
                        ar, ai = room.get(add(one, lane)), room.get(add(one, lane, STRIDE))
                        br, bi = room.get(add(other, lane)), room.get(add(other, lane, STRIDE))
                        take(lane, *multiply(ar, ai, br, bi))
            with loop(builder, 0, arguments[7], lanes.count) as lane:
                gr, gi = lanes.get(add(lane, SLOPE_RE)), lanes.get(add(lane, SLOPE_IM))
                square = greatest(fma(gr, gr, gi * gi), LEAST_SQUARE)
                if not is_wide(square):
                    square = square * PREVIEW_SCALE
                vr = fma(keep, lanes.get(add(lane, VELOCITY_RE)), -(speed * gr))
                vi = fma(keep, lanes.get(add(lane, VELOCITY_IM)), -(speed * gi))
                re, im = rows.get(add(row, lane)), rows.get(add(row, lane, STRIDE))
                after_re, after_im = re + vr, im + vi
                # The step as it was taken, after rounding.
                dr, di = after_re - re, after_im - im
                length = fma(dr, dr, di * di)
                lanes.put(add(lane, VELOCITY_RE), vr)
                lanes.put(add(lane, VELOCITY_IM), vi)
                rows.put(add(row, lane, ROW), after_re)
                rows.put(add(row, lane, ROW + STRIDE), after_im)
                lanes.put(add(lane, PRODUCT), lanes.get(add(lane, PRODUCT)) * square)
                place = add(lane, FACTORS, builder.mul(step, emit.whole(STRIDE)))
                lanes.put(place, square)
                lanes.put(add(lane, SHORTEST), least(length, lanes.get(add(lane, SHORTEST))))
        return context.get_dummy_value()

    kinds = (fields, weights, powers, data, parts, fields.dtype, fields.dtype, types.int64)
    return types.void(*kinds), generate


@intrinsic
def _end_block(
    typing_context: Any, fields: Any, weights: Any, last_step: Any, shortest: Any, width: Any
) -> Any:
    """Find the lanes that made a short step, reached the last one or are no longer finite.

    Returns them as the set bits of an integer, and moves the last row of weights to the first.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lanes = Lanes(context, builder, fields, arguments[0])
        rows = Lanes(context, builder, weights, arguments[1])
        last, limit = lanes.spread(arguments[2]), lanes.spread(arguments[3])
        found = BitSet(builder)
        with loop(builder, 0, arguments[4], lanes.count) as lane:

            def at(place: int) -> Any:
                return builder.add(lane, emit.whole(place))

            re, im = rows.get(at(BLOCK * ROW)), rows.get(at(BLOCK * ROW + STRIDE))
            count = lanes.get(at(COUNT)) + float(BLOCK)
            lanes.put(at(COUNT), count)
            lost = (re - re) + (im - im)
            finite = lost.same(lost)
            mark = (lanes.get(at(SHORTEST)) < limit) | (count >= last)
            found.add(mark | (finite ^ finite.constant(1)), lane)
        return found.total()

    kinds = (fields, weights, fields.dtype, fields.dtype, types.int64)
    return types.uint64(*kinds), generate


@kernel
def sample(
    x: Any,
    y: Any,
    data: Any,
    parts: Any,
    xs: Any,
    ys: Any,
    counts: Any,
    roots: Any,
    cells: Any,
    members: Any,
    rate: float,
    momentum: float,
    max_steps: int,
    tolerance: float,
    status: Any,
    limit: Any,
    steps: Any,
    lyapunov: Any,
    basin: Any,
    cancel: Any,
    work: Any,
) -> None:
    """Descend from every point.

    Parameters
    ----------
    x, y : float64 (N,)               points of the plane
    data : (3 D,) of lyapunov's type  x, y and 8 count x of each data point
    parts : int64 (2 D,)              two data points whose x add up to its own, or -1
    xs, ys, counts : float64 (D,)     the data
    roots, cells, members             the catalogue, see `critical_points.label_of`
    status uint8, limit complex128, basin uint16 (N,); steps, lyapunov (N,) float64 or float32
    cancel : uint8 (1,)               returns soon after it is set
    work : int64 (1,)                 counts blocks of the vector loop
    """
    fields = aligned(FIELDS * STRIDE, lyapunov)
    weights = aligned((BLOCK + 1) * ROW, lyapunov)
    powers = aligned((parts.size // 2) * ROW, lyapunov)
    index = np.full(LANES, -1, np.int64)
    kind = fields.dtype.type
    shortest = kind(tolerance * tolerance)
    speed = kind(rate)
    keep = kind(momentum)
    last_step = kind(max_steps)
    scaled = 0.0 if fields.itemsize == 8 else math.log(PREVIEW_SCALE)
    width: Any = np.int64(LANES)
    following: Any = np.int64(0)
    live = 0
    one = np.uint64(1)
    for lane in range(LANES):
        fields[PRODUCT + lane] = 1.0
        if following < x.size:
            weights[lane] = x[following]
            weights[lane + STRIDE] = y[following]
            index[lane] = following
            following += 1
            live += 1
    while live > 0:
        if raised(cancel):
            return
        count_up(work, 1)
        advance(fields, weights, powers, data, parts, speed, keep, width)
        found = _end_block(fields, weights, last_step, shortest, width)
        for place in range(ROW):
            powers[place] = weights[place]
            weights[place] = weights[BLOCK * ROW + place]
        while found:
            lane = lowest(found)
            found &= found - one
            if index[lane] < 0:
                continue
            begun = int(fields[COUNT + lane]) - BLOCK
            rows = min(BLOCK, max_steps - begun)
            j = index[lane]
            re = powers[lane]
            im = powers[lane + STRIDE]
            outcome = MAX_STEPS if begun + BLOCK >= max_steps else np.uint8(0)
            taken = rows
            searched = rows
            last_row = rows * ROW + lane
            if fields[SHORTEST + lane] >= shortest and math.isfinite(
                weights[last_row] + weights[last_row + STRIDE]
            ):
                # Nothing happened but that the steps ran out.
                searched = 0
                re = weights[last_row]
                im = weights[last_row + STRIDE]
            for k in range(1, searched + 1):
                after_re = weights[k * ROW + lane]
                after_im = weights[k * ROW + lane + STRIDE]
                if not (math.isfinite(after_re) and math.isfinite(after_im)):
                    outcome = NON_FINITE
                    taken = k
                    break
                short = square(after_re - re, after_im - im) < shortest
                re = after_re
                im = after_im
                if short:
                    outcome = CONVERGED
                    taken = k
                    break
            if outcome == 0:
                continue
            w = complex(re, im)
            steps[j] = max_steps if outcome == MAX_STEPS else begun + taken - 1
            basin[j] = 0
            limit[j] = w
            total = log_through(fields, lane, taken) - (begun + taken) * scaled
            lyapunov[j] = 0.5 * total / max_steps
            if outcome == CONVERGED:
                basin[j] = label_of(w, roots, cells, members)
                if basin[j] == 0:
                    if polish(w, xs, ys, counts):
                        basin[j] = OUTSIDE
                    else:
                        outcome = STALLED
            elif outcome == NON_FINITE:
                limit[j] = complex(np.nan, np.nan)
                lyapunov[j] = np.nan
            status[j] = outcome
            if following < x.size:
                weights[lane] = x[following]
                weights[lane + STRIDE] = y[following]
                fields[VELOCITY_RE + lane] = 0.0
                fields[VELOCITY_IM + lane] = 0.0
                fields[PRODUCT + lane] = 1.0
                fields[EXPONENT + lane] = 0.0
                fields[COUNT + lane] = 0.0
                index[lane] = following
                following += 1
            else:
                index[lane] = -1
                live -= 1
        found = normalize(fields, width)
        while found:
            renew(fields, lowest(found))
            found &= found - one
        while width > NARROWEST and live <= width // 2:
            width = narrowed(fields, weights, index, width)


def _compile(kind: type) -> None:
    point = np.zeros(1)
    channels: Any = np.zeros((2, 1), kind)
    steps, lyapunov = channels
    sample(
        point, point, np.zeros(3, kind), np.full(2, -1), point, point, point,
        np.zeros(1, np.complex128), np.zeros(2, np.int64), np.zeros(0, np.int64), 0.1, 0.0, 1,
        1e-5, np.zeros(1, np.uint8), np.zeros(1, np.complex128), steps, lyapunov,
        np.zeros(1, np.uint16), np.zeros(1, np.uint8), np.zeros(1, np.int64),
    )  # fmt: skip


WARM = (
    ("gradient basins", lambda: _compile(np.float64)),
    ("gradient basins, preview", lambda: _compile(np.float32)),
)
