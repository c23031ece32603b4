"""Activation functions, each a layer: y = f(x), and back gx = g f'(x).

They work number by number, but softmax, which works row by row; x, y, the gradient g from above and
gx are all (N, n). `ACTIVATION_LAYERS` has them by the names that a `NetSpec` uses.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.layers import Layer, batch_of, gradient_of

_GELU_SCALE, _GELU_CUBE = math.sqrt(2.0 / math.pi), 0.044715


class Activation(Layer):
    """A function of single numbers. Subclasses give f and its derivative.

    Attributes
    ----------
    steepest : the largest |f'|; a unit is saturated where |f'| is below a twentieth of it
    """

    steepest: ClassVar[float] = 1.0

    def value(self, x: Array) -> Array:
        """f(x), in the shape of x."""
        raise NotImplementedError

    def slope(self, x: Array, y: Array) -> Array:
        """f'(x), in the shape of x; y = f(x) is known already."""
        raise NotImplementedError

    def forward(self, inputs: Array) -> Array:
        self.inputs = batch_of(self, inputs)
        self.output = self.value(self.inputs)
        return self.output

    def backward(self, dvalues: Array) -> Array:
        self.dinputs = gradient_of(self, dvalues) * self.slope(self.inputs, self.output)
        return self.dinputs

    def dead(self) -> float:
        """Share of units whose slope is 0 for every sample of the last batch.

        They pass no gradient on, and what feeds them learns nothing from that batch.
        """
        return float(np.mean(np.all(self.slope(self.inputs, self.output) == 0.0, axis=0)))

    def saturated(self) -> float:
        """Share of values, in the last batch, where f is so flat that hardly a gradient passes."""
        flat = np.abs(self.slope(self.inputs, self.output)) < 0.05 * self.steepest
        return float(np.mean(flat))


class Activation_Identity(Activation):
    """y = x; gx = g."""

    def value(self, x: Array) -> Array:
        return x

    def slope(self, x: Array, y: Array) -> Array:
        return np.ones_like(x)


class Activation_ReLU(Activation):
    """y = max(x, 0); gx = g 1[x > 0]."""

    def value(self, x: Array) -> Array:
        return np.maximum(x, 0.0)

    def slope(self, x: Array, y: Array) -> Array:
        return (x > 0.0).astype(np.float64)


class Activation_LeakyReLU(Activation):
    """y = x where x > 0, else 0.01 x; gx = g where x > 0, else 0.01 g."""

    LEAK: ClassVar[float] = 0.01

    def value(self, x: Array) -> Array:
        return np.where(x > 0.0, x, self.LEAK * x)

    def slope(self, x: Array, y: Array) -> Array:
        return np.where(x > 0.0, 1.0, self.LEAK)


class Activation_Sigmoid(Activation):
    """y = 1 / (1 + e^-x); gx = g y (1 - y)."""

    steepest: ClassVar[float] = 0.25

    def value(self, x: Array) -> Array:
        return sigmoid(x)

    def slope(self, x: Array, y: Array) -> Array:
        # 1 - y = sigmoid(-x), which for large x doesn't cancel.
        return y * sigmoid(-x)


class Activation_Tanh(Activation):
    """y = tanh x; gx = g (1 - y²)."""

    def value(self, x: Array) -> Array:
        return np.tanh(x)

    def slope(self, x: Array, y: Array) -> Array:
        return 1.0 - y * y


class Activation_GELU(Activation):
    """y = x (1 + t) / 2, t = tanh(√(2/π) (x + 0.044715 x³)), the tanh form.

    f' = (1 + t) / 2 + x (1 - t²) √(2/π) (1 + 3·0.044715 x²) / 2.

    References
    ----------
    Hendrycks and Gimpel 2016, arXiv:1606.08415.
    """

    steepest: ClassVar[float] = 1.1289

    def value(self, x: Array) -> Array:
        return 0.5 * x * (1.0 + self._bend(x))

    def slope(self, x: Array, y: Array) -> Array:
        t = self._bend(x)
        steep = _GELU_SCALE * (1.0 + 3.0 * _GELU_CUBE * x * x)
        # Where tanh is flat its slope is 0, and the other factor may be infinite.
        return 0.5 * (1.0 + t) + 0.5 * x * np.where(np.abs(t) == 1.0, 0.0, (1.0 - t * t) * steep)

    @staticmethod
    def _bend(x: Array) -> Array:
        bent: Array = np.tanh(_GELU_SCALE * (x + _GELU_CUBE * x * x * x))
        return bent


class Activation_Softplus(Activation):
    """y = ln(1 + e^x); gx = g / (1 + e^-x)."""

    def value(self, x: Array) -> Array:
        return softplus(x)

    def slope(self, x: Array, y: Array) -> Array:
        return sigmoid(x)


class Activation_Sin(Activation):
    """y = sin x; gx = g cos x."""

    def value(self, x: Array) -> Array:
        return np.sin(x)

    def slope(self, x: Array, y: Array) -> Array:
        return np.cos(x)


class Activation_Softmax(Layer):
    """p = e^x / Σ e^x; gx = p (g - Σ g p), the sums over each row."""

    def forward(self, inputs: Array) -> Array:
        self.inputs = batch_of(self, inputs)
        self.output = softmax(self.inputs)
        return self.output

    def backward(self, dvalues: Array) -> Array:
        dvalues, p = gradient_of(self, dvalues), self.output
        self.dinputs = p * (dvalues - (dvalues * p).sum(axis=1, keepdims=True))
        return self.dinputs


ACTIVATION_LAYERS: dict[str, type[Activation]] = {
    "tanh": Activation_Tanh,
    "relu": Activation_ReLU,
    "identity": Activation_Identity,
    "sigmoid": Activation_Sigmoid,
    "gelu": Activation_GELU,
    "sin": Activation_Sin,
    "leaky_relu": Activation_LeakyReLU,
    "softplus": Activation_Softplus,
}


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) without overflow: e^x is formed on the side where it is at most 1."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, small) / (1.0 + small)


def softplus(x: Array) -> Array:
    """ln(1 + e^x) without overflow: max(x, 0) + ln(1 + e^-|x|)."""
    found: Array = np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    return found


def softmax(x: Array) -> Array:
    """Rows of probabilities; the largest logit is subtracted first, so that nothing overflows."""
    mass = np.exp(x - x.max(axis=1, keepdims=True))
    found: Array = mass / mass.sum(axis=1, keepdims=True)
    return found


def log_softmax(x: Array) -> Array:
    """ln softmax(x) = x - max - ln Σ e^(x - max), right where the probability underflows."""
    shifted = x - x.max(axis=1, keepdims=True)
    found: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return found
