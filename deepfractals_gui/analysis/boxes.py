"""Box counting: how many boxes of each size a boundary meets, and the dimension that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core import Array, Float64

FEWEST_SIZES = 3
"""Sizes of boxes that a line and its standard error need."""


@dataclass(frozen=True, eq=False)
class BoxCount:
    """How many boxes of each size a boundary meets.

    Attributes
    ----------
    sizes : int64 (K,)    edges of the boxes in pixels, rising
    counts : int64 (K,)   boxes that hold an edge pixel
    mixed : int64 (K,)    those of them that hold other pixels, too
    """

    sizes: Array
    counts: Array
    mixed: Array

    @property
    def slopes(self) -> Float64:
        """Float64 (K-1,): -d ln(counts) / d ln(sizes) between neighbouring sizes."""
        return _slopes(self.sizes, self.counts)

    @property
    def published_slopes(self) -> Float64:
        """Float64 (K,): -gradient(ln mixed, ln sizes), NaN where no box is mixed.

        NumPy's gradient: second order within, first order at the ends.
        """
        if len(self.sizes) < 2:
            return np.full(len(self.sizes), np.nan)
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes: Float64 = -np.gradient(np.log(self.mixed), np.log(self.sizes))
        slopes[~np.isfinite(slopes)] = np.nan
        return slopes


@dataclass(frozen=True)
class Fit:
    """The least-squares line through ln N over ln d.

    Attributes
    ----------
    dimension : minus its slope
    error : the slope's standard error, from the residuals
    low, high : the smallest and the largest box edge fitted, in pixels
    """

    dimension: float
    error: float
    low: int
    high: int


def edge_pixels(outcome: Array) -> Array:
    """Bool (H-1, W-1): True where a 2x2 block of ``outcome``, bool (H, W), holds both outcomes.

    Raises
    ------
    ValueError   the outcomes are not two-dimensional, or a side is shorter than 2
    """
    outcome = np.asarray(outcome, dtype=bool)
    if outcome.ndim != 2 or min(outcome.shape) < 2:
        raise ValueError(f"edges need an image of at least 2 x 2 outcomes, not {outcome.shape}")
    corner = outcome[:-1, :-1]
    edges: Array = (
        (outcome[1:, :-1] != corner) | (outcome[:-1, 1:] != corner) | (outcome[1:, 1:] != corner)
    )
    return edges


def box_count(edges: Array, sizes: Sequence[int] | Array) -> BoxCount:
    """Count the boxes of each size that the boundary meets.

    The boxes are laid from the first pixel on, so that the last row and column of boxes may be cut
    by the image's border.

    Parameters
    ----------
    edges : bool (H-1, W-1)   True where a 2x2 block of pixels holds both outcomes
    sizes : box edges, in pixels, rising, each in [1, min(H, W) - 1]

    Raises
    ------
    ValueError   edges is not two-dimensional, or a size is out of range

    References
    ----------
    Sohl-Dickstein 2024, arXiv:2402.06184, section on fractal dimension.
    """
    if edges.ndim != 2:
        raise ValueError(f"edges must be two-dimensional, not {edges.ndim}-dimensional")
    chosen = np.asarray(sizes, dtype=np.int64)
    side = min(edges.shape)
    if not len(chosen) or chosen.min() < 1 or chosen.max() > side or np.any(np.diff(chosen) < 1):
        raise ValueError(f"box sizes must rise within [1, {side}], not {list(map(int, chosen))}")
    held = np.asarray(edges, dtype=np.int32)
    counts, mixed = [], []
    for size in chosen:
        down, across = (np.arange(0, length, size) for length in held.shape)
        inside = np.add.reduceat(np.add.reduceat(held, down, axis=0), across, axis=1)
        heights, widths = (
            np.diff(starts, append=length)
            for starts, length in zip((down, across), held.shape, strict=True)
        )
        counts.append(np.count_nonzero(inside))
        mixed.append(np.count_nonzero((inside > 0) & (inside < np.outer(heights, widths))))
    return BoxCount(chosen, np.array(counts, np.int64), np.array(mixed, np.int64))


def published_sizes(edges: Array) -> Array:
    """The published box edges: int64, unique(int(logspace(1, log10(min side), 10))).

    Raises
    ------
    ValueError   a side is shorter than 12 pixels, which leaves no two sizes
    """
    side = min(edges.shape)
    if side < 12:
        raise ValueError(f"the published boxes need sides of at least 12 edge pixels, not {side}")
    sizes: Array = np.unique(np.logspace(1, np.log10(side), 10).astype(np.int64))
    return sizes


def dyadic_sizes(edges: Array) -> Array:
    """Box edges 1, 2, 4, ... up to the shorter side, int64."""
    return 2 ** np.arange(int(min(edges.shape)).bit_length(), dtype=np.int64)


def published_dimension(counts: Sequence[BoxCount]) -> float:
    """The median of all slopes of all frames of a zoom sequence; NaN where there are none.

    Slopes are -gradient(ln N, ln d), with N the boxes that hold some but not only edge pixels.

    References
    ----------
    Sohl-Dickstein 2024, arXiv:2402.06184, section on fractal dimension.
    """
    slopes = np.concatenate([np.empty(0), *(count.published_slopes for count in counts)])
    slopes = slopes[np.isfinite(slopes)]
    return float(np.median(slopes)) if len(slopes) else float("nan")


def dyadic_dimension(
    counts: Sequence[BoxCount], low: int = 1, high: int | None = None
) -> Fit | None:
    """One line of least squares through ln(counts) over ln(sizes) of all frames of a sequence.

    The frames share the slope and have an intercept each, for they show different stretches of
    boundary. None where fewer than `FEWEST_SIZES` points lie in the range.

    Parameters
    ----------
    low, high : the box edges fitted, in pixels; by default all
    """
    across, up, used, frames = [], [], [], 0
    for count in counts:
        fits = (count.sizes >= low) & (count.sizes <= (high or count.sizes[-1]))
        fits &= count.counts > 0
        if np.count_nonzero(fits) < 2:
            continue
        frames += 1
        used.append(count.sizes[fits])
        x, y = np.log(count.sizes[fits]), np.log(count.counts[fits])
        across.append(x - x.mean())
        up.append(y - y.mean())
    if sum(map(len, across)) < max(FEWEST_SIZES, frames + 2):
        return None
    x, y, d = (np.concatenate(parts) for parts in (across, up, used))
    spread = float(x @ x)
    slope = float(x @ y) / spread
    residual = float(np.sum((y - slope * x) ** 2))
    error = float(np.sqrt(residual / (len(x) - frames - 1) / spread))
    return Fit(-slope, error, int(d.min()), int(d.max()))


def _slopes(sizes: Array, counts: Array) -> Float64:
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes: Float64 = -np.diff(np.log(counts)) / np.diff(np.log(sizes))
    slopes[~np.isfinite(slopes)] = np.nan
    return slopes
