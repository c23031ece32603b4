"""The images of a run of the field: read, split, standardised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from deepfractals_gui.core import Array, DataRef, ParamError
from deepfractals_gui.equilibrium.images import Pictures, pictures, resized
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.nn.dataset import Dataset
from deepfractals_gui.nn.dataset_files import read_dataset, read_idx_pair
from deepfractals_gui.nn.datasets import dataset


@dataclass(frozen=True, eq=False)
class FieldData:
    """What is learned from.

    Attributes
    ----------
    name, classes : of the set, and of its classes
    train, test : images with labels, standardised by those to train with; ``test`` may be None
    """

    name: str
    classes: tuple[str, ...]
    train: Pictures
    test: Pictures | None

    def image(self, number: int, *, test: bool = True) -> Array:
        """One image as the field takes it, float64 (H, W). Raises ValueError: there is none."""
        chosen = self.test if test else self.train
        count = 0 if chosen is None else len(chosen)
        if chosen is None or not 0 <= number < count:
            what = "for the test" if test else "to train with"
            raise ValueError(f"there are {count} images {what}, from 0; there is no {number}")
        return np.asarray(chosen.batch(slice(number, number + 1))[0, 0])

    def drawing(self, ink: Array) -> Array:
        """A drawing as the field takes it, float64 (H, W).

        Parameters
        ----------
        ink : (h, w) from 0 to 1, the first row the upper one; 1 is the set's largest pixel

        Raises
        ------
        ValueError   it is no plane of finite numbers
        """
        ink = np.asarray(ink, np.float64)
        if ink.ndim != 2 or not ink.size or not np.isfinite(ink).all():
            raise ValueError("a drawing is a plane of finite numbers")
        height, width = self.train.height, self.train.width
        down, across = (max(n // m, 1) for n, m in zip(ink.shape, (height, width), strict=True))
        if ink.shape == (down * height, across * width):
            ink = ink.reshape(height, down, width, across).mean(axis=(1, 3))
        found = resized(np.clip(ink, 0.0, 1.0)[np.newaxis], height, width)[0]
        standard = self.train.standard
        full = float(self.train.pixels.max())
        return np.asarray((full * found - standard.mean) / standard.deviation)


@lru_cache(maxsize=4)
def _dataset(data: str | DataRef, labels: str | DataRef) -> Dataset:
    try:
        if not isinstance(data, DataRef):
            return dataset(data)
        if isinstance(labels, DataRef):
            return read_idx_pair(data, labels)
        return read_dataset(data)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ParamError("data", f"it can't be read: {reason}") from None
    except ValueError as error:
        raise ParamError("data", str(error)) from None


def dataset_of(p: FieldRunParams) -> Dataset:
    """All images that a run asks for. Raises ParamError where they can't be used."""
    return _dataset(p.data, p.labels)


def field_data(p: FieldRunParams) -> FieldData:
    """Read the images of a run and split them.

    Raises
    ------
    ParamError   a file can't be used, or holds no images with labels
    """
    found = dataset_of(p)
    if not p.test_share or len(found) < 2:
        return prepared(p, found, None)
    if p.in_order:
        count = min(max(round(len(found) * p.test_share), 1), len(found) - 1)
        rows = np.arange(len(found))
        return prepared(p, found.take(rows[:-count]), found.take(rows[-count:]))
    return prepared(p, *found.split(p.test_share, p.seed))


def prepared(p: FieldRunParams, train: Dataset, test: Dataset | None) -> FieldData:
    """Images that are already split, such as those of a fold. Raises ParamError."""
    spec = p.spec(len(train.classes) or 1)
    try:
        seen = pictures(train, spec)
        unseen = None if test is None else pictures(test, spec, seen.standard)
    except ValueError as error:
        raise ParamError("data", str(error)) from None
    return FieldData(train.name, train.classes, seen, unseen)
