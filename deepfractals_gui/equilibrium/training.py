"""Learning: a step from one batch, and how well the field answers.

A state is a value, from which `step` makes another. Samples are taken in groups of fixed size
whose gradients are added up in order, so that threads change no bit.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.core.status import Status
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.adam import adam
from deepfractals_gui.equilibrium.adjoint import (
    Adjoint,
    Products,
    gradient,
    implicit,
    phantom,
    products,
    unrolled,
)
from deepfractals_gui.equilibrium.field import (
    FieldParams,
    FieldSpec,
    Readout,
    initial_params,
    read_out,
)
from deepfractals_gui.equilibrium.images import Pictures, shifted
from deepfractals_gui.equilibrium.iteration import Solution, Solver, group_size, solve
from deepfractals_gui.equilibrium.maps import Kernel, field_map
from deepfractals_gui.equilibrium.solvers import SOLVERS, Naive
from deepfractals_gui.nn.initial import BATCHES, generator
from deepfractals_gui.nn.rates import Exploded, check_rates

METHODS = ("implicit", "phantom", "unrolled")
_REFRESH = 50
"""Updates between two exact norms of the kernel; between them it is followed."""


@dataclass(frozen=True)
class TrainingSpec:
    """How a field learns.

    Attributes
    ----------
    batch : images of an update
    shift : images are moved around the torus by up to so many points each way, anew every time
    learning_rate, beta1, beta2, epsilon : Adam's
    decay : what the rate is multiplied by after each epoch
    solver : one of SOLVERS, forward and back
    tolerance, max_steps : of the forward solver
    adjoint_tolerance, adjoint_steps : of the solver back, whose tolerance is the smaller one
    method : of METHODS; ``phantom`` goes back ``phantom_steps`` steps, 1 of them solves nothing;
        ``unrolled`` goes back through every step forward, and these are naive ones

    Raises
    ------
    ValueError   one of these is out of range
    """

    batch: int = 32
    shift: int = 0
    learning_rate: float = 1e-3
    decay: float = 1.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    solver: str = "anderson"
    tolerance: float = 1e-4
    adjoint_tolerance: float = 1e-6
    max_steps: int = 30
    adjoint_steps: int = 60
    method: str = "implicit"
    phantom_steps: int = 5

    def __post_init__(self) -> None:
        if self.solver not in SOLVERS:
            raise ValueError(f"a solver is one of {', '.join(SOLVERS)}, not {self.solver[:40]!r}")
        if self.method not in METHODS:
            raise ValueError(f"a method is one of {', '.join(METHODS)}, not {self.method[:40]!r}")
        if self.method == "unrolled" and self.solver != "naive":
            raise ValueError(f"unrolled goes back through naive steps, not through {self.solver}'s")
        for name, low, high in (
            ("batch", 1, 1 << 16), ("shift", 0, 100), ("max_steps", 1, 1 << 16),
            ("adjoint_steps", 1, 1 << 16), ("phantom_steps", 1, 1 << 16),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} may be {low} to {high}, not {getattr(self, name)}")
        check_rates(self, "learning_rate", "tolerance", "adjoint_tolerance")

    @property
    def forward(self) -> Solver:
        return SOLVERS[self.solver](tolerance=self.tolerance, max_steps=self.max_steps)

    @property
    def backward(self) -> Solver:
        return SOLVERS[self.solver](tolerance=self.adjoint_tolerance, max_steps=self.adjoint_steps)


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A run at one moment: a value.

    Attributes
    ----------
    spec, training : what learns, and how
    params : now
    first, second : Adam's moments; that of squares is real
    peak : the norm of the kernel
    rng : the state of the generator that shuffles and shifts
    order : the rows of this epoch, shuffled; empty before an epoch begins
    at : how many of them are done
    updates, epoch : updates and whole epochs done
    best : the best accuracy so far; NaN before the first
    """

    spec: FieldSpec
    training: TrainingSpec
    params: FieldParams
    first: FieldParams
    second: FieldParams
    peak: spectral.Peak
    rng: dict[str, Any]
    order: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    at: int = 0
    updates: int = 0
    epoch: int = 0
    best: float = math.nan

    @property
    def kernel(self) -> Kernel:
        """W / σ."""
        return spectral.normalised(
            self.params.weights, self.spec.height, self.spec.width, self.peak
        )


@dataclass(frozen=True)
class Effort:
    """What solving a batch took.

    Attributes
    ----------
    evaluations : of f, the mean of the samples
    residual : the largest
    unsolved : samples that didn't reach the tolerance
    """

    evaluations: float
    residual: float
    unsolved: int

    @classmethod
    def of(cls, solutions: list[Solution]) -> Effort:
        if not solutions:
            return cls(0.0, 0.0, 0)
        evaluations, residual, status = (
            np.concatenate([getattr(one, name) for one in solutions])
            for name in ("evaluations", "residual", "status")
        )
        return cls(
            float(evaluations.mean()), float(residual.max()),
            int(np.sum(status != Status.CONVERGED)),
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Report:
    """One update: the batch's mean loss and accuracy before it, and what it took."""

    loss: float
    accuracy: float
    count: int
    sigma: float
    forward: Effort
    backward: Effort
    gradient: FieldParams


def begin(spec: FieldSpec, training: TrainingSpec, seed: int) -> TrainingState:
    """The first state. Weights and shuffling are streams of the seed; see `nn.initial`."""
    params = initial_params(spec, seed)
    zeros = FieldParams.of({name: np.zeros_like(array) for name, array in params})
    squares = FieldParams.of({name: np.zeros(array.shape) for name, array in params})
    peak = spectral.exact(params.weights, spec.height, spec.width)
    rng = dict(generator(seed, BATCHES).bit_generator.state)
    return TrainingState(spec, training, params, zeros, squares, peak, rng)


@dataclass(frozen=True, eq=False)
class _Learned:
    """What a group of samples has to say."""

    readout: Readout
    sums: Products
    solutions: tuple[Solution, ...]


def step(
    s: TrainingState,
    data: Pictures,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> tuple[TrainingState, Report]:
    """The state after one update, and a report of it; an epoch that is over is followed by another.

    Raises
    ------
    Exploded    the loss isn't finite
    Cancelled   the flag went up
    """
    s, rows, moves = _drawn(s, len(data))
    size = group_size(s.spec.planes(1))
    groups = [slice(k, k + size) for k in range(0, len(rows), size)]
    kernel = s.kernel
    # What the threads share is made beforehand.
    _ = kernel.prepared, kernel.transposed.prepared

    def one(group: slice) -> _Learned:
        images = shifted(data.batch(rows[group]), moves[group])
        return _learn(s, kernel, images, data.labels[rows[group]], 1.0 / len(rows), cancel)

    found = list((map if pool is None else pool.map)(one, groups))
    losses = np.concatenate([part.readout.losses for part in found])
    logits = np.concatenate([part.readout.logits for part in found])
    loss = float(losses.mean())
    if not math.isfinite(loss):
        raise Exploded(f"the loss of update {s.updates + 1} is {loss}")
    sums, readout = found[0].sums, found[0].readout
    for part in found[1:]:
        sums = sums + part.sums
        readout = replace(
            readout, readout=readout.readout + part.readout.readout,
            readout_bias=readout.readout_bias + part.readout.readout_bias,
        )  # fmt: skip
    slope = gradient(s.spec, s.params, s.peak, sums, readout)
    solved = [part.solutions for part in found]
    report = Report(
        loss, float(np.mean(logits.argmax(axis=1) == data.labels[rows])), len(rows), s.peak.sigma,
        Effort.of([one[0] for one in solved]),
        Effort.of([one[1] for one in solved if len(one) > 1]), slope,
    )  # fmt: skip
    return _advanced(_updated(s, slope), len(rows), cancel), report


def _drawn(s: TrainingState, count: int) -> tuple[TrainingState, Array, Array]:
    """The state in an epoch, the rows of its batch, and how far each is moved, int64 (n, 2)."""
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = s.rng
    if s.at >= len(s.order):
        s = replace(s, order=rng.permutation(count), at=0)
    rows = s.order[s.at : s.at + s.training.batch]
    moves = np.zeros((len(rows), 2), np.int64)
    if s.training.shift:
        moves = rng.integers(-s.training.shift, s.training.shift, moves.shape, endpoint=True)
    return replace(s, rng=dict(rng.bit_generator.state)), rows, moves


def _learn(
    s: TrainingState, kernel: Kernel, images: Array, labels: Array, weight: float,
    cancel: CancelFlag | None,
) -> _Learned:  # fmt: skip
    f, how = field_map(s.spec, s.params, kernel, images), s.training
    solver = how.forward
    solution = solve(solver, f, cancel=cancel)
    readout = read_out(s.spec, s.params, solution.z, labels, weight)
    g = readout.by_state
    if how.method == "unrolled":
        assert isinstance(solver, Naive)
        damping = float(solver.damping)
        sums = unrolled(f, solution.best_steps, g, damping, images, cancel=cancel)
        return _Learned(readout, sums, (solution,))
    back: Adjoint
    if how.method == "implicit":
        back = implicit(f, solution.z, g, how.backward, cancel=cancel)
    else:
        back = phantom(f, solution.z, g, how.phantom_steps, cancel=cancel)
    sums = products(f, solution.z, back, images, cancel)
    solved = (solution,) if back.solution is None else (solution, back.solution)
    return _Learned(readout, sums, solved)


def _updated(s: TrainingState, slope: FieldParams) -> TrainingState:
    how = s.training
    rate = how.learning_rate * how.decay**s.epoch
    params, first, second = adam(
        s.params, s.first, s.second, slope, s.updates + 1, rate, how.beta1, how.beta2, how.epsilon
    )
    return replace(s, params=params, first=first, second=second, updates=s.updates + 1)


def _advanced(s: TrainingState, count: int, cancel: CancelFlag | None) -> TrainingState:
    """The state with the norm of its new kernel, and one batch, perhaps one epoch, further."""
    h, w = s.spec.height, s.spec.width
    over = s.at + count >= len(s.order)
    if over or s.updates % _REFRESH == 0:
        peak = spectral.exact(s.params.weights, h, w, cancel)
    else:
        peak = spectral.tracked(s.params.weights, h, w, s.peak)
    if over:
        return replace(s, peak=peak, at=0, order=s.order[:0], epoch=s.epoch + 1)
    return replace(s, peak=peak, at=s.at + count)


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a field answers.

    Attributes
    ----------
    loss, accuracy : means
    answers : int64 (N,), the classes it gives
    effort : of finding the fixed points
    """

    loss: float
    accuracy: float
    answers: Array
    effort: Effort


def evaluate(
    s: TrainingState,
    data: Pictures,
    *,
    solver: Solver | None = None,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Evaluation:
    """The answers to all images; to 1e-6, unless another solver is given.

    Raises
    ------
    ValueError   there are no images
    Cancelled    the flag went up
    """
    if not len(data):
        raise ValueError("there are no images to answer")
    chosen = solver or SOLVERS[s.training.solver](tolerance=1e-6, max_steps=200)
    peak = spectral.exact(s.params.weights, s.spec.height, s.spec.width, cancel)
    kernel = spectral.normalised(s.params.weights, s.spec.height, s.spec.width, peak)
    _ = kernel.prepared
    size = group_size(s.spec.planes(1))

    def one(start: int) -> tuple[Readout, Solution]:
        rows = slice(start, start + size)
        f = field_map(s.spec, s.params, kernel, data.batch(rows))
        found = solve(chosen, f, cancel=cancel)
        return read_out(s.spec, s.params, found.z, data.labels[rows], 1.0), found

    parts = list((map if pool is None else pool.map)(one, range(0, len(data), size)))
    losses = np.concatenate([readout.losses for readout, _ in parts])
    answers = np.concatenate([readout.logits for readout, _ in parts]).argmax(axis=1)
    return Evaluation(
        float(losses.mean()), float(np.mean(answers == data.labels)), answers,
        Effort.of([found for _, found in parts]),
    )  # fmt: skip


def noted(s: TrainingState, accuracy: float) -> tuple[TrainingState, bool]:
    """The state that knows an accuracy, and whether it is the best so far."""
    if accuracy > s.best or math.isnan(s.best):
        return replace(s, best=accuracy), True
    return s, False
