"""How fields lie in memory: point by point, the real parts of all channels, then the imaginary.

Outside the kernels a field of C channels is complex128 (N, C, H, W). The kernels take *planes*,
float64 (N, H, W, 2, L): a vector register holds eight channels of one point, hence L, which is C
rounded up to a multiple of 8. Channels beyond C are 0 and stay so. As a list of real numbers a
sample has the inner product Re Σ ā b that the solvers need: f is differentiable over the reals
only.
"""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.field_torus import POINTS

_LINE = 64


def padded(channels: int) -> int:
    """The number of channels that planes have room for."""
    return -(-channels // POINTS) * POINTS


def blank(shape: tuple[int, ...], dtype: type[np.generic] = np.float64) -> Array:
    """An array of anything that starts on a cache line: vectors that straddle two cost double."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    whole = np.empty(size + _LINE, np.uint8)
    start = -whole.ctypes.data % _LINE
    return whole[start : start + size].view(dtype).reshape(shape)


def zeros(shape: tuple[int, ...]) -> Array:
    """Planes, or other float64, that are 0 and start on a cache line."""
    found = blank(shape)
    found[...] = 0.0
    return found


def to_planes(field: Array) -> Array:
    """A field complex (N, C, H, W) as planes."""
    count, channels, height, width = field.shape
    planes = zeros((count, height, width, 2, padded(channels)))
    moved = np.moveaxis(field, 1, -1)
    planes[:, :, :, 0, :channels] = moved.real
    planes[:, :, :, 1, :channels] = moved.imag
    return planes


def from_planes(planes: Array, channels: int) -> Array:
    """Planes as a field complex128 (N, C, H, W)."""
    field = planes[:, :, :, 0, :channels] + 1j * planes[:, :, :, 1, :channels]
    return np.ascontiguousarray(np.moveaxis(field, -1, 1))
