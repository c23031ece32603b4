"""Histogram equalisation from knots: pieces of lines, found by a table over float32 numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from deepfractals_gui.core import Array

_HUGE = 3.0e38
_BINS = 16384
"""Few enough that the table stays in a core's first cache."""


@dataclass(frozen=True)
class Equalisation:
    """The piecewise linear map from knots to [0, 1], as the kernel wants it.

    From ``starts[k]`` on the value is a line, whose slope and value there ``lines[k]`` packs; bins
    of 2^shift neighbouring float32 numbers from order ``base`` on say with ``first`` (bins,) where
    to begin the search. From there it goes on ``pairs`` times to one of two pieces ``ahead``, or
    else by ``strides``.
    """

    base: int
    shift: int
    first: Array
    pairs: int
    ahead: Array
    strides: Array
    starts: Array
    lines: Array

    @property
    def arguments(self) -> tuple[int, int, Array, int, Array, Array, Array, Array]:
        """The fields in the order in which the kernel takes them."""
        search = self.base, self.shift, self.first, self.pairs, self.ahead, self.strides
        return *search, self.starts, self.lines


@lru_cache(maxsize=16)
def equalisation(knots: tuple[float, ...]) -> Equalisation:
    """Prepare the map in which knot i of n has the value i/(n-1), in lines between.

    A value that several knots share gets their middle; what lies beyond all knots gets 0 or 1.
    """
    line = np.clip(knots, -_HUGE, _HUGE).astype(np.float32)
    starts, values, slopes = pieces(line, _HUGE)
    count = len(values)
    low, high = int(_order(starts[1])), int(_order(starts[count - 1]))
    shift = max(0, ((high - low) // _BINS).bit_length())
    base = (low >> shift) << shift
    bins = ((high - base) >> shift) + 1
    edges = base + (np.arange(bins, dtype=np.int64) << shift)
    order = _order(starts[1:count]).astype(np.int64)
    first = np.searchsorted(order, edges, side="right").astype(np.uint16)
    after = np.searchsorted(order, edges + ((1 << shift) - 1), side="right")
    pairs, strides = -(-int((after - first).max()) // 2), np.empty(0, np.uint32)
    halvings = count.bit_length()
    if pairs > halvings:
        # Knots crowd in few bins, beside far outliers: bisect all of them instead.
        pairs, first = 0, np.zeros(bins, np.uint16)
        strides = (1 << np.arange(halvings - 1, -1, -1)).astype(np.uint32)
    ahead = _packed(starts[1 : count + 1], starts[2 : count + 2])
    search = base & 0xFFFFFFFF, shift, first, pairs, ahead, strides
    return Equalisation(*search, starts, _packed(slopes, values))


def pieces(line: Array, steepest: float) -> tuple[Array, Array, Array]:
    """Where pieces start, from -inf on, their first values and slopes, (n,) each.

    Starts are followed by NaN up to (3 n,), which no number passes, not even infinity. All are of
    the type of ``line``, the knots; slopes are at most ``steepest``.
    """
    above = line.dtype.type(np.inf)
    unique, index, counts = np.unique(line, return_index=True, return_counts=True)
    last = len(line) - 1
    starts, values, slopes = [-np.inf], [0.0], [0.0]
    for k, knot in enumerate(unique):
        low, high = index[k] / last, (index[k] + counts[k] - 1) / last
        value = (low + high) / 2
        ending = k == len(unique) - 1
        if ending or counts[k] > 1:
            # The knot itself is a piece of one number; what follows begins at the next one.
            starts.append(knot)
            values.append(value)
            slopes.append(0.0)
            knot = np.nextafter(knot, above)
            if knot >= (np.inf if ending else unique[k + 1]):
                continue
            value = 1.0 if ending else high
        starts.append(knot)
        values.append(value)
        rise = 0.0 if ending else index[k + 1] / last - high
        width = 1.0 if ending else float(unique[k + 1]) - float(knot)
        # Knots a denormal number apart: the quotient may overflow.
        slopes.append(steepest if rise >= width * steepest else rise / width)
    padded = np.array([*starts, *[np.nan] * (2 * len(starts))], line.dtype)
    return padded, np.array(values, line.dtype), np.array(slopes, line.dtype)


def _packed(one: Array, other: Array) -> Array:
    """uint64 (n,) that hold two float32 each, in the order of memory."""
    return np.stack([one, other], axis=1).view(np.uint64)[:, 0].copy()


def _order(x: Array) -> Array:
    """int32 that rise with float32 numbers: their bits, those of negative ones turned round."""
    bits = np.asarray(x, np.float32).view(np.int32)
    return np.asarray(bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))
