"""The history of a run as arrays that grow with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.gui.lab.flow_view import QUANTITIES
from deepfractals_gui.gui.lab.live_curves import Curves
from deepfractals_gui.nn import DenseSpec, NetSpec

_COLUMNS = ("epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy")
_ROOM = 256


@dataclass(frozen=True, eq=False)
class Flow:
    """Gradient flow: epochs (T,), the names of L layers, and (T, L) of each quantity."""

    steps: Array
    layers: tuple[str, ...]
    history: Mapping[str, Array]


class History:
    """Follows one run: each row of its trace is read once.

    What `follow` gives are views of the beginning of arrays whose rows, once there, never change.
    """

    def __init__(self) -> None:
        self._count = 0
        self._columns: Array = np.empty((_ROOM, len(_COLUMNS)))
        self._layers: Array = np.empty((0, 0, 0))

    def follow(self, state: LabState) -> tuple[Curves, Flow]:
        """The history so far. The row before the first update has no gradients."""
        names = dense_names(state.params.spec)
        if not self._count:
            self._layers = np.empty((_ROOM, len(QUANTITIES), len(names)))
        for number in range(self._count, len(state.trace)):
            if number == len(self._columns):
                self._columns, self._layers = _doubled(self._columns), _doubled(self._layers)
            row = state.trace[number]
            self._columns[number] = [getattr(row, name) for name in _COLUMNS]
            self._layers[number] = [getattr(row, quantity.key) for quantity in QUANTITIES]
        self._count = len(state.trace)
        columns, layers = self._columns[: self._count], self._layers[1 : self._count]
        flow = {quantity.key: layers[:, place] for place, quantity in enumerate(QUANTITIES)}
        return Curves(*_five(columns)), Flow(columns[1:, 0], names, flow)


def dense_names(spec: NetSpec) -> tuple[str, ...]:
    """Names of the dense layers, by their place among all layers."""
    return tuple(
        f"{number} · dense {layer.units}"
        for number, layer in enumerate(spec.layers, start=1)
        if isinstance(layer, DenseSpec)
    )


def _doubled(array: Array) -> Array:
    return np.concatenate([array, np.empty_like(array)])


def _five(columns: Array) -> tuple[Array, Array, Array, Array, Array]:
    a, b, c, d, e = columns.T
    return a, b, c, d, e
