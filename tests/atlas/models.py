"""Models with known opinions, for tests of what codes by them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.coding import TOTAL


@dataclass(frozen=True, eq=False)
class Table:
    """The model that has a row for each position, int (N, V)."""

    rows: np.ndarray

    def frequencies(self, start, stop, cancel=None):
        if cancel is not None:
            cancel.check()
        return self.rows[start:stop]


def guessing(symbols, size, right, seed=1):
    """A model that is half sure of one symbol per position, the true one in a share of them."""
    rng = np.random.default_rng(seed)
    n = len(symbols)
    guess = np.where(rng.random(n) < right, symbols, rng.integers(0, size, n))
    rows = np.full((n, size), TOTAL // 2 // size, np.int32)
    rows[np.arange(n), guess] += TOTAL - rows[0].sum()
    return Table(rows)


def from_bytes(weights, key, size):
    """A factory: the weights are a book's symbols, half of which this model knows."""
    if len(weights) % 2:
        raise ValueError("an odd number of weights")
    return guessing(np.frombuffer(weights, np.uint8), size, 0.5, seed=len(key))
