"""Forward through the model and back, for a block of positions.

Arrays lie unit by unit: (units, n). A gradient has the name and the shape of what it is by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.atlas.encodings import Seen, seen
from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.core.cancel import CancelFlag

_GELU, _CUBIC = math.sqrt(2.0 / math.pi), 0.044715


@dataclass(frozen=True, eq=False)
class Passed:
    """What a block of positions went through on its way to the logits.

    Attributes
    ----------
    seen : what is seen of them
    inner, bent : W_1 seen + ..., and its gelu, (H, n)
    states : h before each step and at the end, T + 1 times (H, n)
    drawn : tanh(...) of the units that each step moves, T times (A, n)
    logits : (V, n)
    """

    seen: Seen
    inner: Array
    bent: Array
    states: list[Array]
    drawn: list[Array]
    logits: Array


@dataclass(frozen=True, eq=False)
class Slope:
    """The gradient of a block's summed loss, times a weight.

    Attributes
    ----------
    dense : by all parameters but the grid, by name
    by_seen : by what was seen, (D, n)
    by_key : by z, (Z,)
    """

    dense: dict[str, Array]
    by_seen: Array
    by_key: Array


def forward(
    spec: AtlasSpec,
    params: AtlasParams,
    positions: Array,
    key: Array | None = None,
    cancel: CancelFlag | None = None,
) -> Passed:
    """Carry positions, int64 (n,), to their logits; without a key, as the master's text.

    Raises
    ------
    ValueError   a position lies outside the line
    Cancelled    the flag went up
    """
    cancel = cancel or CancelFlag()
    sight = seen(spec, params.table, positions, cancel)
    first_bias, feed_bias = keyed_biases(spec, params, key)
    inner = params.first @ sight.values + first_bias[:, None]
    bent = gelu(inner)
    h = params.second @ bent + params.second_bias[:, None]
    fed = params.feed @ sight.values + feed_bias[:, None]
    states, drawn = [h], []
    pace = params.block.dtype.type(spec.rate)
    for moved in spec.moved:
        cancel.check()
        t = np.tanh(params.block[moved] @ h + fed[moved])
        h = h.copy()
        h[moved] += pace * (t - h[moved])
        states.append(h)
        drawn.append(t)
    logits = params.last @ h + params.last_bias[:, None]
    return Passed(sight, inner, bent, states, drawn, logits)


def keyed_biases(
    spec: AtlasSpec, params: AtlasParams, key: Array | None
) -> tuple[Array, Array]:  # fmt: skip
    """b_1 + K_1 z and c + K_u z: a key is the same at all positions, so it acts like a bias."""
    if key is None:
        return params.first_bias, params.feed_bias
    dtype = params.first_bias.dtype
    return (
        params.first_bias + (spec.entry(0)[:, : key.size] @ key).astype(dtype),
        params.feed_bias + (spec.entry(1)[:, : key.size] @ key).astype(dtype),
    )


def losses(passed: Passed, symbols: Array) -> tuple[Array, Array]:
    """Cross-entropies -ln p[symbol] (n,), and all p (V, n); symbols are whole numbers (n,)."""
    shifted = passed.logits - passed.logits.max(axis=0)
    p = np.exp(shifted)
    whole = p.sum(axis=0)
    found = np.log(whole) - shifted[symbols, np.arange(symbols.size)]
    p /= whole
    return found, p


def backward(
    spec: AtlasSpec,
    params: AtlasParams,
    passed: Passed,
    by_logits: Array,
    cancel: CancelFlag | None = None,
    *,
    key_size: int = 0,
) -> Slope:
    """The gradient from that by the logits, (V, n); of a key only for ``key_size`` numbers of it.

    Raises
    ------
    Cancelled   the flag went up
    """
    cancel = cancel or CancelFlag()
    dense = {
        "last": by_logits @ passed.states[-1].T,
        "last_bias": by_logits.sum(axis=1),
        "block": np.zeros_like(params.block),
    }
    g = params.last.T @ by_logits
    by_fed = np.zeros_like(g)
    pace = params.block.dtype.type(spec.rate)
    for moved, h, t in zip(
        spec.moved[::-1], passed.states[-2::-1], passed.drawn[::-1], strict=True
    ):
        cancel.check()
        pull = pace * g[moved]
        inside = pull * (1 - t * t)
        g[moved] -= pull
        dense["block"][moved] += inside @ h.T
        by_fed[moved] += inside
        g += params.block[moved].T @ inside
    dense["second"] = g @ passed.bent.T
    dense["second_bias"] = g.sum(axis=1)
    by_inner = (params.second.T @ g) * gelu_slope(passed.inner)
    values = passed.seen.values
    dense["first"], dense["first_bias"] = by_inner @ values.T, by_inner.sum(axis=1)
    dense["feed"], dense["feed_bias"] = by_fed @ values.T, by_fed.sum(axis=1)
    by_seen = params.first.T @ by_inner + params.feed.T @ by_fed
    by_key = (
        spec.entry(0)[:, :key_size].T @ dense["first_bias"]
        + spec.entry(1)[:, :key_size].T @ dense["feed_bias"]
    )
    return Slope(dense, by_seen, by_key)


def gelu(x: Array) -> Array:
    """x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2, the approximation by tanh."""
    kind = x.dtype.type
    return np.asarray(kind(0.5) * x * (1 + np.tanh(kind(_GELU) * (x + kind(_CUBIC) * x * x * x))))


def gelu_slope(x: Array) -> Array:
    """The derivative of `gelu`."""
    kind = x.dtype.type
    squared = x * x
    t = np.tanh(kind(_GELU) * (x + kind(_CUBIC) * squared * x))
    inner = kind(_GELU) * (1 + kind(3.0 * _CUBIC) * squared)
    return np.asarray(kind(0.5) * (1 + t + x * (1 - t * t) * inner))
