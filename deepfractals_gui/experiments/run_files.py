"""What files of runs have in common: in JSON, as the array ``run``, a run's parameters and counts,
and as arrays its two traces."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import numpy as np

from deepfractals_gui.core import Array, DataSource
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.checkpoints import CheckpointError, archive, json_array
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.experiments.trace import MOST_UPDATES, Trace

TRACES = ("updates", "trace")
_MOST_TEXT = 1 << 22
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


def notes_in(content: bytes, name: str, version: int, what: str) -> dict[str, Any]:
    """A run's notes. Raises CheckpointError where a file has none of a run of ``what``."""
    try:
        text = arrays_in(content, name, (), ("run",), most=_MOST_TEXT)
    except ValueError as error:
        raise CheckpointError(str(error)) from None
    try:
        notes = json.loads(text["run"].astype(np.uint8).tobytes().decode())
        found = notes["version"]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise CheckpointError(f"{name} holds no run of {what}") from None
    if found != version:
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
    notes: Mapping[str, Any], arrays: Mapping[str, Array], update: Any, epoch: Any, sums: Any
) -> dict[str, Any]:
    """A state's records by their names.

    Parameters
    ----------
    update, epoch, sums : the NamedTuples of their rows

    Raises
    ------
    KeyError, TypeError, ValueError   they are none
    """
    stride = int(notes["stride"])
    if stride < 1:
        raise ValueError(f"a row of its updates can't stand for {stride}")
    return {
        "updates": Trace.of_numbers(update, arrays["updates"], MOST_UPDATES, stride),
        "trace": Trace.of_numbers(epoch, arrays["trace"]),
        "sums": sums(*(float.fromhex(one) for one in notes["sums"])),
        "stopped": str(notes["stopped"]),
        "exploded": bool(notes["exploded"]),
    }
