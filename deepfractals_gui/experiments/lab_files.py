"""Training runs in files: the network's file, with the run, its trace and its path beside it.

The data themselves lie in it as ``X`` and ``Y``, scaled, for whoever reads only this file, unless
they are very large; a run that goes on takes them from where it took them first.
"""

from __future__ import annotations

import json
from pathlib import Path as FilePath

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_data import lab_data
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.experiments.lab_trace import Path, Row, Trace, dense_layers, weights_of
from deepfractals_gui.nn import Model
from deepfractals_gui.nn.model_files import ModelFileError, load_model, model_bytes

VERSION = 2
_ROOM = 1 << 25
"""Numbers of a run's weights, moments and inputs up to which the inputs are kept."""
_LONGEST = 300
"""Letters of the line that says why a run stopped."""


def run_bytes(s: LabState) -> bytes:
    """The content of a run's file; `load_run` goes on from it bit for bit.

    Raises
    ------
    ModelFileError   its weights aren't finite, or it is too large
    """
    notes = {
        "lab": VERSION,
        "params": json.loads(s.params.to_json()),
        "step": s.step, "epoch": s.epoch, "batch": s.batch, "stopped": s.stopped,
        "exploded": s.exploded,
        "seen": s.seen, "loss": float(s.loss).hex(), "right": float(s.right).hex(),
        "stride": s.path.stride,
    }  # fmt: skip
    arrays: dict[str, Array] = {"trace": s.trace.numbers()}
    if s.data.x.size + 3 * weights_of(s.model).size <= _ROOM:
        arrays |= {"X": s.data.x, "Y": s.data.y}
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
    path = FilePath(path)
    stored = load_model(path, ("trace", "trajectory"))
    notes, arrays = stored.notes, stored.arrays
    if "lab" not in notes:
        raise ModelFileError(f"{path.name} holds a network, but no run of the lab")
    if notes["lab"] != VERSION:
        raise ModelFileError(f"{path.name} holds a run of another version of the lab")
    try:
        params = LabParams.from_json(json.dumps(notes["params"]))
        if params.spec != stored.spec:
            raise ValueError("its network is another one than its file's")
        trace = _trace_in(arrays, stored.model)
        kept = _path_in(arrays, stored.model, notes["stride"])
        step, epoch, batch, seen = (
            _whole(name, notes[name]) for name in ("step", "epoch", "batch", "seen")
        )
        loss, right = (float.fromhex(notes[name]) for name in ("loss", "right"))
        stopped, exploded = notes["stopped"], bool(notes["exploded"])
        if not isinstance(stopped, str) or len(stopped) > _LONGEST or not stopped.isprintable():
            raise ValueError("why it stopped can't be shown")
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ModelFileError(f"{path.name}: its run is damaged: {error}") from None
    state = LabState(
        params, lab_data(params), stored.model, step, epoch, batch, trace, kept, seen, loss, right,
        stopped, exploded,
    )  # fmt: skip
    if batch >= state.batches_an_epoch or seen > len(state.data.x):
        raise ModelFileError(f"{path.name}: its run is damaged: it is beyond the epoch's end")
    return state


def _trace_in(arrays: dict[str, Array], model: Model) -> Trace:
    numbers = arrays["trace"]
    columns = 6 + (len(Row._fields) - 6) * len(dense_layers(model))
    if numbers.ndim != 2 or not len(numbers) or numbers.shape[1] != columns:
        raise ValueError(f"its trace is {numbers.shape}; it has {columns} columns")
    counts = numbers[:, :2]
    if not ((counts >= 0) & (counts < 1 << 53) & (counts == np.floor(counts))).all():
        raise ValueError("its trace counts updates and epochs that are no whole numbers")
    return Trace(numbers)


def _path_in(arrays: dict[str, Array], model: Model, stride: int) -> Path:
    points = arrays.get("trajectory")
    if points is None:
        return Path((), max(1, _whole("stride", stride)))
    size = weights_of(model).size
    if points.ndim != 2 or points.shape[1] != size:
        raise ValueError(f"its trajectory is {points.shape}; there are {size} weights")
    with np.errstate(over="ignore"):
        return Path(tuple(points.astype(np.float32)), max(1, _whole("stride", stride)))


def _whole(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 53:
        raise ValueError(f"{name} is no whole number from 0 on")
    return value
