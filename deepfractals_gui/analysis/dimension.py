"""The fractal dimension of a System's boundary, over several zoom paths.

One zoom sequence says little: which point of the boundary it leads to moves the result by as much
as 0.5. So the boundary is approached along random rays, the view is zoomed x2 a level about each
point found, and the result is the median over the paths with its inter-quartile range.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.analysis.boundary import (
    boundary_points,
    check_outcome,
    outcome_of,
    sides,
)
from deepfractals_gui.analysis.boxes import (
    BoxCount,
    Fit,
    box_count,
    dyadic_dimension,
    dyadic_sizes,
    edge_pixels,
    published_dimension,
    published_sizes,
)
from deepfractals_gui.analysis.identity import params_identity, viewport_identity
from deepfractals_gui.analysis.store import PATTERN, FrameStore
from deepfractals_gui.core import Array, CancelFlag, Viewport
from deepfractals_gui.core.viewport import SAFE_ULPS
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.session.folders import Series
from deepfractals_gui.systems import system

ESTIMATORS = ("published", "dyadic")
MIN_PATHS, MAX_PATHS = 2, 999
MIN_LEVELS, MAX_LEVELS = 1, 999
MIN_SIZE, MAX_SIZE = 16, 8192
NOTE = "dimension.json"

Progress = Callable[[float], None]


@dataclass(frozen=True)
class Study:
    """What is measured, and how.

    Attributes
    ----------
    key, params : the System, and its parameters
    view : where the rays run, a square; level 0 has its width
    paths, levels : zoom sequences, and frames of each, x2 a frame
    size : side of a frame in pixels
    seed : of the rays
    estimator : ``published`` or ``dyadic``
    fit : smallest and largest box edge of the dyadic fit, in pixels; by default 2 to size / 4

    Raises
    ------
    ValueError   a number is out of range, or the System has no two outcomes
    """

    key: str
    params: Any
    view: Viewport
    paths: int = 8
    levels: int = 8
    size: int = 128
    seed: int = 0
    estimator: str = "published"
    fit: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        for name, low, high in (
            ("paths", MIN_PATHS, MAX_PATHS),
            ("levels", MIN_LEVELS, MAX_LEVELS),
            ("size", MIN_SIZE, MAX_SIZE),
            ("seed", 0, 2**63 - 1),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} must be from {low} to {high}, not {value}")
        if self.estimator not in ESTIMATORS:
            raise ValueError(
                f"the estimator must be one of {', '.join(ESTIMATORS)}, not {self.estimator[:40]!r}"
            )
        low, high = self.fitted
        if not 1 <= low < high < self.size:
            raise ValueError(
                f"the fitted boxes must rise within [1, {self.size - 1}], not {low} to {high}"
            )
        check_outcome(system(self.key))

    @property
    def fitted(self) -> tuple[int, int]:
        """The box edges that the dyadic estimator fits, in pixels."""
        return self.fit or (2, self.size // 4)

    @property
    def shape(self) -> tuple[int, int]:
        return (self.size, self.size)

    @property
    def series(self) -> Series:
        """Whose frames a folder may hold: more levels or paths of one study have the same."""
        return Series(
            NOTE,
            PATTERN,
            "measurement",
            {
                "deepfractals_dimension": 1,
                "key": self.key,
                "params": params_identity(self.params),
                "view": viewport_identity(self.view),
                "size": self.size,
                "seed": self.seed,
            },
        )

    def counted(self, outcome: Array) -> BoxCount:
        """Count the boxes of the estimator's sizes in the outcomes bool (size, size)."""
        edges = edge_pixels(outcome)
        published = self.estimator == "published"
        return box_count(edges, published_sizes(edges) if published else dyadic_sizes(edges))


@dataclass(frozen=True, eq=False)
class Frame:
    """One level of one path: its view, its edge pixels and its boxes."""

    path: int
    level: int
    viewport: Viewport
    edges: int
    count: BoxCount


@dataclass(frozen=True, eq=False)
class ZoomPath:
    """One zoom sequence about a boundary point.

    Attributes
    ----------
    dimension : NaN where the frames have too few boxes
    fit : the line behind it, of the dyadic estimator
    ended : the level at which a pixel is narrower than 8 ulp, the first that isn't there; None:
        all levels are
    """

    number: int
    start: Viewport
    frames: tuple[Frame, ...]
    dimension: float
    fit: Fit | None
    ended: int | None


@dataclass(frozen=True, eq=False)
class Dimension:
    """The result: a median over the paths, and how far the paths are apart.

    ``median``, ``lower`` and ``upper`` (the quartiles, interpolated linearly) are over the paths
    whose dimension is a number, ``counted`` of them; NaN where there are fewer than two.
    """

    study: Study
    paths: tuple[ZoomPath, ...]
    median: float = field(init=False)
    lower: float = field(init=False)
    upper: float = field(init=False)
    counted: int = field(init=False)

    fewest: ClassVar[int] = 2

    def __post_init__(self) -> None:
        values = [path.dimension for path in self.paths if math.isfinite(path.dimension)]
        enough = len(values) >= self.fewest
        lower, median, upper = np.percentile(values, (25, 50, 75)) if enough else [math.nan] * 3
        object.__setattr__(self, "median", float(median))
        object.__setattr__(self, "lower", float(lower))
        object.__setattr__(self, "upper", float(upper))
        object.__setattr__(self, "counted", len(values))


def measure_dimension(
    study: Study,
    renderer: Renderer,
    *,
    folder: Path | None = None,
    progress: Progress | None = None,
    on_frame: Callable[[Frame], None] | None = None,
    cancel: CancelFlag | None = None,
) -> Dimension:
    """Measure, and wait. Meant for `Renderer.background` where a window must not.

    Parameters
    ----------
    folder : keeps the outcomes of every finished frame; those it has of this study aren't
        computed again
    progress : is called with the fraction done of what is left to compute
    on_frame : is called with every frame, those that were kept first, then in order

    Raises
    ------
    ValueError   the view shows no boundary, or is too narrow for float64
    FileError    the folder holds another measurement, or can't be written
    Cancelled    the flag went up; the frames finished so far are kept
    """
    flag = cancel or CancelFlag()
    tell = progress or (lambda fraction: None)
    if study.view.pixel_ulps(study.shape) < SAFE_ULPS:
        raise ValueError(
            f"a pixel of the first level is narrower than {SAFE_ULPS:g} ulp: float64 ends before "
            "the first frame"
        )
    store = None
    if folder is not None:
        study.series.claim(folder)
        store = FrameStore(folder)
    found = system(study.key)
    centres = boundary_points(
        sides(found, study.params, renderer, flag), study.view, study.paths, study.seed
    )
    # The shortest decimals that are these float64.
    starts = [Viewport.at(repr(float(x)), repr(float(y)), study.view.width) for x, y in centres]
    views = [_views(study, start) for start in starts]
    frames: dict[tuple[int, int], Frame] = {}
    missing = []

    def keep(path: int, level: int, view: Viewport, outcome: Array) -> None:
        count = study.counted(outcome)
        frame = Frame(path, level, view, int(np.count_nonzero(edge_pixels(outcome))), count)
        frames[path, level] = frame
        if on_frame is not None:
            on_frame(frame)

    for path, sequence in enumerate(views):
        for level, view in enumerate(sequence):
            flag.check()
            known = None if store is None else store.read(path, level, _request(study, view))
            if known is None:
                missing.append((path, level, view))
            else:
                keep(path, level, view, known)
    for done, (path, level, view) in enumerate(missing):
        flag.check()
        request = _request(study, view)

        def part(fraction: float, done: int = done) -> None:
            tell((done + fraction) / len(missing))

        samples = renderer.render(request, progress=part, cancel=flag)
        outcome = outcome_of(found, samples.channels["status"])
        if store is not None:
            store.write(path, level, request, outcome)
        keep(path, level, view, outcome)
    tell(1.0)
    paths = (
        _path(study, number, start, [frames[number, level] for level in range(len(sequence))])
        for number, (start, sequence) in enumerate(zip(starts, views, strict=True))
    )
    return Dimension(study, tuple(paths))


def _views(study: Study, view: Viewport) -> list[Viewport]:
    """The views of a path from its first one on, as far as float64 goes."""
    views = []
    for _ in range(study.levels):
        if view.pixel_ulps(study.shape) < SAFE_ULPS:
            break
        views.append(view)
        view = replace(view, width=view.width / 2)
    return views


def _request(study: Study, view: Viewport) -> RenderRequest:
    return RenderRequest(study.key, study.params, view, study.shape)


def _path(study: Study, number: int, start: Viewport, frames: list[Frame]) -> ZoomPath:
    counts = [frame.count for frame in frames]
    fit = None
    if study.estimator == "published":
        dimension = published_dimension(counts)
    else:
        fit = dyadic_dimension(counts, *study.fitted)
        dimension = math.nan if fit is None else fit.dimension
    ended = len(frames) if len(frames) < study.levels else None
    return ZoomPath(number, start, tuple(frames), dimension, fit, ended)
