"""Weights in 8 or 4 bits, packed for an export.

A row of a matrix, and a level of the grid, has a scale of its own, so that its largest number is
the largest code; a code is a byte, which the export's coder shrinks to what it holds. Biases are
kept in 16 bits of floating point, and the columns for keys only where there is a key. What is
unpacked are float32 numbers that are read as any others.

In this order: the version, the bits, and 1 where columns for keys follow, a byte each; the length
of the JSON that gives the shape, two bytes, and the JSON; the scales of all arrays, float32;
the biases, float16; the codes, uint8. All little-endian.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import asdict, fields

import numpy as np

from deepfractals_gui.atlas.model import KEYED, AtlasParams, AtlasSpec
from deepfractals_gui.atlas.reading import AtlasModel
from deepfractals_gui.core.arrays import Array

BITS = (8, 4)
VERSION = 1
_MOST_SHAPE = 4096


def packed(
    spec: AtlasSpec, params: AtlasParams, bits: int, *, keyed: bool = False
) -> bytes:  # fmt: skip
    """The weights in so many bits, with the columns for keys or without.

    Raises
    ------
    ValueError   bits are neither 8 nor 4; or a weight isn't finite, a bias above 65,504
    """
    if bits not in BITS:
        raise ValueError(f"weights are kept in 8 or 4 bits, not {bits}")
    largest = (1 << (bits - 1)) - 1
    shape = json.dumps(asdict(spec), separators=(",", ":")).encode()
    scales, biases, codes = [], [], []
    for name, array in params:
        if name in KEYED and not keyed:
            continue
        kept = array.astype("<f2") if array.ndim == 1 else array
        if not np.isfinite(kept).all():
            raise ValueError(f"{name} has a number that is not finite, or too large to be kept")
        if array.ndim == 1:
            biases.append(kept.tobytes())
            continue
        for group in _groups(spec, name, np.asarray(array, np.float32)):
            most = float(np.abs(group).max(initial=0.0))
            scale = np.float32(most / largest)
            scales.append(scale.astype("<f4").tobytes())
            code = np.rint(group / scale) if scale > 0 else np.zeros_like(group)
            codes.append((np.clip(code, -largest, largest) + largest).astype(np.uint8).tobytes())
    head = bytes([VERSION, bits, keyed]) + len(shape).to_bytes(2, "little") + shape
    return b"".join((head, *scales, *biases, *codes))


def unpacked(content: bytes) -> tuple[AtlasSpec, AtlasParams, int]:
    """The shape, the weights as float32, and their bits. Raises ValueError where there are none."""
    if len(content) < 5 or content[0] != VERSION or content[1] not in BITS or content[2] > 1:
        raise ValueError("the weights have a form that is not known")
    bits, size = content[1], int.from_bytes(content[3:5], "little")
    spec = _spec(content[5 : 5 + size])
    largest = (1 << (bits - 1)) - 1
    known = {name: shape for name, shape in spec.shapes.items() if content[2] or name not in KEYED}
    matrices = {name: shape for name, shape in known.items() if len(shape) == 2}
    groups = sum(len(list(_spans(spec, name, shape))) for name, shape in matrices.items())
    biases = sum(shape[0] for shape in known.values() if len(shape) == 1)
    numbers = sum(math.prod(shape) for shape in matrices.values())
    at = 5 + size
    if len(content) != at + 4 * groups + 2 * biases + numbers:
        raise ValueError("the weights are cut off, or there are too many")
    scales = np.frombuffer(content, "<f4", groups, at).astype(np.float32)
    floats = np.frombuffer(content, "<f2", biases, at + 4 * groups).astype(np.float32)
    codes = np.frombuffer(content, np.uint8, numbers, at + 4 * groups + 2 * biases)
    if not (np.isfinite(scales).all() and np.isfinite(floats).all()) or (scales < 0).any():
        raise ValueError("the weights have a number that is not finite, or a scale below 0")
    if codes.max(initial=0) > 2 * largest:
        raise ValueError(f"the weights have a code of more than {bits} bits")
    return spec, _params(spec, known, scales, floats, codes, largest), bits


def _params(
    spec: AtlasSpec, known: dict[str, tuple[int, ...]], scales: Array, floats: Array, codes: Array,
    largest: int,
) -> AtlasParams:  # fmt: skip
    found: dict[str, Array] = {}
    group = number = bias = 0
    for name, shape in spec.shapes.items():
        if name not in known:
            found[name] = np.zeros(shape, np.float32)
        elif len(shape) == 1:
            found[name] = floats[bias : bias + shape[0]].copy()
            bias += shape[0]
        else:
            count = math.prod(shape)
            array = (codes[number : number + count].astype(np.float32) - largest).reshape(shape)
            for start, stop in _spans(spec, name, shape):
                array[start:stop] *= scales[group]
                group += 1
            found[name] = array
            number += count
    return AtlasParams.of(found)


def _groups(spec: AtlasSpec, name: str, array: Array) -> Iterator[Array]:
    return (array[start:stop] for start, stop in _spans(spec, name, array.shape))


def _spans(spec: AtlasSpec, name: str, shape: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """The rows that share a scale: a level of the grid, a row of a matrix."""
    starts = spec.grids[:, 1].tolist() if name == "table" else list(range(shape[0]))
    return zip(starts, [*starts[1:], shape[0]], strict=True) if starts else iter(())


def _spec(text: bytes) -> AtlasSpec:
    if len(text) > _MOST_SHAPE:
        raise ValueError("the model's shape is too long")
    try:
        found = json.loads(text)
        names = {one.name for one in fields(AtlasSpec)}
        if not isinstance(found, dict) or set(found) != names:
            raise ValueError("it has other names")
        default = AtlasSpec(1, 2)
        for name, value in found.items():
            wanted = type(getattr(default, name))
            if isinstance(value, bool) or not isinstance(value, (wanted, int)):
                raise ValueError(f"{name} can't be {str(value)[:40]}")
            found[name] = wanted(value)
        return AtlasSpec(**found)
    except (ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"the model's shape can't be read: {error}") from None


def predictor(weights: bytes, key: bytes, symbols: int) -> AtlasModel:
    """The model that an export holds, with a text's key, float32, or none.

    Raises
    ------
    ValueError   the bytes make no model for an alphabet of so many symbols
    """
    spec, params, _ = unpacked(weights)
    if spec.symbols != symbols:
        raise ValueError(
            f"the model answers with {spec.symbols} symbols, but the alphabet has {symbols}"
        )
    return AtlasModel(spec, params, key_in(key, spec))


def key_bytes(key: Array) -> bytes:
    """A key as it is exported."""
    return key.astype("<f4").tobytes()


def key_in(content: bytes, spec: AtlasSpec) -> Array | None:
    """What `key_bytes` wrote, or None. Raises ValueError where it does not fit the model."""
    if not content:
        return None
    if len(content) % 4 or len(content) > 4 * spec.key:
        raise ValueError(f"a key has at most {spec.key} numbers of 4 bytes")
    found = np.frombuffer(content, "<f4").astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError("the key has a number that is not finite")
    return found
