"""Boundary refinement: computing where outcomes differ, and checking a share of the rest.

A picture of dear points is known in outline long before all of it is computed: between coarse
samples of one outcome there is rarely another. So finer lattices are computed only about the
boundaries that the coarser one shows, the other samples keep the value of their neighbour, and of
these a random share is computed to find out how many are wrong.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Sequence

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.request import UNKNOWN, Audit, RenderRequest
from deepfractals_gui.render.schedule import TASK_SECONDS, Scatter
from deepfractals_gui.render.tiling import Rect

Outcome = Callable[[Array], Array | None]

AUDIT_SHARE = 0.01
AUDIT_LEAST = 100
"""Samples computed at least, where there are so many: 1 % of few says nothing."""
CONFIDENCE_Z = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""
MARGIN = 1
"""Cells beyond those that touch another outcome."""


class Points:
    """Hands out single samples, those nearest to the centre first, no more than ``limit``.

    Not thread-safe: its job calls it under a lock.
    """

    limited = False

    def __init__(
        self,
        shape: tuple[int, int],
        rows: Array,
        columns: Array,
        stride: int,
        account: Account,
        limit: int | None = None,
    ) -> None:
        away = (rows - shape[0] / 2) ** 2 + (columns - shape[1] / 2) ** 2
        order = np.argsort(away, kind="stable")[:limit]
        self._rows, self._columns = rows[order], columns[order]
        self.stride = stride
        self._account = account
        self._next = 0
        self._running = 0

    @property
    def exhausted(self) -> bool:
        return self._next >= len(self._rows) and not self._running

    def take(self) -> Scatter | None:
        if self._next >= len(self._rows):
            return None
        account = self._account
        left = len(self._rows) - self._next
        wanted = TASK_SECONDS / account.cost.mean if account.cost.mean else 1
        fair = left / (2 * account.threads)
        count = account.padded(max(1, int(min(wanted, fair))))
        taken = slice(self._next, self._next + count)
        self._next += count
        self._running += 1
        return Scatter(self._rows[taken], self._columns[taken], self.stride)

    def finished(self, portion: Scatter, points: int, seconds: float, elapsed: float = 0.0) -> None:
        self._running -= 1
        areas = [Rect(r, r + 1, c, c + 1) for r, c in zip(*portion[:2], strict=True)]
        self._account.note(areas, points, seconds, elapsed)


def unsettled(coarse: Array, level: Array, stride: int) -> tuple[Array, Array]:
    """The samples on the lattice of ``stride`` that may be on either side of a boundary.

    Parameters
    ----------
    coarse : bool   which side the samples on the lattice of twice the stride are on, computed or
        filled
    level : uint8 (H, W)   0 where a sample was computed, see `Samples.level`
    stride : a power of two

    Returns
    -------
    rows and columns, int (N,): not computed yet, and within a cell of the coarser lattice of
    two neighbours (also diagonal ones) on it that differ; or nothing at all is known there
    """
    near = _spread(coarse) & _spread(~coarse)
    for _ in range(MARGIN):
        near = _spread(near)
    fine = level[::stride, ::stride]
    # A sample between two coarse ones is near when either is.
    down = [np.minimum((np.arange(fine.shape[0]) + k) // 2, coarse.shape[0] - 1) for k in (0, 1)]
    across = [np.minimum((np.arange(fine.shape[1]) + k) // 2, coarse.shape[1] - 1) for k in (0, 1)]
    wide = near[down[0]] | near[down[1]]
    chosen = ((wide[:, across[0]] | wide[:, across[1]]) & (fine > 0)) | (fine == UNKNOWN)
    rows, columns = np.nonzero(chosen)
    return rows * stride, columns * stride


def audited(request: RenderRequest, level: Array, most: int | None = None) -> tuple[Array, Array]:
    """The filled samples to compute: 1 % of them, the same ones for equal requests.

    ``most`` limits their number, where 1 % would take too long.

    Returns rows and columns, int (N,), without repetition.
    """
    filled = np.flatnonzero(level)
    count = min(len(filled), max(AUDIT_LEAST, math.ceil(AUDIT_SHARE * len(filled))))
    count = count if most is None else min(count, most)
    named = json.dumps(request.identity, sort_keys=True).encode()
    seed = int.from_bytes(hashlib.sha256(named).digest())
    chosen = np.random.default_rng(seed).choice(filled, count, replace=False, shuffle=False)
    rows, columns = np.divmod(chosen, level.shape[1])
    return rows, columns


def verdict(before: Array, after: Array, filled: int) -> Audit:
    """Compare outcomes, bool (N,), as they were filled in and as they were computed."""
    wrong = int(np.count_nonzero(before != after))
    return Audit(filled, len(before), wrong, wilson(wrong, len(before)))


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, of which ``hits`` of ``trials`` were seen.

    References
    ----------
    Wilson 1927, J. Am. Stat. Assoc. 22, 209.
    """
    if not trials:
        return 0.0, 1.0
    z2, share = CONFIDENCE_Z**2, hits / trials
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = CONFIDENCE_Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    half /= 1 + z2 / trials
    return max(0.0, middle - half), min(1.0, middle + half)


def _spread(mask: Array) -> Array:
    """True wherever the mask is true within one step, diagonals included."""
    for axis in (0, 1):
        wide = mask.copy()
        for here, there in (((1, None), (None, -1)), ((None, -1), (1, None))):
            _along(wide, axis, here)[...] |= _along(mask, axis, there)
        mask = wide
    return mask


def _along(array: Array, axis: int, ends: Sequence[int | None]) -> Array:
    part = slice(*ends)
    return array[part] if axis == 0 else array[:, part]
