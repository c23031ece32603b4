"""Trained networks in .npz files: those that ship, and those that the lab wrote.

A file holds ``spec`` (the NetSpec's JSON, as a string or as UTF-8 bytes), ``W0``, ``b0``, ``W1``,
... of the dense layers in order (no ``b`` where a layer has no bias), and ``gamma0``, ``beta0``,
``mean0``, ``var0``, ... of the batch normalisations. It may hold ``trajectory`` (K, P): the dense
layers' weights along the training, each row W0 row by row, b0, W1, ...; and ``X`` (N, n) with
``Y`` (N,) or (N, m), the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np

from deepfractals_gui.core import Array, DataRef
from deepfractals_gui.core.archives import SIGNATURES, arrays_in, check_finite, text_in
from deepfractals_gui.core.resources import resource
from deepfractals_gui.nn import BatchNormSpec, DenseSpec, NetSpec, SpecError
from deepfractals_gui.systems.training_data import MOST_NUMBERS, TrainingData, checked_data

MOST_WEIGHTS = 1 << 22
"""Weights, at most, of all layers of a network."""
MOST_POINTS = 512
"""Points of a trajectory that are kept, evenly spread: more can't be told apart on a canvas."""
_NORM_PARTS = ("gamma", "beta", "mean", "var")


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network as training left it.

    Attributes
    ----------
    dense : (W (in, out), b (out,) or None) of each dense layer
    norms : (gamma, beta, mean, variance), each (units,), of each batch normalisation
    trajectory : float64 (K, P), the weights at up to `MOST_POINTS` of the training's, or None
    data : inputs (N, n) and targets (N, m) as they were stored, or None
    """

    name: str
    spec: NetSpec
    dense: tuple[tuple[Array, Array | None], ...]
    norms: tuple[tuple[Array, Array, Array, Array], ...]
    trajectory: Array | None
    data: TrainingData | None

    @property
    def flat(self) -> Array:
        """W0 row by row, b0, W1, ...: float64 (P,)."""
        parts = [part for pair in self.dense for part in pair if part is not None]
        return np.concatenate([np.ravel(part) for part in parts])

    def split(self, flat: Array) -> list[tuple[Array, Array | None]]:
        """W and b of each dense layer from flat weights (P,)."""
        found, at = [], 0
        for weights, bias in self.dense:
            matrix = flat[at : at + weights.size].reshape(weights.shape)
            at += weights.size
            shift = None if bias is None else flat[at : at + bias.size]
            at += 0 if bias is None else bias.size
            found.append((matrix, shift))
        return found


@cache
def shipped_network(name: str) -> TrainedNetwork:
    """One of the networks that ship; `packaging/landscapes.py` trained them."""
    return _parsed(name, resource(f"data/landscape_{name}.npz").read_bytes())


@lru_cache(maxsize=2)
def read_network(source: DataRef) -> TrainedNetwork:
    """Read a trained network.

    Raises
    ------
    ValueError   one line that says what is wrong
    """
    return _parsed(source.name, source.read())


def _parsed(name: str, content: bytes) -> TrainedNetwork:
    if content[:4] not in SIGNATURES:
        raise ValueError(f"{name} is not an .npz file")
    try:
        spec = NetSpec.from_json(text_in(content, name, "spec"))
    except SpecError as error:
        raise ValueError(f"{name}: the spec can't be used: {error}") from None
    shapes = _shapes(spec)
    weights = sum(shape[0] * (shape[1] if len(shape) > 1 else 1) for shape in shapes.values())
    if weights > MOST_WEIGHTS:
        raise ValueError(f"{name} has {weights} weights; at most {MOST_WEIGHTS} are allowed")
    extras = ("trajectory", "X", "Y", *(f"b{k}" for k in range(len(spec.layers))))
    arrays = arrays_in(content, name, tuple(shapes), extras, most=MOST_NUMBERS)
    for one, shape in shapes.items():
        if arrays[one].shape != shape:
            raise ValueError(
                f"{name}: {one} has the shape {arrays[one].shape}, the spec asks for {shape}"
            )
        check_finite(arrays[one], name, one)
    layers = [layer for layer in spec.layers if isinstance(layer, DenseSpec)]
    for k, layer in enumerate(layers):
        if f"b{k}" in arrays and not layer.bias:
            raise ValueError(f"{name} has b{k}, but by the spec that layer has no bias")
    dense = tuple(
        (arrays[f"W{k}"], arrays[f"b{k}"] if layer.bias else None) for k, layer in enumerate(layers)
    )
    norms = []
    for k in range(sum(isinstance(layer, BatchNormSpec) for layer in spec.layers)):
        gamma, beta, mean, var = (arrays[f"{part}{k}"] for part in _NORM_PARTS)
        if var.min() < 0:
            raise ValueError(f"{name}: var{k} is negative at row {int(np.argmin(var)) + 1}")
        norms.append((gamma, beta, mean, var))
    network = TrainedNetwork(name, spec, dense, tuple(norms), None, _data(name, arrays))
    return _with_trajectory(network, arrays.get("trajectory"))


def _shapes(spec: NetSpec) -> dict[str, tuple[int, ...]]:
    """The shapes of the arrays that a file must have, by their names."""
    found: dict[str, tuple[int, ...]] = {}
    width, dense, norms = spec.inputs, 0, 0
    for layer in spec.layers:
        if isinstance(layer, DenseSpec):
            found[f"W{dense}"] = (width, layer.units)
            if layer.bias:
                found[f"b{dense}"] = (layer.units,)
            width = layer.units
            dense += 1
        elif isinstance(layer, BatchNormSpec):
            found |= {f"{part}{norms}": (width,) for part in _NORM_PARTS}
            norms += 1
    return found


def _data(name: str, arrays: dict[str, Array]) -> TrainingData | None:
    if "X" not in arrays and "Y" not in arrays:
        return None
    for one, other in (("X", "Y"), ("Y", "X")):
        if one not in arrays:
            raise ValueError(f"{name} has {other}, but no array {one}")
    return checked_data(name, arrays["X"], arrays["Y"])


def _with_trajectory(network: TrainedNetwork, trajectory: Array | None) -> TrainedNetwork:
    if trajectory is None:
        return network
    name, size = network.name, network.flat.size
    if trajectory.ndim != 2 or trajectory.shape[1] != size:
        raise ValueError(
            f"{name}: trajectory has the shape {trajectory.shape}; its rows must be the "
            f"network's {size} weights"
        )
    check_finite(trajectory, name, "trajectory")
    if len(trajectory) > MOST_POINTS:
        kept = np.linspace(0, len(trajectory) - 1, MOST_POINTS).round().astype(np.int64)
        trajectory = trajectory[kept]
    return replace(network, trajectory=trajectory)
