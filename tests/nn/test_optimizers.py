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


def test_everything_at_once_follows_the_recurrence_in_its_order():
    """Penalties are part of the gradient, which is clipped, decays, and moves the weights."""
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((8, 3)), rng.standard_normal((8, 2))
    model = nn.Model(nn.DenseLayer(3, 2, rng=rng))
    model.loss, model.l1, model.l2 = nn.Loss_MeanSquaredError(), 0.03, 0.07
    model.optimizer = nn.Optimizer_SGD(
        0.2, 0.9, True, decay=0.25, weight_decay=0.05, clip=0.4
    )  # fmt: skip
    w, b = model.layers[0].weights.copy(), np.zeros(2)
    vw, vb = np.zeros_like(w), np.zeros_like(b)
    clipped = []
    for t in range(STEPS):
        loss, _ = model.learn(x, y)
        error = x @ w + b - y
        expected = np.mean(error**2) + 0.03 * np.abs(w).sum() + 0.07 * (w**2).sum()
        assert loss == pytest.approx(expected, rel=1e-12)
        gw = x.T @ error / 8 + 0.03 * np.sign(w) + 0.14 * w
        gb = error.sum(axis=0) / 8
        shrink = min(1.0, 0.4 / math.hypot(np.linalg.norm(gw), np.linalg.norm(gb)))
        clipped.append(shrink < 1.0)
        gw, gb = gw * shrink + 0.05 * w, gb * shrink
        vw, vb = 0.9 * vw + gw, 0.9 * vb + gb
        rate = 0.2 / (1 + 0.25 * t)
        w, b = w - rate * (gw + 0.9 * vw), b - rate * (gb + 0.9 * vb)
        assert np.allclose(model.layers[0].weights, w, rtol=1e-12, atol=1e-14)
        assert np.allclose(model.layers[0].biases, b, rtol=1e-12, atol=1e-14)
    assert clipped[0]
    assert not clipped[-1]


@pytest.mark.parametrize(("size", "expected"), [(0.0, 0.0), (3e200, -0.6), (3e-200, -3e-200)])
def test_clipping_keeps_the_direction_of_gradients_of_any_size(size, expected):
    layer = nn.DenseLayer(1, 2, bias=False)
    layer.weights[...] = 0.0
    layer.dweights = size * np.array([[1.0, 4.0 / 3.0]])
    nn.Optimizer_SGD(1.0, clip=1.0).update_params(layer)
    assert layer.weights[0] == pytest.approx([expected, expected * 4 / 3], rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: nn.Optimizer_SGD(-0.1), "learning_rate must be a finite number from 0 on, not -0"),
        (lambda: nn.Optimizer_SGD(math.nan), "learning_rate"),
        (lambda: nn.Optimizer_SGD(math.inf), "learning_rate"),
        (lambda: nn.Optimizer_SGD(0.1, 1.5), "momentum must be a finite number from 0 to 1"),
        (lambda: nn.Optimizer_SGD(0.1, clip=-1), "clip"),
        (lambda: nn.Optimizer_SGD(0.1, decay=-1), "decay"),
        (lambda: nn.Optimizer_Adam(0.1, weight_decay=-1), "weight_decay"),
        (lambda: nn.Optimizer_Adam(0.1, beta2=2), "beta2"),
        (lambda: nn.Optimizer_AdaGrad(0.1, 0), "epsilon must be above 0"),
        (lambda: nn.Optimizer_RMSprop(0.1, rho=-1), "rho"),
    ],
)
def test_rates_that_lead_nowhere_are_refused(made, said):
    with pytest.raises(ValueError, match=said):
        made()


def test_only_what_is_needed_is_remembered():
    def moments(optimizer):
        layer = nn.DenseLayer(2, 2)
        optimizer.update_params(layer)
        return set(optimizer.memory(layer).arrays["weights"])

    assert moments(nn.Optimizer_SGD()) == set()
    assert moments(nn.Optimizer_SGD(momentum=0.9)) == {"first"}
    assert moments(nn.Optimizer_RMSprop()) == moments(nn.Optimizer_AdaGrad()) == {"second"}
    assert moments(nn.Optimizer_AdamW()) == {"first", "second"}
