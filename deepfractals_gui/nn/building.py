"""Models from descriptions, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

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
    numbers,
)
from deepfractals_gui.nn.losses import (
    LOSS_CLASSES,
    Loss_BinaryCrossentropy,
    Loss_CategoricalCrossentropy,
)
from deepfractals_gui.nn.model import Model
from deepfractals_gui.nn.optimizers import description_of, optimizer_of
from deepfractals_gui.nn.spec import (
    BATCH_NORM_EPSILON,
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    NetSpec,
    OptimizerSpec,
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
        model.optimizer.rates[_last_dense(model)] = spec.optimizer.lr_output
    return model


def _last_dense(model: Model) -> DenseLayer:
    return [layer for layer in model.walk() if isinstance(layer, DenseLayer)][-1]


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


def spec_of(model: Model) -> NetSpec:
    """Describe a model that was built by hand: `model_of` makes one that learns and answers alike.

    Its seed isn't known, and is 0. Without a loss it is described as of the mean squared error.

    Raises
    ------
    SpecError   a layer, the loss or the optimiser has no description
    """
    layers = layers_of(model)
    first = next((p.value for layer in model.walk() for p in layer.parameters()), None)
    if first is None:
        raise SpecError("a model without weights has no description")
    optimizer, clip = OptimizerSpec(), 0.0
    if getattr(model, "optimizer", None) is not None:
        optimizer, clip = description_of(model.optimizer), model.optimizer.clip
        last = _last_dense(model) if any(isinstance(one, DenseSpec) for one in layers) else None
        for layer, rate in model.optimizer.rates.items():
            if layer is last:
                optimizer = replace(optimizer, lr_output=rate)
            elif layer in set(model.walk()):
                raise SpecError(f"{layer.name}: only the last dense layer may have its own rate")
    return NetSpec(
        first.shape[0], layers, _loss_of(model), optimizer, l1=model.l1, l2=model.l2, clip=clip
    )


def _loss_of(model: Model) -> str:
    """The name of the loss in a description, which has a softmax or a sigmoid in front of it."""
    loss = getattr(model, "loss", None)
    if loss is None:
        return "mse"
    for name, kind in LOSS_CLASSES.items():
        if type(loss) is kind and (name == "mse" or _is_head(model.layers[-1], model)):
            return name
    raise SpecError(
        f"the loss {type(loss).__name__} has no description behind {model.layers[-1].describe()}; "
        "the cross-entropies have one of probabilities, after a softmax or a sigmoid"
    )


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
        elif isinstance(layer, BatchNormLayer) and layer.epsilon == BATCH_NORM_EPSILON:
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
        elif isinstance(layer, Activation_Softmax):
            raise SpecError(
                f"{layer.name} (softmax) has a description only as the last layer, under "
                "Loss_CategoricalCrossentropy()"
            )
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
    """Give a model the arrays that `arrays_of` names; they are copied, all of them or none.

    Raises
    ------
    ShapeError   one is missing, of another shape, or holds numbers that aren't finite, or
        variances that are negative
    """
    copied: list[tuple[Array, Array]] = []
    for name, layer, attribute in _places(model):
        if name not in arrays:
            raise ShapeError(f"there is no array {name} for {layer.name} ({layer.describe()})")
        wanted, given = getattr(layer, attribute), numbers(arrays[name], name)
        if given.shape != wanted.shape:
            raise ShapeError(
                f"{name} has the shape {given.shape}; {layer.name} ({layer.describe()}) needs "
                f"{wanted.shape}"
            )
        if not np.isfinite(given).all():
            raise ShapeError(f"{name} holds numbers that aren't finite")
        if attribute == "variance" and given.min() < 0.0:
            raise ShapeError(f"{name} holds negative variances")
        copied.append((wanted, given))
    for wanted, given in copied:
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
