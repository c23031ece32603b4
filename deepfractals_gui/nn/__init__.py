"""Networks from scratch, in NumPy alone. `NetSpec` describes one for every part of the program."""

from deepfractals_gui.nn.spec import (
    ACTIVATIONS,
    BATCH_NORM_EPSILON,
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
    "BATCH_NORM_EPSILON",
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
