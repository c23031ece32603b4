"""Activation functions and losses against the same formulas in sixty digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from deepfractals_gui import nn

PLACES = [
    0.0, 1e-320, 1e-20, 1e-8, 0.1, 0.5, 1.0, 3.0, 6.0, 10.0, 20.0, 36.0, 40.0, 100.0, 700.0, 745.0,
]  # fmt: skip
X = np.array([[sign * place for place in PLACES for sign in (1.0, -1.0)]])
TINY = 1e-300


def _gelu(x):
    return x * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)))


FUNCTIONS = {
    "identity": lambda x: x,
    "relu": lambda x: max(x, mpmath.mpf(0)),
    "leaky_relu": lambda x: x if x > 0 else mpmath.mpf(0.01) * x,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "sin": mpmath.sin,
    "gelu": lambda x: _gelu(x) / 2,
}
EXACT = {"identity", "relu", "leaky_relu", "sigmoid", "softplus", "sin"}
"""Those that are right in every digit of a number however small; the others near 1e-16."""


@pytest.fixture(autouse=True)
def sixty_digits():
    with mpmath.workdps(60):
        yield


def _slope(function, x):
    if x in (0, -0.0):
        return None
    with mpmath.workdps(700):
        return mpmath.diff(function, mpmath.mpf(x), h=mpmath.mpf(10) ** -340)


def test_every_activation_is_compared():
    assert set(FUNCTIONS) == set(nn.ACTIVATION_LAYERS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_slopes_are_right_to_the_last_digits(name):
    layer = nn.ACTIVATION_LAYERS[name]()
    values, slopes = layer.forward(X)[0], layer.backward(np.ones_like(X))[0]
    for x, value, slope in zip(X[0], values, slopes, strict=True):
        pairs = [(value, FUNCTIONS[name](mpmath.mpf(x)))]
        expected = _slope(FUNCTIONS[name], x)
        pairs += [] if expected is None else [(slope, expected)]
        for found, right in pairs:
            size = abs(right) if name in EXACT else max(abs(right), 1)
            assert abs(mpmath.mpf(float(found)) - right) <= 8e-16 * size + TINY, (x, found, right)


@pytest.mark.parametrize("name", nn.ACTIVATION_LAYERS)
def test_the_steepest_slope_is_the_largest(name):
    layer = nn.ACTIVATION_LAYERS[name]()
    x = np.linspace(-12.0, 12.0, 480_001)[:, np.newaxis]
    slopes = np.abs(layer.slope(x, layer.forward(x)))
    assert slopes.max() == pytest.approx(layer.steepest, rel=1e-4)


LOGITS = [[0.0, 0.0, 0.0], [40.0, 1.0, -3.0], [1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [1e-9, 0.0, 2.0]]


@pytest.mark.parametrize("z", LOGITS)
@pytest.mark.parametrize("label", [0, 1, 2])
def test_cross_entropies_of_logits_are_right_to_the_last_digits(z, label):
    exact = [mpmath.mpf(one) for one in z]
    mass = mpmath.fsum(mpmath.exp(one) for one in exact)
    loss = nn.Loss_CategoricalCrossentropy(from_logits=True)
    expected = mpmath.log(mass) - exact[label]
    assert abs(loss.calculate([z], [label]) - expected) <= 4e-16 * max(abs(expected), 1)
    target = [float(k == label) for k in range(3)]
    gradient = [mpmath.exp(one) / mass - t for one, t in zip(exact, target, strict=True)]
    assert np.allclose(loss.backward([z], [label])[0], [float(g) for g in gradient], atol=1e-16)
    binary = nn.Loss_BinaryCrossentropy(from_logits=True)
    parts = [
        mpmath.log1p(mpmath.exp(-one if t else one)) for one, t in zip(exact, target, strict=True)
    ]
    expected = mpmath.fsum(parts) / 3
    assert binary.calculate([z], [target]) == pytest.approx(float(expected), rel=4e-16)
