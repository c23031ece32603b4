"""What is told of a model while and after it learns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.losses import Loss, Loss_BinaryCrossentropy, Loss_CategoricalCrossentropy


class Evaluation(NamedTuple):
    """The mean loss over some data, and the share of right answers (NaN for regression)."""

    loss: float
    accuracy: float


@dataclass
class History:
    """What `Model.fit` saw, one number an epoch; ``test_`` lists are empty without test data.

    ``loss`` is the mean over the epoch's batches, each before its update, penalties included.
    ``stopped`` says in one line why training ended before its last epoch; "" if it didn't.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    stopped: str = ""


def accuracy(output: Array, y: Array, loss: Loss) -> float:
    """Share of right answers to a batch, output (N, K); NaN where the loss isn't one of classes.

    Under the binary cross-entropy each of the N K outputs is an answer, else each row is one.
    """
    if isinstance(loss, Loss_BinaryCrossentropy):
        border = 0.0 if loss.from_logits else 0.5
        t = loss.targets(y, output.shape)
        return float(np.mean((output > border) == (t > 0.5)))
    if not isinstance(loss, Loss_CategoricalCrossentropy):
        return float("nan")
    y = np.asarray(y)
    labels = y.argmax(axis=1) if y.ndim == 2 and y.shape == output.shape else y.reshape(-1)
    return float(np.mean(output.argmax(axis=1) == labels))


def non_finite(loss: float, epoch: int) -> str:
    """Why training stops at such a loss."""
    what = "is not a number" if np.isnan(loss) else "became infinite"
    return (
        f"the loss {what} in epoch {epoch + 1}; a lower learning rate, smaller weights or gradient "
        "clipping may help"
    )
