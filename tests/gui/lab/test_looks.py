"""What is computed to be seen of a run, against plain NumPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_data import dataset_of, fitted
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_views import extents
from deepfractals_gui.gui.lab.exports import csv_of
from deepfractals_gui.gui.lab.history import History
from deepfractals_gui.gui.lab.looks import look_at, plane_side, probabilities
from deepfractals_gui.gui.lab.sentences import ended, sentence_of
from deepfractals_gui.nn import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    NetSpec,
    OptimizerSpec,
)

SPEC = NetSpec(
    2,
    (
        DenseSpec(6, "tanh", init="glorot"),
        DenseSpec(6, "sin", residual=True, init="glorot"),
        DenseSpec(5, init="he"),
        BatchNormSpec(),
        ActivationSpec("relu"),
        DropoutSpec(0.2),
        DenseSpec(2, init="glorot"),
    ),
    "cross_entropy",
    OptimizerSpec("adam", 0.01),
    batch=16,
    seed=3,
)


def params(**changes) -> LabParams:
    given = LabParams(**{"count": 80, "epochs": 5, "spec": SPEC, **changes})
    return replace(given, spec=fitted(given.spec, dataset_of(given)))


def trained(epochs: int = 3, **changes):
    lab = Lab()
    state = lab.start(params(**changes))
    for _ in range(epochs):
        state = lab.epoch(state)
    return state


@pytest.fixture(scope="module")
def state():
    return trained()


def answers(state, inputs: np.ndarray) -> np.ndarray:
    return state.model.copy().predict(state.data.scaling.apply(inputs))


def test_the_decision_is_what_the_network_predicts_pixel_by_pixel(state) -> None:
    grid = look_at(state, wanted=("decision",)).sights["decision"].probabilities
    side = len(grid)
    (left, right), (low, high) = extents(state.data)
    x = left + (7 + 0.5) / side * (right - left)
    y = low + (20 + 0.5) / side * (high - low)
    assert np.allclose(grid[20, 7], answers(state, np.array([[x, y]]))[0], atol=1e-12)
    assert np.allclose(grid.sum(axis=2), 1.0)


def test_a_picture_is_coarser_while_training_and_for_large_networks(state) -> None:
    sides = [
        len(look_at(state, running=running, wanted=("decision",)).sights["decision"].probabilities)
        for running in (True, False)
    ]
    assert sides[0] < sides[1]
    assert plane_side(100, 128) == 128
    assert 40 <= plane_side(5000, 128) < 60
    assert plane_side(10**9, 128) == 40


def test_looking_changes_nothing_of_the_run(state) -> None:
    before = [p.value.copy() for layer in state.model.walk() for p in layer.parameters()]
    look_at(state, wanted=("decision", "neurons", "confusion", "chain"))
    after = [p.value for layer in state.model.walk() for p in layer.parameters()]
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    assert Lab().epoch(state).trace[-1] == trained(4).trace[-1]


def test_neurons_are_the_hidden_layers_with_all_that_follows_them(state) -> None:
    layers = look_at(state, wanted=("neurons",)).sights["neurons"]
    assert [layer.title for layer in layers] == [
        "Layer 1 · 6 units", "Layer 2 · 6 units", "Layer 3 · 5 units",
    ]  # fmt: skip
    side = layers[0].maps.shape[1]
    (left, right), (low, high) = extents(state.data)
    x = left + (np.arange(side) + 0.5) / side * (right - left)
    y = low + (np.arange(side) + 0.5) / side * (high - low)
    inputs = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    first = state.model.layers[0]
    expected = np.tanh(state.data.scaling.apply(inputs) @ first.weights + first.biases)
    assert np.allclose(layers[0].maps[3], expected[:, 3].reshape(side, side), atol=1e-12)
    # The ReLU behind the normalisation belongs to the layer.
    assert layers[2].maps.min() == 0.0


def test_confusion_counts_the_test_rows_and_ranks_the_mistakes(state) -> None:
    found = look_at(state, wanted=("confusion",)).sights["confusion"]
    test = state.data.test
    output = answers(state, test.inputs)
    said = output.argmax(axis=1)
    for true in range(2):
        for guessed in range(2):
            assert found.counts[true, guessed] == ((test.targets == true) & (said == guessed)).sum()
    assert len(found.mistakes) == (said != test.targets).sum() > 0
    sure = [mistake.confidence for mistake in found.mistakes]
    assert sure == sorted(sure, reverse=True)
    worst = found.mistakes[0]
    assert output[worst.index].max() == pytest.approx(worst.confidence)
    assert test.classes[test.targets[worst.index]] == worst.true


def test_mistakes_among_images_have_their_image() -> None:
    spec = NetSpec(64, (DenseSpec(8, "relu"), DenseSpec(10)), "cross_entropy", batch=64)
    state = trained(0, data="digits", spec=spec)
    found = look_at(state, wanted=("confusion", "decision", "neurons")).sights
    worst = found["confusion"].mistakes[0]
    assert worst.image.shape == (8, 8)
    pixels = state.data.test.inputs[worst.index].reshape(8, 8)
    assert np.allclose(worst.image, pixels / state.data.test.inputs.max())
    assert found["confusion"].counts.sum() == len(state.data.test)
    assert found["decision"].probabilities is None
    assert found["neurons"] == ()


def test_a_function_of_one_input_is_drawn_over_its_range() -> None:
    spec = NetSpec(1, (DenseSpec(8, "tanh"), DenseSpec(1)), "mse", batch=16)
    state = trained(1, data="sine", spec=spec)
    look = look_at(state, wanted=("decision", "confusion"))
    found = look.sights["decision"]
    assert np.allclose(found.y, answers(state, found.x[:, None])[:, 0], atol=1e-12)
    assert found.x[0] < state.data.train.inputs.min()
    assert look.sights["confusion"] is None
    assert not look.curves.has_accuracy


def test_shares_add_up_whatever_the_loss() -> None:
    one = probabilities(np.array([[0.25], [1.5], [-1.0]]), 2)
    assert one.tolist() == [[0.75, 0.25], [0.0, 1.0], [1.0, 0.0]]
    some = probabilities(np.array([[1.0, 3.0], [-1.0, -2.0], [np.nan, 1.0]]), 2)
    assert some[:2].tolist() == [[0.25, 0.75], [0.5, 0.5]]
    assert np.isnan(some[2]).all()


def test_the_chain_of_a_training_sample_says_which_it_is(state) -> None:
    count = len(state.data.x)
    stages, note = look_at(state, wanted=("chain",), sample=count + 4).sights["chain"]
    label = state.data.train.classes[state.data.train.targets[4]]
    assert note == f"Training sample 5 of {count}, {label}"
    assert (stages[0].arrays[0][1] == state.data.x[4]).all()
    assert [stage.direction for stage in stages] == sorted(
        (stage.direction for stage in stages), reverse=True
    )


# The history.


def test_a_history_that_follows_is_the_history_read_at_once() -> None:
    lab, history = Lab(), History()
    state = lab.start(params(epochs=0, count=20, spec=replace(SPEC, batch=0)))
    early, _ = history.follow(state)
    before = early.train_loss.copy()
    for _ in range(3):
        # More rows than there is room for at first.
        state = lab.advance(state, updates=120)
        curves, flow = history.follow(state)
    assert len(curves.x) == 361
    assert np.array_equal(curves.test_loss, state.trace.column("test_loss"))
    for key, values in flow.history.items():
        assert np.array_equal(values, state.trace.column(key)[1:], equal_nan=True)
    assert np.array_equal(early.train_loss, before)


# Sentences and tables.


def test_each_state_of_a_run_is_said_in_words() -> None:
    lab = Lab()
    start = lab.start(params(epochs=2))
    assert sentence_of(look_at(start), "Look.") == ("Press Space to train. Look.", "info")
    assert sentence_of(look_at(start, running=True))[0] == "Training; Space pauses."
    one = lab.epoch(start)
    assert sentence_of(look_at(one))[0].startswith("Paused.")
    assert sentence_of(look_at(one), changed=True)[1] == "warning"
    done = look_at(lab.epoch(one))
    assert ended(done)
    words, kind = sentence_of(done)
    assert words == "All 2 epochs are done. Space trains as many again."
    assert kind == "good"


def test_a_loss_that_explodes_is_said_with_what_to_do() -> None:
    spec = NetSpec(2, (DenseSpec(8), DenseSpec(2)), "mse", OptimizerSpec("sgd", 1e6), batch=16)
    state = trained(5, spec=spec)
    look = look_at(state)
    assert look.exploded
    words, kind = sentence_of(look)
    assert kind == "error"
    assert words.startswith("The loss ")
    assert "lower learning rate" in words
    assert words.endswith("Rewind and try again.")
    assert not ended(look)


def test_reaching_the_target_is_said_as_something_good() -> None:
    look = look_at(trained(5, target=0.1))
    words, kind = sentence_of(look)
    assert words.startswith("The test accuracy reached")
    assert kind == "good"
    assert not ended(look)


def test_the_table_of_a_run_reads_back_exactly(state) -> None:
    rows = [line.split(",") for line in csv_of(look_at(state)).splitlines()]
    assert rows[0][:5] == [
        "epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy",
    ]  # fmt: skip
    assert len({len(row) for row in rows}) == 1
    assert [float(row[1]) for row in rows[1:]] == state.trace.column("train_loss").tolist()
    flow = rows[0].index("gradient_norm_4")
    assert rows[1][flow] == ""
    assert float(rows[3][flow]) == state.trace[2].gradient_norm[3]
    # The last dense layer feeds no unit that could be dead.
    assert rows[3][rows[0].index("dead_4")] == ""
