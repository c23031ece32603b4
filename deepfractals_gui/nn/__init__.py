"""A small deep-learning library in NumPy alone, to be read in this order.

`layers`: what a layer is, dense layers, dropout, batch normalisation, residual blocks.
`activations`: the functions between them. `losses`: what is minimised. `optimizers`: how weights
follow gradients. `model`: all of it put together, and trained. `initial`: the first weights.
`spec`: a network as a description, for every part of the program; `building` makes models of it.
"""

from deepfractals_gui.nn.activations import (
    ACTIVATION_LAYERS,
    Activation,
    Activation_GELU,
    Activation_Identity,
    Activation_LeakyReLU,
    Activation_ReLU,
    Activation_Sigmoid,
    Activation_Sin,
    Activation_Softmax,
    Activation_Softplus,
    Activation_Tanh,
)
from deepfractals_gui.nn.building import arrays_of, layers_of, model_of, set_arrays
from deepfractals_gui.nn.initial import initial_weights, seed
from deepfractals_gui.nn.layers import (
    BatchNormLayer,
    DenseLayer,
    DropoutLayer,
    Layer,
    Parameter,
    ResidualBlock,
    ShapeError,
)
from deepfractals_gui.nn.losses import (
    LOSS_CLASSES,
    Loss,
    Loss_BinaryCrossentropy,
    Loss_CategoricalCrossentropy,
    Loss_MeanSquaredError,
)
from deepfractals_gui.nn.model import Evaluation, History, Model
from deepfractals_gui.nn.optimizers import (
    Optimizer,
    Optimizer_AdaGrad,
    Optimizer_Adam,
    Optimizer_AdamW,
    Optimizer_RMSprop,
    Optimizer_SGD,
    optimizer_of,
)
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
    "ACTIVATION_LAYERS",
    "INITS",
    "LOSSES",
    "LOSS_CLASSES",
    "OPTIMIZERS",
    "Activation",
    "ActivationSpec",
    "Activation_GELU",
    "Activation_Identity",
    "Activation_LeakyReLU",
    "Activation_ReLU",
    "Activation_Sigmoid",
    "Activation_Sin",
    "Activation_Softmax",
    "Activation_Softplus",
    "Activation_Tanh",
    "BatchNormLayer",
    "BatchNormSpec",
    "DenseLayer",
    "DenseSpec",
    "DropoutLayer",
    "DropoutSpec",
    "Evaluation",
    "History",
    "Layer",
    "LayerSpec",
    "Loss",
    "Loss_BinaryCrossentropy",
    "Loss_CategoricalCrossentropy",
    "Loss_MeanSquaredError",
    "Model",
    "NetSpec",
    "Optimizer",
    "OptimizerSpec",
    "Optimizer_AdaGrad",
    "Optimizer_Adam",
    "Optimizer_AdamW",
    "Optimizer_RMSprop",
    "Optimizer_SGD",
    "Parameter",
    "ResidualBlock",
    "ShapeError",
    "SpecError",
    "arrays_of",
    "initial_weights",
    "layers_of",
    "model_of",
    "optimizer_of",
    "seed",
    "set_arrays",
]
