"""Where a position lies: x = (i + 1/2) / N, as octaves of sines and as cells of grids.

N is the capacity that a model is made with, not the length of a text. Octaves have 2^k turns over
[0, 1]; a grid of R cells has rows of a table at its corners.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array

MOST_POSITIONS = 1 << 24
"""The largest capacity: phases are remainders below 2^25, which float32 holds exactly."""

ENCODINGS = ("both", "fourier", "hash")


def octave_count(capacity: int) -> int:
    """How many octaves 2^k there are up to capacity / 2, the highest that positions tell apart."""
    return max((capacity // 2).bit_length(), 1)


def grid_levels(cells: list[int], rows: int) -> Array:
    """The levels of a table, int64 (L, 4): see `kernels.atlas_features`.

    A level whose corners are no more than ``rows`` is stored densely, else hashed.

    Parameters
    ----------
    cells : the resolution of each level
    rows : the most rows of a level, a power of two
    """
    levels = np.zeros((len(cells), 4), np.int64)
    begin = 0
    for level, count in zip(levels, cells, strict=True):
        dense = count + 1 <= rows
        stored = count + 1 if dense else rows
        level[:] = count, begin, stored, dense
        begin += stored
    return levels


def resolutions(base: int, finest: int, levels: int) -> list[int]:
    """R_l = R_0 s^l in whole cells, from ``base`` to ``finest``, each more than the one before."""
    if levels == 1:
        return [finest]
    growth = (finest / base) ** (1.0 / (levels - 1))
    found: list[int] = []
    for level in range(levels):
        cells = finest if level == levels - 1 else round(base * growth**level)
        found.append(max(cells, found[-1] + 1) if found else cells)
    return found
