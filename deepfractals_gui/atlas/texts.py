"""Texts and their alphabets.

A text is the characters (code points) of a UTF-8 file and nothing is dropped or changed: a byte
order mark is a character, and so are both of a CR LF. Encoding the text gives the file's bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.contents import size_of
from deepfractals_gui.core.resources import resource

MOST_CHARACTERS = 1 << 24
"""Characters of a text."""
MOST_BYTES = 4 * MOST_CHARACTERS
"""Bytes of a text; UTF-8 has at most four a character."""
MOST_SYMBOLS = 1 << 10
"""Characters of an alphabet."""
_LINE_END = re.compile("\r\n|\r|\n")
_UNKNOWN = "not stated"


class TextError(ValueError):
    """A text or an alphabet can't be used; one line says why."""


@dataclass(frozen=True)
class Alphabet:
    """The characters that a text may have; a symbol is an index into them.

    Attributes
    ----------
    characters : sorted by code point, each once

    Raises
    ------
    TextError   there are none or more than MOST_SYMBOLS, or they aren't sorted
    """

    characters: str

    def __post_init__(self) -> None:
        if not self.characters:
            raise TextError("an alphabet needs at least one character")
        _check_size(len(self.characters))
        if any(a >= b for a, b in zip(self.characters, self.characters[1:], strict=False)):
            raise TextError("the characters of an alphabet are sorted, and each is there once")
        if any("\ud800" <= one <= "\udfff" for one in self.characters):
            raise TextError("an alphabet holds half of a surrogate pair, which is no character")

    @classmethod
    def of(cls, text: str) -> Alphabet:
        """The characters that a text has. Raises TextError if there are too many, or none."""
        found = set(text)
        _check_size(len(found))
        return cls("".join(sorted(found)))

    def __len__(self) -> int:
        return len(self.characters)

    def symbols(self, text: str) -> Array:
        """The text's symbols, uint16 (N,).

        Raises
        ------
        TextError   names the first character outside the alphabet, with its line and column
        """
        wanted, known = _points(text), _points(self.characters)
        found = np.minimum(np.searchsorted(known, wanted), known.size - 1)
        strange = np.flatnonzero(known[found] != wanted)
        if strange.size:
            at = int(strange[0])
            line, column = place(text, at)
            raise TextError(
                f"line {line}, column {column}: {named(text[at])} is not in the alphabet "
                f"of {len(self)} characters"
            )
        return found.astype(np.uint16)

    def text(self, symbols: Array) -> str:
        """The text that has these symbols, whole numbers below the alphabet's length (N,)."""
        points = _points(self.characters)[symbols]
        return points.astype("<u4").tobytes().decode("utf-32-le")


@dataclass(frozen=True, eq=False)
class Book:
    """A text with its alphabet; books are equal when their bytes are.

    Attributes
    ----------
    symbols : uint16 (N,)
    sha256 : of the text's UTF-8 bytes, hexadecimal
    source, licence : where it comes from, and the terms, for whoever passes it on
    """

    name: str
    text: str
    alphabet: Alphabet
    symbols: Array
    sha256: str
    source: str = _UNKNOWN
    licence: str = _UNKNOWN

    @property
    def content(self) -> bytes:
        """The bytes of the file it was read from."""
        return self.text.encode("utf-8")

    def __len__(self) -> int:
        return len(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Book) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)


def named(character: str) -> str:
    """A character as a message shows it: ``'é' (U+00E9)``, the sign only where it can be seen."""
    point = f"U+{ord(character):04X}"
    if character.isprintable() and not character.isspace():
        return f"{character!r} ({point})"
    name = unicodedata.name(character, "").lower()
    return f"{point} ({name})" if name else point


def place(text: str, at: int) -> tuple[int, int]:
    """Line and column, from 1, of the character at an index; LF, CR and CR LF end a line."""
    line, begin = 1, 0
    for end in _LINE_END.finditer(text, 0, at + 1):
        if end.end() > at:
            break
        line, begin = line + 1, end.end()
    return line, at - begin + 1


def book_of(
    content: bytes,
    name: str,
    *,
    alphabet: Alphabet | None = None,
    source: str = _UNKNOWN,
    licence: str = _UNKNOWN,
) -> Book:
    """The book that a file's bytes are.

    Parameters
    ----------
    alphabet : what its characters must be in; its own without one

    Raises
    ------
    TextError   it is empty, binary, not UTF-8 or too large, or has too many or other characters
    """
    if not content:
        raise TextError(f"{name} is empty")
    _check_bytes(len(content), name)
    zero = content.find(b"\0")
    if zero >= 0:
        raise TextError(f"{name} is a binary file, not a text: byte {zero + 1} is 0")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        sound = content[: error.start].decode("utf-8")
        line, column = place(sound + "?", len(sound))
        raise TextError(
            f"{name} is not UTF-8: byte {error.start + 1} (line {line}, column {column}) "
            f"is 0x{content[error.start]:02X}"
        ) from None
    if len(text) > MOST_CHARACTERS:
        raise TextError(
            f"{name} has {len(text):,} characters; at most {MOST_CHARACTERS:,} can be used"
        )
    try:
        alphabet = Alphabet.of(text) if alphabet is None else alphabet
        symbols = alphabet.symbols(text)
    except TextError as error:
        raise TextError(f"{name}: {error}") from None
    symbols.setflags(write=False)
    digest = hashlib.sha256(content).hexdigest()
    return Book(name, text, alphabet, symbols, digest, source, licence)


def read_book(path: Path | str, alphabet: Alphabet | None = None) -> Book:
    """Read a UTF-8 file; its size is looked at first.

    Raises
    ------
    TextError   see `book_of`; or it isn't a regular file
    OSError     it can't be read
    """
    path = Path(path)
    _check_bytes(size_of(path, TextError), path.name)
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    return book_of(content, path.name, alphabet=alphabet)


def shipped_books() -> tuple[str, ...]:
    """Names of the books that ship."""
    return tuple(entry["name"] for entry in _entries())


def shipped_book(name: str, alphabet: Alphabet | None = None) -> Book:
    """A book that ships.

    Raises
    ------
    TextError   none has this name, or it has characters outside the alphabet given
    """
    for entry in _entries():
        if entry["name"] == name:
            content = resource(f"books/{entry['file']}").read_bytes()
            return book_of(
                content,
                name,
                alphabet=alphabet,
                source=f"{entry['author']}, {entry['title']}, {entry['year']}; {entry['source']}",
                licence=entry["licence"],
            )
    raise TextError(f"there is no book {name[:40]!r}; there are {', '.join(shipped_books())}")


def _entries() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(resource("books/books.json").read_text("utf-8"))
    return found


def _points(text: str) -> Array:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def _check_size(count: int) -> None:
    if count > MOST_SYMBOLS:
        raise TextError(
            f"{count:,} different characters are too many; an alphabet has at most {MOST_SYMBOLS:,}"
        )


def _check_bytes(size: int, name: str) -> None:
    if size > MOST_BYTES:
        raise TextError(f"{name} has {size:,} bytes; at most {MOST_BYTES:,} can be used")
