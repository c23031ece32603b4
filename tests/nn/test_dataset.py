"""Data sets: what they hold, how they are split, how their inputs are scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.nn.dataset import Dataset
from deepfractals_gui.nn.scaling import scaler


def labelled(labels: list[int], classes: int | None = None) -> Dataset:
    """Rows whose only input is their number."""
    count = max(labels) + 1 if classes is None else classes
    return Dataset(
        "set",
        np.arange(len(labels), dtype=float)[:, np.newaxis],
        np.array(labels),
        tuple(f"class {label}" for label in range(count)),
        ("row",),
    )


def numbered(count: int) -> Dataset:
    rows = np.arange(count, dtype=float)[:, np.newaxis]
    return Dataset("set", rows, np.hstack([rows, -rows]), (), ("row",))


def rows_of(data: Dataset) -> list[int]:
    return [int(row) for row in data.inputs[:, 0]]


def counts(data: Dataset) -> list[int]:
    return [int(n) for n in np.bincount(data.targets, minlength=data.n_outputs)]


def test_widths_follow_the_arrays():
    classes, numbers = labelled([0, 2, 1, 2]), numbered(3)
    assert (classes.n_inputs, classes.n_outputs, classes.is_classification) == (1, 3, True)
    assert (numbers.n_inputs, numbers.n_outputs, numbers.is_classification) == (1, 2, False)
    assert (len(classes), len(numbers)) == (4, 3)
    assert (classes.inputs.dtype, classes.targets.dtype) == (np.float64, np.int64)


def test_nobody_can_write_to_the_arrays():
    inputs, targets = np.zeros((2, 1)), np.array([0, 1])
    data = Dataset("set", inputs, targets, ("a", "b"), ("x",))
    inputs[0], targets[0] = 5.0, 1
    assert data.inputs[0, 0] == 0.0
    assert data.targets[0] == 0
    for one in (data, *data.split(0.5, 0), data.take(np.array([1]))):
        with pytest.raises(ValueError, match="read-only"):
            one.inputs[0] = 1.0
        with pytest.raises(ValueError, match="read-only"):
            one.targets[0] = 1


X = np.zeros((4, 2))
Y = np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((X[:, 0], Y, ("a", "b"), ("x", "y")), "inputs of the shape (4,) are no rows"),
        ((X[:0], Y[:0], ("a", "b"), ("x", "y")), "inputs of the shape (0, 2) are no rows"),
        ((X, Y[:, None], ("a", "b"), ("x", "y")), "targets are (N,), not (4, 1)"),
        ((X, X[:, 0], (), ("x", "y")), "targets are (N, m), not (4,)"),
        ((X, Y[:3], ("a", "b"), ("x", "y")), "there are 4 inputs and 3 targets"),
        ((X, Y, ("a", "b"), ("x",)), "1 names for 2 columns"),
        ((X, Y, ("a", "b"), ("x", "y"), (2, 2)), "images of 2 x 2 don't have 2 pixels"),
        ((X, Y, ("a",), ("x", "y")), "labels are 0 to 0"),
        ((X, -Y, ("a", "b"), ("x", "y")), "labels are 0 to 1"),
        ((X, Y / 2, ("a", "b"), ("x", "y")), "labels are whole numbers"),
    ],
)
def test_what_does_not_fit_together_is_refused(values, said):
    with pytest.raises(ValueError, match=r"^set: ") as refused:
        Dataset("set", *values)
    assert said in str(refused.value)


def test_rows_are_taken_by_index_and_by_mask():
    data = labelled([0, 1, 2, 1, 0])
    assert rows_of(data.take(np.array([3, 0]))) == [3, 0]
    taken = data.take(np.array([True, False, False, True, False]))
    assert rows_of(taken) == [0, 3]
    assert list(taken.targets) == [0, 1]
    assert taken.classes == data.classes
    with pytest.raises(ValueError, match="no rows"):
        data.take(np.zeros(5, bool))


LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=60)


@given(LABELS, st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_split_gives_each_class_its_share(labels, share, seed):
    data = labelled(labels)
    train, test = data.split(share, seed)
    assert sorted(rows_of(train) + rows_of(test)) == list(range(len(labels)))
    assert len(test) == min(max(round(share * len(labels)), 1), len(labels) - 1)
    for part in (train, test):
        assert list(part.targets) == [labels[row] for row in rows_of(part)]
    quota = np.array(counts(data)) * len(test) / len(labels)
    assert np.all(np.abs(np.array(counts(test)) - quota) <= 1.0)


def test_the_only_row_of_a_class_stays_with_the_training():
    for seed in range(20):
        train, test = labelled([0] * 9 + [1] + [2] * 9 + [3]).split(0.3, seed)
        assert counts(test)[1::2] == [0, 0]
        assert counts(train)[1::2] == [1, 1]
        assert len(test) == 6


@given(st.integers(2, 40), st.floats(0.01, 0.99), st.integers(0, 99))
def test_a_split_of_numbers_keeps_rows_together(count, share, seed):
    train, test = numbered(count).split(share, seed)
    assert sorted(rows_of(train) + rows_of(test)) == list(range(count))
    for part in (train, test):
        assert np.array_equal(part.targets, np.hstack([part.inputs, -part.inputs]))


def test_a_split_follows_its_seed_and_shuffles():
    data = labelled([0, 1] * 50)
    train, test = data.split(0.25, 7)
    again = data.split(0.25, 7)
    assert rows_of(train) == rows_of(again[0])
    assert rows_of(test) == rows_of(again[1])
    assert rows_of(test) != rows_of(data.split(0.25, 8)[1])
    order = [int(row) for row in np.random.Generator(np.random.PCG64(7)).permutation(100)]
    assert rows_of(train) == [row for row in order if row in set(rows_of(train))]
    assert rows_of(test) == [row for row in order if row in set(rows_of(test))]


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5, float("nan")])
def test_a_share_beyond_its_range_is_refused(share):
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        labelled([0, 1]).split(share, 0)


def test_a_single_row_is_not_split():
    with pytest.raises(ValueError, match="set: a single row can't be split"):
        numbered(1).split(0.5, 0)


@given(LABELS, st.data(), st.integers(0, 99))
def test_every_row_is_tested_in_one_fold(labels, draw, seed):
    k = draw.draw(st.integers(2, len(labels)))
    data = labelled(labels)
    tested, per_class = [], []
    for train, test in data.folds(k, seed):
        assert sorted(rows_of(train) + rows_of(test)) == list(range(len(labels)))
        tested += rows_of(test)
        per_class.append(counts(test))
    assert sorted(tested) == list(range(len(labels)))
    assert len(per_class) == k
    table = np.array(per_class)
    assert np.all(np.ptp(table, axis=0) <= 1)
    assert np.ptp(table.sum(axis=1)) <= 1


def test_folds_of_numbers_follow_their_seed():
    first = [rows_of(test) for _, test in numbered(10).folds(3, 5)]
    assert sorted(len(rows) for rows in first) == [3, 3, 4]
    assert first == [rows_of(test) for _, test in numbered(10).folds(3, 5)]
    assert first != [rows_of(test) for _, test in numbered(10).folds(3, 6)]


@pytest.mark.parametrize("k", [0, 1, 5])
def test_folds_that_cannot_be_are_refused_at_once(k):
    with pytest.raises(ValueError, match=f"4 rows make 2 to 4 folds, not {k}"):
        labelled([0, 1, 0, 1]).folds(k, 0)


def columns(*values: list[float], image_shape: tuple[int, int] | None = None) -> Dataset:
    inputs = np.array(values).T
    names = tuple(map(str, range(len(values))))
    return Dataset("set", inputs, np.zeros((len(inputs), 1)), (), names, image_shape)


SKEW = [1.0, 2.0, 4.0, 9.0], [-3e5, 1e5, 2e5, 7e5], [0.1, 0.1, 0.1, 0.1]


def test_the_standard_scaling_has_mean_0_and_variance_1():
    train = columns(*SKEW)
    scaled = scaler(train, "standard").apply(train.inputs)
    for column, values in enumerate(SKEW[:2]):
        mean = sum(values) / 4
        deviation = (sum((value - mean) ** 2 for value in values) / 4) ** 0.5
        assert scaled[:, column] == pytest.approx([(v - mean) / deviation for v in values])
    assert np.all(scaled[:, 2] == 0.0)


def test_the_unit_scaling_brings_each_column_to_0_and_1():
    train = columns(*SKEW)
    scaled = scaler(train, "unit").apply(train.inputs)
    assert scaled[:, 0] == pytest.approx([0.0, 0.125, 0.375, 1.0])
    assert scaled[:, 1] == pytest.approx([0.0, 0.4, 0.5, 1.0])
    assert np.all(scaled[:, 2] == 0.0)


def test_pixels_share_one_scale():
    train = columns([0.0, 0.0], [0.0, 51.0], [255.0, 102.0], [51.0, 51.0], image_shape=(2, 2))
    scaled = scaler(train, "unit").apply(train.inputs)
    assert scaled == pytest.approx(np.array([[0, 0, 1, 0.2], [0, 0.2, 0.4, 0.2]]))


def test_no_scaling_changes_nothing():
    train = columns(*SKEW)
    assert np.array_equal(scaler(train, "none").apply(train.inputs), train.inputs)


def test_other_data_are_scaled_as_the_training_was():
    scaling = scaler(columns(*SKEW), "unit")
    assert scaling.apply(np.array([[17.0, -3e5, 0.7]])) == pytest.approx(np.array([[2.0, 0, 0]]))
    with pytest.raises(ValueError, match="for 3 columns"):
        scaling.apply(np.zeros((2, 2)))


@pytest.mark.parametrize("size", [1e-300, 1e-160, 1e160, 1e300])
@pytest.mark.parametrize("how", ["standard", "unit"])
def test_very_small_and_very_large_columns_are_scaled_too(size, how):
    plain = columns(SKEW[0])
    sized = columns([value * size for value in SKEW[0]])
    scaled = scaler(sized, how).apply(sized.inputs)
    assert scaled == pytest.approx(scaler(plain, how).apply(plain.inputs), rel=1e-12)


def test_a_scaling_that_is_none_is_named():
    with pytest.raises(ValueError, match="one of none, unit, standard, not 'log'"):
        scaler(columns(*SKEW), "log")
