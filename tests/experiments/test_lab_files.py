"""Runs in files: what is read back goes on bit for bit, and what is damaged is one line."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.core import DataRef, ParamError
from deepfractals_gui.experiments.lab import Lab, LabState
from deepfractals_gui.experiments.lab_data import _dataset
from deepfractals_gui.experiments.lab_params import LabParams, with_spec
from deepfractals_gui.nn.model_files import ModelFileError

LAB = Lab()
SMALL = LabParams(count=60, epochs=0)


def after(p: LabParams, epochs: int) -> LabState:
    state = LAB.start(p)
    for _ in range(epochs):
        state = LAB.epoch(state)
    return state


def same(one: LabState, other: LabState) -> bool:
    arrays = nn.arrays_of(other.model)
    weights = all(np.array_equal(x, arrays[name]) for name, x in nn.arrays_of(one.model).items())
    return weights and np.array_equal(one.trace.numbers(), other.trace.numbers(), equal_nan=True)


DROPOUT = with_spec(
    SMALL,
    layers=(
        nn.DenseSpec(8, "relu"), nn.BatchNormSpec(), nn.DropoutSpec(0.2), nn.DenseSpec(2),
    ),
)  # fmt: skip


@pytest.mark.parametrize("cut", [0, 1, 4])
@pytest.mark.parametrize("p", [SMALL, DROPOUT, replace(SMALL, sampling="drawn")])
def test_a_run_goes_on_bit_for_bit_from_its_file(p, cut, tmp_path):
    state = after(p, 3)
    for _ in range(cut):
        state = LAB.step(state)
    LAB.save(state, tmp_path / "run.npz")
    found = LAB.load(tmp_path / "run.npz")
    assert found.params == p
    assert same(found, state)
    assert same(LAB.epoch(LAB.epoch(found)), LAB.epoch(LAB.epoch(state)))


EVERY_KIND = with_spec(
    SMALL,
    layers=(
        nn.DenseSpec(8, "gelu"), nn.BatchNormSpec(), nn.DropoutSpec(0.2),
        nn.DenseSpec(8, "sin", residual=True, scale=0.5), nn.ActivationSpec("leaky_relu"),
        nn.DropoutSpec(0.1), nn.DenseSpec(2, bias=False),
    ),
    clip=0.5, l1=1e-4, l2=1e-3,
)  # fmt: skip


@pytest.mark.parametrize("kind", nn.OPTIMIZERS)
def test_every_optimiser_and_layer_goes_on_from_the_middle_of_an_epoch(kind, tmp_path):
    optimizer = nn.OptimizerSpec(
        kind, 0.01, 0.02, momentum=0.9, lr_decay=0.01, weight_decay=0.001
    )  # fmt: skip
    state = LAB.step(after(with_spec(EVERY_KIND, optimizer=optimizer, batch=7), 2))
    LAB.save(state, tmp_path / "run.npz")
    found = LAB.load(tmp_path / "run.npz")
    assert (found.step, found.epoch, found.batch) == (state.step, 2, 1)
    assert same(LAB.epoch(LAB.epoch(found)), LAB.epoch(LAB.epoch(state)))


def test_a_run_of_many_epochs_is_kept_and_read_back(tmp_path):
    p = with_spec(replace(SMALL, count=10, epochs=12_000, test_share=0.0), batch=0)
    p = with_spec(p, layers=(nn.DenseSpec(2),))
    state = LAB.advance(LAB.start(p))
    assert len(state.trace) == 12_001
    LAB.save(state, tmp_path / "run.npz")
    found = LAB.load(tmp_path / "run.npz")
    assert np.array_equal(found.trace.numbers(), state.trace.numbers(), equal_nan=True)
    assert found.best == state.best


def test_what_would_make_a_file_too_large_is_left_out(monkeypatch, tmp_path):
    monkeypatch.setattr("deepfractals_gui.experiments.lab_trace.MOST_WEIGHTS", 353)
    monkeypatch.setattr("deepfractals_gui.experiments.lab_files._ROOM", 3 * 354 + 89)
    state = after(SMALL, 2)
    assert state.path.points == ()
    LAB.save(state, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as arrays:
        assert not {"X", "Y", "trajectory"} & set(arrays)
    found = LAB.load(tmp_path / "run.npz")
    assert same(LAB.epoch(found), LAB.epoch(state))


def damaged(state, tmp_path, **changes):
    """The file of a run with notes or arrays replaced; None leaves an array out."""
    LAB.save(state, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as arrays:
        found = dict(arrays)
    kept = json.loads(found["state"].tobytes())
    for name, value in changes.items():
        if name in kept["notes"] or name == "lab":
            kept["notes"][name] = value
        elif value is None:
            del found[name]
        else:
            found[name] = value
    found["state"] = np.frombuffer(json.dumps(kept).encode(), np.uint8)
    np.savez(tmp_path / "run.npz", **found)
    return tmp_path / "run.npz"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lab": 1}, "another version of the lab"),
        ({"trace": None}, "damaged: 'trace'"),
        ({"trace": np.zeros((3, 5))}, r"damaged: its trace is \(3, 5\); it has 21 columns"),
        ({"trace": np.full((3, 21), np.nan)}, "no whole numbers"),
        ({"trajectory": np.zeros((2, 7))}, r"trajectory is \(2, 7\); there are 354 weights"),
        ({"batch": 10**6}, "beyond the epoch's end"),
        ({"seen": 10**6}, "beyond the epoch's end"),
        ({"batch": -1}, "batch is no whole number"),
        ({"step": 2.5}, "step is no whole number"),
        ({"loss": "much"}, "damaged"),
        ({"stopped": "\x1b[2J"}, "why it stopped can't be shown"),
        ({"params": {"run": {"epochs": 7}}}, "its network is another one"),
    ],
)
def test_a_damaged_file_of_a_run_is_one_line(changes, said, tmp_path):
    state = after(with_spec(SMALL, batch=8), 2)
    with pytest.raises(ModelFileError, match=said) as caught:
        LAB.load(damaged(state, tmp_path, **changes))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("run.npz")


def test_a_file_of_a_network_is_no_run(tmp_path):
    nn.save_model(tmp_path / "run.npz", after(SMALL, 0).model)
    with pytest.raises(ModelFileError, match="no run of the lab"):
        LAB.load(tmp_path / "run.npz")


def test_data_that_have_changed_since_are_refused(tmp_path):
    table = tmp_path / "a.csv"
    table.write_text("\n".join(f"{k},{-k},{k % 2}" for k in range(20_000)))
    p = replace(SMALL, data=DataRef.of_file(table))
    LAB.save(LAB.start(p), tmp_path / "run.npz")
    table.write_text("1,2,0\n3,4,1\n")
    _dataset.cache_clear()
    with pytest.raises(ParamError, match="has changed since"):
        LAB.load(tmp_path / "run.npz")
    table.unlink()
    with pytest.raises(ParamError, match="can't be read"):
        LAB.load(tmp_path / "run.npz")


def test_a_run_whose_weights_are_not_finite_is_not_kept(tmp_path):
    state = after(with_spec(SMALL, optimizer=nn.OptimizerSpec("sgd", 1e300), loss="mse"), 20)
    assert state.exploded
    weights = nn.arrays_of(state.model)["W0"]
    if np.isfinite(weights).all():
        LAB.save(state, tmp_path / "run.npz")
        assert LAB.load(tmp_path / "run.npz").exploded
    weights[0, 0] = np.inf
    with pytest.raises(ModelFileError, match="W0 holds numbers that aren't finite"):
        LAB.save(state, tmp_path / "run.npz")
