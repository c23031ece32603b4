"""Runs in files: .npz without pickles, from which training goes on bit for bit.

A file holds the parameters and Adam's moments, the order of the epoch that has begun, the alphabet
and, as JSON in the array ``state``, the rest: what learns and how, counts, the generator's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from deepfractals_gui.atlas.model import MOST_NUMBERS, NAMES, AtlasParams, AtlasSpec
from deepfractals_gui.atlas.texts import MOST_CHARACTERS, Alphabet
from deepfractals_gui.atlas.training import TrainingSpec, TrainingState
from deepfractals_gui.core.archives import each_array, shapes_in
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.checkpoints import (
    CheckpointError,
    archive,
    check_taken,
    json_array,
    state_in,
    told,
    whole,
)
from deepfractals_gui.core.contents import content_of
from deepfractals_gui.nn.model_files import write_whole

VERSION = 1
_LIMIT = 1 << 29
_PARTS = ("params", "first", "second")
S = TypeVar("S", AtlasSpec, TrainingSpec)


def checkpoint_arrays(s: TrainingState, alphabet: Alphabet) -> dict[str, Array]:
    """The arrays of a file."""
    state = {
        "atlas": VERSION, "spec": asdict(s.spec), "training": asdict(s.training), "rng": s.rng,
        "at": s.at, "updates": s.updates, "epoch": s.epoch,
    }  # fmt: skip
    found: dict[str, Array] = {
        "state": json_array(state),
        "alphabet": np.array([ord(one) for one in alphabet.characters], np.int64),
        "order": s.order.astype(np.uint32),
    }
    for part in _PARTS:
        for name, array in getattr(s, part):
            found[f"{part}.{name}"] = array
    return found


def checkpoint_bytes(s: TrainingState, alphabet: Alphabet) -> bytes:
    """The content of a file."""
    return archive(checkpoint_arrays(s, alphabet))


def save_checkpoint(path: Path, s: TrainingState, alphabet: Alphabet) -> None:
    """Write a file, which a failure leaves as it was. Raises OSError."""
    write_whole(path, checkpoint_bytes(s, alphabet))


def load_checkpoint(path: Path) -> tuple[TrainingState, Alphabet]:
    """Read a file.

    Raises
    ------
    CheckpointError   it holds no run that can go on
    OSError           it can't be read
    """
    return checkpoint_in(content_of(path, _LIMIT, CheckpointError), path.name)


def checkpoint_in(content: bytes, name: str) -> tuple[TrainingState, Alphabet]:
    """The run in a file's content. Raises CheckpointError."""
    with told(name):
        state = state_in(content, name, "atlas", VERSION, "the text atlas")
        spec, training = (
            _described(AtlasSpec, state["spec"]), _described(TrainingSpec, state["training"])
        )  # fmt: skip
        arrays = _arrays(content, name, spec)
        return _state(state, spec, training, arrays), _alphabet(arrays["alphabet"])


def _arrays(content: bytes, name: str, spec: AtlasSpec) -> dict[str, Array]:
    """A file's arrays, float32 and int64, in the shapes that the model has. Raises ValueError."""
    known = {f"{part}.{one}": spec.shapes[one] for part in _PARTS for one in NAMES}
    wanted = [*known, "order", "alphabet"]
    shapes = shapes_in(content, name, wanted, most=MOST_NUMBERS)
    for one, shape in known.items():
        if shapes[one] != shape:
            raise ValueError(f"{one} isn't {shape} finite numbers")
    if len(shapes["order"]) != 1 or shapes["order"][0] > min(spec.capacity, MOST_CHARACTERS):
        raise ValueError("its order of positions is none")
    if shapes["alphabet"] != (spec.symbols,):
        raise ValueError(f"its alphabet isn't one of {spec.symbols} characters")
    check_taken(4 * (len(_PARTS) * spec.count + shapes["order"][0]), content)
    found = {}
    with np.errstate(over="ignore", invalid="ignore"):
        for one, array in each_array(content, name, wanted, most=MOST_NUMBERS):
            found[one] = array.astype(np.float32 if one in known else np.int64)
    return found


def _described(kind: type[S], values: Any) -> S:
    """A description from its values by name, each of the right kind."""
    if not isinstance(values, dict) or set(values) != {one.name for one in fields(kind)}:
        raise ValueError(f"its {kind.__name__} has other names")
    for one in fields(kind):
        value, wanted = values[one.name], str(one.type)
        fits = {"int": int, "float": (int, float), "str": str}[wanted]
        if isinstance(value, bool) or not isinstance(value, fits):  # type: ignore[arg-type]
            raise ValueError(f"{one.name} can't be {str(value)[:40]}")
    return kind(**values)


def _state(
    state: Mapping[str, Any], spec: AtlasSpec, training: TrainingSpec, arrays: Mapping[str, Array]
) -> TrainingState:
    known = spec.shapes
    parts: list[AtlasParams] = []
    for part in _PARTS:
        found = {}
        for one in NAMES:
            array = arrays[f"{part}.{one}"]
            if not np.isfinite(array).all():
                raise ValueError(f"{part}.{one} isn't {known[one]} finite numbers")
            if part == "second" and array.min(initial=0.0) < 0.0:
                raise ValueError(f"{part}.{one} has a number below 0, which is no square")
            found[one] = array
        parts.append(AtlasParams.of(found))
    order = arrays["order"]
    at, updates, epoch = (whole(state[one], one) for one in ("at", "updates", "epoch"))
    if not np.array_equal(np.sort(order), np.arange(order.size)) or at > order.size:
        raise ValueError("its order of positions is none")
    generator = np.random.PCG64()
    generator.state = state["rng"]
    if generator.state != state["rng"]:
        raise ValueError("the state of its generator is none")
    params, first, second = parts
    return TrainingState(
        spec, training, params, first, second, rng=dict(generator.state), order=order, at=at,
        updates=updates, epoch=epoch,
    )  # fmt: skip


def _alphabet(points: Array) -> Alphabet:
    return Alphabet("".join(chr(int(point)) for point in points))
