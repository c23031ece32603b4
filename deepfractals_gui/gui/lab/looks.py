"""What there is to see of a training run at one moment, computed beside the window's thread."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments import lab_views
from deepfractals_gui.experiments.lab_data import LabData
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.experiments.lab_views import Stage
from deepfractals_gui.gui.lab.history import Flow, History
from deepfractals_gui.gui.lab.live_curves import Curves
from deepfractals_gui.gui.lab.neuron_view import MOST_UNITS, LayerMaps
from deepfractals_gui.gui.lab.words import count_words, parameter_count
from deepfractals_gui.gui.lab.worst_view import Mistake

MOST_MISTAKES = 24
_WORK = 1.2e7
"""Multiplications that a picture of the plane may take."""
_FINEST, _MOVING, _COARSEST, _SMALL = 128, 72, 40, 40
"""Edges of pictures of the plane, in pixels: at rest, while training, at least, of one unit."""
_LINE = 240
"""Points of the function of one input."""


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


def decision_of(state: LabState, most: int) -> Decision:
    """What the network says over its one or two inputs; empty for more."""
    train = state.data.train
    if train.n_inputs == 1 and not train.is_classification:
        line = lab_views.line(state, _LINE)
        return Decision() if line is None else Decision(x=line.x, y=line.outputs[:, 0])
    side = plane_side(parameter_count(state.params.spec), most)
    plane = lab_views.plane(state, (side, side), units=False)
    if plane is None:
        return Decision()
    if not train.is_classification:
        return Decision(values=plane.outputs[..., 0])
    flat = probabilities(plane.outputs.reshape(side * side, -1), len(train.classes))
    return Decision(probabilities=flat.reshape(side, side, -1))


def plane_side(parameters: int, most: int) -> int:
    """Pixels along an edge of the plane that a network computes in a few milliseconds."""
    return min(max(math.isqrt(int(_WORK / max(parameters, 1))), _COARSEST), most)


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


def neurons_of(state: LabState) -> tuple[LayerMaps, ...]:
    """What each hidden unit answers over the plane of two inputs; empty for other inputs."""
    plane = lab_views.plane(state, (_SMALL, _SMALL))
    if plane is None:
        return ()
    return tuple(
        LayerMaps(f"{name} · {count_words(len(maps), 'unit')}", maps[:MOST_UNITS], len(maps))
        for name, maps in plane.units
    )


def confusion_of(state: LabState) -> Confusion | None:
    """Which class is taken for which in the test, or in training where nothing is held back."""
    found = lab_views.confusion(state, test=state.data.test is not None)
    if found is None:
        return None
    rows = state.data.train
    low, high = float(rows.inputs.min()), float(rows.inputs.max())
    mistakes = []
    for wrong in lab_views.mistakes(state, MOST_MISTAKES):
        image = None
        if rows.image_shape is not None:
            image = (wrong.inputs.reshape(rows.image_shape) - low) / max(high - low, 1e-300)
        mistakes.append(Mistake(wrong.row, wrong.true, wrong.guessed, wrong.confidence, image))
    return Confusion(found.counts, found.classes, tuple(mistakes))


def chain_of(state: LabState, sample: int) -> tuple[tuple[Stage, ...], str]:
    """The stages for one training sample, and which sample it is."""
    data = state.data
    row = sample % len(data.x)
    note = f"Training sample {row + 1} of {len(data.x)}"
    if data.train.is_classification:
        note += f", {data.train.classes[data.train.targets[row]]}"
    return lab_views.chain(state, row), note


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
    sights: Mapping[str, Callable[[], Any]] = {
        "decision": lambda: decision_of(state, _MOVING if running else _FINEST),
        "neurons": lambda: neurons_of(state),
        "confusion": lambda: confusion_of(state),
        "chain": lambda: chain_of(state, sample),
    }
    curves, flow = (history or History()).follow(state)
    found = {key: sights[key]() for key in wanted if key in sights}
    return Look(state, running, seconds, curves, flow, found)
