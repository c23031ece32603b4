"""The blur behind a glow: along the rows, then along the columns, wide ones by halves."""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core import Array

SIGMA_ROWS = 1200
"""Height of the image, in pixels, that a colouring's blur radius is measured in."""
HALVED_FROM = 4.0
"""From this sigma on, in pixels, half the pixels of either axis are enough for a Gaussian."""


class Blur:
    """A Gaussian on the planes of an image of ``shape`` (H, W), ``sigma`` in pixels.

    Lines are rows blurred along themselves; any rows of them may be blurred along the columns, with
    the same bits.

    Attributes
    ----------
    reach : rows of pixels that a row needs on either side, as far as the image goes
    width : numbers in a line
    """

    def __init__(self, sigma: float, shape: tuple[int, int]) -> None:
        self._height, self._pixels = shape
        self._halved = sigma >= HALVED_FROM
        # The filters into cells and out of them blur too, with a variance of 5/4 each.
        narrow = math.sqrt((sigma**2 - 2.5) / 4) if self._halved else sigma
        self._taps = _gaussian(narrow)
        radius = len(self._taps) - 1
        self.reach = 2 * radius + 5 if self._halved else radius
        self.width = (shape[1] + 1) // 2 if self._halved else shape[1]

    def lines(self, means: Array, out: Array) -> None:
        """Blur rows of pixels (h, W) float32 into lines, ``out`` (h, width) float32."""
        from deepfractals_gui.kernels import color_glow as kernels

        act = kernels.blur_halved_rows if self._halved else kernels.blur_rows
        act(means, self._taps, out)

    def columns(self, lines: Array, top: int, first: int, out: Array) -> None:
        """Blur columns of lines into the rows ``first`` onwards of the image.

        Parameters
        ----------
        lines : float32 (n, w), any columns of the rows from ``top`` on
        out : float32 (h, w)
        """
        from deepfractals_gui.kernels import color_glow as kernels

        act = kernels.blur_halved_columns if self._halved else kernels.blur_columns
        act(lines, top, self._height, first, self._taps, out)

    def pixels(self, planes: Array) -> Array:
        """Pixels (planes, h, W) from what `columns` gave, (planes, h, width)."""
        if not self._halved:
            return np.ascontiguousarray(planes)
        from deepfractals_gui.kernels.color_glow import widen_rows

        out = np.empty((*planes.shape[:2], self._pixels), np.float32)
        for plane, wide in zip(planes, out, strict=True):
            widen_rows(plane, wide)
        return out


def _gaussian(sigma: float) -> Array:
    """float32 (R + 1,): half of a normalised Gaussian cut at 4 sigma, its middle last.

    R is a multiple of 4, as the kernels want it; taps beyond 4 sigma are 0.
    """
    radius = int(4.0 * sigma + 0.5)
    place = np.arange(-(-(-radius // 4) * 4), 1)
    half = np.exp(-0.5 * (place / max(sigma, 1e-9)) ** 2)
    half[-place > radius] = 0.0
    return np.asarray(half / (2 * half[:-1].sum() + half[-1]), np.float32)
