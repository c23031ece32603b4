"""Training runs in files: the network's file, with the run, its data and its path beside it."""

from __future__ import annotations

import json
from pathlib import Path as FilePath
from typing import Any, cast

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_data import lab_data
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.experiments.lab_trace import Path, Row, Trace
from deepfractals_gui.nn.model_files import ModelFileError, load_model, model_bytes

VERSION = 1


def run_bytes(s: LabState) -> bytes:
    """The content of a run's file; `load_run` goes on from it bit for bit."""
    notes = {
        "lab": VERSION,
        "params": json.loads(s.params.to_json()),
        "step": s.step, "epoch": s.epoch, "batch": s.batch, "stopped": s.stopped,
        "exploded": s.exploded,
        "seen": s.seen, "loss": float(s.loss).hex(), "right": float(s.right).hex(),
        "stride": s.path.stride,
        "trace": [[_json_number(value) for value in s.trace[k]] for k in range(len(s.trace))],
    }  # fmt: skip
    arrays: dict[str, Array] = {"X": s.data.x, "Y": s.data.y}
    if s.path.points:
        arrays["trajectory"] = np.stack(s.path.points)
    return model_bytes(s.model, s.params.spec, notes, arrays)


def load_run(path: FilePath) -> LabState:
    """Read the file of a run.

    Raises
    ------
    ModelFileError   it holds no run that can be continued
    ParamError       its data can't be found any more, or have changed
    OSError          it can't be read
    """
    stored = load_model(path, ("trajectory",))
    notes = stored.notes
    if notes.get("lab") != VERSION:
        raise ModelFileError(f"{path.name} holds a network, but no run of the lab")
    try:
        params = LabParams.from_json(json.dumps(notes["params"]))
        trace = Trace([_row_of(row) for row in notes["trace"]])
        points = tuple(stored.arrays.get("trajectory", np.zeros((0, 0))).astype(np.float32))
        step, epoch, batch, seen, stride = (
            int(notes[name]) for name in ("step", "epoch", "batch", "seen", "stride")
        )
        loss, right = (float.fromhex(notes[name]) for name in ("loss", "right"))
        stopped, exploded = str(notes["stopped"]), bool(notes["exploded"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ModelFileError(f"{path.name}: its run is damaged: {error}") from None
    if not len(trace) or stride < 1 or params.spec != stored.spec:
        raise ModelFileError(f"{path.name}: its run is damaged: its parts don't fit together")
    return LabState(
        params, lab_data(params), stored.model, step, epoch, batch, trace, Path(points, stride),
        seen, loss, right, stopped, exploded,
    )  # fmt: skip


def _json_number(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json_number(one) for one in value]
    # JSON has no NaN and no infinity; hexadecimal is exact.
    return value if isinstance(value, int) else float(value).hex()


def _row_of(values: list[Any]) -> Row:
    read = [
        tuple(float.fromhex(one) for one in value) if isinstance(value, list)
        else value if isinstance(value, int) else float.fromhex(value)
        for value in values
    ]  # fmt: skip
    if len(read) != len(Row._fields):
        raise ValueError("a row of its trace is cut short")
    return Row(*cast(Any, read))
