"""Histogram equalisation of float64 channels: a search that adapts to where the knots crowd."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from deepfractals_gui.coloring.equalize import pieces
from deepfractals_gui.core import Array, Channel

FARTHEST = 1e307
"""Numbers beyond this in size have no colour; as in `kernels.color_wide`."""
_STEEPEST = 1e300
_SEGMENTS = 17
_BINS = 1024
"""Bins of a segment. With 16 cuts 1025 knots, however they crowd, are a step or two from a bin."""


@dataclass(frozen=True)
class WideEqualisation:
    """The piecewise linear map from knots to [0, 1], as `kernels.color_wide` wants it.

    The line is parted at ``cuts`` into segments, each of which has bins of its own width: numbers
    that span hundreds of decades may crowd, a billion times closer, about one of them.
    """

    cuts: Array
    bases: Array
    bins: Array
    first: Array
    strides: Array
    starts: Array
    values: Array
    slopes: Array

    @property
    def search(self) -> tuple[Array, Array, Array, Array, Array]:
        """What finds a number's piece, in the kernel's order."""
        return self.cuts, self.bases, self.bins, self.first, self.strides

    @property
    def pieces(self) -> tuple[Array, Array, Array]:
        """Where pieces start, their first values and slopes."""
        return self.starts, self.values, self.slopes


def is_wide(channel: Channel) -> bool:
    """True where a channel's numbers are coloured in float64."""
    return channel.numpy_dtype() == np.float64


@lru_cache(maxsize=16)
def wide_equalisation(knots: tuple[float, ...]) -> WideEqualisation:
    """Prepare the map in which knot i of n has the value i/(n-1), in lines between.

    A value that several knots share gets their middle; what lies beyond all knots gets 0 or 1.
    """
    # Adding 0 makes a 0 of -0.
    line = np.clip(np.array(knots, np.float64), -FARTHEST, FARTHEST) + 0.0
    starts, values, slopes = pieces(line, _STEEPEST)
    order = orders(starts[1 : len(values)])
    segments = [_Segment.of(order, 0, len(order))]
    while len(segments) < _SEGMENTS:
        worst = max(range(len(segments)), key=lambda k: segments[k].crowd)
        if segments[worst].crowd < 2:
            break
        segments[worst : worst + 1] = segments[worst].parted(order)
    cuts = np.full(-(-(len(segments) - 1) // 8) * 8, np.nan)
    cuts[: len(segments) - 1] = [starts[1 + segment.low] for segment in segments[1:]]
    sizes = [len(segment.first) for segment in segments]
    offsets = np.cumsum([0, *sizes[:-1]]).astype(np.uint64)
    most = max(segment.crowd for segment in segments)
    return WideEqualisation(
        cuts,
        np.array([segment.base for segment in segments], np.uint64),
        np.array([s.shift for s in segments], np.uint64) + np.uint64(64) * offsets,
        # Piece 0 lies below all knots.
        np.concatenate([segment.first for segment in segments]).astype(np.uint16),
        (1 << np.arange(most.bit_length() - 1, -1, -1)).astype(np.uint32),
        starts,
        values,
        slopes,
    )


def orders(x: Array) -> Array:
    """uint64 that rise with float64 numbers: their bits, those of negative ones turned round."""
    pattern = np.asarray(x, np.float64).view(np.int64)
    least = np.int64(np.iinfo(np.int64).min)
    return np.asarray((pattern ^ ((pattern >> np.int64(63)) | least)).view(np.uint64))


@dataclass(frozen=True)
class _Segment:
    """The pieces [low, high), counted from 0, and their bins: the most that one holds is crowd."""

    low: int
    high: int
    base: int
    shift: int
    first: Array
    crowd: int

    @classmethod
    def of(cls, order: Array, low: int, high: int) -> _Segment:
        base, last = int(order[low]), int(order[min(high, len(order) - 1)])
        shift = max(0, ((last - base) // _BINS).bit_length())
        bins = ((last - base) >> shift) + 1
        edges = np.uint64(base) + (np.arange(bins, dtype=np.uint64) << np.uint64(shift))
        inside = order[low:high]
        first = low + np.searchsorted(inside, edges, side="right")
        ends = edges + np.uint64((1 << shift) - 1)
        after = low + np.searchsorted(inside, ends, side="right")
        return cls(low, high, base, shift, first, int((after - first).max()))

    def parted(self, order: Array) -> list[_Segment]:
        """Two segments that crowd less: halves, or the parts on either side of the widest gap."""
        gaps = np.diff(order[self.low : self.high])
        ways = []
        for place in {(self.low + self.high) // 2, self.low + 1 + int(gaps.argmax())}:
            ways.append([self.of(order, self.low, place), self.of(order, place, self.high)])
        return min(ways, key=lambda two: (max(s.crowd for s in two), two[0].crowd))
