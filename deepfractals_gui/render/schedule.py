"""Which tiles to compute next, and how many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from deepfractals_gui.core import Array
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.tiling import (
    Panel,
    Pass,
    Rect,
    Tile,
    first_stride,
    lattice_size,
    missing_on,
    tiles,
)

TASK_SECONDS = 0.015
"""What one task should take: short enough to be fair, long enough to be worth handing out."""
SHORTEST_TASK = 0.0015
PASS_SECONDS = 0.05
"""Passes that are over sooner than this aren't worth a picture of their own."""
FIRST_POINTS = 8
"""Points of a task while the cost of a point isn't known: a point may take 10 ms."""
UNSEEN_SECONDS = 0.02
"""What the next pass replaces sooner than this isn't worth painting."""
TILES = 24
"""Tiles, at least, in a pass: the order from the centre outwards should show."""
LARGEST_TILE = 32768
SLACK = 0.3
"""How far from its length a task may end: cutting tiles to fit leaves many small ones."""
CONFLICTS = 64
"""Tiles looked at, at most, for one that no running task is in the way of."""


@dataclass(frozen=True, eq=False)
class Portion:
    """The tiles of one task, all of one pass.

    ``areas`` are the cells that each tile may paint, ``points`` is the number expected, and
    ``painted`` says that coarse values are worth painting, because the next pass takes long
    enough for them to be seen.
    """

    sweep: Pass
    tiles: tuple[Tile, ...]
    areas: tuple[Rect, ...]
    points: int
    painted: bool


class Scatter(NamedTuple):
    """Single samples of one task, and the stride of the lattice that they are on.

    ``rows`` and ``columns`` are int (N,). Each is painted over its cell, where that is coarser.
    """

    rows: Array
    columns: Array
    stride: int

    @property
    def points(self) -> int:
        return len(self.rows)


class Schedule:
    """Hands out the samples of some panels, coarse to fine and centre first.

    How many points a task gets, and which passes are worth making, follows from the measured cost
    of a point, which differs by five orders of magnitude between Systems and by three within a
    picture. No pass waits for the one before it: the next begins as soon as nothing is left to
    hand out, and only tiles which a running task of a coarser pass still paints are held back, so
    that coarse values never overwrite finer ones.

    ``enough`` is asked before each pass, once something is known about the cost: the stride of
    the finest lattice that is worth computing now, 1 for all of it.

    Not thread-safe: its job calls it under a lock.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        panels: Sequence[Panel],
        account: Account,
        *,
        enough: Callable[[Schedule], int] | None = None,
        first: int | None = None,
    ) -> None:
        self._account = account
        self._panels = tuple(panels)
        self._centre = (shape[0] / 2, shape[1] / 2)
        self._threads = account.threads
        self._handed = 0
        self.total = missing_on(panels, 1)
        """Samples to compute."""
        self.done = 0
        self._cost = account.cost
        self._enough = enough
        self._limited = False
        self._running: dict[Portion, None] = {}
        self._queue: deque[Tile] = deque()
        self._pass: Pass
        # Whether this pass is painted, and whether the cost was known when that was decided.
        self._painted: bool | None
        self._told: bool
        self._begin(first_stride(panels) if first is None else first, 0)

    @property
    def exhausted(self) -> bool:
        """True when every sample has been computed, or those of the finest lattice wanted."""
        ended = self._pass.stride == 1 or self._limited
        return ended and not self._queue and not self._running

    @property
    def limited(self) -> bool:
        """True when coarse passes were found to be enough."""
        return self._limited

    @property
    def stride(self) -> int:
        """The stride of the pass being handed out."""
        return self._pass.stride

    def points_to(self, stride: int) -> int:
        """Samples to compute until the lattice of a stride is complete."""
        return max(0, missing_on(self._panels, stride) - self.done)

    def take(self) -> Portion | None:
        """The next portion; None when there is none now, or none any more."""
        while True:
            if not self._queue:
                if self._ended() or (self._running and not self._cost.known):
                    return None
                self._begin(self._next_stride(), self._pass.stride)
            chosen, points = self._choose()
            if points or not chosen:
                break
            # Tiles that hold nothing but points of the pass before: go on.
        if not chosen:
            return None
        if self._painted is None or not self._told:
            self._painted, self._told = self._seen(), self._cost.known
        areas = tuple(self._pass.area(tile) for tile in chosen)
        portion = Portion(self._pass, tuple(chosen), areas, points, self._painted)
        self._running[portion] = None
        self._handed += points
        return portion

    def finished(self, portion: Portion, points: int, seconds: float, elapsed: float = 0.0) -> None:
        """Note that a portion is done; ``points`` is what it really computed."""
        del self._running[portion]
        self._handed += points - portion.points
        self.done += points
        self._account.note(portion.areas, points, seconds, elapsed)

    def _ended(self) -> bool:
        if self._pass.stride == 1 or self._limited:
            return True
        if self._enough is not None and self._cost.mean:
            self._limited = self._enough(self) >= self._pass.stride
        return self._limited

    def _begin(self, stride: int, previous: int) -> None:
        self._pass = Pass(stride, previous)
        self._painted, self._told = None, False
        size = FIRST_POINTS
        if self._cost.known:
            # Large tiles cost less to cut out; dear ones are split when their turn comes.
            size = int(0.5 * TASK_SECONDS / self._cost.low)
            few = lattice_size(self._panels, stride) // TILES
            size = max(FIRST_POINTS, min(size, few, LARGEST_TILE))
        self._queue = deque(tiles(self._panels, stride, size, self._centre))

    def _next_stride(self) -> int:
        stride, previous = 1, self._pass.stride
        if not self._cost.known:
            return previous // 2
        if self._enough is not None:
            stride = min(self._enough(self), previous // 2)
        while stride < previous // 2 and self._pass_seconds(stride) > PASS_SECONDS:
            stride *= 2
        return stride

    def _pass_seconds(self, stride: int) -> float:
        """How long a next pass of that stride would take."""
        known = missing_on(self._panels, self._pass.stride)
        points = missing_on(self._panels, stride) - known
        return points * self._cost.mean / self._threads

    def _seen(self) -> bool:
        if self._pass.stride == 1:
            return False
        # What isn't computed next must show what is known.
        if self._enough is not None and self._cost.known and self._enough(self) > 1:
            return True
        return not self._cost.known or self._pass_seconds(self._next_stride()) > UNSEEN_SECONDS

    def _seconds(self) -> float:
        """How long the next task should take."""
        if self._pass.stride > 1:
            return TASK_SECONDS
        # Towards the end smaller tasks let all threads finish together.
        left = (self.total - self._handed) * self._cost.mean / (2 * self._threads)
        return min(TASK_SECONDS, max(left, SHORTEST_TASK))

    def _choose(self) -> tuple[list[Tile], int]:
        chosen: list[Tile] = []
        held: list[Tile] = []
        points = 0
        measured = self._cost.known
        first = max(FIRST_POINTS, self._account.batch)
        whole = left = self._seconds() if measured else float(first)
        slack = SLACK * whole
        while self._queue and left > slack and len(held) < CONFLICTS:
            tile = self._queue.popleft()
            area = self._pass.area(tile)
            if self._in_the_way(area):
                held.append(tile)
                continue
            cost = self._cost.at(area) if measured else 1.0
            if not chosen and self._account.batch > 1 and measured:
                # Whole batches: what is left of one takes as long as all of it.
                batch = self._account.batch * cost
                left, slack = max(1, int(whole / batch)) * batch, 0.01 * cost
            room = left + slack
            while (count := self._pass.count(tile)) > 1 and count * cost > room:
                halves = self._pass.split(tile)
                if halves is None:
                    break
                tile, rest = halves
                self._queue.appendleft(rest)
            if chosen and count * cost > room:
                self._queue.appendleft(tile)
                break
            chosen.append(tile)
            points += count
            left -= count * cost
        self._queue.extendleft(reversed(held))
        return chosen, points

    def _in_the_way(self, area: Rect) -> bool:
        return any(
            painted.meets(area)
            for portion in self._running
            if portion.sweep.stride > self._pass.stride
            for painted in portion.areas
        )
