"""What a position is seen as: octaves of sines, rows of tables looked up on grids, a key.

Phases, cells and weights come from whole numbers: with x = (2 i + 1) / (2 N) the phase 2^k x and
the place R x on a grid of R cells are remainders by 2 N, exact however high k or R is.
"""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_shapes import LANES
from deepfractals_gui.kernels.intrinsics import fma, raised
from deepfractals_gui.kernels.jit import inline, kernel, routine

RESOLUTION, BEGIN, ROWS, DENSE = range(4)
"""Columns of a table of levels: cells, the first row, how many rows, and 1 where every corner of a
cell has a row of its own; else rows are a power of two."""

_FACTOR = 2654435761
_LEAST = 1e-18
"""A smaller gradient is none: float32 can't hold its square, and would crawl through denormals."""
# sin(u π/2) / u and cos(u π/2) in u², for |u| <= 1/2: Taylor's series, the highest first; what is
# left out is below 1e-17.
_SINE = tuple(
    (-1) ** k * (math.pi / 2) ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(8, -1, -1)
)
_COSINE = tuple(
    (-1) ** k * (math.pi / 2) ** (2 * k) / math.factorial(2 * k) for k in range(8, -1, -1)
)


@inline
def row_of(corner: int, rows: int, dense: int) -> int:
    """The row of a table for a corner of a grid: by a multiplicative hash where they are few."""
    if dense:
        return corner
    # The top bits of a product of 32 bits; rows are a power of two.
    return (((corner * _FACTOR) & 0xFFFFFFFF) * rows) >> 32


@routine
def add_octaves(positions: Array, capacity: int, octaves: int, rows: Array) -> None:
    """Write sin and cos of 2π 2^k x, k below ``octaves``, as rows 2 k and 2 k + 1 of a tile."""
    kind = rows.dtype.type
    full = 2 * capacity
    scale = kind(1.0) / kind(full)
    turn = np.empty(LANES, np.int64)
    for lane in range(LANES):
        turn[lane] = (2 * positions[lane] + 1) % full
    for k in range(octaves):
        at = 2 * k * LANES
        for lane in range(LANES):
            # In quarters of a turn: the nearest whole one, and what is left of it.
            four = 4 * turn[lane]
            quarter = (four + capacity) // full
            u = kind(four - quarter * full) * scale
            z = u * u
            s = kind(_SINE[0])
            c = kind(_COSINE[0])
            for one in _SINE[1:]:
                s = fma(s, z, kind(one))
            for one in _COSINE[1:]:
                c = fma(c, z, kind(one))
            s *= u
            odd, less = quarter & 1, quarter & 2
            sine = c if odd else s
            cosine = -s if odd else c
            rows[at + lane] = -sine if less else sine
            rows[at + LANES + lane] = -cosine if less else cosine
            twice = 2 * turn[lane]
            turn[lane] = twice - full if twice >= full else twice


@routine
def add_cells(
    positions: Array, capacity: int, levels: Array, table: Array, first: int, rows: Array
) -> None:
    """Write (1 - w) E[h(i)] + w E[h(i + 1)] of each level, from row ``first`` of a tile on.

    References
    ----------
    Müller et al. 2022, "Instant neural graphics primitives", arXiv:2201.05989.
    """
    kind = rows.dtype.type
    full = 2 * capacity
    scale = kind(1.0) / kind(full)
    width = table.shape[1]
    for level in range(len(levels)):
        cells, begin, count, dense = levels[level]
        at = (first + level * width) * LANES
        for lane in range(LANES):
            place = (2 * positions[lane] + 1) * cells
            cell = place // full
            w = kind(place - cell * full) * scale
            left = begin + row_of(cell, count, dense)
            right = begin + row_of(cell + 1, count, dense)
            for k in range(width):
                a = table[left, k]
                rows[at + k * LANES + lane] = fma(w, table[right, k] - a, a)


@inline
def sign_bits(position: int, word: int) -> int:
    """The signs of 32 of a key's numbers at a position, a bit each: 1 is plus.

    References
    ----------
    Appleby 2008, MurmurHash3, whose last mixing of 32 bits this is.
    """
    x = (4 * position + word + 1) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 13)) * 0xC2B2AE35) & 0xFFFFFFFF
    return x ^ (x >> 16)


@routine
def turn_key(positions: Array, capacity: int, count: int, first: int, rows: Array) -> None:
    """Turn the sign of ``count`` rows of a tile, from ``first`` on, where the position says so."""
    signs = np.empty(LANES, np.int64)
    for k in range(count):
        if k % 32 == 0:
            for lane in range(LANES):
                signs[lane] = sign_bits(positions[lane] % capacity, k // 32)
        at = (first + k) * LANES
        for lane in range(LANES):
            one = rows[at + lane]
            rows[at + lane] = one if (signs[lane] >> (k % 32)) & 1 else -one


@routine
def add_key(positions: Array, capacity: int, keys: Array, first: int, rows: Array) -> None:
    """Write a key's numbers, each plus or minus by the position, from row ``first`` of a tile on.

    With one sign everywhere a key would be a bias, alike for all positions.
    """
    count = keys.shape[1]
    for lane in range(LANES if count else 0):
        key = positions[lane] // capacity
        for k in range(count):
            rows[(first + k) * LANES + lane] = keys[key, k]
    turn_key(positions, capacity, count, first, rows)


@kernel
def scatter(
    positions: Array,
    capacity: int,
    levels: Array,
    level: int,
    slopes: Array,
    gradient: Array,
    flag: Array,
) -> None:
    """Add to a table's gradient, at one level, what the features' gradients say, in order.

    Parameters
    ----------
    positions : int64 (tiles · LANES,)
    slopes : float (tiles, levels · F, LANES)   by the features of the grids
    gradient : float (rows, F)
    flag : when it goes up, this returns before the next tile
    """
    kind = gradient.dtype.type
    full = 2 * capacity
    scale = kind(1.0) / kind(full)
    width = gradient.shape[1]
    cells, begin, count, dense = levels[level]
    for tile in range(len(slopes)):
        if raised(flag):
            return
        for lane in range(LANES):
            place = (2 * positions[tile * LANES + lane] + 1) * cells
            cell = place // full
            w = kind(place - cell * full) * scale
            left = begin + row_of(cell, count, dense)
            right = begin + row_of(cell + 1, count, dense)
            for k in range(width):
                g = slopes[tile, level * width + k, lane]
                share = w * g
                gradient[left, k] += g - share
                gradient[right, k] += share


@kernel
def adam_rows(
    table: Array, first: Array, second: Array, gradient: Array, begin: int, end: int, how: Array,
    flag: Array,
) -> bool:  # fmt: skip
    """Move the rows of a table that have a gradient, and set it to 0; whether all stay finite.

    Parameters
    ----------
    table, first, second, gradient : float (rows, F)   with Adam's moments
    how : float (6,), in the same type: rate / (1 - β1^t), β1, 1 - β1, β2, 1 - β2, ε √(1 - β2^t),
        the rate times √(1 - β2^t)
    flag : when it goes up, this returns within 1,024 rows
    """
    rate, beta1, rest1, beta2, rest2, epsilon = how
    finite = True
    for row in range(begin, end):
        if row % 1024 == 0 and raised(flag):
            return finite
        touched = False
        for k in range(table.shape[1]):
            touched = touched or abs(gradient[row, k]) > _LEAST
        if not touched:
            for k in range(table.shape[1]):
                gradient[row, k] = 0.0
            continue
        for k in range(table.shape[1]):
            g = gradient[row, k]
            m = fma(beta1, first[row, k], rest1 * g)
            v = fma(beta2, second[row, k], rest2 * g * g)
            first[row, k], second[row, k] = m, v
            table[row, k] -= rate * m / (np.sqrt(v) + epsilon)
            finite = finite and np.isfinite(v) and np.isfinite(table[row, k])
            gradient[row, k] = 0.0
    return finite


def warm_grid() -> tuple[Array, Array]:
    """One level of eight cells, and its table, for whoever compiles a kernel."""
    return np.array([[8, 0, 9, 1]]), np.zeros((9, 2), np.float32)


def _warm_scatter() -> None:
    levels, table = warm_grid()
    positions, slopes = np.zeros(LANES, np.int64), np.zeros((1, 2, LANES), np.float32)
    scatter(positions, 8, levels, 0, slopes, table, np.zeros(1, np.uint8))


def _warm_adam() -> None:
    _, table = warm_grid()
    how, flag = np.ones(6, np.float32), np.zeros(1, np.uint8)
    adam_rows(table, table.copy(), table.copy(), table.copy(), 0, 9, how, flag)


WARM = (("atlas scatter", _warm_scatter), ("atlas tables", _warm_adam))
