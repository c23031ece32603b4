"""``deepfractals atlas train``: a run in a folder, which goes on where it was."""

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
    from deepfractals_gui.experiments.atlas_params import AtlasRunParams
    from deepfractals_gui.experiments.atlas_state import AtlasState

LAST, LOG = "last.npz", "log.jsonl"
_PIECE_SECONDS = 0.2
_LARGEST_LOG = 1 << 26


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Find or begin the run; return the training of it.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.experiments.atlas import Atlas
    from deepfractals_gui.experiments.atlas_params import AtlasRunParams

    folder = picture.check_folder(options.folder)
    last = folder / LAST
    # A last file whose name leads nowhere is one that can't be read, and no new run.
    if last.is_symlink() or last.exists():
        state = _resumed(last, options)
    else:
        state = Atlas().start(_params(AtlasRunParams(), options))
    return lambda flag: _train(state, folder, options, flag)


def run_file(run: Path) -> Path:
    """The file itself, or that of a folder. Raises ValueError where there is none."""
    if not run.is_dir():
        return run
    if not (run / LAST).exists():
        raise ValueError(f"{run} has no {LAST}; 'deepfractals atlas train {run}' makes one")
    return run / LAST


def source(name: str) -> str | DataRef:
    """A book that ships, by its name, or a file."""
    from deepfractals_gui.atlas.texts import shipped_books

    if name in shipped_books():
        return name
    path = Path(name)
    if not path.exists():
        raise ValueError(
            f"there is no file {name[:80]!r}; the books that ship are {', '.join(shipped_books())}"
        )
    return DataRef.of_file(path)


def _resumed(last: Path, options: argparse.Namespace) -> AtlasState:
    """The folder's run with the epochs that are asked for; what else is asked must be the same."""
    from deepfractals_gui.experiments.atlas_files import load_run, with_epochs

    moved = {} if options.book is None else {"book": source(options.book)}
    state = load_run(last, moved)
    asked = _params(state.params, options)
    for name, value in vars(asked).items():
        if name != "epochs" and value != getattr(state.params, name):
            raise ValueError(
                f"{last.parent} holds a run with another {name}; take another folder, or leave it "
                "out to go on"
            )
    return state if asked == state.params else with_epochs(state, asked.epochs)


def _params(p: AtlasRunParams, options: argparse.Namespace) -> AtlasRunParams:
    """The run that the options make of this one."""
    from deepfractals_gui.core.params import replace, spec
    from deepfractals_gui.experiments.atlas_params import PRESETS

    if options.preset is not None and options.preset not in PRESETS:
        raise ValueError(f"a preset is one of {', '.join(PRESETS)}, not {options.preset[:40]!r}")
    values: dict[str, Any] = dict(PRESETS[options.preset or "memory"])
    values |= {name: spec(type(p), name).parse(text) for name, text in options.values}
    if options.book is not None:
        values["book"] = source(options.book)
    for name in ("epochs", "seed"):
        if getattr(options, name) is not None:
            values[name] = getattr(options, name)
    return replace(p, **values)


def _train(
    state: AtlasState, folder: Path, options: argparse.Namespace, flag: CancelFlag
) -> None:  # fmt: skip
    folder.mkdir(exist_ok=True)
    log = _kept_log(folder / LOG, state)
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
        row = state.trace[-1]
        _tell(
            options,
            f"epoch {state.epoch}: loss {row.loss:.4f}, read back {row.read_accuracy:.2%}, "
            f"{len(state.book) / seconds:,.0f} characters/s",
        )
    if state.exploded:
        raise ValueError(
            f"{state.stopped}; {folder / LAST} is from before, lower rates may help"
        )  # fmt: skip
    seconds = time.perf_counter() - begun
    if options.json:
        data = {
            "book": state.book.name, "characters": len(state.book),
            "symbols": len(state.book.alphabet), "parameters": state.spec.count,
            "epochs": state.epoch, "updates": state.step, "accuracy": _number(state.accuracy),
            "seconds": seconds, "stopped": state.stopped,
        }  # fmt: skip
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    known = f"{state.accuracy:.2%}" if len(state.trace) else "nothing"
    sys.stdout.write(
        f"{state.book.name}: {known} of {len(state.book):,} characters known, "
        f"{state.spec.count:,} parameters, {state.step:,} updates, {seconds:.1f} s; "
        f"{state.stopped}\n"
    )


def _epoch(state: AtlasState, folder: Path, threads: int | None, flag: CancelFlag) -> AtlasState:
    """Train to the end of the epoch. An interrupt keeps what is done of it."""
    from deepfractals_gui.experiments.atlas import Atlas

    atlas, target = Atlas(), state.epoch + 1
    with ProgressLine(f"epoch {target} of {state.params.epochs or 'many'}") as line:
        while state.epoch < target and not state.stopped:
            before = state.step
            state = atlas.advance(
                state, seconds=_PIECE_SECONDS, to_epoch=True, cancel=flag, threads=threads
            )
            if flag.is_set and state.epoch < target:
                if state.step != before or state.training.at:
                    write_run(state, folder / LAST)
                raise Cancelled
            line.update(state.training.at / len(state.book))
    return state


def write_run(state: AtlasState, path: Path) -> None:
    """Write a run's file beside its target, and rename it."""
    from deepfractals_gui.experiments.atlas_files import run_bytes
    from deepfractals_gui.session.files import atomic_write

    content = run_bytes(state)
    with atomic_write(path) as file:
        file.write(content)


def _keep(state: AtlasState, folder: Path, log: list[str]) -> None:
    """Write the epoch's file, and the log."""
    from deepfractals_gui.session.files import atomic_write

    write_run(state, folder / LAST)
    with atomic_write(folder / LOG) as file:
        file.write("".join(line + "\n" for line in log).encode())


def _kept_log(path: Path, state: AtlasState) -> list[str]:
    """The log's lines up to the state; those that are missing are made of what was recorded."""
    known: dict[int, str] = {}
    if path.is_file() and path.stat().st_size <= _LARGEST_LOG:
        for line in path.read_bytes().decode(errors="replace").splitlines():
            try:
                known[int(json.loads(line)["epoch"])] = line
            except (ValueError, TypeError, KeyError, RecursionError):
                # A line that was cut off, or is someone else's; the records have its numbers.
                continue
    rows = [state.trace[number] for number in range(len(state.trace))]
    return [known.get(int(row.epoch)) or _log_line(row, None) for row in rows]


def _log_line(row: Any, seconds: float | None) -> str:
    named = {
        name: int(value) if name in ("step", "epoch") else _number(value)
        for name, value in row._asdict().items()
    }
    return json.dumps({**named, "seconds": seconds}, allow_nan=False)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _tell(options: argparse.Namespace, words: str) -> None:
    if not options.json:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
