"""What is seen inside a network is what it computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.experiments import lab_views
from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_data import fitted
from deepfractals_gui.experiments.lab_params import LabParams, with_spec
from deepfractals_gui.nn.datasets import dataset

LAB = Lab()
SMALL = LabParams(count=60, epochs=0)


def trained(p=SMALL, epochs=2):
    p = replace(p, spec=fitted(p.spec, dataset(p.data, count=60)))
    state = LAB.start(p)
    for _ in range(epochs):
        state = LAB.epoch(state)
    return state


def test_the_plane_shows_what_the_network_answers_there():
    state = trained()
    seen = lab_views.plane(state, (5, 7))
    assert seen.outputs.shape == (5, 7, 2)
    point = np.array([[seen.x[3], seen.y[1]]])
    expected = state.model.copy().predict(state.data.scaling.apply(point))
    assert np.allclose(seen.outputs[1, 3], expected[0], rtol=1e-12)
    inputs = state.data.train.inputs
    assert seen.x[0] < inputs[:, 0].min() < inputs[:, 0].max() < seen.x[-1]
    assert [name for name, _ in seen.units] == ["Layer 1", "Layer 2"]
    w = nn.arrays_of(state.model)
    scaled = state.data.scaling.apply(point)[0]
    assert np.allclose(seen.units[0][1][:, 1, 3], np.tanh(scaled @ w["W0"] + w["b0"]), rtol=1e-12)
    assert lab_views.plane(trained(replace(SMALL, data="iris")), (5, 7)) is None


def test_looking_leaves_the_run_alone():
    state = trained()
    before = repr(LAB.epoch(state).trace[-1])
    lab_views.plane(state, (5, 5))
    lab_views.confusion(state)
    lab_views.chain(state, 0)
    lab_views.mistakes(state, 3)
    assert repr(LAB.epoch(state).trace[-1]) == before


def test_one_input_gives_a_line():
    state = trained(replace(SMALL, data="sine"))
    seen = lab_views.line(state, 9)
    expected = state.model.copy().predict(state.data.scaling.apply(seen.x[:, np.newaxis]))
    assert np.allclose(seen.outputs, expected, rtol=1e-12)
    assert lab_views.plane(state, (3, 3)) is None


def test_confusion_counts_every_row_once_and_its_diagonal_is_the_accuracy():
    state = trained(replace(SMALL, data="digits"))
    counts, classes = lab_views.confusion(state)
    assert counts.sum() == len(state.data.test)
    assert np.trace(counts) / counts.sum() == pytest.approx(state.trace[-1].test_accuracy)
    assert np.array_equal(counts.sum(axis=1), np.bincount(state.data.test.targets))
    assert len(classes) == 10
    assert lab_views.confusion(trained(replace(SMALL, data="sine"))) is None
    assert lab_views.confusion(trained(replace(SMALL, test_share=0.0))) is None


def test_the_worst_mistakes_are_wrong_and_sorted_by_confidence():
    state = trained(replace(SMALL, data="digits"), epochs=1)
    found = lab_views.mistakes(state, 8)
    assert found
    sure = [one.confidence for one in found]
    assert sure == sorted(sure, reverse=True)
    output = state.model.copy().predict(state.data.test_x)
    for one in found:
        assert one.true != one.guessed
        assert one.confidence == output[one.row].max()
        assert np.array_equal(one.inputs, state.data.test.inputs[one.row])


def test_the_chain_of_one_sample_is_its_forward_and_backward_pass():
    p = with_spec(
        SMALL,
        layers=(
            nn.DenseSpec(4, "tanh"), nn.BatchNormSpec(), nn.DropoutSpec(0.3),
            nn.DenseSpec(4, "relu", residual=True), nn.DenseSpec(2),
        ),
    )  # fmt: skip
    state = trained(p)
    stages = lab_views.chain(state, 5)
    forward = [stage for stage in stages if stage.direction == "forward"]
    backward = [stage for stage in stages if stage.direction == "backward"]
    assert len(forward) == len(backward) + 2
    loss = dict(forward[-1].arrays)["loss"][0]
    w = nn.arrays_of(state.model)
    # The gradient by the first weights, by moving each of them.
    numeric = np.zeros_like(w["W0"])
    model = state.model.copy().eval()
    x, y = state.data.x[5:6], state.data.y[5:6]
    moved = nn.arrays_of(model)["W0"]
    assert model.data_loss(model.forward(x), y) == pytest.approx(loss, rel=1e-12)
    for index in np.ndindex(moved.shape):
        ends = []
        for sign in (1, -1):
            kept = moved[index]
            moved[index] = kept + sign * 1e-5
            ends.append(model.data_loss(model.forward(x), y))
            moved[index] = kept
        numeric[index] = (ends[0] - ends[1]) / 2e-5
    assert np.allclose(dict(backward[-1].arrays)["gW"], numeric, atol=1e-7)
    assert all(stage.formula and stage.title for stage in stages)
    with pytest.raises(IndexError):
        lab_views.chain(state, 10**6)
    last = lab_views.chain(state, len(state.data.x) - 1)
    assert np.array_equal(last[-1].arrays[0][1], lab_views.chain(state, -1)[-1].arrays[0][1])


def test_what_goes_into_a_stage_of_the_chain_is_what_came_out_before():
    p = with_spec(
        SMALL,
        layers=(
            nn.DenseSpec(4, "tanh"), nn.DenseSpec(4, "relu", residual=True, scale=0.5),
            nn.DenseSpec(2),
        ),
        l2=0.1,
    )  # fmt: skip
    state = trained(p)
    stages = lab_views.chain(state, 3)
    forward = [dict(stage.arrays) for stage in stages if stage.direction == "forward"]
    titles = [stage.title for stage in stages if stage.direction == "forward"]
    around = titles.index("Around layers 3 to 4: residual")
    for number in range(2, len(forward) - 1):
        if number != around:
            assert np.array_equal(forward[number]["in"], forward[number - 1]["out"])
    block = forward[around]
    assert np.allclose(block["out"], (block["x"] + block["F(x)"]) / np.sqrt(2), rtol=1e-14)
    assert np.array_equal(block["x"], forward[around - 2]["in"])
    w = nn.arrays_of(state.model)
    back = {stage.title: stage for stage in stages if stage.direction == "backward"}
    scaled = back["Layer 3: dense 4 → 4"]
    assert scaled.formula == "gW = 0.5 xᵀg, gb = g, gx = 0.5 gWᵀ"
    arrays = dict(scaled.arrays)
    assert np.allclose(arrays["gW"], 0.5 * np.outer(block["x"], arrays["gb"]), rtol=1e-14)
    assert np.allclose(arrays["gx"], 0.5 * arrays["gb"] @ w["W1"].T, rtol=1e-14)
    both = dict(back["Around layers 3 to 4: residual"].arrays)
    assert np.allclose(both["gx"], both["g / √2"] + arrays["gx"], rtol=1e-14)
