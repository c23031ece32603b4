"""Loss and accuracy of the run at hand, of training and of test data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.controls import SPACE, MutedLabel, Segmented
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot

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
        self.scale = Segmented((("log", "log"), ("linear", "linear")))
        self.scale.setAccessibleName("Axis of the loss")
        self.scale.setSizePolicy(
            self.scale.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed
        )
        self.scale.chosen.connect(self._rescale)
        self.now = MutedLabel()
        self.now.setWordWrap(False)
        self.now.setAccessibleName("Newest values")
        self._curves: Curves | None = None
        head = QHBoxLayout()
        head.addWidget(self.now, 1)
        head.addWidget(self.scale)
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._plots.setSpacing(2 * SPACE)
        self._plots.addWidget(self.loss, 1)
        self._plots.addWidget(self.accuracy, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addLayout(self._plots, 1)

    def set_side_by_side(self, wanted: bool) -> None:
        """Lay the plots beside each other or below each other."""
        directions = QBoxLayout.Direction
        self._plots.setDirection(directions.LeftToRight if wanted else directions.TopToBottom)

    def set_curves(self, curves: Curves | None) -> None:
        """Show a history; None or an empty one shows empty plots."""
        self._curves = curves
        if curves is None or not len(curves.x):
            self.loss.set_lines("loss", [_nothing("loss")])
            self.accuracy.set_lines("accuracy", [_nothing("accuracy")])
            self.accuracy.setVisible(curves is None or curves.has_accuracy)
            self.now.setText("")
            return
        log = self.scale.key == "log"
        lines = _lines("loss", curves.x, curves.train_loss, curves.test_loss, curves.against, log)
        self.loss.set_lines("loss", lines, [line.key for line in lines])
        self.accuracy.setVisible(curves.has_accuracy)
        if curves.has_accuracy:
            lines = _lines(
                "accuracy", curves.x, curves.train_accuracy, curves.test_accuracy, curves.against,
                False,
            )  # fmt: skip
            self.accuracy.set_lines("accuracy", lines, [line.key for line in lines])
        self.now.setText(newest_words(curves))

    def _rescale(self, key: str) -> None:
        self.set_curves(self._curves)


def _lines(name: str, x: Array, train: Array, test: Array, against: str, log: bool) -> list[Line]:
    found = [Line(Curve(name, x, train, log=log, against=against), Key("training", _TRAIN))]
    if np.isfinite(test).any():
        key = Key("test", _TEST, 1)
        found.append(Line(Curve(f"test {name}", x, test, log=log, against=against), key))
    return found


def _nothing(name: str) -> Line:
    empty = np.zeros(0)
    return Line(Curve(name, empty, empty, against="epoch"), Key(name, _TRAIN))


def newest_words(curves: Curves) -> str:
    """The newest known values, such as "loss 0.031, test 0.045 · 98.5 %, test 97.0 %"."""
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
    return "   ·   ".join(words)


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
