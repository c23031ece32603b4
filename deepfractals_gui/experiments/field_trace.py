"""What is recorded of a run of the field: a row after every update, and one after every epoch."""

from __future__ import annotations

from typing import NamedTuple

NAN = float("nan")


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
