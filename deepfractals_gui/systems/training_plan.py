"""From the parameters of the trainability map to the network, its data and its first weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from deepfractals_gui.core import Array, DataRef, ParamError
from deepfractals_gui.nn import DenseSpec, NetSpec, OptimizerSpec, SpecError, initial_weights
from deepfractals_gui.nn.initial import BATCHES, WEIGHTS
from deepfractals_gui.nn.initial import generator as stream
from deepfractals_gui.systems.training_data import (
    PAPER_BATCH,
    PAPER_SETS,
    TrainingData,
    one_hot,
    paper,
    paper_batches,
    paper_data,
    read_data,
    read_weights,
)

MAPPED_ACTIVATIONS = ("tanh", "relu", "identity", "sigmoid", "gelu", "sin")
MAPPED_LOSSES = ("mse", "cross_entropy")
MAPPED_OPTIMIZERS = ("sgd", "nesterov", "adam", "adamw")
LARGEST_MATCH = 4096
"""Data points that are drawn, at most, to match a network's number of parameters."""
LARGEST_WIDTH, LARGEST_DEPTH = 128, 8
PAPER_WIDTH = 16
MOST_DRAWS = 1 << 24
"""Data points, at most, in all minibatches of a run: 128 MB, drawn in a tenth of a second."""
FEWEST_STEPS = 20
"""Updates, at least: the outcome is judged by the mean of the last twenty losses."""


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """Everything a training run needs but its rates.

    Attributes
    ----------
    spec : the network; every layer is dense
    data : inputs (D, n) and targets (D, k)
    weights : W0, b0 where there are biases, W1, ...: float64, in the layers' order
    batches : int64 (steps, B), the data points of each step; (0, 0) for full-batch training
    """

    spec: NetSpec
    data: TrainingData
    weights: tuple[Array, ...]
    batches: Array

    @property
    def layers(self) -> tuple[DenseSpec, ...]:
        return tuple(layer for layer in self.spec.layers if isinstance(layer, DenseSpec))


@lru_cache(maxsize=16)
def training_plan(p: Any) -> TrainingPlan:
    """Collect what the parameters ask for. Everything drawn comes from NumPy's PCG64.

    ``PCG64([seed, 0])`` gives standard normal W0, W1, ..., then X and Y, row by row; each W is
    multiplied by what its layer's ``init`` says. ``PCG64([seed, 1])`` gives the minibatches.

    Raises
    ------
    ParamError   a file can't be used, or the parameters don't fit together
    """
    given = _given_spec(p)
    data = _shipped_or_file(p, given)
    inputs = data.inputs.shape[1] if data is not None else _drawn_inputs(p, given)
    outputs = data.targets.shape[1] if data is not None else _drawn_outputs(p, given)
    spec = _fitting(p, given, inputs, outputs) if given else _spec(p, inputs, outputs)
    generator = stream(spec.seed, WEIGHTS)
    layers = [layer for layer in spec.layers if isinstance(layer, DenseSpec)]
    weights = tuple(_drawn_weights(layers, inputs, generator))
    if data is None:
        data = _drawn_data(p, spec, layers, generator)
    weights = _chosen_weights(p, layers, inputs, weights)
    return TrainingPlan(spec, data, weights, _batches(p, spec, len(data.inputs)))


def _given_spec(p: Any) -> NetSpec | None:
    if not isinstance(p.spec, DataRef):
        return None
    try:
        spec = NetSpec.from_json(p.spec.read())
    except (SpecError, ValueError) as error:
        raise ParamError("spec", f"{p.spec.name}: {error}") from None
    for number, layer in enumerate(spec.layers, start=1):
        if not isinstance(layer, DenseSpec):
            raise ParamError(
                "spec",
                f"{p.spec.name}: layer {number} is {layer.kind}; a map trains networks of dense "
                "layers",
            )
        known, what = MAPPED_ACTIVATIONS, layer.activation
        if what not in known:
            raise ParamError(
                "spec", f"{p.spec.name}: a map knows the activations {', '.join(known)}, not {what}"
            )
        if layer.units > LARGEST_WIDTH:
            raise ParamError(
                "spec", f"{p.spec.name}: layer {number} has {layer.units} units; a map trains "
                f"networks of at most {LARGEST_WIDTH}",
            )  # fmt: skip
    if len(spec.layers) > LARGEST_DEPTH + 1:
        raise ParamError("spec", f"{p.spec.name}: a map trains at most {LARGEST_DEPTH + 1} layers")
    last = spec.layers[-1]
    if isinstance(last, DenseSpec) and (last.activation != "identity" or last.residual):
        raise ParamError("spec", f"{p.spec.name}: the last layer must be linear")
    parts: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        ("loss", spec.loss, MAPPED_LOSSES),
        ("optimizer", spec.optimizer.kind, MAPPED_OPTIMIZERS),
    )
    for what, value, allowed in parts:
        if value not in allowed:
            raise ParamError(
                "spec", f"{p.spec.name}: a map knows the {what} {', '.join(allowed)}, not {value}"
            )
    if spec.steps < FEWEST_STEPS:
        raise ParamError(
            "spec", f"{p.spec.name}: a map needs at least {FEWEST_STEPS} steps, not {spec.steps}"
        )
    if spec.l1 or spec.l2 or spec.clip or spec.optimizer.lr_decay:
        raise ParamError(
            "spec", f"{p.spec.name}: a map knows neither l1, l2, clip nor lr_decay; they must be 0"
        )
    return spec


def _loss(p: Any, given: NetSpec | None) -> str:
    return str(given.loss if given else p.loss)


def _shipped_or_file(p: Any, given: NetSpec | None) -> TrainingData | None:
    classes = _loss(p, given) == "cross_entropy"
    if isinstance(p.data, DataRef):
        try:
            return read_data(p.data, classes)
        except ValueError as error:
            raise ParamError("data", str(error)) from None
    if p.data not in PAPER_SETS:
        return None
    data = paper_data(p.data)
    if given is None and p.weights == "auto" and (p.width, p.depth) != (PAPER_WIDTH, 1):
        raise ParamError(
            "data",
            f"the paper's weights belong to width {PAPER_WIDTH} and depth 1; choose "
            "weights=drawn or data=matching for other networks",
        )
    return TrainingData(data.inputs, _classes_of(data.targets)) if classes else data


def _drawn_inputs(p: Any, given: NetSpec | None) -> int:
    return given.inputs if given else int(p.width)


def _drawn_outputs(p: Any, given: NetSpec | None) -> int:
    if given:
        return given.outputs
    return 2 if p.loss == "cross_entropy" else 1


def _fitting(p: Any, given: NetSpec, inputs: int, outputs: int) -> NetSpec:
    if (given.inputs, given.outputs) != (inputs, outputs):
        raise ParamError(
            "spec",
            f"{p.spec.name}: the network has {given.inputs} inputs and {given.outputs} outputs, "
            f"but the data has {inputs} and {outputs}",
        )
    return given


def _spec(p: Any, inputs: int, outputs: int) -> NetSpec:
    gain = 1.0 if p.activation == "identity" else 2.0
    layers = []
    width = inputs
    for _ in range(p.depth):
        residual = p.residual and width == p.width
        scale = math.sqrt(gain / width)
        layers.append(DenseSpec(p.width, p.activation, p.bias, residual, scale, "normal"))
        width = p.width
    layers.append(DenseSpec(outputs, "identity", p.bias, scale=1.0 / p.width, init="normal"))
    optimizer = OptimizerSpec(
        p.optimizer,
        lr=p.lr or p.lr_input,
        lr_output=None if p.lr else p.lr_output,
        momentum=p.momentum,
        beta1=p.beta1,
        beta2=p.beta2,
        weight_decay=p.weight_decay,
    )
    try:
        return NetSpec(inputs, tuple(layers), p.loss, optimizer, p.batch, p.steps, p.seed)
    except SpecError as error:
        raise ParamError("width", str(error)) from None


def _drawn_weights(
    layers: list[DenseSpec], inputs: int, generator: np.random.Generator
) -> list[Array]:
    found = []
    width = inputs
    for layer in layers:
        found.append(initial_weights(layer.init, layer.gain, width, layer.units, generator))
        if layer.bias:
            found.append(np.zeros(layer.units))
        width = layer.units
    return found


def _drawn_data(
    p: Any, spec: NetSpec, layers: list[DenseSpec], generator: np.random.Generator
) -> TrainingData:
    linear = all(layer.activation == "identity" for layer in layers)
    widths = (spec.inputs, *(layer.units for layer in layers))
    parameters = sum(a * b for a, b in pairwise(widths))
    matching = spec.inputs if linear else min(parameters, LARGEST_MATCH)
    count = 1 if p.data == "single" else matching
    inputs = generator.standard_normal((count, spec.inputs))
    targets = generator.standard_normal((count, spec.outputs))
    if spec.loss == "cross_entropy":
        targets = np.eye(spec.outputs)[np.argmax(targets, axis=1)]
    return TrainingData(inputs, targets)


def _classes_of(targets: Array) -> Array:
    return one_hot("targets", (targets > 0).astype(np.float64))


def _chosen_weights(
    p: Any, layers: list[DenseSpec], inputs: int, drawn: tuple[Array, ...]
) -> tuple[Array, ...]:
    if isinstance(p.weights, DataRef):
        widths = (inputs, *(layer.units for layer in layers))
        shapes = tuple(pairwise(widths))
        try:
            return read_weights(p.weights, shapes, any(layer.bias for layer in layers))
        except ValueError as error:
            raise ParamError("weights", str(error)) from None
    if p.weights == "auto" and p.data in PAPER_SETS and not isinstance(p.spec, DataRef):
        own = iter((paper()["W0"], paper()["W1"]))
        biases = [np.zeros(layer.units) for layer in layers]
        found: list[Array] = []
        for layer, bias in zip(layers, biases, strict=True):
            found.append(next(own))
            if layer.bias:
                found.append(bias)
        outputs = layers[-1].units
        if outputs != 1:
            # Two classes: the second output mirrors the first.
            index = 2 if layers[0].bias else 1
            found[index] = np.hstack((-found[index], found[index]))
        return tuple(found)
    return drawn


def _batches(p: Any, spec: NetSpec, count: int) -> Array:
    if not spec.batch:
        return np.zeros((0, 0), np.int64)
    if p.data in PAPER_SETS and spec.batch == PAPER_BATCH:
        stored = paper_batches(spec.steps)
        if stored is not None and stored.max() < count:
            return stored
    if spec.steps * spec.batch > MOST_DRAWS:
        raise ParamError(
            "batch",
            f"{spec.steps} steps of {spec.batch} data points are too many minibatches; a map draws "
            f"at most {MOST_DRAWS} points in all",
        )
    generator = stream(spec.seed, BATCHES)
    drawn: Array = generator.integers(0, count, (spec.steps, spec.batch))
    return drawn
