"""Images that drive the field: their 3 x 3 convolution, and the gradient of its weights.

An image has few channels, so that nothing is gained by transforming it.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.field_torus import POINTS
from deepfractals_gui.kernels.jit import kernel


@kernel
def inject(images: Array, weights: Array, bias: Array, result: Array) -> None:
    """result[p] = bias + Σ_ck weights[c, k] images[c, p + k - 1], periodic in both directions.

    Parameters
    ----------
    images : float64 (N, in, H, W)
    weights : float64 (in, 3, 3, L)   L = 2 C: real parts of all channels, then imaginary ones
    bias : float64 (L,)
    result : float64 (N, H, W, L)
    """
    count, channels, height, width = images.shape
    for n in range(count):
        for y in range(height):
            for x in range(width):
                point = result[n, y, x]
                for lane in range(bias.size):
                    point[lane] = bias[lane]
                for c in range(channels):
                    for j in range(3):
                        row = images[n, c, (y + j + height - 1) % height]
                        for i in range(3):
                            value = row[(x + i + width - 1) % width]
                            line = weights[c, j, i]
                            for lane in range(bias.size):
                                point[lane] += value * line[lane]


@kernel
def add_input_products(images: Array, gradient: Array, totals: Array) -> None:
    """totals[c, k] += Σ_p gradient[p] images[c, p + k - 1], over all samples; see `inject`."""
    count, channels, height, width = images.shape
    lanes = gradient.shape[3]
    for n in range(count):
        for y in range(height):
            for x in range(width):
                point = gradient[n, y, x]
                for c in range(channels):
                    for j in range(3):
                        row = images[n, c, (y + j + height - 1) % height]
                        for i in range(3):
                            value = row[(x + i + width - 1) % width]
                            line = totals[c, j, i]
                            for lane in range(lanes):
                                line[lane] += value * point[lane]


def _warm() -> None:
    images, points = np.zeros((1, 1, 7, 7)), np.zeros((1, 7, 7, 2 * POINTS))
    weights = np.zeros((1, 3, 3, 2 * POINTS))
    inject(images, weights, np.zeros(2 * POINTS), points)
    add_input_products(images, points, weights)


WARM = (("field images", _warm),)
