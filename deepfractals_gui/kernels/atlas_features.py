"""What the text atlas sees of a coordinate: octaves, and a hash grid of one dimension.

A position i of a line that holds N has the coordinate x = (i + 1/2) / N. Phases and places on the
grid are worked out in whole numbers, so that no bit of them is lost.

References
----------
Mildenhall et al. 2020, arXiv:2003.08934, for octaves. Müller et al. 2022, arXiv:2201.05989, for the
hash grid.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import inline, kernel

_HASH = 2654435761
"""Knuth's multiplier for 32 bits, odd and close to 2^32 / golden ratio."""
_TURN = 2.0 * math.pi
_S3, _S5, _S7 = -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0
_S9, _S11, _S13 = 1.0 / 362880.0, -1.0 / 39916800.0, 1.0 / 6227020800.0
_C4, _C6, _C8 = 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0
_C10, _C12, _C14 = -1.0 / 3628800.0, 1.0 / 479001600.0, -1.0 / 87178291200.0


@inline
def octave(position: int, capacity: int, k: int) -> Any:
    """sin and cos of 2π 2^k x. Their own series: a library's sine isn't the same everywhere."""
    period = 2 * capacity
    turn = float(((2 * position + 1) << k) % period) / period
    quarter = math.floor(4.0 * turn + 0.5)
    a = _TURN * (turn - 0.25 * quarter)
    b = a * a
    s = a * (1.0 + b * (_S3 + b * (_S5 + b * (_S7 + b * (_S9 + b * (_S11 + b * _S13))))))
    c = 1.0 + b * (
        -0.5 + b * (_C4 + b * (_C6 + b * (_C8 + b * (_C10 + b * (_C12 + b * _C14)))))
    )  # fmt: skip
    turned = int(quarter) & 3
    if turned == 1:
        return c, -s
    if turned == 2:
        return -s, -c
    if turned == 3:
        return -c, s
    return s, c


@inline
def place(position: int, capacity: int, level: Any) -> Any:
    """The two rows of the table between which a position lies on a level, and how far along.

    ``level`` is int64 (3,): resolution, first row, and the bits of a hashed level or 0.
    """
    period = 2 * capacity
    scaled = (2 * position + 1) * level[0]
    left = scaled // period
    share = float(scaled % period) / period
    return _row(left, level), _row(left + 1, level), share


@inline
def _row(index: int, level: Any) -> int:
    if level[2] == 0:
        return int(level[1] + index)
    return int(level[1] + (((index * _HASH) & 0xFFFFFFFF) >> (32 - level[2])))


@kernel
def octaves(positions: Array, capacity: int, count: int, out: Array, flag: Array) -> None:
    """Write sines and cosines of 2π 2^k x.

    Parameters
    ----------
    positions : int64 (n,)
    capacity : N
    count : k is 0 to count - 1, and 2^k at most N / 2
    out : float (>= 2 count, n); row 2k has the sines, row 2k + 1 the cosines
    flag : when it goes up, this returns before the next octave
    """
    for k in range(count):
        if raised(flag):
            return
        sines, cosines = out[2 * k], out[2 * k + 1]
        for n in range(positions.size):
            s, c = octave(positions[n], capacity, k)
            sines[n] = s
            cosines[n] = c


@kernel
def grid_places(
    positions: Array, capacity: int, levels: Array, left: Array, right: Array, share: Array,
    flag: Array,
) -> None:  # fmt: skip
    """Find where positions lie on the grid.

    Parameters
    ----------
    positions : int64 (n,)
    levels : int64 (L, 3): see `place`
    left, right : int64 (L, n), rows of the table
    share : float (L, n), how far from left to right
    """
    for level in range(levels.shape[0]):
        if raised(flag):
            return
        for n in range(positions.size):
            a, b, w = place(positions[n], capacity, levels[level])
            left[level, n] = a
            right[level, n] = b
            share[level, n] = w


@kernel
def grid_values(table: Array, left: Array, right: Array, share: Array, out: Array) -> None:
    """Write (1 - w) E[left] + w E[right], one row of ``out`` a feature of a level.

    Parameters
    ----------
    table : E, float (rows, F)
    left, right, share : (L, n); see `grid_places`
    out : float (L F, n)
    """
    features = table.shape[1]
    for level in range(left.shape[0]):
        for feature in range(features):
            row = out[level * features + feature]
            for n in range(left.shape[1]):
                w = share[level, n]
                a = table[left[level, n], feature]
                b = table[right[level, n], feature]
                row[n] = a + w * (b - a)


@kernel
def grid_back(
    back: Array, left: Array, right: Array, share: Array, slope: Array, touched: Array
) -> None:
    """Add the gradient by the table's rows, in the order of the positions.

    Parameters
    ----------
    back : gradient by what `grid_values` wrote, float (L F, n)
    slope : float (rows, F), added to
    touched : uint8 (rows,); rows that were met are set to 1
    """
    features = slope.shape[1]
    for level in range(left.shape[0]):
        for n in range(left.shape[1]):
            w = share[level, n]
            a, b = left[level, n], right[level, n]
            touched[a] = 1
            touched[b] = 1
            for feature in range(features):
                g = back[level * features + feature, n]
                slope[a, feature] += (1 - w) * g
                slope[b, feature] += w * g


@kernel
def grid_adam(
    table: Array, first: Array, second: Array, slope: Array, touched: Array, rate: float,
    beta1: float, beta2: float, epsilon: float, update: int,
) -> None:  # fmt: skip
    """One step of Adam for the rows that were touched; the others and their moments stay.

    Parameters
    ----------
    table, first, second : float (rows, F), written in place: rows, and their moments
    slope, touched : see `grid_back`
    update : 1 for the first one

    References
    ----------
    Kingma and Ba 2014, arXiv:1412.6980.
    """
    low, high = 1.0 - beta1**update, 1.0 - beta2**update
    for row in range(table.shape[0]):
        if touched[row]:
            for feature in range(table.shape[1]):
                g = slope[row, feature]
                m = beta1 * first[row, feature] + (1.0 - beta1) * g
                v = beta2 * second[row, feature] + (1.0 - beta2) * g * g
                first[row, feature] = m
                second[row, feature] = v
                table[row, feature] -= rate * (m / low) / (math.sqrt(v / high) + epsilon)


def _warm_seen() -> None:
    positions, flag = np.arange(4), np.zeros(1, np.uint8)
    levels = np.array([[2, 0, 0], [8, 3, 2]])
    left, right = np.zeros((2, 4), np.int64), np.zeros((2, 4), np.int64)
    table, out = np.zeros((7, 2), np.float32), np.zeros((4, 4), np.float32)
    share, touched = np.zeros((2, 4), np.float32), np.zeros(7, np.uint8)
    octaves(positions, 4, 1, out, flag)
    grid_places(positions, 4, levels, left, right, share, flag)
    grid_values(table, left, right, share, out)
    grid_back(out, left, right, share, table, touched)
    grid_adam(
        table, table.copy(), table.copy(), table.copy(), touched, 1e-3, 0.9, 0.99, 1e-15, 1
    )  # fmt: skip


WARM = (("atlas features", _warm_seen),)
