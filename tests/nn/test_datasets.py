"""The drawn and the shipped data sets, and opening one by its name or its file."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core.resources import resource
from deepfractals_gui.nn.datasets import DATASETS, DRAWN, dataset, open_dataset

PLANES = tuple(name for name in DRAWN if name != "sine")


def test_the_sets_are_listed_in_their_order():
    assert DATASETS == (
        "circle", "xor", "gaussians", "spirals", "moons", "sine", "digits", "iris", "wine"
    )  # fmt: skip


@pytest.mark.parametrize("name", DATASETS)
def test_every_set_is_finite_and_named(name):
    data = dataset(name)
    assert data.name == name
    assert np.isfinite(data.inputs).all()
    assert np.isfinite(data.targets).all()
    assert len(set(data.features)) == data.n_inputs
    assert len(set(data.classes)) == len(data.classes)


@pytest.mark.parametrize("name", PLANES)
@pytest.mark.parametrize("count", [4, 101, 400])
def test_drawn_classes_are_of_equal_size(name, count):
    data = dataset(name, count=count)
    assert data.inputs.shape == (count, 2)
    assert list(np.bincount(data.targets)) == [(count + 1) // 2, count // 2]


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_sets_follow_their_seed(name):
    one, again, other = dataset(name, seed=3), dataset(name, seed=3), dataset(name, seed=4)
    assert np.array_equal(one.inputs, again.inputs)
    assert np.array_equal(one.targets, again.targets)
    assert not np.array_equal(one.inputs, other.inputs)


@pytest.mark.parametrize("name", PLANES)
def test_drawn_points_lie_about_within_the_unit_square(name):
    inside = np.abs(dataset(name, count=4000).inputs) <= 1.2
    assert inside.all(axis=1).mean() > 0.98
    assert inside.mean(axis=0) == pytest.approx([1.0, 1.0], abs=0.02)


def test_without_noise_the_shapes_are_exact():
    def polar(name):
        data = dataset(name, count=2000, noise=0.0)
        return np.hypot(*data.inputs.T), np.arctan2(*data.inputs.T[::-1]), data.targets

    radius, _, ring = polar("circle")
    assert np.array_equal(ring, (radius > 0.6).astype(int))
    assert radius[ring == 0].max() == pytest.approx(0.5, abs=0.01)
    assert (radius[ring == 1].min(), radius.max()) == pytest.approx((0.7, 1.0), abs=0.01)
    xor = dataset("xor", count=2000, noise=0.0)
    assert np.array_equal(xor.targets, (np.prod(xor.inputs, axis=1) < 0).astype(int))
    assert np.abs(xor.inputs).min() >= 0.1
    radius, angle, arm = polar("spirals")
    # An arm winds by 3.5 pi from the middle to its end.
    turned = (angle - 3.5 * np.pi * radius - np.pi * arm) / (2.0 * np.pi)
    assert turned == pytest.approx(np.round(turned), abs=1e-9)
    assert (radius.min(), radius.max()) == pytest.approx((0.07, 1.0), abs=0.02)
    moons = dataset("moons", count=2000, noise=0.0)
    signs = np.where(moons.targets, -1.0, 1.0)[:, np.newaxis]
    away = signs * moons.inputs + [1 / 3, 1 / 6]
    assert np.hypot(*away.T) == pytest.approx(2 / 3)
    assert away[:, 1].min() >= 0.0
    centres = dataset("gaussians", count=10, noise=0.0)
    assert {tuple(point) for point in centres.inputs} == {(-0.5, -0.5), (0.5, 0.5)}
    sine = dataset("sine", count=2000, noise=0.0)
    assert sine.targets == pytest.approx(np.sin(2 * np.pi * sine.inputs))
    assert (sine.inputs.min(), sine.inputs.max()) == pytest.approx((-1.0, 1.0), abs=0.01)


@pytest.mark.parametrize("name", DRAWN)
def test_noise_is_a_standard_deviation(name):
    clean = dataset(name, count=20_000, noise=0.0)
    noisy = dataset(name, count=20_000, noise=0.3)
    what = "targets" if name == "sine" else "inputs"
    added = getattr(noisy, what) - getattr(clean, what)
    assert added.std(axis=0) == pytest.approx(0.3, rel=0.03)
    assert added.mean(axis=0) == pytest.approx(0.0, abs=0.01)


def nearest_neighbour_accuracy(name: str) -> float:
    train, test = dataset(name).split(0.25, 0)
    distance = ((test.inputs[:, np.newaxis] - train.inputs) ** 2).sum(axis=2)
    return float(np.mean(train.targets[distance.argmin(axis=1)] == test.targets))


@pytest.mark.parametrize("name", PLANES)
def test_the_usual_noise_leaves_classes_that_can_be_told_apart(name):
    assert nearest_neighbour_accuracy(name) >= 0.98


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"count": 3}, "circle may have 4 to 100000 points, not 3"),
        ({"count": 100_001}, "circle may have 4 to 100000 points"),
        ({"noise": -0.1}, "the noise of circle may be 0 to 10, not -0.1"),
        ({"noise": float("nan")}, "the noise of circle may be 0 to 10, not nan"),
        ({"noise": float("inf")}, "the noise of circle may be 0 to 10, not inf"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values, said):
    with pytest.raises(ValueError, match=r"circle") as refused:
        dataset("circle", **values)
    assert said in str(refused.value)


def test_an_unknown_set_names_the_known_ones():
    with pytest.raises(ValueError, match="no data set 'spiral'; there are circle, xor, gaussians"):
        dataset("spiral")


def test_the_digits_are_those_of_the_repository():
    data = dataset("digits")
    assert data.inputs.shape == (1797, 64)
    assert data.image_shape == (8, 8)
    assert (data.inputs.min(), data.inputs.max()) == (0.0, 16.0)
    assert np.array_equal(data.inputs, np.round(data.inputs))
    assert list(np.bincount(data.targets)) == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert data.classes == tuple("0123456789")
    assert data.features[0] == "pixel 0"
    # The first image is a nought: a ring around a middle that is empty.
    assert data.targets[0] == 0
    nought = data.inputs[0].reshape(8, 8)
    assert nought[3:5, 3:5].sum() == 0.0
    assert nought[3:5, [2, 5]].min() > 0.0


IRIS = {
    "sepal length (cm)": (4.3, 7.9, 5.84, 0.83),
    "sepal width (cm)": (2.0, 4.4, 3.05, 0.43),
    "petal length (cm)": (1.0, 6.9, 3.76, 1.76),
    "petal width (cm)": (0.1, 2.5, 1.20, 0.76),
}
WINE = {
    "alcohol": (11.0, 14.8, 13.0, 0.8),
    "malic acid": (0.74, 5.80, 2.34, 1.12),
    "ash": (1.36, 3.23, 2.36, 0.27),
    "alcalinity of ash": (10.6, 30.0, 19.5, 3.3),
    "magnesium": (70.0, 162.0, 99.7, 14.3),
    "total phenols": (0.98, 3.88, 2.29, 0.63),
    "flavanoids": (0.34, 5.08, 2.03, 1.00),
    "nonflavanoid phenols": (0.13, 0.66, 0.36, 0.12),
    "proanthocyanins": (0.41, 3.58, 1.59, 0.57),
    "colour intensity": (1.3, 13.0, 5.1, 2.3),
    "hue": (0.48, 1.71, 0.96, 0.23),
    "OD280/OD315 of diluted wines": (1.27, 4.00, 2.61, 0.71),
    "proline": (278, 1680, 746, 315),
}


@pytest.mark.parametrize(
    ("name", "published", "sizes"), [("iris", IRIS, [50, 50, 50]), ("wine", WINE, [59, 71, 48])]
)
def test_flowers_and_wines_have_their_published_statistics(name, published, sizes):
    """Smallest, largest, mean and deviation, to a unit of the last printed digit."""
    data = dataset(name)
    assert data.features == tuple(published)
    assert list(np.bincount(data.targets)) == sizes
    for column, numbers in zip(data.inputs.T, published.values(), strict=True):
        found = column.min(), column.max(), column.mean(), column.std(ddof=1)
        for value, printed in zip(found, numbers, strict=True):
            digits = len(str(printed).partition(".")[2])
            assert abs(value - printed) <= 1.001 * 10.0**-digits


def test_measured_numbers_are_the_nearest_to_what_was_printed():
    iris, wine = dataset("iris"), dataset("wine")
    assert list(iris.inputs[0]) == [5.1, 3.5, 1.4, 0.2]
    # The two flowers that the repository has wrong, as Fisher printed them.
    assert list(iris.inputs[34]) == [4.9, 3.1, 1.5, 0.2]
    assert list(iris.inputs[37]) == [4.9, 3.6, 1.4, 0.1]
    assert list(wine.inputs[0]) == [
        14.23, 1.71, 2.43, 15.6, 127.0, 2.8, 3.06, 0.28, 2.29, 5.64, 1.04, 3.92, 1065.0
    ]  # fmt: skip


def test_shipped_sets_are_credited_and_small():
    credits = resource("CREDITS.md").read_text(encoding="utf-8")
    for name in set(DATASETS) - set(DRAWN):
        assert "scikit-learn" in dataset(name).credit
        assert f"data/{name}.npz" in credits
        assert len(resource(f"data/{name}.npz").read_bytes()) < 50_000


def test_a_name_opens_the_set_and_a_path_the_file(tmp_path):
    assert open_dataset("iris") is dataset("iris")
    path = tmp_path / "iris"
    path.write_text("1,a\n2,b\n")
    assert open_dataset(path).classes == ("a", "b")
    assert open_dataset(str(path)).name == "iris"


def test_the_rest_is_refused_in_one_line(tmp_path):
    with pytest.raises(ValueError, match=r"^there is no file 'spirls'; without a file there are c"):
        open_dataset("spirls")
    with pytest.raises(ValueError, match="is not a regular file"):
        open_dataset(tmp_path)
    with pytest.raises(ValueError, match=r"^('x+' can't be read|there is no file 'x+'.*)"):
        open_dataset("x" * 5000)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match=r"^empty\.csv: there are no numbers$"):
        open_dataset(tmp_path / "empty.csv")
