"""The lab: pieces change nothing, rewinding repeats, stops say why, files go on bit for bit."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.core import CancelFlag, DataRef, ParamError
from deepfractals_gui.experiments import EXPERIMENTS, experiment
from deepfractals_gui.experiments.lab import Lab, LabState
from deepfractals_gui.experiments.lab_data import fitted, lab_data
from deepfractals_gui.experiments.lab_params import LabParams, with_spec
from deepfractals_gui.experiments.lab_trace import NAN, Row, Trace
from deepfractals_gui.nn.datasets import DATASETS, dataset

LAB = Lab()
SMALL = LabParams(count=60, epochs=0)


def after(p: LabParams, epochs: int) -> LabState:
    state = LAB.start(p)
    for _ in range(epochs):
        state = LAB.epoch(state)
    return state


def rows(state: LabState) -> list:
    return [state.trace[k] for k in range(len(state.trace))]


def same(one: LabState, other: LabState) -> bool:
    pairs = zip(
        nn.arrays_of(one.model).items(), nn.arrays_of(other.model).items(), strict=True
    )  # fmt: skip
    weights = all(a == b and np.array_equal(x, y) for (a, x), (b, y) in pairs)
    return weights and repr(rows(one)) == repr(rows(other))


def test_the_lab_is_listed():
    assert experiment("lab") is EXPERIMENTS[0]
    with pytest.raises(KeyError, match="lab"):
        experiment("absent")


DROPOUT = with_spec(
    SMALL,
    layers=(
        nn.DenseSpec(8, "relu"), nn.BatchNormSpec(), nn.DropoutSpec(0.2), nn.DenseSpec(2),
    ),
)  # fmt: skip


@pytest.mark.parametrize("p", [SMALL, DROPOUT, with_spec(SMALL, batch=0)])
def test_training_in_pieces_is_training_at_once(p):
    whole = after(p, 6)
    state = LAB.start(p)
    while state.epoch < 6:
        state = LAB.step(state)
    assert same(whole, state)
    timed = LAB.start(p)
    while timed.epoch < 6:
        timed = LAB.advance(timed, seconds=0.0)
    assert same(whole, timed)


def test_rewinding_and_training_again_gives_identical_curves():
    assert same(after(DROPOUT, 5), after(DROPOUT, 5))


def test_a_state_is_a_value_that_later_training_leaves_alone():
    state = after(SMALL, 2)
    weights = nn.arrays_of(state.model)["W0"].copy()
    seen = rows(state)
    one, other = LAB.epoch(state), LAB.epoch(state)
    assert np.array_equal(nn.arrays_of(state.model)["W0"], weights)
    assert rows(state) == seen
    assert same(one, other)


def test_training_is_that_of_the_library():
    p = replace(SMALL, test_share=0.0, scaling="none")
    state = after(p, 4)
    model = nn.model_of(p.spec)
    history = model.fit(state.data.x, state.data.y, epochs=4, batch_size=32, seed=p.spec.seed)
    assert np.allclose(history.loss, state.trace.column("train_loss")[1:], rtol=1e-12)
    assert np.allclose(history.accuracy, state.trace.column("train_accuracy")[1:], rtol=1e-12)
    assert np.array_equal(model.layers[0].weights, nn.arrays_of(state.model)["W0"])


def test_the_first_row_is_before_training_and_the_flow_is_that_of_the_last_update():
    state = LAB.start(with_spec(SMALL, batch=0))
    first = state.trace[0]
    model = state.model.copy().eval()
    output = model.forward(state.data.x)
    assert first.train_loss == pytest.approx(model.data_loss(output, state.data.y), rel=1e-12)
    assert np.isnan(first.gradient_norm).all()
    later = LAB.epoch(state).trace[1]
    assert later.train_loss == pytest.approx(first.train_loss, rel=1e-12)
    model.train()
    model.backward(model.forward(state.data.x), state.data.y)
    dense = [layer for layer in model.walk() if isinstance(layer, nn.DenseLayer)]
    norms = [np.hypot(np.linalg.norm(w.dweights), np.linalg.norm(w.dbiases)) for w in dense]
    assert np.allclose(later.gradient_norm, norms, rtol=1e-12)
    moved = LAB.epoch(state).model
    change = np.linalg.norm(nn.arrays_of(moved)["W1"] - nn.arrays_of(state.model)["W1"])
    size = np.linalg.norm(nn.arrays_of(moved)["W1"])
    assert later.update_ratio[1] == pytest.approx(change / size, rel=1e-12)


def test_dead_and_saturated_shares_are_told_by_layer():
    spec = nn.NetSpec(
        2,
        (
            nn.DenseSpec(6, "sigmoid", init="normal", gain=200.0), nn.BatchNormSpec(),
            nn.DenseSpec(6), nn.ActivationSpec("relu"), nn.DenseSpec(2),
        ),
        "cross_entropy",
    )  # fmt: skip
    row = after(replace(SMALL, spec=spec), 1).trace[-1]
    assert row.saturated[0] > 0.8
    assert 0 <= row.dead[1] <= 1
    assert np.isnan(row.dead[2])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 3}, "all 3 epochs are done"),
        ({"target": 0.5}, r"the test accuracy reached 0\.\d+ in epoch \d"),
        ({"patience": 2, "spec.lr": 0.0}, "hasn't fallen for 2 epochs; its least, .* epoch 0"),
        ({"data": "sine", "target": 10.0}, r"the test loss reached .* in epoch 1"),
        ({"target": 0.5, "test_share": 0.0}, r"the training accuracy reached 0\.\d+ in epoch \d"),
        ({"patience": 2, "spec.lr": 0.0, "test_share": 0.0}, "the training loss hasn't fallen"),
    ],
)
def test_training_stops_and_says_why(changes, said):
    p = SMALL
    if "spec.lr" in changes:
        lr = changes.pop("spec.lr")
        p = with_spec(p, optimizer=nn.OptimizerSpec("sgd", lr))
    p = replace(p, **changes)
    p = replace(p, spec=fitted(p.spec, dataset(p.data, count=60)))
    state = LAB.start(p)
    for _ in range(200):
        state = LAB.epoch(state)
        if state.stopped:
            break
    assert re.search(said, state.stopped)
    assert LAB.step(state) is state


def test_a_loss_that_explodes_is_told_and_the_run_can_be_rewound():
    p = with_spec(SMALL, optimizer=nn.OptimizerSpec("sgd", 1e300), loss="mse")
    state = LAB.start(p)
    for _ in range(20):
        state = LAB.epoch(state)
    assert "infinite" in state.stopped or "not a number" in state.stopped
    assert same(LAB.epoch(LAB.start(SMALL)), after(SMALL, 1))


def test_the_flag_stops_within_a_batch():
    flag = CancelFlag()
    flag.set()
    assert LAB.epoch(LAB.start(SMALL), flag).step == 1


def test_two_runs_share_the_rows_before_they_part():
    row = Row(0, 0, 1.0, 2.0, 0.5, 0.25, (1.0, 2.0), (3.0, 4.0), (NAN, NAN), (0.1, NAN), (0.0, 0.2))
    start = Trace().appended(row)
    one = other = start
    for number in range(1, 100):
        one = one.appended(row._replace(step=number))
        other = other.appended(row._replace(step=-number))
    assert start[0] == one[0] == other[0] == row
    assert one[-1] == row._replace(step=99)
    assert (len(start), len(one), other[50].step) == (1, 100, -50)
    assert np.array_equal(one.column("step"), np.arange(100))
    assert np.array_equal(one.column("dead")[7], [0.1, np.nan], equal_nan=True)
    assert Trace(one.numbers())[40] == one[40]
    with pytest.raises(IndexError):
        start[1]


def test_nothing_to_do_changes_nothing():
    state = LAB.start(SMALL)
    assert LAB.advance(state, updates=0) is state
    assert LAB.advance(state, updates=-1) is state
    assert LAB.advance(state, updates=3).step == 3


def test_a_batch_that_would_take_gigabytes_is_refused():
    p = replace(SMALL, count=20_000)
    p = with_spec(p, layers=(nn.DenseSpec(20_000), nn.DenseSpec(2)), batch=0)
    with pytest.raises(ParamError, match=r"a batch of 15000 rows .* takes too much memory"):
        LAB.start(p)


def test_first_weights_that_overflow_are_told_without_a_warning():
    p = with_spec(SMALL, layers=(nn.DenseSpec(8, gain=1e6, scale=1e6),) * 40 + (nn.DenseSpec(2),))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state = LAB.epoch(LAB.start(with_spec(p, loss="mse")))
    assert state.exploded


def test_the_weights_along_the_way_are_kept_within_bounds(monkeypatch):
    monkeypatch.setattr("deepfractals_gui.experiments.lab_trace.MOST_BYTES", 40 * 4 * 354)
    state = after(SMALL, 100)
    assert state.path.points[0].size == 354
    assert 8 <= len(state.path.points) <= 41
    first = after(SMALL, 0).path.points[0]
    assert np.array_equal(state.path.points[0], first)
    late = after(SMALL, state.path.stride).path.points[-1]
    assert np.array_equal(state.path.points[1], late)


def test_what_was_drawn_once_is_drawn_as_by_the_trainability_map():
    from deepfractals_gui.systems.trainability_params import TrainabilityParams
    from deepfractals_gui.systems.training_plan import training_plan

    plan = training_plan(TrainabilityParams(data="matching", batch=8, width=4, steps=40))
    p = replace(
        SMALL, data="sine", sampling="drawn", test_share=0.0, count=len(plan.data.inputs),
        spec=nn.NetSpec(1, (nn.DenseSpec(1),), batch=8, steps=40, seed=plan.spec.seed),
    )  # fmt: skip
    from deepfractals_gui.experiments.lab import _batches_left

    state = LAB.start(p)
    for step in range(5):
        assert np.array_equal(next(_batches_left(state)), plan.batches[step])
        state = LAB.step(state)


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("loss", nn.LOSSES)
def test_every_set_is_learned_under_every_loss_that_fits(name, loss):
    found = dataset(name, count=60)
    p = with_spec(replace(SMALL, data=name), loss=loss)
    p = replace(p, spec=fitted(p.spec, found))
    state = after(p, 2)
    assert not state.stopped
    assert np.isfinite(state.trace[-1].test_loss)
    assert np.isnan(state.trace[-1].test_accuracy) != found.is_classification


def ref(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return DataRef.of_file(path)


def test_what_does_not_fit_is_one_line_that_names_the_parameter(tmp_path):
    cases = [
        (replace(SMALL, data="digits"), "data", "digits has 64 inputs; the network takes 2"),
        (with_spec(SMALL, layers=(nn.DenseSpec(3),)), "data", "2 classes.*2 outputs.*has 3"),
        (with_spec(replace(SMALL, data="sine"), inputs=1), "data", "sine has no classes"),
        (replace(SMALL, data=ref(tmp_path, "a.csv", "1,2,0\n3,4\n")), "data", "a.csv"),
        (replace(SMALL, weights=ref(tmp_path, "w.npz", "no")), "weights", "w.npz"),
        (with_spec(replace(SMALL, sampling="drawn"), steps=10**8), "sampling", "too many"),
    ]
    for p, parameter, said in cases:
        with pytest.raises(ParamError, match=said) as caught:
            LAB.start(p)
        assert caught.value.name == parameter
        assert "\n" not in str(caught.value)


def test_rows_are_split_in_order_where_asked():
    p = replace(SMALL, data="digits", in_order=True, test_share=0.2, scaling="unit")
    p = replace(p, spec=fitted(p.spec, dataset("digits")))
    data = lab_data(p)
    whole = dataset("digits")
    assert np.array_equal(np.concatenate([data.train.targets, data.test.targets]), whole.targets)
    assert len(data.test) == 359
    assert np.allclose(data.x, whole.inputs[:1438] / 16)


def test_a_run_as_text_reads_back_equal():
    p = replace(DROPOUT, data="moons", patience=7)
    assert LabParams.from_json(p.to_json()) == p


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "no training run"),
        ('{"run": {"speed": 1}}', "no such parameter"),
        ('{"run": {"epochs": "many"}}', "epochs"),
        ('{"network": {"inputs": 2}}', "no layers"),
    ],
)
def test_a_text_that_is_no_run_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        LabParams.from_json(text)


def test_a_snapshot_has_curves_and_numbers():
    shot = LAB.snapshot(after(SMALL, 3))
    assert [curve.name for curve in shot.curves] == [
        "train loss", "test loss", "train accuracy", "test accuracy",
    ]  # fmt: skip
    assert len(shot.curves[0].y) == 4
    assert dict(shot.table)["Epoch"] == "3"


def test_weights_that_become_infinite_in_the_last_update_are_told(tmp_path):
    rows = "\n".join(f"{k}e12,{k * k}.5e12" for k in range(1, 9))
    p = replace(SMALL, data=ref(tmp_path, "large.csv", rows), scaling="none", epochs=1)
    spec = nn.NetSpec(1, (nn.DenseSpec(1),), optimizer=nn.OptimizerSpec("sgd", 1e300))
    state = LAB.epoch(LAB.start(replace(p, spec=spec)))
    assert np.isfinite(state.trace[-1].train_loss)
    assert state.exploded
    assert "the weights became infinite in epoch 1" in state.stopped
