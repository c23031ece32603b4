"""The flag with which a job is asked to stop."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array


class Cancelled(Exception):
    """The job's cancel flag was raised; what it had computed is incomplete."""


class CancelFlag:
    """One flag per job, raised once and never reset.

    ``array`` is a uint8 array of one element, so that a compiled kernel which holds no lock sees
    the flag rise while it runs.
    """

    __slots__ = ("array",)

    def __init__(self) -> None:
        self.array: Array = np.zeros(1, dtype=np.uint8)

    def set(self) -> None:
        self.array[0] = 1

    @property
    def is_set(self) -> bool:
        return bool(self.array[0])

    def check(self) -> None:
        """Raise Cancelled when the flag is up."""
        if self.array[0]:
            raise Cancelled
