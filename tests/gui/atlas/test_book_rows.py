"""Rows found from anywhere are those found from the beginning."""

from __future__ import annotations

import unicodedata

import pytest

from deepfractals_gui.atlas.texts import shipped_book
from deepfractals_gui.gui.atlas.book_rows import (
    CUT,
    Row,
    line_at,
    row_at,
    rows_before,
    rows_from,
    rows_of,
    seen,
)

LONG = "words of any length, " * 900
TEXTS = {
    "empty lines": "\n\na\n\n",
    "without an end": "x" * (3 * CUT + 100),
    "long lines": LONG + "\n" + LONG,
    "no blank": "a\n" + "y" * 500 + "\nb",
    "CR LF": "one two three four\r\nfive\r\n\r\nsix",
    "blanks": "a" + " " * 200 + "b\n",
}


def whole(text: str, width: int) -> list[Row]:
    rows, at = [], 0
    while at < len(text):
        found = rows_of(text, line_at(text, at), width)
        assert found[0].start == at
        rows += found
        at = found[-1].stop
    return rows


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("width", [7, 60])
def test_rows_cover_the_text_from_wherever_they_are_sought(text, width) -> None:
    rows = whole(text, width)
    assert [row.start for row in rows] == [0, *(row.stop for row in rows[:-1])]
    assert rows[-1].stop == len(text)
    for at in [*range(0, len(text), 97), len(text) - 1]:
        index = next(i for i, row in enumerate(rows) if row.start <= at < row.stop)
        assert row_at(text, at, width) == rows[index]
        assert rows_from(text, at, width, 5) == rows[index : index + 5]
        assert rows_before(text, at, width, 5) == rows[max(index - 5, 0) : index]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_no_row_is_wider_than_asked_for_but_by_blanks_and_ends(text) -> None:
    for row in whole(text, 7):
        assert len(text[row.start : row.stop].rstrip(" \r\n")) <= 7


def test_lines_of_a_book_are_its_own() -> None:
    text = shipped_book("alice29").text
    rows = whole(text, 100)
    assert [text[a:b] for a, b in rows] == text.splitlines(keepends=True)


def test_every_character_has_a_sign_of_its_own() -> None:
    for character in "\t\n\r\x00\x1b\x7f\u00a0\u200b\ufeff\u0301":
        sign = seen(character)
        assert sign.isprintable()
        assert sign != " "
    assert seen("é") == "é"
    assert unicodedata.combining(seen("\u0301")[1])
