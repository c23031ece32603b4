"""The loss of one complex weight on a training set, and the catalogue of its critical points."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Table, format_complex

LATTICE = 161
"""Starts of Newton's method a side of the square |Re w|, |Im w| <= 20."""
_KEPT = 8
_GRAIN = 6
"""Decimals to which two critical points must agree to be one."""


@dataclass(frozen=True)
class Catalogue:
    """A training set with equal points merged, and the critical points of its loss.

    Attributes
    ----------
    x, y, counts : float64 (D,)   every x at least 0
    table : float64 (3 D,)        x, y and 8 count x of each point in turn, as the kernels take it
    parts : int64 (2 D,)          for each point two others whose x add up to its own, or -1
    roots, losses : complex128 (M,)  sorted by |L|, then Re, then Im; label k + 1 names roots[k]
    cells, members : int64        the grid by which a root is found near a place
    """

    x: Array
    y: Array
    counts: Array
    table: Array
    parts: Array
    roots: Array
    losses: Array
    cells: Array
    members: Array

    def loss(self, w: Array) -> tuple[Array, Array, Array]:
        """(L, L', L'') at w complex128 (N,)."""
        t = np.tanh(w[:, None] * self.x)
        e = t - self.y
        d = 1 - t * t
        scale = 2 * self.counts * self.x
        return (
            np.sum(self.counts * e * e, axis=1),
            np.sum(scale * e * d, axis=1),
            np.sum(scale * self.x * d * (d - 2 * t * e), axis=1),
        )

    def name(self, label: int) -> str:
        """A basin's label in words."""
        if label == 0:
            return "none"
        if label > len(self.roots):
            return "beyond the catalogue"
        return f"{label} at {format_complex(complex(self.roots[label - 1]), 6)}"


def merged(data: Table) -> tuple[Array, Array, Array]:
    """(x, y, counts) of the distinct points, sorted by x.

    tanh is odd, so that (x, y) and (-x, -y) add the same term to the loss.
    """
    weights: dict[tuple[float, float], int] = {}
    for x, y in data:
        # Adding 0 turns -0 into 0.
        place = (-x + 0.0, -y + 0.0) if x < 0 else (x + 0.0, y + 0.0)
        weights[place] = weights.get(place, 0) + 1
    rows = np.array([(x, y, count) for (x, y), count in sorted(weights.items())], dtype=np.float64)
    columns = [np.ascontiguousarray(column) for column in rows.T]
    return columns[0], columns[1], columns[2]


def sums(x: Array) -> Array:
    """For each x (D,) the indices of two others that add up to it, or -1: int64 (2 D,).

    exp(2 w (a + b)) is a product of two exponentials that are there already. Both parts are
    themselves no sums, so that rounding and range stay those of one product.
    """
    parts = np.full(2 * len(x), -1, np.int64)
    for k in range(len(x)):
        for i in range(k):
            rest = x[k] - x[i]
            matches = np.flatnonzero(np.abs(x[:k] - rest) <= np.spacing(x[k]))
            matches = matches[parts[2 * matches] < 0]
            if parts[2 * i] < 0 and len(matches):
                parts[2 * k : 2 * k + 2] = i, matches[0]
                break
    return parts


_found: OrderedDict[Table, Catalogue] = OrderedDict()
_lock = Lock()


def catalogue(data: Table, cancel: CancelFlag) -> Catalogue:
    """The catalogue of a training set; the last few are remembered.

    Raises
    ------
    Cancelled   the flag went up
    """
    with _lock:
        if data in _found:
            _found.move_to_end(data)
            return _found[data]
    made = _search(data, cancel)
    with _lock:
        _found[data] = made
        while len(_found) > _KEPT:
            _found.popitem(last=False)
    return made


def _search(data: Table, cancel: CancelFlag) -> Catalogue:
    from deepfractals_gui.kernels import critical_points

    x, y, counts = merged(data)
    reach = critical_points.REACH
    line = np.linspace(-reach, reach, LATTICE)
    starts = (line[None, :] + 1j * line[:, None]).ravel()
    roots, losses = np.empty_like(starts), np.empty_like(starts)
    good = np.zeros(len(starts), np.bool_)
    critical_points.search(starts, x, y, counts, roots, good, losses, cancel.array)
    cancel.check()
    good &= (np.abs(roots.real) <= reach) & (np.abs(roots.imag) <= reach)
    roots, losses = roots[good], losses[good]
    # Adding 0 turns -0 into 0, which would be a point of its own.
    _, first = np.unique(np.round(roots, _GRAIN) + 0.0, return_index=True)
    roots, losses = roots[first], losses[first]
    # A conjugate pair has one |L|; rounding mustn't decide which of the two comes first.
    order = np.lexsort(
        (np.round(roots.imag, _GRAIN), np.round(roots.real, _GRAIN), np.round(np.abs(losses), 9))
    )[: critical_points.MOST]
    roots, losses = roots[order], losses[order]
    cells, members = critical_points.grid(roots)
    table = np.ascontiguousarray(np.stack([x, y, 8 * counts * x], axis=1).ravel())
    return Catalogue(x, y, counts, table, sums(x), roots, losses, cells, members)
