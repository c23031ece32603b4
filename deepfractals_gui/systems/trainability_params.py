"""The parameters of the trainability map."""

from __future__ import annotations

from dataclasses import dataclass

from deepfractals_gui.core import DataSource, param
from deepfractals_gui.systems.training_plan import (
    FEWEST_STEPS,
    LARGEST_DEPTH,
    LARGEST_WIDTH,
    MAPPED_ACTIVATIONS,
    MAPPED_LOSSES,
    MAPPED_OPTIMIZERS,
)

AXES = (
    "lr_input", "lr_output", "lr", "momentum", "beta1", "beta2", "weight_decay", "weight_scale",
    "output_scale", "offset",
)  # fmt: skip
ADAPTIVE = ("adam", "adamw")
_NO_FILE = {"spec": ("none",)}


@dataclass(frozen=True)
class TrainabilityParams:
    """The network, its data and its training; two of the rates are the plane's axes."""

    activation: str = param(
        "tanh",
        "Activation of the hidden layers.",
        choices=MAPPED_ACTIVATIONS,
        aliases={"linear": "identity"},
        group="Network",
        shown_when=_NO_FILE,
    )
    width: int = param(
        16,
        "Units of each hidden layer.",
        low=2,
        high=LARGEST_WIDTH,
        slider=(2, 64),
        log=True,
        group="Network",
        shown_when=_NO_FILE,
    )
    depth: int = param(
        1,
        "Hidden layers.",
        low=1,
        high=LARGEST_DEPTH,
        slider=(1, LARGEST_DEPTH),
        group="Network",
        shown_when=_NO_FILE,
    )
    residual: bool = param(
        False,
        "Hidden layers of equal width add their input: (h + f(W h)) / √2.",
        group="Network",
        shown_when=_NO_FILE,
    )
    bias: bool = param(
        False, "Layers have biases, which begin at 0.", group="Network", shown_when=_NO_FILE
    )
    spec: DataSource = param(
        "none",
        "A NetSpec JSON file that describes network, loss, optimiser and rates instead.",
        title="Network from a file",
        choices=("none",),
        group="Network",
    )
    data: DataSource = param(
        "paper:single",
        "What is learned: the paper's arrays; as many random points as the network has weights "
        "(at most 4096; as many as inputs for a linear network), or one; or a CSV file (last "
        "column: target) or .npz file (X, Y).",
        choices=("paper:matching", "paper:identity", "paper:single", "matching", "single"),
        group="Data",
    )
    weights: DataSource = param(
        "auto",
        "The initial weights: auto takes the paper's with the paper's data and draws others; or "
        "an .npz file with W0, W1, ...",
        title="Initial weights",
        choices=("auto", "drawn"),
        group="Data",
    )
    seed: int = param(
        0,
        "Of everything that is drawn, by NumPy's PCG64.",
        low=0,
        high=1_000_000_000,
        slider=(0, 100),
        group="Data",
    )
    loss: str = param(
        "mse",
        "Mean squared error, or softmax cross-entropy over classes.",
        choices=MAPPED_LOSSES,
        group="Training",
        shown_when=_NO_FILE,
    )
    steps: int = param(
        500,
        "Updates of the weights.",
        low=FEWEST_STEPS,
        high=1_000_000,
        slider=(50, 2000),
        log=True,
        group="Training",
        shown_when=_NO_FILE,
    )
    batch: int = param(
        0,
        "Data points of a step, the same sequence for every pixel; full takes them all.",
        low=0,
        high=4096,
        slider=(0, 256),
        words={"full": 0},
        group="Training",
        shown_when=_NO_FILE,
    )
    optimizer: str = param(
        "sgd",
        "Gradient descent with momentum, Nesterov's, Adam, or AdamW.",
        choices=MAPPED_OPTIMIZERS,
        group="Training",
        shown_when=_NO_FILE,
    )
    x_axis: str = param(
        "lr_input",
        "The rate that changes from left to right.",
        title="Horizontal axis",
        choices=AXES,
        group="Plane",
    )
    y_axis: str = param(
        "lr_output",
        "The rate that changes from bottom to top.",
        title="Vertical axis",
        choices=AXES,
        group="Plane",
    )
    lr_input: float = param(
        1.0,
        "Learning rate of every layer but the last, where it isn't an axis.",
        low=0.0,
        high=1e12,
        slider=(1e-3, 1e6),
        log=True,
        group="Rates",
        shown_when=_NO_FILE,
    )
    lr_output: float = param(
        1.0,
        "Learning rate of the last layer, where it isn't an axis.",
        low=0.0,
        high=1e12,
        slider=(1e-3, 1e6),
        log=True,
        group="Rates",
        shown_when=_NO_FILE,
    )
    lr: float = param(
        0.0,
        "One learning rate for all layers; 0 leaves each its own.",
        title="Common rate",
        low=0.0,
        high=1e12,
        slider=(0.0, 1000.0),
        group="Rates",
        shown_when=_NO_FILE,
    )
    momentum: float = param(
        0.0,
        "Share of the last update that is kept.",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0),
        group="Rates",
        shown_when={**_NO_FILE, "optimizer": ("sgd", "nesterov")},
    )
    beta1: float = param(
        0.9,
        "Adam's memory of gradients.",
        low=0.0,
        high=1.0,
        slider=(0.0, 1.0),
        title="β₁",
        group="Rates",
        shown_when={**_NO_FILE, "optimizer": ADAPTIVE},
    )
    beta2: float = param(
        0.999,
        "Adam's memory of squared gradients.",
        low=0.0,
        high=1.0,
        slider=(0.9, 1.0),
        title="β₂",
        group="Rates",
        shown_when={**_NO_FILE, "optimizer": ADAPTIVE},
    )
    weight_decay: float = param(
        0.0,
        "Multiple of the weights that is added to their gradient (AdamW: taken off apart).",
        low=0.0,
        high=1e6,
        slider=(0.0, 1.0),
        group="Rates",
        shown_when=_NO_FILE,
    )
    weight_scale: float = param(
        1.0,
        "Factor of all initial weights.",
        low=0.0,
        high=1e6,
        slider=(0.01, 100.0),
        log=True,
        group="Rates",
    )
    output_scale: float = param(
        1.0,
        "Factor of the network's output, throughout training.",
        low=0.0,
        high=1e6,
        slider=(0.01, 100.0),
        log=True,
        group="Rates",
    )
    offset: float = param(
        0.0,
        "Number added to the first layer's weights.",
        low=-1e6,
        high=1e6,
        slider=(-2.0, 2.0),
        group="Rates",
    )
    offset_mode: str = param(
        "every_step", "Add the offset at every step (as published), or once, at initialisation.",
        choices=("every_step", "once"), group="Rates",
    )  # fmt: skip
