"""Ranges, quantiles and counts of a channel: what a colouring takes from the image at hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.coloring.scene import status_mask
from deepfractals_gui.coloring.wide import FARTHEST, is_wide
from deepfractals_gui.core import Array, Channel, Float64

KNOTS = 257
"""Quantiles that fix an equalisation: within a 256th of the exact rank, and short in a document."""
WIDE_KNOTS = 1025
"""The same for float64 channels, whose pictures are read off more closely: within a 1024th."""
SIGNED_GAP = 0.25
"""Share of the palette, round its middle, that signed equalisation leaves empty."""
LOW_SHARE, HIGH_SHARE = 0.005, 0.995
_ENOUGH = 1 << 18


@dataclass(frozen=True)
class Histogram:
    """Counts of what a colouring shows.

    Attributes
    ----------
    edges : float64 (bins + 1,), in the channel's unit
    counts : int64 (bins,)
    levels : the range shown as [0, 1]
    channel : its name; "" is the recipe's own value in [0, 1]
    """

    edges: Float64
    counts: Array
    levels: tuple[float, float]
    channel: str


def stride_of(array: Array) -> int:
    """The step with which an image is thinned out evenly to some 2^18 points."""
    return max(1, int((array.size / _ENOUGH) ** 0.5))


def known_values(channels: Mapping[str, Array], channel: Channel) -> Float64:
    """The channel's finite values where its status has one, from evenly spread points of the image.

    At most some 2^19 of them: ranks from so many are within a thousandth, and quick to sort.
    Numbers that a kernel would show as not finite are left out.
    """
    array = channels[channel.name]
    stride = stride_of(array)
    values = np.asarray(array[::stride, ::stride])
    # A magnitude stands for a complex number.
    values = np.abs(values) if np.iscomplexobj(values) else values.astype(np.float64)
    status = channels["status"][::stride, ::stride].astype(np.uint32)
    defined = (np.uint32(status_mask(channel)) >> (status & np.uint32(31))) & np.uint32(1)
    largest = FARTHEST if is_wide(channel) else 3.0e38
    keep = (defined != 0) & (np.abs(values) <= largest)
    return np.asarray(values[keep], dtype=np.float64)


def robust_range(values: Float64, channel: Channel) -> tuple[float, float]:
    """The range from half a per cent of the values to all but half a per cent; never empty.

    Without values it is the channel's declared range, else [0, 1].
    """
    if len(values) == 0:
        low = 0.0 if channel.low is None else channel.low
        high = 1.0 if channel.high is None else channel.high
    else:
        low, high = (float(q) for q in np.quantile(values, [LOW_SHARE, HIGH_SHARE]))
    return widened(low, high, channel)


def logarithmic_range(values: Float64, channel: Channel) -> tuple[float, float]:
    """`robust_range` of the values above 0, widened by a share; never empty."""
    above = values[values > 0]
    if len(above) == 0:
        high = channel.high if channel.high is not None and channel.high > 0 else 1.0
        low = channel.low if channel.low is not None and 0 < channel.low < high else high / 1e6
        return low, high
    low, high = (float(q) for q in np.quantile(above, [LOW_SHARE, HIGH_SHARE]))
    return (low, high) if high > low * (1 + 1e-6) else (low / 2, high * 2)


def widened(low: float, high: float, channel: Channel) -> tuple[float, float]:
    """The same range, or a little more where the kernel's numbers can't tell its ends apart."""
    largest = max(abs(low), abs(high), 1e-30)
    if is_wide(channel):
        # Histograms cut the range into bins, which must be wider than their edges' rounding.
        least = 4096.0 * float(np.spacing(largest))
    else:
        least = 4.0 * float(np.spacing(np.float32(largest)))
    if high - low < least:
        middle = (low + high) / 2
        half = max(abs(middle) * 1e-3, least)
        return middle - half, middle + half
    return low, high


def quantile_knots(values: Float64, channel: Channel) -> tuple[float, ...]:
    """Evenly spaced quantiles: knot i of n has the rank i/(n-1)."""
    if len(values) == 0:
        return (0.0, 1.0)
    count = WIDE_KNOTS if is_wide(channel) else KNOTS
    knots = _quantiles(_ranked(values), np.linspace(0.0, 1.0, count))
    return _written(knots, channel)


def signed_knots(values: Float64, channel: Channel) -> tuple[float, ...]:
    """Negative values ranked among themselves, and positive ones: both ends of a centred palette.

    Knots of 0 keep the middle of the palette free, so that the sign is seen even where the
    magnitude is small.
    """
    line = _ranked(values)
    negative = line[: np.searchsorted(line, 0.0, "left")]
    positive = line[np.searchsorted(line, 0.0, "right") :]
    total = WIDE_KNOTS if is_wide(channel) else KNOTS
    count = round((total - 1) * (1.0 - SIGNED_GAP) / 2) + 1
    ranks = np.linspace(0.0, 1.0, count)
    below = _quantiles(negative, ranks) if len(negative) else np.linspace(-1.0, -0.0, count)
    above = _quantiles(positive, ranks) if len(positive) else np.linspace(0.0, 1.0, count)
    return _written(np.concatenate([below, np.zeros(total - 2 * count), above]), channel)


def _ranked(values: Float64) -> Array:
    """The values in order, as float32 where it holds all of them."""
    from deepfractals_gui.kernels.color_ranks import sort_by_bits, sort_wide_by_bits

    with np.errstate(over="ignore"):
        line = values.astype(np.float32)
    if np.array_equal(line, values):
        patterns = line.view(np.uint32)
        sort_by_bits(patterns, np.empty_like(patterns))
        return line
    wide = values.copy().view(np.uint64)
    sort_wide_by_bits(wide, np.empty_like(wide))
    return wide.view(np.float64)


def _quantiles(line: Array, ranks: Float64) -> Float64:
    """What `numpy.quantile` gives, from values that are in order already."""
    place = ranks * (len(line) - 1)
    low = place.astype(np.int64)
    share = place - low
    below = line[low].astype(np.float64)
    above = line[np.minimum(low + 1, len(line) - 1)].astype(np.float64)
    rise = above - below
    return np.where(share < 0.5, below + rise * share, above - rise * (1.0 - share))


def _written(knots: Float64, channel: Channel) -> tuple[float, ...]:
    """The knots as they are, or as float32 in its shortest decimals, so that documents are short.

    They never fall: a quantile between two equal numbers may be rounded past them.
    """
    knots = np.maximum.accumulate(knots)
    if is_wide(channel):
        return tuple(float(knot) for knot in knots)
    return tuple(float(str(np.float32(knot))) for knot in knots)


def counted(values: Float64, levels: tuple[float, float], bins: int, channel: str) -> Histogram:
    """Counts over the levels, with a quarter more on either side where values lie there."""
    low, high = levels
    if len(values):
        margin = (high - low) / 4
        low = min(low, max(float(values.min()), low - margin))
        high = max(high, min(float(values.max()), high + margin))
    counts, edges = np.histogram(values, bins=bins, range=(low, high))
    return Histogram(edges, counts.astype(np.int64), levels, channel)
