"""Losses: one number for a batch, and its gradient by the network's output.

Every loss is a mean over the batch, so that it doesn't grow with the number of samples N. Targets
of the categorical loss are integer labels (N,) or one-hot rows (N, K).
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.activations import log_softmax, sigmoid, softmax, softplus
from deepfractals_gui.nn.layers import ShapeError

_TINY = float(np.finfo(np.float64).tiny)


class Loss:
    """A loss over a batch of outputs (N, K)."""

    dinputs: Array

    def calculate(self, output: Array, y: Array) -> float:
        """The mean loss."""
        raise NotImplementedError

    def backward(self, output: Array, y: Array) -> Array:
        """Its gradient by the output, (N, K)."""
        raise NotImplementedError

    def targets(self, y: Array, shape: tuple[int, ...]) -> Array:
        """Targets in the output's shape. Raises ShapeError."""
        y = np.asarray(y, np.float64)
        if y.ndim == 1 and shape[1:] == (1,):
            y = y[:, np.newaxis]
        if y.shape != shape:
            raise ShapeError(f"targets {y.shape} don't fit the output {shape}")
        return y


class Loss_MeanSquaredError(Loss):
    """L = mean (ŷ - y)² over samples and outputs; gradient 2 (ŷ - y) / (N K)."""

    def calculate(self, output: Array, y: Array) -> float:
        error = output - self.targets(y, output.shape)
        return float(np.mean(error * error))

    def backward(self, output: Array, y: Array) -> Array:
        error = output - self.targets(y, output.shape)
        self.dinputs = error * (2.0 / error.size)
        return self.dinputs


class Loss_CategoricalCrossentropy(Loss):
    """L = -mean ln p[label].

    From probabilities p (after a softmax) the gradient is -t / (p N), with p no smaller than the
    smallest normal number. ``from_logits`` takes z instead: L = mean (ln Σ e^z - z[label]), with
    the gradient (softmax(z) - t) / N; both stay right where probabilities underflow.
    """

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def calculate(self, output: Array, y: Array) -> float:
        t = self.targets(y, output.shape)
        logs = log_softmax(output) if self.from_logits else np.log(np.maximum(output, _TINY))
        # A logit of -inf has a share of 0 in classes that aren't meant.
        return float(-np.mean(np.where(t == 0.0, 0.0, t * logs).sum(axis=1)))

    def backward(self, output: Array, y: Array) -> Array:
        t = self.targets(y, output.shape)
        if self.from_logits:
            self.dinputs = (softmax(output) - t) / len(output)
        else:
            self.dinputs = -t / (np.maximum(output, _TINY) * len(output))
        return self.dinputs

    def targets(self, y: Array, shape: tuple[int, ...]) -> Array:
        y = np.asarray(y)
        if y.ndim == 2 and y.shape != (shape[0], 1):
            return super().targets(y, shape)
        return one_hot(y.reshape(-1), shape)


class Loss_BinaryCrossentropy(Loss):
    """L = -mean (t ln p + (1 - t) ln(1 - p)) over samples and outputs.

    From probabilities p (after a sigmoid), clipped away from 0 and 1 by 1e-12, the gradient is
    (p - t) / (p (1 - p) N K). ``from_logits`` takes z instead: L = mean (softplus(z) - t z), with
    the gradient (σ(z) - t) / (N K).
    """

    CLIP = 1e-12

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def calculate(self, output: Array, y: Array) -> float:
        t = self.targets(y, output.shape)
        if self.from_logits:
            return float(np.mean(softplus(output) - t * output))
        p = np.clip(output, self.CLIP, 1.0 - self.CLIP)
        return float(-np.mean(t * np.log(p) + (1.0 - t) * np.log1p(-p)))

    def backward(self, output: Array, y: Array) -> Array:
        t = self.targets(y, output.shape)
        if self.from_logits:
            self.dinputs = (sigmoid(output) - t) / output.size
        else:
            p = np.clip(output, self.CLIP, 1.0 - self.CLIP)
            self.dinputs = (p - t) / (p * (1.0 - p) * output.size)
        return self.dinputs


LOSS_CLASSES: dict[str, type[Loss]] = {
    "mse": Loss_MeanSquaredError,
    "cross_entropy": Loss_CategoricalCrossentropy,
    "binary_cross_entropy": Loss_BinaryCrossentropy,
}
"""By the names that a `NetSpec` uses."""


def one_hot(labels: Array, shape: tuple[int, ...]) -> Array:
    """Integer labels (N,) as float64 rows (N, K). Raises ShapeError for another N or label."""
    count, classes = shape
    if labels.shape != (count,):
        raise ShapeError(f"{len(labels)} labels don't fit the output {shape}")
    whole = labels.astype(np.int64)
    wrong = np.flatnonzero((whole != labels) | (whole < 0) | (whole >= classes))
    if len(wrong):
        raise ShapeError(
            f"label {wrong[0] + 1} is {labels[wrong[0]]}; a network of {classes} outputs knows the "
            f"labels 0 to {classes - 1}"
        )
    return np.asarray(np.eye(classes)[whole])
