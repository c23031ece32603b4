"""What is recorded of a run: one row before training, and one after every epoch."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any, NamedTuple, cast

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.nn import Activation, DenseLayer, Layer, Model, arrays_of

MOST_BYTES = 1 << 25
"""Of the weights along the way: beyond it every other row is forgotten."""
MOST_WEIGHTS = 1 << 22
"""Of a network whose way is kept; no loss landscape is drawn of larger ones."""
NAN = float("nan")


class Row(NamedTuple):
    """One moment of a run.

    Attributes
    ----------
    step, epoch : updates and epochs done
    train_loss, train_accuracy : means over the epoch's batches, each before its update; in the
        first row, and where batches are drawn, over all rows
    test_loss, test_accuracy : over the test rows; NaN where there are none
    gradient_norm, weight_norm, update_ratio : by dense layer, |g|, |w| and |Δw| / |w| of the last
        update; NaN before the first
    dead, saturated : by dense layer, shares of the activation behind it; NaN where there is none
    """

    step: int
    epoch: int
    train_loss: float
    test_loss: float = NAN
    train_accuracy: float = NAN
    test_accuracy: float = NAN
    gradient_norm: tuple[float, ...] = ()
    weight_norm: tuple[float, ...] = ()
    update_ratio: tuple[float, ...] = ()
    dead: tuple[float, ...] = ()
    saturated: tuple[float, ...] = ()


_SCALARS = 6
"""Fields of a row that are one number; the others have one for every dense layer."""


class _Numbers:
    """Rows as numbers, float64 (capacity, 6 + 5 L) for L dense layers, of which some are used."""

    def __init__(self, numbers: Array, used: int) -> None:
        self.numbers, self.used = numbers, used


class Trace:
    """Rows that are only ever appended to; two traces may share their beginning."""

    def __init__(self, numbers: Array | None = None) -> None:
        start = np.zeros((0, len(Row._fields))) if numbers is None else numbers.astype(np.float64)
        self._rows, self._count = _Numbers(start, len(start)), len(start)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Row:
        # A number that is none is always the same object, so that equal rows compare equal.
        values = [
            NAN if math.isnan(value) else value
            for value in self._rows.numbers[range(self._count)[index]].tolist()
        ]
        layers = self._layers
        shares = [
            tuple(values[at : at + layers]) for at in range(_SCALARS, len(values), layers or 1)
        ]
        step, epoch, *means = values[:_SCALARS]
        return Row(int(step), int(epoch), *cast(Any, (*means, *shares)))

    @property
    def _layers(self) -> int:
        return int(self._rows.numbers.shape[1] - _SCALARS) // (len(Row._fields) - _SCALARS)

    def appended(self, row: Row) -> Trace:
        """A trace with one row more; this one stays as it is."""
        flat = [*row[:_SCALARS], *chain.from_iterable(cast(Any, row[_SCALARS:]))]
        rows, count = self._rows, self._count
        # Another run may have gone on from here; and there may be no room left.
        if rows.used != count or count == len(rows.numbers):
            room = np.empty((max(32, 2 * count), len(flat)))
            if count:
                room[:count] = rows.numbers[:count]
            rows = _Numbers(room, count)
        rows.numbers[count] = flat
        rows.used = count + 1
        longer = Trace()
        longer._rows, longer._count = rows, count + 1
        return longer

    def numbers(self) -> Array:
        """All of it, float64 (R, 6 + 5 L): a column for each field, by dense layer where it has
        several. ``Trace(numbers)`` is equal."""
        return self._rows.numbers[: self._count].copy()

    def column(self, name: str) -> Array:
        """float64 (R,) or, by dense layer, (R, L)."""
        place = Row._fields.index(name)
        rows = self._rows.numbers[: self._count]
        if place < _SCALARS:
            return rows[:, place].copy()
        start = _SCALARS + (place - _SCALARS) * self._layers
        return rows[:, start : start + self._layers].copy()


class Path(NamedTuple):
    """Flattened weights along the way: float32 (P,) each, one for every ``stride`` rows."""

    points: tuple[Array, ...] = ()
    stride: int = 1

    def with_row(self, number: int, weights: Array) -> Path:
        """The path after the trace's row of that number, with weights (P,)."""
        if number % self.stride or weights.size > MOST_WEIGHTS:
            return self
        points = (*self.points, weights.astype(np.float32))
        if len(points) > max(8, MOST_BYTES // max(4 * weights.size, 1)) or len(points) > 1024:
            return Path(points[::2], 2 * self.stride)
        return Path(points, self.stride)


def dense_layers(model: Model) -> list[DenseLayer]:
    """The layers whose flow is recorded, from the input to the output."""
    return [layer for layer in model.walk() if isinstance(layer, DenseLayer)]


def weights_of(model: Model) -> Array:
    """All weights and biases in one row (P,): W0 row by row, b0, W1, ..."""
    return np.concatenate(
        [
            array.ravel()
            for name, array in arrays_of(model).items()
            if name[0] in "Wb" and name[1:].isdigit()
        ]
    )


def flow(model: Model, before: list[Array]) -> dict[str, tuple[float, ...]]:
    """Norms and shares of a row, after an update; ``before`` are the weights before it."""
    layers = dense_layers(model)
    norms = [float(np.linalg.norm(layer.weights)) for layer in layers]
    moved = [
        float(np.linalg.norm(layer.weights - old))
        for layer, old in zip(layers, before, strict=True)
    ]
    behind = [activation_behind(model, layer) for layer in layers]
    return {
        "gradient_norm": tuple(
            float(np.sqrt(np.vdot(w.dweights, w.dweights) + np.vdot(w.dbiases, w.dbiases)))
            for w in layers
        ),
        "weight_norm": tuple(norms),
        "update_ratio": tuple(
            change / norm if norm else NAN for change, norm in zip(moved, norms, strict=True)
        ),
        "dead": tuple(NAN if layer is None else layer.dead() for layer in behind),
        "saturated": tuple(NAN if layer is None else layer.saturated() for layer in behind),
    }


def activation_behind(model: Model, dense: Layer) -> Activation | None:
    """The activation that a dense layer feeds, whatever normalises or drops in between."""
    found = False
    for layer in model.walk():
        if layer is dense:
            found = True
        elif found and isinstance(layer, DenseLayer):
            return None
        elif found and isinstance(layer, Activation):
            # The sigmoid behind the logits of a loss isn't a hidden unit's.
            return None if layer is model.layers[-1] else layer
    return None
