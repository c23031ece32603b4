"""The tables with which symbols are coded bit by bit. Loads no Numba itself.

All are whole numbers that come out the same on every machine: a probability is in units of 2^-16,
its logit ln(p / (1 - p)) in units of 1 / LOGIT_UNIT, and logits stay within ±LOGIT_MOST.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

import numpy as np

from deepfractals_gui.core.arrays import Array

wide: Callable[[Any], int] = cast(Any, np.int64)
"""A kernel's number of 64 bits, which a type checker takes for one of Python's."""
LOGIT_UNIT, LOGIT_MOST = 170, 2047
LEAST_SHARE = 32
"""No bit is held for less likely than this, nor for more likely than its complement."""
_RAREST = 16
_WHOLE = 1 << 16
# Correctly rounded everywhere, which math.exp isn't.
_EXACT = decimal.Context(prec=24, rounding=decimal.ROUND_HALF_EVEN)

LOW, MIDDLE, HIGH, ZERO, ONE = range(5)
"""Columns of a tree: a node's symbols are [low, middle) for a 0 and [middle, high) for a 1; what
follows either bit is a node, or -1 where the symbol is known."""

_LONGEST = 4
"""Bits that a history remembers one by one."""
_BESIDE = (42, 42, 20, 14, 9, 7, 6)
"""The most of one bit that is counted beside so many of the other."""


@lru_cache(maxsize=1)
def shares() -> Array:
    """Probabilities of the logits from -LOGIT_MOST - 1 to LOGIT_MOST, int32 (4096,)."""
    found = []
    for logit in range(-LOGIT_MOST - 1, LOGIT_MOST + 1):
        growth = _EXACT.exp(_EXACT.divide(decimal.Decimal(-logit), decimal.Decimal(LOGIT_UNIT)))
        share = _EXACT.divide(decimal.Decimal(_WHOLE), _EXACT.add(decimal.Decimal(1), growth))
        found.append(min(max(int(share.to_integral_value()), _RAREST), _WHOLE - _RAREST))
    return _kept(np.array(found, np.int32))


@lru_cache(maxsize=1)
def logits() -> Array:
    """Logits of the probabilities (i + 1/2) / 4096, int32 (4096,)."""
    found = np.zeros(4096, np.int32)
    for i in range(2048, 4096):
        odds = _EXACT.divide(decimal.Decimal(2 * i + 1), decimal.Decimal(8191 - 2 * i))
        logit = _EXACT.multiply(_EXACT.ln(odds), decimal.Decimal(LOGIT_UNIT))
        found[i] = min(int(logit.to_integral_value()), LOGIT_MOST)
        found[4095 - i] = -found[i]
    return _kept(found)


class Histories(NamedTuple):
    """What a place remembers of the bits seen there: short ones whole, long ones as two counts.

    Attributes
    ----------
    following : int32 (S, 2)   the history after a 0 and after a 1; the first one is empty
    share : int32 (S,)   how likely a 1 seems to come next
    """

    following: Array
    share: Array


@lru_cache(maxsize=1)
def histories() -> Histories:
    """All histories, in the order in which they are met.

    One bit takes from the count of the other where that is above 2: what is recent counts more.
    """
    places: dict[tuple[int, ...], int] = {(): 0}
    met: list[tuple[int, ...]] = [()]
    following = []
    # The list grows while it is read, until every history's followers are in it.
    for history in met:
        row = []
        for bit in (0, 1):
            after = _after(history, bit)
            if after not in places:
                places[after] = len(met)
                met.append(after)
            row.append(places[after])
        following.append(row)
    seen = [_counts(history) for history in met]
    share = [65535 * (10 * ones + 4) // (10 * (zeros + ones) + 8) for zeros, ones in seen]
    return Histories(_kept(np.array(following, np.int32)), _kept(np.array(share, np.int32)))


def _counts(history: tuple[int, ...]) -> tuple[int, int]:
    # A long history is (zeros, ones, last bit, a mark that no short one has).
    if history and history[-1] < 0:
        return history[0], history[1]
    return history.count(0), history.count(1)


def _after(history: tuple[int, ...], bit: int) -> tuple[int, ...]:
    whole = not history or history[-1] >= 0
    if whole and len(history) < _LONGEST:
        return (*history, bit)
    counts = list(_counts(history))
    if whole:
        counts[bit] += 1
        return (*counts, bit, -1)
    other = counts[1 - bit]
    counts[bit] += 1
    if other > 2:
        counts[1 - bit] = _faded(other)
    while not _allowed(*counts):
        counts[bit] -= 1
    return (*counts, bit, -1)


def _faded(count: int) -> int:
    return 2 if count < 5 else 3 if count < 7 else 4 if count < 11 else 5 if count < 20 else 6


def _allowed(zeros: int, ones: int) -> bool:
    fewer, more = sorted((zeros, ones))
    return fewer < len(_BESIDE) and more <= _BESIDE[fewer]


def tree(weights: Sequence[int] | Array) -> Array:
    """Halve an alphabet by weight, in its order, until each symbol stands alone: int32 (V - 1, 5).

    Parameters
    ----------
    weights : (V,), positive; how often a symbol is expected, roughly
    """
    sums = np.concatenate([[0], np.cumsum(np.asarray(weights, np.int64))])
    rows: list[list[int]] = []
    # Nodes still to be split, and where their number is to be noted.
    waiting = [(0, len(weights), -1, ZERO)]
    while waiting:
        low, high, parent, side = waiting.pop()
        if high - low < 2:
            continue
        if parent >= 0:
            rows[parent][side] = len(rows)
        middles = np.arange(low + 1, high)
        uneven = np.abs(2 * sums[middles] - sums[low] - sums[high])
        middle = int(middles[np.argmin(uneven)])
        waiting.append((middle, high, len(rows), ONE))
        waiting.append((low, middle, len(rows), ZERO))
        rows.append([low, middle, high, -1, -1])
    return np.array(rows, np.int32).reshape(-1, 5)


def depth(nodes: Array) -> int:
    """Decisions to the symbol that is furthest down a tree."""
    found = np.zeros(len(nodes) + 1, np.int64)
    # A node comes after its parent.
    for node in range(len(nodes) - 1, -1, -1):
        after = [found[child] if child >= 0 else 0 for child in nodes[node, ZERO:]]
        found[node] = 1 + max(after)
    return int(found[0])


def _kept(array: Array) -> Array:
    array.setflags(write=False)
    return array
