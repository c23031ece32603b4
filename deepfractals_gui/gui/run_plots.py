"""Plots of a run that goes on, and its newest numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.controls import SPACE, EmptyState
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.theme import number_font

LIVE_POINTS = 480
"""Points drawn of a curve that changes all the time."""
SMOOTHED = 20
"""Updates over which losses and accuracies of batches are averaged."""
BEGINS = "The first updates are being computed…"


class NewestWords(QLabel):
    """The newest numbers of a run, in two lines at most."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "caption")
        self.setFont(number_font(self.font()))
        self.setAccessibleName("Newest values")
        # Changing numbers must not push anything about.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumHeight(2 * self.fontMetrics().height())


class PlotStack(QStackedWidget):
    """Plots below each other, or words for as long as there is nothing to draw.

    Attributes
    ----------
    empty : the words
    rows : the layout of the plots
    """

    def __init__(self, plots: Sequence[CurvePlot], words: str = "", gap: int = SPACE) -> None:
        super().__init__()
        self.empty = EmptyState(words)
        content = QWidget()
        self.rows = QBoxLayout(QBoxLayout.Direction.TopToBottom, content)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setSpacing(gap)
        for plot in plots:
            plot.most_points = LIVE_POINTS
            self.rows.addWidget(plot, 1)
        self.addWidget(self.empty)
        self.addWidget(content)

    def show_plots(self, shown: bool) -> None:
        """Show the plots, or the words."""
        self.setCurrentIndex(1 if shown else 0)


class RunPlots(QWidget):
    """Plots by name, and the newest numbers above them."""

    def __init__(self, names: Sequence[str], ready: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ready = ready
        self.plots = {name: CurvePlot() for name in names}
        self.now = NewestWords()
        self._pages = PlotStack(tuple(self.plots.values()))
        self.empty = self._pages.empty
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.now)
        column.addWidget(self._pages, 1)

    def _tell(self, words: str, running: bool, known: bool) -> None:
        """Show the newest numbers, and the plots once there is something to draw."""
        self.empty.label.setText(BEGINS if running else self._ready)
        self.now.setText(words)
        self._pages.show_plots(known)


def smoothed(values: Array, count: int = SMOOTHED) -> Array:
    """The mean of each value and those before it, ``count`` of them at most."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(ends - count, 0)
    return np.asarray((sums[ends] - sums[starts]) / (ends - starts))
