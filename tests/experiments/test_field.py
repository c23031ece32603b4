"""Runs of the field: training, its records, its files."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, ParamError
from deepfractals_gui.core.checkpoints import CheckpointError
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.checkpoints import load_checkpoint
from deepfractals_gui.equilibrium.field import count_parameters
from deepfractals_gui.experiments import experiment
from deepfractals_gui.experiments.field import Field, evaluating_solver
from deepfractals_gui.experiments.field_data import FieldData, field_data
from deepfractals_gui.experiments.field_files import run_bytes, with_epochs
from deepfractals_gui.experiments.field_params import FieldRunParams, training_of
from deepfractals_gui.experiments.field_trace import Update
from deepfractals_gui.experiments.field_views import drawing_image
from deepfractals_gui.experiments.trace import Trace

SMALL = FieldRunParams(
    channels=4, side=8, pooled=2, gamma=0.8, batch=16, epochs=2, learning_rate=0.01, test_share=0.4,
    decay=1.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def data():
    """A tenth of the digits."""
    whole = field_data(SMALL)

    def some(pictures, count):
        return type(pictures)(
            pictures.pixels[:count], pictures.labels[:count], pictures.standard, 8, 8
        )

    return FieldData(whole.name, whole.classes, some(whole.train, 100), some(whole.test, 40))


@pytest.fixture(scope="module")
def first(data):
    return Field().start_on(SMALL, data)


@pytest.fixture(scope="module")
def done(first):
    return Field().advance(first)


def same(a, b):
    """Whether two states are the same to the bit, in all that training goes on from."""
    return run_bytes(a) == run_bytes(b)


def test_a_run_learns_and_stops_when_its_epochs_are_done(first, done):
    assert done.epoch == 2
    assert done.step == 14
    assert done.stopped == "all 2 epochs are done"
    assert len(done.trace) == 2
    assert len(done.updates) == 14
    losses = done.trace.column("train_loss")
    assert losses[1] < losses[0]
    assert (done.trace.column("forward") > 2.0).all()
    assert (done.trace.column("backward") > 2.0).all()
    assert done.trace.column("unsolved").sum() == 0.0
    assert (done.trace.column("residual") <= SMALL.tolerance).all()
    assert (done.trace.column("adjoint_residual") < 1e-4).all()
    assert Field().step(done) is done
    assert first.step == len(first.updates) == len(first.trace) == 0


def test_an_epochs_means_are_those_of_its_updates(done):
    rows = done.updates
    weights = np.array([16.0] * 6 + [4.0])
    for mean, name in (("train_loss", "loss"), ("train_accuracy", "accuracy"),
                       ("forward", "forward"), ("backward", "backward")):  # fmt: skip
        expected = np.average(rows.column(name)[:7], weights=weights)
        assert done.trace.column(mean)[0] == pytest.approx(expected, rel=1e-12)
    assert rows.column("step").tolist() == list(range(1, 15))


def test_neither_pieces_nor_threads_change_what_is_learned(first, done):
    lab, s = Field(), first
    while not s.stopped:
        s = lab.advance(s, updates=3, threads=1)
    assert same(s, done)
    assert same(lab.epoch(lab.epoch(first)), done)


def test_a_run_goes_on_from_its_file_bit_for_bit(data, first, done, tmp_path, monkeypatch):
    monkeypatch.setattr("deepfractals_gui.experiments.field_files.field_data", lambda p: data)
    for updates in (0, 5, 7, 9):
        s = Field().advance(first, updates=updates) if updates else first
        Field().save(s, tmp_path / "run.npz")
        again = Field().load(tmp_path / "run.npz")
        assert same(again, s)
        assert again.params == s.params
        assert same(Field().advance(again), done)
    bare, standard = load_checkpoint(tmp_path / "run.npz")
    assert standard == data.train.standard
    assert all((one == other).all() for (_, one), (_, other) in zip(
        bare.params, s.training.params, strict=True))  # fmt: skip


def test_a_rate_decays_from_epoch_to_epoch(data):
    p = with_values(SMALL, decay=0.5)
    assert training_of(p).decay == 0.5
    plain, decayed = (Field().start_on(one, data) for one in (SMALL, p))
    first = Field().epoch(plain), Field().epoch(decayed)
    assert (first[0].training.params.weights == first[1].training.params.weights).all()
    second = [Field().step(one).training.params.raw - one.training.params.raw for one in first]
    assert np.allclose(second[1], 0.5 * second[0], rtol=1e-12)


def test_the_best_parameters_are_kept(data, first):
    s = first
    kept, accuracies = [], []
    for _ in range(3):
        s = Field().epoch(with_epochs(s, 9))
        kept.append(s.training.params)
        accuracies.append(s.trace[-1].test_accuracy)
    best = int(np.argmax(accuracies))
    assert s.best is kept[best]
    assert s.best_epoch == best + 1
    assert s.best_accuracy == accuracies[best]
    answers, _ = s.best_model.answer(data.test.batch(slice(0, 40)), evaluating_solver(s.params))
    assert np.mean(answers.argmax(axis=1) == data.test.labels) == accuracies[best]


def test_a_raised_flag_leaves_the_state_before(first):
    flag = CancelFlag()
    flag.set()
    assert Field().epoch(first, flag) is first


def test_a_rate_that_is_too_large_ends_in_one_line(data):
    s = Field().start_on(with_values(SMALL, learning_rate=1.0, gamma=2.0, epochs=0), data)
    huge = type(s.training.params).of(
        {name: array * np.inf if name == "readout" else array for name, array in s.training.params}
    )
    s = dataclasses.replace(s, training=dataclasses.replace(s.training, params=huge))
    found = Field().advance(s, updates=5)
    assert found.exploded
    assert found.stopped.startswith("training exploded: the loss of update 1 is")
    assert found.step == 0


def test_files_that_hold_no_run_are_told_in_one_line(data, done, tmp_path, monkeypatch):
    monkeypatch.setattr("deepfractals_gui.experiments.field_files.field_data", lambda p: data)
    path = tmp_path / "run.npz"
    whole = run_bytes(done)
    for content in (b"", whole[:1000], b"hello" * 100, whole[:-4000]):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"run.npz is not a readable"):
            Field().load(path)
    np.savez(path, X=np.zeros(3))
    with pytest.raises(CheckpointError, match=r"run.npz holds no run of the field"):
        Field().load(path)
    path.write_bytes(whole)
    members = dict(np.load(path))
    for name, value in (
        ("params.weights", np.zeros((4, 4, 3, 3))), ("order", np.arange(7)),
        ("trace", np.zeros((2, 3))), ("trace", members["trace"][:1]),
        ("trace", np.full_like(members["trace"], np.inf)),
        ("updates", np.full_like(members["updates"], np.inf)),
    ):  # fmt: skip
        np.savez(path, **{**members, name: value})
        with pytest.raises(CheckpointError, match=r"run.npz: its run is damaged"):
            Field().load(path)
    np.savez(path, **{**members, "state": np.frombuffer(b'{"atlas": 1}', np.uint8)})
    with pytest.raises(CheckpointError, match=r"holds a run of the text atlas, not of the field"):
        Field().load(path)
    del members["first.bias"]
    np.savez(path, **members)
    with pytest.raises(CheckpointError, match=r"no array first\.bias"):
        Field().load(path)


def test_a_run_without_a_test_is_read_back(data, tmp_path, monkeypatch):
    bare = dataclasses.replace(data, test=None)
    monkeypatch.setattr("deepfractals_gui.experiments.field_files.field_data", lambda p: bare)
    s = Field().epoch(Field().start_on(SMALL, bare))
    assert np.isnan(s.trace[-1].test_accuracy)
    Field().save(s, tmp_path / "run.npz")
    assert same(Field().load(tmp_path / "run.npz"), s)


def test_numbers_that_do_not_fit_are_told_by_their_names():
    for values, name in (({"side": 11}, "side"), ({"side": 8, "pooled": 3}, "pooled")):
        with pytest.raises(ParamError, match=name):
            Field().start(FieldRunParams(**values))
    p = FieldRunParams(gamma=0.7, solver="naive", damping=0.3)
    assert FieldRunParams.from_json(p.to_json()) == p


def test_going_back_through_every_step_needs_steps_that_are_naive(data):
    p = with_values(SMALL, gradient="unrolled", solver="naive", damping=0.8)
    s = Field().start_on(p, data)
    assert (s.training.training.method, s.training.training.forward.damping) == ("unrolled", 0.8)
    exact = Field().start_on(with_values(p, gradient="implicit", tolerance=1e-8), data)
    found, wanted = (Field().step(one).training.params for one in (s, exact))
    # The first of Adam's steps has the gradient's direction alone.
    assert np.mean(np.sign(found.readout) == np.sign(wanted.readout)) > 0.95
    with pytest.raises(ParamError, match="the steps of the solver naive") as caught:
        Field().start_on(with_values(p, solver="anderson"), data)
    assert caught.value.name == "gradient"


def test_the_norm_that_training_follows_is_not_found_again(done, monkeypatch):
    between = Field().step(with_epochs(done, 3))
    true = spectral.exact(between.training.params.weights, 8, 8).sigma

    def refuse(*_):
        raise AssertionError("the norm is known")

    monkeypatch.setattr(spectral, "exact", refuse)
    model = between.model
    assert model.sigma == between.training.peak.sigma == pytest.approx(true, rel=2e-3)
    assert np.array_equal(model.kernel.weights, between.training.kernel.weights)


def test_the_default_field_has_fewer_than_20000_parameters():
    s = experiment("field").start(FieldRunParams(), np.random.default_rng())
    assert count_parameters(s.training.params) < 20_000
    assert s.data.image(0).shape == (28, 28)


def test_a_drawing_is_standardised_like_the_images(data):
    ink = data.train.pixels[3] / data.train.pixels.max()
    assert np.allclose(drawing_image(ink, data), data.image(3, test=False))
    large = np.kron(ink, np.ones((4, 4)))
    assert np.allclose(drawing_image(large, data), data.image(3, test=False))
    with pytest.raises(ValueError, match="plane of finite"):
        drawing_image(np.full((8, 8), np.nan), data)
    with pytest.raises(ValueError, match="there is no 40"):
        data.image(40)


def test_a_long_trace_forgets_every_other_row():
    trace = Trace(Update, most=8)
    for step in range(1, 41):
        trace = trace.appended(Update(step, *[0.0] * 6))
    assert trace.stride == 8
    assert trace.column("step").tolist() == [8, 16, 24, 32, 40]
    again = Trace.of_numbers(Update, trace.numbers(), 8, trace.stride)
    assert (again.appended(Update(48, *[0.0] * 6)).numbers()
            == trace.appended(Update(48, *[0.0] * 6)).numbers()).all()  # fmt: skip


def test_two_runs_may_go_on_from_one_trace():
    base = Trace(Update).appended(Update(1, *[0.0] * 6))
    left = base.appended(Update(2, *[1.0] * 6))
    right = base.appended(Update(2, *[2.0] * 6))
    assert len(base) == 1
    assert left[-1].loss == 1.0
    assert right[-1].loss == 2.0


def test_a_snapshot_has_the_curves_and_the_table(done):
    found = Field().snapshot(done)
    names = {curve.name for curve in found.curves}
    assert {"batch loss", "evaluations", "adjoint evaluations", "σ", "test accuracy"} <= names
    assert dict(found.table)["Epoch"] == "2"
