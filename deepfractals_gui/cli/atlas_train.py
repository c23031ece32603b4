"""``deepfractals atlas train``: a run in a folder, which goes on where it was."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepfractals_gui.cli import picture, run_folder
from deepfractals_gui.cli.notes import show
from deepfractals_gui.cli.run_folder import LAST
from deepfractals_gui.core import CancelFlag, DataRef

if TYPE_CHECKING:
    from deepfractals_gui.experiments.atlas_params import AtlasRunParams
    from deepfractals_gui.experiments.atlas_state import AtlasState


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Find or begin the run; return the training of it.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.experiments.atlas import Atlas
    from deepfractals_gui.experiments.atlas_params import AtlasRunParams

    folder = picture.check_folder(options.folder)
    last = run_folder.Watch(folder / LAST)
    if run_folder.is_begun(folder):
        state = _resumed(last.path, options)
    else:
        state = Atlas().start(_params(AtlasRunParams(), options, _preset(options.preset)))
    log = run_folder.kept_log(folder, state.trace)
    return lambda flag: _train(state, last, log, options, flag)


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
    asked = _params(state.params, options, _described(options.preset))
    run_folder.check_same(state.params, asked, last.parent)
    return state if asked == state.params else with_epochs(state, asked.epochs)


def _preset(name: str | None) -> dict[str, Any]:
    """What a preset says of a new run. Raises ValueError where there is none of this name."""
    from deepfractals_gui.experiments.atlas_params import PRESETS

    if name is not None and name not in PRESETS:
        raise ValueError(f"a preset is one of {', '.join(PRESETS)}, not {name[:40]!r}")
    return PRESETS[name or "memory"]


def _described(name: str | None) -> dict[str, Any]:
    """What a preset says of a run that is there: each value by which presets differ, no epochs."""
    from deepfractals_gui.experiments.atlas_params import PRESETS, AtlasRunParams

    if name is None:
        return {}
    plain, said = AtlasRunParams(), _preset(name)
    differing = {one for preset in PRESETS.values() for one in preset} - {"epochs"}
    return {one: said.get(one, getattr(plain, one)) for one in sorted(differing)}


def _params(
    p: AtlasRunParams, options: argparse.Namespace, preset: dict[str, Any]
) -> AtlasRunParams:
    """The run that a preset and the options make of this one."""
    from deepfractals_gui.core.params import replace as with_values

    values = preset | run_folder.given(p, options)
    if options.book is not None:
        values["book"] = source(options.book)
    return with_values(p, **values)


def _train(
    state: AtlasState, last: run_folder.Watch, log: list[str], options: argparse.Namespace,
    flag: CancelFlag,
) -> None:  # fmt: skip
    from deepfractals_gui.experiments.atlas import Atlas
    from deepfractals_gui.experiments.atlas_files import run_bytes

    kind = run_folder.Kind(
        Atlas().advance, run_bytes, _joined, lambda s: s.training.at / len(s.book),
        lambda s: (LAST,), _words, "lower rates",
    )  # fmt: skip
    state, seconds = run_folder.train(state, last, log, kind, options, flag)
    if options.json:
        data = {
            "book": state.book.name, "characters": len(state.book),
            "symbols": len(state.book.alphabet), "parameters": state.spec.count,
            "epochs": state.epoch, "updates": state.step,
            "accuracy": run_folder.finite(state.accuracy), "seconds": seconds,
            "stopped": state.stopped,
        }  # fmt: skip
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    known = f"{state.accuracy:.2%}" if len(state.trace) else "nothing"
    show(
        f"{state.book.name}: {known} of {len(state.book):,} characters known, "
        f"{state.spec.count:,} parameters, {state.step:,} updates, {seconds:.1f} s; "
        f"{state.stopped}"
    )


def _joined(state: AtlasState, path: Path) -> AtlasState:
    """The run with the texts that its file has by now; see `run_folder.Kind`."""
    from deepfractals_gui.experiments.atlas_files import load_run

    found = load_run(path, {"book": state.params.book})
    run_folder.check_earlier(found, state, path)
    return replace(state, library=found.library)


def _words(state: AtlasState, seconds: float) -> str:
    row = state.trace[-1]
    return (
        f"epoch {state.epoch}: loss {row.loss:.4f}, read back {row.read_accuracy:.2%}, "
        f"{len(state.book) / seconds:,.0f} characters/s"
    )
