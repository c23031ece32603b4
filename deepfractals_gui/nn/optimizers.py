"""Optimisers: how weights follow their gradients.

In the formulas w is a parameter, g its gradient, η the learning rate, t = 1, 2, ... the number of
the update. Weight decay adds λw to the gradient (AdamW: λw is subtracted apart from it), for
weights alone, never for biases.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.layers import Layer
from deepfractals_gui.nn.spec import OptimizerSpec


class Memory:
    """What an optimiser remembers of one layer: the number of updates and, by parameter, arrays."""

    def __init__(self) -> None:
        self.updates = 0
        self.arrays: dict[str, dict[str, Array]] = {}

    def of(self, parameter: str, value: Array) -> dict[str, Array]:
        """The arrays of one parameter, such as its first moment; zeros at first."""
        if parameter not in self.arrays:
            self.arrays[parameter] = {
                "first": np.zeros_like(value), "second": np.zeros_like(value),
            }  # fmt: skip
        return self.arrays[parameter]


class Optimizer:
    """Updates layers in place from the gradients that they hold.

    Parameters
    ----------
    learning_rate : η
    decay : η of the update t is learning_rate / (1 + decay (t - 1))
    weight_decay : λ
    clip : a layer's gradients are scaled down to this norm where theirs is larger; 0: never
    rates : learning rates of single layers instead of ``learning_rate``
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        self.learning_rate = float(learning_rate)
        self.decay, self.weight_decay, self.clip = decay, weight_decay, clip
        self.rates: dict[Layer, float] = {}
        self._memories: dict[Layer, Memory] = {}

    def memory(self, layer: Layer) -> Memory:
        """What is remembered of a layer."""
        return self._memories.setdefault(layer, Memory())

    def copy(self, layers: Mapping[Layer, Layer]) -> Optimizer:
        """The same optimiser for other layers, each of which stands for one of these.

        What it remembers of layers that aren't among them is left behind.
        """
        twin = copy.copy(self)
        twin.rates = {layers[old]: rate for old, rate in self.rates.items() if old in layers}
        twin._memories = {
            layers[old]: copy.deepcopy(memory)
            for old, memory in self._memories.items()
            if old in layers
        }
        return twin

    def update_params(self, layer: Layer) -> None:
        """Change a layer's parameters, and those of the layers inside it, in place."""
        for inner in layer.walk():
            parameters = inner.parameters()
            if parameters:
                self._update(inner)

    def _update(self, layer: Layer) -> None:
        memory = self.memory(layer)
        rate = self.rates.get(layer, self.learning_rate) / (1.0 + self.decay * memory.updates)
        memory.updates += 1
        parameters = layer.parameters()
        shrink = self._shrinkage([gradient for _, _, gradient, _ in parameters])
        for name, value, gradient, decays in parameters:
            weight_decay = self.weight_decay if decays else 0.0
            g = gradient if shrink == 1.0 else gradient * shrink
            self.move(value, g, rate, weight_decay, memory.of(name, value), memory.updates)

    def _shrinkage(self, gradients: list[Array]) -> float:
        if not self.clip:
            return 1.0
        norm = np.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
        return float(self.clip / norm) if norm > self.clip else 1.0

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        """One update of w in place. ``kept`` has the moments "first" and "second"."""
        raise NotImplementedError


class Optimizer_SGD(Optimizer):
    """v ← μ v + g, w ← w - η v; with Nesterov's look ahead w ← w - η (g + μ v).

    References
    ----------
    Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".
    """

    def __init__(
        self,
        learning_rate: float = 0.1,
        momentum: float = 0.0,
        nesterov: bool = False,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, decay=decay, weight_decay=weight_decay, clip=clip)
        self.momentum, self.nesterov = momentum, nesterov

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        g = g + decay * w if decay else g
        if not self.momentum:
            w -= rate * g
            return
        v = kept["first"]
        v *= self.momentum
        v += g
        w -= rate * (g + self.momentum * v if self.nesterov else v)


class Optimizer_AdaGrad(Optimizer):
    """s ← s + g², w ← w - η g / (√s + ε).

    References
    ----------
    Duchi et al. 2011, "Adaptive subgradient methods for online learning".
    """

    def __init__(
        self,
        learning_rate: float = 0.1,
        epsilon: float = 1e-8,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, decay=decay, weight_decay=weight_decay, clip=clip)
        self.epsilon = epsilon

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        g = g + decay * w if decay else g
        s = kept["second"]
        s += g * g
        w -= rate * g / (np.sqrt(s) + self.epsilon)


class Optimizer_RMSprop(Optimizer):
    """s ← ρ s + (1 - ρ) g², w ← w - η g / (√s + ε).

    References
    ----------
    Tieleman and Hinton 2012, lecture 6.5 of "Neural networks for machine learning".
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-8,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, decay=decay, weight_decay=weight_decay, clip=clip)
        self.rho, self.epsilon = rho, epsilon

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        g = g + decay * w if decay else g
        s = kept["second"]
        s *= self.rho
        s += (1.0 - self.rho) * g * g
        w -= rate * g / (np.sqrt(s) + self.epsilon)


class Optimizer_Adam(Optimizer):
    """m ← β₁ m + (1 - β₁) g, s ← β₂ s + (1 - β₂) g², w ← w - η m̂ / (√ŝ + ε).

    m̂ = m / (1 - β₁ᵗ) and ŝ = s / (1 - β₂ᵗ) make up for beginning at 0.

    References
    ----------
    Kingma and Ba 2014, arXiv:1412.6980.
    """

    decoupled = False

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, decay=decay, weight_decay=weight_decay, clip=clip)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        if decay and not self.decoupled:
            g = g + decay * w
        m, s = kept["first"], kept["second"]
        m *= self.beta1
        m += (1.0 - self.beta1) * g
        s *= self.beta2
        s += (1.0 - self.beta2) * g * g
        step = m / (1.0 - self.beta1**t) / (np.sqrt(s / (1.0 - self.beta2**t)) + self.epsilon)
        if decay and self.decoupled:
            step += decay * w
        w -= rate * step


class Optimizer_AdamW(Optimizer_Adam):
    """Adam, with the weight decay apart from the moments: w ← w - η (m̂ / (√ŝ + ε) + λ w).

    References
    ----------
    Loshchilov and Hutter 2017, arXiv:1711.05101.
    """

    decoupled = True


def optimizer_of(spec: OptimizerSpec, clip: float = 0.0) -> Optimizer:
    """The optimiser that a description asks for; ``lr_output`` is for who knows the layers."""
    shared = {"decay": spec.lr_decay, "weight_decay": spec.weight_decay, "clip": clip}
    if spec.kind in ("sgd", "nesterov"):
        return Optimizer_SGD(spec.lr, spec.momentum, spec.kind == "nesterov", **shared)
    if spec.kind == "adagrad":
        return Optimizer_AdaGrad(spec.lr, spec.epsilon, **shared)
    if spec.kind == "rmsprop":
        return Optimizer_RMSprop(spec.lr, spec.beta2, spec.epsilon, **shared)
    adaptive = Optimizer_AdamW if spec.kind == "adamw" else Optimizer_Adam
    return adaptive(spec.lr, spec.beta1, spec.beta2, spec.epsilon, **shared)
