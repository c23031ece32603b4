"""What a run of the atlas has recorded: loss, accuracy, characters a second."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.experiments.atlas_state import AtlasState
from deepfractals_gui.gui.controls import SPACE, EmptyState
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.field.training_curves import smoothed
from deepfractals_gui.gui.lab.live_curves import LIVE_POINTS
from deepfractals_gui.gui.theme import number_font

_READY = "Train (Space): loss, accuracy and characters a second are drawn here."
_BEGINS = "The first updates are being computed…"


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


class AtlasCurves(QWidget):
    """Three plots over the epochs, and the newest numbers above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plots = {key: CurvePlot() for key in ("loss", "accuracy", "speed")}
        self.now = QLabel()
        self.now.setProperty("role", "caption")
        self.now.setFont(number_font(self.now.font()))
        self.now.setAccessibleName("Newest values")
        # Changing numbers must not push anything about.
        self.now.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.now.setMinimumHeight(2 * self.now.fontMetrics().height())
        plots = QWidget()
        inner = QVBoxLayout(plots)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACE)
        for plot in self.plots.values():
            plot.most_points = LIVE_POINTS
            inner.addWidget(plot, 1)
        self.empty = EmptyState(_READY)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(plots)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.now)
        column.addWidget(self._pages, 1)

    def set_course(self, course: Course, running: bool = False) -> None:
        """Show a run as it is now."""
        for phase in self.phases(course, running):
            phase()

    def phases(self, course: Course, running: bool = False) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly."""
        self.empty.label.setText(_BEGINS if running else _READY)
        self.now.setText(newest_words(course))
        known = len(course.epoch) > 1
        self._pages.setCurrentIndex(1 if known else 0)
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
