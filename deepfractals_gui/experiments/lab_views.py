"""What there is to see inside a network at one moment of a run. Nothing here changes the run.

Every function copies the network before it computes with it: layers remember batches, and the run
that goes on meanwhile uses the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_data import LabData, guesses
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.nn import (
    Activation,
    Activation_Softmax,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    Layer,
    Model,
    ResidualBlock,
)

_MARGIN = 0.15
"""Room around the data, as a share of their extent."""


class Plane(NamedTuple):
    """The network over the plane of two inputs, as these are before scaling.

    Attributes
    ----------
    x, y : float64 (W,), (H,)   places of the columns and rows; row 0 is the smallest y
    outputs : float64 (H, W, K)   probabilities, or numbers for regression
    units : by hidden layer, its name and activations float64 (units, H, W)
    """

    x: Array
    y: Array
    outputs: Array
    units: tuple[tuple[str, Array], ...]


def plane(s: LabState, shape: tuple[int, int], *, units: bool = True) -> Plane | None:
    """The network over the region of its data; None unless it has two inputs."""
    if s.params.spec.inputs != 2:
        return None
    (left, right), (low, high) = extents(s.data)
    height, width = shape
    x, y = _centres(left, right, width), _centres(low, high, height)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    model = s.model.copy().eval()
    with np.errstate(all="ignore"):
        output = model.forward(s.data.scaling.apply(points))
    hidden = hidden_outputs(model) if units else []
    return Plane(
        x, y, output.reshape(height, width, -1),
        tuple((name, values.T.reshape(-1, height, width)) for name, values in hidden),
    )  # fmt: skip


class Line(NamedTuple):
    """The network over its only input: x (N,) before scaling, outputs (N, K)."""

    x: Array
    outputs: Array
    units: tuple[tuple[str, Array], ...]


def line(s: LabState, count: int) -> Line | None:
    """The network over the range of its data; None unless it has one input."""
    if s.params.spec.inputs != 1:
        return None
    x = _centres(*extents(s.data)[0], count)
    model = s.model.copy().eval()
    with np.errstate(all="ignore"):
        output = model.forward(s.data.scaling.apply(x[:, np.newaxis]))
    return Line(x, output, tuple((name, values.T) for name, values in hidden_outputs(model)))


def hidden_outputs(model: Model) -> list[tuple[str, Array]]:
    """Outputs (N, units) of the hidden layers for what went forward last, by their names.

    A hidden layer is a dense one with all that comes before the next dense one.
    """
    found: list[tuple[str, Array]] = []
    for layer in model.layers:
        dense = [inner for inner in layer.walk() if isinstance(inner, DenseLayer)]
        if dense:
            found.append((f"Layer {len(found) + 1}", layer.output))
        elif found:
            found[-1] = (found[-1][0], layer.output)
    return found[:-1]


class Confusion(NamedTuple):
    """Counts int64 (k, k): rows are true classes, columns guesses; and the names of the classes."""

    counts: Array
    classes: tuple[str, ...]


def confusion(s: LabState, *, test: bool = True) -> Confusion | None:
    """What is taken for what, among test or training rows; None where there are no such classes."""
    found, x = (s.data.test, s.data.test_x) if test else (s.data.train, s.data.x)
    if found is None or not found.is_classification:
        return None
    guessed = guesses(s.model.copy().predict(x))
    counts = np.zeros((len(found.classes),) * 2, np.int64)
    np.add.at(counts, (found.targets, guessed), 1)
    return Confusion(counts, found.classes)


class Mistake(NamedTuple):
    """A row that the network gets wrong.

    Attributes
    ----------
    row : its number among the test rows
    inputs : (n,), before scaling
    true, guessed : names of classes
    confidence : the probability that the network gives its guess; under mse, its output
    """

    row: int
    inputs: Array
    true: str
    guessed: str
    confidence: float


def mistakes(s: LabState, count: int) -> tuple[Mistake, ...]:
    """The test rows that are wrong with the greatest confidence, the worst first."""
    found = s.data.test
    if found is None or not found.is_classification:
        return ()
    output = s.model.copy().predict(s.data.test_x)
    guessed = guesses(output)
    sure = np.where(guessed == 1, output[:, 0], 1.0 - output[:, 0])
    if output.shape[1] > 1:
        sure = output[np.arange(len(output)), guessed]
    wrong = np.flatnonzero(guessed != found.targets)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    return tuple(
        Mistake(
            int(row), found.inputs[row], found.classes[found.targets[row]],
            found.classes[guessed[row]], float(sure[row]),
        )
        for row in worst
    )  # fmt: skip


class Stage(NamedTuple):
    """One step of a forward or backward pass of one sample.

    Attributes
    ----------
    title : such as "Layer 2: dense 16 → 8"
    formula : what is computed
    arrays : names and arrays, one- or two-dimensional
    direction : forward or backward
    """

    title: str
    formula: str
    arrays: tuple[tuple[str, Array], ...]
    direction: str


def chain(s: LabState, row: int, *, test: bool = False) -> tuple[Stage, ...]:
    """The chain rule step by step: forward through the layers, the loss, and back.

    The network evaluates: nothing is dropped, and batch normalisation uses its running statistics.
    Gradients are those of the sample's loss alone, without penalties.

    Raises
    ------
    IndexError   there is no such row
    """
    x, y = (s.data.test_x, s.data.test_y) if test else (s.data.x, s.data.y)
    model = s.model.copy().eval()
    model.l1 = model.l2 = 0.0
    row = range(len(x))[row]
    x, y = x[row : row + 1], y[row : row + 1]
    with np.errstate(all="ignore"):
        output = model.forward(x)
        loss = model.data_loss(output, y)
        model.backward(output, y)
    stages = [Stage("The sample", "x: the scaled inputs", (("x", x[0]),), "forward")]
    numbers = {layer: number for number, layer in enumerate(model.walk(), start=1)}
    for layer in model.layers:
        stages += _all_forward(layer, numbers)
    target = np.atleast_1d(y[0])
    values = (("output", output[0]), ("target", target), ("loss", np.array([loss])))
    stages.append(Stage("The loss", _LOSSES[s.params.spec.loss], values, "forward"))
    layers = list(model.layers)
    if s.params.spec.loss != "mse":
        head = layers.pop()
        words = f"Layer {numbers[head]}: {head.describe()} and loss in one"
        gradient = (("g by the logits", head.dinputs[0]),)
        stages.append(Stage(words, _HEADS[s.params.spec.loss], gradient, "backward"))
    for layer in reversed(layers):
        stages += _all_backward(layer, numbers)
    return tuple(stages)


def _all_forward(layer: Layer, numbers: Mapping[Layer, int]) -> list[Stage]:
    """The stages of a layer, or of those inside a block, and the sum that ends it."""
    if not isinstance(layer, ResidualBlock):
        return [_forward(numbers[layer], layer)]
    stages = [stage for one in layer.layers for stage in _all_forward(one, numbers)]
    inside = layer.layers[-1].output[0]
    arrays = (("x", layer.inputs[0]), ("F(x)", inside), ("out", layer.output[0]))
    return [*stages, Stage(_around(layer, numbers), "y = (x + F(x)) / √2", arrays, "forward")]


def _all_backward(layer: Layer, numbers: Mapping[Layer, int]) -> list[Stage]:
    """The stages of a layer, or of those inside a block and the sum of both ways."""
    if not isinstance(layer, ResidualBlock):
        return [_backward(numbers[layer], layer)]
    stages = [stage for one in reversed(layer.layers) for stage in _all_backward(one, numbers)]
    inside = layer.layers[0].dinputs[0]
    arrays = (
        ("g / √2", layer.dinputs[0] - inside), ("gx of F", inside), ("gx", layer.dinputs[0]),
    )  # fmt: skip
    formula = "F gets g / √2, and gx = g / √2 + gx of F"
    return [*stages, Stage(_around(layer, numbers), formula, arrays, "backward")]


def _around(layer: ResidualBlock, numbers: Mapping[Layer, int]) -> str:
    inside = [numbers[one] for one in layer.walk()]
    return f"Around layers {inside[0]} to {inside[-1]}: residual"


_LOSSES = {
    "mse": "L = mean (ŷ - y)² over the K outputs; g = 2 (ŷ - y) / K",
    "cross_entropy": "L = -ln p[label]",
    "binary_cross_entropy": "L = -mean (t ln p + (1 - t) ln(1 - p)) over the K outputs",
}
_HEADS = {
    "cross_entropy": "g = p - t, t being 1 for the label and else 0",
    "binary_cross_entropy": "g = (p - t) / K",
}
"""The gradient by the logits: the function behind them and the loss in one step."""


def _forward(number: int, layer: Layer) -> Stage:
    arrays: list[tuple[str, Array]] = [("in", layer.inputs[0])]
    if isinstance(layer, DenseLayer):
        formula = "y = xW + b" if layer.bias else "y = xW"
        formula = formula if layer.scale == 1.0 else formula.replace("xW", f"{layer.scale:.4g} xW")
        arrays.append(("W", layer.weights))
        arrays += [("b", layer.biases)] if layer.bias else []
    elif isinstance(layer, BatchNormLayer):
        formula = "y = γ (x - μ) / √(σ² + ε) + β"
        arrays += [("μ", layer.mean), ("σ²", layer.variance), ("γ", layer.gamma)]
        arrays.append(("β", layer.beta))
    elif isinstance(layer, DropoutLayer):
        formula = "y = x: nothing is dropped when evaluating"
    else:
        formula = _first_formula(layer)
    arrays.append(("out", layer.output[0]))
    return Stage(f"Layer {number}: {layer.describe()}", formula, tuple(arrays), "forward")


def _backward(number: int, layer: Layer) -> Stage:
    arrays: list[tuple[str, Array]] = []
    if isinstance(layer, DenseLayer):
        factor = "" if layer.scale == 1.0 else f"{layer.scale:.4g} "
        bias = "gb = g, " if layer.bias else ""
        formula = f"gW = {factor}xᵀg, {bias}gx = {factor}gWᵀ"
        arrays.append(("gW", layer.dweights))
        arrays += [("gb", layer.dbiases)] if layer.bias else []
    elif isinstance(layer, BatchNormLayer):
        formula = "gγ = g (x - μ) / √(σ² + ε), gβ = g, gx = γ g / √(σ² + ε)"
        arrays += [("gγ", layer.dgamma), ("gβ", layer.dbeta)]
    elif isinstance(layer, DropoutLayer):
        formula = "gx = g"
    elif isinstance(layer, Activation_Softmax):
        formula = "gx = p (g - Σ g p)"
    else:
        formula = "gx = g f'(x)"
        assert isinstance(layer, Activation)
        arrays.append(("f'(x)", layer.slope(layer.inputs, layer.output)[0]))
    arrays.append(("gx", layer.dinputs[0]))
    return Stage(f"Layer {number}: {layer.describe()}", formula, tuple(arrays), "backward")


def _first_formula(layer: Layer) -> str:
    """The formula that a layer's own description begins with."""
    return (type(layer).__doc__ or "").split(";")[0].split("\n")[0].rstrip(".")


def extents(data: LabData) -> tuple[tuple[float, float], ...]:
    """The range, with room around it, of each of the first two inputs over the training rows."""
    found = []
    for column in data.train.inputs[:, :2].T:
        low, high = float(column.min()), float(column.max())
        room = _MARGIN * (high - low) or 1.0
        found.append((low - room, high + room))
    return tuple(found)


def _centres(low: float, high: float, count: int) -> Array:
    return low + (np.arange(count) + 0.5) * ((high - low) / count)
