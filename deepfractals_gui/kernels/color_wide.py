"""From float64 channels to values in [0, 1], where float32 has neither the range nor the digits.

As in `color_values`: C-contiguous bands (h, w), status uint8, ``channel`` float64, ``out`` float32
values in [0, 1], UNDEFINED or PENDING. A number beyond 1e307 in size counts as not finite.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.status import Status
from deepfractals_gui.kernels.color_math import PENDING, UNDEFINED, Real, log2, unit
from deepfractals_gui.kernels.intrinsics import bits, fma, from_bits, greatest, least, select
from deepfractals_gui.kernels.jit import inline, kernel

FARTHEST = 1e307
"""What JSON and differences of two numbers hold with room to spare."""
_FAR = np.float64(FARTHEST)
_TINY = np.float64(2.3e-308)
_NOTHING = np.float64(0.0)
_NONE = np.uint8(Status.PENDING)
_BIT, _NO_BIT = np.uint32(1), np.uint32(0)
_ROOT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
_MANTISSA = np.int64(52)
_SIDE = np.int64(63)
_SHIFT, _OFFSET = np.uint64(63), np.uint64(6)
_LEAST = np.int64(-0x8000000000000000)


@inline
def _settle(value: Real, x: Real, mask: Real, status: Real) -> Real:
    defined = ((mask >> np.uint32(status)) & _BIT) != np.uint32(0)
    known = (abs(x) <= _FAR) & defined
    value = select(known, unit(np.float32(value)), UNDEFINED)
    return select(status == _NONE, PENDING, value)


@inline
def _look_up(table: Array, index: Array, out: Array) -> None:
    for i in range(out.size):
        out[i] = table[index[i]]


@kernel
def wide_levels(status: Array, channel: Array, mask: int, p: Array, out: Array) -> None:
    """Channel from [low, high] to [0, 1]. ``p`` float64: low, 1/(high - low)."""
    low, inverse = p[0], p[1]
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(row.size):
            row[i] = _settle((x[i] - low) * inverse, x[i], defined, st[i])


@kernel
def wide_logs(status: Array, channel: Array, mask: int, p: Array, out: Array) -> None:
    """log2(offset + x) from a first level to a last one; what isn't above 0 counts as 2.3e-308.

    ``p`` float64: offset, the first level's logarithm, 1 over the difference of the two, negative
    where values fall. The logarithm is within 2e-7.
    """
    offset, first, inverse = p[0], p[1], p[2]
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(row.size):
            pattern = bits(greatest(least(x[i], _FAR) + offset, _TINY))
            exponent = np.int64(np.int64(pattern - _ROOT_HALF_BITS) >> _MANTISSA)
            part = from_bits(np.int64(pattern - np.int64(exponent << _MANTISSA)))
            log = np.float64(log2(np.float32(part))) + np.float64(np.int32(exponent))
            row[i] = _settle((log - first) * inverse, x[i], defined, st[i])


@kernel
def equalize_wide(
    status: Array,
    channel: Array,
    mask: int,
    cuts: Array,
    bases: Array,
    bins: Array,
    first: Array,
    strides: Array,
    starts: Array,
    values: Array,
    slopes: Array,
    out: Array,
) -> None:
    """Piecewise linear map: from ``starts[k]`` on it is values[k] + (x - starts[k]) slopes[k].

    ``cuts`` (8 m,) float64, rising and then NaN, part the line into segments. Segment s has bins of
    2^shift neighbouring float64 numbers from order ``bases[s]`` uint64 on, the first of them at
    offset in ``first`` uint16, which holds a piece not above that at each bin's lower edge;
    ``bins[s]`` uint64 is shift + 64 offset. A piece is advanced by each of ``strides`` uint32 in
    turn where that doesn't pass x. ``starts`` float64 rise from -inf on and end in NaN; ``values``
    and ``slopes`` (n,) float64.
    """
    # Between the first and last start, so that the bin is in range.
    bottom, top = starts[1], starts[values.size - 1]
    defined = np.uint32(mask)
    width = out.shape[1]
    piece = np.empty(width, np.uint32)
    base, spot = np.empty(width, np.uint64), np.empty(width, np.uint64)
    found, value = np.empty(width, np.float64), np.empty(width, np.float64)
    slope = np.empty(width, np.float64)
    # Loops either look up or calculate: one that looks up is not vectorised.
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        piece[:] = np.uint32(0)
        # Counting cuts needs no gathers, which cost more than anything else here.
        for s in range(0, cuts.size, 8):
            a, b, c, d = cuts[s], cuts[s + 1], cuts[s + 2], cuts[s + 3]
            e, f, g, h = cuts[s + 4], cuts[s + 5], cuts[s + 6], cuts[s + 7]
            for i in range(width):
                y = x[i]
                passed = np.uint32(y >= a) + np.uint32(y >= b) + np.uint32(y >= c)
                passed += np.uint32(y >= d) + np.uint32(y >= e) + np.uint32(y >= f)
                piece[i] += np.uint32(passed + np.uint32(y >= g) + np.uint32(y >= h))
        _look_up(bases, piece, base)
        _look_up(bins, piece, spot)
        for i in range(width):
            # Adding 0 gives -0 the order of 0, which it equals.
            pattern = bits(least(greatest(x[i], bottom), top) + _NOTHING)
            order = np.uint64(pattern ^ ((pattern >> _SIDE) | _LEAST))
            into = (order - base[i]) >> (spot[i] & _SHIFT)
            piece[i] = np.uint32((spot[i] >> _OFFSET) + into)
        for i in range(width):
            piece[i] = np.uint32(first[piece[i]])
        for step in range(strides.size):
            stride = strides[step]
            for i in range(width):
                found[i] = starts[np.uint32(piece[i] + stride)]
            for i in range(width):
                piece[i] += select(found[i] <= x[i], stride, _NO_BIT)
        _look_up(starts, piece, found)
        _look_up(values, piece, value)
        _look_up(slopes, piece, slope)
        for i in range(width):
            y = fma(x[i] - found[i], slope[i], value[i])
            y = select(x[i] < bottom, _NOTHING, y)
            row[i] = _settle(y, x[i], defined, st[i])


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    status = np.zeros((1, 2), np.uint8)
    x = np.zeros((1, 2), np.float64)
    out = np.zeros((1, 2), np.float32)
    p = np.ones(3, np.float64)
    # One segment with one bin, and two knots: an index beyond them would read foreign memory.
    starts, line = np.array([-np.inf, 0.0, 1.0, np.nan]), np.zeros(3, np.float64)
    spot, stride = np.full(1, 63, np.uint64), np.zeros(1, np.uint32)
    bins = np.full(8, np.nan), np.zeros(1, np.uint64), spot, np.zeros(2, np.uint16), stride
    return (
        ("colours: levels of float64", lambda: wide_levels(status, x, 1, p, out)),
        ("colours: logarithms of float64", lambda: wide_logs(status, x, 1, p, out)),
        (
            "colours: equalise float64",
            lambda: equalize_wide(status, x, 1, *bins, starts, line, line, out),
        ),
    )


WARM = _warm()
