"""The arrays of a render: tiles are cut out of it as flat lists of points, and come back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Points, Raster, System
from deepfractals_gui.render.blocks import Block, blocks_of, nearest
from deepfractals_gui.render.cost import Effort
from deepfractals_gui.render.request import (
    UNKNOWN,
    Draft,
    Piece,
    RenderRequest,
    Samples,
    pan_offset,
)
from deepfractals_gui.render.schedule import Portion, Scatter
from deepfractals_gui.render.tiling import Panel, Pass, Rect, Tile, around

BAND_CELLS = 1 << 20
"""Cells painted between two looks at the cancel flag: a few milliseconds."""
LONG_STRIDE = 8
"""Up to this stride, rows are painted one lattice line after the other, without a copy."""


class Computed(NamedTuple):
    """How many points were sampled, and how long that alone took."""

    points: int
    seconds: float


class Assembly:
    """The channels of ``rows`` sample rows of a request, from ``first_row`` on.

    ``paints`` asks for pictures while the render is under way: coarse values are then painted
    over the cells nearest to them, and ``level`` says how coarse each sample is.
    """

    def __init__(
        self,
        request: RenderRequest,
        system: System[Any],
        *,
        first_row: int = 0,
        rows: int | None = None,
        paints: bool = False,
    ) -> None:
        height, width = request.grid
        rows = height - first_row if rows is None else rows
        check_rows(request, first_row, rows)
        self.request = request
        self.shape = (rows, width)
        self.paints = paints
        self.seconds = 0.0
        """How long computing what was adopted had taken."""
        self.spent = 0.0
        """How much of that was for this very view."""
        self.draft: Draft | None = None
        """How far an earlier render of this very view came."""
        self._system = system
        self._first_row = first_row
        self._raster: Raster = request.raster
        flat = system.allocate(rows * width, request.params)
        self.channels = {name: array.reshape(self.shape) for name, array in flat.items()}
        self.level = np.full(self.shape, UNKNOWN, np.uint8) if paints else None
        # A sample counts as computed once its status is there: that is written last.
        self._order = sorted(self.channels, key=lambda name: name == "status")

    @property
    def piece(self) -> Piece:
        """The rows of the request that these are."""
        return Piece(self.request, self._first_row, self.shape[0])

    def samples(
        self, *, complete: bool, seconds: float = 0.0, draft: Draft | None = None
    ) -> Samples:
        """Read-only views of the arrays."""
        channels = {name: _frozen(array) for name, array in self.channels.items()}
        level = None if complete or self.level is None else _frozen(self.level)
        return Samples(self.request, channels, level, seconds, draft)

    def adopt(self, reuse: Samples | None, cancel: CancelFlag) -> tuple[list[Panel], int]:
        """Copy what a panned view shares with this one, or what is known of these very rows.

        Returns the panels that are left to compute, and the number of their samples. Raises
        Cancelled.
        """
        hole = Rect(0, 0, 0, 0)
        offset = pan_offset(reuse.request, self.request) if reuse is not None else None
        whole = self.shape == self.request.grid
        same = offset == (0, 0) and reuse is not None and reuse.shape == self.shape
        if offset is not None and (whole or same):
            hole = self._overlap(*offset)
        panels = around(self.shape, hole)
        total = sum((p.rect.bottom - p.rect.top) * (p.rect.right - p.rect.left) for p in panels)
        if reuse is None or offset is None or hole.empty:
            return panels, total
        columns, rows = offset
        there = Rect(
            hole.top + rows, hole.bottom + rows, hole.left + columns, hole.right + columns
        ).slices
        here = hole.slices
        # The level first: what it calls computed is then sure to be copied as computed.
        level = np.array(reuse.level[there]) if reuse.level is not None else None
        for name in self._order:
            cancel.check()
            self.channels[name][here] = reuse.channels[name][there]
        missing = np.count_nonzero(level) if level is not None else 0
        if self.level is None and missing:
            self.level = np.full(self.shape, UNKNOWN, np.uint8)
        if self.level is not None:
            self.level[here] = 0 if level is None else level
        if missing:
            panels.append(self.patchy(hole))
        share = (
            (hole.bottom - hole.top) * (hole.right - hole.left) / (self.shape[0] * self.shape[1])
        )
        self.seconds = reuse.seconds * share
        if offset == (0, 0):
            self.spent, self.draft = self.seconds, reuse.draft
        return panels, total + int(missing)

    def patchy(self, rect: Rect) -> Panel:
        """The panel of a rectangle in which single samples are known, by their levels."""
        assert self.level is not None
        level = self.level[rect.slices]
        strides = [1 << exponent for exponent in range(max(level.shape).bit_length())]
        missing = tuple(int(np.count_nonzero(level[::step, ::step])) for step in strides)
        return Panel(rect, True, missing)

    def compute(self, portion: Portion, prepared: Any, cancel: CancelFlag) -> Computed:
        """Sample a portion's tiles in one flat list and write the values.

        Raises
        ------
        Cancelled   the flag went up; what was written is right
        """
        sweep, tiles = portion.sweep, portion.tiles
        paints = self.paints and portion.painted
        plain = [tile for tile in tiles if not tile.panel.patchy]
        blocks = [block for tile in plain for block in blocks_of(sweep, tile)]
        patches = [(tile, *self._unknown(sweep, tile)) for tile in tiles if tile.panel.patchy]
        count = sum(block.size for block in blocks) + sum(len(patch[1]) for patch in patches)
        if not count:
            return Computed(0, 0.0)
        points = self._points(blocks, patches, count)
        effort = Effort()
        values = sample(self._system, self.request, points, prepared, cancel)
        seconds = effort.seconds
        start = self._write(blocks, values)
        if paints:
            for tile in plain:
                self._paint(sweep, tile, cancel)
        for tile, patch_rows, patch_columns in patches:
            if paints and len(patch_rows):
                self._paint_patch(sweep, tile, patch_rows, patch_columns, values, start, cancel)
            self._write_patch(patch_rows, patch_columns, values, start)
            start += len(patch_rows)
        return Computed(count, seconds)

    def compute_points(self, portion: Scatter, prepared: Any, cancel: CancelFlag) -> Computed:
        """Sample single points, write their values and spread them over their cells.

        Raises
        ------
        Cancelled   the flag went up; what was written is right
        """
        rows, columns, stride = portion
        raster, down = self._raster, rows + self._first_row
        points = Points(
            raster.x[columns], raster.y[down], raster.dx[columns], raster.dy[down], raster.viewport
        )
        effort = Effort()
        values = sample(self._system, self.request, points, prepared, cancel)
        seconds = effort.seconds
        self._write_patch(rows, columns, values, 0)
        height, width = self.shape
        exponent = stride.bit_length() - 1
        for across in range(-(stride // 2), (stride + 1) // 2):
            for along in range(-(stride // 2), (stride + 1) // 2):
                cancel.check()
                cells = rows + across, columns + along
                inside = (cells[0] >= 0) & (cells[0] < height) & (cells[1] >= 0)
                inside &= cells[1] < width
                source = np.flatnonzero(inside)
                source = source[self.level_at(cells[0][source], cells[1][source]) > exponent]
                self._write_patch(
                    cells[0][source],
                    cells[1][source],
                    {name: array[source] for name, array in values.items()},
                    0,
                    exponent,
                )
        return Computed(len(rows), seconds)

    def level_at(self, rows: Array, columns: Array) -> Array:
        assert self.level is not None
        found: Array = self.level[rows, columns]
        return found

    def _points(
        self, blocks: Sequence[Block], patches: Sequence[tuple[Tile, Array, Array]], count: int
    ) -> Points:
        raster, first = self._raster, self._first_row
        lines = ((raster.x, False), (raster.y, True), (raster.dx, False), (raster.dy, True))
        found = []
        for line, down in lines:
            flat = np.empty(count)
            start = 0
            for block in blocks:
                target = flat[start : start + block.size].reshape(block.shape)
                # Spreading a row or a column is several times as fast as gathering by index.
                if down:
                    target[:] = line[block.rows + first][:, np.newaxis]
                else:
                    target[:] = line[block.columns]
                start += block.size
            for _, rows, columns in patches:
                flat[start : start + len(rows)] = line[rows + first if down else columns]
                start += len(rows)
            found.append(flat)
        return Points(found[0], found[1], found[2], found[3], raster.viewport)

    def _overlap(self, columns: int, rows: int) -> Rect:
        height, width = self.shape
        rect = Rect(
            max(0, -rows), min(height, height - rows), max(0, -columns), min(width, width - columns)
        )
        return Rect(0, 0, 0, 0) if rect.empty else rect

    def _unknown(self, sweep: Pass, tile: Tile) -> tuple[Array, Array]:
        top, bottom, left, right = tile.rect
        assert self.level is not None
        level = self.level[top : bottom : sweep.stride, left : right : sweep.stride]
        rows, columns = np.nonzero(level)
        return rows * sweep.stride + top, columns * sweep.stride + left

    def _write(self, blocks: Sequence[Block], values: Mapping[str, Array]) -> int:
        """Put the values in their places; returns how many of each list were used."""
        start = 0
        for block in blocks:
            selection, shape = block.selection, block.shape
            end = start + block.size
            for name in self._order:
                self.channels[name][selection] = values[name][start:end].reshape(shape)
            if self.level is not None:
                self.level[selection] = 0
            start = end
        return start

    def _paint(self, sweep: Pass, tile: Tile, cancel: CancelFlag) -> None:
        """Spread each lattice point of a tile, all of which are known now, over its cell."""
        assert self.level is not None
        stride, area, rect = sweep.stride, sweep.area(tile), tile.rect
        lattice = slice(rect.top, rect.bottom, stride), slice(rect.left, rect.right, stride)
        rows, columns = self.level[lattice].shape
        down = nearest(np.arange(area.top, area.bottom), rect.top, stride, rows)
        across = nearest(np.arange(area.left, area.right), rect.left, stride, columns)
        # Across first: the rows are then copied whole.
        wide = {name: self.channels[name][lattice].take(across, axis=1) for name in self._order}
        if stride > LONG_STRIDE:
            for top, bottom in _bands(area, cancel):
                lines = down[top - area.top : bottom - area.top]
                for name in self._order:
                    band = self.channels[name][top:bottom, area.left : area.right]
                    band[:] = wide[name].take(lines, axis=0)
        else:
            for name in self._order:
                self._paint_lines(self.channels[name], area, wide[name], down, stride)
        self.level[area.slices] = stride.bit_length() - 1
        self.level[lattice] = 0

    @staticmethod
    def _paint_lines(channel: Array, area: Rect, wide: Array, down: Array, stride: int) -> None:
        for first in range(min(stride, len(down))):
            lines = down[first::stride]
            # At the panel's edge the last line is painted further than the others.
            even = lines[-1] - lines[0] == len(lines) - 1
            source = slice(lines[0], lines[-1] + 1) if even else lines
            cells = slice(area.top + first, area.bottom, stride), slice(area.left, area.right)
            channel[cells] = wide[source]

    def _write_patch(
        self,
        rows: Array,
        columns: Array,
        values: Mapping[str, Array],
        start: int,
        exponent: int = 0,
    ) -> None:
        assert self.level is not None
        for name in self._order:
            self.channels[name][rows, columns] = values[name][start : start + len(rows)]
        self.level[rows, columns] = exponent

    def _paint_patch(
        self,
        sweep: Pass,
        tile: Tile,
        rows: Array,
        columns: Array,
        values: Mapping[str, Array],
        start: int,
        cancel: CancelFlag,
    ) -> None:
        """Spread new points of a tile, of which some were known, where all is coarser yet."""
        assert self.level is not None
        area = sweep.area(tile)
        stride, (top, bottom, left, right) = sweep.stride, tile.rect
        new = np.full((-(-(bottom - top) // stride), -(-(right - left) // stride)), -1)
        new[(rows - top) // stride, (columns - left) // stride] = np.arange(len(rows)) + start
        across = nearest(np.arange(area.left, area.right), left, stride, new.shape[1])
        exponent = stride.bit_length() - 1
        for first, last in _bands(area, cancel):
            source = new[nearest(np.arange(first, last), top, stride, len(new))][:, across]
            band = slice(first, last), slice(area.left, area.right)
            cells = (source >= 0) & (self.level[band] > exponent)
            for name in self._order:
                self.channels[name][band][cells] = values[name][source[cells]]
            self.level[band][cells] = exponent


def _bands(area: Rect, cancel: CancelFlag) -> Iterator[tuple[int, int]]:
    """Rows of an area, so many at once that a flag which goes up is soon noticed."""
    rows = max(1, BAND_CELLS // max(1, area.right - area.left))
    for top in range(area.top, area.bottom, rows):
        cancel.check()
        yield top, min(top + rows, area.bottom)


def check_rows(request: RenderRequest, first_row: int, rows: int) -> None:
    """Raise ValueError unless the request's grid has these sample rows."""
    height = request.grid[0]
    if first_row < 0 or rows < 1 or first_row + rows > height:
        last = first_row + rows - 1
        raise ValueError(f"rows {first_row} to {last} aren't all within [0, {height - 1}]")


def sample(
    system: System[Any], request: RenderRequest, points: Points, prepared: Any, cancel: CancelFlag
) -> dict[str, Array]:
    """Every channel at a flat list of points, in the storage types. Raises Cancelled."""
    values = system.allocate(len(points), request.params)
    method = system.sample if request.precision == "float64" else system.sample_preview
    method(points, request.params, prepared, values, cancel)
    return values


def _frozen(array: Array) -> Array:
    view = array.view()
    view.flags.writeable = False
    return view
