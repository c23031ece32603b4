"""Models from descriptions, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.activations import (
    ACTIVATION_LAYERS,
    Activation,
    Activation_Sigmoid,
    Activation_Softmax,
)
from deepfractals_gui.nn.initial import DROPOUT, WEIGHTS, generator
from deepfractals_gui.nn.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    Layer,
    ResidualBlock,
    ShapeError,
)
from deepfractals_gui.nn.losses import (
    LOSS_CLASSES,
    Loss_BinaryCrossentropy,
    Loss_CategoricalCrossentropy,
)
from deepfractals_gui.nn.model import Model
from deepfractals_gui.nn.optimizers import optimizer_of
from deepfractals_gui.nn.spec import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    NetSpec,
    SpecError,
)


def model_of(spec: NetSpec) -> Model:
    """The model that a description asks for, with the first weights of its seed.

    The weights of the dense layers come from the stream ``PCG64([seed, 0])``, layer after layer;
    what dropout silences from ``PCG64([seed, 3])``. The last layer's outputs are logits to the
    cross-entropies; a softmax or sigmoid is put behind it, so that the model answers probabilities.
    """
    model = Model()
    weights, silence = generator(spec.seed, WEIGHTS), generator(spec.seed, DROPOUT)
    width = spec.inputs
    for layer in spec.layers:
        for made in _made(layer, width, weights, silence):
            model.add(made)
        width = layer.units if isinstance(layer, DenseSpec) else width
    if spec.loss == "cross_entropy":
        model.add(Activation_Softmax())
    elif spec.loss == "binary_cross_entropy":
        model.add(Activation_Sigmoid())
    model.loss = LOSS_CLASSES[spec.loss]()
    model.l1, model.l2 = spec.l1, spec.l2
    model.optimizer = optimizer_of(spec.optimizer, spec.clip)
    if spec.optimizer.lr_output is not None:
        last = [layer for layer in model.walk() if isinstance(layer, DenseLayer)][-1]
        model.optimizer.rates[last] = spec.optimizer.lr_output
    return model


def _made(
    layer: LayerSpec, width: int, weights: np.random.Generator, silence: np.random.Generator
) -> Iterator[Layer]:
    if isinstance(layer, DropoutSpec):
        yield DropoutLayer(layer.rate, silence)
    elif isinstance(layer, BatchNormSpec):
        yield BatchNormLayer(width, layer.momentum)
    elif isinstance(layer, ActivationSpec):
        yield ACTIVATION_LAYERS[layer.name]()
    else:
        dense = DenseLayer(
            width, layer.units, init=layer.init, gain=layer.gain, scale=layer.scale,
            bias=layer.bias, rng=weights,
        )  # fmt: skip
        inner: list[Layer] = [dense]
        if layer.activation != "identity":
            inner.append(ACTIVATION_LAYERS[layer.activation]())
        if layer.residual:
            yield ResidualBlock(*inner)
        else:
            yield from inner


def layers_of(model: Model) -> tuple[LayerSpec, ...]:
    """Describe the layers of a model that was built by hand.

    Raises
    ------
    SpecError   a layer, or the way they are put together, has no description
    """
    layers = list(model.layers)
    # What a description says by its loss: the last layer gives logits.
    if layers and _is_head(layers[-1], model):
        layers.pop()
    found: list[LayerSpec] = []
    for layer in layers:
        if isinstance(layer, Activation):
            found.append(ActivationSpec(_name_of(layer)))
        elif isinstance(layer, DropoutLayer):
            found.append(DropoutSpec(layer.rate))
        elif isinstance(layer, BatchNormLayer):
            found.append(BatchNormSpec(layer.momentum))
        elif isinstance(layer, DenseLayer):
            found.append(_dense(layer, "identity", False))
        elif isinstance(layer, ResidualBlock):
            dense, *rest = layer.layers
            known = len(rest) <= 1 and all(isinstance(one, Activation) for one in rest)
            if not (isinstance(dense, DenseLayer) and known):
                raise SpecError(f"{layer.name} ({layer.describe()}) has no description")
            name = _name_of(rest[0]) if rest else "identity"
            found.append(_dense(dense, name, True))
        else:
            raise SpecError(f"{layer.name} ({layer.describe()}) has no description")
    return tuple(found)


def _is_head(last: Layer, model: Model) -> bool:
    loss = getattr(model, "loss", None)
    if isinstance(loss, Loss_CategoricalCrossentropy) and not loss.from_logits:
        return isinstance(last, Activation_Softmax)
    if isinstance(loss, Loss_BinaryCrossentropy) and not loss.from_logits:
        return isinstance(last, Activation_Sigmoid)
    return False


def _name_of(layer: Layer) -> str:
    for name, kind in ACTIVATION_LAYERS.items():
        if type(layer) is kind:
            return name
    raise SpecError(f"{layer.name} ({layer.describe()}) has no description")


def _dense(layer: DenseLayer, activation: str, residual: bool) -> DenseSpec:
    return DenseSpec(
        layer.weights.shape[1], activation, layer.bias, residual, layer.scale, layer.init,
        layer.gain,
    )  # fmt: skip


def arrays_of(model: Model) -> dict[str, Array]:
    """The arrays of a model by name: W0, b0, W1, ... of the dense layers in order, without those
    biases that a layer doesn't have; gamma0, beta0, mean0, var0, ... of batch normalisation."""
    return {name: getattr(layer, attribute) for name, layer, attribute in _places(model)}


def set_arrays(model: Model, arrays: Mapping[str, Array]) -> None:
    """Give a model the arrays that `arrays_of` names; they are copied.

    Raises
    ------
    ShapeError   one is missing, of another shape, or holds numbers that aren't finite
    """
    for name, layer, attribute in _places(model):
        if name not in arrays:
            raise ShapeError(f"there is no array {name} for {layer.name} ({layer.describe()})")
        wanted, given = getattr(layer, attribute), np.asarray(arrays[name], np.float64)
        if given.shape != wanted.shape:
            raise ShapeError(
                f"{name} has the shape {given.shape}; {layer.name} ({layer.describe()}) needs "
                f"{wanted.shape}"
            )
        if not np.isfinite(given).all():
            raise ShapeError(f"{name} holds numbers that aren't finite")
        wanted[...] = given


def _places(model: Model) -> Iterator[tuple[str, Layer, str]]:
    """Names, layers and attributes of a model's arrays."""
    dense = norm = 0
    for layer in model.walk():
        if isinstance(layer, DenseLayer):
            yield f"W{dense}", layer, "weights"
            if layer.bias:
                yield f"b{dense}", layer, "biases"
            dense += 1
        elif isinstance(layer, BatchNormLayer):
            yield f"gamma{norm}", layer, "gamma"
            yield f"beta{norm}", layer, "beta"
            yield f"mean{norm}", layer, "mean"
            yield f"var{norm}", layer, "variance"
            norm += 1
