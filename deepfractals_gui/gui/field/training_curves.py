"""What a run of the field has recorded: loss, accuracy, evaluations of a solve, σ."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.experiments.field_state import FieldState
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.run_plots import RunPlots, smoothed

TURN_MS = 20
"""From plot to plot: four of them, well within the time from look to look."""

_READY = "Train (Space): loss, accuracy, evaluations and σ are drawn here."


class TrainingCurves(RunPlots):
    """Four plots over the epochs, and the newest numbers above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(("loss", "accuracy", "evaluations", "sigma"), _READY, parent)
        self._waiting: dict[str, list[Line]] = {}
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(TURN_MS)
        self._turn.timeout.connect(self._draw_next)

    def set_state(self, state: FieldState, running: bool = False) -> None:
        """Show a run as it is now."""
        known = len(state.updates) > 1
        self._tell(newest_words(state), running, known)
        if known:
            self._waiting = lines_of(state)
            self._draw_next()

    @Slot()
    def _draw_next(self) -> None:
        """Give one plot its lines; the others follow, so that no turn of the window is long."""
        if not self._waiting:
            return
        name = next(iter(self._waiting))
        lines = self._waiting.pop(name)
        title = "σ" if name == "sigma" else name
        self.plots[name].set_lines(title, lines, [one.key for one in lines[:2]])
        if self._waiting:
            self._turn.start()


def lines_of(state: FieldState) -> dict[str, list[Line]]:
    """The lines of each plot, over epochs."""
    updates, epochs = state.updates, state.trace
    x = updates.column("step") / state.batches_an_epoch
    tested = epochs.column("step") / state.batches_an_epoch

    def line(name: str, x: Array, y: Array, series: int, *, log: bool = False) -> Line:
        return Line(Curve(name, x, y, log=log, against="epoch"), Key(name, series, series))

    loss = [line("training", x, smoothed(updates.column("loss")), 0, log=True)]
    right = [line("training", x, smoothed(updates.column("accuracy")), 0)]
    if np.isfinite(epochs.column("test_loss")).any():
        loss.append(line("test", tested, epochs.column("test_loss"), 1, log=True))
        right.append(line("test", tested, epochs.column("test_accuracy"), 1))
    cost = [
        line("forward", x, updates.column("forward"), 0),
        line("adjoint", x, updates.column("backward"), 1),
    ]
    sigma = [line("σ of W", x, updates.column("sigma"), 2)]
    return {"loss": loss, "accuracy": right, "evaluations": cost, "sigma": sigma}


def newest_words(state: FieldState) -> str:
    """The newest numbers in two lines."""
    if not len(state.updates):
        return ""
    last = state.updates[-1]
    first = f"{last.forward:.3g} + {last.backward:.3g} evaluations, σ {last.sigma:.3g}"
    if not len(state.trace):
        return first
    epoch = state.trace[-1]
    words = f"{100 * epoch.train_accuracy:.1f} % right"
    if np.isfinite(epoch.test_accuracy):
        words += f", test {100 * epoch.test_accuracy:.1f} %, best {100 * state.best_accuracy:.1f} %"
    return f"{first}\n{words}"
