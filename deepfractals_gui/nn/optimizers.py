"""Optimisers: how weights follow their gradients.

In the formulas w is a parameter, g its gradient, η the learning rate, t = 1, 2, ... the number of
the layer's update. Gradients are clipped first; weight decay then adds λw to them (AdamW: ηλw is
subtracted apart from them), for weights alone, never for biases. Moments begin at 0.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.layers import Layer, Parameter
from deepfractals_gui.nn.spec import OptimizerSpec, SpecError


class Memory:
    """What an optimiser remembers of one layer: the number of updates and, by parameter, arrays."""

    def __init__(self) -> None:
        self.updates = 0
        self.arrays: dict[str, dict[str, Array]] = {}

    def of(self, parameter: str, value: Array, moments: tuple[str, ...]) -> dict[str, Array]:
        """The moments of one parameter by name, each in the shape of its value; zeros at first."""
        kept = self.arrays.setdefault(parameter, {})
        for moment in moments:
            if moment not in kept:
                kept[moment] = np.zeros_like(value)
        return kept


class Optimizer:
    """Updates layers in place from the gradients that they hold.

    Parameters
    ----------
    learning_rate : η
    decay : η of the update t is learning_rate / (1 + decay (t - 1))
    weight_decay : λ
    clip : a layer's gradients, taken together, are scaled down to this norm where theirs is
        larger; 0: never

    Attributes
    ----------
    rates : learning rates of single layers, instead of ``learning_rate``; empty at first

    Raises
    ------
    ValueError   a rate is negative or not finite
    """

    def __init__(
        self,
        learning_rate: float,
        *,
        decay: float = 0.0,
        weight_decay: float = 0.0,
        clip: float = 0.0,
    ) -> None:
        self.learning_rate = _within("learning_rate", learning_rate)
        self.decay = _within("decay", decay)
        self.weight_decay = _within("weight_decay", weight_decay)
        self.clip = _within("clip", clip)
        self.rates: dict[Layer, float] = {}
        self._memories: dict[Layer, Memory] = {}

    @property
    def moments(self) -> tuple[str, ...]:
        """The names of what is remembered of a parameter."""
        return ("first", "second")

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
                self._update(inner, parameters)

    def _update(self, layer: Layer, parameters: tuple[Parameter, ...]) -> None:
        memory = self.memory(layer)
        rate = self.rates.get(layer, self.learning_rate) / (1.0 + self.decay * memory.updates)
        memory.updates += 1
        shrink = self._shrinkage([p.gradient for p in parameters]) if self.clip else 1.0
        for name, value, gradient, decays in parameters:
            weight_decay = self.weight_decay if decays else 0.0
            g = gradient if shrink == 1.0 else gradient * shrink
            kept = memory.of(name, value, self.moments)
            self.move(value, g, rate, weight_decay, kept, memory.updates)

    def _shrinkage(self, gradients: list[Array]) -> float:
        """clip / norm where the norm of all gradients together is larger than ``clip``, else 1."""
        largest = max(float(np.abs(g).max()) for g in gradients)
        if not 0.0 < largest < math.inf:
            return 1.0
        # Squares of what is very large leave the range of float64; those of shares don't.
        norm = largest * math.sqrt(sum(float(np.sum((g / largest) ** 2)) for g in gradients))
        return self.clip / norm if norm > self.clip else 1.0

    def move(
        self, w: Array, g: Array, rate: float, decay: float, kept: dict[str, Array], t: int
    ) -> None:
        """One update of w in place: ``rate`` is η, ``decay`` λ, ``kept`` the moments by name."""
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
        self.momentum, self.nesterov = _within("momentum", momentum, 1.0), nesterov

    @property
    def moments(self) -> tuple[str, ...]:
        return ("first",) if self.momentum else ()

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
        self.epsilon = _above_zero("epsilon", epsilon)

    @property
    def moments(self) -> tuple[str, ...]:
        return ("second",)

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
        self.rho, self.epsilon = _within("rho", rho, 1.0), _above_zero("epsilon", epsilon)

    @property
    def moments(self) -> tuple[str, ...]:
        return ("second",)

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
        self.beta1, self.beta2 = _within("beta1", beta1, 1.0), _within("beta2", beta2, 1.0)
        self.epsilon = _above_zero("epsilon", epsilon)

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
        # Kept apart from the arrays, the corrections cost a weight one division, not three.
        root = np.sqrt(s)
        root *= 1.0 / np.sqrt(1.0 - self.beta2**t)
        root += self.epsilon
        step = m / root
        step *= np.float64(rate) / (1.0 - self.beta1**t)
        if decay and self.decoupled:
            step += rate * decay * w
        w -= step


class Optimizer_AdamW(Optimizer_Adam):
    """Adam, with the weight decay apart from the moments: w ← w - η (m̂ / (√ŝ + ε) + λ w).

    References
    ----------
    Loshchilov and Hutter 2017, arXiv:1711.05101.
    """

    decoupled = True


def description_of(optimizer: Optimizer) -> OptimizerSpec:
    """The description from which `optimizer_of` makes one that is alike, but for its clip.

    Raises
    ------
    SpecError   it is of a kind that has no description
    """
    own: dict[str, float]
    if type(optimizer) is Optimizer_SGD:
        kind, own = "nesterov" if optimizer.nesterov else "sgd", {"momentum": optimizer.momentum}
    elif type(optimizer) is Optimizer_AdaGrad:
        kind, own = "adagrad", {"epsilon": optimizer.epsilon}
    elif type(optimizer) is Optimizer_RMSprop:
        kind, own = "rmsprop", {"beta2": optimizer.rho, "epsilon": optimizer.epsilon}
    elif type(optimizer) in (Optimizer_Adam, Optimizer_AdamW):
        assert isinstance(optimizer, Optimizer_Adam)
        kind = "adamw" if optimizer.decoupled else "adam"
        own = {name: getattr(optimizer, name) for name in ("beta1", "beta2", "epsilon")}
    else:
        raise SpecError(f"the optimizer {type(optimizer).__name__} has no description")
    shared = {"lr_decay": optimizer.decay, "weight_decay": optimizer.weight_decay}
    return OptimizerSpec(kind, optimizer.learning_rate, **own, **shared)


def _within(name: str, value: float, high: float = math.inf) -> float:
    """A finite number from 0 to ``high``. Raises ValueError, which names it."""
    number = float(value)
    if not (math.isfinite(number) and 0.0 <= number <= high):
        most = "" if high == math.inf else f" to {high:g}"
        raise ValueError(f"{name} must be a finite number from 0{most or ' on'}, not {number}")
    return number


def _above_zero(name: str, value: float) -> float:
    number = _within(name, value)
    if not number:
        raise ValueError(f"{name} must be above 0: it keeps a division by 0 away")
    return number


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
