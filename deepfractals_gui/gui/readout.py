"""Names and values in two aligned columns, painted, so that they can change with every move."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.theme import number_font, theme


@dataclass(frozen=True)
class Row:
    """One line: a name, its value as text, and words that explain it on hovering."""

    name: str
    value: str
    help: str = ""


class Readout(QWidget):
    """Rows of names and values; a long value is cut at its end, its tooltip has all of it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Row, ...] = ()
        self.setFont(number_font(self.font()))
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def rows(self) -> tuple[Row, ...]:
        return self._rows

    def set_rows(self, rows: Iterable[Row]) -> None:
        new = tuple(rows)
        if new == self._rows:
            return
        grown = len(new) != len(self._rows)
        self._rows = new
        self.setAccessibleDescription(self.text())
        if grown:
            self.updateGeometry()
        self.update()

    def text(self) -> str:
        """The rows as lines of text, name and value separated by a tab."""
        return "\n".join(f"{row.name}\t{row.value}" for row in self._rows)

    def value(self, name: str) -> str:
        """The value of a row. Raises KeyError."""
        for row in self._rows:
            if row.name == name:
                return row.value
        raise KeyError(name)

    def _line(self) -> int:
        return self.fontMetrics().height() + SPACE // 2

    def sizeHint(self) -> QSize:
        return QSize(200, max(1, len(self._rows)) * self._line())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, max(1, len(self._rows)) * self._line())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = event.pos().y() // self._line()
            if 0 <= index < len(self._rows):
                row = self._rows[index]
                words = f"{row.name}: {row.value}\n{row.help}".strip()
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return bool(super().event(event))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        line, metrics = self._line(), self.fontMetrics()
        names = max((metrics.horizontalAdvance(row.name) for row in self._rows), default=0) + 2
        values = max((metrics.horizontalAdvance(row.value) for row in self._rows), default=0) + 2
        # Names may take little more than half of the width, and less where a value would be cut:
        # values matter more.
        rest = max(self.width() - 2 * SPACE - values, int(0.4 * self.width()))
        left = min(names, rest, int(0.56 * self.width()))
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for index, row in enumerate(self._rows):
            name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, left)
            painter.setPen(colors.color("muted"))
            painter.drawText(QRectF(0, index * line, left, line), centre, name)
            space = self.width() - left - 2 * SPACE
            value = metrics.elidedText(row.value, Qt.TextElideMode.ElideRight, space)
            painter.setPen(colors.color("text"))
            painter.drawText(QRectF(left + 2 * SPACE, index * line, space, line), centre, value)
        painter.end()
