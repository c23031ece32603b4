"""What doesn't fit, comes too early or is no number: one line beside its cause."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from deepfractals_gui import nn

X = np.random.default_rng(0).standard_normal((6, 4))
Y = np.arange(6) % 3


def model_of(*parts, outputs=3):
    """A small classifier with the parts that are named."""
    model = nn.Model(nn.DenseLayer(4, outputs), nn.Activation_Softmax())
    if "loss" in parts:
        model.loss = nn.Loss_CategoricalCrossentropy()
    if "optimizer" in parts:
        model.optimizer = nn.Optimizer_SGD(0.1)
    return model


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: model_of("optimizer").fit(X, Y), "no loss yet"),
        (lambda: model_of("loss").fit(X, Y), "no optimizer yet"),
        (lambda: model_of("loss").learn(X, Y), "no optimizer yet"),
        (lambda: model_of().evaluate(X, Y), "no loss yet"),
        (lambda: model_of().backward(X, Y), "no loss yet"),
        (lambda: model_of("loss").backward(X, Y), "the forward pass comes first"),
        (lambda: model_of("loss").data_loss(X, Y), "the forward pass comes first"),
        (lambda: nn.DenseLayer(2, 3).backward(np.ones((1, 3))), "backward comes after forward"),
    ],
)
def test_what_is_missing_is_named(act, said):
    with pytest.raises(ValueError, match=said):
        act()


def test_a_layer_has_one_place_in_a_model():
    layer = nn.Activation_Tanh()
    for made in (
        lambda: nn.Model(nn.DenseLayer(4, 4), layer, nn.DenseLayer(4, 4), layer),
        lambda: nn.Model(layer, nn.ResidualBlock(layer)),
        lambda: nn.Model(nn.ResidualBlock(nn.DenseLayer(4, 4), nn.ResidualBlock(layer), layer)),
    ):
        with pytest.raises(ValueError, match=r"tanh.* is in the model already"):
            made()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (nn.Activation_ReLU, r"Activation_ReLU is a kind of layer; Activation_ReLU\(...\)"),
        ("relu", "a layer is needed, not str 'relu'"),
    ],
)
def test_what_is_no_layer_is_refused(given, said):
    with pytest.raises(TypeError, match=said):
        nn.Model(given)
    with pytest.raises(TypeError, match=said):
        nn.ResidualBlock(given)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (X, Y[:4], r"X \(6, 4\) and y \(4,\) don't have the same number"),
        (X, np.tile(Y, 2), r"X \(6, 4\) and y \(12,\)"),
        (X, 1, r"X \(6, 4\) and y \(\)"),
        (X[:0], Y[:0], r"X \(0, 4\) has no samples"),
        (X[0, 0], Y[0], r"X \(\) has no samples"),
        (X, np.array(list("abcabc")), "labels can't be read as real numbers: could not convert"),
        (X, Y + 0.5, "label 1 is 0.5; a network of 3 outputs knows the labels 0 to 2"),
        (X, Y * 10**12, "label 2 is 1000000000000"),
        (X, Y * 1e300, r"label 2 is 1e\+300"),
        (X, 2 * np.eye(3)[Y], "row 1, column 1 is 2; those of classes are within"),
        (X, np.ones((6, 3)), "row 1 of the targets adds up to 3"),
        ([["a", "b"]] * 6, Y, "X can't be read as real numbers: could not convert"),
        ([[1.0, 2.0], [3.0]] * 3, Y, "X can't be read as real numbers: .*inhomogeneous"),
        (X + 1j, Y, "X can't be read as real numbers: they are complex"),
        (np.where(np.arange(24).reshape(6, 4) == 6, np.nan, X), Y, "X is nan at row 2, column 3"),
        (X, np.where(Y == 1, np.inf, Y), "y is inf at row 2"),
        (X[:, :3], Y, r"layer 1 \(dense 4 → 3\) takes \(N, 4\), but was given \(6, 3\)"),
        (X[np.newaxis], Y[:1], r"layer 1 .* was given \(1, 6, 4\)"),
    ],
)  # fmt: skip
def test_data_that_cannot_be_learned_from_are_told_in_one_line(x, y, said):
    model = model_of("loss", "optimizer")
    before = model.layers[0].weights.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=said) as caught:
            model.fit(x, y)
    assert "\n" not in str(caught.value)
    assert np.array_equal(model.layers[0].weights, before)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"epochs": -1}, "epochs must be a whole number"),
        ({"epochs": 2.5}, "epochs must be a whole number"),
        ({"batch_size": -8}, "batch_size must be a whole number"),
        ({"batch_size": None}, "batch_size must be a whole number"),
    ],
)
def test_fit_wants_whole_numbers(options, said):
    with pytest.raises(ValueError, match=said):
        model_of("loss", "optimizer").fit(X, Y, **options)


def test_targets_of_the_binary_loss_are_within_0_and_1():
    loss = nn.Loss_BinaryCrossentropy()
    with pytest.raises(nn.ShapeError, match="row 1, column 1 is -1"):
        loss.calculate(np.full((2, 1), 0.5), np.array([-1, 1]))
    soft = loss.calculate(np.full((2, 1), 0.5), np.array([False, True]))
    assert soft == pytest.approx(np.log(2))


@pytest.mark.parametrize(
    ("layer", "width"),
    [
        (nn.DenseLayer(3, 4), 7), (nn.Activation_Tanh(), 1), (nn.Activation_Softmax(), 1),
        (nn.BatchNormLayer(3), 1), (nn.DropoutLayer(0.5), 1),
        (nn.ResidualBlock(nn.Activation_Tanh()), 1),
    ],
)  # fmt: skip
def test_a_gradient_of_another_shape_than_the_output_is_refused(layer, width):
    layer.forward(np.ones((2, 3)))
    with pytest.raises(nn.ShapeError, match=rf"gave \(2, \d\), but its gradient is \(2, {width}\)"):
        layer.backward(np.ones((2, width)))


def test_layers_inside_layers_are_named_by_their_places():
    deep = nn.ResidualBlock(nn.DenseLayer(4, 4), nn.ResidualBlock(nn.DenseLayer(5, 4)))
    with pytest.raises(nn.ShapeError, match=r"layer 2\.2\.1 \(dense 5 → 4\)"):
        nn.Model(nn.Activation_Tanh(), deep).forward(X)


def test_a_failed_look_leaves_the_mode_as_it_was():
    model = nn.Model(nn.DropoutLayer(0.5), nn.DenseLayer(4, 3))
    for look in (lambda: model.predict(X[:, :2]), lambda: model.evaluate(X, Y[:2])):
        model.loss = nn.Loss_MeanSquaredError()
        with pytest.raises(nn.ShapeError):
            look()
        assert model.training
        assert model.layers[0].training


WAYS = {
    "a list": X.tolist(),
    "float32": X.astype(np.float32),
    "by columns": np.asfortranarray(X),
    "every other column": np.repeat(X, 2, axis=1)[:, ::2],
    "objects": X.astype(object),
}


@pytest.mark.parametrize("name", WAYS)
def test_inputs_are_taken_as_numbers_whatever_holds_them(name):
    model = model_of("loss")
    expected = model.predict(np.asarray(WAYS[name], np.float64))
    assert np.allclose(model.predict(WAYS[name]), expected, rtol=1e-14)
    assert model.predict(WAYS[name]).dtype == np.float64


def test_small_integers_do_not_overflow():
    pixels = np.array([[5, 200]], np.uint8)
    for kind in (nn.Activation_Sigmoid, nn.Activation_Softplus, nn.Activation_Softmax):
        found = kind().forward(pixels)
        assert np.array_equal(found, kind().forward(pixels.astype(np.float64)))
    assert nn.Loss_MeanSquaredError().calculate([[1, 2]], [[3, 5]]) == 6.5


@pytest.mark.parametrize("kind", [list, np.array, lambda y: np.array(y)[:, np.newaxis]])
def test_labels_may_be_a_list_a_row_or_a_column(kind):
    model = model_of("loss", outputs=2)
    labels = [True, False, True, True, False, True]
    whole = np.array([1, 0, 1, 1, 0, 1])
    expected = model.evaluate(X, whole)
    assert model.evaluate(X, kind(labels)) == expected
    assert model.evaluate(X, kind([float(label) for label in labels])) == expected
    assert model.evaluate(X, np.eye(2, dtype=np.int8)[whole]) == expected


def test_a_copy_forgets_layers_that_are_gone():
    model = model_of("loss", "optimizer")
    model.optimizer.momentum = 0.9
    model.fit(X, Y, epochs=2)
    model.layers[0] = nn.DenseLayer(4, 3)
    other = model.copy()
    assert np.array_equal(other.predict(X), model.predict(X))


def test_a_look_between_forward_and_backward_is_noticed():
    model = model_of("loss")
    output = model.forward(X)
    model.predict(-X)
    for act in (model.backward, model.data_loss):
        with pytest.raises(ValueError, match="isn't the output of the batch that went forward"):
            act(output, Y)
    output = model.forward(X).copy()
    assert model.backward(output, Y).shape == X.shape


def test_what_is_wrong_with_the_test_data_is_told_before_training():
    model = model_of("loss", "optimizer")
    before = model.layers[0].weights.copy()
    for test, said in (
        (X, r"test is a pair, \(X, y\)"),
        ((X, Y[:3]), r"y \(3,\)"),
        ((X, Y + 1), "label 3 is 3"),
        ((X[:, :2], Y), r"X is \(6, 4\) to train with, but \(6, 2\) to test with"),
    ):
        with pytest.raises(nn.ShapeError, match=said):
            model.fit(X, Y, test=test)
    assert np.array_equal(model.layers[0].weights, before)


def test_a_label_is_named_by_its_row_among_all_data():
    y = np.arange(90) % 3
    y[70] = 5
    with pytest.raises(nn.ShapeError, match="label 71 is 5"):
        model_of("loss", "optimizer").fit(np.tile(X, (15, 1)), y, batch_size=8)


def test_learning_is_in_training_mode_also_after_a_fit():
    model = nn.Model(nn.DropoutLayer(0.5, np.random.default_rng(0)), nn.DenseLayer(4, 3))
    model.loss, model.optimizer = nn.Loss_MeanSquaredError(), nn.Optimizer_SGD(0.01)
    model.fit(X, X[:, :3])
    assert not model.training
    model.learn(X, X[:, :3])
    assert model.layers[0].training
    assert (model.layers[1].inputs == 0.0).any()


def test_training_that_is_asked_to_end_says_so():
    model = model_of("loss", "optimizer")
    history = model.fit(X, Y, epochs=9, after_epoch=lambda epoch, history: epoch == 2)
    assert len(history.loss) == 3
    assert history.stopped == "training was asked to end after epoch 3"


class Frame:
    """What only knows how to become an array, as data frames do."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def __len__(self):
        return len(self.values)


@pytest.mark.parametrize(
    "made", [lambda: nn.DenseLayer(2, 2, rng=5), lambda: nn.DropoutLayer(0.5, 5)]
)
def test_a_seed_is_no_generator(made):
    with pytest.raises(TypeError, match=r"rng is a generator, such as .*, not 5"):
        made()


def test_data_frames_are_learned_from():
    model, twin = model_of("loss", "optimizer"), model_of("loss", "optimizer")
    twin.layers[0].weights[...] = model.layers[0].weights
    found = model.fit(Frame(X), Frame(Y[:, np.newaxis]), epochs=2, test=(Frame(X), Frame(Y)))
    assert found.loss == twin.fit(X, Y, epochs=2).loss


@pytest.mark.parametrize("batch_size", [0, 1, 32])
def test_the_smallest_data_are_learned_from(batch_size):
    model = nn.Model(nn.DenseLayer(1, 3), nn.BatchNormLayer(3), nn.Activation_Tanh())
    model.add(nn.DenseLayer(3, 1))
    model.loss, model.optimizer = nn.Loss_MeanSquaredError(), nn.Optimizer_SGD(0.1)
    history = model.fit([[2.0]], [1.0], epochs=20, batch_size=batch_size)
    assert history.loss[-1] < history.loss[0]
    assert model.predict([[2.0]]).shape == (1, 1)
