"""Rows of a page in colour: what is right, what is wrong, and what hasn't been read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from deepfractals_gui.core import Array
from deepfractals_gui.gui.atlas.read_text import RIGHT, UNREAD, WRONG
from deepfractals_gui.gui.theme import theme

CIRCLE = "◌"
"""What `book_rows.seen` lets a mark stand on."""
_STANDALONE = ("\u0250", "\u2010", "\u2bff")
"""Signs below the first, and from the second to the third, take no notice of their neighbours."""


class Cells(NamedTuple):
    """Where signs stand: the left edge of a row, a sign's width, a row's height, and how far below
    its top the line is that letters stand on; in pixels."""

    left: float
    wide: float
    high: float
    line: float


class SignRow(NamedTuple):
    """A row to draw.

    Attributes
    ----------
    top : in pixels
    start : of its first character in the text
    signs : <U1 (n,)
    codes : uint8 (n,), see `read_text`
    """

    top: float
    start: int
    signs: Array
    codes: Array


def alone(signs: Iterable[str], metrics: QFontMetricsF, wide: float) -> Array:
    """Those that must be drawn one by one: sorted <U1 (n,).

    A word is drawn at once where each of its letters takes one cell, and none of them looks
    otherwise beside another.
    """
    below, first, last = _STANDALONE
    return np.array(
        sorted(
            sign
            for sign in set(signs)
            if sign == CIRCLE
            or not (sign < below or first <= sign <= last)
            or abs(metrics.horizontalAdvance(sign) - wide) > 0.01
        ),
        "<U1",
    )


def paint_rows(
    painter: QPainter,
    rows: Sequence[SignRow],
    cells: Cells,
    apart: Array,
    whole: Callable[[int], str],
) -> None:
    """Draw grounds and lines of what is wrong, then the signs.

    Parameters
    ----------
    apart : signs to be drawn one by one, see `alone`
    whole : the sign at a character of which only the CIRCLE is in its row
    """
    _paint_wrong(painter, rows, cells)
    marked = [np.isin(row.signs, apart) for row in rows]
    for code, token in ((RIGHT, "text"), (WRONG, "danger"), (UNREAD, "faint")):
        painter.setPen(theme().color(token))
        for row, lone in zip(rows, marked, strict=True):
            mine = row.codes == code
            words = joined(np.where(mine & ~lone, row.signs, " ")).rstrip()
            if words:
                painter.drawText(QPointF(cells.left, row.top + cells.line), words)
            _paint_apart(painter, row, np.flatnonzero(mine & lone), cells, whole)


def _paint_wrong(painter: QPainter, rows: Sequence[SignRow], cells: Cells) -> None:
    grounds, lines = [], []
    for row in rows:
        foot = row.top + cells.high - 3.5
        for first, last in _runs(row.codes == WRONG):
            x, wide = cells.left + first * cells.wide, (last - first) * cells.wide
            grounds.append(QRectF(x, row.top + 2, wide, cells.high - 4))
            lines.append(QLineF(x + 1, foot, x + wide - 1, foot))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().color("danger", 0.16))
    painter.drawRects(grounds)
    painter.setPen(QPen(theme().color("danger"), 1.4))
    painter.drawLines(lines)


def _paint_apart(
    painter: QPainter, row: SignRow, places: Array, cells: Cells, whole: Callable[[int], str]
) -> None:
    """Draw signs that may be of another width, each in the middle of its place."""
    centred = int(Qt.AlignmentFlag.AlignCenter)
    for at in places.tolist():
        sign = str(row.signs[at])
        if sign == CIRCLE:
            sign = whole(row.start + at)
        left = cells.left + (at - 0.5) * cells.wide
        painter.drawText(QRectF(left, row.top, 2 * cells.wide, cells.high), centred, sign)


def _runs(chosen: Array) -> list[tuple[int, int]]:
    """The stretches that are chosen, bool (n,): where they begin, and where they end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def joined(signs: Array) -> str:
    """Signs, <U1 (n,), as a text."""
    return np.ascontiguousarray(signs).tobytes().decode("utf-32")
