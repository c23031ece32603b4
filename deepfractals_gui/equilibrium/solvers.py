"""Three ways to a fixed point: damped iteration, Anderson's extrapolation, multigrid.

Each is a description with a `Solver`'s interface; see `iteration`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.equilibrium.iteration import Solver, State, evaluate, flat
from deepfractals_gui.equilibrium.maps import FieldMap
from deepfractals_gui.equilibrium.planes import blank, zeros

RETURN = 1e-6
"""A cycle: the distance to an earlier point is below this share of a step's length."""
_FIRST_LANDMARK = 8


@dataclass(eq=False)
class Landmark:
    """An earlier point, to which a cycle comes back; a new one whenever the steps have doubled."""

    z: Array
    step: int = 0


@dataclass(frozen=True, eq=False)
class Stationary(Solver):
    """A solver whose next point depends on the last one alone, so that a return is a cycle."""

    def remember(self, f: FieldMap) -> Any:
        return Landmark(blank(f.shape))

    def cycles(self, state: State, rows: Array) -> Array:
        from deepfractals_gui.kernels.field_mixing import keep, square_gaps

        landmark = state.memory
        found = np.zeros(len(rows), bool)
        if landmark.step:
            gaps = np.zeros(len(state.z))
            square_gaps(flat(state.z), flat(landmark.z), rows, gaps)
            found = gaps[rows] < RETURN**2 * state.squares[rows, 0]
        if state.steps >= max(_FIRST_LANDMARK, 2 * landmark.step):
            keep(flat(state.z), rows, flat(landmark.z))
            landmark.step = state.steps
        return found


@dataclass(frozen=True, eq=False)
class Naive(Stationary):
    """z <- (1 - a) z + a f(z): one evaluation a step.

    Attributes
    ----------
    damping : a in ]0, 1], one for all samples or float64 (N,). A mode of f' with the eigenvalue λ
        dies out where |1 - a + a λ| < 1.
    """

    damping: float | Array = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        values = np.asarray(self.damping)
        if not np.all((values > 0.0) & (values <= 1.0)):
            raise ValueError("a damping is above 0, up to 1")

    def part(self, samples: slice) -> Naive:
        if np.ndim(self.damping) == 0:
            return self
        return replace(self, damping=np.asarray(self.damping)[samples])

    def advance(self, f: FieldMap, state: State, rows: Array, cancel: CancelFlag) -> None:
        leave(state, rows, np.zeros(len(f)) + self.damping, cancel)
        evaluate(f, state, rows, cancel)


def relaxed(
    z: Array, f: Array, rows: Array, damping: Array, result: Array, cancel: CancelFlag
) -> None:
    """result = z + a (f - z) for the samples listed."""
    from deepfractals_gui.kernels.field_mixing import relax

    relax(flat(z), flat(f), rows, damping, flat(result), cancel.array)
    cancel.check()


def leave(state: State, rows: Array, damping: Array, cancel: CancelFlag) -> None:
    """A damped step, after which last_z is where it came from."""
    relaxed(state.z, state.f, rows, damping, state.last_z, cancel)
    state.z, state.last_z = state.last_z, state.z


@dataclass(eq=False)
class Secants:
    """What Anderson remembers of N samples.

    Attributes
    ----------
    gaps, values : float32 (N, m, D)   changes of r = f - z and of f, a ring
    gram : float64 (N, m, m)   Re ⟨gaps, gaps⟩
    steps : int64 (N,)   since the memory was emptied
    lowest : float64 (N,)   the least residual since then
    """

    gaps: Array
    values: Array
    gram: Array
    steps: Array
    lowest: Array


@dataclass(frozen=True, eq=False)
class Anderson(Solver):
    """Anderson's method, type II: the best mixture of the last residuals. One evaluation a step.

    γ = argmin |r - ΔR γ|, z <- f - ΔF γ - (1 - β) (r - ΔR γ), for each sample by itself, with real
    γ, since f is differentiable over the reals only. The Gram matrix Re(ΔR* ΔRᵀ) gets 1e-12 of its
    trace on the diagonal.

    Attributes
    ----------
    memory : m, differences that are remembered
    mixing : β in ]0, 1]
    growth : where a residual is so many times the least, the memory is emptied

    References
    ----------
    Walker and Ni 2011, "Anderson acceleration for fixed-point iterations".
    """

    memory: int = 5
    mixing: float = 1.0
    growth: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 1 <= self.memory <= 20:
            raise ValueError(f"a memory is 1 to 20 differences, not {self.memory}")
        if not 0.0 < self.mixing <= 1.0:
            raise ValueError(f"β may be above 0, up to 1, not {self.mixing}")
        if not self.growth > 1.0:
            raise ValueError(f"a growth is above 1, not {self.growth}")

    def remember(self, f: FieldMap) -> Secants:
        count, size = len(f), int(np.prod(f.shape[1:]))
        shape = count, self.memory, size
        return Secants(
            blank(shape, np.float32), blank(shape, np.float32),
            np.zeros((count, self.memory, self.memory)), np.zeros(count, np.int64),
            np.full(count, np.inf),
        )  # fmt: skip

    def advance(self, f: FieldMap, state: State, rows: Array, cancel: CancelFlag) -> None:
        from deepfractals_gui.kernels.field_mixing import anderson

        kept: Secants = state.memory
        residual = state.residual[rows]
        lost = residual > self.growth * kept.lowest[rows]
        kept.steps[rows[lost]] = 0
        kept.lowest[rows] = np.where(lost, residual, np.minimum(kept.lowest[rows], residual))
        anderson(
            flat(state.z), flat(state.f), flat(state.last_z), flat(state.last_f), rows,
            self.mixing, kept.gaps, kept.values, kept.gram, kept.steps, cancel.array,
        )  # fmt: skip
        cancel.check()
        state.z, state.last_z = state.last_z, state.z
        state.f, state.last_f = state.last_f, state.f
        evaluate(f, state, rows, cancel)


@dataclass(eq=False)
class Level:
    """A grid, with room for what multigrid works on there. The finest is the state's own.

    Attributes
    ----------
    f : the map on this grid
    z, value, squares : a point, its value F(z) = f(z) + τ, and room for sums of squares
    start, tau : R of the finer grid's point, and τ; nothing on the finest
    gap : room for F(z) - z
    """

    f: FieldMap
    z: Array
    value: Array
    squares: Array
    start: Array
    tau: Array
    gap: Array


@dataclass(eq=False)
class Grids(Landmark):
    """Multigrid's memory: its grids, from half the sides down, and room for the finest's gap."""

    levels: tuple[Level, ...] = ()
    gap: Array = field(default_factory=lambda: zeros((0,)))


@dataclass(frozen=True, eq=False)
class Multigrid(Stationary):
    """Full approximation: V-cycles over grids of half the sides, a quarter, and so on.

    A coarse grid solves z = f_H(z) + τ with τ = R z - f_H(R z) + R (f(z) - z), where f_H has
    Galerkin's kernel and R of all that is local; the fine point is moved by P of what z moved by.
    At the fine fixed point τ makes R z the coarse one, so that it stays where it is. A step is a
    V-cycle: on each grid a smoothing before and ``after`` of them behind the correction, each a
    damped step, on the coarsest ``coarse_steps`` of them.

    Attributes
    ----------
    grids : with the finest; fewer where a side becomes odd
    damping : a of the smoothing
    after, coarse_steps : smoothings

    References
    ----------
    Brandt 1977, "Multi-level adaptive solutions to boundary-value problems". Hackbusch 1985,
    "Multi-Grid Methods and Applications", chapter 16, for equations z = f(z).
    """

    grids: int = 3
    damping: float = 1.0
    after: int = 2
    coarse_steps: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0.0 < self.damping <= 1.0:
            raise ValueError("a damping is above 0, up to 1")
        if self.grids < 2 or self.after < 0 or self.coarse_steps < 1:
            raise ValueError("multigrid has 2 grids or more, and smooths on the coarsest")

    def remember(self, f: FieldMap) -> Grids:
        levels: list[Level] = []
        g = f
        while len(levels) < self.grids - 1 and g.can_be_halved:
            g = g.halved
            room = [blank(g.shape) for _ in range(5)]
            levels.append(Level(g, room[0], room[1], np.empty((len(f), 2)), *room[2:]))
        return Grids(blank(f.shape), levels=tuple(levels), gap=blank(f.shape))

    def advance(self, f: FieldMap, state: State, rows: Array, cancel: CancelFlag) -> None:
        grids: Grids = state.memory
        damping = np.full(len(f), self.damping)
        leave(state, rows, damping, cancel)
        evaluate(f, state, rows, cancel)
        self._correct(grids.levels, state.z, state.f, grids.gap, rows, state, cancel)
        for _ in range(self.after):
            evaluate(f, state, rows, cancel)
            relaxed(state.z, state.f, rows, damping, state.z, cancel)
        evaluate(f, state, rows, cancel)

    def _correct(
        self, levels: tuple[Level, ...], z: Array, value: Array, gap: Array, rows: Array,
        state: State, cancel: CancelFlag,
    ) -> None:  # fmt: skip
        """Move a fine z, with its value, by what the coarser grids say."""
        from deepfractals_gui.kernels.field_grids import combine, correct, restrict

        if not levels:
            return
        coarse, coarser = levels[0], levels[1:]
        damping = np.full(len(z), self.damping)
        combine(1.0, flat(value), -1.0, flat(z), 0.0, flat(z), rows, flat(gap))
        restrict(_points(z), rows, _points(coarse.start))
        restrict(_points(gap), rows, _points(coarse.gap))
        self._evaluate(coarse, coarse.start, coarse.tau, rows, state, cancel)
        combine(
            1.0, flat(coarse.start), -1.0, flat(coarse.tau), 1.0, flat(coarse.gap), rows,
            flat(coarse.tau),
        )  # fmt: skip
        # The first smoothing is known: F(R z) - R z = R (F(z) - z).
        combine(
            1.0, flat(coarse.start), self.damping, flat(coarse.gap), 0.0, flat(coarse.gap), rows,
            flat(coarse.z),
        )  # fmt: skip
        if coarser:
            self._shifted(coarse, rows, state, cancel)
            self._correct(coarser, coarse.z, coarse.value, coarse.gap, rows, state, cancel)
        for _ in range(self.after if coarser else self.coarse_steps - 1):
            self._shifted(coarse, rows, state, cancel)
            relaxed(coarse.z, coarse.value, rows, damping, coarse.z, cancel)
        correct(_points(z), rows, _points(coarse.z), _points(coarse.start))

    def _shifted(self, level: Level, rows: Array, state: State, cancel: CancelFlag) -> None:
        """The level's value f(z) + τ."""
        from deepfractals_gui.kernels.field_grids import combine

        self._evaluate(level, level.z, level.value, rows, state, cancel)
        value, tau = flat(level.value), flat(level.tau)
        combine(1.0, value, 1.0, tau, 0.0, tau, rows, value)

    def _evaluate(
        self, level: Level, z: Array, result: Array, rows: Array, state: State, cancel: CancelFlag
    ) -> None:
        level.f.evaluate(z, rows, result, level.squares, cancel)
        state.evaluations[rows] += z[0].size / state.z[0].size


def _points(planes: Array) -> Array:
    """Planes as (N, H, W, 2 L)."""
    return planes.reshape(*planes.shape[:3], -1)


SOLVERS: dict[str, type[Solver]] = {"naive": Naive, "anderson": Anderson, "multigrid": Multigrid}
