"""Models in files: what is read back goes on alike, and what is damaged is one line."""

from __future__ import annotations

import io
import json

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


def test_a_model_that_has_no_description_is_refused():
    odd = nn.Model(nn.DenseLayer(4, 2), nn.Activation_Softmax(), nn.DenseLayer(2, 2))
    with pytest.raises(nn.SpecError, match="layer 2"):
        model_bytes(odd)


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
    ],
)
def test_a_damaged_file_is_one_line_that_names_it(content, said):
    with pytest.raises(ModelFileError, match=said) as caught:
        model_in(content, "m.npz")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("m.npz")
