"""Train the networks whose loss landscapes ship. Plain NumPy; a minute.

.venv/bin/python packaging/landscapes.py [NAME ...]
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from deepfractals_gui.nn import DenseSpec, NetSpec, OptimizerSpec

FOLDER = Path(__file__).resolve().parents[1] / "resources" / "data"
POINTS = 200
NOISE = 0.15


def moons(count: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two interleaving half circles: X (count, 2) of mean 0, labels (count,)."""
    rng = np.random.Generator(np.random.PCG64(seed))
    turn = np.pi * rng.uniform(size=count)
    label = np.arange(count) % 2
    x = np.where(label == 0, np.cos(turn), 1.0 - np.cos(turn)) - 0.5
    y = np.where(label == 0, np.sin(turn), 0.5 - np.sin(turn)) - 0.25
    return np.stack([x, y], axis=1) + noise * rng.standard_normal((count, 2)), label


@dataclass(frozen=True)
class Recipe:
    """How one network is trained: full batches, gradient descent with momentum (heavy ball)."""

    spec: NetSpec
    kept: int
    """Points of the trajectory that are kept, the start and the end included."""


def _net(widths: list[int], activation: str, residual: bool, **training: float) -> NetSpec:
    layers = [
        DenseSpec(units, activation, residual=residual and ins == units)
        for ins, units in pairwise(widths[:-1])
    ]
    steps, seed = int(training["steps"]), int(training.get("seed", 0))
    optimizer = OptimizerSpec("sgd", lr=training["lr"], momentum=training["momentum"])
    return NetSpec(
        widths[0], (*layers, DenseSpec(widths[-1])), "cross_entropy", optimizer, steps=steps,
        seed=seed, l2=training.get("l2", 0.0),
    )  # fmt: skip


DEEP = [2, *[8] * 14, 2]
RECIPES = {
    "moons": Recipe(
        _net([2, 16, 16, 2], "tanh", False, lr=0.1, momentum=0.9, steps=600, seed=2), kept=40
    ),
    # The same start, data and rates: only the short cuts differ.
    "moons_relu_deep": Recipe(
        _net(DEEP, "relu", False, lr=0.01, momentum=0.9, steps=1500, seed=2), kept=24
    ),
    "moons_residual": Recipe(
        _net(DEEP, "relu", True, lr=0.01, momentum=0.9, steps=1500, seed=2), kept=24
    ),
    "moons_sine": Recipe(
        _net([2, 8, 8, 8, 8, 2], "sin", False, lr=0.02, momentum=0.9, steps=800, seed=2), kept=40
    ),
}


def begin(spec: NetSpec) -> list[np.ndarray]:
    """W0, b0, W1, ...: He's normal weights from PCG64([seed, 1]), biases of 0."""
    rng = np.random.Generator(np.random.PCG64([spec.seed, 1]))
    found, width = [], spec.inputs
    for layer in spec.layers:
        gain = 2.0 if layer.activation == "relu" else 1.0
        found.append(rng.standard_normal((width, layer.units)) * np.sqrt(gain / width))
        found.append(np.zeros(layer.units))
        width = layer.units
    return found


def _activate(name: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """f(z) and its slope."""
    if name == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a
    if name == "relu":
        return np.maximum(z, 0), (z > 0).astype(float)
    if name == "sin":
        return np.sin(z), np.cos(z)
    return z, np.ones_like(z)


def loss_and_gradients(
    spec: NetSpec, weights: list[np.ndarray], x: np.ndarray, label: np.ndarray
) -> tuple[float, float, list[np.ndarray]]:
    """Cross-entropy of softmax with the l2 penalty, share of right answers, and gradients."""
    h, seen = x, []
    for k, layer in enumerate(spec.layers):
        z = h @ weights[2 * k] + weights[2 * k + 1]
        a, slope = _activate(layer.activation, z)
        seen.append((h, slope))
        h = (h + a) / np.sqrt(2) if layer.residual else a
    shifted = h - h.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    rows = np.arange(len(x))
    loss = -logs[rows, label].mean()
    right = float((h.argmax(axis=1) == label).mean())
    delta = np.exp(logs)
    delta[rows, label] -= 1
    delta /= len(x)
    gradients = [np.zeros_like(w) for w in weights]
    for k in reversed(range(len(spec.layers))):
        layer = spec.layers[k]
        share = np.sqrt(0.5) if layer.residual else 1.0
        h, slope = seen[k]
        inner = share * delta * slope
        gradients[2 * k] = h.T @ inner + 2 * spec.l2 * weights[2 * k]
        gradients[2 * k + 1] = inner.sum(axis=0)
        loss += spec.l2 * float(np.sum(weights[2 * k] ** 2))
        delta = inner @ weights[2 * k].T + (share * delta if layer.residual else 0.0)
    return float(loss), right, gradients


def train(recipe: Recipe, x: np.ndarray, label: np.ndarray) -> list[np.ndarray]:
    """The flat weights before each step, and after the last."""
    spec = recipe.spec
    weights = begin(spec)
    speed = [np.zeros_like(w) for w in weights]
    path = []
    for _ in range(spec.steps):
        path.append(np.concatenate([w.ravel() for w in weights]))
        _, _, gradients = loss_and_gradients(spec, weights, x, label)
        for w, v, g in zip(weights, speed, gradients, strict=True):
            v *= spec.optimizer.momentum
            v += g
            w -= spec.optimizer.lr * v
    path.append(np.concatenate([w.ravel() for w in weights]))
    return path


def thinned(path: list[np.ndarray], count: int) -> np.ndarray:
    """So many points of a path, about as far from each other along it: float32 (count, P)."""
    rows = np.array(path)
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(rows, axis=0), axis=1))])
    places = np.searchsorted(way, np.linspace(0.0, way[-1], count))
    return rows[np.unique(np.minimum(places, len(rows) - 1))].astype(np.float32)


def arrays_of(recipe: Recipe) -> dict[str, np.ndarray]:
    """What the file of a network holds."""
    x, label = moons(POINTS, NOISE, 0)
    path = train(recipe, x, label)
    found = {"spec": np.frombuffer(recipe.spec.to_json().encode(), np.uint8)}
    at, width = 0, recipe.spec.inputs
    for k, layer in enumerate(recipe.spec.layers):
        for name, shape in ((f"W{k}", (width, layer.units)), (f"b{k}", (layer.units,))):
            size = int(np.prod(shape))
            found[name] = path[-1][at : at + size].reshape(shape)
            at += size
        width = layer.units
    return found | {"trajectory": thinned(path, recipe.kept), "X": x, "Y": label.astype(np.uint8)}


def main(names: list[str]) -> None:
    for name in names or list(RECIPES):
        recipe = RECIPES[name]
        arrays = arrays_of(recipe)
        target = FOLDER / f"landscape_{name}.npz"
        np.savez_compressed(target, **arrays)
        weights = [arrays[f"{kind}{k}"] for k in range(len(recipe.spec.layers)) for kind in "Wb"]
        loss, right, _ = loss_and_gradients(recipe.spec, weights, arrays["X"], arrays["Y"])
        print(f"{name}: loss {loss:.4g}, accuracy {right:.3f}, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
