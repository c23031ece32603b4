"""What the text atlas answers, position by position, in arithmetic that is the same everywhere.

Sums run in a fixed order, nothing is fused, and tanh and exp are the kernels' own: what an export
relies upon is decoded to the same bits on any machine with IEEE 754. Sixty-four positions go
through the model side by side.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_features import octave, place
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import inline, kernel

LANES = 64
_FARTHEST = 9.0
"""tanh is ±1 in float32 from here on."""
_GELU, _CUBIC = 0.7978845608028654, 0.044715
_FAINTEST = -20.0
"""e^-20 of a probability is nothing in sixteen bits."""


@inline
def tanh(x: Any) -> Any:
    """tanh of a float32: a continued fraction of x / 8, doubled three times."""
    far = np.float32(_FARTHEST)
    x = far if x > far else x
    x = -far if x < -far else x
    y = x * np.float32(0.125)
    s = y * y
    above = np.float32(10395.0) + s * (np.float32(1260.0) + s * np.float32(21.0))
    below = np.float32(10395.0) + s * (
        np.float32(4725.0) + s * (np.float32(210.0) + s * np.float32(4.0))
    )
    t = y * above / below
    t = (t + t) / (np.float32(1.0) + t * t)
    t = (t + t) / (np.float32(1.0) + t * t)
    return (t + t) / (np.float32(1.0) + t * t)


@inline
def _exp(x: Any) -> Any:
    """e^x of a float32, x <= 0: a series of x / 16, squared four times."""
    low = np.float32(_FAINTEST)
    y = (low if x < low else x) * np.float32(0.0625)
    t = np.float32(1.0 / 720.0) + y * np.float32(1.0 / 5040.0)
    t = np.float32(1.0 / 24.0) + y * (np.float32(1.0 / 120.0) + y * t)
    t = np.float32(1.0) + y * (
        np.float32(1.0) + y * (np.float32(0.5) + y * (np.float32(1.0 / 6.0) + y * t))
    )
    t = t * t
    t = t * t
    t = t * t
    return t * t


@inline
def _rows(weights: Any, bias: Any, x: Any, out: Any) -> None:
    """out = weights x + bias for LANES columns, four inputs at a time."""
    inputs = weights.shape[1]
    whole = inputs - inputs % 4
    for o in range(weights.shape[0]):
        w, y = weights[o], out[o]
        b = bias[o]
        for n in range(LANES):
            y[n] = b
        for k in range(0, whole, 4):
            w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
            x0, x1, x2, x3 = x[k], x[k + 1], x[k + 2], x[k + 3]
            for n in range(LANES):
                y[n] = y[n] + ((w0 * x0[n] + w1 * x1[n]) + (w2 * x2[n] + w3 * x3[n]))
        for k in range(whole, inputs):
            w0, x0 = w[k], x[k]
            for n in range(LANES):
                y[n] = y[n] + w0 * x0[n]


@kernel
def answers(
    start: int, capacity: int, count: int, levels: Array, table: Array, first: Array,
    first_bias: Array, second: Array, second_bias: Array, rows: Array, block: Array, feed: Array,
    feed_bias: Array, rate: float, last: Array, last_bias: Array, out: Array, flag: Array,
) -> None:  # fmt: skip
    """Write the logits of the positions from ``start`` on.

    Parameters
    ----------
    capacity, count : N, and how many octaves are seen
    levels, table : int64 (L, 3) and float32 (rows, F); see `atlas_features`
    first, first_bias, second, second_bias : h_0 = second gelu(first seen + first_bias) +
        second_bias; float32 (H, D), (H,), (H, H), (H,); D = 2 count + L F
    rows : int64 (T, A), the units that each step moves
    block, feed, feed_bias : float32 (H, H), (H, D), (H,): a step moves its units by
        rate (tanh(block h + feed seen + feed_bias) - h)
    last, last_bias : float32 (V, H), (V,)
    out : float32 (n, V), the logits
    flag : when it goes up, this returns within a block of positions
    """
    units, seen_count = first.shape
    features = table.shape[1]
    steps, active = rows.shape
    seen = np.empty((seen_count, LANES), np.float32)
    fed = np.empty((units, LANES), np.float32)
    h = np.empty((units, LANES), np.float32)
    near = np.empty((max(units, active), LANES), np.float32)
    logits = np.empty((last.shape[0], LANES), np.float32)
    pace = np.float32(rate)
    kept = np.empty((steps, active, units), np.float32)
    for t in range(steps):
        for j in range(active):
            kept[t, j] = block[rows[t, j]]
    none = np.zeros(max(units, active), np.float32)
    for begin in range(0, out.shape[0], LANES):
        if raised(flag):
            return
        for k in range(count):
            for n in range(LANES):
                s, c = octave(start + begin + n, capacity, k)
                seen[2 * k, n] = np.float32(s)
                seen[2 * k + 1, n] = np.float32(c)
        for level in range(levels.shape[0]):
            for n in range(LANES):
                # A block may reach beyond the line's end.
                position = min(start + begin + n, capacity - 1)
                a, b, share = place(position, capacity, levels[level])
                w = np.float32(share)
                for f in range(features):
                    left, right = table[a, f], table[b, f]
                    seen[2 * count + level * features + f, n] = left + w * (right - left)
        _rows(first, first_bias, seen, near)
        for o in range(units):
            row = near[o]
            for n in range(LANES):
                u = row[n]
                inner = np.float32(_GELU) * (u + np.float32(_CUBIC) * (u * u * u))
                row[n] = np.float32(0.5) * u * (np.float32(1.0) + tanh(inner))
        _rows(second, second_bias, near, h)
        _rows(feed, feed_bias, seen, fed)
        for t in range(steps):
            _rows(kept[t], none, h, near)
            for j in range(active):
                o = rows[t, j]
                row, whole, drive = near[j], h[o], fed[o]
                for n in range(LANES):
                    whole[n] = whole[n] + pace * (tanh(row[n] + drive[n]) - whole[n])
        _rows(last, last_bias, h, logits)
        for n in range(min(LANES, out.shape[0] - begin)):
            for v in range(last.shape[0]):
                out[begin + n, v] = logits[v, n]


@kernel
def frequencies(logits: Array, total: int, out: Array) -> None:
    """Write softmax(logits) in whole numbers of at least 1 whose sum is ``total``.

    Parameters
    ----------
    logits : float32 (n, V)
    out : int32 (n, V); what rounding leaves over goes to the likeliest symbol
    """
    count = logits.shape[1]
    parts = np.empty(count, np.float32)
    for n in range(logits.shape[0]):
        row, shares = logits[n], out[n]
        top = 0
        for v in range(1, count):
            if row[v] > row[top]:
                top = v
        most = row[top]
        for v in range(count):
            parts[v] = _exp(row[v] - most)
        whole = np.float32(0.0)
        for v in range(count):
            whole = whole + parts[v]
        scale = np.float32(total - count) / whole
        for v in range(count):
            shares[v] = np.int32(1) + np.int32(parts[v] * scale)
        left = total
        for v in range(count):
            left -= shares[v]
        shares[top] += left


def _warm() -> None:
    flag = np.zeros(1, np.uint8)
    matrix, vector = np.zeros((2, 2), np.float32), np.zeros(2, np.float32)
    out = np.zeros((4, 2), np.float32)
    answers(
        0, 4, 1, np.zeros((0, 3), np.int64), np.zeros((1, 2), np.float32), matrix, vector, matrix,
        vector, np.zeros((1, 1), np.int64), matrix, matrix, vector, 0.5, matrix, vector, out, flag,
    )  # fmt: skip
    frequencies(out, 1 << 15, np.zeros((4, 2), np.int32))


WARM = (("atlas answers", _warm),)
