"""A network and its data, laid out for the training kernels. Loads no Numba itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array

ACTIVATIONS = ("tanh", "relu", "identity", "sigmoid", "gelu", "sin")
LOSSES = ("mse", "cross_entropy")
OPTIMIZERS = ("sgd", "nesterov", "adam", "adamw")
RATES = (
    "lr_input", "lr_output", "momentum", "beta1", "beta2", "weight_decay", "weight_scale",
    "output_scale", "offset",
)  # fmt: skip
"""Columns of ``hyper``."""
(
    LR_INPUT, LR_OUTPUT, MOMENTUM, BETA1, BETA2, DECAY, WEIGHT_SCALE, OUTPUT_SCALE, OFFSET,
) = range(9)  # fmt: skip
CHUNK = 512
"""Data points that are taken through the network together: their activations stay in the cache."""
POINTS = 8
"""Data points in a vector."""
UNITS = 4
"""Units in a tile of a product."""


class Network(NamedTuple):
    """What every pixel's training shares. Made by `pack`.

    Attributes
    ----------
    widths : int64 (L + 1,), units from the input to the output
    bias, residual, activation : int64 (L,)
    scale : float64 (L,), factors of the layers' products
    weights : float64, W_0 (in, out) row by row, b_0 where there is a bias, W_1, ...
    inputs, targets : float64 (C, rows stride), chunks of data points: unit by unit, padded
    counts : int64 (C,), data points of each chunk
    stride : elements between two units' rows of a chunk
    loss, optimizer : index into `LOSSES`, `OPTIMIZERS`
    steps : updates
    batches : int64 (steps, B), data points of each step; (0, 0): all of them
    rows : float64 (D, in + k), the data point by point, for minibatches
    probe : float64 (in,), the input whose output is read at the end
    every_step : 1 where the offset is added at every step, 0: once
    shallow : True for one hidden layer and one output, without biases and residuals, and MSE
    """

    widths: Array
    bias: Array
    residual: Array
    activation: Array
    scale: Array
    weights: Array
    inputs: Array
    targets: Array
    counts: Array
    stride: int
    loss: int
    optimizer: int
    steps: int
    batches: Array
    rows: Array
    probe: Array
    every_step: int
    shallow: bool


def pack(
    inputs: Array,
    targets: Array,
    widths: list[int],
    weights: tuple[Array, ...],
    *,
    bias: list[bool],
    residual: list[bool],
    activation: list[str],
    scale: list[float],
    loss: str,
    optimizer: str,
    steps: int,
    batches: Array,
    probe: Array,
    every_step: bool,
) -> Network:
    """Lay out a network and its data (D, in), (D, k) for `sample`.

    ``weights`` are W_0, b_0 where there is a bias, W_1, ...; ``batches`` is int64 (steps, B).

    Raises
    ------
    ValueError   the last layer isn't linear, or a layer that adds its input changes the width
    """
    if residual[-1] or activation[-1] != "identity":
        raise ValueError("the last layer must be linear, without a residual connection")
    for layer, adds in enumerate(residual):
        if adds and widths[layer] != widths[layer + 1]:
            raise ValueError(
                f"layer {layer} adds its input of {widths[layer]} units to {widths[layer + 1]}"
            )
    count = len(inputs)
    stride = -(-min(count, CHUNK) // POINTS) * POINTS
    chunks = -(-count // stride)
    return Network(
        np.array(widths, np.int64), np.array(bias, np.int64), np.array(residual, np.int64),
        np.array([ACTIVATIONS.index(name) for name in activation], np.int64),
        np.array(scale, np.float64),
        np.concatenate([np.ravel(array) for array in weights]).astype(np.float64),
        chunked(inputs, chunks, stride), chunked(targets, chunks, stride),
        np.array([min(stride, count - k * stride) for k in range(chunks)], np.int64), stride,
        LOSSES.index(loss), OPTIMIZERS.index(optimizer), steps,
        np.ascontiguousarray(batches, np.int64),
        np.ascontiguousarray(np.hstack([inputs, targets]), np.float64),
        np.ascontiguousarray(probe, np.float64), int(every_step),
        len(scale) == 2 and widths[-1] == 1 and loss == "mse" and not any([*bias, *residual]),
    )  # fmt: skip


def chunked(data: Array, chunks: int, stride: int, last: bool = False) -> Array:
    """Data (D, n) as float64 (chunks, rows stride), on a cache line, rows padded to four.

    The padding is 0; with ``last`` what follows the last data point repeats it.
    """
    rows = -(-data.shape[1] // UNITS) * UNITS
    room = np.zeros(chunks * rows * stride + 8)
    start = (-room.ctypes.data % 64) // 8
    packed = room[start : start + chunks * rows * stride].reshape(chunks, rows, stride)
    for chunk in range(chunks):
        part = data[chunk * stride : (chunk + 1) * stride]
        packed[chunk, : data.shape[1], : len(part)] = part.T
        if last:
            packed[chunk, : data.shape[1], len(part) :] = part[-1:].T
    return packed.reshape(chunks, rows * stride)
