"""A small array as a table of numbers or, where it is larger, as a map."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.lab.colors import draw_image, frame, image, signed, signed_ink
from deepfractals_gui.gui.theme import Theme, appearance, number_font, small_font, theme

_WIDE, _TALL = 52.0, 20.0
_MOST_COLUMNS, _MOST_ROWS = 10, 12
_SIDE_MOST, _SIDE_LEAST = 20.0, 2.0
_ROOM = 320.0


class ArrayView(QWidget):
    """An array of one or two dimensions with its name and shape; values are read on hover.

    A vector is one row. Rows run downwards, as they are written.
    """

    def __init__(self, name: str, values: Array, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        array = np.asarray(values, dtype=np.float64)
        shape = " × ".join(str(size) for size in array.shape) or "one number"
        self.title = f"{name}   {shape}"
        self.values: Array = np.atleast_2d(array)
        self._most = 0.0
        self._at: tuple[int, int] | None = None
        self._picture: QImage | None = None
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{name}, {shape}")
        self.set_values(values)
        self.resize(self.sizeHint())
        appearance.changed.connect(self._restyle)

    def set_values(self, values: Array) -> None:
        """Show other values of the same shape."""
        self.values = np.atleast_2d(np.asarray(values, dtype=np.float64))
        finite = self.values[np.isfinite(self.values)]
        self._most = float(np.abs(finite).max()) if finite.size else 0.0
        norm = float(np.sqrt((finite**2).sum()))
        self.setAccessibleDescription(f"norm {norm:.4g}, greatest magnitude {self._most:.4g}")
        self._picture = None
        self.update()

    @property
    def written(self) -> bool:
        """True where the numbers are written out."""
        rows, columns = self.values.shape
        return bool(columns <= _MOST_COLUMNS and rows <= _MOST_ROWS)

    def _restyle(self, colors: Theme) -> None:
        self._picture = None
        self.update()

    # Geometry

    @property
    def _cell(self) -> tuple[float, float]:
        if self.written:
            return _WIDE, _TALL
        side = min(_SIDE_MOST, max(_SIDE_LEAST, _ROOM / max(self.values.shape)))
        return side, max(side, 10.0) if self.values.shape[0] == 1 else side

    @property
    def box(self) -> QRectF:
        """Where the values are, in pixels."""
        wide, tall = self._cell
        rows, columns = self.values.shape
        return QRectF(0, self.fontMetrics().height() + 4.0, wide * columns, tall * rows)

    def sizeHint(self) -> QSize:
        metrics, box = self.fontMetrics(), self.box
        wide = max(box.width(), metrics.horizontalAdvance(self.title) + 4.0, 150.0)
        foot = 0 if self.written else metrics.height() + 2
        return QSize(round(wide) + 2, round(box.bottom() + foot) + 2)

    # Reading

    @property
    def reading(self) -> str:
        """The value under the pointer, with its place."""
        if self._at is None:
            return ""
        row, column = self._at
        place = str(column + 1) if len(self.values) == 1 else f"{row + 1}, {column + 1}"
        return f"[{place}]  {self.values[row, column]:.6g}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = self._place_at(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._at = None
        self.update()

    def _place_at(self, at: QPointF) -> tuple[int, int] | None:
        box, (wide, tall) = self.box, self._cell
        if not box.contains(at):
            return None
        rows, columns = self.values.shape
        row, column = int((at.y() - box.top()) // tall), int((at.x() - box.left()) // wide)
        return min(row, rows - 1), min(column, columns - 1)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, metrics = theme(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head = QRectF(0, 0, self.width(), metrics.height() + 2)
        painter.setPen(colors.color("text" if self.reading and self.written else "muted"))
        painter.drawText(head, 0, self.reading if self.reading and self.written else self.title)
        box = self.box
        if self._picture is None:
            self._picture = image(signed(self.values, self._most)[::-1])
        draw_image(painter, box, self._picture, False)
        frame(painter, box)
        if self.written:
            self._paint_numbers(painter)
        else:
            painter.setPen(colors.color("text" if self.reading else "muted"))
            foot = QRectF(0, box.bottom() + 2, self.width(), metrics.height() + 2)
            painter.drawText(foot, 0, self.reading or f"within ± {self._most:.3g}")
        painter.end()

    def _paint_numbers(self, painter: QPainter) -> None:
        wide, tall = self._cell
        box = self.box
        for (row, column), value in np.ndenumerate(self.values):
            cell = QRectF(box.left() + column * wide, box.top() + row * tall, wide, tall)
            share = value / self._most if self._most and np.isfinite(value) else 0.0
            painter.setPen(signed_ink(float(share)))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, f"{value:.3g}")
