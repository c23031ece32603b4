"""A model as its kernels take it, and the gradients as they give them back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_shapes import Grid, Net, Sums


@dataclass(frozen=True, eq=False)
class Packed:
    """A model with one key, ready for `kernels.atlas_model`."""

    grid: Grid
    net: Net


def fours(count: int) -> int:
    """The least multiple of four that isn't below."""
    return -(-count // 4) * 4


def packed(spec: AtlasSpec, params: AtlasParams, key: Array) -> Packed:
    """Weights in whole fours, with their transposes; the key goes into the biases."""
    kind = params.first.dtype
    d, v = fours(spec.inputs), fours(spec.symbols)
    first, inject = (_padded(getattr(params, name), 1, d) for name in ("first", "inject"))
    readout = _padded(params.readout, 0, v)
    block = params.block[spec.mask]
    z = key.astype(kind)
    flat = np.ascontiguousarray
    net = Net(
        first=flat(first).reshape(-1),
        first_bias=params.first_bias + keyed(params.first_key, z),
        second=flat(params.second).reshape(-1),
        second_bias=params.second_bias,
        inject=flat(inject).reshape(-1),
        block=flat(block).reshape(-1),
        block_bias=params.block_bias + keyed(params.inject_key, z),
        readout=flat(readout).reshape(-1),
        readout_bias=_padded(params.readout_bias, 0, v),
        first_back=flat(first.T).reshape(-1),
        second_back=flat(params.second.T).reshape(-1),
        inject_back=flat(inject.T).reshape(-1),
        block_back=flat(block.transpose(0, 2, 1)).reshape(-1),
        readout_back=flat(readout.T).reshape(-1),
        zeros=np.zeros(max(d, v, spec.hidden), kind),
        units=spec.mask,
        shape=np.array([d, spec.hidden, v, spec.symbols], np.int64),
        rate=np.array([spec.rate], kind),
    )
    return Packed(Grid(spec.capacity, spec.octaves, spec.grids, flat(params.table)), net)


def keyed(columns: Array, key: Array) -> Array:
    """columns · key, by additions in their order: a file's model must be the same everywhere."""
    total = np.zeros(len(columns), columns.dtype)
    for k, number in enumerate(key):
        total += columns[:, k] * number
    return total


def blank_sums(spec: AtlasSpec, kind: np.dtype, whole: bool = True) -> Sums:
    """Gradients of 0; of the biases alone, unless ``whole``."""
    d, h, v = fours(spec.inputs), spec.hidden, fours(spec.symbols)
    sizes = {
        "first": h * d, "second": h * h, "inject": h * d, "block": spec.mask.size * h,
        "readout": v * h,
    }  # fmt: skip
    biases = {"first_bias": h, "second_bias": h, "block_bias": h, "readout_bias": v}
    empty: Callable[[int], Array] = lambda size: np.zeros(size, kind)  # noqa: E731
    return Sums(**{
        **{name: empty(size if whole else 0) for name, size in sizes.items()},
        **{name: empty(size) for name, size in biases.items()},
    })  # fmt: skip


def unpacked(spec: AtlasSpec, sums: Sums, key: Array, table: Array) -> AtlasParams:
    """Gradients as parameters are laid out; ``table`` is the table's."""
    h, d, v = spec.hidden, spec.inputs, spec.symbols
    kind = sums.first.dtype
    z = key.astype(kind)
    block = np.zeros((h, h), kind)
    # Units come several times: a step after the other, each unit once in it.
    for units, rows in zip(spec.mask, sums.block.reshape(*spec.mask.shape, h), strict=True):
        block[units] += rows
    return AtlasParams(
        table=table,
        first=np.ascontiguousarray(sums.first.reshape(h, -1)[:, :d]),
        first_key=np.outer(sums.first_bias, z),
        first_bias=sums.first_bias,
        second=sums.second.reshape(h, h),
        second_bias=sums.second_bias,
        inject=np.ascontiguousarray(sums.inject.reshape(h, -1)[:, :d]),
        inject_key=np.outer(sums.block_bias, z),
        block=block,
        block_bias=sums.block_bias,
        readout=np.ascontiguousarray(sums.readout.reshape(-1, h)[:v]),
        readout_bias=sums.readout_bias[:v],
    )


def key_gradient(params: AtlasParams, sums: Sums) -> Array:
    """The gradient by the key, (K,), which reaches the model through two biases."""
    found: Array = params.first_key.T @ sums.first_bias + params.inject_key.T @ sums.block_bias
    return found


def _padded(array: Array, axis: int, size: int) -> Array:
    missing = [(0, 0)] * array.ndim
    missing[axis] = (0, size - array.shape[axis])
    return np.pad(array, missing)
