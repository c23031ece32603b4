"""The atlas' model over tiles of positions: forward, the answers, and the gradients.

Arrays of a tile are flat: rows of LANES numbers. Matrices come as `atlas.packing` lays them out:
counts of rows and columns are multiples of four, and the rows of the shared block that a step
updates lie together.

References
----------
Mordvintsev et al. 2020, "Growing neural cellular automata", Distill: a shared rule, whose steps
update a part of the cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_features import (
    add_cells,
    add_key,
    add_octaves,
    turn_key,
    warm_grid,
)
from deepfractals_gui.kernels.atlas_functions import add_exp, apply_gelu, apply_tanh
from deepfractals_gui.kernels.atlas_products import (
    add_outer,
    add_sums,
    multiply,
    multiply_onto,
)
from deepfractals_gui.kernels.atlas_shapes import LANES, Inputs, Net, Sums
from deepfractals_gui.kernels.atlas_tables import wide
from deepfractals_gui.kernels.field_step import room
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import kernel, routine


class _Tile(NamedTuple):
    """What is known of a tile after its way forward."""

    features: Array
    slope: Array
    hidden: Array
    drive: Array
    state: Array
    steps: Array
    before: Array
    logits: Array
    top: Array
    total: Array


@routine
def _tile(net: Net) -> _Tile:
    d, h, v = net.shape[0], net.shape[1], net.shape[2]
    count, n = net.units.shape
    features = room(d * LANES, net.first)
    features[:] = 0.0
    return _Tile(
        features, room(h * LANES, net.first), room(h * LANES, net.first),
        room(h * LANES, net.first), room(h * LANES, net.first),
        room(count * n * LANES, net.first), room(count * n * LANES, net.first),
        room(v * LANES, net.first), room(LANES, net.first), room(LANES, net.first),
    )  # fmt: skip


@routine
def _forward(inputs: Inputs, net: Net, positions: Array, tile: _Tile) -> None:
    """Logits of a tile of positions, and what the way back needs."""
    d, h, v = net.shape[0], net.shape[1], net.shape[2]
    count, n = net.units.shape
    add_octaves(positions, inputs.capacity, inputs.octaves, tile.features)
    begin = 2 * inputs.octaves
    add_cells(positions, inputs.capacity, inputs.levels, inputs.table, begin, tile.features)
    begin += len(inputs.levels) * inputs.table.shape[1]
    add_key(positions, inputs.capacity, inputs.keys, begin, tile.features)
    multiply(net.first, 0, net.first_bias, tile.features, tile.slope, h, d)
    apply_gelu(tile.slope, tile.hidden, h * LANES)
    multiply(net.second, 0, net.second_bias, tile.hidden, tile.state, h, h)
    # U · features is the same at every step.
    multiply(net.inject, 0, net.block_bias, tile.features, tile.drive, h, d)
    rate = net.rate[0]
    for t in range(count):
        step = tile.steps[t * n * LANES : (t + 1) * n * LANES]
        before = tile.before[t * n * LANES : (t + 1) * n * LANES]
        for k in range(n):
            unit = net.units[t, k] * LANES
            here = step[k * LANES : (k + 1) * LANES]
            kept = before[k * LANES : (k + 1) * LANES]
            drive, state = tile.drive[unit : unit + LANES], tile.state[unit : unit + LANES]
            for lane in range(LANES):
                here[lane] = drive[lane]
                kept[lane] = state[lane]
        multiply_onto(net.block, t * n * h, net.zeros, tile.state, step, n, h)
        apply_tanh(step, n * LANES)
        for k in range(n):
            unit = net.units[t, k] * LANES
            here = step[k * LANES : (k + 1) * LANES]
            state = tile.state[unit : unit + LANES]
            for lane in range(LANES):
                state[lane] += rate * (here[lane] - state[lane])
    multiply(net.readout, 0, net.readout_bias, tile.state, tile.logits, v, h)


@routine
def _likelihoods(net: Net, tile: _Tile, best: Array) -> None:
    """logits <- exp(logits - top), their sums, the greatest logit and the first symbol with it."""
    symbols = net.shape[3]
    tile.top[:] = tile.logits[:LANES]
    tile.total[:] = 0.0
    best[:] = 0
    for symbol in range(1, symbols):
        row = tile.logits[symbol * LANES : (symbol + 1) * LANES]
        for lane in range(LANES):
            more = row[lane] > tile.top[lane]
            tile.top[lane] = row[lane] if more else tile.top[lane]
            best[lane] = symbol if more else best[lane]
    for symbol in range(symbols):
        add_exp(tile.logits, symbol * LANES, tile.top, tile.logits, tile.total, LANES)


@routine
def _clipped(positions: Array, begin: int, here: Array) -> int:
    """Copy a tile's positions, the last one again where they end; how many there are."""
    count = min(LANES, len(positions) - begin)
    for lane in range(LANES):
        here[lane] = positions[begin + min(lane, count - 1)]
    return count


@kernel
def answer(
    inputs: Inputs,
    net: Net,
    positions: Array,
    symbols: Array,
    found: Array,
    right: Array,
    flag: Array,
) -> None:
    """The likeliest symbol at each position, and how likely the right one is.

    Parameters
    ----------
    positions : int64 (n,)
    symbols : int64 (n,)   the right ones, or -1 for the likeliest
    found : int64 (n,)
    right : float (n,)
    flag : when it goes up, this returns before the next tile
    """
    tile = _tile(net)
    here, best = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    for begin in range(0, len(positions), LANES):
        if raised(flag):
            return
        count = _clipped(positions, begin, here)
        _forward(inputs, net, here, tile)
        _likelihoods(net, tile, best)
        for lane in range(count):
            found[begin + lane] = best[lane]
            name = symbols[begin + lane]
            weight = tile.logits[(name if name >= 0 else best[lane]) * LANES + lane]
            right[begin + lane] = weight / tile.total[lane]


@kernel
def shares(
    inputs: Inputs, net: Net, positions: Array, whole: int, result: Array, flag: Array
) -> None:
    """How likely each symbol is at each position, in whole numbers that add up to ``whole``.

    Each is 1 at least. What rounding leaves goes to the likeliest symbol. The same on every
    machine: sums go in the order of units and symbols.

    Parameters
    ----------
    positions : int64 (n,)
    whole : at least the number of symbols
    result : int32 (n, V)
    flag : when it goes up, this returns before the next tile
    """
    tile = _tile(net)
    here, best = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    symbols = net.shape[3]
    kind = net.first.dtype.type
    spare = kind(whole - symbols)
    scale = np.empty(LANES, net.first.dtype)
    for begin in range(0, len(positions), LANES):
        if raised(flag):
            return
        count = _clipped(positions, begin, here)
        _forward(inputs, net, here, tile)
        _likelihoods(net, tile, best)
        for lane in range(LANES):
            scale[lane] = spare / tile.total[lane]
        for lane in range(count):
            left = whole
            row = result[begin + lane]
            for symbol in range(symbols):
                share = 1 + wide(tile.logits[symbol * LANES + lane] * scale[lane])
                row[symbol] = share
                left -= share
            # Never below 1: roundings are upwards by 2^-24 of the whole for each symbol at most.
            row[best[lane]] += left


@kernel
def learn(
    inputs: Inputs,
    net: Net,
    positions: Array,
    symbols: Array,
    weight: float,
    power: float,
    sums: Sums,
    slopes: Array,
    scores: Array,
    flag: Array,
) -> None:
    """Add the gradients of weight · Σ (1 - p^q) / q over some positions, p that of the right one.

    q = 0 is the cross-entropy -log p, q = 1 the share that is expected to be wrong.

    Parameters
    ----------
    positions, symbols : int64 (n,)
    power : q, 0 to 1
    sums : of the weights; the biases alone where the matrices are empty
    slopes : float (tiles, L F + K, LANES)   becomes the gradients by the grids' features and by
        the key's numbers, at each position
    scores : float64 (P, 2)   for each key the sum of the cross-entropies in nats, and the right
        answers, are added
    flag : when it goes up, this returns before the next tile

    References
    ----------
    Zhang and Sabuncu 2018, arXiv:1805.07836, for the losses between.
    """
    d, h, v = net.shape[0], net.shape[1], net.shape[2]
    count, n = net.units.shape
    whole = sums.first.size > 0
    kind = net.first.dtype.type
    factor, rate = kind(weight), net.rate[0]
    keep = kind(1.0) - rate
    tile = _tile(net)
    by_state, by_drive = room(h * LANES, net.first), room(h * LANES, net.first)
    by_features, delta = room(d * LANES, net.first), room(max(h, n) * LANES, net.first)
    here, best = np.empty(LANES, np.int64), np.empty(LANES, np.int64)
    owners = np.empty(LANES, np.int64)
    for begin in range(0, len(positions), LANES):
        if raised(flag):
            return
        valid = _clipped(positions, begin, here)
        _forward(inputs, net, here, tile)
        _likelihoods(net, tile, best)
        for lane in range(valid):
            owners[lane] = here[lane] // inputs.capacity
        _by_logits(net, tile, symbols[begin : begin + valid], best, factor, power, owners, scores)
        multiply(net.readout_back, 0, net.zeros, tile.logits, by_state, h, v)
        add_sums(tile.logits, sums.readout_bias, 0, v)
        if whole:
            add_outer(tile.logits, tile.state, sums.readout, 0, v, h)
        by_drive[:] = 0.0
        for t in range(count - 1, -1, -1):
            for k in range(n):
                unit = net.units[t, k] * LANES
                y = tile.steps[(t * n + k) * LANES : (t * n + k + 1) * LANES]
                before = tile.before[(t * n + k) * LANES : (t * n + k + 1) * LANES]
                g, state = by_state[unit : unit + LANES], tile.state[unit : unit + LANES]
                total = by_drive[unit : unit + LANES]
                slope = delta[k * LANES : (k + 1) * LANES]
                for lane in range(LANES):
                    one = rate * g[lane] * (kind(1.0) - y[lane] * y[lane])
                    slope[lane] = one
                    total[lane] += one
                    g[lane] *= keep
                    state[lane] = before[lane]
            if whole:
                add_outer(delta, tile.state, sums.block, t * n * h, n, h)
            multiply_onto(net.block_back, t * n * h, net.zeros, delta, by_state, h, n)
        add_sums(by_drive, sums.block_bias, 0, h)
        add_sums(by_state, sums.second_bias, 0, h)
        multiply(net.second_back, 0, net.zeros, by_state, delta, h, h)
        if whole:
            add_outer(by_drive, tile.features, sums.inject, 0, h, d)
            add_outer(by_state, tile.hidden, sums.second, 0, h, h)
        for at in range(h * LANES):
            delta[at] *= tile.slope[at]
        add_sums(delta, sums.first_bias, 0, h)
        if whole:
            add_outer(delta, tile.features, sums.first, 0, h, d)
        if slopes.shape[1] > 0:
            # Octaves have nothing to learn: those that fill whole fours are left out.
            octaves = 2 * inputs.octaves
            skipped = octaves // 4 * 4
            at = skipped * h
            multiply(net.first_back, at, net.zeros, delta, by_features, d - skipped, h)
            multiply_onto(net.inject_back, at, net.zeros, by_drive, by_features, d - skipped, h)
            keys = octaves - skipped + len(inputs.levels) * inputs.table.shape[1]
            turn_key(here, inputs.capacity, inputs.keys.shape[1], keys, by_features)
            to = slopes[begin // LANES]
            for row in range(len(to)):
                at = (octaves - skipped + row) * LANES
                for lane in range(LANES):
                    to[row, lane] = by_features[at + lane]


@routine
def _by_logits(
    net: Net,
    tile: _Tile,
    symbols: Array,
    best: Array,
    factor: float,
    power: float,
    owners: Array,
    scores: Array,
) -> None:
    """logits <- factor · p^q (likelihood - right), 0 beyond the tile's positions and symbols."""
    kind = net.first.dtype.type
    factors = np.zeros(LANES, net.first.dtype)
    valid, names = len(symbols), net.shape[3]
    for lane in range(valid):
        likely = tile.logits[symbols[lane] * LANES + lane] / tile.total[lane]
        scores[owners[lane], 0] -= np.log(max(np.float64(likely), 1e-38))
        scores[owners[lane], 1] += 1 if best[lane] == symbols[lane] else 0
        factors[lane] = factor if power == 0.0 else factor * kind(np.float64(likely) ** power)
    for lane in range(LANES):
        tile.top[lane] = factors[lane] / tile.total[lane]
    for symbol in range(names):
        row = tile.logits[symbol * LANES : (symbol + 1) * LANES]
        for lane in range(LANES):
            row[lane] *= tile.top[lane]
    for lane in range(valid):
        tile.logits[symbols[lane] * LANES + lane] -= factors[lane]
    tile.logits[names * LANES :] = 0.0


def _warm_arrays() -> tuple[Inputs, Net, Array, Array]:
    """The smallest model, and a tile of positions."""
    levels, table = warm_grid()
    f = np.zeros(64, np.float32)
    units, shape = np.arange(4).reshape(1, 4), np.array([4, 8, 4, 4])
    net = Net(f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, units, shape, np.ones(1, np.float32))
    return (
        Inputs(8, 1, levels, table, f[:0].reshape(1, 0)),
        net,
        np.zeros(LANES, np.int64),
        np.zeros(1, np.uint8),
    )


def _warm_answer() -> None:
    inputs, net, positions, flag = _warm_arrays()
    answer(inputs, net, positions, positions, positions.copy(), np.zeros(LANES, np.float32), flag)


def _warm_shares() -> None:
    inputs, net, positions, flag = _warm_arrays()
    shares(inputs, net, positions, 1 << 15, np.zeros((LANES, 4), np.int32), flag)


def _warm_learn() -> None:
    inputs, net, positions, flag = _warm_arrays()
    sums = Sums(*(np.zeros(64, np.float32) for _ in Sums._fields))
    slopes = np.zeros((1, 2, LANES), np.float32)
    learn(inputs, net, positions, positions, 1.0, 0.0, sums, slopes, np.zeros((1, 2)), flag)


WARM = (
    ("atlas answer", _warm_answer), ("atlas shares", _warm_shares), ("atlas learn", _warm_learn),
)  # fmt: skip
