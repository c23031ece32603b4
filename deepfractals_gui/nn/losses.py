"""Losses: one number for a batch, and its gradient by the network's output.

In the formulas ŷ, p or z is the output (N, K) of a batch of N samples; y or t the targets. Every
loss is a mean over the batch, so that it doesn't grow with N.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.activations import log_softmax, sigmoid, softmax
from deepfractals_gui.nn.layers import ShapeError, numbers

_TINY = float(np.finfo(np.float64).tiny)


class Loss:
    """A loss over a batch of outputs (N, K)."""

    dinputs: Array

    def calculate(self, output: Array, y: Array) -> float:
        """The mean loss. Raises ShapeError where output and targets don't fit together."""
        raise NotImplementedError

    def backward(self, output: Array, y: Array) -> Array:
        """Its gradient by the output, (N, K). Raises ShapeError as `calculate` does."""
        raise NotImplementedError

    def targets(self, y: Array, shape: tuple[int, ...]) -> Array:
        """Targets as float64 in the output's shape; (N,) may stand for (N, 1).

        Raises
        ------
        ShapeError   they aren't numbers, or have another shape; there is no sample
        """
        t = numbers(y, "targets")
        if t.ndim == 1 and shape[1:] == (1,):
            t = t[:, np.newaxis]
        if t.shape != shape:
            raise ShapeError(f"targets {t.shape} don't fit the output {shape}")
        if not t.size:
            raise ShapeError(f"an output {shape} without samples has no loss")
        return t

    def pair(self, output: Array, y: Array) -> tuple[Array, Array]:
        """Output and targets as float64 arrays (N, K). Raises ShapeError."""
        output = numbers(output, "the output")
        return output, self.targets(y, output.shape)


class Loss_MeanSquaredError(Loss):
    """L = mean (ŷ - y)² over samples and outputs; gradient 2 (ŷ - y) / (N K)."""

    def calculate(self, output: Array, y: Array) -> float:
        output, y = self.pair(output, y)
        error = output - y
        return float(np.mean(error * error))

    def backward(self, output: Array, y: Array) -> Array:
        output, y = self.pair(output, y)
        self.dinputs = (output - y) * (2.0 / output.size)
        return self.dinputs


class Loss_CategoricalCrossentropy(Loss):
    """L = -mean Σ t ln p; t are integer labels (N,), or rows of shares (N, K) such as one-hot.

    From probabilities p, after a softmax, the gradient is -t / (p N), with p no smaller than the
    smallest normal number. ``from_logits`` takes z instead: L = mean Σ t (ln Σ e^z - z), and the
    gradient is (softmax(z) - t) / N for rows t that add up to 1. Both stay right where a
    probability would underflow.
    """

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def calculate(self, output: Array, y: Array) -> float:
        output, t = self.pair(output, y)
        logs = log_softmax(output) if self.from_logits else np.log(np.maximum(output, _TINY))
        # A class without a share adds nothing, even where its logarithm is -inf.
        return 0.0 - float(np.mean(np.where(t == 0.0, 0.0, t * logs).sum(axis=1)))

    def backward(self, output: Array, y: Array) -> Array:
        output, t = self.pair(output, y)
        if self.from_logits:
            self.dinputs = (softmax(output) - t) / len(output)
        else:
            self.dinputs = -t / (np.maximum(output, _TINY) * len(output))
        return self.dinputs

    def targets(self, y: Array, shape: tuple[int, ...]) -> Array:
        if len(shape) != 2:
            raise ShapeError(f"an output of classes is (N, K), not {shape}")
        y = np.asarray(y)
        if y.ndim == 2 and y.shape != (shape[0], 1):
            return _shares(super().targets(y, shape))
        return one_hot(y.reshape(-1), shape)


class Loss_BinaryCrossentropy(Loss):
    """L = -mean (t ln p + (1 - t) ln(1 - p)) over samples and outputs; t are within [0, 1].

    From probabilities p (after a sigmoid), clipped away from 0 and 1 by 1e-12, the gradient is
    (p - t) / (p (1 - p) N K). ``from_logits`` takes z instead: L = mean (softplus(z) - t z), with
    the gradient (σ(z) - t) / (N K).
    """

    CLIP = 1e-12

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def calculate(self, output: Array, y: Array) -> float:
        output, t = self.pair(output, y)
        if self.from_logits:
            # softplus(z) = max(z, 0) + ln(1 + e^-|z|), of which t z cancels the first part.
            large = np.maximum(output, 0.0) - t * output
            return float(np.mean(large + np.log1p(np.exp(-np.abs(output)))))
        p = np.clip(output, self.CLIP, 1.0 - self.CLIP)
        return 0.0 - float(np.mean(t * np.log(p) + (1.0 - t) * np.log1p(-p)))

    def backward(self, output: Array, y: Array) -> Array:
        output, t = self.pair(output, y)
        if self.from_logits:
            self.dinputs = (sigmoid(output) - t) / output.size
        else:
            p = np.clip(output, self.CLIP, 1.0 - self.CLIP)
            self.dinputs = (p - t) / (p * (1.0 - p) * output.size)
        return self.dinputs

    def targets(self, y: Array, shape: tuple[int, ...]) -> Array:
        return _within_unit(super().targets(y, shape))


LOSS_CLASSES: dict[str, type[Loss]] = {
    "mse": Loss_MeanSquaredError,
    "cross_entropy": Loss_CategoricalCrossentropy,
    "binary_cross_entropy": Loss_BinaryCrossentropy,
}
"""By the names that a `NetSpec` uses."""


def one_hot(labels: Array, shape: tuple[int, ...]) -> Array:
    """Whole numbers (N,) as float64 rows (N, K). Raises ShapeError for another N or label."""
    count, classes = shape
    if labels.shape != (count,):
        raise ShapeError(f"{len(labels)} labels don't fit the output {shape}")
    if not count:
        raise ShapeError(f"an output {shape} without samples has no loss")
    whole = labels
    if labels.dtype.kind not in "iu":
        found = numbers(labels, "labels")
        with np.errstate(invalid="ignore"):
            whole = found.astype(np.int64)
        # What isn't whole becomes a label that there is none of.
        whole = np.where(whole == found, whole, -1)
    if whole.min() < 0 or whole.max() >= classes:
        wrong = int(np.flatnonzero((whole < 0) | (whole >= classes))[0])
        raise ShapeError(
            f"label {wrong + 1} is {labels[wrong]}; a network of {classes} outputs knows the "
            f"labels 0 to {classes - 1}"
        )
    rows = np.zeros(shape)
    rows[np.arange(count), whole] = 1.0
    return rows


def _shares(t: Array) -> Array:
    """The same rows (N, K). Raises ShapeError unless each is of shares that add up to 1."""
    sums = _within_unit(t).sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1.0) > 1e-6)
    if len(wrong):
        raise ShapeError(
            f"row {wrong[0] + 1} of the targets adds up to {sums[wrong[0]]:.6g}; the shares of "
            "classes add up to 1"
        )
    return t


def _within_unit(t: Array) -> Array:
    """The same targets (N, K). Raises ShapeError for one that is outside of [0, 1]."""
    if t.min() < 0.0 or t.max() > 1.0:
        row, column = np.argwhere((t < 0.0) | (t > 1.0))[0]
        raise ShapeError(
            f"the target at row {row + 1}, column {column + 1} is {t[row, column]:.6g}; those of "
            "classes are within [0, 1]"
        )
    return t
