"""What a model sees of positions; see `kernels.atlas_features`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.model import AtlasSpec
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag
from deepfractals_gui.kernels import atlas_features


@dataclass(frozen=True, eq=False)
class Seen:
    """What is seen of n positions.

    Attributes
    ----------
    values : (D, n), octaves first, then level by level the grid's features
    left, right, share : where they lie on the grid, (L, n); see `grid_places`
    """

    values: Array
    left: Array
    right: Array
    share: Array


def seen(spec: AtlasSpec, table: Array, positions: Array, cancel: CancelFlag | None = None) -> Seen:
    """What a model with this grid sees of positions, int64 (n,) in [0, capacity).

    Raises
    ------
    ValueError   a position lies outside
    Cancelled    the flag went up
    """
    positions = np.ascontiguousarray(positions, np.int64)
    if positions.size and not 0 <= positions.min() <= positions.max() < spec.capacity:
        raise ValueError(f"positions are 0 to {spec.capacity - 1}")
    cancel = cancel or CancelFlag()
    grid, n = spec.grid, positions.size
    values = np.empty((spec.seen, n), table.dtype)
    left, right = (np.empty((len(grid), n), np.int64) for _ in range(2))
    share = np.empty((len(grid), n), table.dtype)
    atlas_features.octaves(positions, spec.capacity, spec.octaves, values, cancel.array)
    atlas_features.grid_places(positions, spec.capacity, grid, left, right, share, cancel.array)
    cancel.check()
    atlas_features.grid_values(table, left, right, share, values[2 * spec.octaves :])
    return Seen(values, left, right, share)
