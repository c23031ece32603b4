"""Accuracy along a book: a strip to zoom and to scrub, each column as high as it is right."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.atlas.heat_columns import columns, swatches
from deepfractals_gui.gui.atlas.read_text import ReadText
from deepfractals_gui.gui.axes import linear_ticks
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import number_font, small_font, theme

NEAREST = 24
"""Characters that the strip shows at its closest."""
NOTCH = 1.35
"""How much closer a notch of the wheel comes."""
PAGE = 1500
"""Characters that Page Up and Page Down go, until it is said how many a page has."""


class HeatStrip(QWidget):
    """How much of each part of a book is right, in height and colour; hatched: not read yet.

    The wheel zooms about the pointer, a click or a drag chooses a character, the middle button
    moves the strip. Left and Right go a character (with Ctrl a word's length), Page Up and Page
    Down a page, Home and End to the ends, + and - zoom, 0 shows the whole book.

    ``scrubbed(at)`` carries the character that a person has chosen.
    """

    scrubbed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.read = ReadText(0)
        self.longest = 1
        self.fold = 0
        self.at = 0
        self.page = PAGE
        self.span = (0.0, 1.0)
        self._moved: tuple[float, float] | None = None
        self._image: QImage | None = None
        self._drawn: object = None
        self.setFont(number_font(small_font(self.font())))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Accuracy along the book")
        self.setToolTip(
            "Accuracy along the book. Wheel: zoom. Click or drag: go there. "
            "Middle button: move. 0: all of it."
        )
        self._describe()

    # What is shown

    def set_text(self, read: ReadText, longest: int = 0, fold: int = 0) -> None:
        """Show another text, all of it.

        Parameters
        ----------
        longest : N_max of x = (i + 1/2) / N_max
        fold : characters after which i begins again, as a text with a key for every page does;
            0: it doesn't
        """
        same = len(read) == len(self.read)
        self.read, self.longest, self.fold = read, max(longest, 1), fold
        if not same:
            self.at = 0
            self.span = (0.0, float(max(len(read), 1)))
        self.refresh()

    def refresh(self) -> None:
        """Draw anew what has been read since."""
        self._drawn = None
        self._describe()
        self.update()

    def set_at(self, at: int) -> None:
        """Mark a character, and move the strip where it isn't on it; emits nothing."""
        self.at = min(max(at, 0), max(len(self.read) - 1, 0))
        low, high = self.span
        if not low <= self.at < high:
            self._show_span(self.at + 0.5 - (high - low) / 2, high - low)
        self._describe()
        self.update()

    @property
    def coordinate(self) -> float:
        """The coordinate of the character that is marked."""
        at = self.at % self.fold if self.fold else self.at
        return (at + 0.5) / self.longest

    @property
    def reading(self) -> str:
        """Where it stands, in words."""
        count = len(self.read)
        if not count:
            return ""
        return f"x = {self.coordinate:.7f}, {self.at + 1:,} of {count:,}"

    def _describe(self) -> None:
        words = self.reading
        accuracy = self.read.accuracy
        if not math.isnan(accuracy):
            words += f"; {100 * accuracy:.1f} % of what was read is right"
        self.setAccessibleDescription(words)

    # Zooming

    def zoom(self, factor: float, about: float | None = None) -> None:
        """Come so many times closer, keeping a place (in characters) where it is."""
        low, high = self.span
        about = self.at + 0.5 if about is None else about
        if not low <= about <= high:
            about = (low + high) / 2
        least = min(float(NEAREST), float(max(len(self.read), 1)))
        wide = min(max((high - low) / factor, least), float(max(len(self.read), 1)))
        self._show_span(about - (about - low) * wide / (high - low), wide)

    def show_all(self) -> None:
        self._show_span(0.0, float(max(len(self.read), 1)))

    def _show_span(self, low: float, wide: float) -> None:
        low = min(max(low, 0.0), max(len(self.read), 1) - wide)
        self.span = (low, low + wide)
        self.update()

    # Places

    def box(self) -> QRectF:
        """Where the columns are, in pixels."""
        high = self.fontMetrics().height()
        return QRectF(0.0, high + 5.0, self.width(), max(self.height() - 2 * high - 18.0, 8.0))

    def _overview(self) -> QRectF:
        """The line that tells which part of the book is shown."""
        box = self.box()
        return QRectF(box.left(), box.bottom() + 3.0, box.width(), 4.0)

    def place_of(self, x: float) -> float:
        """The place in the book, in characters, at a pixel."""
        low, high = self.span
        return low + (x / max(self.width(), 1)) * (high - low)

    def pixel_of(self, place: float) -> float:
        low, high = self.span
        return (place - low) / (high - low) * self.width()

    def edges(self) -> Array:
        """Characters at which columns begin, and where the last one ends: int64 (M + 1,).

        A column is a pixel, or a character where these are wider.
        """
        low, high = self.span
        first, last = math.floor(low), math.ceil(high)
        ratio = self.devicePixelRatioF()
        pixels = max(round(self.width() * ratio), 1)
        if last - first <= pixels:
            return np.arange(first, min(last, len(self.read)) + 1)
        edges = low + np.arange(pixels + 1) * ((high - low) / pixels)
        return np.minimum(np.round(edges).astype(np.int64), len(self.read))

    def sizeHint(self) -> QSize:
        return QSize(400, 2 * self.fontMetrics().height() + 62)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 2 * self.fontMetrics().height() + 50)

    # The pointer and the keyboard

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if abs(turned.x()) > abs(turned.y()):
            low, high = self.span
            self._show_span(low - turned.x() / 1200 * (high - low), high - low)
        elif turned.y():
            gentle = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            notch = 1.0 + (NOTCH - 1.0) / 4 if gentle else NOTCH
            self.zoom(notch ** (turned.y() / 120), self.place_of(event.position().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._moved = (event.position().x(), self.span[0])
        elif event.button() == Qt.MouseButton.LeftButton:
            self._scrub_to(event.position().x())
        else:
            event.ignore()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._moved is not None:
            start, low = self._moved
            wide = self.span[1] - self.span[0]
            self._show_span(low - (event.position().x() - start) / self.width() * wide, wide)
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self._scrub_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._moved = None

    def _scrub_to(self, x: float) -> None:
        self._scrub(math.floor(self.place_of(min(max(x, 0.0), self.width() - 1.0))))

    def _scrub(self, at: int) -> None:
        if not len(self.read):
            return
        before = self.at
        self.set_at(at)
        if self.at != before:
            self.scrubbed.emit(self.at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        step = 10 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1
        places = {
            Qt.Key.Key_Left: self.at - step,
            Qt.Key.Key_Right: self.at + step,
            Qt.Key.Key_PageUp: self.at - self.page,
            Qt.Key.Key_PageDown: self.at + self.page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(self.read) - 1,
        }
        if key in places:
            self._scrub(places[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom(NOTCH)
        elif key == Qt.Key.Key_Minus:
            self.zoom(1 / NOTCH)
        elif key == Qt.Key.Key_0:
            self.show_all()
        else:
            super().keyPressEvent(event)

    # Drawing

    def picture(self) -> QImage:
        """The columns as an image as wide as there are columns; made once for each view."""
        box, edges = self.box(), self.edges()
        tall = max(round(box.height() * self.devicePixelRatioF()), 1)
        key = (self.read, self.span, self.width(), tall, theme().name)
        if self._image is None or key != self._drawn:
            accuracy, unread = self.read.shares(edges)
            self._image = image_of(columns(accuracy, unread, tall, theme()))
            self._drawn = key
        return self._image

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, box = theme(), self.box()
        painter = QPainter(self)
        self._paint_head(painter)
        painter.fillRect(box, colors.color("field"))
        if len(self.read):
            edges, image = self.edges(), self.picture()
            ends = self.pixel_of(float(edges[0])), self.pixel_of(float(edges[-1]))
            if len(edges) - 1 == round(self.width() * self.devicePixelRatioF()):
                ends = 0.0, float(self.width())
            painter.drawImage(QRectF(ends[0], box.top(), ends[1] - ends[0], box.height()), image)
            self._paint_axis(painter)
            self._paint_mark(painter, box)
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_head(self, painter: QPainter) -> None:
        """The legend: a swatch from wrong to right, a hatched one, and the whole book's number."""
        colors, metrics = theme(), self.fontMetrics()
        high, middle = metrics.height(), Qt.AlignmentFlag.AlignVCenter
        painter.setPen(colors.color("muted"))
        words = "Accuracy along the book"
        painter.drawText(QRectF(0, 0, self.width(), high), middle, words)
        left = metrics.horizontalAdvance(words) + 16.0
        for before, swatch, after in zip(
            ("0", ""), swatches(high - 4, colors), ("100 %", "not read yet"), strict=True
        ):
            room = metrics.horizontalAdvance(before + after) + swatch.width() + 24.0
            if left + room > self.width():
                break
            painter.drawText(QRectF(left, 0, 40, high), middle, before)
            left += metrics.horizontalAdvance(before) + 5.0 * bool(before)
            painter.drawImage(QPointF(left, 2.0), swatch)
            left += swatch.width() + 5.0
            painter.drawText(QRectF(left, 0, 200, high), middle, after)
            left += metrics.horizontalAdvance(after) + 16.0
        accuracy = self.read.accuracy
        if not math.isnan(accuracy):
            told = f"{100 * accuracy:.2f} % right"
            if left + metrics.horizontalAdvance(told) < self.width():
                painter.setPen(colors.color("text"))
                right = Qt.AlignmentFlag.AlignRight | middle
                painter.drawText(QRectF(0, 0, self.width(), high), right, told)

    def _paint_axis(self, painter: QPainter) -> None:
        """Numbers of characters, and below the columns the part of the book that is shown."""
        colors, metrics, line = theme(), self.fontMetrics(), self._overview()
        low, high = self.span
        whole = max(len(self.read), 1)
        painter.fillRect(line, colors.color("line"))
        left = line.width() * low / whole
        wide = max(line.width() * (high - low) / whole, 3.0)
        shown = QRectF(min(left, line.right() - wide), line.top(), wide, line.height())
        painter.fillRect(shown, colors.color("faint" if wide >= line.width() else "accent"))
        painter.setPen(colors.color("muted"))
        apart = metrics.horizontalAdvance(f"{round(high):,}") + 16
        for tick in linear_ticks(low, high, max(2, self.width() // apart)):
            text = f"{round(tick):,}"
            half = metrics.horizontalAdvance(text) / 2 + 1
            middle = min(max(self.pixel_of(tick), half), self.width() - half)
            room = QRectF(middle - half, line.bottom() + 2, 2 * half, metrics.height())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), text)

    def _paint_mark(self, painter: QPainter, box: QRectF) -> None:
        """The character at hand: a line with a foot and a head, wide where characters are."""
        colors = theme()
        left, right = self.pixel_of(self.at), self.pixel_of(self.at + 1)
        middle = (left + right) / 2
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if right - left >= 6.0:
            painter.setPen(QPen(colors.color("text"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(left, box.top() + 1, right - left, box.height() - 2))
            return
        # Dark beside light: it is seen on every colour of the strip.
        painter.setPen(QPen(colors.color("window"), 4))
        painter.drawLine(QPointF(middle, box.top()), QPointF(middle, box.bottom()))
        painter.setPen(QPen(colors.color("text"), 1.6))
        painter.drawLine(QPointF(middle, box.top()), QPointF(middle, box.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("text"))
        top = box.top()
        painter.drawPolygon(
            [QPointF(middle - 5, top), QPointF(middle + 5, top), QPointF(middle, top + 7)]
        )
