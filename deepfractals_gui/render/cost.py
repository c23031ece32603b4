"""What a point costs, and where: measured while rendering."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np

from deepfractals_gui.render.tiling import Rect

CELLS = 16
CALL_SECONDS = 0.0001
"""What a task costs about, however few its points: not to be taken for the cost of its points."""
CROWDED = 4
"""How many times as long work may take on a busy machine before tasks are cut shorter for it."""


class Effort:
    """A stopwatch for one thread's work, which counts the time it was kept waiting for less.

    Tasks that are cut by the clock on the wall alone get so short on a busy machine that cutting
    them out costs more than they do. The processor's time alone would call work free that is
    done elsewhere.
    """

    def __init__(self) -> None:
        self._wall, self._own = time.perf_counter(), time.thread_time()

    @property
    def seconds(self) -> float:
        wall = time.perf_counter() - self._wall
        # Windows counts a thread's time in steps of 16 ms.
        if sys.platform == "win32":
            return wall
        return max(time.thread_time() - self._own, wall / CROWDED)


class Stopwatch:
    """Seconds spent between starts and stops."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    @property
    def elapsed(self) -> float:
        since = self._since
        return self._before + (time.perf_counter() - since if since is not None else 0.0)

    def start(self) -> None:
        if self._since is None:
            self._since = time.perf_counter()

    def stop(self) -> None:
        if self._since is not None:
            self._before += time.perf_counter() - self._since
            self._since = None


class CostMap:
    """Seconds per point over the cells of a coarse grid, as last measured there.

    Points inside a set may cost a thousand times those around it, so one figure for the whole
    picture would hand out tasks that are a thousand times too long. ``prior`` is what a point
    cost in another picture of the same map: an estimate until something is measured.
    """

    def __init__(self, shape: tuple[int, int], prior: float = 0.0) -> None:
        self._cell = (max(1.0, shape[0] / CELLS), max(1.0, shape[1] / CELLS))
        # 0 stands for not measured yet.
        self._cost = np.zeros((CELLS, CELLS))
        self._points = np.zeros((CELLS, CELLS))
        self._mean = 0.0
        self._prior = prior

    @property
    def known(self) -> bool:
        """True when anything has been measured."""
        return self._mean > 0

    @property
    def mean(self) -> float:
        """Seconds per point over the whole picture; 0 while there is no idea."""
        return self._mean or self._prior

    @property
    def low(self) -> float:
        """Seconds per point where points are cheap."""
        return float(np.quantile(self._cost[self._cost > 0], 0.2))

    def note(self, rects: Sequence[Rect], cost: float, points: int = 0) -> None:
        """The points in these rectangles, so many in all, cost so many seconds each."""
        for rect in rects:
            cells = self._cells(rect)
            self._cost[cells] = max(cost, 1e-10)
            self._points[cells] += points / len(rects) / self._points[cells].size
        self._mean = float(self._cost.sum()) / np.count_nonzero(self._cost)

    def rest(self, points: int, total: int) -> float:
        """Seconds that ``points`` of the picture's ``total`` still take on one core.

        They lie where fewer points have been computed: pictures are computed from the centre
        outwards, and the centre may well be dearer than the rim.
        """
        left = np.maximum(total / CELLS**2 - self._points, 0.0)
        cost = np.where(self._cost > 0, self._cost, self.mean)
        weight = float(left.sum())
        return points * (float((left * cost).sum()) / weight if weight else self.mean)

    def at(self, rect: Rect) -> float:
        """Seconds per point in the dearest cell of a rectangle; unknown cells cost the mean."""
        dearest = float(self._cost[self._cells(rect)].max())
        return dearest if dearest else self._mean

    def _cells(self, rect: Rect) -> tuple[slice, slice]:
        down, across = self._cell
        top, left = int(rect.top / down), int(rect.left / across)
        bottom, right = int((rect.bottom - 1) / down), int((rect.right - 1) / across)
        return slice(top, bottom + 1), slice(left, right + 1)


class Account:
    """What a render's points cost, and what that means for the rest of it.

    Parameters
    ----------
    shape : of the samples
    total : samples to compute
    batch : points that the System computes side by side: fewer cost as much
    prior : seconds per point in another picture of the same map; 0 when there was none
    """

    def __init__(
        self,
        shape: tuple[int, int],
        total: int,
        threads: int,
        batch: int = 1,
        prior: float = 0.0,
    ) -> None:
        self.cost = CostMap(shape, prior)
        self.total = total
        self.done = 0
        self.threads = threads
        self.batch = batch
        self._spent = 0.0
        self._elapsed = 0.0

    @property
    def left(self) -> int:
        """Samples that aren't computed yet."""
        return max(0, self.total - self.done)

    @property
    def seconds_left(self) -> float:
        """How long the rest takes, by the clock on the wall; 0 while nothing is known."""
        return self.cost.rest(self.left, self.total) * self._pace / self.threads

    def seconds_for(self, points: int) -> float:
        """How long points anywhere in the picture take, by the clock on the wall."""
        return points * self.cost.mean * self._pace / self.threads

    def padded(self, points: int) -> int:
        """What so many points cost as much as: whole batches."""
        return -(-points // self.batch) * self.batch

    def note(self, areas: Sequence[Rect], points: int, seconds: float, elapsed: float) -> None:
        """A task is done; ``elapsed`` is how long the render has taken so far, 0: not known."""
        self.done += points
        self._elapsed = max(self._elapsed, elapsed)
        if points:
            own = max(seconds - CALL_SECONDS, 0.3 * seconds)
            self._spent += own
            self.cost.note(areas, own / self.padded(points), points)

    @property
    def _pace(self) -> float:
        """How much longer it takes than its tasks alone would: others want the processor, too."""
        if not self._spent:
            return 1.0
        return max(1.0, self._elapsed * self.threads / self._spent)
