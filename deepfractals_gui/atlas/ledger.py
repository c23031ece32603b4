"""What a book costs as an export, part by part, against other ways to write it.

All costs are whole files' bytes, in bits per character of the text: what a reader needs beside the
program itself, nothing left out.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Sequence
from dataclasses import dataclass

from deepfractals_gui.atlas.exports import Sizes
from deepfractals_gui.atlas.texts import Book

OTHERS = ("UTF-8", "gzip -9", "bz2", "xz")
_PARTS = {
    "weights": "weights",
    "alphabet": "alphabet",
    "key": "key",
    "residual": "residual",
    "header": "header and checksums",
}


@dataclass(frozen=True)
class Ledger:
    """Costs of one text.

    Attributes
    ----------
    characters : of the text
    others : bytes by each of OTHERS
    ours : bytes of the export's parts
    method : how the residual is coded, one of `coding.METHODS`
    """

    name: str
    characters: int
    others: tuple[int, ...]
    ours: Sizes
    method: str

    @property
    def total(self) -> int:
        """Bytes of the export."""
        return sum(self.ours)

    def bits(self, size: int) -> float:
        """Bits per character that so many bytes are."""
        return 8.0 * size / self.characters

    def rows(self) -> tuple[tuple[str, int, float], ...]:
        """Name, bytes and bits per character: the others, then the export and its parts."""
        found = list(zip(OTHERS, self.others, strict=True))
        found.append((f"atlas ({self.method})", self.total))
        found += [(f"  {_PARTS[part]}", getattr(self.ours, part)) for part in _PARTS]
        return tuple((name, size, self.bits(size)) for name, size in found)


def ledger(book: Book, sizes: Sizes, method: str) -> Ledger:
    """The costs of a book whose export has these sizes."""
    return Ledger(book.name, len(book), other_sizes(book.content), sizes, method)


def other_sizes(content: bytes) -> tuple[int, ...]:
    """Bytes by each of OTHERS; gzip's without a file name, xz's by the better of two settings."""
    return (
        len(content),
        len(gzip.compress(content, 9, mtime=0)),
        len(bz2.compress(content, 9)),
        # The slowest setting isn't always the smallest.
        min(len(lzma.compress(content, preset=one)) for one in (6, 9 | lzma.PRESET_EXTREME)),
    )


def table(ledgers: Sequence[Ledger]) -> str:
    """Lines of text: for each book its rows, with bytes and bits per character in columns."""
    lines = []
    for one in ledgers:
        rows = one.rows()
        wide = max(len(name) for name, _, _ in rows)
        digits = max(len(f"{size:,}") for _, size, _ in rows)
        lines.append(f"{one.name}, {one.characters:,} characters")
        lines.append(f"  {'':{wide}}  {'bytes':>{digits}}  bits per character")
        for name, size, bits in rows:
            lines.append(f"  {name:{wide}}  {size:>{digits},}  {bits:.4f}")
        lines.append("")
    return "\n".join(lines[:-1])
