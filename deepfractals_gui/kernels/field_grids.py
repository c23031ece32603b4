"""Between a grid and the one with half its sides: full weighting and linear interpolation.

A point of the coarse grid lies on every second point of the fine one, in both directions, and both
are periodic. Fields are float64 (N, H, W, L); L numbers at a point are treated alike.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.field_torus import POINTS
from deepfractals_gui.kernels.jit import kernel

_WEIGHTS = (0.25, 0.5, 0.25)


@kernel
def restrict(fine: Array, rows: Array, coarse: Array) -> None:
    """coarse = the mean of 3 x 3 points, weighted 1, 2, 1 each way, for the samples listed."""
    height, width, lanes = fine.shape[1], fine.shape[2], fine.shape[3]
    for n in rows:
        for y in range(height // 2):
            for x in range(width // 2):
                point = coarse[n, y, x]
                for lane in range(lanes):
                    point[lane] = 0.0
                for j in range(3):
                    row = fine[n, (2 * y + j + height - 1) % height]
                    for i in range(3):
                        weight = _WEIGHTS[j] * _WEIGHTS[i]
                        source = row[(2 * x + i + width - 1) % width]
                        for lane in range(lanes):
                            point[lane] += weight * source[lane]


@kernel
def correct(fine: Array, rows: Array, new: Array, old: Array) -> None:
    """fine += P (new - old), with P the bilinear interpolation, for the samples listed."""
    height, width, lanes = new.shape[1], new.shape[2], new.shape[3]
    gap = np.empty(lanes)
    for n in rows:
        for y in range(height):
            for x in range(width):
                one, other = new[n, y, x], old[n, y, x]
                for lane in range(lanes):
                    gap[lane] = one[lane] - other[lane]
                for j in range(3):
                    row = fine[n, (2 * y + j + 2 * height - 1) % (2 * height)]
                    for i in range(3):
                        weight = 4.0 * _WEIGHTS[j] * _WEIGHTS[i]
                        point = row[(2 * x + i + 2 * width - 1) % (2 * width)]
                        for lane in range(lanes):
                            point[lane] += weight * gap[lane]


@kernel
def combine(
    a: float, x: Array, b: float, y: Array, c: float, w: Array, rows: Array, result: Array
) -> None:
    """result = a x + b y + c w for the samples listed; fields (N, D)."""
    for n in rows:
        one, two, three, target = x[n], y[n], w[n], result[n]
        for k in range(target.size):
            target[k] = a * one[k] + b * two[k] + c * three[k]


def _warm() -> None:
    fine, coarse = np.zeros((1, 2, 2, 2 * POINTS)), np.zeros((1, 1, 1, 2 * POINTS))
    rows = np.zeros(1, np.int64)
    restrict(fine, rows, coarse)
    correct(fine, rows, coarse, coarse.copy())
    z = np.zeros((1, 16))
    combine(1.0, z, 1.0, z, 1.0, z, rows, z.copy())


WARM = (("field grids", _warm),)
