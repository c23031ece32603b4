"""A page of a book as the model reads it now, what is wrong of it marked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepfractals_gui.atlas.texts import Alphabet
from deepfractals_gui.core import Array
from deepfractals_gui.gui.atlas.book_rows import (
    Row,
    is_wide,
    named_shortly,
    row_at,
    rows_before,
    rows_from,
    seen,
)
from deepfractals_gui.gui.atlas.page_painting import Cells, SignRow, alone, joined, paint_rows
from deepfractals_gui.gui.atlas.read_text import RIGHT, UNREAD, WRONG, ReadText
from deepfractals_gui.gui.theme import theme

LEADING = 1.35
"""From row to row, in heights of the type."""
_MARGIN = 14.0
_LEAST_COLUMNS = 20
_UNREAD_SIGN = "·"
_BLANK_SIGN = "␣"
ROWS_AT_ONCE = 12
"""Rows that are drawn in a few milliseconds, however much of them is wrong."""


class TextView(QWidget):
    """The rows around a character. Wrong ones are in another colour, on a ground and underlined;
    the right one is told under the pointer.

    Only the rows that are seen are laid out, as the lines of the book. Arrows move the mark, Page
    Up and Page Down turn the page, Home and End go to the ends of the book, the wheel scrolls.

    Signals
    -------
    moved(at)       a person has chosen a character
    turned(Row)     other characters are seen, from start up to before stop
    """

    moved = Signal(int)
    turned = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = ""
        self.alphabet: Alphabet | None = None
        self.read = ReadText(0)
        self.at = 0
        self.rows: list[Row] = []
        self._cells = 1
        self._signs: Array = np.array([], "=U1")
        self._apart: Array = self._signs
        self._drawn: tuple[Array, Array] | None = None
        self.setFont(_fixed_font(self.font()))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setMouseTracking(True)
        self.setAccessibleName("The text as the model reads it")

    # What is shown

    def set_text(self, text: str, alphabet: Alphabet, read: ReadText) -> None:
        """Show a book from its beginning, and what is read of it."""
        self.text, self.alphabet, self.read = text, alphabet, read
        # Of a mark that belongs on a letter the circle alone is kept.
        self._signs = np.array([seen(one)[0] for one in alphabet.characters], "=U1")
        self._cells = 2 if any(is_wide(one) for one in alphabet.characters) else 1
        shown = {*self._signs.tolist(), _UNREAD_SIGN, _BLANK_SIGN}
        self._apart = alone(shown, QFontMetricsF(self.font()), self._cell)
        self.at = 0
        self._lay_out(0)

    def refresh(self) -> None:
        """Show what has been read since."""
        for phase in self.phases():
            phase()

    def phases(self) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly: rows that read otherwise now."""
        self._describe()
        stale = self._stale()
        return [
            partial(self._update_rows, stale[first : first + ROWS_AT_ONCE])
            for first in range(0, len(stale), ROWS_AT_ONCE)
        ]

    def _stale(self) -> Sequence[int]:
        """The rows that have changed since they were asked for last."""
        part = slice(*self.shown)
        now = self.read.symbols[part].copy(), self.read.codes[part].copy()
        before, self._drawn = self._drawn, now
        if not self.rows:
            return ()
        if before is None:
            return range(len(self.rows))
        changed = (before[0] != now[0]) | (before[1] != now[1])
        starts = [row.start - part.start for row in self.rows]
        found: list[int] = np.flatnonzero(np.logical_or.reduceat(changed, starts)).tolist()
        return found

    def _update_rows(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.update(self._strip(number))

    def _strip(self, number: int) -> QRect:
        """All that is drawn of a row, in pixels."""
        return QRectF(0.0, self._top(number), self.width(), self._leading).toAlignedRect()

    def set_at(self, at: int) -> None:
        """Mark a character and show its row, in the middle if it was out of sight; emits no
        `moved`."""
        if not self.text:
            return
        before = self.at
        self.at = min(max(at, 0), len(self.text) - 1)
        if not self.rows or not self.shown.start <= self.at < self.shown.stop:
            above = rows_before(self.text, self.at, self.columns, self.capacity // 3)
            self._lay_out(above[0].start if above else self.at)
        self._describe()
        self._update_rows(
            number
            for number, row in enumerate(self.rows)
            if row.start <= before < row.stop or row.start <= self.at < row.stop
        )

    @property
    def shown(self) -> Row:
        """The characters that are seen."""
        return Row(self.rows[0].start, self.rows[-1].stop) if self.rows else Row(0, 0)

    @property
    def columns(self) -> int:
        """Characters of a row."""
        return max(int((self.width() - 2 * _MARGIN) / self._cell), _LEAST_COLUMNS)

    @property
    def capacity(self) -> int:
        """Rows of a page."""
        return max(int((self.height() - _MARGIN) / self._leading), 1)

    @property
    def _cell(self) -> float:
        return self._cells * QFontMetricsF(self.font()).horizontalAdvance("x")

    @property
    def _leading(self) -> float:
        return math.ceil(QFontMetricsF(self.font()).height() * LEADING)

    def _lay_out(self, top: int) -> None:
        """Show rows from that of a character on, and the page full where the book ends."""
        before = self.shown
        self.rows = rows_from(self.text, top, self.columns, self.capacity)
        if missing := self.capacity - len(self.rows):
            self.rows[:0] = rows_before(self.text, self.shown.start, self.columns, missing)
        self._drawn = None
        self._describe()
        self.update()
        if self.shown != before:
            self.turned.emit(self.shown)

    # In words

    def told(self, at: int) -> str:
        """What is read at a character, how surely, and what the book has there."""
        if not 0 <= at < len(self.text) or self.alphabet is None:
            return ""
        right, code = named_shortly(self.text[at]), self.read.codes[at]
        if code == UNREAD:
            return f"not read yet; the book has {right}"
        sure = float(self.read.sureness[at])
        share = "" if math.isnan(sure) else f", {100 * sure:.0f} % sure"
        if code == RIGHT:
            return f"reads {right}, which is right{share}"
        found = named_shortly(self.alphabet.characters[int(self.read.symbols[at])])
        return f"reads {found}{share}; the book has {right}"

    def signs(self, start: int, stop: int) -> Array:
        """What is read, a sign for each character: <U1 (n,); what hasn't been read is a dot."""
        symbols, codes = self.read.symbols[start:stop], self.read.codes[start:stop]
        found = self._signs[symbols]
        found[codes == UNREAD] = _UNREAD_SIGN
        # A blank that is read where something else stands must be seen, the end of a line
        # where it belongs must not.
        found[(codes == WRONG) & (found == " ")] = _BLANK_SIGN
        right = codes == RIGHT
        for end in "\r\n":
            for at in np.flatnonzero(right & (found == seen(end))).tolist():
                if self.text[start + at] == end and not self._is_lone(start + at):
                    found[at] = " "
        return found

    def _is_lone(self, at: int) -> bool:
        """Whether it is a carriage return that ends no line."""
        return self.text[at] == "\r" and self.text[at + 1 : at + 2] != "\n"

    def words(self, row: Row) -> str:
        """A row as it is read, a sign for each character."""
        return joined(self.signs(row.start, row.stop))

    def _describe(self) -> None:
        self.setAccessibleDescription(
            f"character {self.at + 1:,}: {self.told(self.at)}" if self.text else ""
        )

    # Places

    def place_of(self, at: int) -> QRectF | None:
        """Where a character is, in pixels; None where it isn't seen."""
        for number, row in enumerate(self.rows):
            if row.start <= at < row.stop:
                left = _MARGIN + (at - row.start) * self._cell
                return QRectF(left, self._top(number), self._cell, self._leading)
        return None

    def _top(self, row: int) -> float:
        return _MARGIN / 2 + row * self._leading

    def at_place(self, place: QPointF) -> int | None:
        """The character at a pixel, in a row the nearest one; None below the last row."""
        number = math.floor((place.y() - _MARGIN / 2) / self._leading)
        if not 0 <= number < len(self.rows):
            return None
        row = self.rows[number]
        column = math.floor((place.x() - _MARGIN) / self._cell)
        return row.start + min(max(column, 0), row.stop - row.start - 1)

    def sizeHint(self) -> QSize:
        return QSize(round(76 * self._cell + 2 * _MARGIN), round(24 * self._leading + _MARGIN))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, round(4 * self._leading))

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.text:
            self._lay_out(self.shown.start)
            self.set_at(self.at)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self.scroll_rows(-round(3 * event.angleDelta().y() / 120))
        event.accept()

    def scroll_rows(self, count: int) -> None:
        """Scroll down, or up by a negative count; the mark stays where it is in the book."""
        if not self.rows:
            return
        if count > 0:
            rows = rows_from(self.text, self.shown.start, self.columns, count + 1)
            self._lay_out(rows[-1].start)
        elif rows := rows_before(self.text, self.shown.start, self.columns, -count):
            self._lay_out(rows[0].start)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.at_place(event.position())
        if event.button() == Qt.MouseButton.LeftButton and at is not None:
            self._move(at)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if not self.text or key not in _KEYS:
            super().keyPressEvent(event)
            return
        self._move(self._aim(key))

    def _aim(self, key: Qt.Key) -> int:
        """Where a key leads."""
        row = row_at(self.text, self.at, self.columns)
        count = self.capacity if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1
        if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp):
            rows = rows_before(self.text, self.at, self.columns, count)
            row = rows[0] if rows else Row(0, 1)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown):
            row = rows_from(self.text, self.at, self.columns, count + 1)[-1]
        else:
            return {
                Qt.Key.Key_Left: self.at - 1,
                Qt.Key.Key_Right: self.at + 1,
                Qt.Key.Key_Home: 0,
                Qt.Key.Key_End: len(self.text) - 1,
            }[key]
        column = self.at - row_at(self.text, self.at, self.columns).start
        return min(row.start + column, row.stop - 1)

    def _move(self, at: int) -> None:
        before = self.at
        self.set_at(at)
        if self.at != before:
            self.moved.emit(self.at)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._show_tip(event.pos(), event.globalPos())
            return True
        return super().event(event)

    def _show_tip(self, place: QPoint, where: QPoint) -> None:
        at = self.at_place(QPointF(place))
        box = None if at is None else self.place_of(at)
        if at is None or box is None or not box.contains(QPointF(place)):
            QToolTip.hideText()
            return
        QToolTip.showText(where, f"Character {at + 1:,} {self.told(at)}", self, box.toRect())

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), colors.color("field"))
        painter.setFont(self.font())
        rows = self._rows_in(event.region())
        paint_rows(painter, rows, self._cells_now, self._apart, self._whole)
        if (box := self.place_of(self.at)) is not None:
            painter.setPen(QPen(colors.color("accent"), 2 if self.hasFocus() else 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(-1, 1.5, 1, -1.5))
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _rows_in(self, region: QRegion) -> list[SignRow]:
        """The rows of which anything is to be drawn."""
        start, stop = self.shown
        codes, signs = self.read.codes[start:stop], self.signs(start, stop)
        found = []
        for number, row in enumerate(self.rows):
            if region.intersects(self._strip(number)):
                part = slice(row.start - start, row.stop - start)
                found.append(SignRow(self._top(number), row.start, signs[part], codes[part]))
        return found

    def _whole(self, at: int) -> str:
        """What is read at a character, with the mark on its circle."""
        assert self.alphabet is not None
        return seen(self.alphabet.characters[int(self.read.symbols[at])])

    @property
    def _cells_now(self) -> Cells:
        metrics, high = QFontMetricsF(self.font()), self._leading
        return Cells(_MARGIN, self._cell, high, (high - metrics.height()) / 2 + metrics.ascent())


_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip


def _fixed_font(base: QFont) -> QFont:
    """Type in which every letter is equally wide, none joined to its neighbour."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * 1.05)
    font.setKerning(False)
    font.setFeature(QFont.Tag("liga"), 0)
    return font
