"""What all solvers share: a state, a step, the question whether it is over, and what is returned.

A solver is a description. `Solver.init` makes a state, at which f has been evaluated once;
`Solver.step` moves every sample that isn't done and evaluates f there; `Solver.terminate` says
which samples are done, and how. Between two steps a state is consistent: ``f`` is f(z), and
``residual`` is |f - z| / (|f| + 1e-9). Whoever wants every iterate calls the three in turn.

References
----------
Rader, Lyons and Kidger 2024, arXiv:2402.09983, for solvers as values with explicit states.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.core.status import Status
from deepfractals_gui.equilibrium.maps import FieldMap
from deepfractals_gui.equilibrium.planes import blank, zeros

_TINY = 1e-9
_PENDING, _CONVERGED, _CYCLE = int(Status.PENDING), int(Status.CONVERGED), int(Status.CYCLE)
_DIVERGED, _NON_FINITE = int(Status.DIVERGED), int(Status.NON_FINITE)
EXPLOSION = 1e6
"""A sample has diverged when |f| is so many times what it and z were at first."""
_NUMBERS = 100_352
"""Of the planes that are solved side by side: what their samples remember stays in a near cache."""


@dataclass(eq=False)
class State:
    """N samples on their way. Arrays change in place from step to step.

    Attributes
    ----------
    z, f : planes; a point and its value, of samples that are pending
    last_z : planes; the points of the step before
    last_f : room for values, which a solver may keep
    best : planes; the z of the least residual, of samples that are done. Until then it may still
        be in z, where ``at_best`` says so: most steps are better than the one before.
    at_best : bool (N,)
    squares : float64 (N, 2)   |f - z|² and |f|²
    residual, least : float64 (N,)   of z, and of best
    first : float64 (N,)   |z| + |f| at the start
    status : uint8 (N,), PENDING while a sample is on its way
    steps : steps done, of all samples together
    evaluations : float64 (N,)   evaluations of f; one on a coarse grid counts by its share of the
        points
    history : residuals (N,) after each step and at the start, NaN for samples that were done
    memory : what the solver keeps besides
    """

    z: Array
    f: Array
    last_z: Array
    last_f: Array
    best: Array
    at_best: Array
    squares: Array
    residual: Array
    least: Array
    first: Array
    status: Array
    evaluations: Array
    steps: int = 0
    history: list[Array] = field(default_factory=list)
    memory: Any = None

    @property
    def pending(self) -> Array:
        """Rows of the samples that aren't done."""
        return np.flatnonzero(self.status == _PENDING)


@dataclass(frozen=True, eq=False)
class Solution:
    """Where N samples ended.

    Attributes
    ----------
    z : planes; of all points that were visited the one with the least residual
    residual : float64 (N,), of z
    status : uint8 (N,)   CONVERGED, MAX_STEPS, CYCLE, DIVERGED or NON_FINITE
    steps : int64 (N,)
    evaluations : float64 (N,)
    history : float64 (K, N)   residuals after 0, 1, ... steps, NaN once a sample was done
    """

    z: Array
    residual: Array
    status: Array
    steps: Array
    evaluations: Array
    history: Array

    @property
    def best_steps(self) -> Array:
        """After how many steps each sample was at z, int64 (N,)."""
        return np.asarray(np.where(np.isnan(self.history), np.inf, self.history).argmin(axis=0))

    @property
    def converged(self) -> bool:
        """Whether all samples did."""
        return bool(np.all(self.status == Status.CONVERGED))


@dataclass(frozen=True, eq=False)
class Solver(ABC):
    """A way to a fixed point.

    Attributes
    ----------
    tolerance : of the residual
    max_steps : steps at most
    """

    tolerance: float = 1e-6
    max_steps: int = 400

    def __post_init__(self) -> None:
        if not self.tolerance >= 0.0:
            raise ValueError(f"a tolerance is 0 or more, not {self.tolerance}")
        if self.max_steps < 0:
            raise ValueError(f"{self.max_steps} steps can't be done")

    def init(self, f: FieldMap, z0: Array | None = None, cancel: CancelFlag | None = None) -> State:
        """The state at z0, or at 0, with f evaluated there.

        Raises
        ------
        ValueError   z0 hasn't the map's shape
        Cancelled    the flag went up
        """
        count = len(f)
        if z0 is None:
            z = zeros(f.shape)
        elif z0.shape != f.shape:
            raise ValueError(f"a start of the shape {z0.shape} doesn't fit {f.shape}")
        else:
            z = blank(f.shape)
            z[...] = z0
        state = State(
            z, blank(f.shape), blank(f.shape), blank(f.shape), blank(f.shape),
            np.zeros(count, bool), np.zeros((count, 2)), np.full(count, np.inf),
            np.full(count, np.inf), np.zeros(count), np.full(count, _PENDING, np.uint8),
            np.zeros(count),
        )  # fmt: skip
        everyone = np.arange(count)
        evaluate(f, state, everyone, cancel or CancelFlag())
        note(state, everyone)
        state.first = np.sqrt(state.squares[:, 1])
        if z0 is not None:
            state.first += np.linalg.norm(flat(z0), axis=1)
        state.memory = self.remember(f)
        return state

    def step(self, f: FieldMap, state: State, cancel: CancelFlag | None = None) -> State:
        """Move every sample that is pending, and evaluate f there. The state given is used up."""
        cancel = cancel or CancelFlag()
        rows = state.pending
        if len(rows):
            self.advance(f, state, rows, cancel)
            state.steps += 1
            note(state, rows)
        return state

    def terminate(self, f: FieldMap, state: State) -> bool:
        """Give a status to the samples that are done. True when all are."""
        from deepfractals_gui.kernels.field_mixing import keep

        rows = state.pending
        squares = state.squares[rows]
        outcome = np.zeros(len(rows), np.uint8)
        if state.steps >= self.max_steps:
            outcome[:] = Status.MAX_STEPS
        outcome[self.cycles(state, rows)] = _CYCLE
        outcome[np.sqrt(squares[:, 1]) > EXPLOSION * state.first[rows]] = _DIVERGED
        outcome[state.residual[rows] <= self.tolerance] = _CONVERGED
        outcome[~np.isfinite(squares).all(axis=1)] = _DIVERGED if state.steps else _NON_FINITE
        done = rows[outcome != _PENDING]
        if len(done):
            state.status[rows] = outcome
            keep(flat(state.z), done[state.at_best[done]], flat(state.best))
        return len(done) == len(rows)

    def part(self, samples: slice) -> Solver:
        """The solver for some of the samples."""
        return self

    def remember(self, f: FieldMap) -> Any:
        """The memory of a fresh state."""
        return None

    def cycles(self, state: State, rows: Array) -> Array:
        """Which of these samples, bool (n,), came back to where they were."""
        return np.zeros(len(rows), bool)

    @abstractmethod
    def advance(self, f: FieldMap, state: State, rows: Array, cancel: CancelFlag) -> None:
        """Bring these samples to the next point, the one before to last_z; evaluate f there."""


def evaluate(f: FieldMap, state: State, rows: Array, cancel: CancelFlag) -> None:
    """f at the state's z."""
    f.evaluate(state.z, rows, state.f, state.squares, cancel)
    state.evaluations[rows] += 1.0


def note(state: State, rows: Array) -> None:
    """Residuals of these samples from the squares; a best z that isn't z any more is kept."""
    from deepfractals_gui.kernels.field_mixing import keep

    with np.errstate(invalid="ignore", over="ignore"):
        roots = np.sqrt(state.squares[rows])
        residual = roots[:, 0] / (roots[:, 1] + _TINY)
    # The first point is the best so far even where it has no residual.
    better = (residual < state.least[rows]) | (state.steps == 0)
    left = rows[~better & state.at_best[rows]]
    if len(left):
        keep(flat(state.last_z), left, flat(state.best))
    state.at_best[rows] = better
    state.least[rows] = np.where(better, residual, state.least[rows])
    state.residual[rows] = residual
    residuals = np.full(len(state.residual), np.nan)
    residuals[rows] = residual
    state.history.append(residuals)


def flat(planes: Array) -> Array:
    """Planes as rows of real numbers, (N, D)."""
    return planes.reshape(len(planes), -1)


def group_size(shape: tuple[int, ...]) -> int:
    """How many samples of planes are best solved side by side: 4 of the default field's."""
    return max(1, _NUMBERS // math.prod(shape[1:]))


Watch = Callable[[State], None]


def solve(
    solver: Solver,
    f: FieldMap,
    z0: Array | None = None,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
    watch: Watch | None = None,
) -> Solution:
    """Look for the fixed points of all samples.

    A sample's result has the same bits whatever other samples there are, and whatever the pool.

    Parameters
    ----------
    z0 : planes; where to begin, if not at 0
    pool : whose threads take `group_size` samples at a time
    watch : called with the state at the start and after each step; samples are then all solved
        side by side

    Raises
    ------
    ValueError   there are no samples
    Cancelled    the flag went up
    """
    if not len(f):
        raise ValueError("there are no samples to solve for")
    cancel = cancel or CancelFlag()
    if watch is not None:
        return _solve_group(solver, f, z0, cancel, watch)
    size = group_size(f.shape)
    groups = [slice(at, at + size) for at in range(0, len(f), size)]

    def one(samples: slice) -> Solution:
        start = None if z0 is None else z0[samples]
        return _solve_group(solver.part(samples), f.part(samples), start, cancel)

    # What the threads share is made beforehand.
    _ = f.kernel.prepared
    return _joined(list((map if pool is None else pool.map)(one, groups)))


def _solve_group(
    solver: Solver, f: FieldMap, z0: Array | None, cancel: CancelFlag, watch: Watch | None = None
) -> Solution:
    state = solver.init(f, z0, cancel)
    ended = np.zeros(len(f), np.int64)
    while True:
        if watch is not None:
            watch(state)
        pending = state.pending
        if solver.terminate(f, state):
            ended[pending] = state.steps
            break
        ended[pending] = state.steps
        state = solver.step(f, state, cancel)
    return Solution(
        state.best, state.least, state.status, ended, state.evaluations, np.array(state.history)
    )


def _joined(parts: list[Solution]) -> Solution:
    if len(parts) == 1:
        return parts[0]
    longest = max(len(part.history) for part in parts)
    histories = [
        np.pad(part.history, ((0, longest - len(part.history)), (0, 0)), constant_values=np.nan)
        for part in parts
    ]
    z = blank((sum(len(part.z) for part in parts), *parts[0].z.shape[1:]))
    np.concatenate([part.z for part in parts], out=z)
    residual, status, steps, evaluations = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("residual", "status", "steps", "evaluations")
    )
    history = np.concatenate(histories, axis=1)
    return Solution(z, residual, status, steps, evaluations, history)
