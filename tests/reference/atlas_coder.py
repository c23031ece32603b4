"""The range coder with one number of any length for all that was written so far."""

from __future__ import annotations

from collections.abc import Sequence

BOTTOM = 1 << 24


def written(symbols: Sequence[int], frequencies: Sequence[Sequence[int]]) -> bytes:
    """The bytes of symbols that have these frequencies at their positions."""
    low, width, bits = 0, (1 << 32) - 1, 32
    for symbol, row in zip(symbols, frequencies, strict=True):
        total, below = sum(row), sum(row[:symbol])
        begin, end = width * below // total, width * (below + row[symbol]) // total
        low, width = low + begin, end - begin
        while width < BOTTOM:
            low, width, bits = low << 8, width << 8, bits + 8
    # The number in [low, low + width) that ends in the most zeros.
    zeros = next(k for k in range(bits, -1, -1) if (-(-low >> k) << k) < low + width)
    return (-(-low >> zeros) << zeros).to_bytes(bits // 8, "big").rstrip(b"\0")


def read(content: bytes, frequencies: Sequence[Sequence[int]]) -> list[int]:
    """The symbols of the bytes."""
    value, width, at = int.from_bytes(content[:4].ljust(4, b"\0"), "big"), (1 << 32) - 1, 4
    found = []
    for row in frequencies:
        total = sum(row)
        symbol = max(
            s for s in range(len(row)) if row[s] and width * sum(row[:s]) // total <= value
        )
        below = sum(row[:symbol])
        begin, end = width * below // total, width * (below + row[symbol]) // total
        value, width = value - begin, end - begin
        while width < BOTTOM:
            value = value << 8 | (content[at] if at < len(content) else 0)
            width, at = width << 8, at + 1
        found.append(symbol)
    return found
