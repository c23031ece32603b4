"""How a solve went: its residual, and how sure the readout would have been, step by step."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.experiments.field_views import Evolution
from deepfractals_gui.gui.controls import SPACE, MutedLabel
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot

MOST_CLASSES = 4
_STEP_SERIES = 1


class SolveCurves(QWidget):
    """Two plots over the steps, with a line at the step that is shown elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.residual, self.classes = CurvePlot(), CurvePlot()
        self.outcome = MutedLabel("Residual and answer are drawn here, step by step.")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        for plot in (self.residual, self.classes):
            plot.setMinimumHeight(110)
            column.addWidget(plot, 1)
        column.addWidget(self.outcome)
        self._evolution: Evolution | None = None
        self._probabilities: Array = np.zeros((0, 0))

    def set_evolution(
        self, evolution: Evolution, probabilities: Array, outcome: str, names: tuple[str, ...] = ()
    ) -> None:
        """Show an evolution of K steps with what is said at each: (K, classes)."""
        self._evolution, self._probabilities = evolution, probabilities
        self.outcome.setText(outcome)
        x = np.arange(len(probabilities), dtype=np.float64)
        lines = []
        # Those that are most probable at some step: of the end alone nothing need be seen early.
        most = probabilities.max(axis=0)
        chosen = sorted(np.argsort(-most, kind="stable")[:MOST_CLASSES].tolist())
        for number, label in enumerate(chosen):
            name = names[label] if names else str(label)
            curve = Curve(name, x, probabilities[:, label], against="step")
            lines.append(Line(curve, Key(name, number, number)))
        if lines:
            self.classes.set_lines("probability", lines, [one.key for one in lines], (0.0, 1.0))

    def set_step(self, step: int) -> None:
        """Mark a step."""
        found = self._evolution
        if found is None:
            return
        x = np.arange(len(found.residuals), dtype=np.float64)
        step = min(step, len(x) - 1)
        known = found.residuals[np.isfinite(found.residuals)]
        ends = np.array([known.min(), known.max()]) if len(known) else np.full(2, np.nan)
        lines = [
            Line(Curve("residual", x, found.residuals, log=True, against="step"), Key("residual")),
            Line(
                Curve("shown", np.full(2, float(step)), ends, log=True, against="step"),
                Key("shown", _STEP_SERIES, 1),
            ),
        ]  # fmt: skip
        self.residual.set_lines("residual", lines)
