"""Networks to begin with, each with the data on which it shows something."""

from __future__ import annotations

import math
from dataclasses import dataclass

from deepfractals_gui.experiments.lab_params import FIRST as FIRST_NETWORK
from deepfractals_gui.nn import DenseSpec, NetSpec, OptimizerSpec


@dataclass(frozen=True)
class NetPreset:
    """A named network and its data.

    Attributes
    ----------
    note : one sentence that says what to look at
    data : a name of nn.DATASETS
    """

    key: str
    title: str
    note: str
    spec: NetSpec
    data: str
    epochs: int = 200


def _dense(units: int, activation: str, init: str, residual: bool = False) -> DenseSpec:
    return DenseSpec(units, activation, residual=residual, init=init)


def _tower(activation: str, init: str, depth: int = 10, width: int = 16) -> NetSpec:
    hidden = tuple(_dense(width, activation, init) for _ in range(depth))
    return NetSpec(
        2,
        (*hidden, DenseSpec(2, init="glorot")),
        "cross_entropy",
        OptimizerSpec("sgd", 0.02, momentum=0.9),
        batch=32,
    )


FIRST = NetPreset(
    "first",
    "Two hidden layers",
    "Watch the boundary wind itself between the arms.",
    FIRST_NETWORK,
    "spirals",
)
"""What a newcomer finds."""
PRESETS: tuple[NetPreset, ...] = (
    FIRST,
    NetPreset(
        "digits",
        "Digits (64-64-10)",
        "1,797 handwritten digits; the worst mistakes are under Confusion.",
        NetSpec(
            64,
            (_dense(64, "relu", "he"), DenseSpec(10, init="glorot")),
            "cross_entropy",
            OptimizerSpec("adam", 0.002),
            batch=32,
        ),
        "digits",
        40,
    ),
    NetPreset(
        "vanishing",
        "Vanishing gradients: ten sigmoid layers",
        "Under Gradient flow each layer's gradient is smaller than that of the next.",
        _tower("sigmoid", "glorot"),
        "moons",
    ),
    NetPreset(
        "relu",
        "The same with ReLU",
        "The same ten layers: with ReLU and He's weights the gradients arrive.",
        _tower("relu", "he"),
        "moons",
    ),
    NetPreset(
        "residual",
        "Residual",
        "Eight residual layers: what goes in also goes around each of them.",
        NetSpec(
            2,
            (
                _dense(16, "tanh", "glorot"),
                *(_dense(16, "tanh", "glorot", residual=True) for _ in range(8)),
                DenseSpec(2, init="glorot"),
            ),
            "cross_entropy",
            OptimizerSpec("adam", 0.003),
            batch=32,
        ),
        "spirals",
    ),
    NetPreset(
        "paper",
        "The paper's network",
        "The network of arXiv:2402.06184: tanh, no biases, plain gradient descent on all data.",
        NetSpec(
            1,
            (
                # sqrt(2 / n) of n inputs, then 1 / n of n units.
                DenseSpec(16, "tanh", bias=False, scale=math.sqrt(2.0), init="normal"),
                DenseSpec(1, bias=False, scale=1 / 16, init="normal"),
            ),
            "mse",
            OptimizerSpec("sgd", 3.0),
        ),
        "sine",
        1000,
    ),
)
