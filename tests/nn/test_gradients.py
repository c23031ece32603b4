"""Every layer under every loss: backpropagation against central differences, to 1e-7."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui import nn

COUNT, WIDTH, OUTPUTS = 7, 4, 3
STEP = 1e-5
BAR = 1e-7


def _away_from_kinks(x):
    return np.where(np.abs(x) < 0.05, x + 0.1, x)


def _layers(rng):
    """Layers by name, each from WIDTH to WIDTH columns."""
    made = {name: kind() for name, kind in nn.ACTIVATION_LAYERS.items()}
    made["softmax"] = nn.Activation_Softmax()
    made["dense"] = nn.DenseLayer(WIDTH, WIDTH, rng=rng)
    made["dense, scaled, without bias"] = nn.DenseLayer(
        WIDTH, WIDTH, init="normal", scale=0.3, bias=False, rng=rng
    )
    made["dropout"] = nn.DropoutLayer(0.4, rng)
    made["batch norm"] = nn.BatchNormLayer(WIDTH)
    made["batch norm, evaluating"] = nn.BatchNormLayer(WIDTH)
    made["residual"] = nn.ResidualBlock(nn.DenseLayer(WIDTH, WIDTH, rng=rng), nn.Activation_Tanh())
    return made


LAYERS = tuple(_layers(np.random.default_rng(0)))
LOSSES = {
    "mse": (nn.Loss_MeanSquaredError(), None),
    "cross-entropy": (nn.Loss_CategoricalCrossentropy(), nn.Activation_Softmax),
    "cross-entropy from logits": (nn.Loss_CategoricalCrossentropy(from_logits=True), None),
    "binary cross-entropy": (nn.Loss_BinaryCrossentropy(), nn.Activation_Sigmoid),
    "binary cross-entropy from logits": (nn.Loss_BinaryCrossentropy(from_logits=True), None),
}
WAYS = [(name, True) for name in LOSSES] + [(name, False) for name in LOSSES if LOSSES[name][1]]
"""Losses, and whether a head and its loss are passed in one step where they can be."""


def _targets(name, rng):
    if name == "mse":
        return rng.standard_normal((COUNT, OUTPUTS))
    if name.startswith("binary"):
        return rng.integers(0, 2, (COUNT, OUTPUTS)).astype(float)
    return rng.integers(0, OUTPUTS, COUNT)


def _error(found, numeric):
    """Norm-wise, of one array."""
    return np.linalg.norm(found - numeric) / np.linalg.norm(numeric)


def _differences(function, array):
    """Central differences of a number by every entry of an array that it looks at."""
    numeric = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        ends = []
        for sign in (1.0, -1.0):
            array[index] = kept + sign * STEP
            ends.append(function())
        array[index] = kept
        numeric[index] = (ends[0] - ends[1]) / (2 * STEP)
    return numeric


def _frozen_dropout(model):
    """Draw the same units every time."""
    for layer in model.walk():
        if isinstance(layer, nn.DropoutLayer):
            layer.rng = np.random.default_rng(5)


@pytest.mark.parametrize(("loss_name", "fused"), WAYS)
@pytest.mark.parametrize("name", LAYERS)
def test_gradients_are_those_of_central_differences(name, loss_name, fused, monkeypatch):
    rng = np.random.default_rng(11)
    layer = _layers(rng)[name]
    loss, head = LOSSES[loss_name]
    if not fused:
        # The same gradient the long way, through the probabilities.
        monkeypatch.setattr(nn.Model, "_from_logits", lambda self: None)
    model = nn.Model(nn.DenseLayer(WIDTH, WIDTH, rng=rng), layer)
    model.add(nn.DenseLayer(WIDTH, OUTPUTS, rng=rng))
    if head is not None:
        model.add(head())
    model.loss = loss
    model.l1, model.l2 = 0.01, 0.02
    for one in model.walk():
        for parameter in one.parameters():
            value = parameter.value
            value += 0.1 * rng.standard_normal(value.shape)
    # Kinks are excluded by what reaches the layer: the first dense layer's output.
    x = rng.standard_normal((COUNT, WIDTH))
    first = model.layers[0]
    for _ in range(50):
        z = x @ first.weights + first.biases
        if np.abs(z).min() > 0.02:
            break
        x = rng.standard_normal((COUNT, WIDTH))
    assert np.abs(z).min() > 0.02
    y = _targets(loss_name, rng)
    if name.endswith("evaluating"):
        model.forward(x)
        model.eval()

    def value():
        _frozen_dropout(model)
        output = model.forward(x)
        return model.data_loss(output, y) + model.penalty()

    value()
    by_input = model.backward(model.layers[-1].output, y).copy()
    found = [(p.name, p.value, p.gradient.copy()) for one in model.walk() for p in one.parameters()]
    for parameter, array, gradient in found:
        numeric = _differences(value, array)
        if name == "batch norm" and parameter == "biases" and np.linalg.norm(numeric) < 1e-9:
            # What is subtracted again has no gradient, and 0 has no relative error.
            assert np.linalg.norm(gradient) < 1e-12
            continue
        assert _error(gradient, numeric) <= BAR, parameter
    assert _error(by_input, _differences(value, x)) <= BAR


@pytest.mark.parametrize("name", nn.ACTIVATION_LAYERS)
def test_slopes_are_finite_and_right_far_out(name):
    layer = nn.ACTIVATION_LAYERS[name]()
    x = np.array([[-1e4, -800.0, -40.0, 40.0, 800.0, 1e4]])
    y = layer.forward(x)
    slope = layer.backward(np.ones_like(x))
    assert np.isfinite(y).all()
    assert np.isfinite(slope).all()
    flat = {"sigmoid", "tanh", "gelu", "relu", "softplus"}
    if name in flat:
        assert abs(slope[0, 0]) < 1e-300
    if name in {"relu", "gelu", "softplus", "leaky_relu", "identity"}:
        assert slope[0, -1] == 1.0
        assert y[0, -1] == 1e4


def test_softmax_and_cross_entropies_are_right_for_logits_of_ten_thousand():
    z = np.array([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]])
    p = nn.Activation_Softmax().forward(z)
    assert np.array_equal(p, [[1, 0, 0], [0, 0.5, 0.5]])
    labels = np.array([1, 0])
    loss = nn.Loss_CategoricalCrossentropy(from_logits=True)
    # ln(e^1e4 + e^-1e4 + 1) + 1e4, and ln(2 e^1e4 + e^-1e4) + 1e4.
    assert loss.calculate(z, labels) == pytest.approx((2e4 + 2e4 + np.log(2)) / 2, rel=1e-15)
    assert np.allclose(loss.backward(z, labels), [[0.5, -0.5, 0], [-0.5, 0.25, 0.25]], atol=0)
    clipped = nn.Loss_CategoricalCrossentropy().calculate(p, labels)
    assert np.isfinite(clipped)
    assert np.isfinite(nn.Loss_CategoricalCrossentropy().backward(p, labels)).all()
    t = np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
    binary = nn.Loss_BinaryCrossentropy(from_logits=True)
    expected = (1e4 + 1e4 + np.log(2) + 1e4 + 1e4 + 0) / 6
    assert binary.calculate(z, t) == pytest.approx(expected, rel=1e-15)
    assert np.allclose(binary.backward(z, t) * 6, [[1, -1, -0.5], [-1, 1, 0]], atol=0)
    q = nn.Activation_Sigmoid().forward(z)
    assert np.isfinite(nn.Loss_BinaryCrossentropy().calculate(q, t))


def test_labels_and_one_hot_rows_give_the_same_loss_and_gradient():
    rng = np.random.default_rng(3)
    z, labels = rng.standard_normal((5, 4)), np.array([0, 3, 1, 1, 2])
    loss = nn.Loss_CategoricalCrossentropy(from_logits=True)
    assert loss.calculate(z, labels) == loss.calculate(z, np.eye(4)[labels])
    assert np.array_equal(loss.backward(z, labels), loss.backward(z, np.eye(4)[labels]))


@pytest.mark.parametrize("z", [-800.0, -40.0, -20.0, 0.5, 20.0, 40.0, 800.0])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_the_binary_cross_entropy_is_right_to_the_last_digits_of_a_tiny_loss(z, t):
    loss = nn.Loss_BinaryCrossentropy(from_logits=True).calculate([[z]], [[t]])
    # -ln p of the class that is meant, p = 1 / (1 + e^-s).
    s = z if t else -z
    expected = np.log1p(np.exp(-s)) if s > 0 else -s + np.log1p(np.exp(s))
    assert loss == pytest.approx(expected, rel=1e-15)


def test_a_sure_right_answer_costs_nothing():
    for loss in (nn.Loss_CategoricalCrossentropy(), nn.Loss_CategoricalCrossentropy(True)):
        found = loss.calculate([[1.0, 0.0]] if not loss.from_logits else [[900.0, 0.0]], [0])
        assert str(found) == "0.0"
