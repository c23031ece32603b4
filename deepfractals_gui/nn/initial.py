"""First weights. Everything is drawn from NumPy's PCG64, and the same seed draws the same."""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core.arrays import Array

WEIGHTS, BATCHES, DROPOUT = 0, 1, 3
"""Streams of a network's seed: ``PCG64([seed, stream])``; generated data have stream 2."""


def generator(seed: int, stream: int) -> np.random.Generator:
    """The generator of one stream of a seed."""
    return np.random.Generator(np.random.PCG64([seed, stream]))


def initial_weights(
    init: str, gain: float, n_inputs: int, n_neurons: int, rng: np.random.Generator
) -> Array:
    """Standard normal numbers, row by row, times the standard deviation that ``init`` names.

    Parameters
    ----------
    init : normal: 1; he: √(2 / n_inputs), for ReLU; glorot: √(2 / (n_inputs + n_neurons)), for
        tanh; zeros: 0. The paper's mean-field weights are ``normal`` in a layer of scale
        √(2 / n_inputs).
    gain : a factor of the standard deviation

    Returns
    -------
    float64 (n_inputs, n_neurons)

    Raises
    ------
    ValueError   the name isn't one of these

    References
    ----------
    He et al. 2015, arXiv:1502.01852. Glorot and Bengio 2010, "Understanding the difficulty of
    training deep feedforward neural networks".
    """
    deviations = {
        "normal": 1.0,
        "he": math.sqrt(2.0 / n_inputs),
        "glorot": math.sqrt(2.0 / (n_inputs + n_neurons)),
        "zeros": 0.0,
    }
    if init not in deviations:
        raise ValueError(f"weights are drawn {', '.join(deviations)}, not {init!r}")
    # Drawn where they are multiplied by 0, too: what comes after doesn't depend on it.
    return rng.standard_normal((n_inputs, n_neurons)) * (gain * deviations[init])


def seed(number: int) -> None:
    """Start the streams anew from which layers without a generator of their own draw."""
    global _streams
    _streams = np.random.SeedSequence(number)


_streams = np.random.SeedSequence(0)


def generator_for(rng: np.random.Generator | None) -> np.random.Generator:
    """A layer's own generator; without one the next of these streams, which no two layers share.

    Raises
    ------
    TypeError   it is something else, such as a seed
    """
    if rng is None:
        return np.random.Generator(np.random.PCG64(_streams.spawn(1)[0]))
    if not hasattr(rng, "standard_normal") or not hasattr(rng, "random"):
        raise TypeError(f"rng is a generator, such as np.random.default_rng(5), not {rng!r:.40}")
    return rng
