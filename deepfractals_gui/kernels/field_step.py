"""One step of the field, for many samples one after the other: f(z) = act(γ conv(z) + drive).

Fields are float64 (N, H, W, 2, C): point by point the real parts of all channels, then their
imaginary parts; C is a multiple of `POINTS`. A sample's results have the same bits whatever
samples it is computed with.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.field_activations import (
    apply_slopes,
    finish_cardioid,
    finish_linear,
    finish_modrelu,
    keep_cardioid_slopes,
    keep_modrelu_slopes,
)
from deepfractals_gui.kernels.field_products import multiply_column
from deepfractals_gui.kernels.field_torus import (
    LINEAR,
    MODRELU,
    POINTS,
    Convolution,
    convolution,
)
from deepfractals_gui.kernels.field_transform import forward, inverse
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import inline, kernel


@inline
def room(count: int, example: Array) -> Array:
    """An array that starts on a cache line and holds anything."""
    whole = np.empty(count + POINTS, example.dtype)
    skip = (-whole.ctypes.data % 64) // whole.itemsize
    return whole[skip : skip + count]


@inline
def _convolve(
    source: Array, begin: int, slopes: Array, s_at: int, conv: Convolution, spectrum: Array,
    row: Array, column: Array, product: Array, height: int, width: int, channels: int,
) -> None:  # fmt: skip
    """Leave in ``spectrum`` the rows of the convolution, still transformed along x."""
    line = 2 * channels * width
    point = 2 * channels
    for y in range(height):
        if slopes.size > 0:
            at = begin + y * line
            apply_slopes(slopes, s_at + 2 * y * line, source, at, row, width, channels)
            forward(
                row, 0, point, spectrum, y * line, point, conv.across_factors, conv.across_places,
                channels,
            )  # fmt: skip
        else:
            forward(
                source, begin + y * line, point, spectrum, y * line, point, conv.across_factors,
                conv.across_places, channels,
            )  # fmt: skip
    matrices = 3 * channels * point
    for x in range(width):
        forward(
            spectrum, x * point, line, column, 0, point, conv.down_factors, conv.down_places,
            channels,
        )  # fmt: skip
        multiply_column(
            column, product, conv.symbol, x * matrices, conv.where, conv.turns,
            conv.where.size // 3, channels,
        )  # fmt: skip
        inverse(
            product, 0, point, spectrum, x * point, line, conv.down_factors, conv.down_places,
            channels,
        )  # fmt: skip


@kernel
def step(
    z: Array,
    rows: Array,
    drive: Array,
    gamma: Array,
    beta: Array,
    kind: int,
    slopes: Array,
    conv: Convolution,
    result: Array,
    squares: Array,
    flag: Array,
) -> None:
    """result = act(γ conv(M z) + drive), for the samples that ``rows`` lists.

    Parameters
    ----------
    z, drive, result : float64 (N, H, W, 2, C)
    gamma : float64 (N,)
    beta : float64 (C,)   of modReLU
    kind : LINEAR, MODRELU or CARDIOID
    slopes : float64 (N, H, W, 4, C)   M, point by point; none of them (0, ...) for M = 1
    squares : float64 (N, 2)   becomes the sums of |result - z|² and |result|²
    flag : when it goes up, this returns before the next sample
    """
    height, width, channels = z.shape[1], z.shape[2], z.shape[4]
    size = 2 * height * width * channels
    line, point = 2 * channels * width, 2 * channels
    source, given, target = z.reshape(-1), drive.reshape(-1), result.reshape(-1)
    matrix = slopes.reshape(-1)
    spectrum = room(size, z)
    row = room(line, z)
    column = room(point * height, z)
    product = room(point * height, z)
    sums = room(4 * POINTS, z)
    for n in rows:
        if raised(flag):
            return
        begin = n * size
        _convolve(
            source, begin, matrix, 2 * begin, conv, spectrum, row, column, product, height, width,
            channels,
        )  # fmt: skip
        sums[:] = 0.0
        for y in range(height):
            inverse(
                spectrum, y * line, point, row, 0, point, conv.across_factors, conv.across_places,
                channels,
            )  # fmt: skip
            at = begin + y * line
            if kind == LINEAR:
                finish_linear(
                    row, source, at, given, at, target, at, gamma[n], beta, sums, width, channels
                )
            elif kind == MODRELU:
                finish_modrelu(
                    row, source, at, given, at, target, at, gamma[n], beta, sums, width, channels
                )
            else:
                finish_cardioid(
                    row, source, at, given, at, target, at, gamma[n], beta, sums, width, channels
                )
        gap = total = 0.0
        for lane in range(POINTS):
            gap += sums[lane] + sums[2 * POINTS + lane]
            total += sums[POINTS + lane] + sums[3 * POINTS + lane]
        squares[n, 0] = gap
        squares[n, 1] = total


@kernel
def slopes(
    z: Array,
    rows: Array,
    drive: Array,
    gamma: Array,
    beta: Array,
    kind: int,
    conv: Convolution,
    result: Array,
    flag: Array,
) -> None:
    """Keep the activation's transposed derivative at γ conv(z) + drive, for the next `step`.

    Parameters
    ----------
    kind : MODRELU or CARDIOID
    result : float64 (N, H, W, 4, C)   a, b, c, d of each point: (re, im) comes back as
        (a re + b im, c re + d im)

    The others are those of `step`.
    """
    height, width, channels = z.shape[1], z.shape[2], z.shape[4]
    size = 2 * height * width * channels
    line, point = 2 * channels * width, 2 * channels
    source, given, target = z.reshape(-1), drive.reshape(-1), result.reshape(-1)
    nothing = target[:0]
    spectrum = room(size, z)
    row = room(line, z)
    column = room(point * height, z)
    product = room(point * height, z)
    for n in rows:
        if raised(flag):
            return
        begin = n * size
        _convolve(
            source, begin, nothing, 0, conv, spectrum, row, column, product, height, width, channels
        )
        for y in range(height):
            inverse(
                spectrum, y * line, point, row, 0, point, conv.across_factors, conv.across_places,
                channels,
            )  # fmt: skip
            at = begin + y * line
            if kind == MODRELU:
                keep_modrelu_slopes(row, given, at, target, 2 * at, gamma[n], beta, width, channels)
            else:
                keep_cardioid_slopes(
                    row, given, at, target, 2 * at, gamma[n], beta, width, channels
                )


@kernel
def pull_back(w: Array, rows: Array, slopes: Array, result: Array) -> None:
    """result = M w, the gradient before the activation; arrays as for `step`."""
    size = w[0].size
    points, channels = w.shape[1] * w.shape[2], w.shape[4]
    source, matrix, target = w.reshape(-1), slopes.reshape(-1), result.reshape(-1)
    for n in rows:
        at = n * size
        apply_slopes(matrix, 2 * at, source, at, target[at : at + size], points, channels)


def _warm_arrays(side: int = 7) -> tuple[Array, ...]:
    """z, rows, drive, gamma, beta of one sample, for whoever compiles a kernel."""
    return (
        np.zeros((1, side, side, 2, POINTS)), np.zeros(1, np.int64),
        np.zeros((1, side, side, 2, POINTS)), np.ones(1), np.zeros(POINTS),
    )  # fmt: skip


def _warm_step() -> None:
    z, rows, drive, gamma, beta = _warm_arrays()
    conv = convolution(np.zeros((POINTS, POINTS, 3, 3), np.complex128), 7, 7)
    flag = np.zeros(1, np.uint8)
    none = np.zeros((0, 7, 7, 4, POINTS))
    step(z, rows, drive, gamma, beta, MODRELU, none, conv, drive.copy(), np.zeros((1, 2)), flag)


def _warm_slopes() -> None:
    z, rows, drive, gamma, beta = _warm_arrays()
    conv = convolution(np.zeros((POINTS, POINTS, 3, 3), np.complex128), 7, 7)
    result = np.zeros((1, 7, 7, 4, POINTS))
    slopes(z, rows, drive, gamma, beta, MODRELU, conv, result, np.zeros(1, np.uint8))
    pull_back(z, rows, result, drive)


WARM = (("field step", _warm_step), ("field slopes", _warm_slopes))
