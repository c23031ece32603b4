"""The geometry of a render: panels, passes from coarse to fine, and tiles, centre first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

MAX_TILES = 4096
"""Tiles in one pass; where smaller ones are wanted they are split when their turn comes."""
FIRST_SAMPLES = 8
"""Samples of the first pass along the longer side."""


class Rect(NamedTuple):
    """Rows [top, bottom) and columns [left, right) of an array; top is the smaller index."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def empty(self) -> bool:
        return self.top >= self.bottom or self.left >= self.right

    @property
    def slices(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def meets(self, other: Rect) -> bool:
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )


class Panel(NamedTuple):
    """A part of the grid that is rendered on a lattice of its own.

    ``patchy`` says that single samples of it are known already; ``missing`` are then the numbers
    of unknown ones on the lattices of stride 1, 2, 4, ....
    """

    rect: Rect
    patchy: bool = False
    missing: tuple[int, ...] = ()


class Tile(NamedTuple):
    """A rectangle of a panel, aligned to the lattice of the pass it belongs to."""

    panel: Panel
    rect: Rect


class Pass(NamedTuple):
    """The samples on a panel's lattice of ``stride`` that aren't on the one of ``previous``.

    Both are powers of two; ``previous`` is 0 in the first pass.
    """

    stride: int
    previous: int

    def count(self, tile: Tile) -> int:
        """How many samples the tile holds, when none of it is known already."""
        samples = _lattice_count(tile, self.stride)
        return samples - _lattice_count(tile, self.previous) if self.previous else samples

    def area(self, tile: Tile) -> Rect:
        """The cells nearest to the tile's lattice points, which a coarse pass paints."""
        half, panel, rect = self.stride // 2, tile.panel.rect, tile.rect
        return Rect(
            rect.top if rect.top == panel.top else rect.top - half,
            rect.bottom if rect.bottom == panel.bottom else rect.bottom - half,
            rect.left if rect.left == panel.left else rect.left - half,
            rect.right if rect.right == panel.right else rect.right - half,
        )

    def split(self, tile: Tile) -> tuple[Tile, Tile] | None:
        """Halve the tile across its longer side; None when it holds one lattice point."""
        top, bottom, left, right = tile.rect
        rows = _ceil_div(bottom - top, self.stride)
        columns = _ceil_div(right - left, self.stride)
        if rows == columns == 1:
            return None
        if rows >= columns:
            middle = top + _ceil_div(rows, 2) * self.stride
            first, second = Rect(top, middle, left, right), Rect(middle, bottom, left, right)
        else:
            middle = left + _ceil_div(columns, 2) * self.stride
            first, second = Rect(top, bottom, left, middle), Rect(top, bottom, middle, right)
        return Tile(tile.panel, first), Tile(tile.panel, second)


def first_stride(panels: Sequence[Panel]) -> int:
    """The power of two that puts about eight samples along the longest side of the panels."""
    side = max(
        (max(p.rect.bottom - p.rect.top, p.rect.right - p.rect.left) for p in panels), default=1
    )
    return 1 << max(0, math.ceil(math.log2(side / FIRST_SAMPLES)))


def lattice_size(panels: Sequence[Panel], stride: int) -> int:
    """Lattice points of all panels at one stride."""
    return sum(_lattice_count(Tile(panel, panel.rect), stride) for panel in panels)


def missing_on(panels: Sequence[Panel], stride: int) -> int:
    """How many samples are to be computed on the lattices of all panels at one stride."""
    exponent = stride.bit_length() - 1
    return sum(
        (panel.missing[exponent] if exponent < len(panel.missing) else 0)
        if panel.missing
        else _lattice_count(Tile(panel, panel.rect), stride)
        for panel in panels
    )


def tiles(
    panels: Sequence[Panel], stride: int, points: int, centre: tuple[float, float]
) -> list[Tile]:
    """Cut the panels into tiles of about ``points`` lattice points, nearest to ``centre`` first.

    ``centre`` is (row, column). Tiles are about twice as wide as high, so that the rows they
    write are long.
    """
    wanted = max(points, lattice_size(panels, stride) / MAX_TILES, 1)
    columns = 1 << max(0, math.ceil(math.log2(wanted * 2) / 2))
    rows = 1 << max(0, math.floor(math.log2(max(1, wanted / columns))))
    found: list[Tile] = []
    for panel in panels:
        top, bottom, left, right = panel.rect
        found += [
            Tile(
                panel,
                Rect(r, min(r + rows * stride, bottom), c, min(c + columns * stride, right)),
            )
            for r in range(top, bottom, rows * stride)
            for c in range(left, right, columns * stride)
        ]
    corners = np.array([tile.rect for tile in found], dtype=np.float64).reshape(-1, 4)
    down = (corners[:, 0] + corners[:, 1]) / 2 - centre[0]
    across = (corners[:, 2] + corners[:, 3]) / 2 - centre[1]
    return [found[index] for index in np.argsort(down**2 + across**2, kind="stable")]


def around(shape: tuple[int, int], hole: Rect) -> list[Panel]:
    """The panels that cover an array of ``shape`` (H, W) outside a rectangle of it."""
    height, width = shape
    if hole.empty:
        return [Panel(Rect(0, height, 0, width))]
    rects = (
        Rect(0, hole.top, 0, width),
        Rect(hole.bottom, height, 0, width),
        Rect(hole.top, hole.bottom, 0, hole.left),
        Rect(hole.top, hole.bottom, hole.right, width),
    )
    return [Panel(rect) for rect in rects if not rect.empty]


def _lattice_count(tile: Tile, stride: int) -> int:
    panel, rect = tile.panel.rect, tile.rect
    rows = _ceil_div(rect.bottom - panel.top, stride) - _ceil_div(rect.top - panel.top, stride)
    left = _ceil_div(rect.left - panel.left, stride)
    return rows * (_ceil_div(rect.right - panel.left, stride) - left)


def _ceil_div(value: int, divisor: int) -> int:
    return -(-value // divisor)
