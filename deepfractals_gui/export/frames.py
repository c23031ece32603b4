"""One frame of a zoom, put together from the keyframes around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.coloring import Scene, lookup
from deepfractals_gui.core import Array, CancelFlag, Coloring, Viewport
from deepfractals_gui.export.filling import FillingPainter
from deepfractals_gui.export.zoom import between

Run = Callable[[Callable[[tuple[int, int]], None], Sequence[tuple[int, int]]], list[None]]

FEATHER = 0.12
"""Over which part of its half-side a keyframe fades in from its edge."""
_ROWS = 24
"""Rows of a frame that one thread paints at a time."""


@dataclass(frozen=True)
class Source:
    """A keyframe: its view and its samples (planes, h, w)."""

    viewport: Viewport
    samples: Array


@dataclass(frozen=True)
class Layers:
    """Keyframes in one colouring, and the part that this colouring has in a frame, in (0, 1].

    ``outer`` covers the frame; ``inner``, if any, needn't.
    """

    outer: Source
    inner: Source | None = None
    part: float = 1.0


@dataclass(frozen=True)
class _Boxes:
    """Which samples each pixel of a line covers, and in which shares."""

    starts: Array
    weights: Array


@dataclass(frozen=True)
class _Layer:
    """A source, laid under a frame."""

    samples: Array
    rows: _Boxes
    columns: _Boxes
    along: Array
    across: Array
    inner: bool

    def part(self, first: int, last: int) -> tuple[Array, Array, Array, Array, Array, Array, bool]:
        """The kernel's arguments for the frame's rows [first, last)."""
        return (
            self.rows.starts[first:last],
            self.rows.weights[first:last],
            self.columns.starts,
            self.columns.weights,
            self.along[first:last],
            self.across,
            self.inner,
        )


class FramePainter(FillingPainter):
    """Paints frames of ``shape`` (H, W) as `coloring.apply` would paint their own samples.

    Each pixel is the mean, in linear light, of the samples that its box covers; glow and vignette
    act on each sample as they do in a still of the frame.
    """

    def __init__(self, scene: Scene, coloring: Coloring, shape: tuple[int, int]) -> None:
        super().__init__(scene, coloring, shape, 1)
        light = lookup.light(coloring.palette, coloring.reverse)
        # Four numbers a colour: the processor adds them at once.
        self._light = np.concatenate([light, light[:1]]).T.copy()

    def frame(
        self,
        view: Viewport,
        shown: Sequence[Layers],
        share: float,
        *,
        run: Run,
        cancel: CancelFlag,
    ) -> Array:
        """Paint one frame.

        Parameters
        ----------
        shown : keyframes in one or more colourings, whose parts add up to 1
        share : the part of the inner keyframe where it covers the view, in [0, 1]

        Returns
        -------
        uint8 (H, W, 3), row 0 at the smallest y

        Raises
        ------
        Cancelled   the flag went up
        """
        from deepfractals_gui.kernels import resample

        height, width = self.shape
        layers = []
        for one in shown:
            layers.append(self._layer(view, one, share, inside=False))
            if one.inner is not None and share > 0.0:
                layers.append(self._layer(view, one, share, inside=True))
        blurred = self._blurred(layers, run, cancel)
        out = np.empty((height, width, 3), np.uint8)

        def paint(part: tuple[int, int]) -> None:
            cancel.check()
            first, last = part
            light = np.zeros((last - first, width, 3), np.float32)
            places = self._columns, self._rows[first:last]
            for layer in layers:
                boxes = layer.part(first, last)
                if self.planes == 1:
                    glow = _NO_PLANE if blurred is None else blurred[0, first:last]
                    resample.add_light_of_values(
                        layer.samples[0], *boxes, glow, self._p, *places, self._light, light
                    )
                else:
                    glow = _NO_PLANES if blurred is None else blurred[:, first:last]
                    glow = np.ascontiguousarray(glow)
                    resample.add_light(layer.samples, *boxes, glow, self._p, *places, light)
            resample.encode_light(light, self._encode, out[first:last])

        run(paint, _parts(height))
        return out

    def _blurred(self, layers: Sequence[_Layer], run: Run, cancel: CancelFlag) -> Array | None:
        """float32 (planes, H, W): the frame's means, blurred; None without glow."""
        if self._blur is None:
            return None
        from deepfractals_gui.kernels import resample

        blur = self._blur
        lines = np.empty((self.planes, self.shape[0], blur.width), np.float32)
        out = np.empty((self.planes, *self.shape), np.float32)

        def blur_rows(part: tuple[int, int]) -> None:
            cancel.check()
            first, last = part
            for plane in range(self.planes):
                means = np.zeros((last - first, self.shape[1]), np.float32)
                for layer in layers:
                    resample.add_means(layer.samples[plane], *layer.part(first, last), means)
                blur.lines(means, lines[plane, first:last])

        def blur_columns(part: tuple[int, int]) -> None:
            cancel.check()
            first, last = part
            soft = np.empty((self.planes, last - first, blur.width), np.float32)
            for plane in range(self.planes):
                blur.columns(lines[plane], 0, first, soft[plane])
            out[:, first:last] = blur.pixels(soft)

        run(blur_rows, _parts(self.shape[0]))
        run(blur_columns, _parts(self.shape[0]))
        return out

    def _layer(self, view: Viewport, shown: Layers, share: float, inside: bool) -> _Layer:
        outer, inner = shown.outer, shown.inner
        height, width = self.shape
        across: Array = np.zeros(width, np.float32)
        along: Array = np.zeros(height, np.float32)
        if inner is not None and share > 0.0:
            # Its last step leaves no edge: there the source covers the whole frame.
            feather = min(FEATHER, max(view.width / inner.viewport.width - 1.0, 1e-6))
            dx, dy = between(inner.viewport, view)
            pitch = view.width / width
            side = inner.viewport.width / 2
            across = _fade(dx, pitch, width, side, feather) * np.float32(share)
            along = _fade(dy, pitch, height, side * height / width, feather) * np.float32(share)
        source = inner if inside and inner is not None else outer
        rows, columns = self._boxes(view, source)
        # What a layer adds is linear in these weights: a colouring's part goes into them.
        rows = _Boxes(rows.starts, rows.weights * np.float32(shown.part))
        return _Layer(source.samples, rows, columns, along, across, inside)

    def _boxes(self, view: Viewport, source: Source) -> tuple[_Boxes, _Boxes]:
        height, width = self.shape
        tall, wide = source.samples.shape[1:]
        step = source.viewport.width / wide
        pitch = view.width / width / step
        dx, dy = between(source.viewport, view)
        return (
            _boxes(dy / step + tall / 2, pitch, height, tall),
            _boxes(dx / step + wide / 2, pitch, width, wide),
        )


_NO_PLANE: Array = np.empty((0, 0), np.float32)
_NO_PLANES: Array = np.empty((3, 0, 0), np.float32)


def _boxes(middle: float, pitch: float, count: int, size: int) -> _Boxes:
    """Boxes of ``count`` pixels, ``pitch`` samples wide, around a place in a line of ``size``."""
    edges = np.clip(middle + (np.arange(count + 1) - count / 2) * pitch, 0.0, size)
    taps = min(size, int(np.ceil(pitch)) + 1)
    starts = np.minimum(np.floor(edges[:-1]).astype(np.int64), size - taps)
    index = starts[:, None] + np.arange(taps)
    covered = np.minimum(index + 1, edges[1:, None]) - np.maximum(index, edges[:-1, None])
    covered = np.maximum(covered, 0.0)
    total = covered.sum(axis=1, keepdims=True)
    # A pixel beyond the source's edge has no part in it, and shows its last sample if asked.
    covered[:, -1:] = np.where(total > 0, covered[:, -1:], 1.0)
    weights = covered / covered.sum(axis=1, keepdims=True)
    return _Boxes(starts.astype(np.int32), weights.astype(np.float32))


def _fade(middle: float, pitch: float, count: int, side: float, feather: float) -> Array:
    """float32 (count,): 0 outside of half-side ``side``, rising to 1 over the feather inside."""
    place = np.abs(middle + (np.arange(count) + 0.5 - count / 2) * pitch) / side
    x = np.clip((1.0 - place) / feather, 0.0, 1.0)
    return np.asarray(x * x * (3.0 - 2.0 * x), np.float32)


def _parts(height: int) -> list[tuple[int, int]]:
    return [(row, min(row + _ROWS, height)) for row in range(0, height, _ROWS)]
