"""Gaussian blur of image planes, in two passes, mirrored at the image's edges.

Wide blurs go by halves: pixels are averaged into cells, every other place, with the weights 1 5 10
10 5 1; the cells are blurred, and pixels are taken from them with the same weights. Both filters
are all but blind to what the coarser grid can't hold, and what is left of that the blur takes away,
so that a wide Gaussian is met closely at a fraction of its cost.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.color_math import ONE, ZERO, Real
from deepfractals_gui.kernels.intrinsics import fma, select
from deepfractals_gui.kernels.jit import inline, kernel

_EDGE, _SIDE, _CORE = np.float32(1 / 32), np.float32(5 / 32), np.float32(10 / 32)
_FAR, _NEAR, _HERE = np.float32(1 / 16), np.float32(5 / 16), np.float32(10 / 16)
_1, _2, _3, _4, _5 = (np.uint64(k) for k in range(1, 6))


@inline
def _mirrored(index: Real, period: Real) -> Real:
    """The index of the image that ``index`` falls on, edges repeated: c b a | a b c | c b a.

    ``period``: of n pixels it is 2 n, of their cells n; there are (n + 1) // 2 of these.
    """
    index = index % period
    return index if 2 * index < period else period - 1 - index


@inline
def _clean(source: Array, out: Array) -> None:
    for i in range(out.size):
        out[i] = select((source[i] >= ZERO) & (source[i] <= ONE), source[i], ZERO)


@inline
def _cell(a: Real, b: Real, c: Real, d: Real, e: Real, f: Real) -> Real:
    return fma(_CORE, c + d, fma(_SIDE, b + e, _EDGE * (a + f)))


@inline
def _pixel(far: Real, here: Real, near: Real) -> Real:
    """A pixel of the cell ``here``, on the side of its neighbour ``near``."""
    return fma(_HERE, here, fma(_NEAR, near, _FAR * far))


@inline
def _blur_line(line: Array, taps: Array, row: Array) -> None:
    """Blur ``line`` (w + 2 R,) into ``row`` (w,)."""
    radius, width = taps.size - 1, row.size
    middle, body = taps[radius], line[radius : radius + width]
    for i in range(width):
        row[i] = middle * body[i]
    # Four taps a pass: the sum stays in a register for longer.
    for t in range(0, radius, 4):
        a, b, c, d = line[t:], line[t + 1 :], line[t + 2 :], line[t + 3 :]
        far = 2 * radius - t
        e, f, g, h = line[far:], line[far - 1 :], line[far - 2 :], line[far - 3 :]
        _add(taps[t:], a, b, c, d, e, f, g, h, row)


@inline
def _add(
    taps: Array,
    a: Array,
    b: Array,
    c: Array,
    d: Array,
    e: Array,
    f: Array,
    g: Array,
    h: Array,
    row: Array,
) -> None:
    w0, w1, w2, w3 = taps[0], taps[1], taps[2], taps[3]
    for i in range(row.size):
        total = fma(w0, a[i] + e[i], row[i])
        total = fma(w1, b[i] + f[i], total)
        total = fma(w2, c[i] + g[i], total)
        row[i] = fma(w3, d[i] + h[i], total)


@kernel
def block_means(plane: Array, s: int, out: Array) -> None:
    """Mean over s x s blocks; what isn't in [0, 1] counts as 0.

    ``plane`` (h s, w s) float32, ``out`` (h, w) float32.
    """
    share = np.float32(1.0 / (s * s))
    width = out.shape[1]
    line = np.empty(width * s, np.float32)
    for j in range(out.shape[0]):
        row = out[j]
        line[:] = ZERO
        for k in range(s):
            source = plane[j * s + k]
            for i in range(line.size):
                line[i] += select((source[i] >= ZERO) & (source[i] <= ONE), source[i], ZERO)
        for i in range(width):
            total = ZERO
            for m in range(s):
                total += line[i * s + m]
            row[i] = total * share


@kernel
def blur_rows(plane: Array, taps: Array, out: Array) -> None:
    """Blur along the rows of ``plane`` (h, w) float32 into ``out`` (h, w).

    ``taps`` (R + 1,) float32 is half the kernel, its middle last, R a multiple of 4. What isn't in
    [0, 1] counts as 0.
    """
    radius = taps.size - 1
    width = plane.shape[1]
    line = np.empty(width + 2 * radius, np.float32)
    body = line[radius : radius + width]
    for j in range(plane.shape[0]):
        _clean(plane[j], body)
        for t in range(radius):
            line[t] = body[_mirrored(t - radius, 2 * width)]
            line[radius + width + t] = body[_mirrored(width + t, 2 * width)]
        _blur_line(line, taps, out[j])


@kernel
def blur_halved_rows(plane: Array, taps: Array, out: Array) -> None:
    """Blur along the rows of ``plane`` (h, w) float32 into cells, ``out`` (h, (w + 1) // 2).

    ``taps`` are those of the cells; the rest as in `blur_rows`.
    """
    radius = taps.size - 1
    width, half = plane.shape[1], out.shape[1]
    # Two pixels more than those of the cells on either side.
    fine = np.empty(2 * half + 4, np.float32)
    pixels = fine[2 : 2 + width]
    line = np.empty(half + 2 * radius, np.float32)
    cells = line[radius : radius + half]
    for j in range(plane.shape[0]):
        _clean(plane[j], pixels)
        fine[0], fine[1] = pixels[_mirrored(-2, 2 * width)], pixels[0]
        for i in range(width, 2 * half + 2):
            fine[2 + i] = pixels[_mirrored(i, 2 * width)]
        for i in range(half):
            # An index without a sign: with one, the loop is not vectorised.
            k = _2 * np.uint64(i)
            before, inside = (fine[k], fine[k + _1]), (fine[k + _2], fine[k + _3])
            cells[i] = _cell(*before, *inside, fine[k + _4], fine[k + _5])
        for t in range(radius):
            line[t] = cells[_mirrored(t - radius, width)]
            line[radius + half + t] = cells[_mirrored(half + t, width)]
        _blur_line(line, taps, out[j])


@kernel
def blur_columns(plane: Array, top: int, height: int, first: int, taps: Array, out: Array) -> None:
    """Blur along the columns into rows ``first`` onwards of an image ``height`` rows high.

    ``plane`` (n, w) float32 holds the image's rows from ``top`` on, at least all those that the
    kernel reaches; ``out`` (h, w) float32.
    """
    radius = taps.size - 1
    period = 2 * height
    middle = taps[radius]
    for j in range(out.shape[0]):
        here = first + j
        row, centre = out[j], plane[here - top]
        for i in range(row.size):
            row[i] = middle * centre[i]
        for t in range(0, radius, 4):
            low, high = here - radius + t, here + radius - t
            a = plane[_mirrored(low, period) - top]
            b = plane[_mirrored(low + 1, period) - top]
            c = plane[_mirrored(low + 2, period) - top]
            d = plane[_mirrored(low + 3, period) - top]
            e = plane[_mirrored(high, period) - top]
            f = plane[_mirrored(high - 1, period) - top]
            g = plane[_mirrored(high - 2, period) - top]
            h = plane[_mirrored(high - 3, period) - top]
            _add(taps[t:], a, b, c, d, e, f, g, h, row)


@kernel
def blur_halved_columns(
    plane: Array, top: int, height: int, first: int, taps: Array, out: Array
) -> None:
    """Blur along the columns by way of cells; ``out`` holds pixel rows, as in `blur_columns`.

    ``taps`` are those of the cells, and reach 2 R + 5 pixels.
    """
    radius = taps.size - 1
    width = plane.shape[1]
    # A pixel is taken from the cell that it is in and both neighbours.
    low, high = first // 2 - 1, (first + out.shape[0] - 1) // 2 + 1
    cells = np.empty((high - low + 1 + 2 * radius, width), np.float32)
    for k in range(cells.shape[0]):
        pixel = 2 * _mirrored(low - radius + k, height)
        a = plane[_mirrored(pixel - 2, 2 * height) - top]
        b = plane[_mirrored(pixel - 1, 2 * height) - top]
        c = plane[pixel - top]
        d = plane[_mirrored(pixel + 1, 2 * height) - top]
        e = plane[_mirrored(pixel + 2, 2 * height) - top]
        f = plane[_mirrored(pixel + 3, 2 * height) - top]
        row = cells[k]
        for i in range(width):
            row[i] = _cell(a[i], b[i], c[i], d[i], e[i], f[i])
    soft = np.empty((high - low + 1, width), np.float32)
    middle = taps[radius]
    for k in range(soft.shape[0]):
        row, centre = soft[k], cells[k + radius]
        for i in range(width):
            row[i] = middle * centre[i]
        for t in range(0, radius, 4):
            a, b, c, d = cells[k + t], cells[k + t + 1], cells[k + t + 2], cells[k + t + 3]
            far = k + 2 * radius - t
            e, f, g, h = cells[far], cells[far - 1], cells[far - 2], cells[far - 3]
            _add(taps[t:], a, b, c, d, e, f, g, h, row)
    for j in range(out.shape[0]):
        at = (first + j) // 2 - low
        side = 1 if (first + j) % 2 else -1
        row, here, near, far = out[j], soft[at], soft[at + side], soft[at - side]
        for i in range(width):
            row[i] = _pixel(far[i], here[i], near[i])


@kernel
def widen_rows(cells: Array, out: Array) -> None:
    """Pixels of rows, ``out`` (h, w) float32, from their cells (h, (w + 1) // 2)."""
    half, width = cells.shape[1], out.shape[1]
    line = np.empty(half + 2, np.float32)
    before, here, after = line[:half], line[1 : 1 + half], line[2:]
    for j in range(out.shape[0]):
        here[:] = cells[j]
        line[0] = here[0]
        line[half + 1] = here[_mirrored(half, width)]
        row = out[j]
        for i in range(width // 2):
            k = _2 * np.uint64(i)
            row[k] = _pixel(after[i], here[i], before[i])
            row[k + _1] = _pixel(before[i], here[i], after[i])
        if width % 2:
            last = half - 1
            row[width - 1] = _pixel(after[last], here[last], before[last])


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    x = np.zeros((2, 2), np.float32)
    half = x[:, :1].copy()
    taps = np.ones(5, np.float32)
    return (
        ("colours: pixel means", lambda: block_means(x, 2, x[:1, :1].copy())),
        ("colours: blur rows", lambda: blur_rows(x, taps, x.copy())),
        ("colours: blur rows by halves", lambda: blur_halved_rows(x, taps, half)),
        ("colours: blur columns", lambda: blur_columns(x, 0, 2, 0, taps, x.copy())),
        (
            "colours: blur columns by halves",
            lambda: blur_halved_columns(x, 0, 2, 0, taps, x.copy()),
        ),
        ("colours: widen", lambda: widen_rows(half, x.copy())),
    )


WARM = _warm()
