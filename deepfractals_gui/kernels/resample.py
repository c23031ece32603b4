"""Frames of a zoom from larger pictures: box means over pixels of any size, in linear light.

A frame's pixel covers a box of a source's samples. ``starts`` (n,) int32 and ``weights`` (n, t)
float32 say which: pixel i covers the samples from starts[i] on, with these shares, which add up to
1. ``across`` (W,) and ``along`` (n,) float32 give a pixel's share of the source as the smaller of
the two; with ``inner`` false it is 1 minus that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.color_math import HALF, ONE, ZERO, unit
from deepfractals_gui.kernels.color_pixels import LAST, place_of
from deepfractals_gui.kernels.intrinsics import fma, greatest, least, select
from deepfractals_gui.kernels.jit import inline, kernel

Real: TypeAlias = Any
_FULL = np.float32(65535.0)


@inline
def _share(across: Real, along: Real, inner: Real) -> Real:
    share = across if across < along else along
    return share if inner else ONE - share


@inline
def _reach(across: Array, inner: Real) -> Real:
    """The columns [low, high) in which the source has a share."""
    low, high = 0, across.size
    if inner:
        while low < high and across[low] <= ZERO:
            low += 1
        while high > low and across[high - 1] <= ZERO:
            high -= 1
    return low, high


@kernel
def add_means(
    source: Array,
    row_starts: Array,
    row_weights: Array,
    column_starts: Array,
    column_weights: Array,
    along: Array,
    across: Array,
    inner: bool,
    out: Array,
) -> None:
    """Add the source's means, times its share, to ``out`` (n, W) float32.

    ``source`` (h, w) float32; numbers above 1 stand for no value and count as 0.
    """
    tall, wide = row_weights.shape[1], column_weights.shape[1]
    line = np.empty(source.shape[1], np.float32)
    for j in range(out.shape[0]):
        if inner and along[j] <= ZERO:
            continue
        first = column_starts[0]
        last = column_starts[out.shape[1] - 1] + wide
        line[first:last] = ZERO
        for k in range(tall):
            weight = row_weights[j, k]
            row = source[row_starts[j] + k]
            for i in range(first, last):
                v = row[i]
                line[i] += weight * (v if v <= ONE else ZERO)
        for i in range(out.shape[1]):
            share = _share(across[i], along[j], inner)
            start = column_starts[i]
            total = ZERO
            for m in range(wide):
                total += column_weights[i, m] * line[start + m]
            out[j, i] += share * total


@kernel
def add_light_of_values(
    source: Array,
    row_starts: Array,
    row_weights: Array,
    column_starts: Array,
    column_weights: Array,
    along: Array,
    across: Array,
    inner: bool,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    light: Array,
    out: Array,
) -> None:
    """Add the light of a source's values, each with its pixel's glow and vignette.

    ``source`` (h, w) float32; ``blurred`` (n, W) or, without glow, (0, 0); ``p``: glow, vignette,
    cycles, shift, period; ``columns`` (W,), ``rows`` (n,): squared places; ``light`` (4098, 4)
    float32, the fourth unused; ``out`` (n, W, 3) float32, linear light.
    """
    glow, vignette, cycles, shift, period = p[0], p[1], p[2], p[3], p[4]
    with_glow = blurred.shape[0] > 0
    tall, wide = row_weights.shape[1], column_weights.shape[1]
    low, high = _reach(across, inner)
    count = (high - low) * wide
    places = np.empty(count, np.int32)
    squares = np.empty(count, np.float32)
    glare = np.zeros(count, np.float32)
    dim = np.empty(count, np.float32)
    values = np.empty(count, np.float32)
    index = np.empty(count, np.uint32)
    total = np.empty((high - low, 4), np.float32)
    for i in range(high - low):
        for m in range(wide):
            places[i * wide + m] = column_starts[low + i] + m
            squares[i * wide + m] = columns[low + i]
    for j in range(out.shape[0]):
        if inner and along[j] <= ZERO:
            continue
        total[:] = ZERO
        if with_glow:
            for i in range(high - low):
                for m in range(wide):
                    glare[i * wide + m] = blurred[j, low + i]
        for t in range(count):
            dim[t] = greatest(ONE - vignette * (squares[t] + rows[j]), ZERO)
        for k in range(tall):
            weight = row_weights[j, k]
            if weight == ZERO:
                continue
            row = source[row_starts[j] + k]
            # Three loops: the middle one is vectorised, which those that look up are not.
            for t in range(count):
                values[t] = row[places[t]]
            for t in range(count):
                v = values[t]
                lit = least(fma(glow, glare[t], v), ONE)
                v = select(v > ONE, v, lit * dim[t])
                index[t] = place_of(v, cycles, shift, period)
            for i in range(high - low):
                sums = total[i]
                for m in range(wide):
                    part = weight * column_weights[low + i, m]
                    colour = light[index[i * wide + m]]
                    for c in range(4):
                        sums[c] += part * colour[c]
        for i in range(high - low):
            share = _share(across[low + i], along[j], inner)
            for c in range(3):
                out[j, low + i, c] += share * total[i, c]


@kernel
def add_light(
    source: Array,
    row_starts: Array,
    row_weights: Array,
    column_starts: Array,
    column_weights: Array,
    along: Array,
    across: Array,
    inner: bool,
    blurred: Array,
    p: Array,
    columns: Array,
    rows: Array,
    out: Array,
) -> None:
    """Add a source's light, each sample with its pixel's glow, dimmed by the vignette.

    ``source`` (3, h, w) float32; ``blurred`` (3, n, W) or (3, 0, 0); ``p``: glow, vignette; the
    rest as in `add_light_of_values`.
    """
    glow, vignette = p[0], p[1]
    with_glow = blurred.shape[1] > 0
    tall, wide = row_weights.shape[1], column_weights.shape[1]
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            share = _share(across[i], along[j], inner)
            if share <= ZERO:
                continue
            dim = ONE - vignette * (columns[i] + rows[j])
            dim = share * dim if dim > ZERO else ZERO
            start = column_starts[i]
            for c in range(3):
                glare = glow * blurred[c, j, i] if with_glow else ZERO
                total = ZERO
                for k in range(tall):
                    weight = row_weights[j, k]
                    row = source[c, row_starts[j] + k]
                    for m in range(wide):
                        lit = row[start + m] + glare
                        lit = lit if lit < ONE else ONE
                        total += weight * column_weights[i, m] * lit
                out[j, i, c] += dim * total


@kernel
def encode_light(light: Array, encode: Array, out: Array) -> None:
    """Bytes (n, W, 3) of linear light (n, W, 3) float32; ``encode`` (65536,) uint8."""
    for j in range(out.shape[0]):
        for i in range(out.shape[1]):
            for c in range(3):
                out[j, i, c] = encode[np.int32(unit(light[j, i, c]) * _FULL + HALF)]


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    x = np.zeros((1, 1), np.float32)
    three = np.zeros((3, 1, 1), np.float32)
    start = np.zeros(1, np.int32)
    line = np.ones(1, np.float32)
    box = (start, x, start, x, line, line, True)
    p = np.ones(5, np.float32)
    table = np.zeros((LAST + 3, 4), np.float32)
    pixels = np.zeros((1, 1, 3), np.float32)
    encode = np.zeros(65536, np.uint8)
    return (
        ("frames: means", lambda: add_means(x, *box, x.copy())),
        (
            "frames: light of values",
            lambda: add_light_of_values(x, *box, x, p, line, line, table, pixels.copy()),
        ),
        (
            "frames: light",
            lambda: add_light(three, *box, three, p, line, line, pixels.copy()),
        ),
        (
            "frames: bytes",
            lambda: encode_light(pixels, encode, np.zeros((1, 1, 3), np.uint8)),
        ),
    )


WARM = _warm()
