"""The curves of the run at hand, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.lab.live_curves import LiveCurves


class SidePanel(QWidget):
    """Curves, and three buttons below or beside them.

    Signals
    -------
    keepWished(), mapWished(), sliceWished()
    """

    keepWished = Signal()
    mapWished = Signal()
    sliceWished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves = LiveCurves()
        self.keep_button = QPushButton("Keep run")
        self.keep_button.setToolTip("Put this run into the table under Runs (K)")
        self.keep_button.clicked.connect(self.keepWished)
        self.map_button = QPushButton("Map its trainability")
        self.map_button.setToolTip(
            "Which learning rates train this network on this data? A map of all of them"
        )
        self.map_button.clicked.connect(self.mapWished)
        self.slice_button = QPushButton("Slice its loss landscape")
        self.slice_button.setToolTip("The loss around these weights, on a plane through them")
        self.slice_button.clicked.connect(self.sliceWished)
        self._buttons = QVBoxLayout()
        self._buttons.setSpacing(SPACE)
        for button in (self.keep_button, self.map_button, self.slice_button):
            button.setAccessibleDescription(button.toolTip())
            self._buttons.addWidget(button)
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._parts.setContentsMargins(SPACE, SPACE, 2 * SPACE, 2 * SPACE)
        self._parts.setSpacing(2 * SPACE)
        self._parts.addWidget(self.curves, 1)
        self._parts.addLayout(self._buttons)

    def set_wide(self, wide: bool) -> None:
        """Lay everything out from the left to the right, or from the top down."""
        directions = QBoxLayout.Direction
        self._parts.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self.curves.set_side_by_side(wide)
