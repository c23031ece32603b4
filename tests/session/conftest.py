"""A document to save and damage, and small PNGs with any chunks, valid or not."""

from __future__ import annotations

import struct
import sys
import zlib
from types import ModuleType

import pytest

from deepfractals_gui.core import Coloring, Document, Viewport
from deepfractals_gui.systems import SYSTEMS

SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0)


def chunk(kind: bytes, content: bytes, checksum: int | None = None) -> bytes:
    checksum = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def international(
    text: bytes, *, compressed: bool = False, keyword: bytes = b"deepfractals"
) -> bytes:
    body = zlib.compress(text) if compressed else text
    return chunk(b"iTXt", keyword + b"\0" + bytes([compressed, 0]) + b"\0\0" + body)


def latin(text: bytes) -> bytes:
    return chunk(b"tEXt", b"deepfractals\0" + text)


def compressed_latin(text: bytes) -> bytes:
    return chunk(b"zTXt", b"deepfractals\0\0" + zlib.compress(text))


def png(*extra: bytes, after: bytes = b"") -> bytes:
    """A picture of 2 x 2 pixels with more chunks behind the header, or behind the pixels."""
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 14))
    return (
        SIGNATURE + chunk(b"IHDR", HEADER) + b"".join(extra) + pixels + after + chunk(b"IEND", b"")
    )


@pytest.fixture
def maker() -> ModuleType:
    """This module: its functions make chunks and PNGs."""
    return sys.modules[__name__]


@pytest.fixture
def document() -> Document:
    chosen = SYSTEMS[0]
    params = chosen.Params()
    return Document(
        key=chosen.key,
        params=params,
        viewport=Viewport.at("-0.743643887037158704752191506114774", "0.1", 3e-7),
        coloring=Coloring(mode="smooth", palette="#000000,#ff8800,#ffffff", levels=(0.0, 20.5)),
        shape=(90, 160),
        supersampling=2,
    )
