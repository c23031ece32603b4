"""Layers: what a network is made of. Each maps a batch (N, in) to (N, out), and gradients back.

A layer remembers what went through it: ``inputs`` (N, in), ``output`` (N, out), the gradient by its
inputs, ``dinputs`` (N, in), and, where it has parameters, their gradients, each in the shape of its
parameter: ``weights`` and ``dweights``, ``biases`` and ``dbiases``. Gradients are those of the mean
loss over the batch. In the formulas g is the gradient by the output, gx that by the inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.initial import generator_for, initial_weights
from deepfractals_gui.nn.spec import BATCH_NORM_EPSILON


class ShapeError(ValueError):
    """An array doesn't fit a layer or a loss; one line names both shapes."""


def numbers(values: Any, what: str) -> Array:
    """Values as float64; an array of that type is returned as it is.

    Raises
    ------
    ShapeError   they aren't real numbers in rows of equal length; the text begins with ``what``
    """
    if isinstance(values, np.ndarray) and values.dtype == np.float64:
        return values
    try:
        found = np.asarray(values)
        if found.dtype.kind == "c":
            raise TypeError("they are complex")
        return found.astype(np.float64)
    except (ValueError, TypeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise ShapeError(f"{what} can't be read as real numbers: {reason}") from None


class Parameter(NamedTuple):
    """A parameter of a layer: the name of its attribute, its value and its gradient.

    ``decays`` says whether weight decay and penalties apply: to weights they do, to biases and to
    what normalises they don't.
    """

    name: str
    value: Array
    gradient: Array
    decays: bool


class Layer:
    """A step of the forward pass, and its way back.

    Attributes
    ----------
    name : how messages call it; a model numbers its layers
    training : whether it behaves as during training (dropout, batch normalisation)
    """

    name = "a layer"
    training = True
    kept: ClassVar[tuple[str, ...]] = ()
    """Attributes that a copy has its own of."""
    inputs: Array
    output: Array
    dinputs: Array

    def forward(self, inputs: Array) -> Array:
        """The output (N, out) for a batch (N, in). Raises ShapeError, which names the layer."""
        raise NotImplementedError

    def backward(self, dvalues: Array) -> Array:
        """From the gradient by the output, (N, out), to that by the inputs, (N, in).

        Gradients by the layer's parameters are left in it.

        Raises
        ------
        ShapeError   ``dvalues`` hasn't the shape of the output
        ValueError   nothing went forward before
        """
        raise NotImplementedError

    def parameters(self) -> tuple[Parameter, ...]:
        """What an optimiser may change; empty for most layers."""
        return ()

    def inner(self) -> tuple[Layer, ...]:
        """The layers inside this one."""
        return ()

    def copy(self, memo: dict[int, Any] | None = None) -> Layer:
        """The same layer with parameters and a generator of its own.

        What went through it isn't copied: batches are large, and the next one replaces them.
        Gradients are shared until then, as every backward pass makes new ones. Layers that are
        copied with the same ``memo`` share the generators that they shared.
        """
        twin = copy.copy(self)
        for passing in ("inputs", "output", "dinputs", "mask", "_normal", "_inverse"):
            twin.__dict__.pop(passing, None)
        for name in self.kept:
            setattr(twin, name, copy.deepcopy(getattr(self, name), memo))
        return twin

    def set_training(self, training: bool) -> None:
        """Train, or evaluate; so do the layers inside."""
        self.training = training
        for layer in self.inner():
            layer.set_training(training)

    def describe(self) -> str:
        """The layer in words, such as "dense 64 → 10"."""
        return type(self).__name__.removesuffix("Layer").removeprefix("Activation_").lower()

    def walk(self) -> Iterator[Layer]:
        """The layers inside, in the order in which they are computed; or this one, without any."""
        inside = self.inner()
        if not inside:
            yield self
        for layer in inside:
            yield from layer.walk()


class DenseLayer(Layer):
    """y = s xW + b; gW = s xᵀg, gb = Σ g, gx = s gWᵀ.

    Parameters
    ----------
    n_inputs, n_neurons : W is (n_inputs, n_neurons), b is (n_neurons,)
    init, gain : how W is drawn, see `initial_weights`; b begins at 0
    scale : the fixed factor s, 1 for ordinary layers
    bias : whether there is a b; without it ``biases`` stays 0
    rng : where W is drawn from; None takes the next of the streams that `seed` starts
    """

    kept: ClassVar[tuple[str, ...]] = ("weights", "biases")

    def __init__(
        self,
        n_inputs: int,
        n_neurons: int,
        *,
        init: str = "he",
        gain: float = 1.0,
        scale: float = 1.0,
        bias: bool = True,
        rng: np.random.Generator | None = None,
    ) -> None:
        if n_inputs < 1 or n_neurons < 1:
            raise ShapeError(f"a dense layer {n_inputs} → {n_neurons} has no weights")
        self.init, self.gain, self.scale, self.bias = init, float(gain), float(scale), bias
        self.weights = initial_weights(init, gain, n_inputs, n_neurons, generator_for(rng))
        self.biases = np.zeros(n_neurons)
        self.dweights = np.zeros_like(self.weights)
        self.dbiases = np.zeros_like(self.biases)

    def forward(self, inputs: Array) -> Array:
        self.inputs = batch_of(self, inputs, self.weights.shape[0])
        self.output = self.inputs @ self.weights
        if self.scale != 1.0:
            self.output *= self.scale
        if self.bias:
            self.output += self.biases
        return self.output

    def backward(self, dvalues: Array) -> Array:
        dvalues = gradient_of(self, dvalues)
        scaled = dvalues if self.scale == 1.0 else self.scale * dvalues
        self.dweights = self.inputs.T @ scaled
        if self.bias:
            self.dbiases = dvalues.sum(axis=0)
        self.dinputs = scaled @ self.weights.T
        return self.dinputs

    def parameters(self) -> tuple[Parameter, ...]:
        weights = Parameter("weights", self.weights, self.dweights, True)
        if not self.bias:
            return (weights,)
        return (weights, Parameter("biases", self.biases, self.dbiases, False))

    def describe(self) -> str:
        return f"dense {self.weights.shape[0]} → {self.weights.shape[1]}"


class DropoutLayer(Layer):
    """Inverted dropout: y = x m / (1 - rate), m being 0 with probability ``rate`` and else 1.

    gx = g m / (1 - rate). When evaluating, y = x.

    References
    ----------
    Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    """

    kept: ClassVar[tuple[str, ...]] = ("rng",)
    mask: Array | None = None

    def __init__(self, rate: float, rng: np.random.Generator | None = None) -> None:
        if not 0.0 <= rate < 1.0:
            raise ValueError(f"a dropout rate is within [0, 1), not {rate}")
        self.rate = rate
        self.rng = generator_for(rng)

    def forward(self, inputs: Array) -> Array:
        self.inputs = batch_of(self, inputs)
        self.mask = None
        if self.training and self.rate > 0.0:
            kept = self.rng.random(self.inputs.shape) >= self.rate
            self.mask = kept / (1.0 - self.rate)
        self.output = self.inputs if self.mask is None else self.inputs * self.mask
        return self.output

    def backward(self, dvalues: Array) -> Array:
        dvalues = gradient_of(self, dvalues)
        self.dinputs = dvalues if self.mask is None else dvalues * self.mask
        return self.dinputs

    def describe(self) -> str:
        return f"dropout {self.rate:g}"


class BatchNormLayer(Layer):
    """x̂ = (x - μ) / √(σ² + ε), y = γ x̂ + β, with μ and σ² (biased) of the batch, column by column.

    gγ = Σ g x̂, gβ = Σ g, gx = γ (g - mean(g) - x̂ mean(g x̂)) / √(σ² + ε). When evaluating, the
    running mean and variance stand for the batch's: r ← momentum r + (1 - momentum) batch, the
    variance unbiased. A batch of one sample is normalised to y = β; its variance isn't known, so
    the running one stays.

    Parameters
    ----------
    n_inputs : columns n; γ, β and the running mean and variance are (n,)
    momentum : within [0, 1], of the running mean and variance
    epsilon : ε > 0, against a division by 0

    References
    ----------
    Ioffe and Szegedy 2015, arXiv:1502.03167.
    """

    kept: ClassVar[tuple[str, ...]] = ("gamma", "beta", "mean", "variance")

    def __init__(
        self, n_inputs: int, momentum: float = 0.9, epsilon: float = BATCH_NORM_EPSILON
    ) -> None:
        if n_inputs < 1:
            raise ShapeError(f"batch normalisation of {n_inputs} columns has nothing to normalise")
        if not 0.0 <= momentum <= 1.0:
            raise ValueError(f"the momentum of running statistics is within [0, 1], not {momentum}")
        if not epsilon > 0.0:
            raise ValueError(f"batch normalisation needs an epsilon above 0, not {epsilon}")
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma, self.beta = np.ones(n_inputs), np.zeros(n_inputs)
        self.dgamma, self.dbeta = np.zeros(n_inputs), np.zeros(n_inputs)
        self.mean, self.variance = np.zeros(n_inputs), np.ones(n_inputs)

    def forward(self, inputs: Array) -> Array:
        self.inputs = inputs = batch_of(self, inputs, len(self.gamma))
        if self.training:
            count, old = len(inputs), self.momentum
            if not count:
                raise ShapeError(f"{self.name} ({self.describe()}): a batch needs a sample")
            mean, variance = inputs.mean(axis=0), inputs.var(axis=0)
            self.mean = old * self.mean + (1.0 - old) * mean
            if count > 1:
                unbiased = variance * (count / (count - 1))
                self.variance = old * self.variance + (1.0 - old) * unbiased
        else:
            mean, variance = self.mean, self.variance
        self._inverse = 1.0 / np.sqrt(variance + self.epsilon)
        self._normal = (inputs - mean) * self._inverse
        self._of_batch = self.training
        self.output = self.gamma * self._normal + self.beta
        return self.output

    def backward(self, dvalues: Array) -> Array:
        dvalues = gradient_of(self, dvalues)
        self.dgamma = (dvalues * self._normal).sum(axis=0)
        self.dbeta = dvalues.sum(axis=0)
        slope = self.gamma * self._inverse
        if self._of_batch:
            count = len(dvalues)
            centred = dvalues - self.dbeta / count - self._normal * (self.dgamma / count)
            self.dinputs = slope * centred
        else:
            self.dinputs = slope * dvalues
        return self.dinputs

    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter("gamma", self.gamma, self.dgamma, False),
            Parameter("beta", self.beta, self.dbeta, False),
        )

    def describe(self) -> str:
        return f"batch normalisation of {len(self.gamma)}"


class ResidualBlock(Layer):
    """y = (x + F(x)) / √2, F being the layers inside; F keeps the width.

    gx = (g + Jᵀg) / √2, where Jᵀg is what F gives back for g: J is its Jacobian.
    """

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise ValueError("a residual block needs a layer inside")
        for layer in layers:
            expect_layer(layer)
        self.layers = list(layers)

    def forward(self, inputs: Array) -> Array:
        self.inputs = inputs = batch_of(self, inputs)
        values = inputs
        for layer in self.layers:
            values = layer.forward(values)
        if values.shape != inputs.shape:
            raise ShapeError(
                f"{self.name}: a residual block keeps its width, but {inputs.shape} went in and "
                f"{values.shape} came out"
            )
        self.output = (inputs + values) / np.sqrt(2.0)
        return self.output

    def backward(self, dvalues: Array) -> Array:
        share = gradient_of(self, dvalues) / np.sqrt(2.0)
        slope = share
        for layer in reversed(self.layers):
            slope = layer.backward(slope)
        self.dinputs = share + slope
        return self.dinputs

    def inner(self) -> tuple[Layer, ...]:
        return tuple(self.layers)

    def copy(self, memo: dict[int, Any] | None = None) -> Layer:
        twin = super().copy(memo)
        assert isinstance(twin, ResidualBlock)
        twin.layers = [layer.copy(memo) for layer in self.layers]
        return twin

    def describe(self) -> str:
        return "residual " + ", ".join(layer.describe() for layer in self.layers)


def expect_layer(layer: Any) -> None:
    """Raise TypeError unless it is a layer, and not just a kind of layers."""
    if isinstance(layer, type) and issubclass(layer, Layer):
        raise TypeError(f"{layer.__name__} is a kind of layer; {layer.__name__}(...) makes one")
    if not isinstance(layer, Layer):
        raise TypeError(f"a layer is needed, not {type(layer).__name__} {layer!r:.60}")


def batch_of(layer: Layer, inputs: Any, columns: int | None = None) -> Array:
    """A layer's inputs as float64 (N, columns), or of any width.

    Raises
    ------
    ShapeError   they have another shape, or aren't numbers; the text names the layer
    """
    found = numbers(inputs, f"the inputs of {layer.name}")
    if found.ndim != 2 or columns not in (None, found.shape[1]):
        wanted = "n" if columns is None else columns
        raise ShapeError(
            f"{layer.name} ({layer.describe()}) takes (N, {wanted}), but was given {found.shape}"
        )
    return found


def gradient_of(layer: Layer, dvalues: Any) -> Array:
    """The gradient by a layer's output, as float64 in the output's shape.

    Raises
    ------
    ShapeError   it has another shape, or isn't numbers; the text names the layer
    ValueError   nothing went forward through the layer
    """
    if "output" not in layer.__dict__:
        raise ValueError(
            f"{layer.name} ({layer.describe()}): backward comes after forward, whose batch it needs"
        )
    found = numbers(dvalues, f"the gradient for {layer.name}")
    if found.shape != layer.output.shape:
        raise ShapeError(
            f"{layer.name} ({layer.describe()}) gave {layer.output.shape}, but its gradient is "
            f"{found.shape}"
        )
    return found
