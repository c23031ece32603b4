"""Networks from scratch, in NumPy alone. `NetSpec` describes one for every part of the program."""

from deepfractals_gui.nn.spec import (
    ACTIVATIONS,
    INITS,
    LOSSES,
    OPTIMIZERS,
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
    NetSpec,
    OptimizerSpec,
    SpecError,
)

__all__ = [
    "ACTIVATIONS",
    "INITS",
    "LOSSES",
    "OPTIMIZERS",
    "ActivationSpec",
    "BatchNormSpec",
    "DenseSpec",
    "DropoutSpec",
    "LayerSpec",
    "NetSpec",
    "OptimizerSpec",
    "SpecError",
]
