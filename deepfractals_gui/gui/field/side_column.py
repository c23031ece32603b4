"""What is told of the field at the right: one of several sights, and a way to its map."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE, Segmented
from deepfractals_gui.gui.field.race_view import RaceView
from deepfractals_gui.gui.field.solve_curves import SolveCurves
from deepfractals_gui.gui.field.training_curves import TrainingCurves

SIGHTS = (("solving", "Solve"), ("race", "Race"), ("training", "Training"))


class SideColumn(QWidget):
    """The curves of a solve, the race of the solvers, the curves of training."""

    def __init__(self) -> None:
        super().__init__()
        self.curves, self.race, self.training = SolveCurves(), RaceView(), TrainingCurves()
        self.sights = Segmented(SIGHTS)
        self.sights.setAccessibleName("What is told of the field")
        self._stack = QStackedWidget()
        for sight in (self.curves, self.race, self.training):
            self._stack.addWidget(sight)
        self.map_button = QPushButton("Map where it converges")
        self.map_button.setToolTip(
            "For which a and γ does this kernel settle? A map of all of them, on fewer points"
        )
        self.map_button.setAccessibleDescription(self.map_button.toolTip())
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE, 0, 2 * SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(self.sights)
        column.addWidget(self._stack, 1)
        column.addWidget(self.map_button)

    def turn(self, key: str) -> None:
        """Show another of the sights."""
        self._stack.setCurrentIndex([one for one, _ in SIGHTS].index(key))
