"""Runs in files: .npz without pickles, from which training goes on bit for bit.

A file holds the parameters, Adam's moments, the kernel's norm with its singular vectors, the order
of the epoch that has begun, and, as JSON in the array ``state``, the rest: what learns and how,
counts, the generator's state, the best accuracy.

A file of a field alone holds fewer of the same arrays: what moves it, and ``state`` with its shape.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.checkpoints import (
    CheckpointError,
    archive,
    json_array,
    state_in,
    told,
)
from deepfractals_gui.core.contents import content_of
from deepfractals_gui.equilibrium.field import NAMES, FieldParams, FieldSpec, initial_params
from deepfractals_gui.equilibrium.images import Standard
from deepfractals_gui.equilibrium.spectral import Peak
from deepfractals_gui.equilibrium.training import TrainingSpec, TrainingState
from deepfractals_gui.nn.model_files import write_whole

VERSION = 1
_LIMIT = 1 << 28
_MOST_NUMBERS = 1 << 23
_PARTS = ("params", "first", "second")
_PEAK = ("vectors", "left", "right")
MOVING = ("weights", "bias", "input_weights", "input_bias", "raw")
"""The parameters that move a field; the others read it."""


def checkpoint_arrays(s: TrainingState, standard: Standard) -> dict[str, Array]:
    """The arrays of a file."""
    state = {
        "field": VERSION,
        "spec": asdict(s.spec),
        "training": asdict(s.training),
        "standard": [standard.mean.hex(), standard.deviation.hex()],
        "rng": s.rng,
        "at": s.at, "updates": s.updates, "epoch": s.epoch,
        "best": None if math.isnan(s.best) else float(s.best).hex(),
        "sigma": s.peak.sigma.hex(),
        "frequency": [one.hex() for one in s.peak.frequency],
    }  # fmt: skip
    found: dict[str, Array] = {
        "state": json_array(state),
        "order": s.order,
    }
    for part in _PARTS:
        for name, array in getattr(s, part):
            found[f"{part}.{name}"] = _real(array)
    for name in _PEAK:
        found[f"peak.{name}"] = _real(getattr(s.peak, name))
    return found


def checkpoint_bytes(s: TrainingState, standard: Standard) -> bytes:
    """The content of a file."""
    return archive(checkpoint_arrays(s, standard))


def save_checkpoint(path: Path, s: TrainingState, standard: Standard) -> None:
    """Write a file, which a failure leaves as it was. Raises OSError."""
    write_whole(path, checkpoint_bytes(s, standard))


def save_epoch(folder: Path, s: TrainingState, standard: Standard, improved: bool) -> None:
    """Write ``epoch_N.npz``, ``best.npz`` where this is the best, and last of all ``last.npz``.

    A run that is cut off between two of them goes on from the epoch before.
    """
    content = checkpoint_bytes(s, standard)
    names = (f"epoch_{s.epoch}.npz", *(("best.npz",) if improved else ()), "last.npz")
    for name in names:
        write_whole(folder / name, content)


def load_checkpoint(path: Path) -> tuple[TrainingState, Standard]:
    """Read a file.

    Raises
    ------
    CheckpointError   it holds no run that can go on
    OSError           it can't be read
    """
    return checkpoint_in(content_of(path, _LIMIT, CheckpointError), path.name)


def checkpoint_in(content: bytes, name: str) -> tuple[TrainingState, Standard]:
    """The run in a file's content. Raises CheckpointError."""
    with told(name):
        state, spec = _head(content, name)
        training = TrainingSpec(**_known(TrainingSpec, state["training"]))
        wanted = [f"{part}.{one}" for part in _PARTS for one in NAMES]
        wanted += ["order", *(f"peak.{one}" for one in _PEAK)]
        arrays = arrays_in(content, name, wanted, most=_MOST_NUMBERS, dimensions=5)
        return _state(state, spec, training, arrays)


def field_bytes(spec: FieldSpec, params: FieldParams) -> bytes:
    """The content of a file of a field alone."""
    found = {"state": json_array({"field": VERSION, "spec": asdict(spec)})}
    return archive(found | {f"params.{one}": _real(getattr(params, one)) for one in MOVING})


def field_in(content: bytes, name: str) -> tuple[FieldSpec, FieldParams]:
    """The field in the content of its own file, or of a run's, with a readout that is 0 and small.

    Raises CheckpointError.
    """
    with told(name):
        _, spec = _head(content, name)
        spec = replace(spec, pooled=1, classes=1)
        wanted = [f"params.{one}" for one in MOVING]
        arrays = arrays_in(content, name, wanted, most=_MOST_NUMBERS, dimensions=5)
        found = {key: np.zeros_like(array) for key, array in initial_params(spec, 0)}
        for one in MOVING:
            key, like = f"params.{one}", found[one]
            found[one] = _shaped(arrays[key], like.shape, np.iscomplexobj(like), key)
        return spec, FieldParams.of(found)


def _head(content: bytes, name: str) -> tuple[dict[str, Any], FieldSpec]:
    """What is said in words, and the field's shape."""
    state = state_in(content, name, "field", VERSION, "the field")
    spec = FieldSpec(**_known(FieldSpec, state["spec"]))
    if spec.pooled**2 * spec.channels * spec.classes > _MOST_NUMBERS:
        raise ValueError(f"a readout of {spec.pooled} x {spec.pooled} points is too large")
    return state, spec


def _state(
    state: Mapping[str, Any], spec: FieldSpec, training: TrainingSpec, arrays: Mapping[str, Array]
) -> tuple[TrainingState, Standard]:
    model = initial_params(spec, 0)
    params, first, second = (
        FieldParams.of({
            one: _shaped(
                arrays[f"{part}.{one}"], like.shape, np.iscomplexobj(like) and part != "second",
                f"{part}.{one}",
            )
            for one, like in model
        })
        for part in _PARTS
    )  # fmt: skip
    c, count = spec.channels, spec.height * spec.width
    vectors, left, right = (
        _shaped(arrays[f"peak.{one}"], shape, True, f"peak.{one}")
        for one, shape in zip(_PEAK, ((count, c), (c,), (c,)), strict=True)
    )
    mean, deviation = (float.fromhex(one) for one in state["standard"])
    down, across = (float.fromhex(one) for one in state["frequency"])
    order = arrays["order"].astype(np.int64)
    at, updates, epoch = (_count(state[one], one) for one in ("at", "updates", "epoch"))
    if order.ndim != 1 or sorted(order) != list(range(len(order))) or at > len(order):
        raise ValueError("its order of rows is none")
    if not 0.0 < deviation < math.inf or not math.isfinite(mean):
        raise ValueError("its images are scaled by no number")
    best = math.nan if state["best"] is None else float.fromhex(state["best"])
    # Checked by what takes it.
    np.random.PCG64().state = state["rng"]
    peak = Peak(float.fromhex(state["sigma"]), left, right, (down, across), vectors)
    return TrainingState(
        spec, training, params, first, second, peak, dict(state["rng"]), order, at, updates,
        epoch, best,
    ), Standard(mean, deviation)  # fmt: skip


def _known(kind: type[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a spec, each of the type of its default."""
    found = {}
    for one in fields(kind):
        value = values[one.name]
        wanted = type(one.default)
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise ValueError(f"{one.name} is no {wanted.__name__}")
        if wanted is float and isinstance(value, int):
            value = float(value)
        if type(value) is not wanted:
            raise ValueError(f"{one.name} is no {wanted.__name__}")
        found[one.name] = value
    return found


def _count(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{name} is no count")
    return value


def _real(array: Array) -> Array:
    """Complex numbers as pairs of real ones."""
    if not np.iscomplexobj(array):
        return array
    return np.stack([array.real, array.imag], axis=-1)


def _shaped(array: Array, shape: tuple[int, ...], paired: bool, name: str) -> Array:
    """The array of this shape that `_real` made these numbers of. Raises ValueError."""
    if array.shape != (*shape, 2) if paired else array.shape != shape:
        raise ValueError(f"{name} has the shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} isn't finite")
    if not paired:
        return array
    found = np.empty(shape, np.complex128)
    found.real, found.imag = array[..., 0], array[..., 1]
    return found
