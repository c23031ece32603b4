"""Rows of a book as a page shows them: its own lines, those that are too long broken at words.

Rows are found from any place on, without a look at all of the text. A line that has no end for
very long is cut at every CUT-th character of the text.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from deepfractals_gui.atlas.texts import named

CUT = 4096
_LINE_END = "\n"
_WIDE = ("W", "F")
_WORDS = {" ": "a space", "\t": "a tab", "\n": "a line feed", "\r": "a carriage return"}
_NAMED = {" ": " ", "\t": "⇥", "\n": "↵", "\r": "←"}


class Row(NamedTuple):
    """Characters from ``start`` up to before ``stop``, the end of the line among them."""

    start: int
    stop: int


def line_at(text: str, at: int) -> Row:
    """The line that a character is in, or the piece of one that is too long."""
    return Row(_begin(text, at), _end(text, at))


def _begin(text: str, at: int) -> int:
    cut = at // CUT * CUT
    found = text.rfind(_LINE_END, cut, at)
    if found >= 0:
        return found + 1
    before = text.rfind(_LINE_END, max(cut - CUT, 0), cut)
    # Where no line has ended for so long, it is cut.
    return before + 1 if before >= 0 else cut


def _end(text: str, at: int) -> int:
    while True:
        cut = min((at // CUT + 1) * CUT, len(text))
        found = text.find(_LINE_END, at, cut)
        if found >= 0:
            return found + 1
        if cut == len(text) or text.rfind(_LINE_END, cut - CUT, cut) < 0:
            return cut
        at = cut


def rows_of(text: str, line: Row, width: int) -> list[Row]:
    """A line's rows of at most ``width`` characters; blanks and the line's end may hang over."""
    rows, start = [], line.start
    last = line.stop
    while last > start and text[last - 1] in "\r\n":
        last -= 1
    while last - start > width:
        blank = text.rfind(" ", start, start + width + 1)
        stop = blank + 1 if blank > start else start + width
        while stop < last and text[stop] == " ":
            stop += 1
        if stop >= last:
            break
        rows.append(Row(start, stop))
        start = stop
    rows.append(Row(start, line.stop))
    return rows


def row_at(text: str, at: int, width: int) -> Row:
    """The row that a character is in."""
    return next(row for row in rows_of(text, line_at(text, at), width) if at < row.stop)


def rows_from(text: str, at: int, width: int, count: int) -> list[Row]:
    """Up to ``count`` rows, from that of a character on."""
    found: list[Row] = []
    while at < len(text) and len(found) < count:
        for row in rows_of(text, line_at(text, at), width):
            if row.stop > at:
                found.append(row)
        at = found[-1].stop
    return found[:count]


def rows_before(text: str, at: int, width: int, count: int) -> list[Row]:
    """Up to ``count`` rows, the last of them just before that of a character."""
    found: list[Row] = []
    start = row_at(text, at, width).start if at < len(text) else len(text)
    while start > 0 and len(found) < count:
        rows = [row for row in rows_of(text, line_at(text, start - 1), width) if row.stop <= start]
        found[:0] = rows
        start = rows[0].start
    return found[-count:]


def is_wide(character: str) -> bool:
    """Whether it takes the room of two letters."""
    return unicodedata.east_asian_width(character) in _WIDE


def named_shortly(character: str) -> str:
    """A character in words: 'e', é (U+00E9), "line feed"."""
    if character in _WORDS:
        return _WORDS[character]
    return repr(character) if character.isascii() and character.isprintable() else named(character)


def seen(character: str) -> str:
    """One sign for a character, also for those that have none of their own."""
    if character in _NAMED:
        return _NAMED[character]
    point = ord(character)
    if point < 0x20:
        return chr(0x2400 + point)
    if not character.isprintable():
        return "␡" if point == 0x7F else ("\u2423" if character.isspace() else "�")
    # A mark that belongs on a letter gets a circle to stand on.
    return "◌" + character if unicodedata.combining(character) else character
