"""Reading a text back: the likeliest symbol at each position."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.packing import Packed
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag

_BLOCK = 4096
"""Positions that one thread reads at a time."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """What is read back.

    Attributes
    ----------
    symbols : uint16 (n,), the likeliest
    likelihood : float32 (n,), of the right symbols; of these, where no right ones are known
    """

    symbols: Array
    likelihood: Array


def read(
    ready: Packed,
    start: int,
    stop: int,
    *,
    right: Array | None = None,
    pool: Executor | None = None,
    cancel: CancelFlag | None = None,
) -> Decoded:
    """Read positions ``start`` to ``stop``, without the last.

    Parameters
    ----------
    right : int (stop - start,)   the symbols of the text

    Raises
    ------
    ValueError   the positions are beyond the capacity
    Cancelled    the flag went up
    """
    from deepfractals_gui.kernels import atlas_model

    if not 0 <= start <= stop <= ready.grid.capacity:
        raise ValueError(f"positions are 0 to {ready.grid.capacity:,}, not {start:,} to {stop:,}")

    found, likely = np.zeros(stop - start, np.int64), np.zeros(stop - start, ready.net.first.dtype)
    positions = np.arange(start, stop)
    wanted = np.full(stop - start, -1) if right is None else np.asarray(right).astype(np.int64)
    flag = (cancel or CancelFlag()).array

    def one(begin: int) -> None:
        rows = slice(begin, begin + _BLOCK)
        atlas_model.answer(
            ready.grid, ready.net, positions[rows], wanted[rows], found[rows], likely[rows], flag
        )

    list((map if pool is None else pool.map)(one, range(0, stop - start, _BLOCK)))
    if cancel is not None:
        cancel.check()
    return Decoded(found.astype(np.uint16), likely)
