"""The fractal neural field: a complex field that settles, trained at its fixed point."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any, ClassVar

import numpy as np

from deepfractals_gui.core import CancelFlag, Curve, Experiment, Snapshot
from deepfractals_gui.equilibrium import training
from deepfractals_gui.equilibrium.iteration import Solver
from deepfractals_gui.equilibrium.training import Evaluation, Report
from deepfractals_gui.experiments.field_data import FieldData, field_data
from deepfractals_gui.experiments.field_files import load_run, run_bytes
from deepfractals_gui.experiments.field_params import FieldRunParams, solver_of, training_of
from deepfractals_gui.experiments.field_state import FieldState
from deepfractals_gui.experiments.field_trace import NAN, Epoch, Sums, Update
from deepfractals_gui.experiments.training_run import advanced, ending
from deepfractals_gui.nn.model_files import write_whole
from deepfractals_gui.nn.rates import Exploded

EVALUATION = 1e-6, 200
"""Tolerance and steps of the solves of an evaluation, at most."""


class Field(Experiment[FieldRunParams, FieldState]):
    """Training as an Experiment: a step is an update from one batch."""

    key: ClassVar[str] = "field"
    title: ClassVar[str] = "Neural field"
    Params: ClassVar[type[Any]] = FieldRunParams

    def start(self, p: FieldRunParams, rng: np.random.Generator | None = None) -> FieldState:
        """The first state. Everything drawn comes from the run's seed; ``rng`` isn't used.

        Raises
        ------
        ParamError   images can't be used, or the numbers of the field don't fit together
        """
        return self.start_on(p, field_data(p))

    def start_on(self, p: FieldRunParams, data: FieldData) -> FieldState:
        """The first state on images that are at hand, such as a fold. Raises ParamError."""
        first = training.begin(p.spec(len(data.classes)), training_of(p), p.seed)
        return FieldState(p, data, first, first.params)

    def step(self, s: FieldState) -> FieldState:
        """The state after one update; the same state once training has stopped."""
        return self.advance(s, updates=1)

    def epoch(self, s: FieldState, cancel: CancelFlag | None = None) -> FieldState:
        """The state at the end of the epoch; where the flag goes up, the last one before."""
        return self.advance(s, cancel=cancel, to_epoch=True)

    def advance(
        self,
        s: FieldState,
        *,
        updates: int | None = None,
        seconds: float | None = None,
        to_epoch: bool = False,
        cancel: CancelFlag | None = None,
        threads: int | None = None,
    ) -> FieldState:
        """Train on, see `advanced`."""
        return advanced(
            s, _updated, updates=updates, seconds=seconds, to_epoch=to_epoch, cancel=cancel,
            threads=threads,
        )  # fmt: skip

    # Looking

    def snapshot(self, s: FieldState) -> Snapshot:
        steps, epochs = s.updates.column("step"), s.trace.column("step")
        found = [
            Curve("batch loss", steps, s.updates.column("loss"), log=True, group="loss"),
            Curve("evaluations", steps, s.updates.column("forward"), group="evaluations"),
            Curve("adjoint evaluations", steps, s.updates.column("backward"), group="evaluations"),
            Curve("σ", steps, s.updates.column("sigma"), group="norm"),
        ]
        for name, log in (("loss", True), ("accuracy", False)):
            for part in ("train", "test"):
                values = s.trace.column(f"{part}_{name}")
                if not np.isnan(values).all():
                    found.append(Curve(f"{part} {name}", epochs, values, log=log, group=name))
        table = [("Epoch", str(s.epoch)), ("Updates", str(s.step))]
        if len(s.trace):
            last = s.trace[-1]
            table += [
                ("Training loss", f"{last.train_loss:.6g}"),
                ("Test loss", f"{last.test_loss:.6g}"),
                ("Training accuracy", f"{last.train_accuracy:.4f}"),
                ("Test accuracy", f"{last.test_accuracy:.4f}"),
                ("Best accuracy", f"{s.best_accuracy:.4f}"),
                ("Evaluations", f"{last.forward:.1f}"),
                ("Adjoint evaluations", f"{last.backward:.1f}"),
                ("σ", f"{last.sigma:.4f}"),
            ]
        shown = tuple(row for row in table if "nan" not in row[1])
        return Snapshot(s.step, (), tuple(found), shown)

    # Files

    def save(self, s: FieldState, path: FilePath) -> None:
        write_whole(path, run_bytes(s))

    def load(self, path: FilePath) -> FieldState:
        """Read what `save` wrote. Raises ValueError, ParamError or OSError; see `load_run`."""
        return load_run(path)


def evaluated(
    s: FieldState, cancel: CancelFlag | None = None, pool: Executor | None = None
) -> Evaluation | None:
    """How well the field answers the images for the test; None where there are none."""
    if s.data.test is None:
        return None
    solver = evaluating_solver(s.params)
    return training.evaluate(s.training, s.data.test, solver=solver, cancel=cancel, pool=pool)


def evaluating_solver(p: FieldRunParams) -> Solver:
    """The run's own kind of solver, to the residual of an evaluation."""
    return solver_of(p.solver, *EVALUATION, p.damping)


def _updated(s: FieldState, cancel: CancelFlag | None, pool: Executor | None) -> FieldState:
    """The state after one update, and where it ends an epoch, after the test."""
    try:
        now, report = training.step(s.training, s.data.train, cancel=cancel, pool=pool)
    except (Exploded, ValueError) as error:
        # A norm of W that isn't finite is an explosion, too.
        return replace(s, stopped=f"training exploded: {error}", exploded=True)
    before = s.epoch
    s = replace(
        s, training=now, sums=_summed(s.sums, report), updates=s.updates.appended(_row(s, report))
    )
    return s if s.epoch == before else _tested(s, cancel, pool)


def _row(s: FieldState, report: Report) -> Update:
    return Update(
        s.step + 1, report.loss, report.accuracy, report.sigma, report.forward.evaluations,
        report.backward.evaluations, report.forward.residual,
    )  # fmt: skip


def _summed(sums: Sums, report: Report) -> Sums:
    count = report.count
    return Sums(
        sums.seen + count,
        sums.loss + count * report.loss,
        sums.right + count * report.accuracy,
        sums.forward + count * report.forward.evaluations,
        sums.backward + count * report.backward.evaluations,
        max(sums.residual, report.forward.residual),
        sums.unsolved + report.forward.unsolved,
        max(sums.adjoint_residual, report.backward.residual),
    )


def _tested(s: FieldState, cancel: CancelFlag | None, pool: Executor | None) -> FieldState:
    """The state with its epoch in the trace, and its parameters kept where they are the best."""
    found = evaluated(s, cancel, pool)
    loss, accuracy, forward, backward = s.sums.means()
    tested = (NAN, NAN) if found is None else (found.loss, found.accuracy)
    row = Epoch(
        s.step, s.epoch, loss, accuracy, *tested, s.training.peak.sigma, forward, backward,
        s.sums.residual, s.sums.unsolved, NAN if found is None else found.effort.evaluations,
        s.sums.adjoint_residual,
    )  # fmt: skip
    judged, better = training.noted(s.training, accuracy if found is None else found.accuracy)
    s = replace(
        s, training=judged, trace=s.trace.appended(row), sums=Sums(),
        stopped=ending(s.params.epochs, s.epoch),
    )  # fmt: skip
    return replace(s, best=judged.params, best_epoch=s.epoch) if better else s
