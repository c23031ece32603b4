"""What is recorded of a run, row by row."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np

from deepfractals_gui.core import Array

MOST_UPDATES = 4096
"""Rows of updates, at most: beyond it every other one is forgotten."""
R = TypeVar("R", bound=tuple[Any, ...])
"""A NamedTuple of numbers whose first is ``step``."""


class Trace(Generic[R]):
    """Rows of one kind that are only ever appended to; two traces may share their beginning.

    Attributes
    ----------
    stride : a row stands for so many; 1 unless there were more than ``most``
    """

    def __init__(
        self, kind: type[R], rows: list[R] | None = None, most: int = 0, stride: int = 1
    ) -> None:
        self.kind: type[R] = kind
        self.most, self.stride = most, stride
        self._rows: list[R] = [] if rows is None else rows
        self._count = len(self._rows)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> R:
        return self._rows[range(self._count)[index]]

    def appended(self, row: R) -> Trace[R]:
        """A trace with one row more, if it is its turn; this one stays as it is."""
        if row[0] % self.stride:
            return self
        rows = self._rows
        if len(rows) != self._count:
            # Another run has gone on from here.
            rows = rows[: self._count]
        rows.append(row)
        if self.most and len(rows) > self.most:
            kept = [one for one in rows if one[0] % (2 * self.stride) == 0]
            return Trace(self.kind, kept, self.most, 2 * self.stride)
        return Trace(self.kind, rows, self.most, self.stride)

    def column(self, name: str) -> Array:
        """float64 (R,)."""
        place = _names(self.kind).index(name)
        return np.array([row[place] for row in self._rows[: self._count]], np.float64)

    def numbers(self) -> Array:
        """All of it, float64 (R, fields)."""
        return np.array(self._rows[: self._count], np.float64).reshape(-1, len(_names(self.kind)))

    @classmethod
    def of_numbers(cls, kind: type[R], numbers: Array, most: int = 0, stride: int = 1) -> Trace[R]:
        """What `numbers` gave, back. Raises ValueError where columns are missing."""
        if numbers.ndim != 2 or numbers.shape[1] != len(_names(kind)):
            raise ValueError(f"a trace of the shape {numbers.shape} has other columns")
        rows: list[Any] = [kind(*row) for row in numbers.tolist()]
        return cls(kind, rows, most, stride)


def _names(kind: Any) -> tuple[str, ...]:
    found: tuple[str, ...] = kind._fields
    return found
