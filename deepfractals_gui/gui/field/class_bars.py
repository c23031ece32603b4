"""What the readout says of a step: one bar a class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.theme import number_font, small_font, theme


class ClassBars(QWidget):
    """Probabilities (k,) as bars that stand side by side; the greatest is named."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.probabilities: Array = np.zeros(0)
        self.names: tuple[str, ...] = ()
        self.setFont(number_font(small_font(self.font())))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Probabilities of the classes")

    def set_probabilities(self, values: Array, names: Sequence[str] = ()) -> None:
        """Show probabilities; without names the classes are counted from 0."""
        self.probabilities = np.asarray(values, np.float64)
        self.names = tuple(names) or tuple(str(label) for label in range(len(values)))
        self.setAccessibleDescription(self.reading)
        self.update()

    @property
    def best(self) -> int | None:
        """The class that is most probable."""
        return int(self.probabilities.argmax()) if len(self.probabilities) else None

    @property
    def reading(self) -> str:
        if self.best is None:
            return ""
        return f"{self.names[self.best]}: {self.probabilities[self.best]:.0%}"

    def sizeHint(self) -> QSize:
        return QSize(260, 4 * self.fontMetrics().height() + 8)

    def minimumSizeHint(self) -> QSize:
        return QSize(150, 3 * self.fontMetrics().height() + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        count = len(self.probabilities)
        if not count:
            return
        colors, high = theme(), self.fontMetrics().height()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = self.width() / count
        room = self.height() - 2.0 * high - 6.0
        centre = Qt.AlignmentFlag.AlignCenter
        for label, value in enumerate(self.probabilities):
            left, foot = label * wide, self.height() - high - 3.0
            first = label == self.best
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("line"))
            bar = min(wide - 4.0, 34.0)
            middle = left + wide / 2
            painter.drawRect(QRectF(middle - bar / 2, foot - 1.0, bar, 1.0))
            painter.setBrush(colors.color("accent" if first else "faint"))
            tall = room * float(value)
            painter.drawRect(QRectF(middle - bar / 2, foot - tall, bar, tall))
            painter.setPen(colors.color("text" if first else "muted"))
            painter.drawText(QRectF(left, foot + 2.0, wide, high), centre, self.names[label])
            if first:
                words = QRectF(middle - 30.0, foot - tall - high, 60.0, high)
                words.moveLeft(min(max(words.left(), 0.0), self.width() - words.width()))
                painter.drawText(words, centre, f"{value:.0%}")
        painter.end()
