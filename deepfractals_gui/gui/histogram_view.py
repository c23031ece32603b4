"""How often each value occurs, and the two levels between which colours run."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import small_font, theme

_SIDE = 8.0
_STRIP = 10.0
_FOOT = 18.0
_GRAB = 10.0
_ROUND = 1e-4


class HistogramView(QWidget):
    """A histogram with logarithmic heights and two levels to drag.

    The palette's strip under it runs between the levels. Left and right keys move the level that
    was touched last, up and down choose the other one.

    ``scrubbed(low, high)`` is emitted for moves made by a person; ``released`` at their end.
    """

    scrubbed = Signal(float, float)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edges: Array = np.zeros(0)
        self._counts: Array = np.zeros(0)
        self._levels = (0.0, 1.0)
        self._locked = False
        self._span = (0.0, 1.0)
        self._strip: QImage | None = None
        self._active: Literal[0, 1] = 0
        self._dragging = False
        self._message = ""
        self._adjustable = True
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Levels")
        self.setAccessibleDescription("Histogram; arrow keys move the low and the high level")

    @property
    def levels(self) -> tuple[float, float]:
        return self._levels

    @property
    def active(self) -> Literal["low", "high"]:
        """The level that the arrow keys move."""
        return "high" if self._active else "low"

    def set_histogram(self, edges: Array, counts: Array) -> None:
        """Show counts (N,) between edges (N + 1,); both empty when nothing is known."""
        self._edges, self._counts = edges, counts
        if not self._dragging:
            self._span = self._fitting_span()
        self.update()

    def set_levels(self, low: float, high: float, *, locked: bool) -> None:
        """Show levels, firmly or, where they follow the image, as outlines."""
        self._levels, self._locked = (low, high), locked
        if not self._dragging:
            self._span = self._fitting_span()
        self.update()

    def set_strip(self, rgb: Array | None) -> None:
        """Colours uint8 (1, N, 3) from the low level to the high one."""
        self._strip = None if rgb is None else image_of(rgb)
        self.update()

    def set_adjustable(self, adjustable: bool) -> None:
        """Show levels to drag, or the counts alone."""
        self._adjustable = adjustable
        focus = Qt.FocusPolicy.StrongFocus if adjustable else Qt.FocusPolicy.NoFocus
        self.setFocusPolicy(focus)
        self.update()

    def set_message(self, text: str) -> None:
        """Words in place of the histogram; "" shows it."""
        self._message = text
        self.update()

    # Geometry

    def _fitting_span(self) -> tuple[float, float]:
        ends = list(self._levels)
        if len(self._edges) > 1:
            ends += [float(self._edges[0]), float(self._edges[-1])]
        low, high = min(ends), max(ends)
        return (low, high) if high > low else (low - 0.5, high + 0.5)

    def x_of(self, value: float) -> float:
        """Pixels from the left at which a value lies."""
        low, high = self._span
        return _SIDE + (value - low) / (high - low) * (self.width() - 2 * _SIDE)

    def value_at(self, x: float) -> float:
        """The value at a pixel, rounded to a ten-thousandth of the range."""
        low, high = self._span
        value = low + (x - _SIDE) / max(self.width() - 2 * _SIDE, 1) * (high - low)
        places = math.ceil(-math.log10((high - low) * _ROUND))
        return round(value, places) if places > 0 else value

    @property
    def _live(self) -> bool:
        return self._adjustable and not self._message

    def _choose(self, value: float) -> None:
        low, high = self._levels
        gap = (self._span[1] - self._span[0]) * 1e-3
        new = (min(value, high - gap), high) if self._active == 0 else (low, max(value, low + gap))
        if new != self._levels:
            self._levels, self._locked = new, True
            self.update()
            self.scrubbed.emit(*new)

    # Events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or not self._live:
            event.ignore()
            return
        x = event.position().x()
        distances = [abs(x - self.x_of(level)) for level in self._levels]
        if math.isclose(*distances):
            self._active = 0 if x < self.x_of(self._levels[0]) else 1
        else:
            self._active = 0 if distances[0] < distances[1] else 1
        self._dragging = True
        self._choose(self.value_at(x))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if self._dragging:
            low, high = self._span
            self._choose(min(max(self.value_at(x), low), high))
            return
        near = self._live and min(abs(x - self.x_of(level)) for level in self._levels) < _GRAB
        self.setCursor(Qt.CursorShape.SizeHorCursor if near else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._dragging:
            self._dragging = False
            self._span = self._fitting_span()
            self.update()
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._live:
            event.ignore()
            return
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        step = (self._span[1] - self._span[0]) / (1000 if fine else 100)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            sign = 1 if event.key() == Qt.Key.Key_Right else -1
            self._choose(self._levels[self._active] + sign * step)
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._active = 0 if self._active else 1
            self.update()
        else:
            event.ignore()

    # Appearance

    def sizeHint(self) -> QSize:
        return QSize(220, 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 96)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._message:
            painter.setPen(colors.color("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(QRectF(self.rect()).adjusted(16, 0, -16, 0), flags, self._message)
            painter.end()
            return
        floor = self.height() - _FOOT - _STRIP
        self._paint_counts(painter, floor)
        low, high = (self.x_of(level) for level in self._levels)
        strip = QRectF(low, floor + 2, max(high - low, 1), _STRIP - 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("line"))
        painter.drawRect(QRectF(_SIDE, floor + 2, self.width() - 2 * _SIDE, _STRIP - 4))
        if self._strip is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(strip, self._strip)
        for index, level in enumerate(self._levels if self._adjustable else ()):
            self._paint_level(painter, self.x_of(level), index == self._active, floor)
        self._paint_ends(painter)
        painter.end()

    def _paint_counts(self, painter: QPainter, floor: float) -> None:
        if not len(self._counts) or self._counts.max() <= 0:
            return
        heights = np.log1p(self._counts) / math.log1p(float(self._counts.max())) * (floor - 4)
        outline = QPolygonF([QPointF(self.x_of(float(self._edges[0])), floor)])
        for left, right, height in zip(
            self._edges[:-1].tolist(), self._edges[1:].tolist(), heights.tolist(), strict=True
        ):
            outline.append(QPointF(self.x_of(left), floor - height))
            outline.append(QPointF(self.x_of(right), floor - height))
        outline.append(QPointF(self.x_of(float(self._edges[-1])), floor))
        painter.setPen(Qt.PenStyle.NoPen)
        low, high = (self.x_of(level) for level in self._levels)
        painter.setBrush(theme().color("faint", 0.35))
        painter.drawPolygon(outline)
        painter.setClipRect(QRectF(low, 0, max(high - low, 1), floor))
        painter.setBrush(theme().color("muted", 0.8))
        painter.drawPolygon(outline)
        painter.setClipping(False)

    def _paint_level(self, painter: QPainter, x: float, active: bool, floor: float) -> None:
        colors = theme()
        color = colors.color("accent" if active and self.hasFocus() else "text")
        painter.setPen(QPen(color, 1))
        x = round(x) + 0.5
        painter.drawLine(QPointF(x, 2), QPointF(x, floor + _STRIP - 1))
        top = floor + _STRIP - 1
        painter.setPen(QPen(color, 1.2))
        painter.setBrush(color if self._locked else colors.color("surface"))
        foot = [QPointF(x, top - 4), QPointF(x + 4.5, top + 4), QPointF(x - 4.5, top + 4)]
        painter.drawPolygon(foot)

    def _paint_ends(self, painter: QPainter) -> None:
        painter.setFont(small_font(self.font()))
        painter.setPen(theme().color("muted"))
        foot = QRectF(_SIDE, self.height() - _FOOT + 5, self.width() - 2 * _SIDE, _FOOT - 5)
        low, high = self._span
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft), f"{low:.4g}")
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight), f"{high:.4g}")
