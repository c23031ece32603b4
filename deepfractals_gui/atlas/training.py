"""Learning a book: a step from one batch of positions.

A state is a value, from which `step` makes another. A batch is cut into blocks of fixed size whose
gradients are added up in order, so that threads change no bit.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec, initial_params
from deepfractals_gui.atlas.passes import Passed, Slope, backward, forward, losses
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels import atlas_features
from deepfractals_gui.nn.initial import BATCHES, generator

BLOCK = 1024
"""Positions that one thread takes at a time."""
GRID_BETA2, GRID_EPSILON = 0.99, 1e-15


class Exploded(ArithmeticError):
    """A loss stopped being a finite number; the state before is as it was."""


@dataclass(frozen=True)
class TrainingSpec:
    """How a model learns.

    Attributes
    ----------
    batch : positions of an update
    learning_rate : Adam's, of everything but the grid
    grid_rate : of the grid, whose second moment forgets faster (0.99) and whose ε is 1e-15
    decay : what both rates are multiplied by after each epoch
    weight_decay : AdamW's, of the matrices
    beta1, beta2, epsilon : Adam's

    Raises
    ------
    ValueError   one of these is out of range

    References
    ----------
    Loshchilov and Hutter 2017, arXiv:1711.05101, for AdamW.
    """

    batch: int = 4096
    learning_rate: float = 3e-3
    grid_rate: float = 3e-2
    decay: float = 0.93
    weight_decay: float = 1e-4
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= 1 << 20:
            raise ValueError(f"batch may be 1 to {1 << 20}, not {self.batch}")
        for name in ("learning_rate", "grid_rate", "epsilon"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is above 0, not {getattr(self, name)}")
        if not 0.0 <= self.weight_decay < math.inf:
            raise ValueError(f"weight_decay is 0 or more, not {self.weight_decay}")
        if not 0.0 < self.decay <= 1.0:
            raise ValueError(f"decay may be above 0, up to 1, not {self.decay}")
        for name in ("beta1", "beta2"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f"{name} may be 0 to 1, without 1, not {getattr(self, name)}")


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A run at one moment: a value.

    Attributes
    ----------
    spec, training : what learns, and how
    params, first, second : now, and Adam's moments
    rng : the state of the generator that shuffles
    order : the positions of this epoch, shuffled, int64; empty before an epoch begins
    at : how many of them are done
    updates, epoch : updates and whole epochs done
    """

    spec: AtlasSpec
    training: TrainingSpec
    params: AtlasParams
    first: AtlasParams
    second: AtlasParams
    rng: dict[str, Any]
    order: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    at: int = 0
    updates: int = 0
    epoch: int = 0


@dataclass(frozen=True)
class Report:
    """One update: its batch's mean loss (nats) and accuracy before it, and the batch's size."""

    loss: float
    accuracy: float
    count: int


def begin(
    spec: AtlasSpec, training: TrainingSpec, seed: int, dtype: type = np.float32
) -> TrainingState:
    """The first state. Weights and shuffling are streams of the seed; see `nn.initial`."""
    params = initial_params(spec, seed, dtype)
    zeros = AtlasParams.of({name: np.zeros_like(array) for name, array in params})
    rng = dict(generator(seed, BATCHES).bit_generator.state)
    return TrainingState(spec, training, params, zeros, zeros, rng)


@dataclass(frozen=True, eq=False)
class _Learned:
    """What a block of positions has to say."""

    passed: Passed
    slope: Slope
    losses: Array
    right: int


def step(
    s: TrainingState,
    symbols: Array,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> tuple[TrainingState, Report]:
    """The state after one update, and a report; an epoch that is over is followed by another.

    Parameters
    ----------
    symbols : the book's, whole numbers below the alphabet's size, (N,), N at most the capacity

    Raises
    ------
    ValueError   the book is empty or longer than the line
    Exploded     the loss isn't finite
    Cancelled    the flag went up
    """
    if not 0 < symbols.size <= s.spec.capacity:
        raise ValueError(f"a book has 1 to {s.spec.capacity:,} characters, not {symbols.size:,}")
    s = _in_epoch(s, symbols.size)
    batch = s.order[s.at : s.at + s.training.batch]
    blocks = [batch[k : k + BLOCK] for k in range(0, batch.size, BLOCK)]

    def one(positions: Array) -> _Learned:
        return _learn(s.spec, s.params, positions, symbols[positions], batch.size, cancel)

    found = list((map if pool is None else pool.map)(one, blocks))
    loss = float(np.concatenate([part.losses for part in found]).mean(dtype=np.float64))
    if not math.isfinite(loss):
        raise Exploded(f"the loss of update {s.updates + 1} is {loss}")
    report = Report(loss, sum(part.right for part in found) / batch.size, batch.size)
    at = s.at + batch.size
    over = at >= s.order.size
    params, first, second = _updated(s, found)
    return replace(
        s, params=params, first=first, second=second, updates=s.updates + 1,
        at=0 if over else at, order=s.order[:0] if over else s.order, epoch=s.epoch + over,
    ), report  # fmt: skip


def _in_epoch(s: TrainingState, count: int) -> TrainingState:
    """The state with positions to go on with."""
    if s.at < s.order.size:
        return s
    rng = np.random.Generator(np.random.PCG64())
    rng.bit_generator.state = s.rng
    order = rng.permutation(count)
    return replace(s, order=order, at=0, rng=dict(rng.bit_generator.state))


def _learn(
    spec: AtlasSpec, params: AtlasParams, positions: Array, symbols: Array, count: int,
    cancel: CancelFlag | None,
) -> _Learned:  # fmt: skip
    passed = forward(spec, params, positions, cancel=cancel)
    found, p = losses(passed, symbols)
    right = int(np.sum(passed.logits.argmax(axis=0) == symbols))
    p[symbols, np.arange(symbols.size)] -= 1
    p /= p.dtype.type(count)
    return _Learned(passed, backward(spec, params, passed, p, cancel), found, right)


def _updated(
    s: TrainingState, found: list[_Learned]
) -> tuple[AtlasParams, AtlasParams, AtlasParams]:
    """Parameters and moments after the update."""
    t, update = s.training, s.updates + 1
    fall = t.decay**s.epoch
    slope = dict(found[0].slope.dense)
    for part in found[1:]:
        slope = {name: array + part.slope.dense[name] for name, array in slope.items()}
    params, first, second = (dict(one) for one in (s.params, s.first, s.second))
    for name, g in slope.items():
        w, m, v = params[name], first[name], second[name]
        kind = w.dtype.type
        m = kind(t.beta1) * m + kind(1.0 - t.beta1) * g
        v = kind(t.beta2) * v + kind(1.0 - t.beta2) * g * g
        size = np.sqrt(v / kind(1.0 - t.beta2**update)) + kind(t.epsilon)
        rate = kind(t.learning_rate * fall)
        if w.ndim == 2:
            w = w - rate * kind(t.weight_decay) * w
        params[name] = w - rate * (m / kind(1.0 - t.beta1**update)) / size
        first[name], second[name] = m, v
    if s.params.table.size:
        table, m, v = (one["table"].copy() for one in (params, first, second))
        g, touched = np.zeros_like(table), np.zeros(len(table), np.uint8)
        low = 2 * s.spec.octaves
        for part in found:
            sight = part.passed.seen
            atlas_features.grid_back(
                part.slope.by_seen[low:], sight.left, sight.right, sight.share, g, touched
            )
        atlas_features.grid_adam(
            table, m, v, g, touched, t.grid_rate * fall, t.beta1, GRID_BETA2, GRID_EPSILON, update
        )
        params["table"], first["table"], second["table"] = table, m, v
    return AtlasParams.of(params), AtlasParams.of(first), AtlasParams.of(second)
