"""``deepfractals field train``: a run in a folder, which goes on where it was."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfractals_gui.cli import picture
from deepfractals_gui.cli.progress import ProgressLine
from deepfractals_gui.core import CancelFlag, Cancelled, DataRef

if TYPE_CHECKING:
    from deepfractals_gui.experiments.field_params import FieldRunParams
    from deepfractals_gui.experiments.field_state import FieldState

LAST, BEST, LOG = "last.npz", "best.npz", "log.jsonl"
_PIECE_SECONDS = 0.2
_LARGEST_LOG = 1 << 26


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Find or begin the run; return the training of it.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.experiments.field import Field

    folder = picture.check_folder(options.folder)
    last = folder / LAST
    # A last checkpoint whose name leads nowhere is one that can't be read, and no new run.
    state = resumed(last, options) if last.is_symlink() or last.exists() else None
    if state is None:
        state = Field().start(_params(_defaults(), options))
    kept = _kept_log(folder / LOG, state)
    return lambda flag: _train(state, folder, kept, options, flag)


def _defaults() -> FieldRunParams:
    from deepfractals_gui.experiments.field_params import FieldRunParams

    return FieldRunParams()


def resumed(last: Path, options: argparse.Namespace) -> FieldState:
    """The folder's run with the epochs that are asked for; what else is asked must be the same."""
    from deepfractals_gui.experiments.field_files import load_run, with_epochs

    moved = {} if options.data is None else source(options.data, options.labels)
    state = load_run(last, moved)
    asked = _params(state.params, options)
    for name, value in vars(asked).items():
        if name != "epochs" and value != getattr(state.params, name):
            raise ValueError(
                f"{last.parent} holds a run with another {name}; take another folder, or leave it "
                "out to go on"
            )
    return state if asked == state.params else with_epochs(state, asked.epochs)


def _params(p: FieldRunParams, options: argparse.Namespace) -> FieldRunParams:
    """The run that the options make of this one."""
    from deepfractals_gui.core.params import replace, spec

    values: dict[str, Any] = {
        name: spec(type(p), name).parse(text) for name, text in options.values
    }
    if options.data is not None:
        values |= source(options.data, options.labels)
    elif options.labels is not None:
        raise ValueError("--labels belong to IDX images; say which with --data")
    for name in ("epochs", "seed"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
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


def _kept_log(path: Path, state: FieldState) -> list[str]:
    """The log's lines up to the state; those that are missing are made of what was recorded."""
    known: dict[int, str] = {}
    if path.is_file() and path.stat().st_size <= _LARGEST_LOG:
        for line in path.read_bytes().decode(errors="replace").splitlines():
            try:
                known[int(json.loads(line)["epoch"])] = line
            except (ValueError, TypeError, KeyError, RecursionError):
                # A line that was cut off, or is someone else's; the records have its numbers.
                continue
    trace = state.trace
    rows = [trace[number] for number in range(len(trace))]
    return [known.get(int(row.epoch)) or _log_line(row, None) for row in rows]


def _log_line(row: Any, seconds: float | None) -> str:
    named = {
        name: int(value) if name in ("step", "epoch", "unsolved") else _number(value)
        for name, value in row._asdict().items()
    }
    return json.dumps({**named, "seconds": seconds}, allow_nan=False)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _train(
    state: FieldState, folder: Path, log: list[str], options: argparse.Namespace, flag: CancelFlag
) -> None:
    from deepfractals_gui.equilibrium.field import count_parameters

    folder.mkdir(exist_ok=True)
    begun = time.perf_counter()
    if state.step and not state.stopped:
        _tell(options, f"going on after {state.epoch} epochs and {state.step} updates")
    while not state.stopped:
        start = time.perf_counter()
        state = _epoch(state, folder, options.threads, flag)
        if state.exploded:
            break
        seconds = time.perf_counter() - start
        log.append(_log_line(state.trace[-1], round(seconds, 3)))
        _keep(state, folder, log)
        _tell(options, _words(state, seconds))
    if state.exploded:
        raise ValueError(
            f"{state.stopped}; {folder / LAST} is from before, a lower learning_rate may help"
        )
    seconds = time.perf_counter() - begun
    parameters = count_parameters(state.training.params)
    if options.json:
        sys.stdout.write(json.dumps(_summary(state, parameters, seconds), allow_nan=False) + "\n")
        return
    accuracy = f"{state.best_accuracy:.2%}" if state.trace else "nothing yet"
    sys.stdout.write(
        f"{state.data.name}: best accuracy {accuracy} in epoch {state.best_epoch}, "
        f"{parameters:,} parameters, {state.step:,} updates, {seconds:.1f} s; {state.stopped}\n"
    )


def _tell(options: argparse.Namespace, words: str) -> None:
    if not options.json:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()


def _epoch(state: FieldState, folder: Path, threads: int | None, flag: CancelFlag) -> FieldState:
    """Train to the end of the epoch. An interrupt keeps what is done of it."""
    from deepfractals_gui.experiments.field import Field

    field, target = Field(), state.epoch + 1
    with ProgressLine(f"epoch {target} of {state.params.epochs or 'many'}") as line:
        while state.epoch < target and not state.stopped:
            before = state
            state = field.advance(
                state, seconds=_PIECE_SECONDS, to_epoch=True, cancel=flag, threads=threads
            )
            if flag.is_set and state.epoch < target:
                if state.step != before.step or state.batch:
                    _write(state, folder, (LAST,))
                raise Cancelled
            line.update(state.batch / state.batches_an_epoch)
    return state


def _keep(state: FieldState, folder: Path, log: list[str]) -> None:
    """Write the epoch's checkpoints, the last of all ``last.npz``, and the log."""
    from deepfractals_gui.session.files import atomic_write

    best = (BEST,) if state.best_epoch == state.epoch else ()
    _write(state, folder, (f"epoch_{state.epoch}.npz", *best, LAST))
    with atomic_write(folder / LOG) as file:
        file.write("".join(line + "\n" for line in log).encode())


def _write(state: FieldState, folder: Path, names: tuple[str, ...]) -> None:
    from deepfractals_gui.experiments.field_files import run_bytes
    from deepfractals_gui.session.files import atomic_write

    content = run_bytes(state)
    for name in names:
        with atomic_write(folder / name) as file:
            file.write(content)


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
        "best_accuracy": _number(state.best_accuracy),
        "best_epoch": state.best_epoch,
        "seconds": seconds,
        "stopped": state.stopped,
        "history": {
            "epoch": [int(value) for value in trace.column("epoch").tolist()],
            **{name: [_number(v) for v in trace.column(name).tolist()] for name in names},
        },
    }
