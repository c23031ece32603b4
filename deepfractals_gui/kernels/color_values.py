"""From channels to values in [0, 1]: one kernel for each way of looking.

Every kernel takes C-contiguous bands of one shape (h, w), status uint8 and channels float32 unless
said otherwise, numbers as a float32 vector ``p``, and fills ``out`` (h, w) float32. A value is in
[0, 1], UNDEFINED where the status has no such value or a channel isn't finite, PENDING where
nothing is computed yet.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.status import Status
from deepfractals_gui.kernels.color_math import (
    HALF,
    LARGEST,
    ONE,
    PENDING,
    UNDEFINED,
    ZERO,
    Real,
    log2,
    narrowed,
    power,
    sin_turns,
    turn_of,
    unit,
)
from deepfractals_gui.kernels.intrinsics import bits, fma, greatest, least, select
from deepfractals_gui.kernels.jit import inline, kernel

_ESCAPED = np.uint8(Status.ESCAPED)
_NON_FINITE = np.uint8(Status.NON_FINITE)
_NONE = np.uint8(Status.PENDING)
_BIT, _NO_BIT = np.uint32(1), np.uint32(0)
_NEXT, _TWICE = np.uint64(1), np.uint64(2)
_FIVE, _QUARTER = np.float32(5.0), np.float32(0.25)
_RAYS_POWER = np.float32(0.55)
_FOUR = np.float32(4.0)
_SIGN = np.int32(0x7FFFFFFF)
_SIDE = np.int32(31)


@inline
def _settle(value: Real, known: Real, status: Real) -> Real:
    value = select(known, value, UNDEFINED)
    return select(status == _NONE, PENDING, value)


@inline
def _defined(mask: Real, status: Real) -> Real:
    return ((mask >> np.uint32(status)) & _BIT) != np.uint32(0)


@kernel
def escape_bands(
    status: Array, smooth: Array, angle: Array, trap: Array, p: Array, out: Array
) -> None:
    """The classic value of an escape map.

    ``p``: 1/iterations, amplitude, turns of the wave per turn of the angle, turns of the wave per
    iterations, interior, 1/log2(1 + radius), low, 1/(high - low).
    """
    rate, amplitude, bands, drift = p[0], p[1], p[2], p[3]
    interior, depth, low, inverse = p[4], p[5], p[6], p[7]
    per_radian = np.float32(0.15915494309189535)
    for j in range(out.shape[0]):
        st, sm, an, tr, row = status[j], smooth[j], angle[j], trap[j], out[j]
        for i in range(row.size):
            escaped = st[i] == _ESCAPED
            t = sm[i] * rate
            # Beyond 4 the root alone is past 1, and the wave's argument stays reducible.
            t = least(t, _FOUR)
            wave = sin_turns(fma(bands, fma(an[i], per_radian, HALF), drift * t))
            outside = unit(fma(amplitude, wave, np.sqrt(t)))
            m = ONE - log2(ONE + tr[i]) * depth
            value = select(escaped, outside, unit(interior * m * m))
            outside_known = (abs(sm[i]) <= LARGEST) & (abs(an[i]) <= LARGEST)
            inside_known = (tr[i] >= ZERO) & (tr[i] <= LARGEST)
            known = select(escaped, outside_known, inside_known) & (st[i] != _NON_FINITE)
            row[i] = _settle(unit((value - low) * inverse), known, st[i])


@kernel
def limit_rays(
    status: Array, limit: Array, steps: Array, lyapunov: Array, p: Array, out: Array
) -> None:
    """The classic value of a descent map.

    ``limit`` is float64 (h, 2w), real and imaginary parts in turn. ``p``: 1/iterations, low and
    1/(high - low) of lyapunov, low, 1/(high - low).
    """
    rate, bottom, scale, low, inverse = p[0], p[1], p[2], p[3], p[4]
    z = np.empty(2 * out.shape[1], np.float32)
    for j in range(out.shape[0]):
        st, sp, ly, row = status[j], steps[j], lyapunov[j], out[j]
        # Angles need no more than float32; beyond its range a number counts as not finite.
        narrowed(limit[j], z)
        for i in range(row.size):
            k = _TWICE * np.uint64(i)
            re, im = z[k], z[k + _NEXT]
            ray = fma(HALF, sin_turns(_FIVE * (turn_of(re, im) + HALF)), HALF)
            s = unit(ONE - sp[i] * rate)
            value = fma(power(s, _RAYS_POWER), ray, _QUARTER * unit((ly[i] - bottom) * scale))
            known = (abs(re) <= LARGEST) & (abs(im) <= LARGEST) & (abs(ly[i]) <= LARGEST)
            known = known & (abs(sp[i]) <= LARGEST) & (st[i] != _NON_FINITE)
            row[i] = _settle(unit((unit(value) - low) * inverse), known, st[i])


@kernel
def linear_levels(status: Array, channel: Array, mask: int, p: Array, out: Array) -> None:
    """Channel from [low, high] to [0, 1].

    ``p``: low, 1/(high - low). ``mask``: a bit per status.
    """
    low, inverse = p[0], p[1]
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(row.size):
            known = (abs(x[i]) <= LARGEST) & _defined(defined, st[i])
            row[i] = _settle(unit((x[i] - low) * inverse), known, st[i])


@kernel
def log_levels(status: Array, channel: Array, mask: int, p: Array, out: Array) -> None:
    """Channel from [low, high] to [0, 1] through log2(1 + x), x taken as at least 0.

    ``p``: log2(1 + low), 1/(log2(1 + high) - log2(1 + low)).
    """
    low, inverse = p[0], p[1]
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(row.size):
            known = (abs(x[i]) <= LARGEST) & _defined(defined, st[i])
            above = log2(ONE + greatest(x[i], ZERO))
            row[i] = _settle(unit((above - low) * inverse), known, st[i])


@kernel
def near_levels(status: Array, channel: Array, mask: int, p: Array, out: Array) -> None:
    """1 at low, 0 at high, by the logarithm. ``p``: log2 high, 1/(log2 high - log2 low)."""
    high, inverse = p[0], p[1]
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(row.size):
            known = (abs(x[i]) <= LARGEST) & _defined(defined, st[i])
            row[i] = _settle(unit((high - log2(x[i])) * inverse), known, st[i])


@kernel
def turns_of_angle(status: Array, angle: Array, mask: int, out: Array) -> None:
    """Angle in radians to its turn in [0, 1]; 1/2 is the positive real axis."""
    per_radian = np.float32(0.15915494309189535)
    defined = np.uint32(mask)
    for j in range(out.shape[0]):
        st, x, row = status[j], angle[j], out[j]
        for i in range(row.size):
            known = (abs(x[i]) <= LARGEST) & _defined(defined, st[i])
            row[i] = _settle(unit(x[i] * per_radian + HALF), known, st[i])


@kernel
def turns_of_complex(status: Array, number: Array, mask: int, out: Array) -> None:
    """The argument of complex numbers, float64 (h, 2w), as its turn in [0, 1]."""
    defined = np.uint32(mask)
    z = np.empty(2 * out.shape[1], np.float32)
    for j in range(out.shape[0]):
        st, row = status[j], out[j]
        narrowed(number[j], z)
        for i in range(row.size):
            k = _TWICE * np.uint64(i)
            re, im = z[k], z[k + _NEXT]
            known = (abs(re) <= LARGEST) & (abs(im) <= LARGEST) & _defined(defined, st[i])
            row[i] = _settle(unit(turn_of(re, im) + HALF), known, st[i])


@inline
def _order(x: Real) -> Real:
    """An int32 that rises with the float32: its bits, those of negative numbers turned round."""
    pattern = bits(x)
    return np.int32(pattern ^ ((pattern >> _SIDE) & _SIGN))


@kernel
def equalize(
    status: Array,
    channel: Array,
    mask: int,
    base: int,
    shift: int,
    first: Array,
    pairs: int,
    ahead: Array,
    strides: Array,
    starts: Array,
    lines: Array,
    out: Array,
) -> None:
    """Piecewise linear map: from ``starts[k]`` on it is value + (x - starts[k]) slope.

    A bin holds 2^shift neighbouring float32 numbers, bin 0 from order ``base`` on; ``first``
    (bins,) uint16 is a piece not above that at each bin's lower edge. A piece is advanced ``pairs``
    times by up to two, whose starts ``ahead`` (n,) packs, then by each of ``strides`` uint32 in
    turn where that doesn't pass x. ``starts`` (3 n,) float32 rise from -inf on and end in NaN;
    ``lines`` (n,) packs slopes and values. Packed are two float32 in a uint64, in that order.
    """
    origin = np.uint32(base)
    move = np.uint32(shift)
    # Between the first and last start, so that the bin is in range.
    bottom, top = starts[1], starts[lines.size - 1]
    defined = np.uint32(mask)
    width = out.shape[1]
    piece = np.empty(width, np.uint32)
    found = np.empty(width, np.float32)
    packed = np.empty(width, np.uint64)
    two = packed.view(np.float32)
    # Loops either look up or calculate: one that looks up is not vectorised.
    for j in range(out.shape[0]):
        st, x, row = status[j], channel[j], out[j]
        for i in range(width):
            y = least(greatest(x[i], bottom), top)
            piece[i] = np.uint32(np.uint32(np.uint32(_order(y)) - origin) >> move)
        for i in range(width):
            piece[i] = np.uint32(first[piece[i]])
        for _ in range(pairs):
            for i in range(width):
                packed[i] = ahead[piece[i]]
            for i in range(width):
                k = _TWICE * np.uint64(i)
                passed = select(two[k] <= x[i], _BIT, _NO_BIT)
                piece[i] += passed + select(two[k + _NEXT] <= x[i], _BIT, _NO_BIT)
        for step in range(strides.size):
            stride = strides[step]
            for i in range(width):
                found[i] = starts[np.uint32(piece[i] + stride)]
            for i in range(width):
                piece[i] += select(found[i] <= x[i], stride, _NO_BIT)
        for i in range(width):
            found[i] = starts[piece[i]]
        for i in range(width):
            packed[i] = lines[piece[i]]
        for i in range(width):
            k = _TWICE * np.uint64(i)
            value = unit(fma(x[i] - found[i], two[k], two[k + _NEXT]))
            value = select(x[i] < bottom, ZERO, value)
            known = (abs(x[i]) <= LARGEST) & _defined(defined, st[i])
            row[i] = _settle(value, known, st[i])


@kernel
def raise_values(values: Array, exponent: float) -> None:
    """Raise the values in [0, 1] to a power, in place."""
    gamma = np.float32(exponent)
    for j in range(values.shape[0]):
        row = values[j]
        for i in range(row.size):
            v = row[i]
            row[i] = select(v <= ONE, power(v, gamma), v)


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    status = np.zeros((1, 2), np.uint8)
    x = np.zeros((1, 2), np.float32)
    z = np.zeros((1, 4), np.float64)
    p = np.ones(8, np.float32)
    index, two = np.zeros(4, np.uint32), np.zeros(4, np.uint64)
    search = index.astype(np.uint16), 1, two, index
    curve = np.zeros(12, np.float32), two
    return (
        ("colours: escape bands", lambda: escape_bands(status, x, x, x, p, x.copy())),
        ("colours: limit rays", lambda: limit_rays(status, z, x, x, p, x.copy())),
        ("colours: levels", lambda: linear_levels(status, x, 1, p, x.copy())),
        ("colours: logarithmic levels", lambda: log_levels(status, x, 1, p, x.copy())),
        ("colours: nearness", lambda: near_levels(status, x, 1, p, x.copy())),
        ("colours: angle", lambda: turns_of_angle(status, x, 1, x.copy())),
        ("colours: argument", lambda: turns_of_complex(status, z, 1, x.copy())),
        (
            "colours: equalise",
            lambda: equalize(status, x, 1, 0, 31, *search, *curve, x.copy()),
        ),
        ("colours: gamma", lambda: raise_values(x.copy(), 2.0)),
    )


WARM = _warm()
