"""What coding learns as it goes, and how it begins. Loads no Numba itself."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_tables import histories, logits, shares, tree

PLACES = 32
"""Inputs of a judge; those that aren't used stay 0."""
STEPS = 33
"""Points of a curve that corrects a probability, over the range of the logits."""
FINE = (1 << 22) - 1
"""The unit of probabilities that are learnt slowly."""
ORDERS = 6
CONTEXTS = 13
JUDGES = 6
LENGTHS = 32
"""Kinds of length of a repeated passage."""
SURE = 32
"""Kinds of certainty of the model."""
FRESH = 0x80000000
"""A place that nothing was seen in: probability 1/2, count 0, no history."""
MATCH, MODEL, BIAS = 2 * CONTEXTS, 2 * CONTEXTS + 2, 2 * CONTEXTS + 5
"""The first input of the repeated passage, that of the model, and the one that is constant."""


class Memory(NamedTuple):
    """All that coding changes, and the tables it reads. V symbols.

    Attributes
    ----------
    nodes : int32 (V - 1, 5)   the tree; see `atlas_tables.tree`
    letters : int32 (V,)   a letter's lower case, 0 for what is none, -1 for the end of a line
    places : uint32 (CONTEXTS, B, 16)   B a power of two
    trust : int32 (CONTEXTS, S)   probabilities of histories, in FINE units
    repeats, certain : int32 (LENGTHS,), (SURE,)   probabilities that a passage goes on, that the
        model is right
    judges : int32 (J, PLACES)   J = ``judges_needed(V)``
    last : int64 (max(V - 1, 1), JUDGES)
    curves, distant : int32 (C, STEPS), (2^16, STEPS)   corrections by the last symbol, and by the
        last two; C a power of two
    passages : int32 (2^18,)   where a passage was last seen
    so_far : int64 (10,)
    """

    nodes: Array
    letters: Array
    places: Array
    trust: Array
    repeats: Array
    certain: Array
    judges: Array
    last: Array
    curves: Array
    distant: Array
    passages: Array
    so_far: Array
    shares: Array
    logits: Array
    following: Array


def memory(weights: Array, letters: Array, length: int) -> Memory:
    """For a text of so many symbols over an alphabet of V, with nothing learnt.

    Parameters
    ----------
    weights : (V,)   how often each symbol is expected, roughly
    letters : int32 (V,)   see `Memory`
    """
    nodes, size = tree(weights), len(weights)
    inner = max(size - 1, 1)
    buckets = 1 << max(8, min(18, length.bit_length() - 1))
    places = np.full((CONTEXTS, buckets, 16), FRESH, np.uint32)
    places[:, :, 0] = 0
    following, share = histories()
    judges = np.zeros((judges_needed(size), PLACES), np.int32)
    judges[:, : 2 * CONTEXTS] = 9800
    judges[:, MATCH] = 16384
    curve = _straight()
    return Memory(
        nodes=nodes,
        letters=letters,
        places=places,
        trust=np.tile(share << 6, (CONTEXTS, 1)),
        repeats=(FINE - FINE // (2 * np.arange(LENGTHS) + 3) * 2).astype(np.int32),
        certain=_rising(),
        judges=judges,
        last=np.full((inner, JUDGES), 72_000 // JUDGES, np.int64),
        curves=np.tile(curve, (1 << min(16, ((size + 1) * inner).bit_length()), 1)),
        distant=np.tile(curve, (1 << 16, 1)),
        passages=np.zeros(1 << 18, np.int32),
        so_far=np.zeros(10, np.int64),
        shares=shares(),
        logits=logits(),
        following=following,
    )


def judges_needed(size: int) -> int:
    return max(size - 1, 1) + 4 * (size + 1) + 7 * LENGTHS + (size + 1) + 10 * 8 + 4 * SURE


class Calibration(NamedTuple):
    """What is learnt of a model alone: how sure it may be, and how frequent each symbol is.

    Attributes
    ----------
    nodes : int32 (V - 1, 5)   the tree; see `atlas_tables.tree`
    often, times : int32 (max(V - 1, 1),)   probabilities of the nodes' bits, FINE; bits counted
    certain : int32 (SURE,)   probabilities that the model is right, in FINE units
    curves : int32 (max(V - 1, 1), STEPS)   what the model's probabilities are worth at each node
    judges : int32 (max(V - 1, 1) + 3 SURE, PLACES)
    counts : int64 (V,)   symbols that the model missed
    """

    nodes: Array
    often: Array
    times: Array
    certain: Array
    curves: Array
    judges: Array
    counts: Array
    shares: Array
    logits: Array


def calibration(weights: Array) -> Calibration:
    """With nothing learnt; weights (V,) as for `memory`."""
    nodes = tree(weights)
    inner = max(len(weights) - 1, 1)
    judges = np.zeros((inner + 3 * SURE, PLACES), np.int32)
    judges[:, :4] = 16384
    return Calibration(
        nodes=nodes,
        often=np.full(inner, FINE // 2, np.int32),
        times=np.zeros(inner, np.int32),
        certain=_rising(),
        curves=np.tile(_straight(), (inner, 1)),
        judges=judges,
        counts=np.ones(len(weights), np.int64),
        shares=shares(),
        logits=logits(),
    )


def _rising() -> Array:
    return (FINE * (2 * np.arange(SURE) + 1) // (2 * SURE)).astype(np.int32)


def _straight() -> Array:
    """The curve that corrects nothing."""
    return shares()[np.minimum(np.arange(STEPS) * 128, 4095)]
