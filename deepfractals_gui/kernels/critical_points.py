"""Critical points of the loss of one complex weight: Newton's method, and a catalogue of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.kernels.exact import tanh
from deepfractals_gui.kernels.intrinsics import never_inlined, raised
from deepfractals_gui.kernels.jit import inline, kernel, routine

REACH = 20.0
"""The catalogue covers |Re w|, |Im w| up to this."""
NEAR = 1e-2
"""A limit belongs to a critical point no further away than this."""
CELL = 0.25
SIDE = 2 * round(REACH / CELL) + 2
"""Cells of the catalogue's grid a side; the first starts half a cell below -REACH."""
MOST = 65534
"""A label is a uint16, and 65535 means a critical point beyond the catalogue."""
_STEPS = 60


@inline
def _derivatives(w: complex, xs: Any, ys: Any, counts: Any) -> tuple[complex, complex]:
    """(L'(w), L''(w)) of L = sum counts (tanh(w x) - y)^2."""
    first = 0j
    second = 0j
    for k in range(xs.size):
        t = tanh(w * xs[k])
        e = t - ys[k]
        d = 1.0 - t * t
        scale = 2.0 * counts[k] * xs[k]
        first += scale * (e * d)
        second += scale * xs[k] * (d * (d - 2.0 * t * e))
    return first, second


@inline
def _newton(w: complex, xs: Any, ys: Any, counts: Any, reach: float) -> tuple[complex, bool]:
    """(root, found) of L' from w, giving up where the way leads further than ``reach``."""
    begun = w
    for _ in range(_STEPS):
        first, second = _derivatives(w, xs, ys, counts)
        size = second.real * second.real + second.imag * second.imag
        if not 0.0 < size < np.inf:
            return w, False
        step = first * second.conjugate() / size
        w -= step
        if not math.hypot(w.real - begun.real, w.imag - begun.imag) <= reach:
            return w, False
        if math.hypot(step.real, step.imag) <= 1e-13 * max(1.0, math.hypot(w.real, w.imag)):
            return w, True
    return w, False


@routine
def polish(w: complex, xs: Any, ys: Any, counts: Any) -> bool:
    """True where Newton's method leads from w to a critical point that is NEAR."""
    never_inlined()
    root, found = _newton(w, xs, ys, counts, 10.0 * NEAR)
    return found and math.hypot(root.real - w.real, root.imag - w.imag) <= NEAR


@kernel
def search(
    starts: Any, xs: Any, ys: Any, counts: Any, roots: Any, found: Any, losses: Any, cancel: Any
) -> None:
    """Polish a critical point from each start.

    Parameters
    ----------
    starts : complex128 (N,)
    xs, ys, counts : float64 (D,)    the data
    roots, losses : complex128 (N,)  where Newton's method ended, and L there
    found : bool (N,)                whether it converged
    cancel : uint8 (1,)              returns soon after it is set
    """
    for j in range(starts.size):
        if raised(cancel):
            return
        root, good = _newton(starts[j], xs, ys, counts, 2.0)
        total = 0j
        for k in range(xs.size):
            e = tanh(root * xs[k]) - ys[k]
            total += counts[k] * (e * e)
        roots[j] = root
        found[j] = good
        losses[j] = total


@inline
def cell_of(re: float, im: float) -> int:
    """The grid cell of a point, -1 outside the grid."""
    column = math.floor((re + REACH) / CELL + 0.5)
    row = math.floor((im + REACH) / CELL + 0.5)
    if not (0 <= column < SIDE and 0 <= row < SIDE):
        return -1
    return int(row) * SIDE + int(column)


@routine
def label_of(w: complex, roots: Any, cells: Any, members: Any) -> int:
    """1 + the index of the nearest critical point that is NEAR, 0 where there is none.

    Parameters
    ----------
    roots : complex128 (M,)
    cells : int64 (SIDE * SIDE + 1,)  where each cell's members begin
    members : int64                   indices of the critical points that are NEAR some point of
                                      the cell
    """
    never_inlined()
    cell = cell_of(w.real, w.imag)
    best = NEAR
    label = 0
    if cell < 0 or cell + 1 >= cells.size:
        return label
    for place in range(cells[cell], cells[cell + 1]):
        root = roots[members[place]]
        away = math.hypot(root.real - w.real, root.imag - w.imag)
        if away <= best:
            best = away
            label = members[place] + 1
    return label


def grid(roots: Any) -> tuple[Any, Any]:
    """(cells, members) for `label_of`."""
    cells = []
    for dx in (-NEAR, NEAR):
        for dy in (-NEAR, NEAR):
            column = np.floor((roots.real + dx + REACH) / CELL + 0.5).astype(np.int64)
            row = np.floor((roots.imag + dy + REACH) / CELL + 0.5).astype(np.int64)
            cells.append(np.clip(row, 0, SIDE - 1) * SIDE + np.clip(column, 0, SIDE - 1))
    pairs = np.unique(np.stack([np.concatenate(cells), np.tile(np.arange(len(roots)), 4)]), axis=1)
    begins = np.searchsorted(pairs[0], np.arange(SIDE * SIDE + 1))
    return begins.astype(np.int64), np.ascontiguousarray(pairs[1])


def _compile() -> None:
    one = np.zeros(1)
    whole = np.zeros(1, np.complex128)
    search(
        whole, one, one, one, whole.copy(), np.zeros(1, np.bool_), whole.copy(),
        np.zeros(1, np.uint8),
    )  # fmt: skip


WARM = (("critical points", _compile),)
