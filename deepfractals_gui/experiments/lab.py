"""The network lab: a network that is trained batch by batch, and looked into on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.core import (
    Array,
    CancelFlag,
    Curve,
    DataRef,
    Experiment,
    ParamError,
    Snapshot,
)
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.experiments.lab_data import LabData, guesses, lab_data
from deepfractals_gui.experiments.lab_files import load_run, run_bytes
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.experiments.lab_trace import NAN, Row, dense_layers, flow, weights_of
from deepfractals_gui.nn import DenseSpec, Model, ShapeError, arrays_of, model_of, set_arrays
from deepfractals_gui.nn.batches import batches
from deepfractals_gui.nn.dataset import Dataset
from deepfractals_gui.nn.initial import BATCHES, generator
from deepfractals_gui.nn.model_files import write_whole
from deepfractals_gui.nn.scores import non_finite

MOST_DRAWS = 1 << 24
_EVALUATED = 4096
"""Rows that are evaluated at once, at most."""
_MOST_AT_ONCE = 1 << 27
"""Numbers that the layers may remember of a batch, 1 GiB; training takes a few times as much."""


class Lab(Experiment[LabParams, LabState]):
    """Training as an Experiment: a step is an update from one batch."""

    key: ClassVar[str] = "lab"
    title: ClassVar[str] = "Network lab"
    Params: ClassVar[type[Any]] = LabParams

    def start(self, p: LabParams, rng: np.random.Generator | None = None) -> LabState:
        """The first state. Everything drawn comes from the network's seed; ``rng`` isn't used.

        Raises
        ------
        ParamError   data or weights can't be used, or don't fit the network
        """
        return self.start_on(p, lab_data(p))

    def start_on(self, p: LabParams, data: LabData) -> LabState:
        """The first state on data that are at hand, such as a fold. Raises ParamError."""
        _check_size(p, data)
        model = model_of(p.spec)
        if isinstance(p.weights, DataRef):
            try:
                set_arrays(model, _given_weights(model, p.weights))
            except ValueError as error:
                raise ParamError("weights", str(error)) from None
        if p.sampling == "drawn" and p.spec.batch * p.spec.steps > MOST_DRAWS:
            raise ParamError(
                "sampling",
                f"{p.spec.steps} steps of {p.spec.batch} rows are too many to draw; at most "
                f"{MOST_DRAWS} rows are",
            )
        state = LabState(p, data, model)
        if p.sampling == "drawn" and p.spec.batch:
            _drawn(p, len(data.x))
        with np.errstate(all="ignore"):
            means = _evaluated(model.copy(), data.x, data.y, data.train)
            return _recorded(state, model.copy(), means)

    def step(self, s: LabState) -> LabState:
        """The state after one update; the same state once training has stopped."""
        return self.advance(s, updates=1)

    def epoch(self, s: LabState, cancel: CancelFlag | None = None) -> LabState:
        """The state at the end of the epoch; where the flag goes up, after the batch at hand."""
        return self.advance(s, cancel=cancel, to_epoch=True)

    def advance(
        self,
        s: LabState,
        *,
        updates: int | None = None,
        seconds: float | None = None,
        to_epoch: bool = False,
        cancel: CancelFlag | None = None,
    ) -> LabState:
        """Train on until training stops, or until the first of these.

        Where it is cut in pieces changes nothing in what is learned.

        Parameters
        ----------
        updates : after so many updates; with 0 the state stays as it is
        seconds : after the update at which so much time is over
        to_epoch : at the end of the epoch
        cancel : after the update at which the flag is up
        """
        if s.stopped or (updates is not None and updates <= 0):
            return s
        end = None if seconds is None else time.perf_counter() + seconds
        model = s.model.copy().train()
        done = 0
        with np.errstate(all="ignore"):
            for state in self._updates(replace(s, model=model)):
                s, done = state, done + 1
                if (
                    s.stopped
                    or (updates is not None and done >= updates)
                    or (to_epoch and s.batch == 0)
                    or (end is not None and time.perf_counter() >= end)
                    or (cancel is not None and cancel.is_set)
                ):
                    break
        return s

    def _updates(self, s: LabState) -> Iterator[LabState]:
        """State after state; they share the one model, which the last of them owns."""
        while True:
            for rows in _batches_left(s):
                s = self._updated(s, rows)
                yield s
                if s.stopped:
                    return

    def _updated(self, s: LabState, rows: Array) -> LabState:
        model, data = s.model, s.data
        drawn = s.params.sampling == "drawn"
        whole = _evaluated(model, data.x, data.y, data.train) if drawn else None
        last = s.batch + 1 == s.batches_an_epoch
        before = [layer.weights.copy() for layer in dense_layers(model)] if last else []
        loss, right = _learned(model, data, rows)
        if not np.isfinite(loss if whole is None else whole[0]):
            message = non_finite(loss if whole is None else whole[0], s.epoch)
            return replace(s, stopped=message, exploded=True)
        seen = s.seen + len(rows)
        s = replace(
            s, step=s.step + 1, batch=s.batch + 1, seen=seen, loss=s.loss + loss * len(rows),
            right=s.right + right,
        )  # fmt: skip
        if not last:
            return s
        means = (s.loss / seen, s.right / seen) if whole is None else whole
        s = replace(s, epoch=s.epoch + 1, batch=0, seen=0, loss=0.0, right=0.0)
        return finished(_recorded(s, model, means, flow(model, before)))

    # Looking

    def snapshot(self, s: LabState) -> Snapshot:
        steps = s.trace.column("step")
        pairs = (("loss", "loss", True), ("accuracy", "accuracy", False))
        curves = [
            Curve(f"{part} {name}", steps, values, log=log, group=group)
            for name, group, log in pairs
            for part in ("train", "test")
            if not np.isnan(values := s.trace.column(f"{part}_{name}")).all()
        ]
        last = s.trace[-1]
        table = [
            ("Epoch", str(s.epoch)),
            ("Updates", str(s.step)),
            ("Training loss", f"{last.train_loss:.6g}"),
            ("Test loss", f"{last.test_loss:.6g}"),
            ("Training accuracy", f"{last.train_accuracy:.4f}"),
            ("Test accuracy", f"{last.test_accuracy:.4f}"),
        ]
        shown = tuple(row for row in table if "nan" not in row[1])
        return Snapshot(s.step, (), tuple(curves), shown)

    # Files

    def save(self, s: LabState, path: FilePath) -> None:
        """Write a file that `load` goes on from bit for bit. Raises ModelFileError or OSError."""
        write_whole(path, run_bytes(s))

    def load(self, path: FilePath) -> LabState:
        """Read what `save` wrote. Raises ModelFileError, ParamError or OSError; see `load_run`."""
        return load_run(path)


def _batches_left(s: LabState) -> Iterator[Array]:
    """The rows of the batches that are left of the epoch."""
    size, count = s.params.spec.batch, len(s.data.x)
    if s.params.sampling == "drawn" and size:
        table = _drawn(s.params, count)
        yield table[s.step % len(table)]
        return
    for number, rows in enumerate(batches(count, size, s.params.spec.seed, s.epoch)):
        if number >= s.batch:
            yield rows


@lru_cache(maxsize=2)
def _drawn(p: LabParams, count: int) -> Array:
    """The rows (steps, B) of each update: a file's, or as the trainability map draws them.

    Raises
    ------
    ParamError   the file has none, or they are no rows of these data
    """
    if not isinstance(p.draws, DataRef):
        return np.asarray(generator(p.spec.seed, BATCHES).integers(0, count, _table(p)))
    try:
        rows = arrays_in(p.draws.read(), p.draws.name, ("batches",), most=MOST_DRAWS)["batches"]
    except (ValueError, OSError) as error:
        raise ParamError("draws", str(error)) from None
    found = rows.astype(np.int64)
    if rows.ndim != 2 or not rows.size or (found != rows).any():
        raise ParamError("draws", f"{p.draws.name}: batches are whole numbers (steps, B)")
    if found.min() < 0 or found.max() >= count:
        raise ParamError("draws", f"{p.draws.name}: batches are rows from 0 to {count - 1}")
    return found


def _table(p: LabParams) -> tuple[int, int]:
    return p.spec.steps, p.spec.batch


def _learned(model: Model, data: LabData, rows: Array) -> tuple[float, float]:
    """One update: the batch's mean loss, penalties included, and its right answers, both before."""
    y = data.y[rows]
    output = model.forward(data.x[rows])
    loss = model.data_loss(output, y) + model.penalty()
    right = NAN
    if data.train.is_classification:
        right = float(np.sum(guesses(output) == data.train.targets[rows]))
    if np.isfinite(loss):
        model.backward(output, y)
        for layer in model.layers:
            model.optimizer.update_params(layer)
    return loss, right


def _evaluated(model: Model, x: Array, y: Array, of: Dataset | None) -> tuple[float, float]:
    """Mean loss without penalties, and accuracy, over rows; NaN over none. The mode is kept."""
    if of is None:
        return NAN, NAN
    training = model.training
    model.eval()
    loss = right = 0.0
    rows = max(1, min(_EVALUATED, _MOST_AT_ONCE // _numbers_a_row(model)))
    for at in range(0, len(x), rows):
        part = slice(at, at + rows)
        output = model.forward(x[part])
        loss += model.data_loss(output, y[part]) * len(output)
        if of.is_classification:
            right += float(np.sum(guesses(output) == of.targets[part]))
    if training:
        model.train()
    return loss / len(x), right / len(x) if of.is_classification else NAN


def _numbers_a_row(model: Model) -> int:
    """What the layers remember of a row, roughly: twice the widths of the dense ones."""
    return 2 * sum(sum(layer.weights.shape) for layer in dense_layers(model))


def _check_size(p: LabParams, data: LabData) -> None:
    """Raise ParamError where what the layers remember of a batch would take gigabytes."""
    rows = min(p.spec.batch or len(data.x), len(data.x))
    width, most = p.spec.inputs, 0
    for layer in p.spec.layers:
        width = layer.units if isinstance(layer, DenseSpec) else width
        most += width
    if rows * (p.spec.inputs + most) > _MOST_AT_ONCE:
        raise ParamError(
            "spec",
            f"a batch of {rows} rows through layers of {most} units in all takes too much memory; "
            "smaller batches or narrower layers need less",
        )


def _recorded(
    s: LabState,
    model: Model,
    train: tuple[float, float],
    found: Mapping[str, tuple[float, ...]] | None = None,
) -> LabState:
    """The state with a row more in its trace and its path."""
    test_loss, test_accuracy = _evaluated(model, s.data.test_x, s.data.test_y, s.data.test)
    nothing = (NAN,) * len(dense_layers(model))
    empty = dict.fromkeys(("gradient_norm", "update_ratio", "dead", "saturated"), nothing)
    norms = tuple(float(np.linalg.norm(layer.weights)) for layer in dense_layers(model))
    row = Row(
        s.step, s.epoch, train[0], test_loss, train[1], test_accuracy,
        **({**empty, "weight_norm": norms} | dict(found or {})),
    )  # fmt: skip
    path = s.path.with_row(len(s.trace), weights_of(model))
    return replace(s, trace=s.trace.appended(row), path=path)


def finished(s: LabState) -> LabState:
    """The state with the reason why training ends after its last row, if there is one."""
    p, row = s.params, s.trace[-1]
    if not all(np.isfinite(layer.weights).all() for layer in dense_layers(s.model)):
        message = (
            f"the weights became infinite in epoch {row.epoch}; a lower learning rate may help"
        )
        return replace(s, stopped=message, exploded=True)
    classes, part = s.data.train.is_classification, "training" if s.data.test is None else "test"
    what = "accuracy" if classes else "loss"
    reached = getattr(row, f"{'train' if s.data.test is None else 'test'}_{what}")
    if p.target and (reached >= p.target if classes else reached <= p.target):
        return replace(s, stopped=f"the {part} {what} reached {reached:.4g} in epoch {row.epoch}")
    if p.patience and row.epoch - (best := s.best).epoch >= p.patience:
        least = best.train_loss if s.data.test is None else best.test_loss
        return replace(
            s, stopped=f"the {part} loss hasn't fallen for {p.patience} epochs; its least, "
            f"{least:.4g}, was in epoch {best.epoch}",
        )  # fmt: skip
    if p.epochs and row.epoch >= p.epochs:
        return replace(s, stopped=f"all {p.epochs} epochs are done")
    return s


def _given_weights(model: Model, source: DataRef) -> dict[str, Array]:
    """The arrays of an .npz file; missing biases are zeros."""
    names = tuple(arrays_of(model))
    wanted = [name for name in names if name.startswith("W")]
    optional = [name for name in names if name not in wanted]
    found = arrays_in(source.read(), source.name, wanted, optional, most=1 << 25)
    for name in optional:
        found.setdefault(name, arrays_of(model)[name])
    try:
        set_arrays(model, found)
    except ShapeError as error:
        raise ValueError(f"{source.name}: {error}") from None
    return found
