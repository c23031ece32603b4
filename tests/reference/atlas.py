"""A plain twin of the atlas' model, written from its formulas: whole numbers, NumPy, float64."""

from __future__ import annotations

import math

import numpy as np


def octaves(positions, capacity):
    """sin and cos of 2π 2^k x, x = (i + 1/2) / N, for 2^k up to N / 2, (n, 2 K)."""
    columns, k = [], 0
    while k == 0 or 2**k <= capacity // 2:
        phases = np.array([((2 * int(i) + 1) * 2**k) % (2 * capacity) for i in positions])
        angles = 2 * np.pi * phases / (2 * capacity)
        columns += [np.sin(angles), np.cos(angles)]
        k += 1
    return np.stack(columns, axis=1)


def corners(positions, capacity, cells, rows):
    """Rows of both corners of each position's cell, and how far it is between them."""
    dense = cells + 1 <= rows
    shift = 32 - int(math.log2(rows))

    def row(corner):
        return corner if dense else (corner * 2654435761 % 2**32) >> shift

    found = [divmod((2 * int(i) + 1) * cells, 2 * capacity) for i in positions]
    left = np.array([row(cell) for cell, _ in found])
    right = np.array([row(cell + 1) for cell, _ in found])
    return left, right, np.array([rest / (2 * capacity) for _, rest in found])


def grids(positions, capacity, resolutions, rows, table):
    """Interpolated rows of each level, (n, L F)."""
    columns, begin = [], 0
    for cells in resolutions:
        left, right, w = corners(positions, capacity, cells, rows)
        columns.append((1 - w)[:, None] * table[begin + left] + w[:, None] * table[begin + right])
        begin += min(cells + 1, rows)
    return np.concatenate(columns, axis=1)


def signs(positions, count):
    """Plus or minus for each position and number of a key, (n, count): the end of MurmurHash3."""

    def mixed(x):
        x = (x ^ x >> 16) * 0x85EBCA6B % 2**32
        x = (x ^ x >> 13) * 0xC2B2AE35 % 2**32
        return x ^ x >> 16

    return np.array([
        [1.0 if mixed(4 * int(i) + k // 32 + 1) >> k % 32 & 1 else -1.0 for k in range(count)]
        for i in positions
    ])  # fmt: skip


def gelu(z):
    return 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))


def logits(p, features, keys, mask, rate):
    """``p``: the arrays by name; ``keys``: (n, k), signed; ``mask``: (T, H) of 0 and 1.

    Features that aren't there are the last ones: the grids'.
    """
    seen = np.hstack([features, keys])

    def of_seen(own, columns):
        return seen @ np.hstack([own[:, : features.shape[1]], columns[:, : keys.shape[1]]]).T

    h = gelu(of_seen(p["first"], p["first_key"]) + p["first_bias"])
    h = h @ p["second"].T + p["second_bias"]
    drive = of_seen(p["inject"], p["inject_key"]) + p["block_bias"]
    for m in mask:
        u = h @ p["block"].T + drive
        h = h + rate * m * (np.tanh(u) - h)
    return h @ p["readout"].T + p["readout_bias"]


def log_likelihoods(logits):
    top = logits.max(axis=1, keepdims=True)
    return logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
