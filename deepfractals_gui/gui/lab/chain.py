"""One sample through a network and back, as stages to step through."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.gui.lab.chain_view import Stage
from deepfractals_gui.nn import (
    Activation,
    Activation_Sigmoid,
    Activation_Softmax,
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    Layer,
    Model,
    ResidualBlock,
)

_VALUES = {
    "identity": ("y = x", "∂x = ∂y"),
    "relu": ("y = max(x, 0)", "∂x = ∂y · [x > 0]"),
    "leakyrelu": ("y = x, or 0.01 x where x < 0", "∂x = ∂y, or 0.01 ∂y where x < 0"),
    "sigmoid": ("y = 1 / (1 + e⁻ˣ)", "∂x = ∂y · y (1 − y)"),
    "tanh": ("y = tanh x", "∂x = ∂y · (1 − y²)"),
    "sin": ("y = sin x", "∂x = ∂y · cos x"),
    "softplus": ("y = ln(1 + eˣ)", "∂x = ∂y / (1 + e⁻ˣ)"),
    "gelu": ("y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))", "∂x = ∂y · y′(x)"),
    "softmax": ("pᵢ = eˣⁱ / Σ eˣʲ", "∂x = p ⊙ (∂y − Σ ∂y ⊙ p)"),
}
_LOSSES = {
    "mse": ("L = mean (y − t)²", "∂y = 2 (y − t) / K"),
    "cross_entropy": ("L = −Σ t ln p", "∂x = p − t"),
    "binary_cross_entropy": ("L = −mean (t ln p + (1 − t) ln(1 − p))", "∂x = (p − t) / K"),
}
ROWS = "∂ stands for the gradient of the loss by what follows it; the sample is a row vector."


def stages_of(state: LabState, model: Model, sample: int) -> tuple[tuple[Stage, ...], str]:
    """The stages for one training sample, and what sample it is. The model is used up.

    The network answers as after training: nothing is dropped, running means normalise.
    """
    data = state.data
    index = sample % len(data.x)
    x, y = data.x[index : index + 1], data.y[index : index + 1]
    model.eval()
    with np.errstate(all="ignore"):
        output = model.forward(x)
        loss = model.data_loss(output, y)
        model.backward(output, y)
    name = state.params.spec.loss
    fused = name != "mse"
    t = model.loss.targets(y, output.shape)[0]
    forward = list(_forward(model.layers, fused))
    what, back = _LOSSES[name]
    outcome = "p" if fused else "y"
    forward.append(Stage("loss", what, ((outcome, output[0]), ("t", t), ("L", np.array([loss])))))
    if fused:
        slope: Array = model.layers[-1].dinputs[0]
        arrays = ((outcome, output[0]), ("t", t), ("∂x", slope))
        head = "sigmoid" if isinstance(model.layers[-1], Activation_Sigmoid) else "softmax"
        first = Stage(f"loss and {head}", back, arrays, "backward")
    else:
        arrays = ((outcome, output[0]), ("t", t), ("∂y", model.loss.dinputs[0]))
        first = Stage("loss", back, arrays, "backward")
    layers = model.layers[:-1] if fused else model.layers
    note = f"Training sample {index + 1} of {len(data.x)}"
    if data.train.is_classification:
        note += f", {data.train.classes[data.train.targets[index]]}"
    return (*forward, first, *_backward(layers)), f"{note}. {ROWS}"


def _forward(layers: list[Layer], fused: bool) -> Iterator[Stage]:
    for number, layer in enumerate(layers):
        head = fused and number + 1 == len(layers)
        if isinstance(layer, ResidualBlock):
            yield from _forward(layer.layers, False)
            inside = layer.layers[-1].output[0]
            arrays = (("x", layer.inputs[0]), ("F(x)", inside), ("y", layer.output[0]))
            yield Stage("short cut", "y = (x + F(x)) / √2", arrays)
        else:
            yield _stage(layer, "p" if head else "y")


def _stage(layer: Layer, out: str) -> Stage:
    x, y = layer.inputs[0], layer.output[0]
    if isinstance(layer, DenseLayer):
        formula = f"y = {_factor(layer)}x W{' + b' if layer.bias else ''}"
        bias = (("b", layer.biases),) if layer.bias else ()
        return Stage(_title(layer), formula, (("x", x), ("W", layer.weights), *bias, (out, y)))
    if isinstance(layer, BatchNormLayer):
        arrays = (
            ("x", x), ("μ", layer.mean), ("σ²", layer.variance), ("γ", layer.gamma),
            ("β", layer.beta), (out, y),
        )  # fmt: skip
        return Stage("batch norm", "y = γ (x − μ) / √(σ² + ε) + β", arrays)
    if isinstance(layer, DropoutLayer):
        return Stage("dropout", "y = x, as nothing is dropped here", (("x", x), (out, y)))
    formula = _VALUES.get(_kind(layer), ("y = f(x)", ""))[0]
    return Stage(_title(layer), formula.replace("y =", f"{out} ="), (("x", x), (out, y)))


def _backward(layers: list[Layer]) -> Iterator[Stage]:
    for layer in reversed(layers):
        if isinstance(layer, ResidualBlock):
            share = layer.dinputs[0] - layer.layers[0].dinputs[0]
            yield Stage("short cut", "each branch gets ∂y / √2", (("∂F", share),), "backward")
            yield from _backward(layer.layers)
            arrays = (
                ("∂y / √2", share), ("∂x of F", layer.layers[0].dinputs[0]),
                ("∂x", layer.dinputs[0]),
            )  # fmt: skip
            yield Stage("short cut", "∂x = ∂y / √2 + ∂x of F", arrays, "backward")
        else:
            yield _stage_back(layer)


def _stage_back(layer: Layer) -> Stage:
    x, slope = layer.inputs[0], layer.dinputs[0]
    if isinstance(layer, DenseLayer):
        s = _factor(layer)
        formula = f"∂W = {s}xᵀ ∂y" + (",  ∂b = ∂y" if layer.bias else "") + f",  ∂x = {s}∂y Wᵀ"
        bias = (("∂b", layer.dbiases),) if layer.bias else ()
        arrays = (("x", x), ("∂W", layer.dweights), *bias, ("∂x", slope))
        return Stage(_title(layer), formula, arrays, "backward")
    if isinstance(layer, BatchNormLayer):
        arrays = (("∂γ", layer.dgamma), ("∂β", layer.dbeta), ("∂x", slope))
        formula = "∂γ = ∂y x̂,  ∂β = ∂y,  ∂x = γ ∂y / √(σ² + ε)"
        return Stage("batch norm", formula, arrays, "backward")
    if isinstance(layer, DropoutLayer):
        return Stage("dropout", "∂x = ∂y", (("∂x", slope),), "backward")
    formula = _VALUES.get(_kind(layer), ("", "∂x = ∂y · f′(x)"))[1]
    return Stage(_title(layer), formula, (("x", x), ("∂x", slope)), "backward")


def _factor(layer: DenseLayer) -> str:
    return "" if layer.scale == 1.0 else f"{layer.scale:.4g} "


def _kind(layer: Layer) -> str:
    return layer.describe() if isinstance(layer, Activation) else _head(layer)


def _head(layer: Layer) -> str:
    return "softmax" if isinstance(layer, Activation_Softmax) else layer.describe()


def _title(layer: Layer) -> str:
    names = {"relu": "ReLU", "gelu": "GELU", "leakyrelu": "leaky ReLU"}
    words = layer.describe()
    return names.get(words, words)
