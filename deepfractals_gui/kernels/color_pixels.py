"""From values or light to RGBA pixels: glow, vignette, palette, mean in linear light.

Pixels are uint32 whose bytes in memory are red, green, blue, alpha. ``lens`` holds the squared
place of each column, then of each row, in half-sides from the image's centre.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.color_math import HALF, ONE, PENDING, TWO, UNDEFINED, ZERO, Real, unit
from deepfractals_gui.kernels.intrinsics import fma, greatest, least, select
from deepfractals_gui.kernels.jit import inline, kernel

LAST = 4095
"""Index of a lookup table's last colour; after it come those of UNDEFINED and PENDING."""
_LAST = np.float32(LAST)
_NO_VALUE = np.int32(LAST + 1)
_NO_SAMPLE = np.int32(LAST + 2)
_FULL = np.float32(65535.0)
_OPAQUE, _CLEAR = np.uint32(0xFF000000), np.uint32(0)
_PART = np.uint64(0xFFFFF)
_GREEN = np.uint64(20)
_BLUE = np.uint64(40)
_BYTE, _BYTES = np.uint32(8), np.uint32(16)
_NO_SAMPLE_AT = np.uint32(LAST + 2)


@inline
def place_of(value: Real, cycles: Real, shift: Real, period: Real) -> Real:
    """Index into a palette: period 1 starts again, period 2 runs back and forth."""
    u = fma(value, cycles, shift)
    # u is at least 0, where truncation is the floor; the period is a power of 2.
    half = select(period == TWO, HALF, ONE)
    u = u - np.float32(np.int32(u * half)) * period
    u = select(period == TWO, ONE - abs(ONE - u), u)
    index = np.int32(fma(unit(u), _LAST, HALF))
    index = select(value == UNDEFINED, _NO_VALUE, index)
    return np.uint32(select(value == PENDING, _NO_SAMPLE, index))


@inline
def _dimmed(value: Real, glow: Real, blurred: Real, dim: Real) -> Real:
    lit = least(fma(glow, blurred, value), ONE)
    return select(value > ONE, value, lit * dim)


@inline
def _dim(vignette: Real, x2: Real, y2: Real) -> Real:
    return greatest(ONE - vignette * (x2 + y2), ZERO)


@inline
def _step_of(light: Real) -> Real:
    return np.uint32(np.int32(fma(unit(light), _FULL, HALF)))


@inline
def _encode(index: Array, encode: Array, row: Array) -> None:
    """Opaque pixels from the steps (3, w) of red, green and blue."""
    reds, greens, blues = index[0], index[1], index[2]
    for i in range(row.size):
        r, g, b = encode[reds[i]], encode[greens[i]], encode[blues[i]]
        row[i] = np.uint32(r) | (np.uint32(g) << _BYTE) | (np.uint32(b) << _BYTES) | _OPAQUE


@inline
def _repeat(row: Array, s: Real, out: Array) -> None:
    if s == 1:
        out[:] = row
    else:
        for i in range(row.size):
            for m in range(s):
                out[i * s + m] = row[i]


@kernel
def paint_values(
    values: Array,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    colours: Array,
    out: Array,
) -> None:
    """Pixels of one sample each.

    ``values`` (h, w), ``blurred`` (h, w) or, without glow, (0, 0); ``p``: glow, vignette, cycles,
    shift, period; ``columns`` (w,), ``rows`` (h,): squared places; ``colours`` (4098,) uint32;
    ``out`` (h, w) uint32.
    """
    glow, vignette, cycles, shift, period = p[0], p[1], p[2], p[3], p[4]
    # Indices first, colours after: a loop that looks up is not vectorised.
    index = np.empty(out.shape[1], np.uint32)
    for j in range(out.shape[0]):
        source, row, y2 = values[j], out[j], rows[j]
        if blurred.shape[0] > 0:
            light = blurred[j]
            for i in range(index.size):
                v = _dimmed(source[i], glow, light[i], _dim(vignette, columns[i], y2))
                index[i] = place_of(v, cycles, shift, period)
        else:
            for i in range(index.size):
                v = _dimmed(source[i], ZERO, ZERO, _dim(vignette, columns[i], y2))
                index[i] = place_of(v, cycles, shift, period)
        for i in range(index.size):
            row[i] = colours[index[i]]


@kernel
def paint_blocks(
    values: Array,
    s: int,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    light: Array,
    encode: Array,
    out: Array,
) -> None:
    """Pixels of s x s samples, averaged in linear light over those that are known.

    As `paint_values`, but ``values`` is (h s, w s), ``columns`` (w s,) repeats the place of each
    pixel s times, and ``light`` (4098,) uint64 packs linear red, green and blue, 16 bits each at
    bits 0, 20 and 40, so that 16 of them add up without a carry; ``encode`` (65536,) uint8 is sRGB
    of linear light.
    """
    glow, vignette, cycles, shift, period = p[0], p[1], p[2], p[3], p[4]
    width = out.shape[1]
    index = np.empty(width * s, np.uint32)
    glare = np.zeros(width * s, np.float32)
    total = np.empty(width, np.uint64)
    known = np.empty(width, np.int32)
    for j in range(out.shape[0]):
        row, y2 = out[j], rows[j]
        if blurred.shape[0] > 0:
            _repeat(blurred[j], s, glare)
        total[:] = np.uint64(0)
        known[:] = 0
        for k in range(s):
            source = values[j * s + k]
            for i in range(index.size):
                v = _dimmed(source[i], glow, glare[i], _dim(vignette, columns[i], y2))
                index[i] = place_of(v, cycles, shift, period)
            for i in range(width):
                for m in range(s):
                    at = index[i * s + m]
                    total[i] += light[at]
                    known[i] += np.int32(at != _NO_SAMPLE_AT)
        for i in range(width):
            share = ONE / np.float32(max(known[i], 1))
            r = encode[np.uint32(fma(np.float32(total[i] & _PART), share, HALF))]
            g = encode[np.uint32(fma(np.float32((total[i] >> _GREEN) & _PART), share, HALF))]
            b = encode[np.uint32(fma(np.float32((total[i] >> _BLUE) & _PART), share, HALF))]
            pixel = np.uint32(r) | (np.uint32(g) << _BYTE) | (np.uint32(b) << _BYTES) | _OPAQUE
            row[i] = pixel if known[i] > 0 else np.uint32(0)


@kernel
def paint_light(
    light: Array,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    encode: Array,
    out: Array,
) -> None:
    """Pixels of one sample each from linear light (3, h, w) float32, below 0 where pending.

    ``blurred`` (3, h, w) or (3, 0, 0); ``p``: glow, vignette; the rest as in `paint_blocks`.
    """
    glow, vignette = p[0], p[1]
    width = out.shape[1]
    dim = np.empty(width, np.float32)
    index = np.empty((3, width), np.uint32)
    for j in range(out.shape[0]):
        row, y2 = out[j], rows[j]
        for i in range(width):
            dim[i] = _dim(vignette, columns[i], y2)
        for c in range(3):
            source, at = light[c, j], index[c]
            if blurred.shape[1] > 0:
                glare = blurred[c, j]
                for i in range(width):
                    at[i] = _step_of(least(fma(glow, glare[i], source[i]), ONE) * dim[i])
            else:
                for i in range(width):
                    at[i] = _step_of(least(source[i], ONE) * dim[i])
        _encode(index, encode, row)
        red = light[0, j]
        for i in range(width):
            row[i] = select(red[i] >= ZERO, row[i], _CLEAR)


@kernel
def paint_light_of_blocks(
    light: Array,
    s: int,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    encode: Array,
    out: Array,
) -> None:
    """As `paint_light`, but ``light`` is (3, h s, w s): the mean over the samples known."""
    glow, vignette = p[0], p[1]
    width = out.shape[1]
    glare = np.zeros(width * s, np.float32)
    line = np.empty(width * s, np.float32)
    means = np.empty(width, np.float32)
    share = np.empty(width, np.float32)
    known = np.empty(width, np.int32)
    index = np.empty((3, width), np.uint32)
    for j in range(out.shape[0]):
        row, y2 = out[j], rows[j]
        known[:] = 0
        for k in range(s):
            red = light[0, j * s + k]
            for i in range(width):
                for m in range(s):
                    known[i] += np.int32(red[i * s + m] >= ZERO)
        for i in range(width):
            share[i] = _dim(vignette, columns[i], y2) / np.float32(max(known[i], 1))
        for c in range(3):
            if blurred.shape[1] > 0:
                _repeat(blurred[c, j], s, glare)
            line[:] = ZERO
            for k in range(s):
                source = light[c, j * s + k]
                for i in range(line.size):
                    lit = least(fma(glow, glare[i], source[i]), ONE)
                    line[i] += select(source[i] >= ZERO, lit, ZERO)
            for i in range(width):
                means[i] = line[i * s]
                for m in range(1, s):
                    means[i] += line[i * s + m]
            at = index[c]
            for i in range(width):
                at[i] = _step_of(means[i] * share[i])
        _encode(index, encode, row)
        for i in range(width):
            row[i] = select(known[i] > 0, row[i], _CLEAR)


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    x = np.zeros((1, 1), np.float32)
    three = np.zeros((3, 1, 1), np.float32)
    p = np.ones(5, np.float32)
    line = np.zeros(1, np.float32)
    colours = np.zeros(LAST + 3, np.uint32)
    packed = np.zeros(LAST + 3, np.uint64)
    encode = np.zeros(65536, np.uint8)
    out = np.zeros((1, 1), np.uint32)
    return (
        ("colours: pixels", lambda: paint_values(x, x, p, line, line, colours, out)),
        (
            "colours: blocks of samples",
            lambda: paint_blocks(x, 1, x, p, line, line, packed, encode, out),
        ),
        ("colours: light", lambda: paint_light(three, three, p, line, line, encode, out)),
        (
            "colours: blocks of light",
            lambda: paint_light_of_blocks(three, 1, three, p, line, line, encode, out),
        ),
    )


WARM = _warm()
