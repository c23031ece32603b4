"""The state of a run of the text atlas: a value, from which training makes others."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from deepfractals_gui.atlas.keys import Keys
from deepfractals_gui.atlas.model import AtlasSpec
from deepfractals_gui.atlas.reading import AtlasModel, Reading
from deepfractals_gui.atlas.texts import Book
from deepfractals_gui.atlas.training import TrainingState
from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.experiments.trace import MOST_UPDATES, Trace

NAN = float("nan")


class Update(NamedTuple):
    """One update: updates done, its batch's loss (nats) and accuracy before it."""

    step: float
    loss: float
    accuracy: float


class Epoch(NamedTuple):
    """One epoch.

    Attributes
    ----------
    step, epoch : updates and epochs done
    loss, accuracy : means over the positions, each before its update
    read_loss, read_accuracy : of the whole book, read back after the epoch
    """

    step: float
    epoch: float
    loss: float
    accuracy: float
    read_loss: float
    read_accuracy: float


class Sums(NamedTuple):
    """Of the epoch so far: positions, and over them the sums of losses and of right answers."""

    seen: float = 0.0
    loss: float = 0.0
    right: float = 0.0


@dataclass(frozen=True, eq=False)
class KeyedText:
    """A further text, in the master's alphabet, and its keys.

    Attributes
    ----------
    step : the master's updates when the keys were trained; after another one they don't fit
    """

    book: Book
    keys: Keys
    step: int


@dataclass(frozen=True, eq=False)
class AtlasState:
    """A run at one moment. It is a value: training makes new ones, and this one stays.

    Attributes
    ----------
    params, book : what is learned, and how
    training : the model's parameters, Adam's moments, the shuffled positions, the generator
    updates, trace : what was recorded, by update and by epoch
    sums : of the epoch that has begun
    reading : the book as it was read back after the last epoch; None before
    library : further texts, each with its keys
    stopped : in one line why training ended; "" while it goes on
    exploded : whether it ended because a loss wasn't finite
    """

    params: AtlasRunParams
    book: Book
    training: TrainingState
    updates: Trace[Update] = field(default_factory=lambda: Trace(Update, most=MOST_UPDATES))
    trace: Trace[Epoch] = field(default_factory=lambda: Trace(Epoch))
    sums: Sums = field(default_factory=Sums)
    reading: Reading | None = None
    library: tuple[KeyedText, ...] = ()
    stopped: str = ""
    exploded: bool = False

    @property
    def spec(self) -> AtlasSpec:
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
    def accuracy(self) -> float:
        """Of the whole book after the last epoch; NaN before."""
        return self.trace[-1].read_accuracy if len(self.trace) else NAN

    @property
    def updates_an_epoch(self) -> int:
        return -(-len(self.book) // self.training.training.batch)

    @cached_property
    def model(self) -> AtlasModel:
        """The master as it is now."""
        return AtlasModel(self.spec, self.training.params)
