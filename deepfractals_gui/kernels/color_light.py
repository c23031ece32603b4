"""From channels to linear light, for the ways of looking that choose colours themselves.

Every kernel fills ``out`` (3, h, w) float32, linear red, green and blue in [0, 1]; all are -1
where the point isn't computed yet. Bands are C-contiguous and (h, w) unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.status import Status
from deepfractals_gui.kernels.color_math import (
    HALF,
    LARGEST,
    ONE,
    ZERO,
    Real,
    log2,
    narrowed,
    unit,
)
from deepfractals_gui.kernels.color_pixels import LAST, place_of
from deepfractals_gui.kernels.intrinsics import fma, greatest, least, select
from deepfractals_gui.kernels.jit import inline, kernel

_NONE = np.uint8(Status.PENDING)
_ESCAPED = np.uint8(Status.ESCAPED)
_NON_FINITE = np.uint8(Status.NON_FINITE)
_UNNAMED = np.uint16(0)
_PENDING_LABEL = np.uint32(65536)
_NEXT, _TWICE = np.uint64(1), np.uint64(2)


@inline
def _look_up(index: Array, light: Array, j: Real, out: Array) -> None:
    for c in range(3):
        table, row = light[c], out[c, j]
        for i in range(row.size):
            row[i] = table[index[i]]


@kernel
def light_of_values(values: Array, p: Array, light: Array, out: Array) -> None:
    """Look values up. ``p``: cycles, shift, period; ``light`` (3, 4098) float32."""
    cycles, shift, period = p[0], p[1], p[2]
    index = np.empty(values.shape[1], np.uint32)
    for j in range(values.shape[0]):
        source = values[j]
        for i in range(index.size):
            index[i] = place_of(source[i], cycles, shift, period)
        _look_up(index, light, j, out)


@kernel
def light_of_statuses(status: Array, colours: Array, out: Array) -> None:
    """Look statuses up. ``colours`` (3, 256) float32, -1 for what is pending."""
    for j in range(status.shape[0]):
        _look_up(status[j], colours, j, out)


@kernel
def light_of_labels(
    status: Array, label: Array, shade: Array, p: Array, colours: Array, out: Array
) -> None:
    """Look labels up, darker where there were more steps; label 0, none, keeps its light.

    ``label`` uint16; ``shade`` float32 values in [0, 1] of darkness, or (0, 0) for none; ``p``:
    the share that the darkest keeps; ``colours`` (3, 65537) float32, the last what a pending point
    gets, -1.
    """
    darkest = p[0]
    index = np.empty(status.shape[1], np.uint32)
    bright = np.empty(status.shape[1], np.float32)
    for j in range(status.shape[0]):
        st, name = status[j], label[j]
        for i in range(index.size):
            index[i] = select(st[i] == _NONE, _PENDING_LABEL, np.uint32(name[i]))
        _look_up(index, colours, j, out)
        if shade.shape[0] > 0:
            dark = shade[j]
            for i in range(bright.size):
                share = ONE - (ONE - darkest) * select(dark[i] <= ONE, dark[i], ZERO)
                named = (name[i] != _UNNAMED) & (st[i] != _NONE)
                bright[i] = select(named, share, ONE)
            for c in range(3):
                row = out[c, j]
                for i in range(bright.size):
                    row[i] *= bright[i]


@kernel
def light_of_regimes(
    status: Array, trap: Array, gain: Array, p: Array, colours: Array, out: Array
) -> None:
    """Regimes of a backward pass: exploded, near the unit circle, vanishing, bounded, no number.

    ``p``: trap below which an orbit came near, gain below which it vanishes; ``colours`` (3, 6),
    the last what a pending point gets, -1.
    """
    near, vanishing = p[0], p[1]
    regime = np.empty(status.shape[1], np.uint32)
    for j in range(status.shape[0]):
        st, tr, ga = status[j], trap[j], gain[j]
        for i in range(regime.size):
            found = select(ga[i] < vanishing, np.uint32(2), np.uint32(3))
            found = select(tr[i] < near, np.uint32(1), found)
            finite = (abs(tr[i]) <= LARGEST) & (abs(ga[i]) <= LARGEST) & (st[i] != _NON_FINITE)
            found = select(finite, found, np.uint32(4))
            found = select(st[i] == _ESCAPED, np.uint32(0), found)
            regime[i] = select(st[i] == _NONE, np.uint32(5), found)
        _look_up(regime, colours, j, out)


@inline
def _shine(light: Array, j: Real, bright: Array) -> None:
    for c in range(3):
        row = light[c, j]
        for i in range(row.size):
            row[i] = select(row[i] < ZERO, row[i], unit(row[i] * bright[i]))


@kernel
def shade_by_magnitude(number: Array, strength: float, light: Array) -> None:
    """Darken by where log2 |z| lies between two whole numbers, in place: rings at powers of 2.

    ``number`` float64 (h, 2w), real and imaginary parts in turn; ``light`` (3, h, w).
    """
    full = np.float32(strength)
    bright = np.empty(light.shape[2], np.float32)
    z = np.empty(2 * bright.size, np.float32)
    for j in range(light.shape[1]):
        narrowed(number[j], z)
        for i in range(bright.size):
            k = _TWICE * np.uint64(i)
            re, im = abs(z[k]), abs(z[k + _NEXT])
            # Scaled by the larger part, so that squares neither overflow nor vanish.
            large = greatest(re, im)
            q = least(re, im) / select(large > ZERO, large, ONE)
            level = log2(large) + HALF * log2(fma(q, q, ONE))
            dark = full * (ONE - (level - np.floor(level)))
            bright[i] = select((re <= LARGEST) & (im <= LARGEST), ONE - dark, ONE)
        _shine(light, j, bright)


@kernel
def shade_by_fraction(channel: Array, strength: float, light: Array) -> None:
    """Darken by the fractional part of ``channel`` float32, in place: rings at whole numbers."""
    full = np.float32(strength)
    bright = np.empty(light.shape[2], np.float32)
    for j in range(light.shape[1]):
        x = channel[j]
        for i in range(bright.size):
            dark = full * (ONE - (x[i] - np.floor(x[i])))
            bright[i] = select(abs(x[i]) <= LARGEST, ONE - dark, ONE)
        _shine(light, j, bright)


@inline
def _slope(before: Real, here: Real, after: Real) -> Real:
    """Rise per sample, from the neighbours that have a value."""
    has_before, has_after = before <= ONE, after <= ONE
    one = select(has_after, after - here, select(has_before, here - before, ZERO))
    return select(has_before & has_after, HALF * (after - before), one)


@kernel
def light_the_relief(values: Array, p: Array, light: Array) -> None:
    """Light the surface that the values make, in place.

    ``values`` (h + 2, w): a row more on either side; ``light`` (3, h, w); ``p``: x, y and z of the
    lamp's direction, height of value 1 in samples, share of light that comes from everywhere.
    Flat ground keeps its colour; slopes towards the lamp grow brighter, others darker.
    """
    lx, ly, lz, height, ambient = p[0], p[1], p[2], p[3], p[4]
    diffuse = (ONE - ambient) / lz
    width = light.shape[2]
    bright = np.empty(width, np.float32)
    line = np.empty(width + 2, np.float32)
    for j in range(light.shape[1]):
        below, here, above = values[j], values[j + 1], values[j + 2]
        line[0], line[width + 1] = here[0], here[width - 1]
        line[1 : width + 1] = here
        left, right = line[:width], line[2 : width + 2]
        for i in range(width):
            v = here[i]
            dx = height * _slope(left[i], v, right[i])
            dy = height * _slope(below[i], v, above[i])
            facing = (lz - dx * lx - dy * ly) / np.sqrt(ONE + dx * dx + dy * dy)
            lit = fma(diffuse, greatest(facing, ZERO), ambient)
            bright[i] = select(v <= ONE, lit, ONE)
        _shine(light, j, bright)


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    status = np.zeros((1, 1), np.uint8)
    x = np.zeros((1, 1), np.float32)
    label = np.zeros((1, 1), np.uint16)
    z = np.zeros((1, 2), np.float64)
    p = np.ones(5, np.float32)
    table = np.zeros((3, LAST + 3), np.float32)
    out = np.zeros((3, 1, 1), np.float32)
    tall = np.zeros((3, 1), np.float32)
    return (
        ("colours: light of values", lambda: light_of_values(x, p, table, out)),
        ("colours: statuses", lambda: light_of_statuses(status, table, out)),
        ("colours: labels", lambda: light_of_labels(status, label, x, p, table, out)),
        ("colours: regimes", lambda: light_of_regimes(status, x, x, p, table, out)),
        ("colours: magnitude", lambda: shade_by_magnitude(z, 0.5, out)),
        ("colours: rings", lambda: shade_by_fraction(x, 0.5, out)),
        ("colours: relief", lambda: light_the_relief(tall, p, out)),
    )


WARM = _warm()
