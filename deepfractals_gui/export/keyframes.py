"""The few pictures that all frames of a zoom are resampled from."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.coloring import Scene
from deepfractals_gui.core import Array, CancelFlag, Coloring, Document, Viewport
from deepfractals_gui.export.filling import FillingPainter
from deepfractals_gui.export.zoom import Leg, Way
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest

_BAND_BYTES = 32 << 20
_KEYFRAME_BYTES = 640 << 20
"""Memory of one keyframe at most; three are held at a time."""
POINTS_PER_BOUND = 3.0


def bound(way: Way, shape: tuple[int, int]) -> float:
    """N = W H + (pi/2)(W^2 + H^2) ln(A/B): the points of a zoom, one for each pixel it shows.

    The first term is one whole frame. The second counts rings of a logarithmic spiral around the
    zoom's centre, sampled as densely as the frame's corner asks. Where the way goes out and in
    again, ln(A/B) is the sum over both.
    """
    height, width = shape
    return height * width + math.pi / 2 * (width**2 + height**2) * way.log_ratio


def keyframe_views(way: Way) -> list[Viewport]:
    """The distinct views of a way's keyframes, in the order of its legs, from wide to narrow."""
    views = [leg.at(k / leg.octaves) for leg in way.legs for k in range(leg.octaves + 1)]
    return list(dict.fromkeys(views))


@dataclass(frozen=True)
class Blend:
    """A frame's sources: a keyframe, and the share that the next one has where it reaches."""

    outer: Viewport
    inner: Viewport
    share: float


@dataclass(frozen=True)
class Keyframes:
    """Which keyframes a way needs, and how large they are.

    Along each leg they lie at equal steps of the log width, at most a factor 2 apart, the leg's
    ends among them.

    Attributes
    ----------
    shape : (h, w) of a keyframe, ``density`` times the frame's sides
    count : distinct keyframes
    """

    way: Way
    shape: tuple[int, int]
    count: int

    @classmethod
    def of(
        cls,
        way: Way,
        shape: tuple[int, int],
        density: float,
        planes: int,
        spent: int = 0,
        colorings: int = 1,
    ) -> Keyframes:
        """Plan keyframes for frames of ``shape`` (H, W).

        ``density`` is the number of samples a pixel's side should have; it is lowered where the
        points, with the ones ``spent`` otherwise, would exceed 3 N, or a keyframe its memory, in
        which it is held in as many ``colorings``.
        """
        count = sum(leg.octaves + 1 for leg in way.legs) - (len(way.legs) - 1)
        height, width = shape
        # Relief needs a row more on either side of a band: some rows are computed twice.
        spare = 1.0 if planes == 1 else 0.95
        left = POINTS_PER_BOUND * bound(way, shape) - spent
        most = spare * left / (count * height * width)
        room = _KEYFRAME_BYTES / (4 * planes * colorings * height * width)
        density = max(1.0, min(density, math.sqrt(most), math.sqrt(room)))
        return cls(way, (math.floor(density * height), math.floor(density * width)), count)

    @property
    def points(self) -> int:
        """Points computed for the whole clip."""
        return self.count * self.shape[0] * self.shape[1]

    def beside(self, view: Viewport) -> list[Viewport]:
        """A keyframe's view and those of its neighbours along the way: at most 3."""
        found = [view]
        for leg in self.way.legs:
            along = [leg.at(k / leg.octaves) for k in range(leg.octaves + 1)]
            if view in along:
                at = along.index(view)
                found += along[max(0, at - 1) : at] + along[at + 1 : at + 2]
        return found

    def blend(self, place: tuple[int, float]) -> Blend:
        """The sources of the frame at a place of the way."""
        leg: Leg = self.way.legs[place[0]]
        steps = leg.octaves
        index = min(math.floor(place[1] * steps), steps - 1)
        share = place[1] * steps - index
        return Blend(leg.at(index / steps), leg.at((index + 1) / steps), _smooth(share))


class KeyframeStore:
    """Renders keyframes when they are asked for, and holds the last three.

    A keyframe is an array (planes, h, w) float32 in each colouring that it may be asked for, its
    own and its neighbours': values in [0, 1], or linear light in three planes, before glow and
    vignette, which belong to the frame.
    """

    def __init__(
        self,
        document: Document,
        scene: Scene,
        coloring_at: Callable[[Viewport], Coloring],
        keyframes: Keyframes,
        renderer: Renderer,
        on_rows: Callable[[float], None],
        cancel: CancelFlag,
    ) -> None:
        self._document, self._scene, self._renderer = document, scene, renderer
        self._coloring_at, self._keyframes = coloring_at, keyframes
        self._kept: OrderedDict[Viewport, dict[Coloring, Array]] = OrderedDict()
        self._on_rows, self._cancel = on_rows, cancel
        sample = sum(channel.numpy_dtype().itemsize for channel in scene.channels)
        self._rows = max(8, _BAND_BYTES // (sample * keyframes.shape[1]))
        self.rendered = 0
        """Points computed so far."""

    def get(self, viewport: Viewport, coloring: Coloring) -> Array:
        """A keyframe in its own colouring or a neighbour's. Raises Cancelled."""
        found = self._kept.get(viewport)
        if found is None:
            while len(self._kept) > 2:
                self._kept.popitem(last=False)
            found = self._kept[viewport] = self._render(viewport)
        self._kept.move_to_end(viewport)
        return found[coloring]

    def _render(self, viewport: Viewport) -> dict[Coloring, Array]:
        document, shape = self._document, self._keyframes.shape
        height, width = shape
        request = RenderRequest(document.key, document.params, viewport, shape)
        run, cancel = self._renderer.run, self._cancel
        colorings = {self._coloring_at(view) for view in self._keyframes.beside(viewport)}
        painters = [(c, FillingPainter(self._scene, c, shape, 1)) for c in colorings]
        reach = painters[0][1].reach
        out = {c: np.empty((one.planes, *shape), np.float32) for c, one in painters}
        for first in range(0, height, self._rows):
            last = min(height, first + self._rows)
            low, high = max(0, first - reach), min(height, last + reach)
            before = self.rendered

            def tell(fraction: float, before: int = before, rows: int = last - first) -> None:
                self._on_rows(before + fraction * rows * width)

            channels = self._renderer.render_band(request, low, high - low, cancel, tell)
            for coloring, painter in painters:
                filled = painter.fill(channels, first, last, run=run, cancel=cancel)
                out[coloring][:, first:last] = filled
            self.rendered += (high - low) * width
            self._on_rows(self.rendered)
        return out


def _smooth(x: float) -> float:
    x = min(1.0, max(0.0, x))
    return x * x * (3.0 - 2.0 * x)
