"""The field's parameters, what drives it, and its readout."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deepfractals_gui.equilibrium.field import (
    LIPSCHITZ,
    FieldParams,
    FieldSpec,
    by_raw,
    count_parameters,
    drive,
    initial_params,
    logits,
    read_out,
)
from deepfractals_gui.equilibrium.planes import blank, from_planes, to_planes
from tests.equilibrium.cases import normal
from tests.reference import field as twin

SMALL = FieldSpec(channels=3, height=8, width=12, inputs=2, classes=4, pooled=4)


def test_the_default_field_has_fewer_than_twenty_thousand_parameters():
    params = initial_params(FieldSpec(), 0)
    # 16 x 16 x 9 and 16 x 9 complex weights, 32 complex biases, 16 real ones, 256 x 10 + 10.
    assert count_parameters(params) == 2 * (2304 + 144 + 32) + 16 + 2570 == 7546
    assert count_parameters(initial_params(FieldSpec(channels=24), 0)) < 20_000


def test_first_parameters_are_the_seeds_own():
    first, again, other = (initial_params(SMALL, seed) for seed in (1, 1, 2))
    for (name, one), (_, same) in zip(first, again, strict=True):
        assert one.tobytes() == same.tobytes(), name
    assert np.abs(first.weights - other.weights).max() > 0.1
    assert np.all(first.beta < 0.0)
    assert first.beta == pytest.approx(-math.log1p(math.exp(-3.0)), rel=1e-14)


@pytest.mark.parametrize("channels", [1, 3, 8, 16])
def test_planes_hold_a_field_and_start_on_a_cache_line(channels):
    z = normal(np.random.default_rng(0), 2, channels, 5, 7)
    planes = to_planes(z)
    assert planes.ctypes.data % 64 == 0
    assert blank((3, 5), np.float32).ctypes.data % 64 == 0
    assert np.array_equal(from_planes(planes, channels), z)
    assert np.vdot(planes, planes) == pytest.approx(np.vdot(z, z).real, rel=1e-14)


def some_params(rng):
    c, features = SMALL.channels, SMALL.pooled**2 * SMALL.channels
    return FieldParams(
        normal(rng, c, c, 3, 3), normal(rng, c), normal(rng, c, 2, 3, 3), normal(rng, c),
        rng.standard_normal(c), rng.standard_normal((features, 4)), rng.standard_normal(4),
    )  # fmt: skip


def test_the_drive_is_the_convolved_image_and_both_biases():
    rng = np.random.default_rng(1)
    params, images = some_params(rng), rng.standard_normal((3, 2, 8, 12))
    expected = twin.convolve_directly(images, params.input_weights)
    expected += (params.input_bias + params.bias)[:, None, None]
    found = from_planes(drive(SMALL, params, images), 3)
    assert np.allclose(found, expected, rtol=0, atol=1e-13)
    with pytest.raises(ValueError, match="images are"):
        drive(SMALL, params, images[:, :1])


def test_the_readout_averages_magnitudes():
    rng = np.random.default_rng(2)
    params, z = some_params(rng), normal(rng, 3, 3, 8, 12)
    size = np.sqrt(np.abs(z) ** 2 + SMALL.epsilon)
    # Blocks of 2 x 3 points, and channels fastest.
    features = np.zeros((3, 4, 4, 3))
    for y in range(8):
        for x in range(12):
            features[:, y // 2, x // 3] += size[:, :, y, x] / 6.0
    expected = features.reshape(3, -1) @ params.readout + params.readout_bias
    assert np.allclose(logits(SMALL, params, to_planes(z)), expected, rtol=1e-13)


@pytest.mark.parametrize("pooled", [1, 2, 4])
def test_the_readouts_gradients_are_those_of_central_differences(pooled):
    rng = np.random.default_rng(3)
    spec = FieldSpec(channels=3, height=8, width=4, inputs=1, classes=4, pooled=pooled)
    params, labels = initial_params(spec, 0), np.array([3, 0])
    z = normal(rng, 2, 3, 8, 4)

    def loss(z, params):
        return 0.7 * read_out(spec, params, to_planes(z), labels, 0.7).losses.sum()

    found = read_out(spec, params, to_planes(z), labels, 0.7)
    step = 1e-5
    numeric = np.zeros_like(z)
    for index in np.ndindex(z.shape):
        for unit in (1.0, 1j):
            move = np.zeros_like(z)
            move[index] = step * unit
            slope = (loss(z + move, params) - loss(z - move, params)) / (2 * step)
            numeric[index] += slope * unit
    back = from_planes(found.by_state, 3)
    assert np.linalg.norm(back - numeric) < 1e-8 * np.linalg.norm(numeric)
    for name in ("readout", "readout_bias"):
        array = getattr(params, name)
        numeric = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            ends = []
            for sign in (1.0, -1.0):
                array[index] = kept + sign * step
                ends.append(loss(z, params))
            array[index] = kept
            numeric[index] = (ends[0] - ends[1]) / (2 * step)
        assert np.linalg.norm(getattr(found, name) - numeric) < 1e-8 * np.linalg.norm(numeric)


def test_raw_biases_get_the_slope_of_softplus():
    params = some_params(np.random.default_rng(4))
    numeric = -(np.log1p(np.exp(params.raw + 1e-6)) - np.log1p(np.exp(params.raw - 1e-6))) / 2e-6
    assert np.allclose(by_raw(params, np.ones(3)), numeric, rtol=1e-8)


@pytest.mark.parametrize("kind", LIPSCHITZ)
def test_activations_spread_no_further_than_their_bound(kind):
    rng = np.random.default_rng(5)
    u = normal(rng, 1, 1, 200, 200)
    beta = np.array([-0.3])
    stretch = []
    for turn in np.exp(2j * np.pi * np.arange(12) / 12):
        moved = twin.activate(u + 1e-7 * turn, kind, beta) - twin.activate(u, kind, beta)
        stretch.append(np.abs(moved).max() / 1e-7)
    assert 0.98 * LIPSCHITZ[kind] < max(stretch) < LIPSCHITZ[kind] + 1e-6


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"channels": 0}, "channels may be 1 to 64, not 0"),
        ({"height": 22}, "side of 22 points can't be transformed"),
        ({"activation": "relu"}, "one of modrelu, cardioid, not 'relu'"),
        ({"gamma": 0.0}, "γ may be above 0"),
        ({"pooled": 3}, "28 x 28 points can't be averaged to 3 x 3"),
        ({"epsilon": 0.0}, "epsilon may be above 0"),
    ],
    ids=str,
)
def test_a_spec_that_makes_no_field_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        FieldSpec(**values)
