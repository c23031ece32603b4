"""A book in one small file, which gives back its bytes exactly or says what is wrong.

In this order: MAGIC; the version, a byte; what is in the file (see below); the SHA-256 of the
text's bytes; the CRC-32 of all before it, which tells of any one damaged byte, of any cut and of
almost any other damage. A number is a *varint*: seven bits a byte, the low ones first, the highest
bit set in all bytes but the last.

======== ==========================================================================
name     varint, then so many bytes of UTF-8
length   varint: characters of the text
alphabet varint: runs; for each the gap to its first code point, and its length - 1
weights  see *block*; the model's quantised weights, empty without a model
key      see *block*; the key under which the model holds this text, may be empty
method   a byte, the index into METHODS; then varint, then so many bytes of residual
======== ==========================================================================

A *block* is a byte that says how it's coded (0 as it is, else 1 + the index into METHODS), a
varint with its length, a varint with the length of its code, and the code.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepfractals_gui.atlas.coding import (
    COORDINATE_ONLY,
    METHODS,
    Predictor,
    Progress,
    read,
    smallest,
)
from deepfractals_gui.atlas.contexts import numbers, script_of
from deepfractals_gui.atlas.texts import MOST_CHARACTERS, MOST_SYMBOLS, Alphabet, Book, TextError
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.core.contents import size_of
from deepfractals_gui.nn.model_files import write_whole

MAGIC = b"\x8fatl"
VERSION = 1
SUFFIX = ".atlas"
MOST_BYTES = 1 << 27
"""Bytes of a file."""
MOST_WEIGHTS = 1 << 24
"""Bytes of packed weights, and of a packed key."""
_MOST_NAME = 255
_DIGEST, _CHECK = 32, 4
_TRIED = 1 << 20
"""Packed weights up to so many bytes are coded by every method, which takes seconds for more."""

Factory = Callable[[bytes, bytes, int], Predictor]
"""Packed weights, a packed key (empty for the master text) and the alphabet's length to a model.
Raises ValueError where they make none."""


class ExportError(ValueError):
    """A file isn't an export that can be read, or can't be written; one line says why."""


class Sizes(NamedTuple):
    """Bytes of each part of a file, which add up to all of it."""

    header: int
    alphabet: int
    weights: int
    key: int
    residual: int


@dataclass(frozen=True)
class Export:
    """What a file holds.

    Attributes
    ----------
    length : characters of the text
    weights, key : what the model is made of, packed; empty where it needs none
    method, residual : how the text is coded, and the bytes
    sha256 : of the text's bytes, hexadecimal
    """

    name: str
    alphabet: Alphabet
    length: int
    weights: bytes
    key: bytes
    method: str
    residual: bytes
    sha256: str
    sizes: Sizes

    def text(
        self,
        factory: Factory | None = None,
        *,
        cancel: CancelFlag | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        """The text's bytes.

        Raises
        ------
        ExportError   the model can't be made, or another text came out than was put in
        Cancelled     the flag went up
        """
        script = script_of(self.alphabet)
        model = self._model(factory)
        try:
            symbols = read(
                self.residual, self.length, script, self.method, model, cancel=cancel,
                progress=progress,
            )  # fmt: skip
        except ValueError as error:
            # Such as a text that is longer than the model's line.
            raise ExportError(f"{self.name} can't be decoded: {error}") from None
        content = self.alphabet.text(symbols).encode("utf-8")
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise ExportError(f"{self.name} comes out as another text than was put in")
        return content

    def _model(self, factory: Factory | None) -> Predictor | None:
        if not self.weights:
            return None
        if factory is None:
            raise ExportError(f"{self.name} needs a model, and there is nothing to make it with")
        try:
            return factory(self.weights, self.key, len(self.alphabet))
        except ValueError as error:
            raise ExportError(f"{self.name}: its model is damaged: {error}") from None


def export_bytes(
    book: Book,
    *,
    weights: bytes = b"",
    key: bytes = b"",
    factory: Factory | None = None,
    neighbours: bool = True,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> bytes:
    """A file's content, from which the book was read back.

    Parameters
    ----------
    weights, key, factory : the model, if one helps
    neighbours : let symbols be coded by those before them too, not by their coordinate alone
    progress : called with (work done, all work)

    Raises
    ------
    ExportError   the text doesn't come back: the model gives other answers when asked again
    Cancelled     the flag went up
    """
    for what, packed in (("weights", weights), ("key", key)):
        if len(packed) > MOST_WEIGHTS:
            raise ExportError(f"{len(packed):,} bytes of {what} are too many; {MOST_WEIGHTS:,} fit")
    if key and not weights:
        raise ExportError("a key without weights opens nothing")
    methods = METHODS if neighbours else COORDINATE_ONLY
    model = factory(weights, key, len(book.alphabet)) if weights and factory else None
    if weights and model is None:
        raise ExportError("weights were given, and nothing to make a model with")
    steps = len(methods) + 1

    def writing(done: int, total: int) -> None:
        if progress is not None:
            progress(done, total // len(methods) * steps)

    def reading(done: int, total: int) -> None:
        if progress is not None:
            progress(done + len(methods) * total, total * steps)

    script = script_of(book.alphabet)
    coded = smallest(book.symbols, script, methods, model, cancel=cancel, progress=writing)
    parts = (
        _varint(len(_name(book.name))) + _name(book.name) + _varint(len(book)),
        _alphabet(book.alphabet),
        _block(weights, cancel),
        _block(key, cancel),
        bytes([METHODS.index(coded.method)]) + _varint(len(coded.content)) + coded.content,
    )
    body = MAGIC + bytes([VERSION]) + b"".join(parts) + bytes.fromhex(book.sha256)
    content = body + zlib.crc32(body).to_bytes(_CHECK, "little")
    export = export_in(content, book.name)
    if export.text(factory, cancel=cancel, progress=reading) != book.content:
        raise ExportError(f"{book.name} doesn't come back as it was")
    return content


def save_export(path: Path | str, content: bytes) -> None:
    """Write beside the target and rename. Raises OSError where that can't be done."""
    write_whole(Path(path), content)


def export_in(content: bytes, name: str) -> Export:
    """What a file's content says, without decoding its text.

    Raises
    ------
    ExportError   one line that says what is wrong with it
    """
    if content[: len(MAGIC)] != MAGIC:
        raise ExportError(f"{name} is not an export of the text atlas")
    body = content[:-_CHECK]
    if len(content) < len(MAGIC) + 1 + _DIGEST + _CHECK or zlib.crc32(body) != int.from_bytes(
        content[-_CHECK:], "little"
    ):
        raise ExportError(f"{name} is damaged: its checksum doesn't fit its {len(content):,} bytes")
    if content[len(MAGIC)] != VERSION:
        raise ExportError(f"{name} is of version {content[len(MAGIC)]}; this reads {VERSION}")
    try:
        return _export(body)
    except (ValueError, IndexError) as error:
        raise ExportError(f"{name} is no sound export: {error}") from None


def read_export(path: Path | str) -> Export:
    """Read a file, whose size is looked at first. Raises ExportError, and OSError."""
    path = Path(path)
    size = size_of(path, ExportError)
    if size > MOST_BYTES:
        raise ExportError(f"{path.name} has {size:,} bytes; at most {MOST_BYTES:,} can be used")
    with path.open("rb") as file:
        return export_in(file.read(MOST_BYTES), path.name)


def decode(
    path: Path | str,
    factory: Factory | None = None,
    *,
    cancel: CancelFlag | None = None,
    progress: Progress | None = None,
) -> bytes:
    """The bytes of the text in a file. Raises what `read_export` and `Export.text` do."""
    return read_export(path).text(factory, cancel=cancel, progress=progress)


class _Source:
    """Bytes that are taken from the front."""

    def __init__(self, content: bytes, at: int) -> None:
        self.content, self.at = content, at

    def take(self, count: int, what: str) -> bytes:
        if count > len(self.content) - self.at:
            raise ValueError(f"it ends within its {what}")
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self, most: int, what: str) -> int:
        found = shift = 0
        while shift < 64:
            (byte,) = self.take(1, what)
            found |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if found > most:
            raise ValueError(f"{found:,} is too much for its {what}; {most:,} is the most")
        return found


def _export(body: bytes) -> Export:
    source = _Source(body[:-_DIGEST], len(MAGIC) + 1)
    name = source.take(source.number(_MOST_NAME, "name"), "name").decode("utf-8")
    length = source.number(MOST_CHARACTERS, "length")
    first = source.at
    alphabet = _read_alphabet(source)
    second = source.at
    weights = _read_block(source, "weights")
    third = source.at
    key = _read_block(source, "key")
    fourth = source.at
    method = METHODS[_index(source, len(METHODS), "method")]
    residual = source.take(source.number(MOST_BYTES, "residual"), "residual")
    if source.at != len(source.content):
        raise ValueError(f"{len(source.content) - source.at} bytes follow its residual")
    if length == 0:
        raise ValueError("its text is empty")
    return Export(
        name=name,
        alphabet=alphabet,
        length=length,
        weights=weights,
        key=key,
        method=method,
        residual=residual,
        sha256=body[-_DIGEST:].hex(),
        sizes=Sizes(
            header=first + _DIGEST + _CHECK,
            alphabet=second - first,
            weights=third - second,
            key=fourth - third,
            residual=source.at - fourth,
        ),
    )


def _index(source: _Source, count: int, what: str) -> int:
    (found,) = source.take(1, what)
    if found >= count:
        raise ValueError(f"its {what} {found} is unknown")
    return found


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _name(name: str) -> bytes:
    content = name.encode("utf-8", "replace")[:_MOST_NAME]
    # A character may have been cut in two.
    return content.decode("utf-8", "ignore").encode("utf-8")


def _alphabet(alphabet: Alphabet) -> bytes:
    runs: list[list[int]] = []
    after = 0
    for point in map(ord, alphabet.characters):
        if runs and point == after:
            runs[-1][1] += 1
        else:
            runs.append([point - after, 0])
        after = point + 1
    return _varint(len(runs)) + b"".join(_varint(number) for run in runs for number in run)


def _read_alphabet(source: _Source) -> Alphabet:
    found: list[str] = []
    after = 0
    for _ in range(source.number(MOST_SYMBOLS, "alphabet")):
        after += source.number(0x10FFFF, "alphabet")
        count = source.number(MOST_SYMBOLS - 1, "alphabet") + 1
        if len(found) + count > MOST_SYMBOLS or after + count > 0x110000:
            raise ValueError(f"its alphabet has more than {MOST_SYMBOLS:,} characters")
        found += map(chr, range(after, after + count))
        after += count
    try:
        return Alphabet("".join(found))
    except TextError as error:
        raise ValueError(f"its alphabet is wrong: {error}") from None


def _block(packed: bytes, cancel: CancelFlag | None) -> bytes:
    kind, code = 0, packed
    if packed:
        symbols = np.frombuffer(packed, np.uint8)
        methods = ("calibrated", "contexts") if len(packed) <= _TRIED else ("calibrated",)
        coded = smallest(symbols, numbers(256), methods, cancel=cancel)
        if len(coded.content) < len(packed):
            kind, code = 1 + METHODS.index(coded.method), coded.content
    return bytes([kind]) + _varint(len(packed)) + _varint(len(code)) + code


def _read_block(source: _Source, what: str) -> bytes:
    kind = _index(source, 1 + len(METHODS), what)
    length = source.number(MOST_WEIGHTS, what)
    code = source.take(source.number(MOST_WEIGHTS, what), what)
    if kind == 0:
        if len(code) != length:
            raise ValueError(f"its {what} are not as long as it says")
        return code
    found = read(code, length, numbers(256), METHODS[kind - 1])
    return found.astype(np.uint8).tobytes()
