"""Small models for the tests of the atlas, and what their plain twin says."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec, initial_params
from tests.reference import atlas as twin

# An odd capacity, levels both dense and hashed, as many hidden units as no vector has.
SMALL = {
    "capacity": 1001, "symbols": 7, "levels": 5, "base": 3, "features": 3, "table": 6,
    "hidden": 12, "steps": 5, "share": 0.5, "key": 16,
}  # fmt: skip


def small(**changes) -> AtlasSpec:
    return AtlasSpec(**{**SMALL, **changes})


def some_params(spec: AtlasSpec, seed: int = 1, kind: type = np.float64) -> AtlasParams:
    """Parameters none of which is small."""
    rng = np.random.default_rng(seed)
    first = initial_params(spec, seed)
    return AtlasParams.of({
        name: (array + rng.standard_normal(array.shape) / np.sqrt(max(array.shape[-1], 1)))
        .astype(kind)
        for name, array in first
    })  # fmt: skip


def as_mask(spec: AtlasSpec) -> np.ndarray:
    mask = np.zeros((spec.steps, spec.hidden))
    for row, units in zip(mask, spec.mask, strict=True):
        row[units] = 1.0
    return mask


def twins_features(
    spec: AtlasSpec, params: AtlasParams, positions: np.ndarray, keyed: bool = False
) -> np.ndarray:
    """Beside a key there are no grids."""
    parts = [np.zeros((len(positions), 0))]
    if spec.encoding != "hash":
        parts.append(twin.octaves(positions, spec.capacity))
    if spec.encoding != "fourier" and not keyed:
        cells = [int(level[0]) for level in spec.grids]
        parts.append(twin.grids(positions, spec.capacity, cells, 1 << spec.table, params.table))
    return np.concatenate(parts, axis=1)


def twins_log_likelihoods(spec, params, positions, key=None, features=None, signs=None):
    """``key``: up to (K,), or None for the master's own text."""
    if features is None:
        features = twins_features(spec, params, positions, keyed=key is not None)
    keys = np.zeros((len(positions), 0))
    if key is not None:
        keys = key * (twin.signs(positions, len(key)) if signs is None else signs)
    return twin.log_likelihoods(twin.logits(dict(params), features, keys, as_mask(spec), spec.rate))
