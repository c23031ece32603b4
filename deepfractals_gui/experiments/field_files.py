"""Runs of the field in files: the field's checkpoint, with the run and its records beside it.

What reads checkpoints reads these files, too. Beside them there are, in JSON as the array ``run``,
the run's parameters and counts, and as arrays the best parameters and the two traces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.core import Array, DataSource
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.checkpoints import CheckpointError, told
from deepfractals_gui.core.contents import content_of
from deepfractals_gui.equilibrium.checkpoints import checkpoint_arrays, checkpoint_in
from deepfractals_gui.equilibrium.field import NAMES, FieldParams
from deepfractals_gui.equilibrium.training import TrainingState
from deepfractals_gui.experiments.field_data import FieldData, field_data
from deepfractals_gui.experiments.field_params import FieldRunParams, training_of
from deepfractals_gui.experiments.field_state import FieldState
from deepfractals_gui.experiments.field_trace import Epoch, Sums, Update
from deepfractals_gui.experiments.run_files import (
    TRACES,
    file_bytes,
    notes_in,
    params_in,
    records_in,
)
from deepfractals_gui.experiments.training_run import ending

VERSION = 1
_LIMIT = 1 << 28
"""Bytes of a file, at most."""
_MOST_NUMBERS = 1 << 23
_UNKNOWN = (
    "test_loss", "test_accuracy", "test_evaluations", "sigma", "residual", "adjoint_residual",
)  # fmt: skip
"""What isn't known of an epoch without a test, or may be beyond all bounds."""


def run_bytes(s: FieldState) -> bytes:
    """The content of a run's file; `load_run` goes on from it bit for bit."""
    found = checkpoint_arrays(s.training, s.data.train.standard)
    found |= {f"best.{name}": _pairs(array) for name, array in s.best}
    return file_bytes(found, s, VERSION, best_epoch=s.best_epoch)


def load_run(path: Path, at: Mapping[str, DataSource] | None = None) -> FieldState:
    """Read the file of a run.

    Parameters
    ----------
    at : where the images and their labels (``data``, ``labels``) lie now, if they have moved;
        files of other contents are left out of account

    Raises
    ------
    CheckpointError   it holds no run that can be continued
    ParamError        its images can't be found any more, or have changed
    OSError           it can't be read
    """
    content, name = content_of(path, _LIMIT, CheckpointError), path.name
    run = notes_in(content, name, "field", VERSION)
    training, standard = checkpoint_in(content, name)
    with told(name):
        p = params_in(FieldRunParams.from_json, run, at)
        spec = p.spec(training.spec.classes)
    found = field_data(p)
    with told(name):
        if spec != training.spec or standard != found.train.standard:
            raise ValueError("its field, its images and its settings don't fit together")
        training = replace(training, training=training_of(p))
        return _state(content, name, run, training, p, found)


def _state(
    content: bytes, name: str, run: dict[str, Any], training: TrainingState, p: FieldRunParams,
    data: FieldData,
) -> FieldState:  # fmt: skip
    wanted = (*(f"best.{one}" for one in NAMES), *TRACES)
    arrays = arrays_in(content, name, wanted, most=_MOST_NUMBERS, dimensions=5)
    best = {key: _like(arrays[f"best.{key}"], array, key) for key, array in training.params}
    if len(training.order) not in (0, len(data.train)):
        raise ValueError(f"it goes through {len(training.order)} images, not {len(data.train)}")
    s = FieldState(
        p, data, training, FieldParams.of(best), int(run["best_epoch"]),
        **records_in(run, arrays, Update, Epoch, Sums, (p.epochs, training.epoch), _UNKNOWN),
    )  # fmt: skip
    if s.batch != -(-training.at // p.batch):
        raise ValueError("its epochs and its updates don't fit together")
    return s


def _pairs(array: Array) -> Array:
    """Complex numbers as pairs along a last axis."""
    if not np.iscomplexobj(array):
        return array
    return np.ascontiguousarray(array).view(np.float64).reshape(*array.shape, 2)


def _like(found: Array, array: Array, key: str) -> Array:
    """What was read, in the type of what is expected there. Raises ValueError."""
    wanted = _pairs(array).shape
    if found.shape != wanted:
        raise ValueError(f"best.{key} has the shape {found.shape}, not {wanted}")
    if not np.iscomplexobj(array):
        return found
    return np.ascontiguousarray(found).view(np.complex128).reshape(array.shape)


def with_epochs(s: FieldState, epochs: int) -> FieldState:
    """The run with another number of epochs; it goes on if some are left. 0: no end."""
    stopped = s.stopped if s.exploded else ending(epochs, s.epoch)
    return replace(s, params=replace(s.params, epochs=epochs), stopped=stopped)
