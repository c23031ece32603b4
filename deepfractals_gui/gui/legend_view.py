"""What the colours of a colouring mean, in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.coloring.lights import RGB
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.theme import theme

_MARK = 12
_LEAST_COLUMN = 116


class LegendView(QWidget):
    """Coloured marks with their meaning, in as many columns as fit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[tuple[str, RGB], ...] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Legend")

    @property
    def entries(self) -> tuple[tuple[str, RGB], ...]:
        return self._entries

    def set_entries(self, entries: Sequence[tuple[str, RGB]]) -> None:
        """Show labels and their sRGB colours; none hides the legend."""
        self._entries = tuple(entries)
        self.setAccessibleDescription(", ".join(label for label, _ in self._entries))
        self.setVisible(bool(self._entries))
        self.updateGeometry()
        self.update()

    def _line(self) -> int:
        return max(_MARK, self.fontMetrics().height()) + SPACE // 2

    def _columns(self, width: int) -> int:
        words = [self.fontMetrics().horizontalAdvance(label) for label, _ in self._entries]
        column = max([_LEAST_COLUMN, *(wide + _MARK + 3 * SPACE for wide in words)])
        return max(1, width // column)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return -(-len(self._entries) // self._columns(width)) * self._line()

    def sizeHint(self) -> QSize:
        width = self.width() if self.width() > 50 else 260
        return QSize(width, self.heightForWidth(width))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns, line = self._columns(self.width()), self._line()
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        rows = -(-len(self._entries) // columns)
        width = self.width() / columns
        for index, (label, rgb) in enumerate(self._entries):
            left, top = (index // rows) * width, (index % rows) * line
            painter.setPen(QPen(colors.color("line"), 1))
            painter.setBrush(QColor(*rgb))
            mark = QRectF(left + 0.5, top + (line - _MARK) / 2, _MARK, _MARK)
            painter.drawRoundedRect(mark, 2, 2)
            painter.setPen(colors.color("text"))
            words = QRectF(left + _MARK + SPACE, top, width - _MARK - SPACE, line)
            painter.drawText(words, centre, label)
        painter.end()
