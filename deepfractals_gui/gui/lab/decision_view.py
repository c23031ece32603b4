"""What the network has learned of data that can be drawn: a plane, or a function of one number."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QStackedWidget, QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.controls import EmptyState
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.lab.plane_view import PlaneView, Points

_DATA_SERIES, _TEST_SERIES, _FUNCTION_SERIES = 1, 2, 0
_DOTS = {False: 2, True: 3}
"""Patterns of discs and rings, neither of them that of the function's line."""


class DecisionView(QStackedWidget):
    """Shows a `PlaneView` for two inputs, a plot for one, and words for more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = PlaneView()
        self.function = CurvePlot()
        self.empty = EmptyState("")
        for part in (self.empty, self.plane, self.function):
            self.addWidget(part)
        self._data: tuple[Line, ...] = ()

    def show_plane(
        self, points: Points, x: tuple[float, float], y: tuple[float, float],
        names: tuple[str, ...] = (), axes: tuple[str, str] = ("x", "y"),
    ) -> None:  # fmt: skip
        """Turn to the plane with these points; what the network says comes later."""
        self.plane.set_span(x, y, axes)
        self.plane.set_points(points, names)
        self.plane.set_probabilities(None)
        self.setCurrentWidget(self.plane)

    def show_function(
        self, x: Array, y: Array, test: Array, axes: tuple[str, str] = ("x", "y")
    ) -> None:
        """Turn to the plot with data points (x, y), float64 (N,)."""
        self._data = ()
        order = np.argsort(x, kind="stable")
        for name, series, held in (("data", _DATA_SERIES, False), ("test", _TEST_SERIES, True)):
            chosen = order[test[order] == held]
            if len(chosen):
                curve = Curve(
                    name, x[chosen], y[chosen], group=axes[1], against=axes[0], joined=False
                )
                self._data += (Line(curve, Key(name, series, _DOTS[held])),)
        self._axes = axes
        self.set_function(np.zeros(0), np.zeros(0))
        self.setCurrentWidget(self.function)

    def show_nothing(self, why: str) -> None:
        """Turn to a sentence that says what to look at instead."""
        self.empty.label.setText(why)
        self.setCurrentWidget(self.empty)

    def set_function(self, x: Array, y: Array) -> None:
        """Draw the learned function (M,) over the data."""
        lines = list(self._data)
        if len(x):
            curve = Curve("network", x, y, group=self._axes[1], against=self._axes[0])
            lines.append(Line(curve, Key("network", _FUNCTION_SERIES)))
        if lines:
            self.function.set_lines(self._axes[1], lines, [line.key for line in lines])
