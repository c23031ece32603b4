"""The text that a PNG carries, read chunk by chunk without touching a pixel."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from deepfractals_gui.session.strict_json import TEXT_LIMIT

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = "deepfractals"
"""The keyword of the iTXt chunk that holds a picture's document."""

_MAX_CHUNKS = 1_000_000
_TEXT_KINDS = (b"iTXt", b"tEXt", b"zTXt")
_PIECE = 1 << 20


class PngError(ValueError):
    """The file isn't a sound PNG; the message is one line that says why."""


def read_text(file: BinaryIO, keyword: str = KEYWORD, limit: int = TEXT_LIMIT) -> bytes | None:
    """Find the text that a PNG holds under a keyword.

    The whole file is walked and every checksum compared, so that a damaged picture is noticed;
    memory stays below 2 ``limit`` + 1 MiB whatever the file holds.

    Parameters
    ----------
    file : open for reading at the PNG's first byte
    limit : bytes of text, uncompressed, at most

    Returns
    -------
    the text of the first such chunk (UTF-8 for iTXt, Latin-1 otherwise), or None

    Raises
    ------
    PngError   the file is no PNG, is cut short, fails a checksum, or the text is too long
    OSError    it can't be read
    """
    head = file.read(len(SIGNATURE))
    if head != SIGNATURE:
        raise PngError(_why_no_png(head))
    wanted = keyword.encode("latin-1") + b"\0"
    found: bytes | None = None
    first = True
    for _ in range(_MAX_CHUNKS):
        length, kind = _chunk_head(file)
        if first and kind != b"IHDR":
            raise PngError("its first chunk is not the header of a PNG")
        first = False
        keep = b""
        if kind in _TEXT_KINDS and found is None:
            start = file.read(min(length, len(wanted)))
            if start == wanted:
                if length > limit + 1024:
                    raise PngError(f"the document inside is longer than {limit // 1024} kB")
                keep = file.read(length - len(start))
                _check(file, kind, zlib.crc32(keep, zlib.crc32(start, zlib.crc32(kind))), length)
                if len(keep) < length - len(start):
                    raise PngError("it is cut short")
                found = _text(kind, keep, limit)
                continue
            _skip(file, kind, length - len(start), zlib.crc32(start, zlib.crc32(kind)))
        else:
            _skip(file, kind, length, zlib.crc32(kind))
        if kind == b"IEND":
            return found
    raise PngError("it has more than a million chunks")


def _chunk_head(file: BinaryIO) -> tuple[int, bytes]:
    head = file.read(8)
    if len(head) < 8:
        raise PngError("it is cut short")
    length, kind = struct.unpack(">I4s", head)
    if length > 0x7FFF_FFFF or not kind.isalpha():
        raise PngError("it is damaged: a chunk has no valid header")
    return length, kind


def _skip(file: BinaryIO, kind: bytes, length: int, checksum: int) -> None:
    left = length
    while left > 0:
        piece = file.read(min(left, _PIECE))
        if not piece:
            raise PngError("it is cut short")
        checksum = zlib.crc32(piece, checksum)
        left -= len(piece)
    _check(file, kind, checksum, length)


def _check(file: BinaryIO, kind: bytes, checksum: int, length: int) -> None:
    stored = file.read(4)
    if len(stored) < 4:
        raise PngError("it is cut short")
    if struct.unpack(">I", stored)[0] != checksum:
        name = kind.decode("ascii")
        raise PngError(f"it is damaged: the checksum of a {name} chunk of {length} bytes is wrong")


def _text(kind: bytes, rest: bytes, limit: int) -> bytes:
    """The text after the keyword and its zero."""
    if kind == b"tEXt":
        text = rest
    elif kind == b"zTXt":
        if rest[:1] != b"\0":
            raise PngError("the document inside is compressed in an unknown way")
        text = _inflated(rest[1:], limit)
    else:
        compressed, method = rest[:1], rest[1:2]
        parts = rest[2:].split(b"\0", 2)
        if len(parts) < 3 or compressed not in (b"\0", b"\1") or method != b"\0":
            raise PngError("the document inside is not a valid text chunk")
        text = _inflated(parts[2], limit) if compressed == b"\1" else parts[2]
    if len(text) > limit:
        raise PngError(f"the document inside is longer than {limit // 1024} kB")
    return text if kind == b"iTXt" else text.decode("latin-1").encode("utf-8")


def _inflated(data: bytes, limit: int) -> bytes:
    """Decompress, taking at most ``limit`` bytes of memory for the result."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, limit + 1)
    except zlib.error:
        raise PngError("the document inside is damaged: it can't be decompressed") from None
    if len(text) > limit:
        raise PngError(f"the document inside is longer than {limit // 1024} kB")
    if not inflater.eof:
        raise PngError("the document inside is damaged: it is cut short")
    return text


def _why_no_png(head: bytes) -> str:
    if not head:
        return "it is empty"
    if len(head) < len(SIGNATURE) and SIGNATURE.startswith(head):
        return "it is cut short"
    if head[:4] == SIGNATURE[:4]:
        return "it is a PNG that was damaged on its way, as by a transfer as text"
    return "it is not a PNG"
