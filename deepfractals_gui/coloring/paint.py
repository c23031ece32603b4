"""From samples to pixels: whole images at once, or bands of images too large to hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from deepfractals_gui.coloring import lookup
from deepfractals_gui.coloring.blur import SIGMA_ROWS, Blur
from deepfractals_gui.coloring.modes import mode_of
from deepfractals_gui.coloring.palettes import palette
from deepfractals_gui.coloring.plans import Band, LightPlan, ValuePlan, band_of
from deepfractals_gui.coloring.scene import Scene
from deepfractals_gui.core import Array, CancelFlag, Coloring

Run = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""An ordered parallel map."""

_BAND_SAMPLES = 1 << 17
_KEPT_BYTES = 1 << 27
"""Up to this size, values are kept between blurring and painting; more is filled twice."""


def apply(
    channels: Mapping[str, Array],
    scene: Scene,
    coloring: Coloring,
    *,
    supersampling: int = 1,
    cancel: CancelFlag | None = None,
    run: Run | None = None,
) -> Array:
    """Colour an image.

    Parameters
    ----------
    channels : arrays (H s, W s), s = ``supersampling``, by name; ``status`` among them
    run : ordered parallel map over bands; the pixels don't depend on it

    Returns
    -------
    uint8 (H, W, 4), red, green, blue, alpha, row 0 at the smallest y; alpha is 0 where every
    sample of the pixel is PENDING

    Raises
    ------
    ValueError   the mode, palette or channel doesn't exist here, or arrays don't fit
    Cancelled    the flag went up
    """
    rows, columns = _image_shape(channels, supersampling)
    fixed = locked(channels, scene, coloring)
    painter = BandPainter(scene, fixed, (rows, columns), supersampling)
    return painter.paint(channels, 0, rows, run=run, cancel=cancel)


def locked(channels: Mapping[str, Array], scene: Scene, coloring: Coloring) -> Coloring:
    """The same colouring, with levels or knots fixed from this image where it has none.

    Raises
    ------
    ValueError   the mode or channel doesn't exist here
    """
    return mode_of(coloring).settled(channels, scene, coloring)


class BandPainter:
    """Colours an image of ``shape`` (H, W) band by band, with the pixels that `apply` gives.

    Attributes
    ----------
    halo : rows of pixels that a band needs on either side, as far as the image goes
    names : the channels that are read; a band needs no others

    Raises
    ------
    ValueError   the mode, palette or channel doesn't exist here, or no range is fixed yet
    """

    def __init__(
        self, scene: Scene, coloring: Coloring, shape: tuple[int, int], supersampling: int = 1
    ) -> None:
        mode = mode_of(coloring)
        palette(coloring.palette)
        if not mode.fixed(coloring):
            raise ValueError(
                f"the colouring's {mode.ranged} must be fixed before an image is coloured in bands"
            )
        self.shape = shape
        self.supersampling = supersampling
        self._plan: ValuePlan | LightPlan = mode.plan(scene, coloring, shape[0] * supersampling)
        sigma = coloring.glow_sigma * shape[0] / SIGMA_ROWS
        self._blur = Blur(sigma, shape) if coloring.glow else None
        self._context = self._plan.context if isinstance(self._plan, LightPlan) else 0
        self.names = ("status", *(name for name in self._plan.reads if name != "status"))
        reach = math.ceil(self._context / supersampling)
        self._reach = self._blur.reach if self._blur else 0
        self.halo = self._reach + reach
        cycles, shift, period = lookup.walk(coloring)
        self._p = np.array([coloring.glow, coloring.vignette, cycles, shift, period], np.float32)
        self._columns, self._rows = _squared_places(shape[1]), _squared_places(shape[0])
        text = (coloring.palette, coloring.reverse)
        self._pixels, self._packed = lookup.pixels(*text), lookup.packed_light(*text)
        self._encode = lookup.encode()

    def paint(
        self,
        channels: Mapping[str, Array],
        first_row: int,
        rows: int,
        *,
        run: Run | None = None,
        cancel: CancelFlag | None = None,
    ) -> Array:
        """Colour the pixel rows from ``first_row`` on.

        Parameters
        ----------
        channels : samples of the rows from max(0, first_row - halo) up to
            min(H, first_row + rows + halo), all columns

        Returns
        -------
        uint8 (rows, W, 4)

        Raises
        ------
        ValueError   the arrays aren't those rows
        Cancelled    the flag went up
        """
        height, width = self.shape
        top = max(0, first_row - self.halo)
        bottom = min(height, first_row + rows + self.halo)
        self._check(channels, bottom - top)
        window = _Window(channels, top, bottom)
        out = np.empty((rows, width), np.uint32)
        inner = max(0, first_row - self._reach), min(height, first_row + rows + self._reach)
        filled: dict[tuple[int, int], Array] | None = None
        planes = 1 if isinstance(self._plan, ValuePlan) else 3
        if inner == (first_row, first_row + rows):
            size = 4 * planes * rows * width * self.supersampling**2
            filled = {} if size <= _KEPT_BYTES else None
        lines = self._rows_blurred(window, *inner, run, cancel, filled)

        def paint_band(band: tuple[int, int]) -> None:
            if cancel is not None:
                cancel.check()
            first, last = band
            glow = self._columns_blurred(lines, inner[0], first, last)
            known = filled.pop(band, None) if filled is not None else None
            target = out[first - first_row : last - first_row]
            self._paint(window, first, last, glow, target, known)

        _map(run, paint_band, self._bands(first_row, first_row + rows))
        return out.view(np.uint8).reshape(rows, width, 4)

    def _rows_blurred(
        self,
        window: _Window,
        first_row: int,
        last_row: int,
        run: Run | None,
        cancel: CancelFlag | None,
        keep: dict[tuple[int, int], Array] | None = None,
    ) -> Array | None:
        """float32 (1 or 3, rows, the blur's width): pixel means as lines; None without glow.

        What the bands were filled with is added to ``keep``.
        """
        if self._blur is None:
            return None
        from deepfractals_gui.kernels.color_glow import block_means

        blur, s, width = self._blur, self.supersampling, self.shape[1]
        planes = 1 if isinstance(self._plan, ValuePlan) else 3
        out = np.empty((planes, last_row - first_row, blur.width), np.float32)

        def blur_band(band: tuple[int, int]) -> None:
            if cancel is not None:
                cancel.check()
            first, last = band
            filled = self._filled(window, first, last)
            if keep is not None:
                keep[band] = filled
            filled = filled.reshape(planes, -1, width * s)
            for plane in range(planes):
                mean = filled[plane]
                if s > 1:
                    mean = np.empty((last - first, width), np.float32)
                    block_means(filled[plane], s, mean)
                blur.lines(mean, out[plane, first - first_row : last - first_row])

        _map(run, blur_band, self._bands(first_row, last_row))
        return out

    def _columns_blurred(
        self, lines: Array | None, top: int, first: int, last: int
    ) -> Array | None:
        if lines is None or self._blur is None:
            return None
        out = np.empty((len(lines), last - first, self._blur.width), np.float32)
        for plane, blurred in zip(lines, out, strict=True):
            self._blur.columns(plane, top, first, blurred)
        return self._blur.pixels(out)

    def _filled(self, window: _Window, first: int, last: int) -> Array:
        """Values (h s, w s) or light (3, h s, w s) of the pixel rows [first, last)."""
        s = self.supersampling
        size = ((last - first) * s, self.shape[1] * s)
        band = window.band(self._plan.reads, first * s, last * s, s, self._context)
        if isinstance(self._plan, ValuePlan):
            out = np.empty(size, np.float32)
        else:
            out = np.empty((3, *size), np.float32)
        self._plan.fill(band, out)
        return out

    def _paint(
        self,
        window: _Window,
        first: int,
        last: int,
        glow: Array | None,
        out: Array,
        filled: Array | None = None,
    ) -> None:
        from deepfractals_gui.kernels import color_pixels as kernels

        s = self.supersampling
        if filled is None:
            filled = self._filled(window, first, last)
        rows = self._rows[first:last]
        if isinstance(self._plan, LightPlan):
            light = np.empty((3, 0, 0), np.float32) if glow is None else glow
            lens = self._p, self._columns, rows
            if s == 1:
                kernels.paint_light(filled, light, *lens, self._encode, out)
            else:
                kernels.paint_light_of_blocks(filled, s, light, *lens, self._encode, out)
            return
        value = np.empty((0, 0), np.float32) if glow is None else glow[0]
        if s == 1:
            kernels.paint_values(filled, value, self._p, self._columns, rows, self._pixels, out)
        else:
            columns = np.repeat(self._columns, s)
            kernels.paint_blocks(
                filled, s, value, self._p, columns, rows, self._packed, self._encode, out
            )

    def _bands(self, first: int, last: int) -> list[tuple[int, int]]:
        s = self.supersampling
        rows = max(1, _BAND_SAMPLES // (self.shape[1] * s * s))
        return [(row, min(row + rows, last)) for row in range(first, last, rows)]

    def _check(self, channels: Mapping[str, Array], rows: int) -> None:
        s = self.supersampling
        expected = (rows * s, self.shape[1] * s)
        for name in self.names:
            if name not in channels:
                raise ValueError(f"the samples lack the channel {name!r}")
            if channels[name].shape != expected:
                raise ValueError(
                    f"the channel {name!r} has the shape {channels[name].shape}, not {expected}"
                )


class _Window:
    """The samples of some pixel rows [top, bottom) of an image."""

    def __init__(self, channels: Mapping[str, Array], top: int, bottom: int) -> None:
        self._channels, self._top, self._bottom = channels, top, bottom

    def band(self, reads: Mapping[str, str], first: int, last: int, s: int, context: int) -> Band:
        """Sample rows [first - context, last + context), edge rows repeated beyond."""
        top, bottom = self._top * s, self._bottom * s
        low, high = max(top, first - context), min(bottom, last + context)
        band = band_of(self._channels, reads, low - top, high - top)
        above, below = low - (first - context), (last + context) - high
        if above == 0 and below == 0:
            return band
        return {
            name: np.pad(rows, ((above, below), (0, 0)), mode="edge") for name, rows in band.items()
        }


def _map(run: Run | None, function: Callable[[Any], Any], bands: Sequence[Any]) -> None:
    if run is None or len(bands) < 2:
        for band in bands:
            function(band)
    else:
        run(function, bands)


def _squared_places(count: int) -> Array:
    """float32 (count,): squared distance of each pixel centre from the middle, in half-sides."""
    return (((np.arange(count) + 0.5) * 2.0 / count - 1.0) ** 2).astype(np.float32)


def _image_shape(channels: Mapping[str, Array], supersampling: int) -> tuple[int, int]:
    if "status" not in channels:
        raise ValueError("the samples lack the channel 'status'")
    rows, columns = channels["status"].shape
    if rows % supersampling or columns % supersampling or not rows or not columns:
        raise ValueError(
            f"samples of shape {(rows, columns)} aren't {supersampling} x {supersampling} a pixel"
        )
    return rows // supersampling, columns // supersampling
