"""Learning: images, updates, what threads and interruptions change (nothing), files."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.core.checkpoints import CheckpointError
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.adam import adam
from deepfractals_gui.equilibrium.checkpoints import (
    MOVING,
    checkpoint_bytes,
    checkpoint_in,
    field_bytes,
    field_in,
    load_checkpoint,
    save_epoch,
)
from deepfractals_gui.equilibrium.field import NAMES, FieldParams, FieldSpec
from deepfractals_gui.equilibrium.images import Standard, pictures, resized, shifted
from deepfractals_gui.equilibrium.iteration import group_size
from deepfractals_gui.equilibrium.solvers import SOLVERS
from deepfractals_gui.equilibrium.training import (
    Exploded,
    TrainingSpec,
    begin,
    evaluate,
    noted,
    step,
)
from deepfractals_gui.nn.dataset import Dataset
from deepfractals_gui.nn.datasets import dataset

SPEC = FieldSpec(channels=4, height=8, width=8, pooled=2, gamma=0.8)
TRAINING = TrainingSpec(batch=10, learning_rate=5e-3)


def small(count=48):
    return pictures(dataset("digits").take(np.arange(count)), SPEC)


def bits(state):
    return checkpoint_bytes(state, Standard(0.0, 1.0))


def trained(state, data, updates, **options):
    for _ in range(updates):
        state, _ = step(state, data, **options)
    return state


def test_images_are_interpolated_between_the_centres_of_pixels():
    line = np.array([[[0.0, 1.0, 4.0]]])
    # Centres of six pixels on the old grid: -0.25, 0.25, 0.75, 1.25, 1.75, 2.25.
    expected = [0.0, 0.25, 0.75, 1.75, 3.25, 4.0]
    assert resized(line, 1, 6)[0, 0] == pytest.approx(expected, abs=1e-15)
    rng = np.random.default_rng(0)
    images = rng.random((3, 8, 8))
    large = resized(images, 28, 28)
    assert np.array_equal(resized(images[1:2], 28, 28)[0], large[1])
    assert np.array_equal(resized(large, 28, 28), large)
    # Each pixel in turn, from the definition.
    for y, x in ((0, 0), (5, 17), (27, 13)):
        total = 0.0
        for j in range(8):
            for i in range(8):
                down = abs(np.clip((y + 0.5) * 8 / 28 - 0.5, 0, 7) - j)
                across = abs(np.clip((x + 0.5) * 8 / 28 - 0.5, 0, 7) - i)
                total += max(0, 1 - down) * max(0, 1 - across) * images[2, j, i]
        assert large[2, y, x] == pytest.approx(total, abs=1e-14)


def test_pixels_are_standardised_by_those_to_train_with():
    train, test = dataset("digits").split(0.2, 0)
    found = pictures(train, FieldSpec())
    standard = Standard.of(train)
    plain = replace(found, height=8, width=8).batch(np.arange(len(train)))
    assert plain.mean() == pytest.approx(0.0, abs=1e-12)
    assert plain.std() == pytest.approx(1.0, abs=1e-12)
    other = pictures(test, FieldSpec(), standard)
    assert other.standard == standard
    assert other.batch(np.array([3, 1])).shape == (2, 1, 28, 28)


def test_data_that_are_no_labelled_images_are_refused():
    with pytest.raises(ValueError, match="iris: the field learns from images with labels"):
        pictures(dataset("iris"), FieldSpec())
    with pytest.raises(ValueError, match="digits has 10 classes, the field tells 9 apart"):
        pictures(dataset("digits"), FieldSpec(classes=9))
    with pytest.raises(ValueError, match="grey images don't drive 2 channels"):
        pictures(dataset("digits"), FieldSpec(inputs=2))
    blank = Dataset("blank", np.ones((2, 4)), np.array([0, 1]), ("a", "b"), tuple("wxyz"), (2, 2))
    with pytest.raises(ValueError, match="all alike"):
        pictures(blank, FieldSpec())


@pytest.mark.parametrize(
    ("solver", "method"),
    [
        *((solver, method) for solver in SOLVERS for method in ("implicit", "phantom")),
        ("naive", "unrolled"),
    ],
)
def test_the_loss_falls(solver, method):
    data = small(20)
    training = TrainingSpec(
        batch=20, learning_rate=2e-2, solver=solver, method=method, max_steps=100
    )
    state = begin(SPEC, training, 1)
    losses = []
    for _ in range(25):
        state, report = step(state, data)
        losses.append(report.loss)
        assert report.forward.unsolved == 0
        assert (report.backward.evaluations > 0.0) == (method == "implicit")
    assert state.epoch == 25
    assert losses[0] == pytest.approx(np.log(10), rel=0.2)
    assert losses[-1] < 0.6 * losses[0]
    assert report.accuracy > 0.6


@pytest.mark.parametrize("activation", ["modrelu", "cardioid"])
def test_the_gradient_through_every_step_is_that_of_central_differences(activation):
    """Of the loss after few steps, far from the fixed point; the samples stop at their own."""
    data = small(6)
    training = TrainingSpec(
        batch=6, solver="naive", method="unrolled", max_steps=30, tolerance=4e-3
    )
    start = begin(replace(SPEC, activation=activation), training, 1)

    def at(params):
        peak = spectral.exact(params.weights, 8, 8)
        return step(replace(start, params=params, peak=peak), data)[1]

    report = at(start.params)
    assert report.forward.evaluations % 1.0
    rng = np.random.default_rng(4)
    for name, array in start.params:
        way = rng.standard_normal(array.shape) + 0j
        way = way + 1j * rng.standard_normal(array.shape) if np.iscomplexobj(array) else way.real
        t = 1e-5 / np.linalg.norm(way)
        moved = (replace(start.params, **{name: array + sign * t * way}) for sign in (1, -1))
        ends = [at(one).loss for one in moved]
        slope = np.vdot(way, getattr(report.gradient, name)).real
        assert (ends[0] - ends[1]) / (2 * t) == pytest.approx(slope, rel=1e-5, abs=1e-10), name


def test_a_step_follows_adam_with_one_second_moment_a_complex_number():
    rng = np.random.default_rng(2)
    params = begin(SPEC, TRAINING, 1).params
    shapes = {name: (array.shape, np.iscomplexobj(array)) for name, array in params}

    def drawn():
        return FieldParams.of({
            name: rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if both else 0.0)
            for name, (shape, both) in shapes.items()
        })  # fmt: skip

    first = FieldParams.of({name: np.zeros_like(array) for name, array in params})
    second = FieldParams.of({name: np.zeros(array.shape) for name, array in params})
    m = v = 0.0
    w = complex(params.weights[1, 2, 0, 1])
    for update in range(1, 5):
        slope = drawn()
        g = complex(slope.weights[1, 2, 0, 1])
        params, first, second = adam(params, first, second, slope, update, 5e-3, 0.9, 0.999, 1e-8)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * abs(g) ** 2
        size = np.sqrt(v / (1 - 0.999**update)) + 1e-8
        w -= 5e-3 * m / (1 - 0.9**update) / size
        assert params.weights[1, 2, 0, 1] == pytest.approx(w, rel=1e-13)
        if update == 1:
            # The first step is as long as the rate, in the direction of the gradient.
            assert m / abs(m) == pytest.approx(g / abs(g))
    for name in NAMES:
        assert not np.iscomplexobj(getattr(second, name))


def test_the_rate_decays_from_epoch_to_epoch():
    data = small(20)
    training = TrainingSpec(batch=20, learning_rate=1e-2, decay=0.5, beta1=0.0, beta2=0.0)
    state = begin(SPEC, training, 1)
    for epoch in range(3):
        before, (state, _) = state, step(state, data)
        moves = np.abs(state.params.readout_bias - before.params.readout_bias)
        # Without moments every step is as long as the rate.
        assert moves == pytest.approx(1e-2 * 0.5**epoch, rel=1e-4)


def test_an_epoch_takes_every_row_once_in_an_order_of_its_own():
    data = small(48)
    state = begin(SPEC, TRAINING, 3)
    orders = []
    for epoch in range(2):
        seen = 0
        while state.epoch == epoch:
            before = state
            state, report = step(state, data)
            seen += report.count
            if state.epoch == epoch:
                order = state.order
        assert seen == 48
        assert sorted(order) == list(range(48))
        orders.append(order)
        assert before.at == 40
    assert orders[0].tolist() != orders[1].tolist()
    assert begin(SPEC, TRAINING, 3).rng == begin(SPEC, TRAINING, 3).rng


def test_the_norm_in_use_is_that_of_the_kernel():
    data = small(48)
    state = begin(SPEC, TRAINING, 4)
    for _ in range(12):
        state, _ = step(state, data)
        true = spectral.exact(state.params.weights, 8, 8).sigma
        assert state.peak.sigma == pytest.approx(true, rel=2e-3)
        if state.at == 0:
            assert state.peak.sigma == true
    assert spectral.exact(state.kernel.weights, 8, 8).sigma == pytest.approx(1.0, rel=2e-3)


def test_threads_change_no_bit():
    spec = replace(SPEC, height=28, width=28)
    assert group_size(spec.planes(1)) == 8
    data = pictures(dataset("digits").take(np.arange(30)), spec)
    start = begin(spec, replace(TRAINING, batch=20), 5)
    with ThreadPoolExecutor(3) as pool:
        threaded = trained(start, data, 3, pool=pool)
        found = evaluate(threaded, data, pool=pool)
    alone = trained(start, data, 3)
    assert bits(alone) == bits(threaded)
    plain = evaluate(alone, data)
    assert (plain.loss, plain.accuracy) == (found.loss, found.accuracy)
    assert np.array_equal(plain.answers, found.answers)


def test_images_are_moved_around_the_torus():
    images = np.arange(24.0).reshape(2, 1, 3, 4)
    found = shifted(images, np.array([[1, 0], [0, -1]]))
    assert found[0, 0].tolist() == [[8, 9, 10, 11], [0, 1, 2, 3], [4, 5, 6, 7]]
    assert found[1, 0, 0].tolist() == [13, 14, 15, 12]
    data = small(20)
    start = begin(SPEC, replace(TRAINING, shift=2), 1)
    assert start.rng == begin(SPEC, TRAINING, 1).rng
    moved, still = (trained(s, data, 2) for s in (start, begin(SPEC, TRAINING, 1)))
    assert moved.rng != still.rng
    assert np.abs(moved.params.weights - still.params.weights).max() > 1e-3


@pytest.mark.parametrize("shift", [0, 2])
@pytest.mark.parametrize("where", [1, 5, 7])
def test_training_that_is_resumed_ends_in_the_same_bits(where, shift):
    data = small(48)
    state = begin(SPEC, replace(TRAINING, shift=shift), 6)
    whole = trained(state, data, 11)
    half, _ = noted(trained(state, data, where), 0.25)
    again, standard = checkpoint_in(checkpoint_bytes(half, data.standard), "run.npz")
    assert standard == data.standard
    assert again.best == 0.25
    assert bits(replace(trained(again, data, 11 - where), best=whole.best)) == bits(whole)
    assert bits(state) == bits(checkpoint_in(bits(state), "run.npz")[0])


def test_a_state_is_a_value():
    data = small(20)
    state = begin(SPEC, TRAINING, 7)
    before = bits(state)
    step(state, data)
    assert bits(state) == before


def test_each_epoch_leaves_its_files_and_the_best_is_kept(tmp_path):
    data = small(20)
    state = begin(SPEC, TrainingSpec(batch=20), 8)
    for accuracy, improved in ((0.5, True), (0.4, False), (0.6, True)):
        state, _ = step(state, data)
        state, better = noted(state, accuracy)
        assert better is improved
        save_epoch(tmp_path, state, data.standard, better)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["best.npz", "epoch_1.npz", "epoch_2.npz", "epoch_3.npz", "last.npz"]
    last, _ = load_checkpoint(tmp_path / "last.npz")
    assert bits(last) == bits(state)
    assert load_checkpoint(tmp_path / "best.npz")[0].epoch == 3
    assert load_checkpoint(tmp_path / "epoch_2.npz")[0].best == 0.5
    with np.load(tmp_path / "last.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def changed(content, **arrays):
    with np.load(io.BytesIO(content)) as found:
        kept = {name: found[name] for name in found.files}
    for name, array in arrays.items():
        if array is None:
            del kept[name]
        else:
            kept[name] = array
    buffer = io.BytesIO()
    np.savez(buffer, **kept)
    return buffer.getvalue()


def rewritten(content, **values):
    with np.load(io.BytesIO(content)) as found:
        state = json.loads(found["state"].tobytes())
    state.update(values)
    return changed(content, state=np.frombuffer(json.dumps(state).encode(), np.uint8))


def test_damaged_checkpoints_are_refused_in_one_line():
    content = bits(begin(SPEC, TRAINING, 9))
    cases = [
        (b"no zip", "not a readable .npz file"),
        (content[: len(content) // 2], "not a readable .npz file"),
        (changed(content, state=None), "has no array state"),
        (changed(content, state=np.zeros(3, np.uint8)), "damaged"),
        (changed(content, order=np.array([0, 0])), "order of rows"),
        (changed(content, **{"first.raw": None}), "has no array first.raw"),
        (changed(content, **{"params.raw": np.zeros(5)}), "params.raw has the shape"),
        (changed(content, **{"params.raw": np.full(4, np.nan)}), "params.raw isn't finite"),
        (changed(content, **{"peak.left": np.zeros(4)}), "peak.left has the shape"),
        (rewritten(content, field=2), "holds no run of the field"),
        (rewritten(content, epoch=-1), "epoch is no count"),
        (rewritten(content, standard=["0x0p+0", "0x0p+0"]), "scaled by no number"),
        (rewritten(content, rng={"bit_generator": "MT19937"}), "damaged"),
        (rewritten(content, spec={}), "there is no 'channels'"),
    ]
    for values, words in (
        ({"channels": 4.5}, "channels is no int"), ({"height": 22}, "side of 22 points"),
        (
            {"channels": 64, "height": 105, "width": 105, "pooled": 105, "classes": 1000},
            "a readout of 105 x 105 points is too large",
        ),
    ):  # fmt: skip
        cases.append((rewritten(content, spec={**asdict(SPEC), **values}), words))
    for damaged, words in cases:
        with pytest.raises(CheckpointError, match=words) as caught:
            checkpoint_in(damaged, "run.npz")
        assert str(caught.value).startswith("run.npz")
        assert "\n" not in str(caught.value)


def test_a_field_is_read_from_its_own_file_and_from_that_of_a_run():
    state = trained(begin(SPEC, TRAINING, 9), small(20), 2)
    own = field_bytes(SPEC, state.params)
    assert len(own) < len(bits(state)) / 4
    for content in (own, bits(state)):
        spec, params = field_in(content, "field.npz")
        assert (spec.channels, spec.height, spec.gamma) == (4, 8, 0.8)
        for name in MOVING:
            assert np.array_equal(getattr(params, name), getattr(state.params, name))
    for damaged, words in (
        (own[: len(own) // 2], "not a readable .npz file"),
        (changed(own, **{"params.bias": None}), "has no array params.bias"),
        (changed(own, **{"params.weights": np.zeros((4, 4, 3, 3))}), "weights has the shape"),
        (rewritten(own, spec={}), "there is no 'channels'"),
    ):
        with pytest.raises(CheckpointError, match=words) as caught:
            field_in(damaged, "field.npz")
        assert str(caught.value).startswith("field.npz")
        assert "\n" not in str(caught.value)
    with pytest.raises(CheckpointError, match="there is no 'training'"):
        checkpoint_in(own, "field.npz")


def test_a_loss_that_is_not_finite_is_told_and_harms_nothing():
    data = small(20)
    state = begin(SPEC, TRAINING, 10)
    readout = state.params.readout.copy()
    readout[0, 0] = np.nan
    broken = replace(state, params=replace(state.params, readout=readout))
    with pytest.raises(Exploded, match="loss of update 1 is nan"):
        step(broken, data)


def test_a_raised_flag_ends_a_step():
    data, flag = small(20), CancelFlag()
    flag.set()
    state = begin(SPEC, TRAINING, 11)
    with pytest.raises(Cancelled):
        step(state, data, cancel=flag)
    with pytest.raises(Cancelled):
        evaluate(state, data, cancel=flag)
    with pytest.raises(ValueError, match="no images"):
        evaluate(state, replace(data, pixels=data.pixels[:0], labels=data.labels[:0]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"solver": "newton"}, "a solver is one of naive, anderson, multigrid, not 'newton'"),
        ({"method": "guess"}, "a method is one of implicit, phantom, unrolled"),
        ({"method": "unrolled"}, "goes back through naive steps, not through anderson's"),
        ({"batch": 0}, "batch may be 1 to"),
        ({"learning_rate": float("nan")}, "learning_rate is above 0"),
        ({"beta1": 1.0}, "beta1 may be 0 to 1"),
        ({"decay": 1.1}, "decay may be above 0, up to 1"),
    ],
    ids=str,
)
def test_a_way_of_learning_out_of_range_is_refused(values, words):
    with pytest.raises(ValueError, match=words):
        TrainingSpec(**values)


@pytest.mark.long
def test_the_field_reads_digits():
    """97 % in five folds: some minutes a fold on two cores."""
    spec, training = FieldSpec(), TrainingSpec(learning_rate=8e-3, decay=0.87, shift=2)
    right = 0
    with ThreadPoolExecutor(2) as pool:
        for number, (train, test) in enumerate(dataset("digits").folds(5, 0)):
            data = pictures(train, spec)
            state = begin(spec, training, number)
            while state.epoch < 15:
                state, _ = step(state, data, pool=pool)
            found = evaluate(state, pictures(test, spec, data.standard), pool=pool)
            right += round(found.accuracy * len(test))
    assert right / 1797 >= 0.97
