"""Opinions on the next bit, as logits, weighed by how right each was so far.

Whole numbers only. A weight is in units of 2^-16; a *judge* is one row of weights, chosen by the
circumstances, and the judges' own opinions are weighed once more. Corrections of a judge that
holds a bit for likely by p are (bit - p) times its inputs, the gradient of the code's length.

References
----------
Mahoney 2005, "Adaptive weighing of context models for lossless data compression".
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_memory import FINE, PLACES
from deepfractals_gui.kernels.atlas_tables import LEAST_SHARE, LOGIT_MOST, wide
from deepfractals_gui.kernels.jit import inline

_ROUND = 1 << 17
_CENTRE = LOGIT_MOST + 1


@inline
def weighed(inputs: Array, weights: Array) -> int:
    """The logit that one row of weights makes of the inputs, int32 (PLACES,)."""
    total = wide(0)
    for k in range(PLACES):
        total += wide(inputs[k]) * wide(weights[k])
    return max(-LOGIT_MOST, min(LOGIT_MOST, (total + 32768) >> 16))


@inline
def correct(inputs: Array, weights: Array, error: int) -> None:
    """Move a row of weights by inputs times error."""
    for k in range(PLACES):
        weights[k] += np.int32((wide(inputs[k]) * error + _ROUND) >> 18)


@inline
def share_of(logit: int, shares: Array) -> int:
    return wide(shares[logit + _CENTRE])


@inline
def logit_of(share: int, logits: Array) -> int:
    """The logit of a probability from 0 to 65535."""
    return wide(logits[share >> 4])


@inline
def agree(views: Array, weights: Array, count: int) -> int:
    """The logit that the judges' logits, int64 (count,), come to."""
    total = wide(0)
    for k in range(count):
        total += views[k] * weights[k]
    return max(-LOGIT_MOST, min(LOGIT_MOST, (total + 32768) >> 16))


@inline
def agree_better(views: Array, weights: Array, count: int, error: int) -> None:
    for k in range(count):
        weights[k] += (views[k] * error + _ROUND) >> 18


@inline
def curve_at(curve: Array, logit: int) -> int:
    """The probability that a curve, int32 (STEPS,), gives in place of a logit's own."""
    at = (logit + _CENTRE) * 32
    low, part = at >> 12, at & 4095
    return (wide(curve[low]) * (4096 - part) + wide(curve[low + 1]) * part) >> 12


@inline
def bend(curve: Array, logit: int, bit: int) -> None:
    """Move the nearer point of the curve towards what came."""
    at = (logit + _CENTRE) * 32 + 2048
    k = at >> 12
    curve[k] += (bit * 65535 - wide(curve[k])) >> 5


@inline
def within(share: int) -> int:
    """A probability that may be coded with."""
    return max(LEAST_SHARE, min(65536 - LEAST_SHARE, share))


@inline
def learn(table: Array, at: int, bit: int, rate: int) -> None:
    """Move a probability in FINE units towards what came, by 2^-rate of the way."""
    table[at] += (bit * FINE - wide(table[at])) >> rate


@inline
def read_model(row: Array, sums: Array) -> int:
    """Sums of a position's frequencies before each symbol, into (V + 1,), and the likeliest."""
    total, best = wide(0), 0
    for k in range(row.size):
        sums[k] = total
        total += row[k]
        if row[k] > row[best]:
            best = k
    sums[row.size] = total
    return best


@inline
def model_share(sums: Array, low: int, middle: int, high: int) -> int:
    """The model's probability, from 0 to 65535, of [middle, high) among [low, high)."""
    return wide(((sums[high] - sums[middle]) * 65535) // (sums[high] - sums[low]))
