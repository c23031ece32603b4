"""Every array's gradient against central differences of the plain twin's loss, in float64."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deepfractals_gui.atlas.gradients import BLOCK, gradients
from deepfractals_gui.atlas.model import NAMES, AtlasParams
from tests.atlas.small_models import small, some_params, twins_features, twins_log_likelihoods
from tests.reference.atlas import signs

H = 1e-5


def drawn(spec, count=200, seed=2, keyed=False):
    """Positions, symbols, and the master's own key, or one that is full of numbers."""
    rng = np.random.default_rng(seed)
    positions = rng.integers(0, spec.capacity, count)
    key = rng.standard_normal(spec.key) if keyed else None
    return positions, rng.integers(0, spec.symbols, count), key


def loss(spec, params, positions, symbols, key, power=0.0, **known):
    found = twins_log_likelihoods(spec, params, positions, key, **known)
    found = found[np.arange(len(symbols)), symbols]
    return ((1 - np.exp(power * found)) / power if power else -found).mean()


def differences(spec, params, name, positions, symbols, key, entries, power=0.0):
    arrays = {**dict(params), "key": key}
    found = []
    # Slow: whole numbers one by one. Only the table changes them.
    known = {}
    if name != "table":
        known["features"] = twins_features(spec, params, positions, keyed=key is not None)
    if key is not None:
        known["signs"] = signs(positions, len(key))
    for entry in entries:
        sides = []
        for h in (H, -H):
            moved = arrays[name].copy()
            moved.reshape(-1)[entry] += h
            changed = {**arrays, name: moved}
            one = AtlasParams.of(changed)
            sides.append(loss(spec, one, positions, symbols, changed["key"], power, **known))
        found.append((sides[0] - sides[1]) / (2 * H))
    return np.array(found)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"encoding": "fourier"},
        {"encoding": "hash"},
        {"share": 1.0, "steps": 2},
        # Units that no step updates, and symbols in whole fours.
        {"share": 0.1, "steps": 2, "symbols": 8, "rate": 1.0},
    ],
    ids=["both", "octaves", "grids", "all units", "few units"],
)
@pytest.mark.parametrize(("keyed", "power"), [(False, 0.0), (True, 0.6)])
def test_every_gradient_is_the_central_difference(changes, keyed, power):
    spec = small(**{"key": 40, **changes})
    params = some_params(spec)
    positions, symbols, key = drawn(spec, keyed=keyed)
    found = gradients(spec, params, positions, symbols, key, power=power)
    assert found.loss / len(positions) == pytest.approx(
        loss(spec, params, positions, symbols, key), rel=1e-13
    )
    rng = np.random.default_rng(3)
    for name in (*NAMES, "key") if keyed else NAMES:
        slope = found.key if name == "key" else getattr(found.params, name)
        if not slope.size:
            continue
        entries = rng.permutation(slope.size)[:40]
        expected = differences(spec, params, name, positions, symbols, key, entries, power)
        error = np.linalg.norm(slope.reshape(-1)[entries] - expected)
        assert error <= 1e-7 * np.linalg.norm(expected), name


def test_units_that_no_step_updates_have_no_gradient_in_the_block():
    spec = small(share=0.1, steps=2)
    positions, symbols, key = drawn(spec)
    found = gradients(spec, some_params(spec), positions, symbols, key).params
    updated = np.unique(spec.mask)
    assert 0 < len(updated) < spec.hidden
    idle = np.setdiff1d(np.arange(spec.hidden), updated)
    for array in (found.block, found.inject, found.block_bias):
        assert not array[idle].any()
        assert array[updated].any()


@pytest.mark.parametrize("count", [1, 127, 128, 129, 3 * BLOCK + 5])
def test_threads_and_blocks_change_no_bit(count):
    spec = small()
    params = some_params(spec, kind=np.float32)
    positions, symbols, key = drawn(spec, count)
    alone = gradients(spec, params, positions, symbols, key)
    with ThreadPoolExecutor(3) as pool:
        shared = gradients(spec, params, positions, symbols, key, pool=pool)
    assert alone.loss == shared.loss
    assert alone.key.tobytes() == shared.key.tobytes()
    for (name, one), (_, other) in zip(alone.params, shared.params, strict=True):
        assert one.tobytes() == other.tobytes(), name
        assert np.isfinite(one).all()


def test_single_precision_follows_double():
    spec = small()
    params = some_params(spec)
    positions, symbols, key = drawn(spec, 700)
    wide = gradients(spec, params, positions, symbols, key)
    narrow = gradients(spec, params.astype(np.float32), positions, symbols, key)
    assert narrow.loss == pytest.approx(wide.loss, rel=1e-6)
    for (name, one), (_, other) in zip(wide.params, narrow.params, strict=True):
        assert np.linalg.norm(one - other) <= 2e-5 * np.linalg.norm(one), name


def test_likelihoods_that_vanish_keep_their_slope():
    """A weight that float32 can't hold any more still pulls: its gradient is that of the logit."""
    spec = small()
    params = some_params(spec, kind=np.float32)
    bias = params.readout_bias.copy()
    bias[3] = -500.0
    params = AtlasParams.of({**dict(params), "readout_bias": bias})
    positions, _, key = drawn(spec, 128)
    found = gradients(spec, params, positions, np.full(128, 3), key)
    assert np.isfinite(found.loss)
    assert found.params.readout_bias[3] == pytest.approx(-1.0, abs=1e-6)
