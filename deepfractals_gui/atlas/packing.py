"""A model as its kernels take it, and the gradients as they give them back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_shapes import LANES, Inputs, Net, Sums


@dataclass(frozen=True, eq=False)
class Packed:
    """A model with its keys, ready for `kernels.atlas_model`."""

    inputs: Inputs
    net: Net


def fours(count: int) -> int:
    """The least multiple of four that isn't below."""
    return -(-count // 4) * 4


def packed(spec: AtlasSpec, params: AtlasParams, keys: Array | None = None) -> Packed:
    """Weights in whole fours, with their transposes.

    Parameters
    ----------
    keys : float (P, n), n from 1 to K: position i + p N is position i under key p; None for the
        master's own text

    Raises
    ------
    ValueError   there are keys of no numbers, or of more than the master takes
    """
    size = 0 if keys is None else keys.shape[1]
    if keys is not None and not 0 < size <= spec.key:
        raise ValueError(f"the master takes keys of 1 to {spec.key} numbers, not of {size}")
    kind = params.first.dtype
    seen = key_begin(spec, size)
    d, v = fours(seen + size), fours(spec.symbols)
    first, inject = (
        _padded(np.hstack([own[:, :seen], columns[:, :size]]), 1, d)
        for own, columns in (
            (params.first, params.first_key), (params.inject, params.inject_key)
        )
    )  # fmt: skip
    readout = _padded(params.readout, 0, v)
    block = params.block[spec.mask]
    flat = np.ascontiguousarray
    net = Net(
        first=flat(first).reshape(-1),
        first_bias=params.first_bias,
        second=flat(params.second).reshape(-1),
        second_bias=params.second_bias,
        inject=flat(inject).reshape(-1),
        block=flat(block).reshape(-1),
        block_bias=params.block_bias,
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
    levels, table = (spec.grids[:0], params.table[:0]) if size else (spec.grids, params.table)
    numbers = np.zeros((1, 0), kind) if keys is None else flat(keys.astype(kind))
    return Packed(Inputs(spec.capacity, spec.octaves, levels, flat(table), numbers), net)


def key_begin(spec: AtlasSpec, size: int) -> int:
    """How many features there are beside a key: all without one, else the octaves.

    The grids hold the master's own text, which would only be in the way.
    """
    return 2 * spec.octaves if size else spec.inputs


def blank_sums(net: Net, whole: bool = True) -> Sums:
    """Gradients of 0; of the biases alone, unless ``whole``."""
    names = ("first", "second", "inject", "block", "readout")
    sizes = {name: getattr(net, name).size if whole else 0 for name in names}
    sizes |= {
        f"{name}_bias": getattr(net, f"{name}_bias").size for name in names if name != "inject"
    }
    return Sums(**{name: np.zeros(size, net.first.dtype) for name, size in sizes.items()})


def blank_slopes(inputs: Inputs, tiles: int) -> Array:
    """Gradients of 0 by what a position is seen as, but the octaves."""
    rows = len(inputs.levels) * inputs.table.shape[1] + inputs.keys.shape[1]
    return np.zeros((tiles, rows, LANES), inputs.table.dtype)


def unpacked(spec: AtlasSpec, sums: Sums, size: int, table: Array) -> AtlasParams:
    """Gradients as parameters are laid out.

    Parameters
    ----------
    size : numbers of the key that was seen
    table : the table's gradient
    """
    h, v = spec.hidden, spec.symbols
    kind = sums.first.dtype
    block = np.zeros((h, h), kind)
    # Units come several times: a step after the other, each unit once in it.
    for units, rows in zip(spec.mask, sums.block.reshape(*spec.mask.shape, h), strict=True):
        block[units] += rows
    seen = key_begin(spec, size)

    def split(flat: Array) -> tuple[Array, Array]:
        """Of the features that were seen, and of the key."""
        found = flat.reshape(h, -1)
        own, columns = np.zeros((h, spec.inputs), kind), np.zeros((h, spec.key), kind)
        own[:, :seen], columns[:, :size] = found[:, :seen], found[:, seen : seen + size]
        return own, columns

    (first, first_key), (inject, inject_key) = split(sums.first), split(sums.inject)
    return AtlasParams(
        table=table,
        first=first,
        first_key=first_key,
        first_bias=sums.first_bias,
        second=sums.second.reshape(h, h),
        second_bias=sums.second_bias,
        inject=inject,
        inject_key=inject_key,
        block=block,
        block_bias=sums.block_bias,
        readout=np.ascontiguousarray(sums.readout.reshape(-1, h)[:v]),
        readout_bias=sums.readout_bias[:v],
    )


def key_gradients(inputs: Inputs, slopes: Array, each: int) -> Array:
    """The gradients by keys, (P, n), from those at each position.

    Parameters
    ----------
    slopes : of `blank_slopes`, as a kernel leaves them; beyond the last position they are 0
    each : how many positions, one after the other, a key has; the last one may have fewer
    """
    count, size = inputs.keys.shape
    rows = slopes[:, slopes.shape[1] - size :].transpose(1, 0, 2).reshape(size, len(slopes) * LANES)
    # Always so many addends, in the same order: a key knows nothing of those after it.
    whole = np.zeros((size, count * each), rows.dtype)
    kept = min(rows.shape[1], whole.shape[1])
    whole[:, :kept] = rows[:, :kept]
    found: Array = whole.reshape(size, count, each).sum(axis=2).T
    return found


def _padded(array: Array, axis: int, size: int) -> Array:
    missing = [(0, 0)] * array.ndim
    missing[axis] = (0, size - array.shape[axis])
    return np.pad(array, missing)
