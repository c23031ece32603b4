"""A range coder: symbols in, bytes out, by how likely each was held to be.

The interval [low, low + width) of 32-bit numbers is narrowed to a symbol's share of it, and its
leading byte leaves as soon as the width is below 2^24. Every operation is on whole numbers, so
that what one machine writes any other reads. A *coder* is int64 (6,), see `encoder` and
`decoder`; its bytes lie in a buffer of their own.

References
----------
Martin 1979, "Range encoding: an algorithm for removing redundancy from a digitised message".
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_tables import wide
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import inline, kernel

BOTTOM = 1 << 24
"""The width is never below this between two symbols, so frequencies may add up to it."""
_TOP = 1 << 32
_LOW, _WIDTH, _HELD, _FULL, _AT, _CODE = range(6)
# Low holds 32 bits that are still open, and a carry; the byte before them is held back, and so
# are the bytes 0xFF after it, because a carry may still run through them.


def encoder() -> Array:
    """A coder that has written nothing."""
    return np.array([0, _TOP - 1, -1, 0, 0, 0], np.int64)


def decoder(content: Array) -> Array:
    """A coder that has read nothing of the bytes, uint8 (M,); beyond their end it reads zeros."""
    first = int.from_bytes(content[:4].tobytes().ljust(4, b"\0"), "big")
    return np.array([0, _TOP - 1, -1, 0, 4, first], np.int64)


def room(coder: Array, symbols: int, bits: int) -> int:
    """Bytes that a buffer needs for symbols of so many bits at most."""
    return int(coder[_FULL]) + symbols * (bits // 8 + 1) + 8


def taken(coder: Array, buffer: Array) -> bytes:
    """The bytes that stand in the buffer, which is then empty."""
    count, coder[_AT] = int(coder[_AT]), 0
    return buffer[:count].tobytes()


def finish(coder: Array) -> bytes:
    """The last bytes, with as many zeros at the end as the interval allows; those need no room."""
    low, width = int(coder[_LOW]), int(coder[_WIDTH])
    chosen = low
    for zeros in range(32, -1, -1):
        up = -(-low >> zeros) << zeros
        if up < low + width:
            chosen = up
            break
    carry = chosen >> 32
    held = bytes([int(coder[_HELD]) + carry]) if coder[_HELD] >= 0 else b""
    held += bytes([(0xFF + carry) & 0xFF]) * int(coder[_FULL])
    return held + (chosen & (_TOP - 1)).to_bytes(4, "big")


@inline
def _push(coder: Array, out: Array) -> None:
    """Let the leading byte of low go."""
    low = coder[_LOW]
    if low < 0xFF000000 or low >= _TOP:
        carry = low >> 32
        at = coder[_AT]
        if coder[_HELD] >= 0:
            out[at] = coder[_HELD] + carry
            at += 1
        for _ in range(coder[_FULL]):
            out[at] = 0xFF + carry
            at += 1
        coder[_AT] = at
        coder[_FULL] = 0
        coder[_HELD] = (low >> 24) & 0xFF
    else:
        coder[_FULL] += 1
    coder[_LOW] = (low & 0xFFFFFF) << 8


@inline
def put(coder: Array, out: Array, below: int, above: int, total: int) -> None:
    """Write a symbol whose share of the total is [below, above); total <= BOTTOM."""
    width = coder[_WIDTH]
    begin, end = width * below // total, width * above // total
    coder[_LOW] += begin
    width = end - begin
    while width < BOTTOM:
        _push(coder, out)
        width <<= 8
    coder[_WIDTH] = width


@inline
def _widen(coder: Array, content: Array, width: int, code: int) -> None:
    """Read on until the interval is wide enough for the next symbol."""
    while width < BOTTOM:
        at = coder[_AT]
        code = ((code << 8) | (wide(content[at]) if at < content.size else 0)) & (_TOP - 1)
        coder[_AT] = at + 1
        width <<= 8
    coder[_CODE] = code
    coder[_WIDTH] = width


@inline
def point(coder: Array, total: int) -> int:
    """Where in the total the next symbol lies."""
    # Damaged bytes may lie beyond the interval; what is read then is wrong, but within bounds.
    where: int = min(((coder[_CODE] + 1) * total - 1) // coder[_WIDTH], total - 1)
    return where


@inline
def drop(coder: Array, content: Array, below: int, above: int, total: int) -> None:
    """Go on after the symbol whose share of the total was [below, above)."""
    width = coder[_WIDTH]
    begin, end = width * below // total, width * above // total
    _widen(coder, content, end - begin, coder[_CODE] - begin)


@inline
def put_bit(coder: Array, out: Array, share: int, bit: int) -> None:
    """Write a bit that is 1 with the probability share / 2^16, between 0 and 1."""
    width = coder[_WIDTH]
    ones = (width * share) >> 16
    if bit:
        width = ones
    else:
        coder[_LOW] += ones
        width -= ones
    while width < BOTTOM:
        _push(coder, out)
        width <<= 8
    coder[_WIDTH] = width


@inline
def next_bit(coder: Array, content: Array, share: int) -> int:
    """Read a bit that is 1 with the probability share / 2^16."""
    width, code = coder[_WIDTH], coder[_CODE]
    ones = (width * share) >> 16
    if code < ones:
        bit, width = 1, ones
    else:
        bit, width, code = 0, width - ones, code - ones
    _widen(coder, content, width, code)
    return bit


@kernel
def write_symbols(symbols: Array, frequencies: Array, coder: Array, out: Array, flag: Array) -> int:
    """Write symbols by their frequencies; how many were written.

    Parameters
    ----------
    symbols : uint16 (N,)
    frequencies : int32 or int64 (N, V)   not negative, each row's sum from 1 to BOTTOM
    out : uint8, with `room` for all of them
    flag : when it goes up, this returns before the next symbol; so it does at one of frequency 0
    """
    for n in range(symbols.size):
        if raised(flag):
            return n
        row, symbol = frequencies[n], symbols[n]
        below, total = wide(0), wide(0)
        for k in range(row.size):
            if k == symbol:
                below = total
            total += row[k]
        if row[symbol] == 0:
            return n
        put(coder, out, below, below + row[symbol], total)
    return symbols.size


@kernel
def read_symbols(content: Array, frequencies: Array, coder: Array, out: Array, flag: Array) -> int:
    """Read the symbols that `write_symbols` wrote, into uint16 (N,); how many were read."""
    for n in range(out.size):
        if raised(flag):
            return n
        row = frequencies[n]
        total = wide(0)
        for k in range(row.size):
            total += row[k]
        where = point(coder, total)
        symbol, below = 0, wide(0)
        while below + row[symbol] <= where:
            below += row[symbol]
            symbol += 1
        drop(coder, content, below, below + row[symbol], total)
        out[n] = symbol
    return out.size


def _warm() -> None:
    symbols, frequencies = np.zeros(1, np.uint16), np.ones((1, 2), np.int32)
    out, flag = np.zeros(16, np.uint8), np.zeros(1, np.uint8)
    write_symbols(symbols, frequencies, encoder(), out, flag)
    read_symbols(out, frequencies, decoder(out), symbols, flag)


WARM = (("atlas coder", _warm),)
