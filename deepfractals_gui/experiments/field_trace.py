"""What is recorded of a run of the field: a row after every update, and one after every epoch."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np

from deepfractals_gui.core import Array

NAN = float("nan")
MOST_UPDATES = 4096
"""Rows of updates, at most: beyond it every other one is forgotten."""


class Update(NamedTuple):
    """One update.

    Attributes
    ----------
    step : updates done
    loss, accuracy : of the batch, before the update
    sigma : σ, the spectral norm of W, before the update
    forward, backward : evaluations of f, and of the adjoint's map, the mean of the batch
    residual : the largest of the solves forward
    """

    step: float
    loss: float
    accuracy: float
    sigma: float
    forward: float
    backward: float
    residual: float


class Epoch(NamedTuple):
    """One epoch.

    Attributes
    ----------
    step, epoch : updates and epochs done
    train_loss, train_accuracy : means over the images, each before its update
    test_loss, test_accuracy : NaN without a test
    sigma : after the epoch
    forward, backward : evaluations of f, and of the adjoint's map, the mean of the images
    residual : the largest of the solves forward
    unsolved : images whose solve didn't reach its tolerance
    test_evaluations : of f, the mean of the test images
    adjoint_residual : the largest of the solves back
    """

    step: float
    epoch: float
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    sigma: float
    forward: float
    backward: float
    residual: float
    unsolved: float
    test_evaluations: float
    adjoint_residual: float


class Sums(NamedTuple):
    """Of the epoch so far: images, over them the sums of losses, right answers and evaluations,
    the largest residuals, and how many weren't solved."""

    seen: float = 0.0
    loss: float = 0.0
    right: float = 0.0
    forward: float = 0.0
    backward: float = 0.0
    residual: float = 0.0
    unsolved: float = 0.0
    adjoint_residual: float = 0.0

    def means(self) -> tuple[float, float, float, float]:
        """Loss, accuracy, evaluations forward and back."""
        loss, right, forward, backward = self[1:5]
        return loss / self.seen, right / self.seen, forward / self.seen, backward / self.seen


R = TypeVar("R", Update, Epoch)


class Trace(Generic[R]):
    """Rows of one kind that are only ever appended to; two traces may share their beginning.

    Attributes
    ----------
    stride : a row stands for so many; 1 unless there were more than ``most``
    """

    def __init__(
        self, kind: type[R], rows: list[R] | None = None, most: int = 0, stride: int = 1
    ) -> None:
        self.kind: type[R] = kind
        self.most, self.stride = most, stride
        self._rows: list[R] = [] if rows is None else rows
        self._count = len(self._rows)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> R:
        return self._rows[range(self._count)[index]]

    def appended(self, row: R) -> Trace[R]:
        """A trace with one row more, if it is its turn; this one stays as it is."""
        if row.step % self.stride:
            return self
        rows = self._rows
        if len(rows) != self._count:
            # Another run has gone on from here.
            rows = rows[: self._count]
        rows.append(row)
        if self.most and len(rows) > self.most:
            kept = [one for one in rows if one.step % (2 * self.stride) == 0]
            return Trace(self.kind, kept, self.most, 2 * self.stride)
        return Trace(self.kind, rows, self.most, self.stride)

    def column(self, name: str) -> Array:
        """float64 (R,)."""
        place = self.kind._fields.index(name)
        return np.array([row[place] for row in self._rows[: self._count]], np.float64)

    def numbers(self) -> Array:
        """All of it, float64 (R, fields)."""
        return np.array(self._rows[: self._count], np.float64).reshape(-1, len(self.kind._fields))

    @classmethod
    def of_numbers(cls, kind: type[R], numbers: Array, most: int = 0, stride: int = 1) -> Trace[R]:
        """What `numbers` gave, back. Raises ValueError where columns are missing."""
        if numbers.ndim != 2 or numbers.shape[1] != len(kind._fields):
            raise ValueError(f"a trace of the shape {numbers.shape} has other columns")
        rows: list[Any] = [kind(*row) for row in numbers.tolist()]
        return cls(kind, rows, most, stride)
