"""Models in files: what is read back goes on alike, and what is damaged is one line."""

from __future__ import annotations

import io
import json
import os
import random

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.nn.model_files import (
    ModelFileError,
    load_model,
    model_bytes,
    model_in,
    save_model,
)

SPEC = nn.NetSpec(
    3,
    (
        nn.DenseSpec(6, "tanh"), nn.BatchNormSpec(), nn.DropoutSpec(0.3),
        nn.DenseSpec(6, "relu", residual=True), nn.DenseSpec(2, bias=False),
    ),
    "cross_entropy",
    nn.OptimizerSpec("adam", 0.02, lr_output=0.01),
    seed=3,
)  # fmt: skip
X = np.random.default_rng(0).standard_normal((30, 3))
Y = np.arange(30) % 2


def trained(updates=4):
    model = nn.model_of(SPEC)
    for _ in range(updates):
        model.learn(X, Y)
    return model


def test_training_goes_on_bit_for_bit_from_a_file(tmp_path):
    model = trained()
    save_model(tmp_path / "m.npz", model, SPEC, {"a": [1, None]}, {"extra": np.arange(3)})
    found = load_model(tmp_path / "m.npz", ("extra", "absent"))
    assert found.spec == SPEC
    assert found.notes == {"a": [1, None]}
    assert found.arrays.keys() == {"extra"}
    assert np.array_equal(found.arrays["extra"], [0, 1, 2])
    ahead = [model.learn(X, Y) for _ in range(5)]
    assert [found.model.learn(X, Y) for _ in range(5)] == ahead
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]


def test_a_model_built_by_hand_is_described_and_read_back():
    model = nn.Model(nn.DenseLayer(4, 5), nn.Activation_ReLU(), nn.DenseLayer(5, 1))
    model.loss, model.optimizer = nn.Loss_MeanSquaredError(), nn.Optimizer_SGD(0.1)
    found = model_in(model_bytes(model), "m.npz")
    assert np.array_equal(found.model.predict(np.ones((2, 4))), model.predict(np.ones((2, 4))))


def classifier(optimizer=None, loss=None):
    """The classic first program's model, with what else a layer list may have."""
    model = nn.Model(
        nn.DenseLayer(4, 5, init="glorot"), nn.Activation_ReLU(), nn.DropoutLayer(0.2),
        nn.BatchNormLayer(5, 0.8), nn.ResidualBlock(nn.DenseLayer(5, 5), nn.Activation_Tanh()),
        nn.DropoutLayer(0.4), nn.DenseLayer(5, 3), nn.Activation_Softmax(),
    )  # fmt: skip
    model.loss = loss or nn.Loss_CategoricalCrossentropy()
    model.optimizer = optimizer or nn.Optimizer_SGD(0.05)
    return model


OPTIMIZERS = {
    "sgd": nn.Optimizer_SGD(0.05),
    "momentum, clip": nn.Optimizer_SGD(0.05, 0.9, clip=0.5),
    "nesterov, decays": nn.Optimizer_SGD(0.05, 0.8, True, decay=0.1, weight_decay=0.01),
    "adagrad": nn.Optimizer_AdaGrad(0.05, 1e-6),
    "rmsprop": nn.Optimizer_RMSprop(0.01, 0.8),
    "adam": nn.Optimizer_Adam(0.02, 0.8, 0.98, 1e-7),
    "adamw": nn.Optimizer_AdamW(0.02, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_was_built_by_hand_learns_on_bit_for_bit_from_its_file(name, tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((20, 4)), np.arange(20) % 3
    model = classifier(OPTIMIZERS[name].copy({}))
    model.l1, model.l2 = 0.001, 0.002
    model.optimizer.rates[model.layers[-2]] = 0.03
    for _ in range(3):
        model.learn(x, y)
    model.save(tmp_path / "m.npz")
    found = nn.Model.load(str(tmp_path / "m.npz"))
    assert np.array_equal(found.predict(x), model.predict(x))
    ahead = [model.learn(x, y) for _ in range(4)]
    assert [found.learn(x, y) for _ in range(4)] == ahead
    assert np.array_equal(found.predict(x), model.predict(x))


@pytest.mark.parametrize(
    ("loss", "head", "outputs"),
    [
        (nn.Loss_CategoricalCrossentropy, nn.Activation_Softmax, 3),
        (nn.Loss_BinaryCrossentropy, nn.Activation_Sigmoid, 1),
        (nn.Loss_MeanSquaredError, nn.Activation_Sigmoid, 2),
        (nn.Loss_MeanSquaredError, None, 2),
    ],
)
def test_answers_stay_what_they_were_under_every_loss(loss, head, outputs):
    model = nn.Model(nn.DenseLayer(4, outputs))
    if head is not None:
        model.add(head())
    model.loss = loss()
    found = model_in(model_bytes(model), "m.npz").model
    assert type(found.loss) is loss
    assert np.array_equal(found.predict(np.ones((2, 4))), model.predict(np.ones((2, 4))))


class Sgd(nn.Optimizer_SGD):
    pass


def with_rate(number):
    model = classifier()
    model.optimizer.rates[model.layers[number]] = 0.5
    return model


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            lambda: nn.Model(nn.DenseLayer(4, 2), nn.Activation_Softmax(), nn.DenseLayer(2, 2)),
            r"layer 2 \(softmax\) has a description only as the last layer",
        ),
        (lambda: classifier(loss=nn.Loss_CategoricalCrossentropy(True)), r"layer 8 \(softmax\)"),
        (lambda: classifier(loss=nn.Loss_BinaryCrossentropy()), r"layer 8 \(softmax\)"),
        (lambda: classifier(Sgd()), "the optimizer Sgd has no description"),
        (lambda: with_rate(0), "layer 1: only the last dense layer"),
        (lambda: nn.Model(nn.BatchNormLayer(2, epsilon=0.1), nn.DenseLayer(2, 2)), "layer 1"),
        (
            lambda: nn.Model(
                nn.DropoutLayer(0.5, np.random.Generator(np.random.MT19937(0))), nn.DenseLayer(2, 2)
            ),
            "dropout draws from MT19937",
        ),
    ],
)
def test_what_a_file_cannot_tell_is_refused_when_it_is_written(made, said, tmp_path):
    with pytest.raises(nn.SpecError, match=said):
        made().save(tmp_path / "m.npz")
    assert not list(tmp_path.iterdir())


def test_a_loss_of_logits_has_no_description():
    model = nn.Model(nn.DenseLayer(4, 2))
    model.loss = nn.Loss_CategoricalCrossentropy(from_logits=True)
    with pytest.raises(nn.SpecError, match="after a softmax or a sigmoid"):
        model_bytes(model)


def test_numbers_that_are_not_finite_are_not_kept():
    model = trained()
    model.layers[0].weights[1, 2] = np.nan
    with pytest.raises(ModelFileError, match="W0 holds numbers that aren't finite"):
        model_bytes(model, SPEC)


def test_arrays_are_set_all_or_none():
    model = nn.model_of(SPEC)
    arrays = {name: array + 1.0 for name, array in nn.arrays_of(model).items()}
    before = {name: array.copy() for name, array in nn.arrays_of(model).items()}
    for name, wrong in (("var0", -np.ones(6)), ("W2", np.zeros((6, 3)))):
        with pytest.raises(nn.ShapeError, match=name):
            nn.set_arrays(model, arrays | {name: wrong})
        assert all(np.array_equal(before[k], array) for k, array in nn.arrays_of(model).items())


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "m.npz")
    with pytest.raises(ModelFileError, match="not a regular file"):
        nn.Model.load(tmp_path / "m.npz")
    with pytest.raises(FileNotFoundError):
        nn.Model.load(tmp_path / "absent" / "m.npz")


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.npz"
    path.write_bytes(b"old")
    with pytest.raises(nn.SpecError):
        save_model(path, nn.Model(nn.Activation_Tanh()))
    assert path.read_bytes() == b"old"
    with pytest.raises(OSError, match="No such file"):
        save_model(tmp_path / "absent" / "m.npz", trained(), SPEC)


def archive(**changes):
    """A sound file with some of its arrays replaced; None leaves one out."""
    with np.load(io.BytesIO(model_bytes(trained(), SPEC))) as arrays:
        found = dict(arrays)
    found.update(changes)
    buffer = io.BytesIO()
    np.savez(buffer, **{name: array for name, array in found.items() if array is not None})
    return buffer.getvalue()


def text(value):
    return np.frombuffer(value.encode(), np.uint8)


WRONG_WIDTH = json.loads(SPEC.to_json()) | {"inputs": 7}
STATE = {"notes": {}, "updates": [1], "generators": [{"state": 1}]}


def state(**changes):
    """The sound file's state with some of its parts replaced."""
    with np.load(io.BytesIO(model_bytes(trained(), SPEC))) as arrays:
        found = json.loads(arrays["state"].tobytes())
    return text(json.dumps(found | changes))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a readable .npz"),
        (b"PK\x03\x04 nothing", "not a readable .npz"),
        (model_bytes(trained(), SPEC)[:900], "not a readable .npz"),
        (archive(spec=None), "no array spec"),
        (archive(spec=text("{")), "not valid JSON"),
        (archive(spec=text('{"inputs": 3, "layers": []}')), "1 to 64 layers"),
        (archive(spec=text(json.dumps(WRONG_WIDTH))), r"W0 has the shape \(3, 6\).*\(7, 6\)"),
        (archive(W1=None), "no array W1"),
        (archive(W2=np.zeros((6, 3))), r"W2 has the shape \(6, 3\)"),
        (archive(b0=np.full(6, np.inf)), "b0 holds numbers that aren't finite"),
        (archive(W0=np.array([["a"] * 6] * 3)), "not numbers"),
        (archive(state=text("[1]")), "state of training is damaged"),
        (archive(state=text('{"notes": 3}')), "state of training is damaged"),
        (archive(state=text(json.dumps(STATE))), "state of training is damaged"),
        (archive(**{"memory0.weights.first": np.zeros((2, 2))}), "state of training is damaged"),
        (archive(state=np.array([200, 201], np.uint8)), "state is not a text"),
        (archive(state=np.array([1.0, np.inf])), "state is not a text"),
        (archive(state=state(updates=[-1])), "-1 is no whole number from 0"),
        (archive(state=state(updates=[10**400])), "10{39} is no whole number"),
        (archive(state=state(updates=["4"])), "'4' is no whole number"),
        (archive(state=state(shared=[1])), "1 is no whole number from 0 to 0"),
        (archive(**{"memory0.weights.first": np.full((3, 6), np.nan)}), "first moment is negative"),
        (archive(**{"memory0.weights.second": -np.ones((3, 6))}), "second moment is negative"),
        (archive(var0=-np.ones(6)), "var0 holds negative variances"),
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(content, said):
    with pytest.raises(ModelFileError, match=said) as caught:
        model_in(content, "m.npz")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("m.npz")


def test_bytes_that_were_changed_are_one_line_or_a_model_that_works():
    rng = random.Random(3)
    content = model_bytes(trained(), SPEC, {"a": 1})
    said = []
    for _ in range(150):
        changed = bytearray(content)
        for _ in range(rng.choice((1, 2, 20))):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        del changed[rng.choice((len(changed), rng.randrange(len(changed)))) :]
        try:
            found = model_in(bytes(changed), "m.npz")
        except ModelFileError as error:
            said.append(str(error))
            continue
        assert found.model.predict(X).shape == (30, 2)
    assert len(said) > 50
    assert all(one.startswith("m.npz") and "\n" not in one for one in said)
