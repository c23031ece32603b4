"""Training runs worth seeing, by name."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from deepfractals_gui.experiments.lab_params import FIRST, LabParams
from deepfractals_gui.nn import (
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    NetSpec,
    OptimizerSpec,
)

_DEEP = 10


@dataclass(frozen=True)
class Example:
    """A run with its title and one sentence about what there is to see."""

    key: str
    title: str
    note: str
    params: LabParams


def _digits() -> NetSpec:
    layers = (
        DenseSpec(96, "relu"), DropoutSpec(0.2), DenseSpec(64, "relu"), DropoutSpec(0.2),
        DenseSpec(10, init="glorot"),
    )  # fmt: skip
    return NetSpec(64, layers, "cross_entropy", OptimizerSpec("adam", 0.003), batch=32)


def _mnist() -> NetSpec:
    layers = (
        DenseSpec(128, "relu"), DropoutSpec(0.2), DenseSpec(64, "relu"), DropoutSpec(0.2),
        DenseSpec(10, init="glorot"),
    )  # fmt: skip
    optimizer = OptimizerSpec("adam", 0.002, lr_decay=0.001)
    return NetSpec(784, layers, "cross_entropy", optimizer, batch=64)


def _deep(*hidden: LayerSpec) -> NetSpec:
    """Ten hidden layers on the digits, trained by plain gradient descent with momentum."""
    layers = (*hidden * _DEEP, DenseSpec(10, init="glorot"))
    optimizer = OptimizerSpec("sgd", 0.01, momentum=0.9)
    return NetSpec(64, layers, "cross_entropy", optimizer, batch=64)


def _residual() -> NetSpec:
    """Two spirals by eight residual layers of tanh."""
    first = DenseSpec(16, "tanh", init="glorot")
    layers = (first, *(replace(first, residual=True),) * 8, DenseSpec(2, init="glorot"))
    return NetSpec(2, layers, "cross_entropy", OptimizerSpec("adam", 0.003), batch=32)


def _paper() -> NetSpec:
    """The mean-field network, whose factors are sqrt(2/n) of n inputs and 1/n of n units."""
    layers = (
        DenseSpec(16, "tanh", bias=False, scale=math.sqrt(2.0), init="normal"),
        DenseSpec(1, bias=False, scale=1 / 16, init="normal"),
    )
    return NetSpec(1, layers, "mse", OptimizerSpec("sgd", 3.0))


_IMAGES = LabParams(data="digits", scaling="unit", test_share=0.2, epochs=60)

EXAMPLES: tuple[Example, ...] = (
    Example(
        "spirals", "Two spirals", "Two small tanh layers wind a border between two spirals.",
        LabParams(spec=FIRST, epochs=300),
    ),
    Example(
        "digits", "Digits", "1,797 handwritten digits of 8 x 8 pixels, learned to 98 % in seconds.",
        replace(_IMAGES, spec=_digits(), epochs=40),
    ),
    Example(
        "vanishing", "Vanishing gradients: ten sigmoid layers",
        "Every sigmoid shrinks the gradient to a quarter or less: the first layers learn nothing.",
        replace(_IMAGES, spec=_deep(DenseSpec(32, "sigmoid", init="glorot"))),
    ),
    Example(
        "relu", "Ten ReLU layers", "The same depth with ReLU and He's weights: gradients arrive.",
        replace(_IMAGES, spec=_deep(DenseSpec(32, "relu"))),
    ),
    Example(
        "normalised", "Ten sigmoid layers, normalised",
        "The sigmoids of before, each behind batch normalisation: they learn after all.",
        replace(
            _IMAGES,
            spec=_deep(
                DenseSpec(32, init="glorot"), BatchNormSpec(), ActivationSpec("sigmoid")
            ),
        ),
    ),
    Example(
        "residual", "Eight residual layers",
        "What goes into each layer also goes around it: depth costs no gradient.",
        LabParams(spec=_residual()),
    ),
    Example(
        "paper", "The paper's network",
        "The network of arXiv:2402.06184: tanh, no biases, plain gradient descent on all data.",
        LabParams(data="sine", epochs=1000, spec=_paper()),
    ),
    Example(
        "iris", "Iris", "150 flowers of three kinds, by four lengths.",
        LabParams(
            data="iris", epochs=100,
            spec=NetSpec(
                4, (DenseSpec(8, "tanh", init="glorot"), DenseSpec(3, init="glorot")),
                "cross_entropy", OptimizerSpec("adam", 0.02), batch=16,
            ),
        ),
    ),
    Example(
        "sine", "A sine from noise", "Regression: a smooth curve through noisy points.",
        LabParams(
            data="sine", noise=0.1, epochs=400,
            spec=NetSpec(
                1,
                (
                    DenseSpec(24, "tanh", init="glorot", gain=2.0),
                    DenseSpec(24, "tanh", init="glorot"), DenseSpec(1, init="glorot"),
                ),
                "mse", OptimizerSpec("adam", 0.01), batch=32,
            ),
        ),
    ),
)  # fmt: skip
"""``mnist`` isn't among them: its files don't ship; `for_images` gives the network for them."""


def example(key: str) -> Example:
    """The example of that name. Raises ValueError, which lists the known ones."""
    for found in EXAMPLES:
        if found.key == key:
            return found
    known = ", ".join(found.key for found in EXAMPLES)
    raise ValueError(f"there is no example {key[:40]!r}; there are {known}")


def for_images() -> LabParams:
    """A run for MNIST-format files, once its data are set: 784-128-64-10, tested on the last."""
    return LabParams(spec=_mnist(), scaling="unit", in_order=True, test_share=0.2, epochs=20)
