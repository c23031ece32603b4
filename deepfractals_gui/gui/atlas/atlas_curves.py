"""What a run of the atlas has recorded: loss, accuracy, characters a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtWidgets import QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.experiments.atlas_state import AtlasState
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.run_plots import RunPlots, smoothed

_READY = "Train (Space): loss, accuracy and characters a second are drawn here."


@dataclass(frozen=True, eq=False)
class Course:
    """A run's history against epochs: float64 arrays of one length; what isn't known is NaN.

    Attributes
    ----------
    epoch : begun epochs count by the share of them that is done
    loss : cross-entropy, nats a character
    accuracy : share of the characters trained on that were right
    speed : characters learned a second
    """

    epoch: Array
    loss: Array
    accuracy: Array
    speed: Array


class AtlasCurves(RunPlots):
    """Three plots over the epochs, and the newest numbers above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(("loss", "accuracy", "speed"), _READY, parent)

    def set_course(self, course: Course, running: bool = False) -> None:
        """Show a run as it is now."""
        for phase in self.phases(course, running):
            phase()

    def phases(self, course: Course, running: bool = False) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly."""
        known = len(course.epoch) > 1
        self._tell(newest_words(course), running, known)
        return [partial(self._show, name, course) for name in self.plots] if known else []

    def _show(self, name: str, course: Course) -> None:
        titles = {"loss": "loss", "accuracy": "accuracy", "speed": "characters a second"}
        number = list(self.plots).index(name)
        units = {"loss": "nats"}
        curve = Curve(
            titles[name], course.epoch, getattr(course, name), log=name == "loss",
            against="epoch", unit=units.get(name, ""),
        )  # fmt: skip
        self.plots[name].set_lines(titles[name], [Line(curve, Key(titles[name], number))])


def newest_words(course: Course) -> str:
    """The newest numbers in two lines."""
    if not len(course.epoch):
        return ""
    loss, right, speed = (_last(values) for values in (course.loss, course.accuracy, course.speed))
    first = f"loss {loss:.3f} nats = {loss / np.log(2):.2f} bits a character"
    second = f"{100 * right:.1f} % right"
    if np.isfinite(speed):
        second += f", {speed:,.0f} characters a second"
    return f"{first}\n{second}"


def _last(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else float("nan")


def course_of(state: AtlasState, speeds: Array) -> Course:
    """A run's updates against epochs, averaged over some of them, and its speed where known."""
    updates = state.updates
    steps = updates.column("step")
    speed = np.full(len(steps), np.nan)
    if len(speeds) and len(steps):
        speed = np.interp(steps, speeds[:, 0], smoothed(speeds[:, 1]), left=np.nan)
    return Course(
        steps / state.updates_an_epoch,
        smoothed(updates.column("loss")),
        smoothed(updates.column("accuracy")),
        speed,
    )
