"""Colouring in plain NumPy and float64: slow, and written from the formulas alone.

Values are float64 (H s, W s), NaN where a point has none. ``pending`` is bool of that shape.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.coloring import NEUTRAL, palette
from deepfractals_gui.core import Coloring, EscapeBands, LimitRays, Status

Array = np.ndarray


def decode(srgb: Array) -> Array:
    srgb = np.asarray(srgb, np.float64) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def encode(linear: Array) -> Array:
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.floor(255 * srgb + 0.5).astype(np.uint8)


def finite(*arrays: Array) -> Array:
    return np.logical_and.reduce([np.isfinite(array) for array in arrays])


def levelled(value: Array, levels: tuple[float, float] | None) -> Array:
    low, high = levels or (0.0, 1.0)
    return np.clip((np.clip(value, 0, 1) - low) / (high - low), 0, 1)


def escape_bands(
    status: Array, smooth: Array, angle: Array, trap: Array, recipe: EscapeBands
) -> Array:
    smooth, angle, trap = (a.astype(np.float64) for a in (smooth, angle, trap))
    with np.errstate(all="ignore"):
        t = smooth / recipe.iterations
        a = (angle + np.pi) / (2 * np.pi)
        wave = np.sin(recipe.bands * np.pi * a + recipe.drift * t)
        outside = np.sqrt(t) + recipe.amplitude * wave
        m = np.log1p(trap) / np.log1p(recipe.radius)
        inside = recipe.interior * (1 - m) ** 2
    escaped = status == Status.ESCAPED
    value = np.clip(np.where(escaped, outside, inside), 0, 1)
    known = np.where(escaped, finite(smooth, angle), finite(trap)) & (status != Status.NON_FINITE)
    return np.where(known, value, np.nan)


def limit_rays(
    status: Array, limit: Array, steps: Array, lyapunov: Array, recipe: LimitRays
) -> Array:
    with np.errstate(all="ignore"):
        s = 1 - steps.astype(np.float64) / recipe.iterations
        a = (np.angle(limit) + np.pi) / (2 * np.pi)
        scaled = np.clip(
            (lyapunov.astype(np.float64) - recipe.low) / (recipe.high - recipe.low), 0, 1
        )
        ray = 0.5 + 0.5 * np.sin(10 * np.pi * a)
        value = np.clip(np.clip(s, 0, 1) ** 0.55 * ray + 0.25 * scaled, 0, 1)
    known = finite(limit, steps, lyapunov) & (status != Status.NON_FINITE)
    return np.where(known, value, np.nan)


def ranks(values: Array, knots: tuple[float, ...]) -> Array:
    """Knot i of n is at i/(n-1); the middle for a value that several knots share."""
    line = np.array(knots, np.float32).astype(np.float64)
    last = len(line) - 1
    values = values.astype(np.float64)
    left = np.searchsorted(line, values, "left")
    right = np.searchsorted(line, values, "right")
    below, above = np.clip(right - 1, 0, last), np.clip(left, 0, last)
    with np.errstate(all="ignore"):
        inside = (values - line[below]) / (line[above] - line[below])
    between = (below + inside) / last
    shared = (left + right - 1) / 2 / last
    value = np.where(right > left, shared, between)
    return np.where(values < line[0], 0.0, np.where(values > line[-1], 1.0, value))


def signed_ranks(values: Array) -> Array:
    """The published colour of a trainability map, before its sign is turned, from -1 to 1.

    Negative numbers by their rank among each other to [-1, -1/4], positive ones to [1/4, 1]; equal
    numbers get the middle of their ranks, 0 and NaN stay.
    """
    result = np.where(np.isfinite(values), 0.0, np.nan)
    for negative in (True, False):
        chosen = np.isfinite(values) & ((values < 0) if negative else (values > 0))
        line = np.sort(values[chosen])
        if len(line):
            rank = np.searchsorted(line, values, "left") + np.searchsorted(line, values, "right")
            share = (rank - 1) / 2 / max(len(line) - 1, 1)
            start = -1.0 if negative else 0.25
            result = np.where(chosen, start + 0.75 * share, result)
    return result


def blurred(plane: Array, sigma: float) -> Array:
    """Gaussian cut at 4 sigma, the image mirrored at its edges, edge pixels repeated."""
    radius = int(4 * sigma + 0.5)
    x = np.arange(-radius, radius + 1)
    taps = np.exp(-0.5 * (x / max(sigma, 1e-9)) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius, radius)
        wide = np.pad(plane, pad, mode="symmetric")
        size = plane.shape[axis]
        plane = sum(tap * np.take(wide, np.arange(k, k + size), axis) for k, tap in enumerate(taps))
    return plane


def means(plane: Array, s: int) -> Array:
    rows, columns = plane.shape[0] // s, plane.shape[1] // s
    return plane.reshape(rows, s, columns, s).mean(axis=(1, 3))


def each(plane: Array, s: int) -> Array:
    return np.repeat(np.repeat(plane, s, 0), s, 1)


def vignette(shape: tuple[int, int], amount: float) -> Array:
    y, x = ((np.arange(n) + 0.5) * 2 / n - 1 for n in shape)
    return np.maximum(0, 1 - amount * (x[None, :] ** 2 + y[:, None] ** 2))


def looked_up(value: Array, coloring: Coloring, twice: bool = False) -> Array:
    """sRGB uint8 (..., 3) of values in [0, 1]; the neutral colour for NaN."""
    chosen = palette(coloring.palette)
    line = chosen.lut(4096)
    if coloring.reverse:
        line = line[::-1]
    u = np.nan_to_num(value) * coloring.cycles
    if chosen.family == "cyclic":
        u = (u + coloring.shift % 1.0) % 1.0
    else:
        u = (u * (2 if twice else 1) + 2 * (coloring.shift % 1.0)) % 2.0
        u = 1 - np.abs(1 - u)
    colours = line[np.floor(u * 4095 + 0.5).astype(int)]
    return np.where(np.isnan(value)[..., None], np.array(NEUTRAL, np.uint8), colours)


def averaged(light: Array, pending: Array, s: int) -> Array:
    """RGBA (H, W, 4) from linear light (H s, W s, 3): the mean over the samples known."""
    known = means((~pending).astype(np.float64), s)
    share = np.maximum(known, 1e-9)
    channels = [encode(means(np.where(pending, 0, light[..., k]), s) / share) for k in range(3)]
    shown = known > 0
    alpha = np.where(shown, 255, 0).astype(np.uint8)
    return np.stack([*(np.where(shown, c, 0).astype(np.uint8) for c in channels), alpha], -1)


def sigma_of(coloring: Coloring, height: int) -> float:
    return coloring.glow_sigma * height / 1200


def painted_values(value: Array, pending: Array, coloring: Coloring, s: int = 1) -> Array:
    """Glow and vignette on values, then the palette."""
    value = value**coloring.gamma
    shape = value.shape[0] // s, value.shape[1] // s
    undefined = np.isnan(value)
    dark = np.where(undefined | pending, 0, value)
    light = dark
    if coloring.glow:
        glow = blurred(means(dark, s), sigma_of(coloring, shape[0]))
        light = np.minimum(1, dark + coloring.glow * each(glow, s))
    light = light * each(vignette(shape, coloring.vignette), s)
    shown = looked_up(np.where(undefined, np.nan, light), coloring)
    return averaged(decode(shown), pending, s)


def painted_light(light: Array, pending: Array, coloring: Coloring, s: int = 1) -> Array:
    """Glow and vignette on linear light (H s, W s, 3)."""
    shape = light.shape[0] // s, light.shape[1] // s
    light = np.where(pending[..., None], 0, light)
    if coloring.glow:
        sigma = sigma_of(coloring, shape[0])
        glow = np.stack([each(blurred(means(light[..., k], s), sigma), s) for k in range(3)], -1)
        light = np.minimum(1, light + coloring.glow * glow)
    dim = each(vignette(shape, coloring.vignette), s)
    return averaged(light * dim[..., None], pending, s)


def relief(value: Array, coloring: Coloring) -> Array:
    """How bright the lit surface is, 1 on flat ground."""
    padded = np.pad(value, 1, mode="edge")
    height = 0.1 * coloring.relief * value.shape[0]

    def slope(before: Array, after: Array) -> Array:
        both = (after - before) / 2
        one = np.where(np.isnan(after), value - before, after - value)
        return height * np.nan_to_num(np.where(np.isnan(both), one, both))

    dx = slope(padded[1:-1, :-2], padded[1:-1, 2:])
    dy = slope(padded[:-2, 1:-1], padded[2:, 1:-1])
    azimuth, elevation = np.deg2rad(coloring.light), np.deg2rad(50)
    lamp = (
        np.cos(elevation) * np.cos(azimuth),
        np.cos(elevation) * np.sin(azimuth),
        np.sin(elevation),
    )
    facing = (lamp[2] - dx * lamp[0] - dy * lamp[1]) / np.sqrt(1 + dx**2 + dy**2)
    bright = 0.25 + 0.75 * np.maximum(0, facing) / lamp[2]
    return np.where(np.isnan(value), 1, bright)
