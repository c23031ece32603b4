"""A page of a book as the model reads it now, what is wrong of it marked."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QLineF, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontDatabase,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepfractals_gui.atlas.texts import Alphabet
from deepfractals_gui.gui.atlas.book_rows import (
    Row,
    is_wide,
    named_shortly,
    row_at,
    rows_before,
    rows_from,
    seen,
)
from deepfractals_gui.gui.atlas.read_text import RIGHT, UNREAD, WRONG, ReadText
from deepfractals_gui.gui.theme import theme

LEADING = 1.35
"""From row to row, in heights of the type."""
_MARGIN = 14.0
_LEAST_COLUMNS = 20
_UNREAD_SIGN = "·"


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
        self._cells = 2 if any(is_wide(one) for one in alphabet.characters) else 1
        self.at = 0
        self._lay_out(0)

    def refresh(self) -> None:
        """Show what has been read since."""
        self._describe()
        self.update()

    def set_at(self, at: int) -> None:
        """Mark a character and show its row, in the middle if it was out of sight; emits no
        `moved`."""
        if not self.text:
            return
        self.at = min(max(at, 0), len(self.text) - 1)
        if not self.rows or not self.shown.start <= self.at < self.shown.stop:
            above = rows_before(self.text, self.at, self.columns, self.capacity // 3)
            self._lay_out(above[0].start if above else self.at)
        self._describe()
        self.update()

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

    def words(self, row: Row) -> str:
        """A row as it is read, as signs; what hasn't been read is a dot."""
        assert self.alphabet is not None
        symbols = self.read.symbols[row.start : row.stop]
        codes = self.read.codes[row.start : row.stop]
        found = self.alphabet.text(symbols)
        return "".join(
            _UNREAD_SIGN if code == UNREAD else self._sign(sign, row.start + index, code)
            for index, (sign, code) in enumerate(zip(found, codes.tolist(), strict=True))
        )

    def _sign(self, character: str, at: int, code: int) -> str:
        # A blank or the end of a line that is read where something else stands must be seen.
        if code == WRONG and character == " ":
            return "␣"
        if code == RIGHT and character in "\r\n":
            lone = character == "\r" and self.text[at + 1 : at + 2] != "\n"
            return seen(character) if lone else " "
        return seen(character)

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

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = theme(), QPainter(self)
        painter.fillRect(self.rect(), colors.color("field"))
        painter.setFont(self.font())
        for number, row in enumerate(self.rows):
            self._paint_row(painter, self._top(number), row)
        if (box := self.place_of(self.at)) is not None:
            painter.setPen(QPen(colors.color("accent"), 2 if self.hasFocus() else 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box.adjusted(-1, 1.5, 1, -1.5))
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_row(self, painter: QPainter, top: float, row: Row) -> None:
        colors, cell = theme(), self._cell
        codes = self.read.codes[row.start : row.stop].tolist()
        signs = self.words(row)
        if len(signs) != len(codes):
            # A sign of two points, a mark with its circle: each is drawn for itself.
            self._paint_singly(painter, top, row, codes)
            return
        ground = colors.color("danger", 0.16)
        lines = []
        foot = top + self._leading - 3.5
        for left, right in _runs(codes, WRONG):
            painter.fillRect(
                QRectF(_MARGIN + left * cell, top + 2, (right - left) * cell, self._leading - 4),
                ground,
            )
            lines += [
                QLineF(_MARGIN + at * cell + 1, foot, _MARGIN + (at + 1) * cell - 1, foot)
                for at in range(left, right)
            ]
        painter.setPen(QPen(colors.color("danger"), 1.4))
        painter.drawLines(lines)
        for code, token in ((RIGHT, "text"), (WRONG, "danger"), (UNREAD, "faint")):
            painter.setPen(colors.color(token))
            self._paint_signs(painter, top, signs, codes, code)

    def _paint_signs(
        self, painter: QPainter, top: float, signs: str, codes: list[int], code: int
    ) -> None:
        """Draw the signs of one kind: plain letters at once, others each in its place."""
        cell, height = self._cell, self._leading
        left_aligned = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        centred = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        mine = [one if own == code else " " for one, own in zip(signs, codes, strict=True)]
        if self._cells == 1:
            plain = "".join(one if one.isascii() else " " for one in mine)
            if plain.strip():
                box = QRectF(_MARGIN, top, len(plain) * cell + 2 * cell, height)
                painter.drawText(box, left_aligned, plain)
        for index, sign in enumerate(mine):
            if sign != " " and not (sign.isascii() and self._cells == 1):
                box = QRectF(_MARGIN + (index - 0.5) * cell, top, 2 * cell, height)
                painter.drawText(box, centred, sign)

    def _paint_singly(self, painter: QPainter, top: float, row: Row, codes: list[int]) -> None:
        colors, centred = theme(), int(Qt.AlignmentFlag.AlignCenter)
        tokens = {RIGHT: "text", WRONG: "danger", UNREAD: "faint"}
        for index, code in enumerate(codes):
            box = QRectF(_MARGIN + index * self._cell, top, self._cell, self._leading)
            if code == WRONG:
                painter.fillRect(box.adjusted(0, 2, 0, -2), colors.color("danger", 0.16))
                painter.setPen(QPen(colors.color("danger"), 1.4))
                foot = box.bottom() - 3.5
                painter.drawLine(QLineF(box.left() + 1, foot, box.right() - 1, foot))
            painter.setPen(colors.color(tokens[code]))
            sign = self.words(Row(row.start + index, row.start + index + 1))
            painter.drawText(box.adjusted(-self._cell / 2, 0, self._cell / 2, 0), centred, sign)


_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip


def _runs(codes: list[int], code: int) -> list[tuple[int, int]]:
    """The stretches of equal codes: where they begin, and where they end."""
    found: list[tuple[int, int]] = []
    for index, one in enumerate(codes):
        if one != code:
            continue
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))
    return found


def _fixed_font(base: QFont) -> QFont:
    """Type in which every letter is equally wide, none joined to its neighbour."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if base.pointSizeF() > 0:
        font.setPointSizeF(base.pointSizeF() * 1.05)
    font.setKerning(False)
    font.setFeature(QFont.Tag("liga"), 0)
    return font
