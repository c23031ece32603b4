"""Which samples of a tile a pass computes, as rows x columns of the grid."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.render.tiling import Pass, Tile


class Lines(NamedTuple):
    """Rows or columns of a grid: their numbers (n,), and an index that selects them."""

    places: Array
    selection: slice | Array


class Block(NamedTuple):
    """Rows x columns of samples that follow each other in a flat list, row by row."""

    rows: Array
    columns: Array
    shape: tuple[int, int]
    size: int
    selection: tuple[Any, Any]

    @classmethod
    def of(cls, rows: Lines, columns: Lines) -> Block:
        shape = (len(rows.places), len(columns.places))
        down, across = rows.selection, columns.selection
        if not isinstance(down, slice) and not isinstance(across, slice):
            down, across = down[:, np.newaxis], across[np.newaxis, :]
        return cls(rows.places, columns.places, shape, shape[0] * shape[1], (down, across))


def blocks_of(sweep: Pass, tile: Tile) -> list[Block]:
    """The samples of a tile: all columns of its new rows, the new columns of its old ones."""
    panel, rect = tile.panel.rect, tile.rect
    every_row, old_rows, new_rows = _lines(sweep, rect.top, rect.bottom, panel.top)
    every_column, _, new_columns = _lines(sweep, rect.left, rect.right, panel.left)
    if not sweep.previous:
        return [Block.of(every_row, every_column)]
    blocks = (Block.of(new_rows, every_column), Block.of(old_rows, new_columns))
    return [block for block in blocks if block.size]


def _lines(sweep: Pass, start: int, end: int, origin: int) -> tuple[Lines, Lines, Lines]:
    """Every lattice line in [start, end), those of the pass before, and the others."""
    every = _evenly(start, end, sweep.stride)
    step = sweep.previous
    if not step:
        return every, _evenly(end, end, 1), every
    first = start + (origin - start) % step
    old = _evenly(first, end, step)
    if step == 2 * sweep.stride:
        # Slices, as these lines are evenly spaced too: copying is then faster.
        new = _evenly(start + sweep.stride if first == start else start, end, step)
    else:
        places = every.places[(every.places - origin) % step != 0]
        new = Lines(places, places)
    return every, old, new


def _evenly(start: int, end: int, step: int) -> Lines:
    return Lines(np.arange(start, end, step), slice(start, max(start, end), step))


def nearest(cells: Array, origin: int, stride: int, count: int) -> Array:
    """Index of the lattice line nearest to each cell, on a lattice of ``count`` lines."""
    found: Array = np.clip((cells - origin + stride // 2) // stride, 0, count - 1)
    return found
