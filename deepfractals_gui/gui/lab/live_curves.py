"""Loss and accuracy of the run at hand, of training and of test data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.controls import SPACE, QuietButton
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.run_plots import NewestWords, PlotStack

_TRAIN, _TEST = 0, 1
"""Series of the theme; test curves are dashed as well."""


@dataclass(frozen=True, eq=False)
class Curves:
    """A run's history against x (T,); what isn't known is NaN, and the arrays are float64 (T,)."""

    x: Array
    train_loss: Array
    test_loss: Array
    train_accuracy: Array
    test_accuracy: Array
    against: str = "epoch"

    @property
    def has_accuracy(self) -> bool:
        return bool(np.isfinite(self.train_accuracy).any() or np.isfinite(self.test_accuracy).any())


class LiveCurves(QWidget):
    """Two plots; the loss on a logarithmic or a linear axis."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss, self.accuracy = CurvePlot(), CurvePlot()
        for plot in (self.loss, self.accuracy):
            plot.setMinimumHeight(110)
        self.scale = QuietButton("log", "Logarithmic axis of the loss")
        self.scale.setCheckable(True)
        self.scale.setChecked(True)
        self.scale.setSizePolicy(
            self.scale.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed
        )
        self.scale.toggled.connect(self._rescale)
        self.now = NewestWords()
        self._curves: Curves | None = None
        head = QHBoxLayout()
        head.addWidget(self.now, 1)
        head.addWidget(self.scale)
        self._pages = PlotStack(
            (self.loss, self.accuracy),
            "The loss and the accuracy of every epoch are drawn here.",
            2 * SPACE,
        )
        self.empty = self._pages.empty
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self._pages, 1)

    def set_side_by_side(self, wanted: bool) -> None:
        """Lay the plots beside each other or below each other."""
        directions = QBoxLayout.Direction
        self._pages.rows.setDirection(directions.LeftToRight if wanted else directions.TopToBottom)

    def set_curves(self, curves: Curves | None) -> None:
        """Show a history; without two epochs there is no curve."""
        for phase in self.phases(curves):
            phase()

    def phases(self, curves: Curves | None) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly."""
        self._curves = curves
        self.now.setText("" if curves is None else newest_words(curves))
        if curves is None or len(curves.x) < 2:
            self._pages.show_plots(False)
            return []
        self._pages.show_plots(True)
        self.accuracy.setVisible(curves.has_accuracy)
        if not curves.has_accuracy:
            return [partial(self._show_loss, curves)]
        return [partial(self._show_loss, curves), partial(self._show_accuracy, curves)]

    def _show_loss(self, curves: Curves) -> None:
        log = self.scale.isChecked()
        lines = _lines("loss", curves.x, curves.train_loss, curves.test_loss, curves.against, log)
        self.loss.set_lines("loss", lines, [line.key for line in lines])

    def _show_accuracy(self, curves: Curves) -> None:
        lines = _lines(
            "accuracy", curves.x, curves.train_accuracy, curves.test_accuracy, curves.against, False
        )
        self.accuracy.set_lines("accuracy", lines, [line.key for line in lines])

    def _rescale(self, log: bool) -> None:
        self.set_curves(self._curves)


def _lines(name: str, x: Array, train: Array, test: Array, against: str, log: bool) -> list[Line]:
    found = [Line(Curve(name, x, train, log=log, against=against), Key("training", _TRAIN))]
    if np.isfinite(test).any():
        key = Key("test", _TEST, 1)
        found.append(Line(Curve(f"test {name}", x, test, log=log, against=against), key))
    return found


def newest_words(curves: Curves) -> str:
    """The newest known values: the losses in one line, the accuracies in the next."""
    words = []
    loss, test = newest(curves.train_loss), newest(curves.test_loss)
    if loss is not None:
        words.append(f"loss {loss:.3g}" + (f", test {test:.3g}" if test is not None else ""))
    right, held = newest(curves.train_accuracy), newest(curves.test_accuracy)
    if right is not None:
        words.append(
            f"{100 * right:.1f} % right"
            + (f", test {100 * held:.1f} %" if held is not None else "")
        )
    return "\n".join(words)


def newest(values: Array) -> float | None:
    """The last value that is known; infinite counts, NaN doesn't."""
    known = values[~np.isnan(values)]
    return float(known[-1]) if len(known) else None


def best_of(values: Array, greatest: bool) -> float | None:
    """The greatest or the least finite value, or None."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return float(np.max(known) if greatest else np.min(known))
