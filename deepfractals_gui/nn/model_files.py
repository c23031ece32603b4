"""Models in files: .npz without pickles, in which a JSON text lies beside the arrays.

A file holds ``spec`` (the NetSpec's JSON as bytes), the arrays that `arrays_of` names, and, so that
training goes on where it was, what the optimiser remembers and the generators' states. Whoever
writes it may add arrays and notes of their own.
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
from deepfractals_gui.nn.building import arrays_of, layers_of, model_of, set_arrays
from deepfractals_gui.nn.layers import DropoutLayer, Layer, ShapeError
from deepfractals_gui.nn.model import Model
from deepfractals_gui.nn.spec import NetSpec, SpecError

LIMIT = 1 << 29
"""Bytes of a file, at most."""
_MOST_NUMBERS = 1 << 25
_MOST_TEXT = 1 << 22


class ModelFileError(ValueError):
    """A file holds no model that can be used; one line names the file and what is wrong."""


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


def spec_of(model: Model, spec: NetSpec | None) -> NetSpec:
    """The description given, or one of a model that was built by hand.

    Raises
    ------
    SpecError   it has no loss of a description, or a layer has none
    """
    if spec is not None:
        return spec
    first = next((p.value for layer in model.walk() for p in layer.parameters()), None)
    if first is None:
        raise SpecError("a model without weights has no description")
    return NetSpec(first.shape[0], layers_of(model))


def model_bytes(
    model: Model,
    spec: NetSpec | None = None,
    notes: Mapping[str, Any] | None = None,
    arrays: Mapping[str, Array] | None = None,
) -> bytes:
    """The content of a file. Raises SpecError where a model built by hand has no description."""
    spec = spec_of(model, spec)
    state: dict[str, Any] = {"notes": dict(notes or {}), "updates": [], "generators": []}
    found: dict[str, Array] = dict(arrays_of(model))
    for number, layer in enumerate(_learning(model)):
        memory = model.optimizer.memory(layer) if hasattr(model, "optimizer") else None
        state["updates"].append(memory.updates if memory else 0)
        for parameter, kept in memory.arrays.items() if memory else ():
            for moment, array in kept.items():
                if array.any():
                    found[f"memory{number}.{parameter}.{moment}"] = array
    for layer in model.walk():
        if isinstance(layer, DropoutLayer):
            state["generators"].append(layer.rng.bit_generator.state)
    for name, array in (arrays or {}).items():
        if name in found:
            raise ValueError(f"{name} is the name of an array of the model")
        found[name] = array
    found["spec"] = _text(spec.to_json())
    found["state"] = _text(json.dumps(state, allow_nan=False))
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

    Raises
    ------
    SpecError   a model built by hand has no description
    OSError     it can't be written
    """
    write_whole(path, model_bytes(model, spec, notes, arrays))


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
    if path.stat().st_size > LIMIT:
        raise ModelFileError(f"{path.name} is larger than {LIMIT >> 20} MiB")
    return model_in(path.read_bytes(), path.name, optional)


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
            memory.updates = int(count)
            for parameter in layer.parameters():
                kept = memory.of(parameter.name, parameter.value, model.optimizer.moments)
                for moment, array in kept.items():
                    given = found.get(f"memory{number}.{parameter.name}.{moment}")
                    if given is not None and given.shape != array.shape:
                        raise ValueError(f"a moment has the shape {given.shape}")
                    if given is not None:
                        array[...] = given
        silent = [layer for layer in model.walk() if isinstance(layer, DropoutLayer)]
        for dropout, one in zip(silent, states, strict=False):
            dropout.rng.bit_generator.state = one
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        raise ModelFileError(f"{name}: its state of training is damaged: {error}") from None
    return notes


def _learning(model: Model) -> list[Layer]:
    return [layer for layer in model.walk() if layer.parameters()]


def _text(text: str) -> Array:
    return np.frombuffer(text.encode(), np.uint8)


def _read_text(content: bytes, name: str, member: str, missing: str) -> str:
    try:
        found = arrays_in(content, name, (), (member,), most=_MOST_TEXT)
        if member not in found:
            if member == "spec":
                raise ModelFileError(f"{name} holds no model: it has no array spec")
            return missing
        return found[member].astype(np.uint8).tobytes().decode()
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
