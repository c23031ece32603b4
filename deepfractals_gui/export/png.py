"""A PNG written row by row, so that no picture is ever whole in memory.

PNG is ISO/IEC 15948; the filters are those of its section 9.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO, Protocol

import numpy as np

from deepfractals_gui.core import Array

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LEVEL = 4
"""Compression: beyond it, files shrink by a few per cent for twice the time."""
_SEGMENT = 1 << 20
"""Bytes of filtered rows that are compressed together; the segments compress in parallel."""
_WINDOW = 32768
_SRGB_PERCEPTUAL = b"\0"


class Map(Protocol):
    """An ordered map that may run in parallel, such as `Renderer.run`."""

    def __call__(
        self, function: Callable[[Any], Any], sequence: Iterable[Any], /
    ) -> Sequence[Any]: ...


def in_turn(function: Callable[[Any], Any], sequence: Iterable[Any]) -> list[Any]:
    """The map that runs in the calling thread."""
    return [function(item) for item in sequence]


class PngWriter:
    """Writes an 8-bit RGB picture of shape (H, W), from the top row down.

    The compressed stream is cut into segments that each start from the 32 kB before them, as if
    compressed in one go, but in parallel: the bytes don't depend on how many work along.

    Parameters
    ----------
    file : open for writing in binary, at the PNG's first byte
    texts : keyword to text (UTF-8), written as uncompressed iTXt before the pixels
    """

    def __init__(
        self,
        file: BinaryIO,
        shape: tuple[int, int],
        texts: Mapping[str, str],
        *,
        run: Map = in_turn,
        level: int = LEVEL,
    ) -> None:
        self._file = file
        self._shape = shape
        self._run = run
        self._level = level
        self._written = 0
        self._above = np.zeros(3 * shape[1], np.uint8)
        self._pending: list[bytes] = []
        self._pending_size = 0
        self._window = b""
        self._checksum = zlib.adler32(b"")
        height, width = shape
        file.write(SIGNATURE)
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        self._chunk(b"sRGB", _SRGB_PERCEPTUAL)
        for keyword, text in texts.items():
            head = keyword.encode("latin-1") + b"\0\0\0\0\0"
            self._chunk(b"iTXt", head + text.encode("utf-8"))
        # Deflate with a 32 kB window, no dictionary.
        self._chunk(b"IDAT", b"\x78\x5e")

    def write_rows(self, rows: Array) -> None:
        """Append rows (n, W, 3) uint8, the upper one first.

        Raises
        ------
        ValueError   the rows are of another width or type, or there are more than H
        """
        height, width = self._shape
        if rows.dtype != np.uint8 or rows.ndim != 3 or rows.shape[1:] != (width, 3):
            raise ValueError(f"rows of {width} RGB pixels are needed, not {rows.shape}")
        if self._written + len(rows) > height:
            raise ValueError(f"the picture has only {height} rows")
        if not len(rows):
            return
        flat = np.ascontiguousarray(rows).reshape(len(rows), 3 * width)
        above = np.concatenate([self._above[None], flat[:-1]])
        self._above = flat[-1].copy()
        self._written += len(rows)
        count = max(1, _SEGMENT // flat.shape[1])
        parts = [slice(i, i + count) for i in range(0, len(flat), count)]
        for filtered in self._run(lambda part: filtered_rows(flat[part], above[part]), parts):
            self._pending.append(filtered)
            self._pending_size += len(filtered)
        if self._pending_size >= 4 * _SEGMENT:
            self._compress(last=False)

    def close(self) -> None:
        """Write the end of the picture. Raises ValueError when rows are missing."""
        if self._written < self._shape[0]:
            raise ValueError(f"{self._shape[0] - self._written} rows of the picture are missing")
        self._compress(last=True)
        self._chunk(b"IEND", b"")

    def _compress(self, last: bool) -> None:
        data = b"".join(self._pending)
        self._pending, self._pending_size = [], 0
        self._checksum = zlib.adler32(data, self._checksum)
        starts = range(0, len(data), _SEGMENT)
        jobs = []
        for start in starts:
            before = data[max(0, start - _WINDOW) : start] if start else self._window
            final = last and start + _SEGMENT >= len(data)
            jobs.append((data[start : start + _SEGMENT], before, final))
        for piece in self._run(self._deflate, jobs):
            self._chunk(b"IDAT", piece)
        self._window = (self._window + data)[-_WINDOW:]
        if last:
            self._chunk(b"IDAT", struct.pack(">I", self._checksum))

    def _deflate(self, job: tuple[bytes, bytes, bool]) -> bytes:
        data, before, final = job
        deflater = zlib.compressobj(
            self._level, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, before
        )
        return deflater.compress(data) + deflater.flush(
            zlib.Z_FINISH if final else zlib.Z_SYNC_FLUSH
        )

    def _chunk(self, kind: bytes, content: bytes) -> None:
        checksum = zlib.crc32(content, zlib.crc32(kind))
        self._file.write(struct.pack(">I", len(content)) + kind)
        self._file.write(content)
        self._file.write(struct.pack(">I", checksum))


def filtered_rows(rows: Array, above: Array) -> bytes:
    """Filter rows (n, 3 W) uint8 with the rows above each; each starts with its filter's number.

    Of none, sub and up each row takes the one with the least sum of absolute differences,
    the choice that the standard suggests.
    """
    count, size = rows.shape
    left = np.zeros_like(rows)
    left[:, 3:] = rows[:, :-3]
    choices = (rows, rows - left, rows - above)
    # As signed bytes: 255 is a difference of -1.
    costs = np.stack([_cost(choice) for choice in choices])
    best = np.argmin(costs, axis=0)
    out = np.empty((count, size + 1), np.uint8)
    out[:, 0] = best
    for number, choice in enumerate(choices):
        chosen = best == number
        out[chosen, 1:] = choice[chosen]
    return out.tobytes()


def _cost(differences: Array) -> Array:
    # |x| of a signed byte is min(x, 256 - x) of the unsigned one.
    sums: Array = np.minimum(differences, np.negative(differences)).sum(axis=1, dtype=np.int64)
    return sums


def write_picture(
    file: BinaryIO, rgb: Array, texts: Mapping[str, str], *, run: Map = in_turn
) -> None:
    """Write a whole picture (H, W, 3) uint8 whose first row is the upper one."""
    height, width = rgb.shape[:2]
    writer = PngWriter(file, (height, width), texts, run=run)
    writer.write_rows(rgb)
    writer.close()
