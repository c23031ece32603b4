"""The state of a training run: a value, from which training makes others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from deepfractals_gui.experiments.lab_data import LabData
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_trace import Path, Row, Trace
from deepfractals_gui.nn import Model


@dataclass(frozen=True, eq=False)
class LabState:
    """A run at one moment. It is a value: training makes new ones, and this one stays.

    Attributes
    ----------
    params, data : what is trained, on what
    model : the network; whoever computes with it copies it first, as layers remember batches
    step, epoch : updates and whole epochs done
    batch : batches done of the epoch that has begun
    trace, path : what was recorded; the weights along the way
    seen, loss, right : rows of the epoch so far, and the sums of their losses and right answers
    stopped : in one line why training ended; "" while it goes on
    exploded : whether it ended because a loss wasn't finite
    """

    params: LabParams
    data: LabData
    model: Model
    step: int = 0
    epoch: int = 0
    batch: int = 0
    trace: Trace = field(default_factory=Trace)
    path: Path = field(default_factory=Path)
    seen: int = 0
    loss: float = 0.0
    right: float = 0.0
    stopped: str = ""
    exploded: bool = False

    @property
    def batches_an_epoch(self) -> int:
        """Updates of an epoch."""
        size = self.params.spec.batch
        if self.params.sampling == "drawn" or not size:
            return 1
        return -(-len(self.data.x) // size)

    @property
    def best(self) -> Row:
        """The row of the best test loss, or of the best training loss where there is no test."""
        name = "train_loss" if self.data.test is None else "test_loss"
        losses = self.trace.column(name)
        if np.isnan(losses).all():
            return self.trace[-1]
        return self.trace[int(np.nanargmin(losses))]
