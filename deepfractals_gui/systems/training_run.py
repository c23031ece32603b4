"""The training runs of the trainability map: many at once, or one with its history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Points
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.kernels.training_network import pack
from deepfractals_gui.systems.storage import Workspace, coordinates
from deepfractals_gui.systems.training_data import TrainingData
from deepfractals_gui.systems.training_plan import TrainingPlan
from deepfractals_gui.systems.training_rates import RatePlane, rates_of

PRODUCT_SECONDS, UNIT_SECONDS, STEP_SECONDS = 5e-11, 1.4e-9, 5e-7
"""Measured: a multiplication of weight and data point, an activation, and what a step adds."""
SINGLE_SECONDS = 1.5e-9
"""A unit's step where a single data point is learned."""
LINEAR_SECONDS = 6e-11
"""A multiplication where a linear network is trained."""


class Prepared(NamedTuple):
    """A plan, and the same laid out for the kernel."""

    plan: TrainingPlan
    network: Any
    every_step: bool


def prepare(plan: TrainingPlan, every_step: bool) -> Prepared:
    """Lay out network and data; ``every_step`` says when an offset is added."""
    layers = plan.layers
    network = pack(
        plan.data.inputs, plan.data.targets,
        [plan.spec.inputs, *(layer.units for layer in layers)], plan.weights,
        bias=[layer.bias for layer in layers], residual=[layer.residual for layer in layers],
        activation=[layer.activation for layer in layers],
        scale=[layer.scale for layer in layers], loss=plan.spec.loss,
        optimizer=plan.spec.optimizer.kind, steps=plan.spec.steps, batches=plan.batches,
        probe=np.ones(plan.spec.inputs), every_step=every_step,
    )  # fmt: skip
    return Prepared(plan, network, every_step)


def nudged(prepared: Prepared, names: Collection[str]) -> Prepared:
    """The same with the named arrays, such as ``W0``, ``b1`` or ``data``, one ulp up."""
    plan = prepared.plan
    data = plan.data
    if "data" in names:
        data = TrainingData(next_up(data.inputs), next_up(data.targets))
    weights = tuple(
        next_up(array) if name in names else array
        for name, array in zip(weight_names(plan), plan.weights, strict=True)
    )
    return prepare(TrainingPlan(plan.spec, data, weights, plan.batches), prepared.every_step)


def weight_names(plan: TrainingPlan) -> tuple[str, ...]:
    """W0, b0 where there is a bias, W1, ...: names for `TrainingPlan.weights`."""
    return tuple(
        f"{kind}{number}"
        for number, layer in enumerate(plan.layers)
        for kind in ("W", "b")
        if kind == "W" or layer.bias
    )


class Results(NamedTuple):
    """What became of N runs: arrays (N,), in the order in which the kernels take them."""

    status: Array
    value: Array
    final_loss: Array
    least_loss: Array
    divergence: Array
    probe_output: Array

    @classmethod
    def of(cls, count: int) -> Results:
        """Zeroed arrays for so many runs."""
        return cls(np.zeros(count, np.uint8), *(np.zeros(count) for _ in cls._fields[1:]))


class History(NamedTuple):
    """What a kernel records of one run; empty arrays record nothing.

    Attributes
    ----------
    losses : (T,), over all data before each step
    weight_norms, gradient_norms : (T, L)
    weights : the last ones, flat
    states : (T, 2 m) where a single data point is learned, instead of norms and weights: x W0 and
        W1 before each step
    """

    losses: Array
    weight_norms: Array
    gradient_norms: Array
    weights: Array
    states: Array

    @classmethod
    def of(cls, plan: TrainingPlan, way: Way, steps: int) -> History:
        """Room for so many steps; 0 records nothing."""
        layers = len(plan.layers)
        count = sum(array.size for array in plan.weights) if steps else 0
        states = 2 * plan.layers[0].units if way is Way.SINGLE else 0
        return cls(
            np.zeros(steps), np.zeros((steps, layers)), np.zeros((steps, layers)),
            np.zeros(count), np.zeros((steps, states)),
        )  # fmt: skip


class Way(Enum):
    """Which kernel trains a network."""

    GENERAL = "general"
    SINGLE = "one data point"
    LINEAR = "linear network"


def way_of(plan: TrainingPlan, plane: RatePlane) -> Way:
    """The quickest kernel that trains this network: plain gradient descent has short cuts.

    It follows from the parameters, never from a pixel, so that every tile takes the same way.
    """
    from deepfractals_gui.kernels import training_identity, training_single

    plain = all(plane.held[name] == 0.0 for name in ("momentum", "weight_decay", "offset"))
    count = len(plan.data.inputs)
    if not (
        plain
        and set(plane.axes) <= {"lr_input", "lr_output", "lr", "weight_scale", "output_scale"}
        and plan.data.targets.shape[1] == 1
        and len(plan.layers) == 2
        and not any(layer.bias or layer.residual for layer in plan.layers)
        and plan.spec.loss == "mse"
        and plan.spec.optimizer.kind == "sgd"
        and not plan.batches.size
    ):
        return Way.GENERAL
    activation = plan.layers[0].activation
    if count == 1 and activation in training_single.SUPPORTED:
        return Way.SINGLE
    if activation == "identity" and count <= training_identity.MOST_POINTS:
        return Way.LINEAR
    return Way.GENERAL


def seconds_a_point(plan: TrainingPlan, plane: RatePlane) -> float:
    """About how long a pixel trains on one core of 2024, half of whose steps are needed."""
    way = way_of(plan, plane)
    if way is Way.SINGLE:
        return plan.spec.steps * plan.layers[0].units * SINGLE_SECONDS
    if way is Way.LINEAR:
        ins, units = plan.weights[0].shape
        work = int(ins) * (3 * int(units) + 2 * len(plan.data.inputs))
        return plan.spec.steps * work * LINEAR_SECONDS
    widths = [plan.spec.inputs, *(layer.units for layer in plan.layers)]
    products = sum(a * b for a, b in pairwise(widths))
    units = sum(widths[1:])
    forward = len(plan.data.inputs) * (products * PRODUCT_SECONDS + units * UNIT_SECONDS)
    backward = (plan.batches.shape[1] or len(plan.data.inputs)) * products * 2 * PRODUCT_SECONDS
    return 0.5 * plan.spec.steps * (forward + backward + STEP_SECONDS)


def train(
    points: Points,
    plane: RatePlane,
    prepared: Prepared,
    out: Mapping[str, Array],
    cancel: CancelFlag,
) -> None:
    """Train a network for every point and fill the channels. Raises Cancelled."""
    work = Workspace(out, np.float64)
    way = way_of(prepared.plan, plane)
    _run(
        way, rates_of(*coordinates(points), plane), prepared,
        Results(*(work[name] for name in Results._fields)), History.of(prepared.plan, way, 0),
        cancel,
    )  # fmt: skip
    work.store()


def record(
    rates: Array, plane: RatePlane, prepared: Prepared, cancel: CancelFlag
) -> tuple[Results, History]:
    """The run at rates (1, 9) with its history, by the kernel that trains the map's pixels.

    Raises
    ------
    Cancelled   the flag went up
    """
    way = way_of(prepared.plan, plane)
    results = Results.of(1)
    history = History.of(prepared.plan, way, prepared.plan.spec.steps)
    _run(way, rates, prepared, results, history, cancel)
    return results, history


def _run(
    way: Way,
    rates: Array,
    prepared: Prepared,
    results: Results,
    history: History,
    cancel: CancelFlag,
) -> None:
    from deepfractals_gui.kernels import training, training_identity, training_single

    plan = prepared.plan
    losses, *recorded, states = history
    if way is Way.GENERAL:
        general: Any = training.sample
        general(rates, prepared.network, *results, cancel.array, losses, *recorded)
        cancel.check()
        return
    hidden, output = plan.layers
    inputs, targets = _owned(plan.data.inputs), _owned(plan.data.targets[:, 0])
    first, second = _owned(plan.weights[0]), _owned(plan.weights[1][:, 0])
    probe, steps = np.ones(plan.spec.inputs), plan.spec.steps
    if way is Way.SINGLE:
        single: Any = training_single.sample
        single(
            rates, training_single.SUPPORTED.index(hidden.activation), inputs[0], targets[0],
            first, second, hidden.scale, output.scale, probe, steps, *results, cancel.array,
            states, losses,
        )  # fmt: skip
    else:
        linear: Any = training_identity.sample
        linear(
            rates, inputs, targets, first, second, hidden.scale * output.scale, probe, steps,
            *results, cancel.array, losses, *recorded,
        )  # fmt: skip
    cancel.check()


def _owned(array: Array) -> Array:
    # Of the one type that the kernels are compiled for: contiguous and writable.
    return np.array(array, np.float64)
