"""Models in files: .npz without pickles, in which a JSON text lies beside the arrays.

A file holds ``spec`` (the NetSpec's JSON as bytes), the arrays that `arrays_of` names, and, so that
training goes on bit for bit, what the optimiser remembers and the states of the dropout layers'
generators. Whoever writes it may add arrays and notes of their own.
"""

from __future__ import annotations

import io
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.contents import content_of
from deepfractals_gui.nn.building import arrays_of, model_of, set_arrays, spec_of
from deepfractals_gui.nn.layers import DropoutLayer, Layer, ShapeError
from deepfractals_gui.nn.model import Model
from deepfractals_gui.nn.spec import NetSpec, SpecError

LIMIT = 1 << 29
"""Bytes of a file, at most."""
_MOST = LIMIT - (1 << 20)
"""Bytes of all arrays; the names and headers around them need a little more."""
_MOST_NUMBERS = 1 << 26
_MOST_UPDATES = 1 << 53
_MOST_TEXT = 1 << 22


class ModelFileError(ValueError):
    """A file holds no model that can be used, or can't keep one; one line says what is wrong."""


class Stored(NamedTuple):
    """What a file holds.

    Attributes
    ----------
    model, spec : the network with its weights, its optimiser where it was, and its description
    notes : what its writer noted, a JSON object
    arrays : the arrays asked for beside the model's, float64
    """

    model: Model
    spec: NetSpec
    notes: dict[str, Any]
    arrays: dict[str, Array]


def model_bytes(
    model: Model,
    spec: NetSpec | None = None,
    notes: Mapping[str, Any] | None = None,
    arrays: Mapping[str, Array] | None = None,
) -> bytes:
    """The content of a file.

    Raises
    ------
    SpecError        a model built by hand has no description
    ModelFileError   it couldn't be read again: a number isn't finite, or there are too many
    """
    spec = spec_of(model) if spec is None else spec
    state: dict[str, Any] = {"notes": dict(notes or {}), "updates": [], "generators": []}
    found: dict[str, Array] = dict(arrays_of(model))
    optimizer = getattr(model, "optimizer", None)
    for number, layer in enumerate(_learning(model)):
        memory = None if optimizer is None else optimizer.memory(layer)
        state["updates"].append(memory.updates if memory else 0)
        for parameter, kept in memory.arrays.items() if memory else ():
            for moment, array in kept.items():
                if array.any():
                    found[f"memory{number}.{parameter}.{moment}"] = array
    for name, array in found.items():
        if not np.isfinite(array).all():
            raise ModelFileError(f"{name} holds numbers that aren't finite, which no file keeps")
    generators = [layer.rng for layer in _silencing(model)]
    state["generators"] = [_state_of(one) for one in generators]
    state["shared"] = [[other is one for other in generators].index(True) for one in generators]
    for name, array in (arrays or {}).items():
        if name in found:
            raise ValueError(f"{name} is the name of an array of the model")
        found[name] = array
    found["spec"] = _text(spec.to_json())
    found["state"] = _text(json.dumps(state, allow_nan=False))
    if found["state"].size > _MOST_TEXT or sum(array.nbytes for array in found.values()) > _MOST:
        raise ModelFileError(f"a file of this model would be larger than {LIMIT >> 20} MiB")
    buffer = io.BytesIO()
    np.savez(buffer, **found)  # type: ignore[arg-type]
    return buffer.getvalue()


def save_model(
    path: Path,
    model: Model,
    spec: NetSpec | None = None,
    notes: Mapping[str, Any] | None = None,
    arrays: Mapping[str, Array] | None = None,
) -> None:
    """Write a file, which a failure leaves as it was.

    Parameters
    ----------
    spec : the description that the model was made from; without one it is described as it is
    notes, arrays : what `load_model` gives back beside the model

    Raises
    ------
    SpecError, ModelFileError   the model can't be kept, see `model_bytes`
    OSError                     the file can't be written
    """
    write_whole(Path(path), model_bytes(model, spec, notes, arrays))


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the target and rename, so that there is the old file or the new one."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_model(path: Path, optional: Sequence[str] = ()) -> Stored:
    """Read a file. Raises ModelFileError, and OSError where it can't be read."""
    path = Path(path)
    return model_in(content_of(path, LIMIT, ModelFileError), path.name, optional)


def model_in(content: bytes, name: str, optional: Sequence[str] = ()) -> Stored:
    """The model of a file's content, and those of the ``optional`` arrays that it has.

    Raises
    ------
    ModelFileError   one line that says what is wrong with the file
    """
    try:
        spec = NetSpec.from_json(_read_text(content, name, "spec", "{}"))
    except SpecError as error:
        raise ModelFileError(f"{name}: its description of the network is wrong: {error}") from None
    model = model_of(spec)
    wanted = tuple(arrays_of(model))
    moments = tuple(
        f"memory{number}.{parameter.name}.{moment}"
        for number, layer in enumerate(_learning(model))
        for parameter in layer.parameters()
        for moment in ("first", "second")
    )
    found = _read(content, name, wanted, (*moments, *optional))
    try:
        set_arrays(model, found)
    except ShapeError as error:
        raise ModelFileError(f"{name}: {error}") from None
    notes = _resume(model, found, _read_text(content, name, "state", "{}"), name)
    return Stored(model, spec, notes, {key: found[key] for key in optional if key in found})


def _resume(model: Model, found: Mapping[str, Array], text: str, name: str) -> dict[str, Any]:
    """Give optimiser and generators what they had; the notes."""
    try:
        state = json.loads(text)
        updates, states = state.get("updates", []), state.get("generators", [])
        notes = state.get("notes", {})
        if not isinstance(notes, dict):
            raise TypeError("the notes are no object")
        layers = _learning(model)
        for number, (layer, count) in enumerate(zip(layers, updates, strict=False)):
            memory = model.optimizer.memory(layer)
            memory.updates = _whole(count, _MOST_UPDATES)
            for parameter in layer.parameters():
                kept = memory.of(parameter.name, parameter.value, model.optimizer.moments)
                for moment, array in kept.items():
                    given = found.get(f"memory{number}.{parameter.name}.{moment}")
                    if given is not None and given.shape != array.shape:
                        raise ValueError(f"a moment has the shape {given.shape}")
                    if given is not None:
                        array[...] = _moment(given, moment)
        silent = _silencing(model)
        shared = state.get("shared", [0] * len(states))
        for number, (dropout, one, first) in enumerate(zip(silent, states, shared, strict=False)):
            if _whole(first, number) == number:
                dropout.rng = np.random.Generator(np.random.PCG64())
            else:
                dropout.rng = silent[first].rng
            dropout.rng.bit_generator.state = one
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ModelFileError(f"{name}: its state of training is damaged: {error}") from None
    return notes


def _learning(model: Model) -> list[Layer]:
    return [layer for layer in model.walk() if layer.parameters()]


def _silencing(model: Model) -> list[DropoutLayer]:
    return [layer for layer in model.walk() if isinstance(layer, DropoutLayer)]


def _state_of(rng: np.random.Generator) -> Any:
    kind = getattr(rng, "bit_generator", rng)
    if not isinstance(kind, np.random.PCG64):
        raise SpecError(f"dropout draws from {type(kind).__name__}; a file keeps PCG64 alone")
    return kind.state


def _whole(value: Any, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{value!r:.40} is no whole number from 0 to {most}")
    return value


def _moment(given: Array, moment: str) -> Array:
    if not np.isfinite(given).all() or (moment == "second" and given.min() < 0.0):
        raise ValueError(f"a {moment} moment is negative or not finite")
    return given


def _text(text: str) -> Array:
    return np.frombuffer(text.encode(), np.uint8)


def _read_text(content: bytes, name: str, member: str, missing: str) -> str:
    try:
        found = arrays_in(content, name, (), (member,), most=_MOST_TEXT)
        if member not in found:
            if member == "spec":
                raise ModelFileError(f"{name} holds no model: it has no array spec")
            return missing
        numbers = found[member]
        if not ((numbers >= 0) & (numbers < 256)).all():
            raise ModelFileError(f"{name}: {member} is not a text")
        return numbers.astype(np.uint8).tobytes().decode()
    except UnicodeDecodeError:
        raise ModelFileError(f"{name}: {member} is not a text") from None
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(str(error)) from None


def _read(
    content: bytes, name: str, wanted: Sequence[str], optional: Sequence[str]
) -> dict[str, Array]:
    try:
        return arrays_in(content, name, wanted, optional, most=_MOST_NUMBERS)
    except ValueError as error:
        raise ModelFileError(str(error)) from None
