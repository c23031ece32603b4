"""What is asked, in scalar code, about one lane of the vector loop: see `lanes`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.kernels.emit import Value, bits, fma, from_bits, intrinsic, ir, select, types
from deepfractals_gui.kernels.intrinsics import from_bits as float_of
from deepfractals_gui.kernels.intrinsics import never_inlined
from deepfractals_gui.kernels.jit import inline, routine
from deepfractals_gui.kernels.lanes import (
    B_IM,
    B_RE,
    BLOCK,
    COUNT,
    EXPONENT,
    HIGH,
    LOW,
    NOTHING,
    NOTHING_32,
    ONE_BITS,
    ONE_BITS_32,
    PREVIEW_NEAR,
    PRODUCT,
    RING,
    ROW,
    SAVED_AT,
    SAVED_IM,
    SAVED_RE,
    STRIDE,
    W_IM,
    W_RE,
)


@inline
def aligned(count: int, example: Any) -> Any:
    """A zeroed array of the example's type that starts on a cache line."""
    whole = np.zeros(count + 16, example.dtype)
    skip = (-whole.ctypes.data % 64) // whole.itemsize
    return whole[skip : skip + count]


@intrinsic
def square(typing_context: Any, re: Any, im: Any) -> Any:
    """|z|^2, rounded as in the vector code."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, y = (Value(builder, value) for value in arguments)
        return fma(x, x, y * y).value

    return re(re, im), generate


@inline
def reset_trap(fields: Any, lane: int) -> None:
    if fields.itemsize == 8:
        fields[LOW + lane] = float_of(np.int64(0))
        fields[HIGH + lane] = float_of(np.int64(NOTHING))
    else:
        fields[LOW + lane] = float_of(np.int32(0))
        fields[HIGH + lane] = float_of(np.int32(NOTHING_32))


@intrinsic
def nearest_squares(typing_context: Any, low: Any, high: Any) -> Any:
    """The greatest |z|^2 below 1 and the least from 1 on; -1 and infinite where there is none."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide = low == types.float64
        one, nothing = (ONE_BITS, NOTHING) if wide else (ONE_BITS_32, NOTHING_32)
        below, above = (bits(Value(builder, value)) for value in arguments)
        found = builder.icmp_signed("<", below.value, below.constant(0).value)
        under = select(Value(builder, found), from_bits(below.plus(one)), -1.0)
        found = builder.icmp_signed("!=", above.value, above.constant(nothing).value)
        over = select(Value(builder, found), from_bits(above.plus(one)), float("inf"))
        results = [under.value, over.value]
        if not wide:
            results = [builder.fpext(value, ir.DoubleType()) for value in results]
        return context.make_tuple(builder, signature.return_type, results)

    return types.UniTuple(types.float64, 2)(low, high), generate


@inline
def nearest(under: float, over: float, q: float) -> tuple[float, float]:
    """Take one more |z|^2 into the nearest squares below and above 1."""
    if q < 1.0:
        return max(under, q), over
    return under, min(over, q)


@inline
def trap_of(under: float, over: float) -> float:
    """min | |z| - 1 | from the nearest squares; NaN where there are none."""
    trap = math.sqrt(over) - 1.0
    if under >= 0.0:
        trap = min(trap, 1.0 - math.sqrt(under))
    return trap if trap < np.inf else np.nan


@inline
def at_lag(row: int, lag: int) -> int:
    """The row that holds the state ``lag`` steps before the one in ``row``, in 1..RING."""
    earlier = row - lag
    return earlier if earlier >= 1 else earlier + RING


@inline
def state_at(orbits: Any, row: int, lane: int, ahead: int, period: int, lag: int) -> complex:
    """z_(N - lag), where ``row`` holds z_(N - ahead) and the orbit repeats from there on."""
    back = lag - ahead
    if back < 0:
        # An integer division costs as much as a step of the map, and most periods are 1.
        back = 0 if period == 1 else (period - (-back) % period) % period
    place = at_lag(row, back) * ROW + lane
    return complex(orbits[place], orbits[place + STRIDE])


@routine
def cycle_length(orbits: Any, row: int, lane: int, longest: int) -> int:
    """The least period of the cycle that ends in ``row``; 0 if longer than ``longest``."""
    never_inlined()
    near = 0.0 if orbits.itemsize == 8 else PREVIEW_NEAR
    re = orbits[row * ROW + lane]
    im = orbits[row * ROW + STRIDE + lane]
    for period in range(1, longest + 1):
        other = at_lag(row, period) * ROW + lane
        if abs(orbits[other] - re) <= near and abs(orbits[other + STRIDE] - im) <= near:
            return period
    return 0


@inline
def fill(
    fields: Any, orbits: Any, first: int, lane: int, w: complex, b: complex, z: complex
) -> None:
    """Start the orbit of z under the map with parameters w and b in a lane."""
    fields[W_RE + lane] = w.real
    fields[W_IM + lane] = w.imag
    fields[B_RE + lane] = b.real
    fields[B_IM + lane] = b.imag
    fields[SAVED_RE + lane] = np.inf
    fields[SAVED_IM + lane] = np.inf
    fields[SAVED_AT + lane] = BLOCK / 2
    fields[COUNT + lane] = 0.0
    fields[PRODUCT + lane] = 1.0
    fields[EXPONENT + lane] = 0.0
    reset_trap(fields, lane)
    put_state(orbits, first, lane, z)


@inline
def next_pending(status: Any, following: int) -> int:
    """The next point that no loop has taken; those computed alone have their status already."""
    while following < status.size and status[following] != 0:
        following += 1
    return following


@inline
def put_state(orbits: Any, first: int, lane: int, z: complex) -> None:
    """Start an orbit in row ``first``, and in its double where that is row 0."""
    orbits[first * ROW + lane] = z.real
    orbits[first * ROW + STRIDE + lane] = z.imag
    if first == 0:
        orbits[RING * ROW + lane] = z.real
        orbits[RING * ROW + STRIDE + lane] = z.imag


@inline
def next_first(orbits: Any, first: int) -> int:
    """Where the next block starts; when the ring is full its last row becomes row 0."""
    first += BLOCK
    if first < RING:
        return first
    for place in range(ROW):
        orbits[place] = orbits[RING * ROW + place]
    return 0


@routine
def narrowed(fields: Any, orbits: Any, index: Any, width: int) -> int:
    """Move the live lanes of the upper half into idle ones below; return half the width.

    When no points are left to fill lanes with, idle ones would cost as much as live ones.
    """
    never_inlined()
    half = width // 2
    target = 0
    for source in range(half, width):
        if index[source] < 0:
            continue
        while index[target] >= 0:
            target += 1
        for field in range(fields.size // STRIDE):
            fields[field * STRIDE + target] = fields[field * STRIDE + source]
        for row in range(orbits.size // STRIDE):
            orbits[row * STRIDE + target] = orbits[row * STRIDE + source]
        index[target] = index[source]
        index[source] = -1
    return half


@routine
def jump(fields: Any, orbits: Any, row: int, lane: int, last_step: float) -> int:
    """Skip whole turns of an exact cycle that is too long to be looked up in the ring.

    The lane's state recurs, so that the steps left lead to the same end. Returns the steps
    skipped.
    """
    never_inlined()
    re = orbits[row * ROW + lane]
    im = orbits[row * ROW + STRIDE + lane]
    turn = int(fields[COUNT + lane] - fields[SAVED_AT + lane])
    if turn <= 0 or re != fields[SAVED_RE + lane] or im != fields[SAVED_IM + lane]:
        return 0
    skipped = int(last_step - fields[COUNT + lane]) // turn * turn
    fields[COUNT + lane] += skipped
    fields[SAVED_AT + lane] = fields[COUNT + lane]
    return skipped
