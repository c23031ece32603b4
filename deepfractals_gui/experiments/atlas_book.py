"""The book of a run, and further texts in its alphabet."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from deepfractals_gui.atlas.texts import Alphabet, Book, TextError, book_of, read_book, shipped_book
from deepfractals_gui.core import DataRef, DataSource, ParamError
from deepfractals_gui.experiments.atlas_params import AtlasRunParams

PRINTABLE = "\t\n\r" + "".join(map(chr, range(32, 127)))
"""What plain texts in English are made of."""


def book_for(p: AtlasRunParams) -> Book:
    """The book of a run, cut to its characters. Raises ParamError where it can't be used."""
    return _book(p.book, p.characters, p.alphabet)


@lru_cache(maxsize=4)
def _book(source: DataSource, characters: int, alphabet: str) -> Book:
    try:
        if isinstance(source, DataRef):
            found = book_of(source.read(), source.name)
        else:
            found = shipped_book(source)
        text = found.text[: characters or None]
        more = PRINTABLE if alphabet == "printable" else ""
        return book_of(
            text.encode(), found.name, alphabet=Alphabet.of(text + more), source=found.source,
            licence=found.licence,
        )  # fmt: skip
    except (TextError, ValueError) as error:
        raise ParamError("book", str(error)) from None


def text_for(master: Book, source: str | Path) -> Book:
    """A further text, a book that ships or a file, in the master's alphabet.

    Raises
    ------
    TextError   it can't be used; the first character outside the alphabet is named
    OSError     it can't be read
    """
    if isinstance(source, Path):
        return read_book(source, master.alphabet)
    return shipped_book(source, master.alphabet)
