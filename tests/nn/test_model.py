"""Models: the classic first program, shapes that don't fit, losses that explode, descriptions."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui import nn


def _two_moons(count=200):
    rng = np.random.default_rng(0)
    angle = np.pi * rng.random(count)
    side = np.arange(count) % 2
    x = np.stack([np.cos(angle) * (1 - 2 * side) + side, np.sin(angle) * (1 - 2 * side)], axis=1)
    return x + 0.05 * rng.standard_normal(x.shape), side


def test_the_classic_first_program_runs_and_learns():
    from deepfractals_gui.nn import (
        Activation_ReLU,
        Activation_Softmax,
        DenseLayer,
        Loss_CategoricalCrossentropy,
        Model,
        Optimizer_SGD,
    )

    rng = np.random.default_rng(1)
    prototypes = rng.random((10, 784))
    y = np.arange(200) % 10
    X = prototypes[y] + 0.1 * rng.standard_normal((200, 784))

    model = Model()
    model.add(DenseLayer(784, 128))
    model.add(Activation_ReLU())
    model.add(DenseLayer(128, 64))
    model.add(Activation_ReLU())
    model.add(DenseLayer(64, 10))
    model.add(Activation_Softmax())
    model.loss = Loss_CategoricalCrossentropy()
    optimizer = Optimizer_SGD(learning_rate=0.01)
    losses = []
    for _ in range(150):
        output = model.forward(X)
        loss = model.loss.calculate(output, y)
        losses.append(loss)
        model.backward(output, y)
        for layer in model.layers:
            if hasattr(layer, "weights"):
                optimizer.update_params(layer)
    assert losses[-1] < 0.5 < losses[0]
    assert np.mean(model.forward(X).argmax(axis=1) == y) > 0.95
    dense = model.layers[0]
    for name in ("inputs", "weights", "biases", "output", "dweights", "dbiases", "dinputs"):
        assert isinstance(getattr(dense, name), np.ndarray)
    assert dense.dinputs.shape == X.shape


def test_fit_learns_two_moons_and_says_how():
    X, y = _two_moons()
    spec = nn.NetSpec(
        2, (nn.DenseSpec(16, "tanh", init="glorot"), nn.DenseSpec(2)), "cross_entropy",
        nn.OptimizerSpec("adam", 0.02),
    )  # fmt: skip
    model = nn.model_of(spec)
    history = model.fit(X, y, epochs=60, batch_size=20, test=(X, y))
    assert len(history.loss) == len(history.test_loss) == 60
    assert history.test_accuracy[-1] > 0.98
    found = model.evaluate(X, y)
    assert (found.loss, found.accuracy) == (history.test_loss[-1], history.test_accuracy[-1])
    p = model.predict(X)
    assert np.allclose(p.sum(axis=1), 1)
    again = nn.model_of(spec).fit(X, y, epochs=60, batch_size=20, test=(X, y))
    assert again.loss == history.loss


def test_the_loss_of_a_large_set_is_the_mean_over_all_its_samples():
    rng = np.random.default_rng(2)
    X, y = rng.standard_normal((9001, 3)), rng.integers(0, 2, 9001)
    model = nn.model_of(nn.NetSpec(3, (nn.DenseSpec(2),), "cross_entropy"))
    whole = nn.Loss_CategoricalCrossentropy(from_logits=True).calculate(
        X @ model.layers[0].weights, y
    )
    assert model.evaluate(X, y).loss == pytest.approx(whole, rel=1e-13)


def test_dropout_is_silent_when_evaluating_and_keeps_the_mean_when_training():
    layer = nn.DropoutLayer(0.25, np.random.default_rng(0))
    x = np.ones((400, 500))
    assert layer.forward(x).mean() == pytest.approx(1.0, abs=0.01)
    assert np.mean(layer.output == 0) == pytest.approx(0.25, abs=0.01)
    layer.set_training(False)
    assert layer.forward(x) is x


def test_batch_norm_normalises_a_batch_and_remembers_running_statistics():
    rng = np.random.default_rng(0)
    layer = nn.BatchNormLayer(3, momentum=0.5)
    x = 5.0 + 2.0 * rng.standard_normal((100, 3))
    y = layer.forward(x)
    assert np.allclose(y.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(y.var(axis=0), 1, atol=1e-4)
    assert np.allclose(layer.mean, 0.5 * x.mean(axis=0))
    assert np.allclose(layer.variance, 0.5 + 0.5 * x.var(axis=0, ddof=1))
    layer.set_training(False)
    expected = (x - layer.mean) / np.sqrt(layer.variance + 1e-5)
    assert np.allclose(layer.forward(x), expected)


def test_a_batch_of_one_sample_says_nothing_about_the_variance():
    rng = np.random.default_rng(0)
    layer = nn.BatchNormLayer(2, momentum=0.5)
    layer.forward(rng.standard_normal((20, 2)))
    mean, variance = layer.mean.copy(), layer.variance.copy()
    assert np.array_equal(layer.forward(np.array([[3.0, 4.0]])), [[0, 0]])
    assert np.array_equal(layer.backward(np.ones((1, 2))), [[0, 0]])
    assert np.array_equal(layer.variance, variance)
    assert np.allclose(layer.mean, 0.5 * mean + [1.5, 2.0])


def test_batch_norm_of_constant_columns_is_finite_and_flat():
    layer = nn.BatchNormLayer(2)
    assert np.allclose(layer.forward(np.full((5, 2), 1e8)), 0)
    assert np.isfinite(layer.backward(np.arange(10.0).reshape(5, 2))).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((0,), "0 columns"), ((2, 1.5), "momentum .* not 1.5"), ((2, 0.9, 0.0), "epsilon above 0"),
    ],
)  # fmt: skip
def test_batch_norm_refuses_what_it_cannot_divide_by(options, said):
    with pytest.raises(ValueError, match=said):
        nn.BatchNormLayer(*options)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda m: m.forward(np.ones((5, 7))), r"layer 1 \(dense 4 → 3\) takes \(N, 4\).*\(5, 7\)"),
        (lambda m: m.forward(np.ones(4)), r"layer 1 .*\(4,\)"),
        (lambda m: m.learn(np.ones((5, 4)), np.zeros(6, int)), r"6 labels.*\(5, 3\)"),
        (lambda m: m.learn(np.ones((5, 4)), np.full(5, 3)), r"label 1 is 3.*labels 0 to 2"),
        (lambda m: m.learn(np.ones((5, 4)), np.full(5, -1)), r"label 1 is -1"),
        (lambda m: m.learn(np.ones((5, 4)), np.zeros((5, 2))), r"\(5, 2\).*\(5, 3\)"),
        (lambda m: nn.set_arrays(m, {"W0": np.zeros((4, 2))}), r"W0.*\(4, 2\).*layer 1.*\(4, 3\)"),
        (lambda m: nn.set_arrays(m, {}), "no array W0 for layer 1"),
        (lambda m: nn.set_arrays(m, {"W0": np.full((4, 3), np.nan)}), "W0 holds numbers that"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_both_shapes(act, said):
    model = nn.Model(nn.DenseLayer(4, 3), nn.Activation_Softmax())
    model.loss, model.optimizer = nn.Loss_CategoricalCrossentropy(), nn.Optimizer_SGD()
    with pytest.raises(nn.ShapeError, match=said) as caught:
        act(model)
    assert "\n" not in str(caught.value)


def test_a_layer_behind_another_of_the_wrong_width_is_named():
    model = nn.Model(nn.DenseLayer(4, 3), nn.Activation_Tanh(), nn.DenseLayer(5, 1))
    with pytest.raises(nn.ShapeError, match=r"layer 3 \(dense 5 → 1\).*\(2, 3\)"):
        model.forward(np.ones((2, 4)))
    narrow = nn.Model(nn.ResidualBlock(nn.DenseLayer(4, 3)))
    with pytest.raises(nn.ShapeError, match=r"layer 1: .*\(2, 4\).*\(2, 3\)"):
        narrow.forward(np.ones((2, 4)))


def test_a_loss_that_explodes_stops_with_a_message_and_keeps_the_last_weights():
    X = np.random.default_rng(0).standard_normal((40, 3))
    model = nn.Model(nn.DenseLayer(3, 8), nn.DenseLayer(8, 1))
    model.loss, model.optimizer = nn.Loss_MeanSquaredError(), nn.Optimizer_SGD(50.0)
    history = model.fit(X, X[:, :1], epochs=100, batch_size=10)
    assert "became infinite" in history.stopped or "is not a number" in history.stopped
    assert f"epoch {len(history.loss) + 1}" in history.stopped
    assert len(history.loss) < 100


def test_a_description_makes_a_model_that_is_described_alike():
    spec = nn.NetSpec(
        6,
        (
            nn.DenseSpec(6, "tanh", residual=True, scale=0.5, init="normal", gain=1.5),
            nn.BatchNormSpec(0.8),
            nn.ActivationSpec("gelu"),
            nn.DropoutSpec(0.25),
            nn.DenseSpec(3, bias=False),
        ),
        "cross_entropy",
    )
    model = nn.model_of(spec)
    assert nn.layers_of(model) == spec.layers
    assert list(nn.arrays_of(model)) == [
        "W0", "b0", "gamma0", "beta0", "mean0", "var0", "W1",
    ]  # fmt: skip


def test_a_copy_learns_on_its_own_and_alike():
    X, y = _two_moons(60)
    spec = nn.NetSpec(
        2, (nn.DenseSpec(8, "relu"), nn.DropoutSpec(0.3), nn.DenseSpec(2)), "cross_entropy",
        nn.OptimizerSpec("adam", 0.02, lr_output=0.01),
    )  # fmt: skip
    model = nn.model_of(spec)
    model.learn(X, y)
    other = model.copy()
    before = nn.arrays_of(other)["W0"].copy()
    losses = [model.learn(X, y)[0] for _ in range(5)]
    assert np.array_equal(nn.arrays_of(other)["W0"], before)
    assert [other.learn(X, y)[0] for _ in range(5)] == losses


@pytest.mark.parametrize(
    ("init", "deviation"),
    [("he", np.sqrt(2 / 300)), ("glorot", np.sqrt(2 / 500)), ("normal", 1.0), ("zeros", 0.0)],
)
def test_first_weights_have_the_deviation_of_their_name(init, deviation):
    drawn = nn.initial_weights(init, 1.5, 300, 200, np.random.default_rng(0))
    assert drawn.std() == pytest.approx(1.5 * deviation, rel=0.01)
    assert abs(drawn.mean()) <= 0.02 * deviation


def test_layers_without_a_generator_draw_the_same_after_the_same_seed():
    nn.seed(5)
    one, two = nn.DenseLayer(4, 4), nn.DenseLayer(4, 4)
    assert not np.array_equal(one.weights, two.weights)
    nn.seed(5)
    assert np.array_equal(nn.DenseLayer(4, 4).weights, one.weights)
