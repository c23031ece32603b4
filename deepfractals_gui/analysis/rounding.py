"""The rounding audit: is this structure real, or is it rounding?

A structure that the mathematics has doesn't change when an input moves by its last bit. The audit
moves every input to the next float64, samples again, and counts the pixels whose outcome changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepfractals_gui.analysis.boundary import check_outcome, outcome_of
from deepfractals_gui.core import Array, CancelFlag, Points, System, Viewport
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.render import Renderer, RenderRequest, sample_points
from deepfractals_gui.systems import system

COORDINATES = "coordinates"
"""The name of the two coordinates among the inputs."""
WARN_ABOVE = 0.01
"""Share of changed pixels above which a picture's detail is partly rounding."""
_Z95 = 1.959963984540054
"""The normal distribution's two-sided 95 % point."""

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Audit:
    """What moving the inputs by one ulp did to N pixels.

    Attributes
    ----------
    request : the view; ``shape`` (H, W) is its grid of pixels
    inputs : the names of what was moved
    rows, columns : int64 (N,)   the pixels looked at, row 0 at the smallest y
    before, after : uint8 (N,)   their statuses
    changed : bool (N,)          where the outcome is another
    """

    request: RenderRequest
    inputs: tuple[str, ...]
    rows: Array
    columns: Array
    before: Array
    after: Array
    changed: Array

    @property
    def fraction(self) -> float:
        return int(np.count_nonzero(self.changed)) / len(self.changed)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of the fraction (Wilson)."""
        return wilson(int(np.count_nonzero(self.changed)), len(self.changed))

    @property
    def suspect(self) -> bool:
        """True where more than 1 % of the pixels changed."""
        return self.fraction > WARN_ABOVE

    @property
    def mask(self) -> Array:
        """Bool (H, W): the changed pixels."""
        mask = np.zeros(self.request.shape, bool)
        mask[self.rows, self.columns] = self.changed
        return mask


def wilson(hits: int, count: int) -> tuple[float, float]:
    """95 % confidence interval of a share of ``hits`` among ``count`` trials.

    Raises
    ------
    ValueError   there are no trials

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    if count < 1:
        raise ValueError("a share needs at least one trial")
    share, z2 = hits / count, _Z95**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _Z95 * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    # At the ends the formula is exact, its floating-point value isn't.
    low = 0.0 if hits == 0 else middle - half
    return low, 1.0 if hits == count else middle + half


def input_names(found: System[Any], params: Any) -> tuple[str, ...]:
    """All that an audit can move: the coordinates, and the System's inputs."""
    return (COORDINATES, *found.inputs(params))


def audit(
    key: str,
    params: Any,
    viewport: Viewport,
    shape: tuple[int, int],
    renderer: Renderer,
    *,
    share: float = 1.0,
    inputs: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> Audit:
    """Sample a view's pixels twice, the second time with inputs moved one ulp up, and wait.

    Parameters
    ----------
    shape : (H, W), one sample a pixel
    share : of the pixels, in (0, 1]; they are drawn from ``PCG64(seed)`` without replacement
    inputs : names of `input_names`; by default all

    Raises
    ------
    ValueError   the share is out of range, an input is unknown, or the System has no two outcomes
    Cancelled    the flag went up
    """
    found = system(key)
    flag = cancel or CancelFlag()
    names = checked_inputs(found, params, inputs)
    check_outcome(found)
    if not 0 < share <= 1:
        raise ValueError(f"the share of the pixels must be in (0, 1], not {share:g}")
    request = RenderRequest(key, params, viewport, shape)
    rows, columns = _pixels(shape, share, seed)
    points = request.raster.points(rows, columns)
    prepared = renderer.prepared(found, params, flag)
    own = [name for name in names if name != COORDINATES]
    moved_params, moved_prepared = found.nudged(params, prepared, own, flag)
    moved_points = _moved(points) if COORDINATES in names else points
    statuses = []
    for number, (p, ready, at) in enumerate(
        ((params, prepared, points), (moved_params, moved_prepared, moved_points))
    ):
        known = renderer.cached(request) if number == 0 else None
        if known is not None:
            statuses.append(known.channels["status"][rows, columns])
            continue
        run = _Counting(renderer, 2 * len(points), number * len(points), progress)
        statuses.append(sample_points(found, p, ready, at, flag, run)["status"])
    before, after = statuses
    changed = outcome_of(found, before) != outcome_of(found, after)
    if progress is not None:
        progress(1.0)
    return Audit(request, names, rows, columns, before, after, changed)


def checked_inputs(
    found: System[Any], params: Any, inputs: Sequence[str] | None
) -> tuple[str, ...]:
    """The inputs to move, in the System's order. Raises ValueError for one that isn't there."""
    known = input_names(found, params)
    if inputs is None:
        return known
    for name in inputs:
        if name not in known:
            raise ValueError(
                f"{found.key} has no input {name[:40]!r} here; there are {', '.join(known)}"
            )
    if not inputs:
        raise ValueError(f"name at least one input to move; there are {', '.join(known)}")
    return tuple(name for name in known if name in inputs)


def _pixels(shape: tuple[int, int], share: float, seed: int) -> tuple[Array, Array]:
    total = shape[0] * shape[1]
    count = max(1, round(share * total))
    if count == total:
        chosen = np.arange(total)
    else:
        generator = np.random.Generator(np.random.PCG64(seed))
        chosen = np.sort(generator.choice(total, count, replace=False))
    return chosen // shape[1], chosen % shape[1]


def _moved(points: Points) -> Points:
    x, y = next_up(points.x), next_up(points.y)
    # The offsets follow, so that both descriptions of a point go on agreeing.
    return Points(x, y, points.dx + (x - points.x), points.dy + (y - points.y), points.viewport)


class _Counting:
    """`Renderer.run`, telling after each round how many of all points are done."""

    def __init__(
        self, renderer: Renderer, total: int, done: int, progress: Progress | None
    ) -> None:
        self._renderer = renderer
        self._total = total
        self._done = done
        self._progress = progress

    def __call__(
        self, function: Callable[[slice], tuple[int, float]], sequence: Sequence[slice], /
    ) -> list[tuple[int, float]]:
        results = self._renderer.run(function, sequence)
        self._done += sum(count for count, _ in results)
        if self._progress is not None:
            self._progress(self._done / self._total)
        return results
