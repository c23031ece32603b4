"""What there is to see of a training run at one moment, computed beside the window's thread."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_data import LabData, guesses
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.gui.lab.chain import stages_of
from deepfractals_gui.gui.lab.history import Flow, History
from deepfractals_gui.gui.lab.live_curves import Curves
from deepfractals_gui.gui.lab.neuron_view import MOST_UNITS, LayerMaps
from deepfractals_gui.gui.lab.words import layer_words
from deepfractals_gui.gui.lab.worst_view import Mistake
from deepfractals_gui.nn import ActivationSpec, DenseSpec, Model, NetSpec

MOST_MISTAKES = 24
_WORK = 1.2e7
"""Multiplications that a picture of the plane may take."""
_FINEST, _MOVING, _COARSEST, _SMALL = 128, 72, 40, 40
"""Edges of pictures of the plane, in pixels: at rest, while training, at least, of one unit."""
_MARGIN = 0.12
Span = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Look:
    """A run at one moment, frozen.

    Attributes
    ----------
    state : the run; whoever computes with its model copies it first
    running : whether training goes on
    seconds : time spent in training
    sights : what was asked for, by key: ``decision``, ``neurons``, ``confusion``, ``chain``
    """

    state: LabState
    running: bool
    seconds: float
    curves: Curves
    flow: Flow
    sights: Mapping[str, Any] = field(default_factory=dict)

    @property
    def params(self) -> LabParams:
        return self.state.params

    @property
    def data(self) -> LabData:
        return self.state.data

    @property
    def step(self) -> int:
        return self.state.step

    @property
    def epoch(self) -> int:
        return self.state.epoch

    @property
    def stopped(self) -> str:
        """Why training ended; "" while it goes on."""
        return self.state.stopped

    @property
    def exploded(self) -> bool:
        """Whether it ended at a loss that isn't finite."""
        return self.state.exploded


@dataclass(frozen=True, eq=False)
class Decision:
    """What the network says where its inputs can be drawn.

    Attributes
    ----------
    probabilities : (H, W, k) of classes over the plane; or ``values`` (H, W); or, of one input,
        ``x`` and ``y`` (M,); row 0 is the smallest y
    """

    probabilities: Array | None = None
    values: Array | None = None
    x: Array | None = None
    y: Array | None = None


@dataclass(frozen=True, eq=False)
class Confusion:
    """Counts (k, k), the names of the classes, and the surest mistakes."""

    counts: Array
    names: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def spans_of(data: LabData) -> tuple[Span, ...]:
    """The range of each input over all rows, with a margin; of at most two inputs."""
    rows = [data.train.inputs] + ([] if data.test is None else [data.test.inputs])
    inputs = np.concatenate(rows)[:, :2]
    found = []
    for column in inputs.T:
        low, high = float(column.min()), float(column.max())
        room = _MARGIN * (high - low) or 1.0
        found.append((low - room, high + room))
    return tuple(found)


def decision_of(state: LabState, model: Model, running: bool = False) -> Decision:
    """What the network says over its one or two inputs; empty for more."""
    data = state.data
    inputs = data.train.n_inputs
    if inputs == 1 and not data.train.is_classification:
        x = np.linspace(*spans_of(data)[0], 240)
        output = _answers(model, data, x[:, np.newaxis])
        return Decision(x=x, y=output[:, 0])
    if inputs != 2:
        return Decision()
    side = plane_side(model, _MOVING if running else _FINEST)
    output = _answers(model, data, plane(spans_of(data), side))
    if data.train.is_classification:
        shares = probabilities(output, len(data.train.classes))
        return Decision(probabilities=shares.reshape(side, side, -1))
    return Decision(values=output[:, 0].reshape(side, side))


def plane(spans: Sequence[Span], side: int) -> Array:
    """The middles of side x side pixels, (side * side, 2), rows from the smallest y on."""
    axes = [low + (np.arange(side) + 0.5) / side * (high - low) for low, high in spans]
    x, y = np.meshgrid(*axes)
    return np.stack([x.ravel(), y.ravel()], axis=1)


def plane_side(model: Model, most: int) -> int:
    """Pixels along an edge of the plane that a network computes in a few milliseconds."""
    weights = sum(p.value.size for layer in model.walk() for p in layer.parameters())
    side = math.isqrt(int(_WORK / max(weights, 1)))
    return min(max(side, _COARSEST), most)


def probabilities(output: Array, classes: int) -> Array:
    """Shares (N, k) of what a network answers, whatever its loss; rows add up to 1 where known."""
    if output.shape[1] == 1 and classes == 2:
        second = np.clip(output, 0.0, 1.0)
        return np.concatenate([1.0 - second, second], axis=1)
    shares = np.clip(output, 0.0, None)
    total = shares.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Array = np.where(total > 0.0, shares / total, 1.0 / classes)
    found[~np.isfinite(output).all(axis=1)] = np.nan
    return found


def neurons_of(state: LabState, model: Model) -> tuple[LayerMaps, ...]:
    """What each hidden unit answers over the plane of two inputs; empty for other inputs."""
    if state.data.train.n_inputs != 2:
        return ()
    _answers(model, state.data, plane(spans_of(state.data), _SMALL))
    found = []
    for number, output in hidden_outputs(state.params.spec, model):
        maps = output[:, :MOST_UNITS].T.reshape(-1, _SMALL, _SMALL)
        words = layer_words(state.params.spec.layers[number])
        found.append(LayerMaps(f"Layer {number + 1} · {words}", maps, output.shape[1]))
    return tuple(found)


def hidden_outputs(spec: NetSpec, model: Model) -> list[tuple[int, Array]]:
    """Index in the spec, and newest output, of the hidden layers with units of their own.

    A dense layer without an activation gives way to the activation that follows it.
    """
    places = outputs_of(spec, model)
    last = max(n for n, layer in enumerate(spec.layers) if isinstance(layer, DenseSpec))
    found: list[tuple[int, Array]] = []
    bare: int | None = None
    for number, layer in enumerate(spec.layers[:last]):
        if isinstance(layer, DenseSpec):
            found.append((number, places[number]))
            bare = len(found) - 1 if layer.activation == "identity" else None
        elif isinstance(layer, ActivationSpec):
            if bare is not None:
                found.pop(bare)
                bare = None
            found.append((number, places[number]))
    return found


def outputs_of(spec: NetSpec, model: Model) -> list[Array]:
    """The newest output of each layer of a description."""
    made = iter(model.layers)
    found = []
    for layer in spec.layers:
        one = next(made)
        if isinstance(layer, DenseSpec) and not layer.residual and layer.activation != "identity":
            one = next(made)
        found.append(one.output)
    return found


def confusion_of(state: LabState, model: Model) -> Confusion | None:
    """Which class is taken for which in the test, or in training where nothing is held back."""
    data = state.data
    rows = data.train if data.test is None else data.test
    if not rows.is_classification:
        return None
    output = _answers(model, data, rows.inputs)
    count = len(rows.classes)
    said = guesses(output)
    counts = np.bincount(rows.targets * count + said, minlength=count * count)
    sure = np.nan_to_num(probabilities(output, count)[np.arange(len(said)), said])
    wrong = np.flatnonzero(said != rows.targets)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST_MISTAKES]
    low, high = float(rows.inputs.min()), float(rows.inputs.max())
    mistakes = tuple(
        Mistake(
            int(index),
            rows.classes[rows.targets[index]],
            rows.classes[said[index]],
            float(sure[index]),
            None
            if rows.image_shape is None
            else (rows.inputs[index].reshape(rows.image_shape) - low) / max(high - low, 1e-300),
        )
        for index in worst
    )
    return Confusion(counts.reshape(count, count), rows.classes, mistakes)


def _answers(model: Model, data: LabData, inputs: Array) -> Array:
    """The output for inputs as they are, in evaluation mode."""
    model.eval()
    with np.errstate(all="ignore"):
        return model.forward(data.scaling.apply(inputs))


def look_at(
    state: LabState,
    *,
    running: bool = False,
    seconds: float = 0.0,
    wanted: Sequence[str] = (),
    sample: int = 0,
    history: History | None = None,
) -> Look:
    """What is to be seen of a state, with the sights that are wanted.

    A ``history`` that has followed the run so far only takes what has come since.
    """
    sights: dict[str, Any] = {}
    if wanted:
        model = state.model.copy()
        for key in wanted:
            if key == "chain":
                sights[key] = stages_of(state, model, sample)
            elif key == "decision":
                sights[key] = decision_of(state, model, running)
            elif key in _SIGHTS:
                sights[key] = _SIGHTS[key](state, model)
    curves, flow = (history or History()).follow(state)
    return Look(state, running, seconds, curves, flow, sights)


_SIGHTS = {"neurons": neurons_of, "confusion": confusion_of}
