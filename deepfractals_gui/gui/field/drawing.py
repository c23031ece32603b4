"""What a soft brush leaves on a small grid, stroke by stroke."""

from __future__ import annotations

from functools import cache

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.nn.datasets import dataset

SIDE = 28
RADIUS = 1.5
"""Of the brush, in points; its edge fades over one point."""
MOST_UNDONE = 100

_Place = tuple[float, float]


class Drawing:
    """An image float64 (28, 28), 0 to 1, and those it was before each stroke.

    Places are (x, y) in points from the upper left corner; the middle of the first point is
    (0.5, 0.5).
    """

    def __init__(self) -> None:
        self._image: Array = np.zeros((SIDE, SIDE))
        self._before: list[Array] = []

    @property
    def image(self) -> Array:
        """A copy of what is drawn."""
        return self._image.copy()

    @property
    def empty(self) -> bool:
        return not self._image.any()

    @property
    def can_undo(self) -> bool:
        return bool(self._before)

    def begin(self) -> None:
        """Remember the image: what follows is undone in one."""
        self._before.append(self._image.copy())
        del self._before[:-MOST_UNDONE]

    def line(self, start: _Place, end: _Place) -> None:
        """Draw along a straight line; points keep the greater of their values."""
        self._image = np.maximum(self._image, brushed(start, end))

    def replace(self, image: Array) -> None:
        """Show another image (28, 28); undone in one."""
        self.begin()
        self._image = np.clip(np.asarray(image, dtype=np.float64), 0.0, 1.0)

    def clear(self) -> None:
        if not self.empty:
            self.replace(np.zeros((SIDE, SIDE)))

    def undo(self) -> bool:
        """Go back to before the last stroke; False where there was none."""
        if not self._before:
            return False
        self._image = self._before.pop()
        return True


def brushed(start: _Place, end: _Place) -> Array:
    """One line of the brush on an empty image, float64 (28, 28)."""
    middles = np.arange(SIDE) + 0.5
    x, y = middles[np.newaxis, :], middles[:, np.newaxis]
    (ax, ay), (bx, by) = start, end
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = 0.0 if length == 0.0 else np.clip(((x - ax) * dx + (y - ay) * dy) / length, 0.0, 1.0)
    away = np.hypot(x - ax - along * dx, y - ay - along * dy)
    return np.asarray(np.clip(RADIUS + 0.5 - away, 0.0, 1.0))


def enlarged(small: Array, side: int = SIDE) -> Array:
    """An image (h, w) as (side, side), linear between the middles of its points."""

    def places(count: int) -> tuple[Array, Array, Array]:
        at = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0.0, count - 1.0)
        low = np.minimum(at.astype(np.int64), max(count - 2, 0))
        return low, np.minimum(low + 1, count - 1), at - low

    low, high, share = places(small.shape[0])
    rows = small[low] * (1.0 - share)[:, np.newaxis] + small[high] * share[:, np.newaxis]
    low, high, share = places(small.shape[1])
    return np.asarray(rows[:, low] * (1.0 - share) + rows[:, high] * share)


@cache
def _digits() -> tuple[Array, Array]:
    shipped = dataset("digits")
    images = shipped.inputs.reshape(len(shipped), *(shipped.image_shape or (8, 8)))
    return images / images.max(), shipped.targets


def shipped_digit(label: int, number: int = 0) -> Array:
    """An image (28, 28) of a shipped digit; ``number`` counts those of the label, round and round.

    Raises
    ------
    ValueError   there is no such digit
    """
    images, labels = _digits()
    rows = np.flatnonzero(labels == label)
    if not len(rows):
        raise ValueError(f"a digit is 0 to 9, not {label}")
    return enlarged(images[rows[number % len(rows)]])
