"""Networks and their parts in a few words."""

from __future__ import annotations

from deepfractals_gui.nn import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    NetSpec,
)

TITLES = {
    "relu": "ReLU",
    "gelu": "GELU",
    "leaky_relu": "leaky ReLU",
    "mse": "mean squared error",
    "cross_entropy": "cross-entropy",
    "binary_cross_entropy": "binary cross-entropy",
    "sgd": "SGD",
    "nesterov": "Nesterov",
    "adagrad": "AdaGrad",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "he": "He",
    "glorot": "Glorot",
}
"""How what a NetSpec names is written for a person, where it differs."""


def title(name: str) -> str:
    """A name of a NetSpec as a person writes it."""
    return TITLES.get(name, name.replace("_", " "))


def layer_words(layer: LayerSpec) -> str:
    """A layer in words, such as "dense 64, ReLU, residual"."""
    if isinstance(layer, DenseSpec):
        words = [f"dense {layer.units}"]
        if layer.activation != "identity":
            words.append(title(layer.activation))
        if layer.residual:
            words.append("residual")
        if not layer.bias:
            words.append("no bias")
        return ", ".join(words)
    if isinstance(layer, ActivationSpec):
        return title(layer.name)
    if isinstance(layer, DropoutSpec):
        return f"dropout {layer.rate:g}"
    assert isinstance(layer, BatchNormSpec)
    return "batch norm"


def network_words(spec: NetSpec) -> str:
    """A network in words, such as "2-16-16-2 tanh, dropout, Adam"."""
    dense = [layer for layer in spec.layers if isinstance(layer, DenseSpec)]
    widths = [str(spec.inputs), *(str(layer.units) for layer in dense)]
    if len(widths) > 7:
        widths = [*widths[:3], "…", *widths[-2:]]
    words = ["-".join(widths)]
    names = [layer.activation for layer in dense if layer.activation != "identity"]
    names += [layer.name for layer in spec.layers if isinstance(layer, ActivationSpec)]
    if names:
        words[0] += " " + "/".join(title(name) for name in dict.fromkeys(names))
    if any(layer.residual for layer in dense):
        words.append("residual")
    if any(isinstance(layer, DropoutSpec) for layer in spec.layers):
        words.append("dropout")
    if any(isinstance(layer, BatchNormSpec) for layer in spec.layers):
        words.append("batch norm")
    words.append(title(spec.optimizer.kind))
    return ", ".join(words)


def parameter_count(spec: NetSpec) -> int:
    """How many numbers are learned."""
    count, width = 0, spec.inputs
    for layer in spec.layers:
        if isinstance(layer, DenseSpec):
            count += width * layer.units + (layer.units if layer.bias else 0)
            width = layer.units
        elif isinstance(layer, BatchNormSpec):
            count += 2 * width
    return count


def count_words(count: int, one: str, many: str = "") -> str:
    """A count with its noun: "1 layer", "3 layers", "1,797 images"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
