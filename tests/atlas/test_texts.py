"""Texts come in whole or not at all, and each way to be wrong has its own line."""

from __future__ import annotations

import hashlib
import json
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.atlas import texts
from deepfractals_gui.atlas.texts import (
    Alphabet,
    Book,
    TextError,
    book_of,
    place,
    read_book,
    shipped_book,
    shipped_books,
)
from deepfractals_gui.core.resources import resource


@given(st.text(min_size=1))
def test_an_alphabet_gives_back_any_text(text):
    alphabet = Alphabet.of(text)
    symbols = alphabet.symbols(text)
    assert symbols.dtype == np.uint16
    assert [alphabet.characters[one] for one in symbols] == list(text)
    assert alphabet.text(symbols) == text


@given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1))
def test_a_book_keeps_every_byte(text):
    content = text.encode()
    assert book_of(content, "a text").content == content


def test_marks_and_line_ends_are_characters():
    content = "\ufeffone\r\ntwo\rthree\n\n".encode()
    book = book_of(content, "marked")
    assert book.content == content
    assert "\ufeff" in book.alphabet.characters
    assert book.sha256 == hashlib.sha256(content).hexdigest()


@given(st.text("ab\r\n", min_size=1), st.data())
def test_a_place_is_where_splitting_the_lines_finds_it(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    lines = text.splitlines(keepends=True)
    expected, left = 1, at
    while left >= len(lines[expected - 1]):
        left -= len(lines[expected - 1])
        expected += 1
    assert place(text, at) == (expected, left + 1)


def test_the_first_strange_character_is_named_with_its_place():
    alphabet = Alphabet.of("abc\n")
    with pytest.raises(TextError, match=r"^line 2, column 3: 'é' \(U\+00E9\) is not in the alph"):
        alphabet.symbols("abc\nabé\nabö")
    with pytest.raises(TextError, match=r"^own: line 1, column 2: U\+00A0 \(no-break space\) is"):
        book_of("a\u00a0b".encode(), "own", alphabet=alphabet)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "^x is empty$"),
        (b"GIF89a\0\1", "^x is a binary file, not a text: byte 7 is 0$"),
        (b"ab\nc\xff", r"^x is not UTF-8: byte 5 \(line 2, column 2\) is 0xFF$"),
        (b"\xed\xa0\x80", "^x is not UTF-8: byte 1 "),
        (b"\xff\xfea\x00", "^x is a binary file"),
        ("".join(map(chr, range(300, 1325))).encode(), "^x: 1,025 different characters are too"),
    ],
    ids=["empty", "binary", "not UTF-8", "surrogate", "UTF-16", "large alphabet"],
)
def test_what_is_no_text_is_refused_in_one_line(tmp_path, content, reason):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(TextError, match=reason) as caught:
        read_book(tmp_path / "x")
    assert "\n" not in str(caught.value)


def test_a_file_is_measured_before_it_is_read(tmp_path):
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(TextError, match=r"^huge has 1,099,511,627,776 bytes; at most 67,108,864"):
        read_book(tmp_path / "huge")


def test_characters_are_counted_too(monkeypatch):
    monkeypatch.setattr(texts, "MOST_CHARACTERS", 5)
    with pytest.raises(TextError, match=r"^x has 6 characters; at most 5"):
        book_of(b"abcdef", "x")
    assert len(book_of("äöüßé".encode(), "x")) == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TextError, match="not a regular file"):
        read_book(tmp_path / "pipe")


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_book(tmp_path / "none")


@pytest.mark.parametrize("characters", ["", "ba", "aa", "a\ud800"])
def test_an_alphabet_is_sorted_characters(characters):
    with pytest.raises(TextError, match="alphabet"):
        Alphabet(characters)


def test_the_books_that_ship_are_the_files_stated():
    entries = json.loads(resource("books/books.json").read_text("utf-8"))
    assert shipped_books() == ("alice29", "asyoulik")
    for entry in entries:
        book = shipped_book(entry["name"])
        assert (book.sha256, len(book.content)) == (entry["sha256"], entry["bytes"])
        assert book.content == resource(f"books/{entry['file']}").read_bytes()
        assert book.licence == "public domain"
        assert entry["author"] in book.source
        assert len(book) >= 20_000


def test_an_unknown_book_is_answered_with_those_there_are():
    with pytest.raises(TextError, match="no book 'emma'; there are alice29, asyoulik"):
        shipped_book("emma")


def test_books_are_equal_when_their_bytes_are():
    one, other = book_of(b"abc", "one"), book_of(b"abc", "other")
    assert isinstance(one, Book)
    assert one == other
    assert len({one, other, book_of(b"abd", "one")}) == 2
