"""``deepfractals field train``: a run in a folder, which goes on where it was."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfractals_gui.cli import picture, run_folder
from deepfractals_gui.cli.notes import show
from deepfractals_gui.cli.run_folder import LAST, finite
from deepfractals_gui.core import CancelFlag, DataRef

if TYPE_CHECKING:
    from deepfractals_gui.experiments.field_params import FieldRunParams
    from deepfractals_gui.experiments.field_state import FieldState

BEST = "best.npz"


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Find or begin the run; return the training of it.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.experiments.field import Field
    from deepfractals_gui.experiments.field_params import FieldRunParams

    folder = picture.check_folder(options.folder)
    last = run_folder.Watch(folder / LAST)
    if run_folder.is_begun(folder):
        state = _resumed(last.path, options)
    else:
        state = Field().start(_params(FieldRunParams(), options))
    log = run_folder.kept_log(folder, state.trace)
    return lambda flag: _train(state, last, log, options, flag)


def _resumed(last: Path, options: argparse.Namespace) -> FieldState:
    """The folder's run with the epochs that are asked for; what else is asked must be the same."""
    from deepfractals_gui.experiments.field_files import load_run, with_epochs

    moved = {} if options.data is None else source(options.data, options.labels)
    state = load_run(last, moved)
    asked = _params(state.params, options)
    run_folder.check_same(state.params, asked, last.parent)
    return state if asked == state.params else with_epochs(state, asked.epochs)


def _params(p: FieldRunParams, options: argparse.Namespace) -> FieldRunParams:
    """The run that the options make of this one."""
    from deepfractals_gui.core.params import replace

    values = run_folder.given(p, options)
    if options.data is not None:
        values |= source(options.data, options.labels)
    elif options.labels is not None:
        raise ValueError("--labels belong to IDX images; say which with --data")
    return replace(p, **values)


def source(data: str, labels: Path | None) -> dict[str, Any]:
    """The parameters that say what is learned: digits, or IDX images with their labels."""
    from deepfractals_gui.nn import idx_partner

    if data == "digits":
        if labels is not None:
            raise ValueError("--labels belong to IDX images; the digits have theirs")
        return {"data": data, "labels": "none"}
    path = Path(data)
    if not path.exists():
        raise ValueError(f"there is no file {data[:80]!r}; without one there are the digits")
    partner = idx_partner(path) if labels is None else labels
    return {
        "data": DataRef.of_file(path),
        "labels": "none" if partner is None else DataRef.of_file(partner),
    }


def _train(
    state: FieldState, last: run_folder.Watch, log: list[str], options: argparse.Namespace,
    flag: CancelFlag,
) -> None:  # fmt: skip
    from deepfractals_gui.equilibrium.field import count_parameters
    from deepfractals_gui.experiments.field import Field
    from deepfractals_gui.experiments.field_files import run_bytes

    kind = run_folder.Kind(
        Field().advance, run_bytes, _joined, lambda s: s.batch / s.batches_an_epoch, _names, _words,
        "a lower learning_rate",
    )  # fmt: skip
    state, seconds = run_folder.train(state, last, log, kind, options, flag)
    parameters = count_parameters(state.training.params)
    if options.json:
        sys.stdout.write(json.dumps(_summary(state, parameters, seconds), allow_nan=False) + "\n")
        return
    accuracy = f"{state.best_accuracy:.2%}" if state.trace else "nothing yet"
    show(
        f"{state.data.name}: best accuracy {accuracy} in epoch {state.best_epoch}, "
        f"{parameters:,} parameters, {state.step:,} updates, {seconds:.1f} s; {state.stopped}"
    )


def _joined(state: FieldState, path: Path) -> FieldState:
    """The run; see `run_folder.Kind`: another command keeps nothing in its file."""
    from deepfractals_gui.experiments.field_files import load_run

    p = state.params
    run_folder.check_earlier(load_run(path, {"data": p.data, "labels": p.labels}), state, path)
    return state


def _names(state: FieldState) -> tuple[str, ...]:
    best = (BEST,) if state.best_epoch == state.epoch else ()
    return (f"epoch_{state.epoch}.npz", *best, LAST)


def _words(state: FieldState, seconds: float) -> str:
    row = state.trace[-1]
    test = "" if state.data.test is None else f", test accuracy {row.test_accuracy:.2%}"
    return (
        f"epoch {state.epoch}: training loss {row.train_loss:.4f}, accuracy "
        f"{row.train_accuracy:.2%}{test}, {row.forward:.1f} and {row.backward:.1f} evaluations, "
        f"σ {row.sigma:.3f}, {seconds:.1f} s"
    )


def _summary(state: FieldState, parameters: int, seconds: float) -> dict[str, Any]:
    trace = state.trace
    names = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "forward", "backward")
    return {
        "data": state.data.name,
        "images": {
            "train": len(state.data.train),
            "test": 0 if state.data.test is None else len(state.data.test),
        },
        "parameters": parameters,
        "epochs": state.epoch,
        "updates": state.step,
        "best_accuracy": finite(state.best_accuracy),
        "best_epoch": state.best_epoch,
        "seconds": seconds,
        "stopped": state.stopped,
        "history": {
            "epoch": [int(value) for value in trace.column("epoch").tolist()],
            **{name: [finite(v) for v in trace.column(name).tolist()] for name in names},
        },
    }
