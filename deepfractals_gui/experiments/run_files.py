"""What files of runs have in common: in JSON, as the array ``run``, a run's parameters and counts,
and as arrays its two traces."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from deepfractals_gui.core import Array, DataSource
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.checkpoints import CheckpointError, archive, json_array, whole
from deepfractals_gui.core.contents import printable
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.experiments.trace import MOST_UPDATES, Trace
from deepfractals_gui.experiments.training_run import ending

TRACES = ("updates", "trace")
KINDS = {"atlas": "the text atlas", "field": "the field"}
"""What runs are of, by the name that their checkpoints have for their version."""
_MOST_TEXT = 1 << 22
_MOST_WORDS = 300
P = TypeVar("P")


class Recorded(Protocol):
    """What is asked of a state here."""

    @property
    def params(self) -> Any: ...
    @property
    def updates(self) -> Trace[Any]: ...
    @property
    def trace(self) -> Trace[Any]: ...
    @property
    def sums(self) -> tuple[float, ...]: ...
    @property
    def stopped(self) -> str: ...
    @property
    def exploded(self) -> bool: ...


def file_bytes(arrays: Mapping[str, Array], s: Recorded, version: int, **notes: Any) -> bytes:
    """The content of a file with a checkpoint's arrays, a run's records and further notes."""
    run = {
        "version": version,
        "params": json.loads(s.params.to_json()),
        "stride": s.updates.stride,
        "sums": [float(one).hex() for one in s.sums],
        "stopped": s.stopped, "exploded": s.exploded, **notes,
    }  # fmt: skip
    traces = {name: getattr(s, name).numbers() for name in TRACES}
    return archive({**arrays, **traces, "run": json_array(run)})


def notes_in(content: bytes, name: str, key: str, version: int) -> dict[str, Any]:
    """A run's notes.

    Parameters
    ----------
    key : of KINDS, which kind of run is asked for
    version : of its files

    Raises
    ------
    CheckpointError   a file holds none, one of another kind, or one of another version
    """
    try:
        texts = arrays_in(content, name, (), ("state", "run"), most=_MOST_TEXT)
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    try:
        state, notes = (
            json.loads(texts[one].astype(np.uint8).tobytes().decode()) for one in ("state", "run")
        )
        found, kinds = notes["version"], [one for one in KINDS if one in state]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise CheckpointError(f"{name} holds no run of {KINDS[key]}") from None
    if key not in kinds:
        other = f"a run of {KINDS[kinds[0]]}, not of" if kinds else "no run of"
        raise CheckpointError(f"{name} holds {other} {KINDS[key]}")
    if found != version:
        if found in range(version):
            raise CheckpointError(
                f"{name} was written by an earlier version, whose runs can't be continued"
            )
        raise CheckpointError(f"{name} is of version {str(found)[:20]}; known is {version}")
    return dict(notes)


def params_in(
    read: Callable[[str], P], notes: Mapping[str, Any], at: Mapping[str, DataSource] | None
) -> P:
    """A run's parameters, with where its data lie now if they are the same; KeyError, ValueError.

    Parameters
    ----------
    read : their JSON
    """
    p = read(json.dumps(notes["params"]))
    moved = {key: one for key, one in (at or {}).items() if one == getattr(p, key)}
    return with_values(p, **moved)


def records_in(
    notes: Mapping[str, Any], arrays: Mapping[str, Array], update: Any, epoch: Any, sums: Any,
    epochs: tuple[int, int], unknown: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """A state's records by their names.

    Parameters
    ----------
    update, epoch, sums : the NamedTuples of their rows
    epochs : how many are wanted (0: no end), and done
    unknown : columns of ``epoch`` whose numbers may be none

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError   they are none
    """
    stride = whole(notes["stride"], "a stride")
    if stride < 1:
        raise ValueError(f"a row of its updates can't stand for {stride}")
    updates, trace = (arrays[one] for one in TRACES)
    if len(updates) > MOST_UPDATES or not np.isfinite(updates).all():
        raise ValueError(f"its updates aren't up to {MOST_UPDATES:,} rows of finite numbers")
    wanted, done = epochs
    if trace.shape != (done, len(epoch._fields)):
        raise ValueError(f"its trace of the shape {trace.shape} isn't one of {done} epochs")
    known = [name not in unknown for name in epoch._fields]
    counted = trace[:, epoch._fields.index("epoch")]
    if not np.isfinite(trace[:, known]).all() or (counted != np.arange(1, done + 1)).any():
        raise ValueError(f"its trace isn't one of epochs 1 to {done}, in finite numbers")
    summed = sums(*(float.fromhex(one) for one in notes["sums"]))
    if not all(map(math.isfinite, summed)):
        raise ValueError("its sums aren't finite")
    exploded, stopped = notes["exploded"], notes["stopped"]
    if not isinstance(exploded, bool) or not isinstance(stopped, str) or exploded > bool(stopped):
        raise ValueError("it doesn't say why it has stopped")
    return {
        "updates": Trace.of_numbers(update, updates, MOST_UPDATES, stride),
        "trace": Trace.of_numbers(epoch, trace),
        "sums": summed,
        # Only an explosion isn't said by the counts.
        "stopped": printable(stopped)[:_MOST_WORDS] if exploded else ending(wanted, done),
        "exploded": exploded,
    }
