"""The data sets that the network lab knows: drawn ones, shipped ones, and those of files."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core import Array, DataRef
from deepfractals_gui.core.archives import arrays_in
from deepfractals_gui.core.resources import resource
from deepfractals_gui.nn.dataset import Dataset, frozen
from deepfractals_gui.nn.dataset_files import (
    MAX_NUMBERS,
    MAX_ROWS,
    pixel_names,
    read_dataset,
    read_idx_pair,
)
from deepfractals_gui.nn.idx import idx_partner, read_idx
from deepfractals_gui.nn.scaling import SCALINGS, Scaling, scaler

__all__ = [
    "DATASETS",
    "DRAWN",
    "NOISE",
    "SCALINGS",
    "Dataset",
    "Scaling",
    "dataset",
    "idx_partner",
    "open_dataset",
    "read_dataset",
    "read_idx",
    "read_idx_pair",
    "scaler",
]

NOISE = {
    "circle": 0.05, "xor": 0.05, "gaussians": 0.25, "spirals": 0.02, "moons": 0.05, "sine": 0.1,
}  # fmt: skip
"""The drawn sets, and the noise that each has unless another is asked for."""
DRAWN = tuple(NOISE)
DATASETS = (*DRAWN, "digits", "iris", "wine")
FEWEST, MOST_NOISE = 4, 10.0
TURNS = 1.75
"""How often each of the two spirals winds around the middle."""
STREAM = 2
"""Streams 0 and 1 of a seed are those of the initial weights and of the minibatches."""


def dataset(name: str, *, count: int = 400, noise: float | None = None, seed: int = 0) -> Dataset:
    """One of DATASETS.

    The drawn ones, about within [-1, 1], have ``count`` points from PCG64([seed, 2]). Two classes
    take turns, so that they are of equal size. ``noise`` is the standard deviation of normal
    numbers that are added to the inputs, of ``sine`` to the target; None stands for NOISE. The
    shipped ones are always the same.

    Raises
    ------
    ValueError   the name, the count or the noise is out of range
    """
    if name not in DATASETS:
        raise ValueError(f"there is no data set {name[:40]!r}; there are {', '.join(DATASETS)}")
    if name not in DRAWN:
        return _shipped(name)
    noise = NOISE[name] if noise is None else noise
    if not FEWEST <= count <= MAX_ROWS:
        raise ValueError(f"{name} may have {FEWEST} to {MAX_ROWS} points, not {count}")
    if not 0.0 <= noise <= MOST_NOISE:
        raise ValueError(f"the noise of {name} may be 0 to {MOST_NOISE:g}, not {noise}")
    rng = np.random.Generator(np.random.PCG64([seed, STREAM]))
    if name == "sine":
        return _sine(count, noise, rng)
    turn = np.arange(count)
    points = _PLANES[name](turn, rng) + noise * rng.standard_normal((count, 2))
    return Dataset(
        name, frozen(points), frozen(turn % 2), _CLASSES.get(name, ("first", "second")), ("x", "y")
    )


def open_dataset(source: str | Path, *, regression: bool = False) -> Dataset:
    """One of DATASETS by its name, or a file; see `read_dataset`.

    Raises
    ------
    ValueError   one line that says what is wrong
    """
    if isinstance(source, str) and source in DATASETS:
        return dataset(source)
    shown = str(source)[:100]
    try:
        return read_dataset(DataRef.of_file(Path(source)), regression=regression)
    except FileNotFoundError:
        raise ValueError(
            f"there is no file {shown!r}; without a file there are {', '.join(DATASETS)}"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ValueError(f"{shown!r} can't be read: {reason}") from None


def _circle(turn: Array, rng: np.random.Generator) -> Array:
    """A disc of radius 1/2 and the ring from 0.7 to 1, each evenly filled."""
    inner, outer = np.where(turn % 2, 0.7, 0.0), np.where(turn % 2, 1.0, 0.5)
    radius = np.sqrt(rng.uniform(inner**2, outer**2))
    return _polar(radius, rng.uniform(0.0, 2.0 * np.pi, len(turn)))


def _xor(turn: Array, rng: np.random.Generator) -> Array:
    """The four quadrants in turn, a little apart."""
    signs = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)])[turn % 4]
    points: Array = signs * rng.uniform(0.1, 1.0, (len(turn), 2))
    return points


def _gaussians(turn: Array, rng: np.random.Generator) -> Array:
    """The centres of two normal distributions, whose deviation is the noise."""
    centres: Array = np.array([(-0.5, -0.5), (0.5, 0.5)])[turn % 2]
    return centres


def _spirals(turn: Array, rng: np.random.Generator) -> Array:
    """Two spirals of Archimedes, half a turn apart; the root makes them evenly dense."""
    along = np.sqrt(rng.uniform(0.005, 1.0, len(turn)))
    return _polar(along, 2.0 * np.pi * TURNS * along + np.pi * (turn % 2))


def _moons(turn: Array, rng: np.random.Generator) -> Array:
    """Two half circles of radius 2/3, each with one end in the middle of the other."""
    angle = rng.uniform(0.0, np.pi, len(turn))
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=1) / 1.5
    return np.where((turn % 2)[:, np.newaxis], -upper, upper)


def _polar(radius: Array, angle: Array) -> Array:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


_PLANES: dict[str, Callable[[Array, np.random.Generator], Array]] = {
    "circle": _circle,
    "xor": _xor,
    "gaussians": _gaussians,
    "spirals": _spirals,
    "moons": _moons,
}
_CLASSES = {
    "circle": ("disc", "ring"),
    "xor": ("equal signs", "unequal signs"),
    "moons": ("upper", "lower"),
}


def _sine(count: int, noise: float, rng: np.random.Generator) -> Dataset:
    """y = sin 2 pi x on [-1, 1]."""
    x = rng.uniform(-1.0, 1.0, (count, 1))
    y = np.sin(2.0 * np.pi * x) + noise * rng.standard_normal((count, 1))
    return Dataset("sine", frozen(x), frozen(y), (), ("x",))


class _Shipped(NamedTuple):
    """What is known of a shipped set beside its numbers."""

    classes: tuple[str, ...]
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None
    credit: str


_SHIPPED = {
    "digits": _Shipped(
        tuple("0123456789"),
        pixel_names(64),
        (8, 8),
        "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning "
        "Repository, 1998: its test set, as scikit-learn ships it",
    ),
    "iris": _Shipped(
        ("setosa", "versicolor", "virginica"),
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        None,
        "R. A. Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics "
        "7, 1936, as scikit-learn ships it",
    ),
    "wine": _Shipped(
        ("cultivar 1", "cultivar 2", "cultivar 3"),
        (
            "alcohol", "malic acid", "ash", "alcalinity of ash", "magnesium", "total phenols",
            "flavanoids", "nonflavanoid phenols", "proanthocyanins", "colour intensity", "hue",
            "OD280/OD315 of diluted wines", "proline",
        ),
        None,
        "S. Aeberhard, M. Forina, Wine, UCI Machine Learning Repository, 1992, as "
        "scikit-learn ships it",
    ),
}  # fmt: skip


@lru_cache(maxsize=len(_SHIPPED))
def _shipped(name: str) -> Dataset:
    """A shipped set: whole numbers X (N, n) over ``divisor`` (n,) are what was measured."""
    content = resource(f"data/{name}.npz").read_bytes()
    arrays = arrays_in(content, f"{name}.npz", ("X", "Y", "divisor"), most=MAX_NUMBERS)
    about = _SHIPPED[name]
    return Dataset(
        name,
        frozen(arrays["X"] / arrays["divisor"]),
        frozen(arrays["Y"].astype(np.int64)),
        about.classes,
        about.features,
        about.image_shape,
        about.credit,
    )
