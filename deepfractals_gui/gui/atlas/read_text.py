"""What a model reads back of a book: symbols, which of them are right, and sums of these."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core import Array

WRONG, RIGHT, UNREAD = 0, 1, 2
"""What is known of a character."""
BLOCK = 64
"""Characters that are summed once: sums between any two places then look at few of them."""


class ReadText:
    """A book as it was read back last, patched stretch by stretch.

    Attributes
    ----------
    symbols : uint16 (N,), 0 where nothing has been read
    codes : uint8 (N,), each WRONG, RIGHT or UNREAD
    sureness : float32 (N,), the probability of the symbol read; NaN where that isn't known
    """

    def __init__(self, count: int) -> None:
        self.symbols: Array = np.zeros(count, np.uint16)
        self.codes: Array = np.full(count, UNREAD, np.uint8)
        self.sureness: Array = np.full(count, np.nan, np.float32)
        blocks = -(-count // BLOCK)
        self._right: Array = np.zeros(blocks, np.int64)
        self._unread: Array = np.full(blocks, BLOCK, np.int64)
        self._sums: tuple[Array, Array] | None = None
        self._count_blocks(0, count)

    def __len__(self) -> int:
        return len(self.codes)

    def patch(
        self, start: int, symbols: Array, right: Array, sureness: Array | None = None
    ) -> None:
        """Take over a stretch: symbols and right (n,), from ``start`` on.

        Raises
        ------
        ValueError   it doesn't lie within the text
        """
        stop = start + len(symbols)
        if not 0 <= start <= stop <= len(self) or len(right) != len(symbols):
            raise ValueError(f"characters {start} to {stop} aren't a stretch of {len(self)}")
        self.symbols[start:stop] = symbols
        self.codes[start:stop] = np.asarray(right, bool)
        self.sureness[start:stop] = np.nan if sureness is None else sureness
        self._count_blocks(start, stop)

    def _count_blocks(self, start: int, stop: int) -> None:
        """Sum the blocks anew that a stretch touches."""
        first, last = start // BLOCK, -(-stop // BLOCK)
        codes = self.codes[first * BLOCK : last * BLOCK]
        padded = np.zeros((last - first) * BLOCK, np.uint8)
        padded[: len(codes)] = codes
        rows = padded.reshape(-1, BLOCK)
        # Bytes are summed as bytes: no block holds more than 64.
        self._right[first:last] = (rows == RIGHT).sum(axis=1, dtype=np.uint8)
        self._unread[first:last] = (rows == UNREAD).sum(axis=1, dtype=np.uint8)
        self._sums = None

    def before(self, places: Array) -> tuple[Array, Array]:
        """How many characters before each place (M,) in [0, N] are right, and how many unread."""
        if self._sums is None:
            self._sums = _summed(self._right), _summed(self._unread)
        places = np.asarray(places, np.int64)
        block = places // BLOCK
        rest = places - block * BLOCK
        columns = np.arange(BLOCK)
        index = np.minimum(block[:, np.newaxis] * BLOCK + columns, len(self) - 1)
        near = self.codes[index] if len(self) else np.zeros((len(places), BLOCK), np.uint8)
        within = columns < rest[:, np.newaxis]
        right, unread = self._sums
        return (
            right[block] + ((near == RIGHT) & within).sum(axis=1),
            unread[block] + ((near == UNREAD) & within).sum(axis=1),
        )

    def shares(self, edges: Array) -> tuple[Array, Array]:
        """Of each stretch between neighbouring edges (M + 1,): accuracy and share unread (M,).

        The accuracy is of the characters that have been read; NaN where none has, or where a
        stretch is empty.
        """
        right, unread = (np.diff(sums).astype(np.float64) for sums in self.before(edges))
        count = np.diff(np.asarray(edges, np.int64)).astype(np.float64)
        known = count - unread
        with np.errstate(invalid="ignore", divide="ignore"):
            return right / known, np.where(count > 0, unread / count, 1.0)

    @property
    def accuracy(self) -> float:
        """Share of the characters read that are right; NaN where none has been read."""
        known = len(self) - int(self._unread.sum())
        return int(self._right.sum()) / known if known else float("nan")

    @property
    def unread(self) -> int:
        """How many characters haven't been read."""
        return int(self._unread.sum())


def _summed(values: Array) -> Array:
    """Sums of what is before each block, and of all: int64 (B + 1,)."""
    sums: Array = np.concatenate([[0], np.cumsum(values)])
    return sums
