"""Loss and gradients of a model at some positions.

Positions go in blocks of a fixed size whose gradients are added up in order, and each level of the
table is added to by one thread: threads change no bit.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.atlas.packing import (
    blank_slopes,
    blank_sums,
    key_gradients,
    packed,
    unpacked,
)
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels.atlas_shapes import LANES

BLOCK = 4 * LANES
"""Positions whose gradients one thread sums up."""


@dataclass(frozen=True, eq=False)
class Gradients:
    """Of the mean loss of a batch; ``loss``, the cross-entropies, and ``hits`` are sums over it."""

    params: AtlasParams
    loss: float
    hits: float
    key: Array


def gradients(
    spec: AtlasSpec,
    params: AtlasParams,
    positions: Array,
    symbols: Array,
    key: Array | None = None,
    table: Array | None = None,
    pool: Executor | None = None,
    cancel: CancelFlag | None = None,
    power: float = 0.0,
) -> Gradients:
    """Loss and gradients at some positions, in the type of the parameters.

    Parameters
    ----------
    positions, symbols : int64 (n,)
    key : float (n,), n from 1 to K; None for the master's own text
    table : (rows, F) of zeros, to which the table's gradient is added; without it, a new one
    power : q of the loss (1 - p^q) / q, 0 to 1; 0 is the cross-entropy
    """
    from deepfractals_gui.kernels import atlas_features, atlas_model

    ready = packed(spec, params, None if key is None else key[np.newaxis])
    starts = range(0, len(positions), BLOCK)
    tiles = -(-len(positions) // LANES)
    slopes = blank_slopes(ready.inputs, tiles)
    flag = (cancel or CancelFlag()).array
    weight = 1.0 / len(positions)

    def one(start: int) -> tuple[Any, Array]:
        sums, scores = blank_sums(ready.net), np.zeros((1, 2))
        rows = slice(start, start + BLOCK)
        own = slopes[start // LANES : (start + BLOCK) // LANES]
        atlas_model.learn(
            ready.inputs, ready.net, positions[rows], symbols[rows], weight, power, sums, own,
            scores, flag,
        )  # fmt: skip
        return sums, scores

    spread = map if pool is None else pool.map
    found = list(spread(one, starts))
    if cancel is not None:
        cancel.check()
    sums, scores = found[0]
    for more, other in found[1:]:
        for array, addend in zip(sums, more, strict=True):
            array += addend
        scores += other
    slope = np.zeros_like(params.table) if table is None else table
    padded = np.concatenate(
        [positions, np.full(tiles * LANES - len(positions), positions[-1], np.int64)]
    )

    levels = ready.inputs.levels

    def scatter(level: int) -> None:
        atlas_features.scatter(padded, spec.capacity, levels, level, slopes, slope, flag)

    list(spread(scatter, range(len(levels))))
    if cancel is not None:
        cancel.check()
    return Gradients(
        unpacked(spec, sums, ready.inputs.keys.shape[1], slope), float(scores[0, 0]),
        float(scores[0, 1]),
        key_gradients(ready.inputs, slopes, len(positions))[0],
    )  # fmt: skip
