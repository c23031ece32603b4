"""Colouring a picture from its top row down, with memory for a few bands only."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from typing import IO

import numpy as np

from deepfractals_gui.coloring import Run, Scene
from deepfractals_gui.coloring.paint import _Window
from deepfractals_gui.core import Array, CancelFlag, Coloring
from deepfractals_gui.export.filling import FillingPainter, Part

KEPT_BYTES = 384 << 20
"""Samples of waiting bands that stay in memory; those of the others go to a temporary file."""
STRIP = 2048
"""Columns that are blurred at a time."""


class _Band(_Window):
    """Pixel rows [first, last): values or light by sample, and their means blurred along rows."""

    def __init__(self, first: int, last: int, filled: Array) -> None:
        super().__init__({}, first, last)
        self.first, self.last = first, last
        self.filled: Array | None = filled
        self.nbytes = filled.nbytes
        self.blurred: Array | None = None
        self._file: IO[bytes] | None = None
        self._shape = filled.shape

    def spool(self) -> None:
        """Let the samples wait on the disk. Raises OSError."""
        assert self.filled is not None
        # It has no name, and vanishes with the process whatever happens.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._file.write(self.filled.data)
        self._file.flush()
        self.filled = None

    def load(self) -> Array:
        """The samples, from wherever they are."""
        if self.filled is None and self._file is not None:
            self._file.seek(0)
            self.filled = np.fromfile(self._file, np.float32).reshape(self._shape)
        assert self.filled is not None
        return self.filled

    def drop(self) -> None:
        """Free the samples; the blurred means stay."""
        self.filled = None
        if self._file is not None:
            self._file.close()
            self._file = None


class RollingPainter(FillingPainter):
    """Gives the pixels of `coloring.apply` for bands that come from the top of the image down.

    A glow reaches far, and the samples under its reach would not fit into memory for a large
    picture. What is kept instead is one value a sample (three of light), and one mean a pixel.
    """

    def __init__(
        self, scene: Scene, coloring: Coloring, shape: tuple[int, int], supersampling: int = 1
    ) -> None:
        super().__init__(scene, coloring, shape, supersampling)
        self._kept: deque[_Band] = deque()
        self._waiting: deque[_Band] = deque()
        self._low = shape[0]

    def feed(
        self,
        channels: Mapping[str, Array],
        first_row: int,
        *,
        run: Run | None = None,
        cancel: CancelFlag | None = None,
    ) -> Iterator[tuple[int, Array]]:
        """Take the rows from ``first_row`` up to those fed before, and paint what can be painted.

        Parameters
        ----------
        channels : samples of those rows and of ``reach`` rows beyond, as far as the image goes

        Yields
        ------
        (first row, uint8 (rows, W, 4)), from the top of the image down, row 0 at the smallest y

        Raises
        ------
        ValueError   the arrays aren't those rows
        Cancelled    the flag went up
        """
        last_row = self._low
        if not 0 <= first_row < last_row:
            raise ValueError(
                f"row {first_row} isn't below row {last_row}, where the last band began"
            )
        filled = self.fill(channels, first_row, last_row, run=run, cancel=cancel)
        band = _Band(first_row, last_row, filled)
        band.blurred = self._rows_blurred(band, first_row, last_row, run, cancel)
        self._low = first_row
        self._kept.append(band)
        self._waiting.append(band)
        if sum(one.nbytes for one in self._waiting if one.filled is not None) > KEPT_BYTES:
            band.spool()
        while self._waiting and self._low <= max(0, self._waiting[0].first - self.radius):
            yield self._painted(self._waiting.popleft(), run, cancel)

    def _painted(
        self, band: _Band, run: Run | None, cancel: CancelFlag | None
    ) -> tuple[int, Array]:
        out = np.empty((band.last - band.first, self.shape[1]), np.uint32)
        low = max(0, band.first - self.radius)
        while self._kept[0].first >= min(self.shape[0], band.last + self.radius):
            self._kept.popleft()
        around = [kept for kept in reversed(self._kept) if kept.last > low]
        band.load()
        glow = self._glow(band, around, run, cancel)

        def paint(part: Part) -> None:
            first, last = part
            rows = slice(first - band.first, last - band.first)
            here = None
            if glow is not None and self._blur is not None:
                here = self._blur.pixels(glow[:, rows])
            self._paint(band, first, last, here, out[rows])

        self.each(paint, band.first, band.last, run, cancel)
        band.drop()
        return band.first, out.view(np.uint8).reshape(*out.shape, 4)

    def _glow(
        self, band: _Band, around: list[_Band], run: Run | None, cancel: CancelFlag | None
    ) -> Array | None:
        """float32 (planes, rows, the blur's width): along the columns too; None without glow."""
        if self._blur is None:
            return None
        along, width, rows = self._blur.columns, self._blur.width, band.last - band.first
        out = np.empty((self.planes, rows, width), np.float32)

        def blur(part: Part) -> None:
            if cancel is not None:
                cancel.check()
            plane, left = part
            right = min(width, left + STRIP)
            lines = [one.blurred[plane, :, left:right] for one in around if one.blurred is not None]
            strip = np.empty((rows, right - left), np.float32)
            along(np.concatenate(lines), around[0].first, band.first, strip)
            out[plane, :, left:right] = strip

        strips = [(plane, left) for plane in range(self.planes) for left in range(0, width, STRIP)]
        if run is None or len(strips) < 2:
            for strip in strips:
                blur(strip)
        else:
            run(blur, strips)
        return out

    def _filled(self, window: _Window, first: int, last: int) -> Array:
        if not isinstance(window, _Band):
            return super()._filled(window, first, last)
        # The band has them already; the base class asks for them to blur and to paint.
        assert window.filled is not None
        s = self.supersampling
        rows = window.filled[:, (first - window.first) * s : (last - window.first) * s]
        return rows[0] if len(rows) == 1 else np.ascontiguousarray(rows)
