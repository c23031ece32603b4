"""A zoom clip: what it shall show, and its frames in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from deepfractals_gui.core import Array, CancelFlag, Coloring, Document, Viewport
from deepfractals_gui.export.clip_colors import ClipColors, range_points
from deepfractals_gui.export.frames import FramePainter, Layers, Source
from deepfractals_gui.export.keyframes import Blend, Keyframes, KeyframeStore, bound
from deepfractals_gui.export.progress import Progress, Rising
from deepfractals_gui.export.stills import scene_of
from deepfractals_gui.export.zoom import Way
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.documents import complete
from deepfractals_gui.systems import system

MIN_SIDE, MAX_SIDE = 16, 7680
MIN_SECONDS, MAX_SECONDS = 0.1, 3600.0
MAX_FPS = 120
_RENDER_SHARE = 0.45
"""Of a clip's time, the part that its keyframes take on an ordinary clip."""


@dataclass(frozen=True)
class Quality:
    """What a word for quality stands for.

    ``density``: samples along a pixel's side that keyframes aim at; ``crf`` and ``preset``: x264's.
    """

    title: str
    density: float
    crf: int
    preset: str


QUALITIES: Mapping[str, Quality] = MappingProxyType(
    {
        "draft": Quality("Draft: quick, small", 1.3, 26, "veryfast"),
        "good": Quality("Good", 2.0, 19, "fast"),
        "best": Quality("Best: slow, large", 2.75, 14, "slow"),
    }
)


LEVELS: Mapping[str, str] = MappingProxyType(
    {
        "fixed": "Fixed over the clip",
        "keyframes": "Each keyframe's own, blended",
    }
)
"""Where the range of the colours comes from: one for the clip, or one for each keyframe."""


def suited_levels(key: str, params: Any, coloring: Coloring) -> str:
    """The key of `LEVELS` that a film of a System in this colouring begins with.

    Where the System's own picture is of ranks on either side of a boundary, each keyframe has its
    own, as in the films of arXiv:2402.06184: ranks mean little in a view a thousand times as wide.
    """
    own = system(key).default_coloring(params)
    ranked = own.mode == coloring.mode == "signed" and not coloring.locked
    return "keyframes" if ranked else "fixed"


@dataclass(frozen=True)
class Movie:
    """A zoom clip from a start view to the document's own view.

    Attributes
    ----------
    start : the first frame's view; it needn't contain the last one's
    seconds, fps : length within [0.1, 3600] s, frames per second within [1, 120]
    shape : (H, W) in pixels, even, within [16, 7680]; the document's own shape doesn't matter
    quality : a key of `QUALITIES`
    levels : a key of `LEVELS`. With "keyframes" each keyframe, a factor 2 in width after the other,
        is coloured by its own range, and frames between two of them show both colours of each
        point, blended in linear light; a locked colouring stays as it is

    Raises
    ------
    ValueError   a value is out of range
    """

    document: Document
    start: Viewport
    seconds: float = 10.0
    fps: int = 30
    shape: tuple[int, int] = (720, 1280)
    quality: str = "good"
    levels: str = "fixed"

    def __post_init__(self) -> None:
        if not MIN_SECONDS <= self.seconds <= MAX_SECONDS:
            raise ValueError(
                f"a clip must last {MIN_SECONDS:g} to {MAX_SECONDS:g} seconds, not {self.seconds}"
            )
        if isinstance(self.fps, bool) or self.fps != int(self.fps) or not 1 <= self.fps <= MAX_FPS:
            raise ValueError(
                f"frames per second must be a whole number within [1, {MAX_FPS}], not {self.fps}"
            )
        height, width = self.shape
        if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
            raise ValueError(
                f"a movie's sides must be within [{MIN_SIDE}, {MAX_SIDE}], not {width}x{height}"
            )
        if height % 2 or width % 2:
            raise ValueError(
                f"a movie's sides must be even, not {width}x{height}; the nearest size is "
                f"{width - width % 2}x{height - height % 2}"
            )
        if self.quality not in QUALITIES:
            raise ValueError(
                f"the quality must be one of {', '.join(QUALITIES)}, not {self.quality[:40]!r}"
            )
        if self.levels not in LEVELS:
            raise ValueError(
                f"the levels must be one of {', '.join(LEVELS)}, not {self.levels[:40]!r}"
            )

    @property
    def frames(self) -> int:
        """Number of frames, at least 2."""
        return max(2, round(self.seconds * self.fps))

    @property
    def density(self) -> float:
        """Samples along a pixel's side that keyframes aim at: the quality's, or the document's."""
        asked = self.document.supersampling
        return max(QUALITIES[self.quality].density, float(asked) if asked > 1 else 0.0)

    @property
    def way(self) -> Way:
        """Where the clip goes. Raises ValueError when it begins where it ends."""
        end = complete(self.document).viewport
        assert end is not None
        return Way.of(self.start, end, self.shape)


@dataclass(frozen=True)
class MovieReport:
    """What making a clip took.

    Attributes
    ----------
    points : points computed, for the keyframes and for the range of the colours
    bound : N = W H + (pi/2)(W^2 + H^2) ln(A/B); ``points`` is at most 3 N
    frames : frames in the clip
    seconds : wall time
    keyframes : pictures that the frames were resampled from
    """

    points: int
    bound: float
    frames: int
    seconds: float
    keyframes: int


class Clip:
    """The frames of a movie, painted in order from keyframes that are rendered as they come."""

    def __init__(
        self,
        movie: Movie,
        renderer: Renderer,
        progress: Progress | None,
        cancel: CancelFlag,
    ) -> None:
        self._movie, self._renderer, self._cancel = movie, renderer, cancel
        self.progress = Rising(progress)
        self._document = complete(movie.document)
        self._way = movie.way
        scene = scene_of(self._document)
        self.colors = ClipColors(movie, renderer, cancel)
        first = self.colors.at(self._way.view((0, 0.0)))
        self._painter = FramePainter(scene, first, movie.shape)
        self.keyframes = Keyframes.of(
            self._way,
            movie.shape,
            movie.density,
            self._painter.planes,
            range_points(movie),
            self.colors.most,
        )
        self._points_done = 0.0
        self._frames_done = 0
        self._store = KeyframeStore(
            self._document,
            scene,
            self.colors.at,
            self.keyframes,
            renderer,
            self._rendered,
            cancel,
        )

    def frame_document(self, view: Viewport) -> Document:
        """The document of one frame, as a still; its range is that of the nearest keyframe."""
        return replace(
            self._document,
            viewport=view,
            coloring=self.colors.nearest(view),
            shape=self._movie.shape,
            supersampling=2,
        )

    def paint(self, indices: Sequence[int]) -> Iterator[tuple[int, Viewport, Array]]:
        """Yield (index, view, uint8 (H, W, 3) with row 0 at the smallest y) of frames, in order.

        Raises Cancelled.
        """
        places = self._way.places(self._movie.frames, self._movie.seconds)
        for index in indices:
            self._cancel.check()
            blend = self.keyframes.blend(places[index])
            view = self._way.view(places[index])
            rgb = self._painter.frame(
                view, self._layers(blend), blend.share, run=self._renderer.run, cancel=self._cancel
            )
            yield index, view, rgb
            self._frames_done += 1
            self._tell()

    def _layers(self, blend: Blend) -> list[Layers]:
        """A frame's keyframes in the colours of the outer one, and in those of the inner one.

        Both colourings are shown of either keyframe: were each shown in its own only, the inner
        one's edge would be seen.
        """
        near, far = self.colors.at(blend.outer), self.colors.at(blend.inner)
        parts = [(near, 1.0)] if near == far else [(near, 1.0 - blend.share), (far, blend.share)]
        found = []
        for coloring, part in parts:
            if part == 0.0:
                continue
            inner = outer = None
            if blend.share > 0.0:
                inner = Source(blend.inner, self._store.get(blend.inner, coloring))
            if blend.share < 1.0:
                outer = Source(blend.outer, self._store.get(blend.outer, coloring))
            else:
                outer, inner = inner, None
            assert outer is not None
            found.append(Layers(outer, inner, part))
        return found

    def report(self, seconds: float) -> MovieReport:
        return MovieReport(
            self._store.rendered + self.colors.points,
            bound(self._way, self._movie.shape),
            self._movie.frames,
            seconds,
            self.keyframes.count,
        )

    def _rendered(self, points: float) -> None:
        self._points_done = max(self._points_done, points)
        self._tell()

    def _tell(self) -> None:
        rendered = min(1.0, self._points_done / self.keyframes.points)
        painted = self._frames_done / self._movie.frames
        self.progress(0.99 * (_RENDER_SHARE * rendered + (1.0 - _RENDER_SHARE) * painted))
