"""The colours of a clip: one range for all of it, or one for each keyframe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deepfractals_gui.coloring import locked, mode_of
from deepfractals_gui.core import CancelFlag, Coloring, Viewport
from deepfractals_gui.export.keyframes import bound, keyframe_views
from deepfractals_gui.export.stills import RANGE_SIDE, reduced_shape, request_of, scene_of
from deepfractals_gui.export.zoom import between
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.session.documents import complete

if TYPE_CHECKING:
    from deepfractals_gui.export.clip import Movie

RANGE_SHARE = 0.25
"""Points spent on finding the range of the colours, at most, as a share of N."""


class ClipColors:
    """The colouring at each keyframe, found when it is first asked for.

    Attributes
    ----------
    points : points computed to find ranges, so far
    most : colourings that one keyframe may have to be filled with: its own and its neighbours'
    """

    def __init__(self, movie: Movie, renderer: Renderer, cancel: CancelFlag) -> None:
        self._renderer, self._cancel = renderer, cancel
        document = complete(movie.document)
        assert document.coloring is not None
        self._scene, self._coloring = scene_of(document), document.coloring
        self._shared: Coloring | None = None
        self._own: dict[Viewport, Coloring] = {}
        self._requests: dict[Viewport, RenderRequest] = {}
        self.points = 0
        if _keeps_one(movie):
            self._shared = clip_coloring(movie, renderer, cancel)
            self.points = range_points(movie)
        else:
            self._requests = {request.viewport: request for request in _range_requests(movie)}
        self.most = 1 if self._shared is not None else 3

    def at(self, view: Viewport) -> Coloring:
        """The colouring of a keyframe, its range fixed.

        Raises
        ------
        KeyError     it is no keyframe's view
        Cancelled    the flag went up
        """
        if self._shared is not None:
            return self._shared
        if view not in self._own:
            request = self._requests[view]
            channels = self._renderer.render(request, cancel=self._cancel).channels
            self.points += request.shape[0] * request.shape[1]
            self._own[view] = locked(channels, self._scene, self._coloring)
        return self._own[view]

    def nearest(self, view: Viewport) -> Coloring:
        """The colouring of the keyframe that looks most like a view."""
        if self._shared is not None:
            return self._shared
        return self.at(min(self._requests, key=lambda other: _distance(view, other)))


def clip_coloring(movie: Movie, renderer: Renderer, cancel: CancelFlag | None = None) -> Coloring:
    """The document's colouring with its range fixed from the first, middle and last view together.

    Raises
    ------
    ValueError   the colouring can't be used with this System
    Cancelled    the flag went up
    """
    document = complete(movie.document)
    assert document.coloring is not None
    requests = _range_requests(replace(movie, levels="fixed"))
    if not requests:
        return document.coloring
    seen = [renderer.render(request, cancel=cancel).channels for request in requests]
    together = {name: np.concatenate([channels[name] for channels in seen]) for name in seen[0]}
    return locked(together, scene_of(document), document.coloring)


def range_points(movie: Movie) -> int:
    """Points that finding the clip's ranges takes; 0 where the range is fixed already."""
    return sum(request.shape[0] * request.shape[1] for request in _range_requests(movie))


def _keeps_one(movie: Movie) -> bool:
    coloring = complete(movie.document).coloring
    assert coloring is not None
    return movie.levels == "fixed" or mode_of(coloring).fixed(coloring)


def _range_requests(movie: Movie) -> list[RenderRequest]:
    document = replace(complete(movie.document), shape=movie.shape, supersampling=1)
    assert document.coloring is not None
    if mode_of(document.coloring).fixed(document.coloring):
        return []
    way = movie.way
    views: Sequence[Viewport] = keyframe_views(way)
    if movie.levels == "fixed":
        # In log width: the middle of the time would do as well, but for the eased ends.
        places = [(0, 0.0), (0, 0.5), (0, 1.0)]
        if len(way.legs) > 1:
            places.append((1, 1.0))
        views = [way.view(place) for place in places]
    height, width = movie.shape
    share = RANGE_SHARE * bound(way, movie.shape) / (len(views) * height * width)
    side = min(RANGE_SIDE // 2, math.floor(max(movie.shape) * math.sqrt(share)))
    shape = reduced_shape(movie.shape, side)
    return [request_of(replace(document, viewport=view, shape=shape)) for view in views]


def _distance(view: Viewport, other: Viewport) -> float:
    """How unlike two views are: the ratio of their widths, and how far apart they lie."""
    dx, dy = between(view, other)
    apart = math.hypot(dx, dy) / max(view.width, other.width)
    return abs(math.log(other.width) - math.log(view.width)) + apart
