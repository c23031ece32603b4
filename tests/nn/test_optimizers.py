"""Ten updates of every optimiser against recurrences written out for single numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from deepfractals_gui import nn

START = (0.5, -1.25)
RATE, STEPS = 0.05, 10


def _slope(w):
    """Gradient of w**4 / 4 - w, which is neither constant nor linear."""
    return w**3 - 1.0


def _sgd(w, t, s, o):
    s["v"] = o.get("momentum", 0.0) * s.get("v", 0.0) + _slope(w) + o.get("weight_decay", 0.0) * w
    return w - RATE / (1 + o.get("decay", 0.0) * (t - 1)) * s["v"]


def _nesterov(w, t, s, o):
    g = _slope(w) + o.get("weight_decay", 0.0) * w
    s["v"] = 0.9 * s.get("v", 0.0) + g
    return w - RATE * (g + 0.9 * s["v"])


def _adagrad(w, t, s, o):
    g = _slope(w)
    s["s"] = s.get("s", 0.0) + g * g
    return w - RATE * g / (math.sqrt(s["s"]) + 1e-8)


def _rmsprop(w, t, s, o):
    g = _slope(w)
    s["s"] = 0.8 * s.get("s", 0.0) + 0.2 * g * g
    return w - RATE * g / (math.sqrt(s["s"]) + 1e-8)


def _adam(w, t, s, o):
    g = _slope(w) + o.get("weight_decay", 0.0) * w
    s["m"] = 0.9 * s.get("m", 0.0) + 0.1 * g
    s["s"] = 0.99 * s.get("s", 0.0) + 0.01 * g * g
    m, v = s["m"] / (1 - 0.9**t), s["s"] / (1 - 0.99**t)
    return w - RATE * m / (math.sqrt(v) + 1e-8)


def _adamw(w, t, s, o):
    g = _slope(w)
    s["m"] = 0.9 * s.get("m", 0.0) + 0.1 * g
    s["s"] = 0.99 * s.get("s", 0.0) + 0.01 * g * g
    m, v = s["m"] / (1 - 0.9**t), s["s"] / (1 - 0.99**t)
    return w - RATE * (m / (math.sqrt(v) + 1e-8) + 0.3 * w)


CASES = {
    "sgd": (nn.Optimizer_SGD, {}, _sgd),
    "sgd with decay": (nn.Optimizer_SGD, {"decay": 0.5}, _sgd),
    "momentum": (nn.Optimizer_SGD, {"momentum": 0.9}, _sgd),
    "momentum, weight decay": (nn.Optimizer_SGD, {"momentum": 0.7, "weight_decay": 0.2}, _sgd),
    "nesterov": (nn.Optimizer_SGD, {"momentum": 0.9, "nesterov": True}, _nesterov),
    "adagrad": (nn.Optimizer_AdaGrad, {}, _adagrad),
    "rmsprop": (nn.Optimizer_RMSprop, {"rho": 0.8}, _rmsprop),
    "adam": (nn.Optimizer_Adam, {"beta2": 0.99}, _adam),
    "adam, weight decay": (nn.Optimizer_Adam, {"beta2": 0.99, "weight_decay": 0.3}, _adam),
    "adamw": (nn.Optimizer_AdamW, {"beta2": 0.99, "weight_decay": 0.3}, _adamw),
}


@pytest.mark.parametrize("name", CASES)
def test_ten_updates_follow_the_recurrence(name):
    kind, options, recurrence = CASES[name]
    layer = nn.DenseLayer(1, 2, bias=False)
    layer.weights[...] = [START]
    optimizer = kind(RATE, **options)
    expected, kept = list(START), [{}, {}]
    for t in range(1, STEPS + 1):
        layer.dweights = _slope(layer.weights)
        optimizer.update_params(layer)
        expected = [recurrence(w, t, kept[k], options) for k, w in enumerate(expected)]
        assert np.allclose(layer.weights[0], expected, rtol=1e-12, atol=1e-13)
    assert abs(layer.weights[0, 0] - START[0]) > 0.01


def test_a_step_of_adam_worked_out_on_paper():
    # m = 0.1 g and s = 0.001 g² become g and g² again: the first step is the rate, signed.
    layer = nn.DenseLayer(1, 2, bias=False)
    layer.weights[...] = [[1.0, 1.0]]
    layer.dweights = np.array([[4.0, -0.25]])
    nn.Optimizer_Adam(0.125).update_params(layer)
    assert layer.weights[0] == pytest.approx([0.875, 1.125], abs=1e-8)


def test_biases_do_not_decay():
    layer = nn.DenseLayer(1, 1)
    layer.biases[...] = 2.0
    layer.weights[...] = 2.0
    nn.Optimizer_SGD(0.5, weight_decay=0.1).update_params(layer)
    assert layer.biases[0] == 2.0
    assert layer.weights[0, 0] == pytest.approx(1.9)


def test_clipping_bounds_the_norm_of_a_layers_gradients_together():
    layer = nn.DenseLayer(1, 1)
    layer.weights[...] = layer.biases[...] = 0.0
    layer.dweights, layer.dbiases = np.array([[3.0]]), np.array([4.0])
    nn.Optimizer_SGD(1.0, clip=1.0).update_params(layer)
    assert layer.weights[0, 0] == pytest.approx(-0.6)
    assert layer.biases[0] == pytest.approx(-0.8)
    layer.dweights, layer.dbiases = np.array([[0.3]]), np.array([0.4])
    nn.Optimizer_SGD(1.0, clip=1.0).update_params(layer)
    assert layer.weights[0, 0] == pytest.approx(-0.9)


def test_single_layers_may_have_rates_of_their_own():
    one, other = nn.DenseLayer(1, 1, bias=False), nn.DenseLayer(1, 1, bias=False)
    optimizer = nn.Optimizer_SGD(1.0)
    optimizer.rates[other] = 0.25
    for layer in (one, other):
        layer.weights[...] = 0.0
        layer.dweights = np.ones((1, 1))
        optimizer.update_params(layer)
    assert (one.weights[0, 0], other.weights[0, 0]) == (-1.0, -0.25)
