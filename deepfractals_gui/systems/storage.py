"""Between the precision of the kernels and the channels' storage types."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepfractals_gui.core import Array, Float64, Points


def coordinates(points: Points) -> tuple[Float64, Float64]:
    """x and y as the kernels were compiled to take them.

    A strided or read-only array would be another type, and compile every kernel anew.
    """
    return (
        np.require(points.x, np.float64, ("C", "W", "A")),
        np.require(points.y, np.float64, ("C", "W", "A")),
    )


class Workspace:
    """The arrays a kernel writes: those of ``out``, or stand-ins in the working precision.

    A kernel works in the precision of the float arrays it is given: float64, or float32 for
    previews. `store` rounds the stand-ins into ``out``.
    """

    def __init__(self, out: Mapping[str, Array], working: type[np.floating]) -> None:
        self.out = out
        self.arrays: dict[str, Array] = {}
        self.blocks: Array = np.zeros(1, np.int64)
        for name, array in out.items():
            real = array.dtype in (np.float32, np.float64)
            kind = np.dtype(working) if real else array.dtype
            fits = array.dtype == kind and array.flags.c_contiguous and array.flags.aligned
            self.arrays[name] = array if fits else np.empty(array.shape, kind)

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def store(self) -> None:
        for name, array in self.out.items():
            if self.arrays[name] is not array:
                # A float64 beyond float32's range is stored as infinite, which is what is meant.
                with np.errstate(over="ignore"):
                    array[...] = self.arrays[name]
