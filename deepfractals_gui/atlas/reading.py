"""Reading a book back: what a model answers at any stretch of the line.

The arithmetic is that of `kernels.atlas_model`, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from deepfractals_gui.atlas.coding import TOTAL
from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.atlas.packing import Packed, packed
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag

_PIECE = 4096
"""Positions that one thread reads at a time."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model answers on a stretch.

    Attributes
    ----------
    start : its first position
    symbols : the likeliest ones, uint16 (n,); of equal ones the first
    sureness : their probability, float32 (n,); that of the right ones, where these were given
    """

    start: int
    symbols: Array
    sureness: Array

    def right(self, symbols: Array) -> Array:
        """Where the book's symbols, (N,), were met: bool (n,)."""
        return np.asarray(self.symbols == symbols[self.start : self.start + self.symbols.size])


@dataclass(frozen=True, eq=False)
class AtlasModel:
    """A model that is read, with the key of a text, or None for the master's own.

    Attributes
    ----------
    key : z, float (n,), n from 1 to K
    """

    spec: AtlasSpec
    params: AtlasParams
    key: Array | None = None

    @cached_property
    def ready(self) -> Packed:
        """As the kernels take it."""
        return packed(self.spec, self.params, None if self.key is None else self.key[np.newaxis])

    def frequencies(self, start: int, stop: int, cancel: CancelFlag | None = None) -> Array:
        """What a coder relies upon: int32 (n, V), each at least 1, TOTAL in all.

        Raises
        ------
        ValueError   the positions don't lie on the line
        Cancelled    the flag went up
        """
        from deepfractals_gui.kernels.atlas_model import shares

        _check(self.spec, start, stop)
        cancel = cancel or CancelFlag()
        out = np.empty((stop - start, self.spec.symbols), np.int32)
        shares(self.ready.inputs, self.ready.net, np.arange(start, stop), TOTAL, out, cancel.array)
        cancel.check()
        return out


def read(
    model: AtlasModel,
    start: int,
    stop: int,
    *,
    right: Array | None = None,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Reading:
    """Read a stretch; neither threads nor where it begins change a bit.

    Parameters
    ----------
    right : int (stop - start,), the text's symbols, whose probability is then told

    Raises
    ------
    ValueError   it doesn't lie on the line
    Cancelled    the flag went up
    """
    _check(model.spec, start, stop)
    found, sureness = answers(model.ready, np.arange(start, stop), right, cancel, pool)
    return Reading(start, found, sureness)


def answers(
    ready: Packed,
    positions: Array,
    right: Array | None = None,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> tuple[Array, Array]:
    """Symbols, uint16 (n,), and sureness at positions, int64 (n,); as in a `Reading`.

    Raises
    ------
    Cancelled   the flag went up
    """
    from deepfractals_gui.kernels.atlas_model import answer

    cancel, count = cancel or CancelFlag(), len(positions)
    found, sureness = np.zeros(count, np.int64), np.zeros(count, ready.net.first.dtype)
    wanted = np.full(count, -1) if right is None else np.asarray(right).astype(np.int64)

    def one(piece: tuple[int, int]) -> None:
        rows = slice(*piece)
        answer(
            ready.inputs, ready.net, positions[rows], wanted[rows], found[rows], sureness[rows],
            cancel.array,
        )  # fmt: skip

    list((map if pool is None else pool.map)(one, pieces(0, count)))
    cancel.check()
    return found.astype(np.uint16), sureness


def pieces(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """A stretch in pieces for threads."""
    return ((at, min(at + _PIECE, stop)) for at in range(start, stop, _PIECE))


def _check(spec: AtlasSpec, start: int, stop: int) -> None:
    if not 0 <= start <= stop <= spec.capacity:
        raise ValueError(f"positions are 0 to {spec.capacity:,}, not {start:,} to {stop:,}")
