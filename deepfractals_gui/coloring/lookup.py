"""Lookup tables: palettes as pixels, as packed linear light and as float light."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from deepfractals_gui.coloring.oklab import linear_from_srgb, srgb_from_linear
from deepfractals_gui.coloring.palettes import palette
from deepfractals_gui.core import Array, Coloring, Float64

SIZE = 4096
NEUTRAL = (38, 39, 44)
"""sRGB of a point that has no value: a grey that is on no palette's path."""


@lru_cache(maxsize=32)
def _colours(text: str, reverse: bool) -> Array:
    """uint8 (4098, 3): the palette, then the colours of UNDEFINED and of PENDING."""
    line = palette(text).lut(SIZE)
    if reverse:
        line = line[::-1]
    return np.concatenate([line, np.array([NEUTRAL, (0, 0, 0)], np.uint8)])


@lru_cache(maxsize=32)
def pixels(text: str, reverse: bool) -> Array:
    """uint32 (4098,): bytes red, green, blue, alpha; PENDING is transparent."""
    rgba = np.full((SIZE + 2, 4), 255, np.uint8)
    rgba[:, :3] = _colours(text, reverse)
    rgba[-1] = 0
    return rgba.view(np.uint32)[:, 0].copy()


@lru_cache(maxsize=32)
def packed_light(text: str, reverse: bool) -> Array:
    """uint64 (4098,): linear red, green and blue, 16 bits each at bits 0, 20 and 40."""
    light = np.floor(linear_from_srgb(_colours(text, reverse) / 255.0) * 65535 + 0.5)
    r, g, b = light.astype(np.uint64).T
    return np.asarray(r | (g << np.uint64(20)) | (b << np.uint64(40)))


@lru_cache(maxsize=32)
def light(text: str, reverse: bool) -> Array:
    """float32 (3, 4098): linear light, -1 for PENDING."""
    return planes(_colours(text, reverse), SIZE + 1)


def planes(colours: Array, pending: int | None = None) -> Array:
    """float32 (3, n) linear light of uint8 colours (n, 3); -1 at the index ``pending``."""
    linear = linear_from_srgb(colours / 255.0).astype(np.float32)
    if pending is not None:
        linear[pending] = -1.0
    return np.ascontiguousarray(linear.T)


@lru_cache(maxsize=1)
def encode() -> Array:
    """uint8 (65536,): sRGB of linear light in 65535ths, rounded to nearest."""
    linear: Float64 = np.arange(65536) / 65535.0
    return encoded(linear)


def walk(coloring: Coloring) -> tuple[float, float, float]:
    """(cycles, shift, period) of the walk along the palette, shift at least 0.

    A cyclic palette starts again after each cycle. Any other runs back and forth, so that repeats
    have no seam; a turn of the shift is then there and back.
    """
    if palette(coloring.palette).cyclic:
        return coloring.cycles, coloring.shift % 1.0, 1.0
    return coloring.cycles, (2.0 * coloring.shift) % 2.0, 2.0


def swatch_line(coloring: Coloring) -> Array:
    """uint8 (4096, 3): the palette as the colouring turns it, without cycles."""
    return _colours(coloring.palette, coloring.reverse)[:SIZE]


def encoded(linear: Array) -> Array:
    """uint8 sRGB of linear light in [0, 1], any shape."""
    return np.floor(srgb_from_linear(linear) * 255.0 + 0.5).astype(np.uint8)


def swatch(coloring: Coloring, width: int = 256, height: int = 1) -> Array:
    """The colours of values 0 to 1, left to right: uint8 (height, width, 3).

    Raises
    ------
    ValueError   the palette isn't one
    """
    cycles, shift, period = walk(coloring)
    value = np.linspace(0.0, 1.0, width) ** coloring.gamma
    place = (value * cycles + shift) % period
    if period == 2.0:
        place = 1.0 - np.abs(1.0 - place)
    index = np.floor(np.clip(place, 0.0, 1.0) * (SIZE - 1) + 0.5).astype(int)
    line = _colours(coloring.palette, coloring.reverse)[index]
    return np.broadcast_to(line[None], (height, width, 3)).copy()
