"""A complex number as a point to drag on a small plane."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import format_complex
from deepfractals_gui.gui.controls import faint
from deepfractals_gui.gui.theme import theme

_MARGIN = 8.0
_STEPS = {
    Qt.Key.Key_Left: complex(-1, 0),
    Qt.Key.Key_Right: complex(1, 0),
    Qt.Key.Key_Up: complex(0, 1),
    Qt.Key.Key_Down: complex(0, -1),
}


class ComplexPlane(QWidget):
    """A square of the complex plane around 0 with a point to drag, the axes and the unit circle.

    ``extent`` is the largest |Re z| and |Im z| shown; it doubles when a value lies outside, and
    the wheel (while focused) or the + and - keys change it. Arrow keys move the point by a
    fiftieth of the extent, with Shift by a five-hundredth; Shift while dragging moves ten times
    finer.

    ``scrubbed(z)`` is emitted for moves made by a person, never by `set_number`; ``released``
    when the mouse lets go.
    """

    scrubbed = Signal(complex)
    released = Signal()

    def __init__(
        self,
        extent: float = 2.0,
        *,
        limit: float | None = None,
        default: complex | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.limit = limit
        self.default = default
        self.extent = self._home_extent = float(extent)
        self._number = 0j
        self._grip: tuple[QPointF, complex] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleDescription("A point of the complex plane; arrow keys move it")

    @property
    def number(self) -> complex:
        return self._number

    def set_number(self, number: complex) -> None:
        """Show a number without emitting `scrubbed`."""
        self._number = complex(number)
        if self._grip is None:
            reach = max(abs(number.real), abs(number.imag))
            self.extent = self._home_extent
            while self.extent < reach < 1e300:
                self.extent *= 2
        self.setToolTip(format_complex(self._number))
        self.update()

    def point_of(self, number: complex) -> QPointF:
        """Where a number lies, in pixels from the upper left corner."""
        scale = self._scale()
        return QPointF(
            self.width() / 2 + number.real * scale, self.height() / 2 - number.imag * scale
        )

    def number_at(self, point: QPointF) -> complex:
        """The number under a pixel, rounded to what a pixel resolves and kept within `limit`."""
        scale = self._scale()
        return self._allowed(
            complex((point.x() - self.width() / 2) / scale, (self.height() / 2 - point.y()) / scale)
        )

    def _scale(self) -> float:
        """Pixels per unit."""
        return (min(self.width(), self.height()) / 2 - _MARGIN) / self.extent

    def _allowed(self, number: complex, grain: float | None = None) -> complex:
        reach = self.extent
        number = complex(min(max(number.real, -reach), reach), min(max(number.imag, -reach), reach))
        if self.limit is not None and abs(number) > self.limit:
            number *= (1 - 1e-12) * self.limit / abs(number)
        places = max(0, math.ceil(-math.log10(grain or 1 / self._scale())))
        rounded = complex(round(number.real, places), round(number.imag, places))
        if self.limit is not None and abs(rounded) > self.limit:
            return number
        # 0.0 rather than -0.0: the sign would show as a stray minus.
        return complex(rounded.real + 0.0, rounded.imag + 0.0)

    def _choose(self, number: complex) -> None:
        if number != self._number:
            self._number = number
            self.setToolTip(format_complex(number))
            self.update()
            self.scrubbed.emit(number)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        start = self._number if fine else self.number_at(event.position())
        self._grip = (event.position(), start)
        self._choose(start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            return
        at, start = self._grip
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            moved = event.position() - at
            step = complex(moved.x(), -moved.y()) / (10 * self._scale())
            self._choose(self._allowed(start + step, 0.1 / self._scale()))
        else:
            self._choose(self.number_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._grip is not None:
            self._grip = None
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            step = self.extent / (500 if fine else 50)
            self._choose(self._allowed(self._number + step * _STEPS[key], step / 10))
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(0.5)
        elif key == Qt.Key.Key_Minus:
            self._zoom(2.0)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self._zoom(0.5 if event.angleDelta().y() > 0 else 2.0)
        event.accept()

    def _zoom(self, factor: float) -> None:
        reach = max(abs(self._number.real), abs(self._number.imag), 1e-6)
        if reach <= self.extent * factor <= 1e6:
            self.extent *= factor
            self._home_extent = self.extent
            self.update()

    # Appearance

    def sizeHint(self) -> QSize:
        return QSize(128, 128)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        text, accent = colors.color("text"), colors.color("accent")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(accent if self.hasFocus() else colors.color("line"), 1))
        painter.setBrush(colors.color("field"))
        painter.drawRoundedRect(frame, 4, 4)
        painter.setClipRect(frame.adjusted(1, 1, -1, -1))
        self._paint_grid(painter, text)
        if self.default is not None:
            painter.setPen(QPen(faint(text, 130), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.point_of(self.default), 3, 3)
        at = self.point_of(self._number)
        painter.setPen(QPen(faint(accent, 110), 1))
        painter.drawLine(self.point_of(0j), at)
        painter.setPen(QPen(colors.color("field"), 1.5))
        painter.setBrush(accent)
        painter.drawEllipse(at, 5.5, 5.5)
        painter.end()

    def _paint_grid(self, painter: QPainter, text: QColor) -> None:
        spacing = 10.0 ** math.floor(math.log10(self.extent))
        if self.extent / spacing < 3:
            spacing /= 2
        origin, scale = self.point_of(0j), self._scale()
        count = math.floor((self.extent + _MARGIN / scale) / spacing)
        for index in range(-count, count + 1):
            painter.setPen(QPen(faint(text, 70 if index == 0 else 22), 1))
            offset = index * spacing * scale
            # Half pixels keep one-pixel lines crisp.
            x, y = round(origin.x() + offset) + 0.5, round(origin.y() + offset) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
            painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(faint(text, 110), 1, Qt.PenStyle.DashLine))
        painter.drawEllipse(origin, scale, scale)
        font = QFont(self.font())
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.75))
        painter.setFont(font)
        painter.setPen(faint(text, 150))
        label = QRectF(self.rect()).adjusted(4, 2, -4, -2)
        painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom, "Re")
        painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, "Im")
        reach = f"±{self.extent:g}"
        painter.drawText(label, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, reach)
