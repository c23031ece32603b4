"""Learning a book: updates from batches of positions, and what is read back.

A state is a value, from which `step` makes another. Each level of the table is
moved by one thread: threads change no bit.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from deepfractals_gui.atlas.gradients import gradients
from deepfractals_gui.atlas.model import KEYED, AtlasParams, AtlasSpec, initial_params
from deepfractals_gui.atlas.reading import AtlasModel, Reading, read
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.nn.initial import BATCHES, generator
from deepfractals_gui.nn.rates import Exploded, check_rates

TABLE_BETA2, TABLE_EPSILON = 0.99, 1e-15


@dataclass(frozen=True)
class TrainingSpec:
    """How a model learns.

    Attributes
    ----------
    batch : positions of an update
    learning_rate : of the weights
    table_rate : of the table
    decay : what both rates are multiplied by after each epoch
    weight_decay : of matrices but the columns for keys, per update and rate, beside the gradient
    beta1, beta2, epsilon : Adam's; the table's second moment forgets faster, by TABLE_BETA2, and
        its ε is TABLE_EPSILON

    Raises
    ------
    ValueError   one of these is out of range

    References
    ----------
    Loshchilov and Hutter 2017, arXiv:1711.05101, for the decay apart from the gradient.
    """

    batch: int = 4096
    learning_rate: float = 3e-3
    table_rate: float = 3e-2
    decay: float = 0.93
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        if not 1 <= self.batch <= 1 << 20:
            raise ValueError(f"batch may be 1 to {1 << 20}, not {self.batch}")
        check_rates(self, "learning_rate", "table_rate")
        if not 0.0 <= self.weight_decay < 1.0:
            raise ValueError(f"weight_decay may be 0 to 1, without 1, not {self.weight_decay}")


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A run at one moment: a value, whose arrays nobody changes.

    Attributes
    ----------
    spec, training : what learns, and how
    params : now
    first, second : Adam's moments
    rng : the state of the generator that shuffles
    order : the positions of this epoch, shuffled; empty before an epoch begins
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
    """What some updates saw: means over their samples, each before the update that it was for.

    Attributes
    ----------
    loss : cross-entropy, nats
    accuracy : right characters, of all
    count : samples
    """

    loss: float
    accuracy: float
    count: int


def begin(spec: AtlasSpec, training: TrainingSpec, seed: int) -> TrainingState:
    """The first state. Weights and shuffling are streams of the seed; see `nn.initial`."""
    params = initial_params(spec, seed)
    first, second = (
        AtlasParams.of({name: np.zeros_like(array) for name, array in params}) for _ in range(2)
    )
    rng = dict(generator(seed, BATCHES).bit_generator.state)
    return TrainingState(spec, training, params, first, second, rng)


def step(
    s: TrainingState,
    symbols: Array,
    *,
    updates: int = 1,
    pool: Executor | None = None,
    cancel: CancelFlag | None = None,
) -> tuple[TrainingState, Report]:
    """The state after some updates, and a report of them; an epoch's end begins another.

    The table is copied once for all of them: several at once are quicker.

    Parameters
    ----------
    symbols : int (N,)   the book; N is at most the capacity

    Raises
    ------
    ValueError   there are no symbols, more than the capacity, or some beyond the alphabet; or the
        epoch that has begun is of a text of another length
    Exploded     the loss isn't finite, or would leave numbers that aren't
    Cancelled    the flag went up
    """
    book = checked_symbols(s.spec, symbols)
    if s.at < len(s.order) != len(book):
        raise ValueError(
            f"the epoch that has begun is of {len(s.order):,} characters, not {len(book):,}"
        )
    work = _Work.of(s)
    loss = hits = 0.0
    count = 0
    for _ in range(updates):
        rows = work.draw(len(book))
        found = gradients(s.spec, work.params, rows, book[rows], None, work.slopes, pool, cancel)
        if not math.isfinite(found.loss):
            raise Exploded(f"the loss of update {work.updates + 1} is {found.loss / len(rows)}")
        work.move(found.params, pool, cancel)
        loss, hits, count = loss + found.loss, hits + found.hits, count + len(rows)
    if cancel is not None:
        cancel.check()
    return work.state(s), Report(loss / max(count, 1), hits / max(count, 1), count)


def checked_symbols(spec: AtlasSpec, symbols: Array) -> Array:
    """The symbols as int64. Raises ValueError: none, too many, or beyond the alphabet."""
    if not 0 < len(symbols) <= spec.capacity:
        raise ValueError(
            f"the model holds 1 to {spec.capacity:,} characters, the text has {len(symbols):,}"
        )
    book: Array = np.asarray(symbols).astype(np.int64)
    if book.min() < 0 or book.max() >= spec.symbols:
        raise ValueError(f"the model knows {spec.symbols} symbols, the text has {book.max() + 1}")
    return book


class _Work:
    """Copies of a state's arrays, which updates change in place."""

    def __init__(self, s: TrainingState) -> None:
        self.spec, self.how = s.spec, s.training
        self.params, self.first, self.second = (
            AtlasParams.of({name: array.copy() for name, array in part})
            for part in (s.params, s.first, s.second)
        )
        self.slopes = np.zeros_like(self.params.table)
        self.rng = np.random.Generator(np.random.PCG64())
        self.rng.bit_generator.state = s.rng
        self.order, self.at, self.updates, self.epoch = s.order, s.at, s.updates, s.epoch

    @classmethod
    def of(cls, s: TrainingState) -> _Work:
        return cls(s)

    def draw(self, count: int) -> Array:
        """The positions of the next batch."""
        if self.at >= len(self.order):
            self.order, self.at = self.rng.permutation(count), 0
        return self.order[self.at : self.at + self.how.batch]

    def move(self, slope: AtlasParams, pool: Executor | None, cancel: CancelFlag | None) -> None:
        """One update; an epoch that is over is counted."""
        from deepfractals_gui.kernels import atlas_features

        how = self.how
        self.updates += 1
        fade = how.decay**self.epoch
        rise1, rise2 = (1.0 - beta**self.updates for beta in (how.beta1, how.beta2))
        root = math.sqrt(rise2)
        finite = True
        for name, w in self.params:
            if name == "table":
                continue
            g, m, v = (getattr(part, name) for part in (slope, self.first, self.second))
            m *= how.beta1
            m += (1.0 - how.beta1) * g
            v *= how.beta2
            v += (1.0 - how.beta2) * g * g
            # The columns for keys have no gradient while the key is 0: they stay.
            if w.ndim == 2 and how.weight_decay and name not in KEYED:
                w *= 1.0 - how.learning_rate * fade * how.weight_decay
            w -= how.learning_rate * fade * root / rise1 * m / (np.sqrt(v) + how.epsilon * root)
            finite = finite and bool(np.isfinite(v).all() and np.isfinite(w).all())
        rise2 = 1.0 - TABLE_BETA2**self.updates
        root = math.sqrt(rise2)
        rates = np.array(
            [how.table_rate * fade * root / rise1, how.beta1, 1.0 - how.beta1, TABLE_BETA2,
             1.0 - TABLE_BETA2, TABLE_EPSILON * root], self.params.table.dtype,
        )  # fmt: skip
        flag = (cancel or CancelFlag()).array

        def one(level: Array) -> bool:
            return atlas_features.adam_rows(
                self.params.table, self.first.table, self.second.table, slope.table,
                int(level[1]), int(level[1] + level[2]), rates, flag,
            )  # fmt: skip

        finite = all([*(map if pool is None else pool.map)(one, self.spec.grids), finite])
        if cancel is not None:
            cancel.check()
        if not finite:
            raise Exploded(f"update {self.updates} would leave numbers that aren't finite")
        self.at += min(how.batch, len(self.order) - self.at)
        if self.at >= len(self.order):
            self.order, self.at, self.epoch = self.order[:0], 0, self.epoch + 1

    def state(self, s: TrainingState) -> TrainingState:
        return replace(
            s, params=self.params, first=self.first, second=self.second,
            rng=dict(self.rng.bit_generator.state), order=self.order, at=self.at,
            updates=self.updates, epoch=self.epoch,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How well a text is known: mean cross-entropy in nats, the share that is right, and each."""

    loss: float
    accuracy: float
    reading: Reading


def evaluate(
    s: TrainingState,
    symbols: Array,
    *,
    pool: Executor | None = None,
    cancel: CancelFlag | None = None,
) -> Evaluation:
    """Read the whole book back. Raises ValueError as `step` does, and Cancelled."""
    book = checked_symbols(s.spec, symbols)
    model = AtlasModel(s.spec, s.params)
    found = read(model, 0, len(book), right=book, pool=pool, cancel=cancel)
    loss = -np.log(np.maximum(found.sureness.astype(np.float64), 1e-38))
    return Evaluation(float(loss.mean()), float(np.mean(found.right(book))), found)
