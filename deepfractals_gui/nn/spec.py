"""One description of a network and its training, for everything that builds or maps networks."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

ACTIVATIONS = (
    "tanh", "relu", "identity", "sigmoid", "gelu", "sin", "leaky_relu", "softplus",
)  # fmt: skip
LOSSES = ("mse", "cross_entropy", "binary_cross_entropy")
OPTIMIZERS = ("sgd", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
INITS = ("normal", "he", "glorot", "zeros")
BATCH_NORM_EPSILON = 1e-5
"""Added to the variance in batch normalisation."""
MAX_LAYERS = 64
MAX_UNITS = 65_536
MAX_STEPS = 100_000_000
MAX_WEIGHTS = 1 << 24
"""Weights of all dense layers together, 128 MiB; training holds up to six arrays of that size."""
_MOST = 1e300


class SpecError(ValueError):
    """A description of a network can't be used; one line says why."""


@dataclass(frozen=True)
class DenseSpec:
    """a = f(scale hW + b) for an input h, or (h + a) / √2 where ``residual``.

    Attributes
    ----------
    units : width of the output
    activation : f, one of ACTIVATIONS
    bias : whether there is a b, (units,); it begins at 0
    scale : fixed factor of the product, such as the paper's √(2 / n); 1 for ordinary layers
    init : how W is drawn: normal (standard deviation ``gain``), he, glorot (times ``gain``), zeros
    """

    kind: ClassVar[str] = "dense"
    units: int
    activation: str = "identity"
    bias: bool = True
    residual: bool = False
    scale: float = 1.0
    init: str = "he"
    gain: float = 1.0


@dataclass(frozen=True)
class ActivationSpec:
    """An activation function as a layer of its own, such as after batch normalisation."""

    kind: ClassVar[str] = "activation"
    name: str = "relu"


@dataclass(frozen=True)
class DropoutSpec:
    """Inverted dropout: each unit is silent with probability ``rate`` while training."""

    kind: ClassVar[str] = "dropout"
    rate: float = 0.5


@dataclass(frozen=True)
class BatchNormSpec:
    """Batch normalisation; ``momentum`` is that of the running mean and variance."""

    kind: ClassVar[str] = "batch_norm"
    momentum: float = 0.9


LayerSpec: TypeAlias = DenseSpec | ActivationSpec | DropoutSpec | BatchNormSpec
_LAYERS: dict[str, type[Any]] = {
    kind.kind: kind for kind in (DenseSpec, ActivationSpec, DropoutSpec, BatchNormSpec)
}


@dataclass(frozen=True)
class OptimizerSpec:
    """How weights follow gradients.

    Attributes
    ----------
    kind : one of OPTIMIZERS
    lr : learning rate of every layer, or of all but the last dense one where ``lr_output`` is given
    momentum : of sgd (heavy ball) and nesterov
    beta1, beta2 : of adam and adamw; ``beta2`` is also the ρ of rmsprop
    epsilon : ε, of all but sgd and nesterov
    lr_decay : the rate is lr / (1 + lr_decay k) after k updates
    weight_decay : λ: λW is added to the gradient; adamw subtracts rate λW apart from it
    """

    kind: str = "sgd"
    lr: float = 0.1
    lr_output: float | None = None
    momentum: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    lr_decay: float = 0.0
    weight_decay: float = 0.0


@dataclass(frozen=True)
class NetSpec:
    """A network, its loss and how it is trained.

    Attributes
    ----------
    inputs : width of the input
    layers : from the input to the output; the last dense layer gives the outputs
    loss : one of LOSSES
    batch : rows of an update; 0: all of them. The lab takes them in turn, every row once an epoch;
        a trainability map draws them, with replacement
    steps : updates of a map's run, or of a run of the lab that draws its batches like a map
    seed : of the first weights and of everything else that is drawn
    l1, l2 : penalties l1 Σ|W| + l2 ΣW² on the weights, added to the loss
    clip : largest norm of a layer's gradient; 0: none

    Raises
    ------
    SpecError   a field is of the wrong type or out of range, or the layers don't fit
    """

    inputs: int
    layers: tuple[LayerSpec, ...]
    loss: str = "mse"
    optimizer: OptimizerSpec = OptimizerSpec()
    batch: int = 0
    steps: int = 500
    seed: int = 0
    l1: float = 0.0
    l2: float = 0.0
    clip: float = 0.0

    def __post_init__(self) -> None:
        _whole("inputs", self.inputs, 1, MAX_UNITS)
        _word("loss", self.loss, LOSSES)
        _whole("batch", self.batch, 0, 1 << 24)
        _whole("steps", self.steps, 1, MAX_STEPS)
        _whole("seed", self.seed, 0, (1 << 62) - 1)
        for name in ("l1", "l2", "clip"):
            _number(name, getattr(self, name), 0.0, _MOST)
        if not isinstance(self.layers, (tuple, list)):
            raise SpecError(f"the layers are a tuple of descriptions, not {_brief(self.layers)}")
        object.__setattr__(self, "layers", tuple(self.layers))
        if not 1 <= len(self.layers) <= MAX_LAYERS:
            raise SpecError(f"a network has 1 to {MAX_LAYERS} layers, not {len(self.layers)}")
        width, weights = self.inputs, 0
        for number, layer in enumerate(self.layers, start=1):
            _check_layer(f"layer {number}", layer, width)
            if isinstance(layer, DenseSpec):
                weights += width * layer.units
                width = layer.units
        if not weights:
            raise SpecError("a network needs a dense layer")
        if weights > MAX_WEIGHTS:
            raise SpecError(f"{weights} weights are too many; a network has up to {MAX_WEIGHTS}")
        _check_optimizer(self.optimizer)

    @property
    def outputs(self) -> int:
        """Width of the last dense layer."""
        return [layer.units for layer in self.layers if isinstance(layer, DenseSpec)][-1]

    def to_json(self) -> str:
        """One JSON object; `from_json` reads it back equal."""
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        data["layers"] = [
            {"kind": layer.kind, **dataclasses.asdict(layer)} for layer in self.layers
        ]
        data["optimizer"] = dataclasses.asdict(self.optimizer)
        return json.dumps(data, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> NetSpec:
        """Read a description; what is missing takes its default.

        Raises
        ------
        SpecError   it isn't JSON, a field is unknown or of the wrong type, the layers don't fit
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise SpecError("it is not valid JSON") from None
        data = _object("the network", data, cls)
        for name in ("inputs", "layers"):
            if name not in data:
                raise SpecError(f"the network has no {name}")
        layers = data["layers"]
        if not isinstance(layers, list) or len(layers) > MAX_LAYERS:
            raise SpecError(f"the layers are not a list of at most {MAX_LAYERS}")
        data["layers"] = tuple(_layer(f"layer {n}", one) for n, one in enumerate(layers, start=1))
        if "optimizer" in data:
            chosen = _object("the optimizer", data["optimizer"], OptimizerSpec)
            data["optimizer"] = OptimizerSpec(**chosen)
        return cls(**data)


def _layer(where: str, data: Any) -> LayerSpec:
    if not isinstance(data, dict) or data.get("kind") not in tuple(_LAYERS):
        raise SpecError(f"{where}: its kind is not one of {', '.join(_LAYERS)}")
    kind = _LAYERS[data["kind"]]
    fields = _object(where, {k: v for k, v in data.items() if k != "kind"}, kind)
    if kind is DenseSpec and "units" not in fields:
        raise SpecError(f"{where}: a dense layer needs its units")
    made: LayerSpec = kind(**fields)
    return made


def _object(where: str, data: Any, kind: type[Any]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise SpecError(f"{where} is not an object")
    known = [field.name for field in dataclasses.fields(kind)]
    for name in data:
        if name not in known:
            raise SpecError(
                f"{where}: there is no {str(name)[:40]!r}; there are {', '.join(known)}"
            )
    return dict(data)


def _check_layer(where: str, layer: LayerSpec, width: int) -> None:
    if isinstance(layer, DenseSpec):
        _whole(f"{where}: units", layer.units, 1, MAX_UNITS)
        _word(f"{where}: activation", layer.activation, ACTIVATIONS)
        _word(f"{where}: init", layer.init, INITS)
        _number(f"{where}: scale", layer.scale, -1e6, 1e6)
        _number(f"{where}: gain", layer.gain, 0.0, 1e6)
        for name in ("bias", "residual"):
            if not isinstance(getattr(layer, name), bool):
                raise SpecError(f"{where}: {name} must be true or false")
        if layer.residual and layer.units != width:
            raise SpecError(
                f"{where}: a residual layer keeps its width, but {width} units go in and "
                f"{layer.units} come out"
            )
    elif isinstance(layer, ActivationSpec):
        _word(f"{where}: name", layer.name, ACTIVATIONS)
    elif isinstance(layer, DropoutSpec):
        _number(f"{where}: rate", layer.rate, 0.0, 0.99)
    elif isinstance(layer, BatchNormSpec):
        _number(f"{where}: momentum", layer.momentum, 0.0, 1.0)
    else:
        raise SpecError(f"{where} is no description of a layer: {_brief(layer)}")


def _check_optimizer(chosen: OptimizerSpec) -> None:
    if not isinstance(chosen, OptimizerSpec):
        raise SpecError(f"the optimizer is no OptimizerSpec: {_brief(chosen)}")
    _word("optimizer: kind", chosen.kind, OPTIMIZERS)
    for name in ("lr", "lr_decay", "weight_decay"):
        _number(f"optimizer: {name}", getattr(chosen, name), 0.0, _MOST)
    if chosen.lr_output is not None:
        _number("optimizer: lr_output", chosen.lr_output, 0.0, _MOST)
    for name in ("momentum", "beta1", "beta2"):
        _number(f"optimizer: {name}", getattr(chosen, name), 0.0, 1.0)
    _number("optimizer: epsilon", chosen.epsilon, 1e-300, 1.0)


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SpecError(
            f"{name} must be a whole number within [{low}, {high}], not {_brief(value)}"
        )


def _number(name: str, value: Any, low: float, high: float) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SpecError(f"{name} must be a number, not {_brief(value)}")
    # NaN is in no range, and a whole number may be too large for a float.
    if not low <= value <= high:
        raise SpecError(f"{name} must be within [{low:g}, {high:g}], not {_brief(value)}")


def _word(name: str, value: Any, known: tuple[str, ...]) -> None:
    if value not in known:
        raise SpecError(f"{name} must be one of {', '.join(known)}, not {_brief(value)}")


def _brief(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 60 else text[:57] + "..."
