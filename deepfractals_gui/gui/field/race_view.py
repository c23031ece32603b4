"""Three ways to one fixed point: residuals over evaluations, and what each of them needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from deepfractals_gui.core import Curve, Status
from deepfractals_gui.experiments.field_views import Race
from deepfractals_gui.gui.controls import SPACE, MutedLabel
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.theme import number_font

TITLES = {"naive": "damped iteration", "anderson": "Anderson", "multigrid": "multigrid"}


class RaceView(QWidget):
    """A plot with one curve a solver, and a table: evaluations, residual, outcome."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.races: tuple[Race, ...] = ()
        self.plot = CurvePlot()
        self.plot.setMinimumHeight(120)
        self.note = MutedLabel("The solvers are compared on the drawing at hand.")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(SPACE)
        self._table.setVerticalSpacing(SPACE // 2)
        self._table.setColumnStretch(0, 1)
        self.cells: list[list[QLabel]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.plot, 1)
        column.addLayout(self._table)
        column.addWidget(self.note)

    def set_races(self, races: Sequence[Race]) -> None:
        """Show how solvers fared on one problem."""
        self.races = tuple(races)
        lines = [
            Line(
                Curve(
                    title_of(one), one.evaluations, one.residuals, log=True,
                    against="evaluations of f",
                ),
                Key(title_of(one), number, number),
            )
            for number, one in enumerate(self.races)
        ]  # fmt: skip
        if lines:
            self.plot.set_lines("residual", lines, [line.key for line in lines])
        self._fill()
        self.note.setText(self.verdict)

    @property
    def verdict(self) -> str:
        """Which solver needed the fewest evaluations, in a sentence."""
        ended = [one for one in self.races if one.status == Status.CONVERGED]
        if not ended:
            return "None of them settles." if self.races else ""
        best = min(ended, key=cost_of)
        title = title_of(best)
        return f"{sentence(title)} needs the fewest evaluations: {cost_of(best):.3g}."

    def _fill(self) -> None:
        while len(self.cells) < len(self.races):
            row = len(self.cells) + 1
            cells = [QLabel() for _ in range(3)]
            for column, cell in enumerate(cells):
                if column:
                    cell.setFont(number_font(cell.font()))
                    cell.setAlignment(Qt.AlignmentFlag.AlignRight)
                self._table.addWidget(cell, row, column)
            self.cells.append(cells)
        for cells, one in zip(self.cells, self.races, strict=False):
            words = (title_of(one), f"{cost_of(one):.4g}", one.status.label)
            for cell, text in zip(cells, words, strict=True):
                cell.setText(text)
            cells[1].setToolTip("Evaluations of f; one on a coarse grid counts by its points")
            cells[2].setToolTip(f"{one.status.message} Residual {np.nanmin(one.residuals):.1e}")


def title_of(one: Race) -> str:
    return TITLES.get(one.solver, one.solver)


def cost_of(one: Race) -> float:
    """Evaluations of f until the solver ended."""
    return float(one.evaluations[-1])
