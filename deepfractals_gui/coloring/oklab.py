"""Colour spaces: sRGB, linear light, OKLab and OKLCh.

References
----------
IEC 61966-2-1 (sRGB); B. Ottosson 2020, "A perceptual color space for image processing" (OKLab).
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core import Array, Float64

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_LAB = np.linalg.inv(_TO_LAB)
_FROM_LMS = np.linalg.inv(_TO_LMS)


def linear_from_srgb(srgb: Array) -> Float64:
    """Linear light in [0, 1] from sRGB in [0, 1], any shape."""
    srgb = np.asarray(srgb, dtype=np.float64)
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(linear: Array) -> Float64:
    """sRGB in [0, 1] from linear light, clipped to [0, 1], any shape."""
    linear = np.clip(np.asarray(linear, dtype=np.float64), 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def oklab_from_linear(linear: Array) -> Float64:
    """OKLab (..., 3) from linear light (..., 3)."""
    return np.asarray(np.cbrt(np.asarray(linear) @ _TO_LMS.T) @ _TO_LAB.T)


def linear_from_oklab(lab: Array) -> Float64:
    """Linear light (..., 3) from OKLab (..., 3); outside [0, 1] where sRGB can't show it."""
    return np.asarray((np.asarray(lab) @ _FROM_LAB.T) ** 3 @ _FROM_LMS.T)


def oklab_from_oklch(lch: Array) -> Float64:
    """OKLab (..., 3) from lightness, chroma and hue in degrees (..., 3)."""
    lch = np.asarray(lch, dtype=np.float64)
    hue = np.deg2rad(lch[..., 2])
    return np.stack([lch[..., 0], lch[..., 1] * np.cos(hue), lch[..., 1] * np.sin(hue)], axis=-1)


def into_gamut(lab: Array) -> Float64:
    """Take chroma away, keeping lightness and hue, until sRGB can show the colour (N, 3)."""
    lab = np.array(lab, dtype=np.float64)
    low = np.zeros(len(lab))
    high = np.ones(len(lab))
    fits = _shown(lab)
    for _ in range(24):
        middle = (low + high) / 2
        inside = _shown(lab * np.stack([np.ones_like(middle), middle, middle], axis=-1))
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    keep = np.where(fits, 1.0, low)
    lab[:, 1:] *= keep[:, None]
    return lab


def _shown(lab: Array) -> Array:
    linear = linear_from_oklab(lab)
    return np.asarray(((linear >= -1e-6) & (linear <= 1 + 1e-6)).all(axis=-1))


def rgb8(srgb: Array) -> Array:
    """uint8 from sRGB in [0, 1], rounded to nearest."""
    return np.floor(np.clip(srgb, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)
