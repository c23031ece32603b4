"""A quiet sign that something is being computed, and a way to stop it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from deepfractals_gui.gui.controls import SPACE, QuietButton


class ProbingSign(QWidget):
    """A small bar that moves while a point is probed; hidden at first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = QProgressBar()
        # Nobody knows how long it takes: the bar only says that it goes on.
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(56, 4)
        self.bar.setAccessibleName("A point is being probed")
        self.bar.setToolTip("The history behind the point is being computed")
        self.stop_button = QuietButton("Stop", "Stop computing this point (Esc)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE // 2)
        row.addWidget(self.bar)
        row.addWidget(self.stop_button)
        self.hide()
