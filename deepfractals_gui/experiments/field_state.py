"""The state of a run of the field: a value, from which training makes others."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from deepfractals_gui.equilibrium.field import FieldParams, FieldSpec
from deepfractals_gui.equilibrium.training import TrainingState
from deepfractals_gui.experiments.field_data import FieldData
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.experiments.field_trace import Epoch, Sums, Update
from deepfractals_gui.experiments.trace import MOST_UPDATES, Trace


@dataclass(frozen=True, eq=False)
class FieldState:
    """A run at one moment. It is a value: training makes new ones, and this one stays.

    Attributes
    ----------
    params, data : what is trained, on what
    training : the field's parameters, Adam's moments, the shuffled rows, the generator's state
    best : the parameters of the best test accuracy, or of training accuracy without a test
    best_accuracy, best_epoch : theirs; NaN and 0 before the first epoch is over
    updates, trace : what was recorded, by update and by epoch
    sums : of the epoch that has begun
    stopped : in one line why training ended; "" while it goes on
    exploded : whether it ended because a loss wasn't finite
    """

    params: FieldRunParams
    data: FieldData
    training: TrainingState
    best: FieldParams
    best_epoch: int = 0
    updates: Trace[Update] = field(default_factory=lambda: Trace(Update, most=MOST_UPDATES))
    trace: Trace[Epoch] = field(default_factory=lambda: Trace(Epoch))
    sums: Sums = field(default_factory=Sums)
    stopped: str = ""
    exploded: bool = False

    @property
    def spec(self) -> FieldSpec:
        return self.training.spec

    @property
    def step(self) -> int:
        """Updates done."""
        return self.training.updates

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self.training.epoch

    @property
    def best_accuracy(self) -> float:
        return self.training.best

    @property
    def batches_an_epoch(self) -> int:
        """Updates of an epoch."""
        return -(-len(self.data.train) // self.params.batch)

    @property
    def batch(self) -> int:
        """Updates done of the epoch that has begun."""
        return self.step - self.epoch * self.batches_an_epoch

    @cached_property
    def model(self) -> FieldModel:
        """The field as it is now, with the norm that its next update takes."""
        return FieldModel(self.spec, self.training.params, self.training.peak)

    @cached_property
    def best_model(self) -> FieldModel:
        """The field at its best."""
        return FieldModel(self.spec, self.best)
