"""From the parameters of a loss landscape to a network, its data and two directions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from deepfractals_gui.core import Array, DataRef, DataSource, ParamError
from deepfractals_gui.kernels.landscape_network import ACTIVATION, DENSE, NORM, Stage
from deepfractals_gui.nn import (
    BATCH_NORM_EPSILON,
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    NetSpec,
)
from deepfractals_gui.systems.landscape_file import (
    TrainedNetwork,
    read_network,
    shipped_network,
)
from deepfractals_gui.systems.training_data import TrainingData, read_data

NETWORKS = ("moons_relu_deep", "moons_residual", "moons", "moons_sine")
MOST_ACTIVATIONS = 1 << 23
"""Data points times units of the first layer, at most: three arrays of so many are held."""
MOST_WORK = 1e9
"""Multiplications, about, to find a trajectory's plane; of a larger one evenly spread points are
taken."""
_SPANNED = 8
_FLAT = 1e-9
"""A trajectory whose second spread is this share of the first lies on a line."""


@dataclass(frozen=True, eq=False)
class LandscapePlan:
    """Everything a landscape needs but the level.

    Attributes
    ----------
    data : inputs (D, n) and targets (D, k); classes are one-hot or shares
    first, second : float64 (P,), the directions, laid out like `TrainedNetwork.flat`
    path : float64 (K, 2), the trajectory's nearest points of the plane; (0, 2) where there is none
    shares : parts of the trajectory's spread that lie along either direction; () if random
    chance : the loss, without penalties, of the best answer that is the same for all data
    """

    network: TrainedNetwork
    data: TrainingData
    first: Array
    second: Array
    path: Array
    shares: tuple[float, ...]
    chance: float

    @property
    def spec(self) -> NetSpec:
        return self.network.spec

    @property
    def classes(self) -> bool:
        return self.spec.loss != "mse"


def landscape_plan(p: Any) -> LandscapePlan:
    """Collect what the parameters ask for.

    Raises
    ------
    ParamError   a file can't be used, or the parameters don't fit together
    """
    return _plan(p.network, p.directions, p.seed if p.directions == "random" else 0, p.data)


@lru_cache(maxsize=4)
def _plan(source: DataSource, directions: str, seed: int, data: DataSource) -> LandscapePlan:
    try:
        network = read_network(source) if isinstance(source, DataRef) else shipped_network(source)
    except ValueError as error:
        raise ParamError("network", str(error)) from None
    chosen = _data(network, data)
    shares: tuple[float, ...] = ()
    if directions == "pca":
        first, second, shares = _principal(network)
    else:
        generator = np.random.Generator(np.random.PCG64(seed))
        first, second = (_random(network, generator) for _ in range(2))
    path = _projected(network, first, second)
    chance = chance_loss(network.spec.loss, chosen.targets)
    return LandscapePlan(network, chosen, first, second, path, shares, chance)


def _data(network: TrainedNetwork, source: DataSource) -> TrainingData:
    if isinstance(source, DataRef):
        parameter, name = "data", source.name
        try:
            data = read_data(source, False)
        except ValueError as error:
            raise ParamError("data", str(error)) from None
    elif network.data is None:
        raise ParamError("data", f"{network.name} holds no data; choose a CSV or .npz file")
    else:
        parameter, name, data = "network", network.name, network.data
    spec = network.spec
    inputs, targets = data
    if inputs.shape[1] != spec.inputs:
        raise ParamError(
            parameter,
            f"{name}: the network has {spec.inputs} inputs, but the data has {inputs.shape[1]}",
        )
    units = network.dense[0][0].shape[1]
    if len(inputs) * units > MOST_ACTIVATIONS:
        raise ParamError(
            parameter,
            f"{name}: {len(inputs)} data points times {units} units are too many; a landscape "
            f"takes at most {MOST_ACTIVATIONS}",
        )
    try:
        return TrainingData(inputs, fitting_targets(spec, targets))
    except ValueError as error:
        raise ParamError(parameter, f"{name}: {error}") from None


def fitting_targets(spec: NetSpec, targets: Array) -> Array:
    """Targets (D, k) as the loss of the network takes them.

    Raises
    ------
    ValueError   one line that says what doesn't fit
    """
    count = spec.outputs
    if spec.loss == "cross_entropy" and targets.shape[1] == 1:
        labels = targets[:, 0]
        wrong = np.flatnonzero((labels != np.floor(labels)) | (labels < 0) | (labels >= count))
        if len(wrong):
            raise ValueError(
                f"row {wrong[0] + 1} has the label {labels[wrong[0]]:g}; the network knows the "
                f"classes 0 to {count - 1}"
            )
        return np.asarray(np.eye(count)[labels.astype(np.int64)])
    if targets.shape[1] != count:
        raise ValueError(
            f"the network has {count} outputs, but the data has {targets.shape[1]} targets"
        )
    if spec.loss != "mse":
        wrong = np.flatnonzero(((targets < 0) | (targets > 1)).any(axis=1))
        if len(wrong):
            raise ValueError(f"row {wrong[0] + 1} has a target that is not within [0, 1]")
    if spec.loss == "cross_entropy":
        wrong = np.flatnonzero(np.abs(targets.sum(axis=1) - 1) > 1e-6)
        if len(wrong):
            raise ValueError(f"the targets of row {wrong[0] + 1} don't add up to 1")
    return targets


def chance_loss(loss: str, targets: Array) -> float:
    """The loss of the best answer that is the same for all data: means, or shares of classes."""
    mean = targets.mean(axis=0)
    if loss == "mse":
        return float(np.mean((targets - mean) ** 2))
    if loss == "cross_entropy":
        return _entropy(mean)
    return float(np.mean([_entropy(np.array([share, 1 - share])) for share in mean]))


def _entropy(shares: Array) -> float:
    some = shares[shares > 0]
    return float(-np.sum(some * np.log(some)))


def _random(network: TrainedNetwork, generator: np.random.Generator) -> Array:
    """A filter-normalised direction (P,): standard normal W0, W1, ..., 0 for biases.

    Each column, the weights that lead to one unit, is scaled to the trained column's norm.
    """
    parts = []
    for weights, bias in network.dense:
        drawn = generator.standard_normal(weights.shape)
        norms = [np.sqrt(np.sum(array * array, axis=0)) for array in (weights, drawn)]
        parts.append(np.ravel(drawn * (norms[0] / norms[1])))
        if bias is not None:
            parts.append(np.zeros(bias.size))
    return np.concatenate(parts)


def _principal(network: TrainedNetwork) -> tuple[Array, Array, tuple[float, ...]]:
    """The first two principal directions of the trajectory about its trained end.

    Unit vectors (P,), turned so that the start lies to the left of the end, and above it; and the
    parts of the spread along them.
    """
    if network.trajectory is None:
        raise ParamError(
            "directions", f"{network.name} holds no trajectory; choose random directions"
        )
    flat = network.flat
    most = max(16, math.isqrt(int(MOST_WORK / flat.size)))
    rows = network.trajectory[:: max(1, -(-len(network.trajectory) // most))]
    spread = rows - flat
    if min(spread.shape) >= 2:
        # The whole decomposition of a long trajectory takes seconds. The largest eigenvectors of
        # the rows' products span what matters, and their span is decomposed exactly.
        _, vectors = np.linalg.eigh(spread @ spread.T)
        _, sizes, axes = np.linalg.svd(vectors[:, -_SPANNED:].T @ spread, full_matrices=False)
        if sizes[1] > _FLAT * sizes[0]:
            signs = [-1.0 if axis @ spread[0] > 0 else 1.0 for axis in axes[:2]]
            shares = sizes[:2] ** 2 / np.sum(spread**2)
            return signs[0] * axes[0], -signs[1] * axes[1], (float(shares[0]), float(shares[1]))
    raise ParamError(
        "directions", f"{network.name}: its trajectory lies on a line; choose random directions"
    )


def _projected(network: TrainedNetwork, first: Array, second: Array) -> Array:
    """The points of the plane that are nearest to the trajectory: float64 (K, 2)."""
    if network.trajectory is None:
        return np.zeros((0, 2))
    plane = np.stack([first, second], axis=1)
    found = np.linalg.lstsq(plane, (network.trajectory - network.flat).T)[0]
    return np.asarray(found.T)


def stages_of(plan: LandscapePlan) -> tuple[Array, list[Stage]]:
    """The data as the first dense layer takes it (D, n), and what is done to it from there on."""
    inputs, stages = plan.data.inputs, list[Stage]()
    split = plan.network.split
    pairs = iter(zip(plan.network.dense, split(plan.first), split(plan.second), strict=True))
    norms = iter(plan.network.norms)
    for layer in plan.spec.layers:
        width = stages[-1].outs if stages else inputs.shape[1]
        if isinstance(layer, DenseSpec):
            (weights, bias), first, second = next(pairs)
            stages.append(
                Stage(
                    DENSE, width, layer.units, layer.activation, layer.residual, layer.scale,
                    weights, bias, first, second,
                )
            )  # fmt: skip
        elif isinstance(layer, BatchNormSpec):
            gamma, beta, mean, var = next(norms)
            factor = gamma / np.sqrt(var + BATCH_NORM_EPSILON)
            shift = beta - mean * factor
            if stages:
                stages.append(Stage(NORM, width, width, weights=factor, bias=shift))
            else:
                inputs = inputs * factor + shift
        elif isinstance(layer, ActivationSpec):
            if stages:
                stages.append(Stage(ACTIVATION, width, width, layer.name))
            else:
                inputs = FUNCTIONS[layer.name](inputs)
    return inputs, stages


FUNCTIONS: dict[str, Any] = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "identity": lambda z: z,
    "sigmoid": lambda z: 0.5 + 0.5 * np.tanh(0.5 * z),
    "gelu": lambda z: z / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))),
    "sin": np.sin,
    "leaky_relu": lambda z: np.where(z < 0.0, 0.01 * z, z),
    "softplus": lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))),
}
"""The activations in plain NumPy, for those that come before any weights."""
