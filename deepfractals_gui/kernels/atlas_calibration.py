"""Symbols coded by what a model expects of their positions alone, never by their neighbours.

Two ways: bit by bit down a tree, with the model's probabilities corrected by how they fared so
far; or a bit for whether the model's favourite is right, and the symbol where it isn't.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_coder import (
    decoder,
    drop,
    encoder,
    next_bit,
    point,
    put,
    put_bit,
)
from deepfractals_gui.kernels.atlas_memory import (
    FINE,
    PLACES,
    SURE,
    Calibration,
    calibration,
)
from deepfractals_gui.kernels.atlas_mixing import (
    bend,
    correct,
    curve_at,
    learn,
    logit_of,
    model_share,
    read_model,
    share_of,
    weighed,
    within,
)
from deepfractals_gui.kernels.atlas_tables import wide
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import kernel

_COUNTED = 1000
"""A node's probability is the mean of its bits, until there are so many."""
_STEP, _MOST = 24, 1 << 20
"""What a missed symbol adds to its count, and where all counts are halved."""


@kernel
def code_calibrated(
    symbols: Array,
    start: int,
    stop: int,
    reading: bool,
    frequencies: Array,
    m: Calibration,
    coder: Array,
    content: Array,
    flag: Array,
) -> int:
    """Write or read the symbols [start, stop), in this order; where it stopped.

    Parameters
    ----------
    symbols : uint16 (N,)   what is written, or where it's read into
    frequencies : int32 (stop - start, V), positive
    content : uint8   what is read, or where it's written to, with room
    flag : when it goes up, this returns before the next symbol
    """
    nodes, size = m.nodes, frequencies.shape[1]
    inner = max(size - 1, 1)
    inputs = np.zeros(PLACES, np.int32)
    inputs[4] = 256
    sums = np.zeros(size + 1, np.int64)
    for n in range(start, stop):
        if raised(flag):
            return n
        rate = 2 + 16_384 // (1024 + n)
        best = wide(read_model(frequencies[n - start], sums))
        sure = ((sums[best + 1] - sums[best]) * (SURE - 1)) // sums[size]
        symbol = wide(0) if reading else wide(symbols[n])
        node = 0 if nodes.shape[0] > 0 else -1
        while node >= 0:
            low, middle = wide(nodes[node, 0]), wide(nodes[node, 1])
            high = wide(nodes[node, 2])
            opinion = logit_of(model_share(sums, low, middle, high), m.logits)
            curve = m.curves[node]
            hoped = -1
            inputs[0] = opinion
            inputs[1] = logit_of(curve_at(curve, opinion), m.logits)
            inputs[2] = logit_of(wide(m.often[node]) >> 6, m.logits)
            inputs[3] = 0
            if low <= best < high:
                hoped = 1 if best >= middle else 0
                logit = logit_of(wide(m.certain[sure]) >> 6, m.logits)
                inputs[3] = logit if hoped == 1 else -logit
            one = m.judges[node]
            other = m.judges[inner + 3 * sure + hoped + 1]
            view, second = weighed(inputs, one), weighed(inputs, other)
            logit = (view + second) >> 1
            share = within(share_of(logit, m.shares))
            if reading:
                bit = next_bit(coder, content, share)
            else:
                bit = 1 if symbol >= middle else 0
                put_bit(coder, content, share, bit)
            bend(curve, opinion, bit)
            correct(inputs, one, ((bit << 16) - share_of(view, m.shares)) * rate)
            correct(inputs, other, ((bit << 16) - share_of(second, m.shares)) * rate)
            m.times[node] += 1 if m.times[node] < _COUNTED else 0
            often = wide(m.often[node])
            m.often[node] = often + (bit * FINE - often) * 2 // (2 * m.times[node] + 1)
            if hoped >= 0:
                learn(m.certain, sure, 1 if hoped == bit else 0, 7)
            symbol = symbol if not reading else (middle if bit else low)
            node = wide(nodes[node, 3 + bit])
        symbols[n] = symbol
    return stop


@kernel
def code_corrections(
    symbols: Array,
    start: int,
    stop: int,
    reading: bool,
    frequencies: Array,
    m: Calibration,
    coder: Array,
    content: Array,
    flag: Array,
) -> int:
    """Write or read [start, stop) as which positions are wrong, and what stands there.

    The parameters are those of `code_calibrated`. Of equal frequencies the first is the favourite.
    """
    size = frequencies.shape[1]
    sums = np.zeros(size + 1, np.int64)
    total = wide(0)
    for k in range(size):
        total += m.counts[k]
    for n in range(start, stop):
        if raised(flag):
            return n
        best = wide(read_model(frequencies[n - start], sums))
        sure = ((sums[best + 1] - sums[best]) * (SURE - 1)) // sums[size]
        symbol = best if reading or size == 1 else wide(symbols[n])
        if size > 1:
            share = within(wide(m.certain[sure]) >> 6)
            if reading:
                right = next_bit(coder, content, share)
            else:
                right = 1 if symbol == best else 0
                put_bit(coder, content, share, right)
            learn(m.certain, sure, right, 6)
            if right == 0:
                left = total - m.counts[best]
                where = point(coder, left) if reading else wide(0)
                below, found = wide(0), wide(-1)
                for k in range(size):
                    if k != best and found < 0:
                        if (reading and where < below + m.counts[k]) or (
                            not reading and k == symbol
                        ):
                            found = k
                        else:
                            below += m.counts[k]
                symbol = found
                if reading:
                    drop(coder, content, below, below + m.counts[symbol], left)
                else:
                    put(coder, content, below, below + m.counts[symbol], left)
                m.counts[symbol] += _STEP
                total += _STEP
                if total > _MOST:
                    total = 0
                    for k in range(size):
                        m.counts[k] = (m.counts[k] + 1) >> 1
                        total += m.counts[k]
        symbols[n] = symbol
    return stop


def _warm() -> None:
    symbols, out, flag = np.zeros(1, np.uint16), np.zeros(16, np.uint8), np.zeros(1, np.uint8)
    rows, room = np.ones((1, 2), np.int32), calibration(np.ones(2, np.int64))
    for act in (code_calibrated, code_corrections):
        act(symbols, 0, 1, False, rows, room, encoder(), out, flag)
        act(symbols, 0, 1, True, rows, room, decoder(out), out, flag)


WARM = (("atlas calibration", _warm),)
