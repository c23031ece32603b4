"""The library of a run of the text atlas: further texts, each under a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from deepfractals_gui.atlas.keys import KeySpec
from deepfractals_gui.atlas.texts import MOST_CHARACTERS, Book
from deepfractals_gui.experiments.atlas_state import AtlasState, KeyedText

MOST_TEXTS = 1000
MOST_BYTES = 1 << 29
"""Bytes of a run's file."""
MOST_NAME = 200
_NUMBER = 10
"""Characters of a name that are left for a number."""
_REST = 1 << 24
"""Bytes of a file for all but the model and the texts: its two traces, its notes, its headers."""

Library = tuple[KeyedText, ...]


def added(library: Library, one: KeyedText) -> Library:
    """The library with a further text at its end.

    Where another text has its name already, it gets a number: "page.txt (2)". A text of the same
    name and content that is there goes: with its new keys it is the last one.
    """
    name, others = _placed(library, one.book)
    return (*others, replace(one, book=replace(one.book, name=name)))


def own_names(names: Sequence[str]) -> list[str]:
    """As many names that differ: the first text of a name keeps it, further ones get a number."""
    taken, found = set(names), list[str]()
    for at, name in enumerate(names):
        if name in names[:at]:
            numbered = (_numbered(name, number) for number in count(2))
            name = next(one for one in numbered if one not in taken)
            taken.add(name)
        found.append(name)
    return found


def check_room(s: AtlasState, text: Book, keys: KeySpec) -> None:
    """Raise ValueError where a file wouldn't hold the run with such keys for a text."""
    _, others = _placed(s.library, text)
    if len(others) >= MOST_TEXTS:
        raise ValueError(f"a library has room for {MOST_TEXTS:,} texts, and this one is full")
    pages = -(-len(text) // keys.page)
    if pages * keys.size > MOST_CHARACTERS:
        raise ValueError(
            f"{pages:,} keys of {keys.size} numbers are too many for one text; up to "
            f"{MOST_CHARACTERS:,} numbers can be kept"
        )
    size = text.symbols.nbytes + pages * (4 * keys.size + 8)
    room = MOST_BYTES - _REST - _model_bytes(s) - sum(map(_bytes, others))
    if size > room:
        raise ValueError(
            f"{text.name} and its keys are {size:,} bytes, and the run's file has room for "
            f"{max(room, 0):,}"
        )


def _placed(library: Library, text: Book) -> tuple[str, Library]:
    """The name that a text gets in a library, and the texts that stay beside it."""
    known = {one.book.name: one.book.sha256 for one in library}
    names = (_numbered(text.name, number) for number in count(1))
    name = next(one for one in names if known.get(one, text.sha256) == text.sha256)
    return name, tuple(one for one in library if one.book.name != name)


def _numbered(name: str, number: int) -> str:
    first = name[: MOST_NAME - _NUMBER]
    return first if number == 1 else f"{first} ({number})"


def _bytes(one: KeyedText) -> int:
    return one.book.symbols.nbytes + one.keys.values.nbytes + one.keys.right.nbytes


def _model_bytes(s: AtlasState) -> int:
    parts = (s.training.params, s.training.first, s.training.second)
    return 4 * len(s.book) + sum(array.nbytes for part in parts for _, array in part)
