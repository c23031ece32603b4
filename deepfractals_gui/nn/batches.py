"""Data put together for learning, and dealt into batches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.initial import BATCHES
from deepfractals_gui.nn.layers import ShapeError, numbers


def samples(X: Array, y: Array) -> tuple[Array, Array]:
    """Inputs (N, n) as float64, and their N targets. Raises ShapeError, which gives both shapes."""
    X, y = numbers(X, "X"), np.asarray(y)
    if not X.ndim or not len(X):
        raise ShapeError(f"X {X.shape} has no samples")
    if not y.ndim or len(y) != len(X):
        raise ShapeError(f"X {X.shape} and y {y.shape} don't have the same number of samples")
    return X, y


def batches(count: int, size: int, seed: int, epoch: int) -> Iterator[Array]:
    """Rows (B,) of the batches of an epoch: each row once, in an order that is the epoch's own.

    The last batch has what is left. A ``size`` of 0, or of ``count`` and more, is one batch of all
    rows as they lie.
    """
    if size <= 0 or size >= count:
        yield np.arange(count)
        return
    order = np.random.Generator(np.random.PCG64([seed, BATCHES, epoch])).permutation(count)
    for at in range(0, count, size):
        yield order[at : at + size]
