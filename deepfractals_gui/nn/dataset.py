"""What a network learns from: inputs, targets, and what their columns are called."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from deepfractals_gui.core import Array


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and targets, row by row. The arrays can't be written to; two sets are equal if one.

    Attributes
    ----------
    name : such as ``digits``, or the name of a file
    inputs : float64 (N, n)
    targets : of classes, int64 labels (N,) from 0 to k - 1; of regression, float64 (N, m)
    classes : names of the k classes; () for regression
    features : names of the n columns of the inputs
    image_shape : rows and columns of the images whose pixels the inputs are, row by row; or None
    credit : where the data come from

    Raises
    ------
    ValueError   the shapes don't fit together, or a label is none of the classes
    """

    name: str
    inputs: Array
    targets: Array
    classes: tuple[str, ...]
    features: tuple[str, ...]
    image_shape: tuple[int, int] | None = None
    credit: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "inputs", _kept(self.inputs, np.float64))
        if self.classes and np.asarray(self.targets).dtype.kind not in "iu":
            raise ValueError(f"{self.name}: labels are whole numbers")
        kind = np.int64 if self.classes else np.float64
        object.__setattr__(self, "targets", _kept(self.targets, kind))
        if self.inputs.ndim != 2 or not self.inputs.size:
            raise ValueError(f"{self.name}: inputs of the shape {self.inputs.shape} are no rows")
        if self.targets.ndim != (1 if self.classes else 2) or not self.targets.size:
            wanted = "(N,)" if self.classes else "(N, m)"
            raise ValueError(f"{self.name}: targets are {wanted}, not {self.targets.shape}")
        if len(self.inputs) != len(self.targets):
            raise ValueError(
                f"{self.name}: there are {len(self.inputs)} inputs and {len(self.targets)} targets"
            )
        if len(self.features) != self.n_inputs:
            raise ValueError(
                f"{self.name}: {len(self.features)} names for {self.n_inputs} columns of inputs"
            )
        if self.image_shape is not None and math.prod(self.image_shape) != self.n_inputs:
            raise ValueError(
                f"{self.name}: images of {self.image_shape[0]} x {self.image_shape[1]} don't have "
                f"{self.n_inputs} pixels"
            )
        if self.classes and not 0 <= self.targets.min() <= self.targets.max() < len(self.classes):
            raise ValueError(f"{self.name}: labels are 0 to {len(self.classes) - 1}")

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def n_inputs(self) -> int:
        """Columns of the inputs."""
        return int(self.inputs.shape[1])

    @property
    def n_outputs(self) -> int:
        """Classes, or columns of the targets."""
        return len(self.classes) if self.classes else int(self.targets.shape[1])

    @property
    def is_classification(self) -> bool:
        """Whether the targets are labels of classes."""
        return bool(self.classes)

    def take(self, rows: Array) -> Dataset:
        """Some of the rows: indices, or a mask bool (N,). Raises ValueError where none are left."""
        inputs, targets = (np.ascontiguousarray(own[rows]) for own in (self.inputs, self.targets))
        return replace(self, inputs=frozen(inputs), targets=frozen(targets))

    def split(self, test_share: float, seed: int) -> tuple[Dataset, Dataset]:
        """The rows to train with and those to test with, in an order that PCG64(seed) draws.

        round(N test_share) rows, but at least one and never all of them, are for the test. Each
        class gives its share, to the row; its only row stays with the training, if it can.

        Raises
        ------
        ValueError   ``test_share`` isn't within ]0, 1[, or there is only one row
        """
        if not 0.0 < test_share < 1.0:
            raise ValueError(f"the share for the test must be between 0 and 1, not {test_share}")
        if len(self) < 2:
            raise ValueError(f"{self.name}: a single row can't be split")
        order = _shuffled(len(self), seed)
        count = min(max(round(test_share * len(self)), 1), len(self) - 1)
        groups = self._groups(order)
        quotas = [count * len(group) / len(self) for group in groups]
        shares = [math.floor(quota) for quota in quotas]

        def last_to_give(number: int) -> tuple[bool, float]:
            return shares[number] + 1 >= len(groups[number]), shares[number] - quotas[number]

        for number in sorted(range(len(groups)), key=last_to_give)[: count - sum(shares)]:
            shares[number] += 1
        tested = np.zeros(len(self), bool)
        for group, share in zip(groups, shares, strict=True):
            tested[group[:share]] = True
        return self.take(order[~tested[order]]), self.take(order[tested[order]])

    def folds(self, k: int, seed: int) -> Iterator[tuple[Dataset, Dataset]]:
        """For each of k folds, the other rows to train with, and the fold to test with.

        Every row is in one fold; folds differ by at most one row, and by at most one of a class.

        Raises
        ------
        ValueError   there aren't 2 to N folds
        """
        if not 2 <= k <= len(self):
            raise ValueError(f"{self.name}: {len(self)} rows make 2 to {len(self)} folds, not {k}")
        order = _shuffled(len(self), seed)
        fold = np.empty(len(self), np.int64)
        fold[np.concatenate(self._groups(order))] = np.arange(len(self)) % k
        dealt = fold[order]
        return (
            (self.take(order[dealt != number]), self.take(order[dealt == number]))
            for number in range(k)
        )

    def _groups(self, order: Array) -> list[Array]:
        """Rows by class, each in this order; for regression all of them in one group."""
        if not self.classes:
            return [order]
        labels = self.targets[order]
        return [order[labels == label] for label in np.unique(labels)]


def _shuffled(count: int, seed: int) -> Array:
    return np.random.Generator(np.random.PCG64(seed)).permutation(count)


def frozen(array: Array) -> Array:
    """The same array, which from now on can't be written to."""
    array.flags.writeable = False
    return array


def _kept(array: Array, kind: type[np.generic]) -> Array:
    kept = np.asarray(array, kind, order="C")
    # What somebody else may still write to is copied.
    return frozen(kept.copy() if kept.flags.writeable and kept is array else kept)
