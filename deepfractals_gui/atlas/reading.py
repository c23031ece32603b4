"""Reading a book back: what a model answers at any stretch of the line.

The arithmetic is that of `kernels.atlas_answers`, the same on every machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from deepfractals_gui.atlas.coding import TOTAL
from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.atlas.passes import keyed_biases
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag

_PIECE = 4096
"""Positions that one thread takes at a time."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model answers on a stretch.

    Attributes
    ----------
    start : its first position
    symbols : the likeliest ones, uint16 (n,); of equal ones the first
    sureness : their probability, float32 (n,)
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
    spec, params : float32 arrays
    key : z, (Z,)
    """

    spec: AtlasSpec
    params: AtlasParams
    key: Array | None = None

    @cached_property
    def _arguments(self) -> tuple[Any, ...]:
        """What the kernel takes before the output."""
        p = self.params.astype(np.float32)
        first_bias, feed_bias = keyed_biases(self.spec, p, self.key)
        table = p.table if p.table.size else np.zeros((1, self.spec.features), np.float32)
        arrays = (
            self.spec.capacity, self.spec.octaves, self.spec.grid, table, p.first, first_bias,
            p.second, p.second_bias, self.spec.moved, p.block, p.feed, feed_bias, self.spec.rate,
            p.last, p.last_bias,
        )  # fmt: skip
        return tuple(
            np.ascontiguousarray(one) if isinstance(one, np.ndarray) else one for one in arrays
        )

    def logits(self, start: int, stop: int, cancel: CancelFlag | None = None) -> Array:
        """Of the positions from start to stop: float32 (n, V).

        Raises
        ------
        ValueError   they don't lie on the line
        Cancelled    the flag went up
        """
        from deepfractals_gui.kernels.atlas_answers import answers

        if not 0 <= start <= stop <= self.spec.capacity:
            raise ValueError(f"positions are 0 to {self.spec.capacity}, not {start} to {stop}")
        cancel = cancel or CancelFlag()
        out = np.empty((stop - start, self.spec.symbols), np.float32)
        kernel: Any = answers
        kernel(start, *self._arguments, out, cancel.array)
        cancel.check()
        return out

    def frequencies(self, start: int, stop: int, cancel: CancelFlag | None = None) -> Array:
        """What a coder relies upon: int32 (n, V), each at least 1, TOTAL in all.

        Raises
        ------
        ValueError   the positions don't lie on the line
        Cancelled    the flag went up
        """
        from deepfractals_gui.kernels.atlas_answers import frequencies

        found = self.logits(start, stop, cancel)
        out = np.empty(found.shape, np.int32)
        frequencies(found, TOTAL, out)
        return out


def read(
    model: AtlasModel,
    start: int,
    stop: int,
    *,
    cancel: CancelFlag | None = None,
    pool: Executor | None = None,
) -> Reading:
    """Read a stretch; threads and where it begins change no bit.

    Raises
    ------
    ValueError   it doesn't lie on the line
    Cancelled    the flag went up
    """
    parts = list((map if pool is None else pool.map)(
        lambda piece: _read(model, piece, cancel), pieces(start, stop)
    ))  # fmt: skip
    if not parts:
        return Reading(start, np.zeros(0, np.uint16), np.zeros(0, np.float32))
    symbols, sureness = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Reading(start, symbols, sureness)


def pieces(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """A stretch in pieces for threads."""
    return ((at, min(at + _PIECE, stop)) for at in range(start, stop, _PIECE))


def _read(
    model: AtlasModel, piece: tuple[int, int], cancel: CancelFlag | None
) -> tuple[Array, Array]:  # fmt: skip
    logits = model.logits(*piece, cancel)
    found = logits.argmax(axis=1)
    top = logits[np.arange(found.size), found]
    sureness = 1.0 / np.exp(logits - top[:, None]).sum(axis=1)
    return found.astype(np.uint16), sureness.astype(np.float32)
