"""The run behind one pixel of the trainability map, as the inspector shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, Curve, Probe, Status
from deepfractals_gui.kernels.training_network import (
    LR_INPUT,
    LR_OUTPUT,
    OUTPUT_SCALE,
    RATES,
    WEIGHT_SCALE,
)
from deepfractals_gui.systems.probing import number
from deepfractals_gui.systems.training_plan import TrainingPlan
from deepfractals_gui.systems.training_rates import RatePlane, rates_of
from deepfractals_gui.systems.training_run import History, Prepared, Results, record

SHOWN_POINTS = 400
"""Data points, at most, over which the function learned is drawn."""
LONGEST = 20_000
"""Steps of a run that are shown."""
UNFOLDED = 1 << 18
"""Weights of a history that are held at once while their norms are found."""


def probe_run(
    x: float, y: float, plane: RatePlane, prepared: Prepared, cancel: CancelFlag
) -> Probe:
    """The run behind one point: losses, norms of weights and gradients, the function learned.

    Raises
    ------
    Cancelled   the flag went up
    """
    plan, steps = prepared.plan, prepared.plan.spec.steps
    layers = len(plan.layers)
    rates = rates_of(np.array([x]), np.array([y]), plane)
    results, history = record(rates, plane, prepared, cancel)
    if history.states.size:
        history = unfolded(rates[0], plan, history, cancel)
    values = {name: array[0].item() for name, array in zip(Results._fields, results, strict=True)}
    status = Status(values["status"])
    losses = history.losses
    shown = slice(0, LONGEST)
    count = np.arange(steps, dtype=np.float64)[shown]
    curves = [Curve("loss", count, losses[shown], log=True)]
    for norms, title, group in (
        (history.weight_norms, "|W{}|", "weight norms"),
        (history.gradient_norms, "|∂W{}|", "gradient norms"),
    ):
        curves += [
            Curve(title.format(layer), count, norms[shown, layer], log=True, group=group)
            for layer in range(layers)
        ]
    output = learned(plan, history.weights, float(rates[0, OUTPUT_SCALE]))
    order = np.argsort(plan.data.targets[:, 0], kind="stable")
    order = order[:: -(-len(order) // SHOWN_POINTS)]
    targets = plan.data.targets[order, 0]
    curves += [
        Curve(name, targets, y, group="learned function", against="target", joined=joined)
        for name, y, joined in (("output", output[order, 0], False), ("target", targets, True))
    ]
    table = [("status", status.label)]
    for name, where in zip(plane.axes, (x, y), strict=True):
        table.append((f"log10 {name.replace('_', ' ')}", repr(where)))
    table += [
        (name.replace("_", " "), repr(float(rate)))
        for name, rate in zip(RATES, rates[0], strict=True)
        if _matters(name, float(rate), plan.spec.optimizer.kind)
    ]
    table += [
        ("trainability", number(values["value"])),
        ("first loss", number(float(losses[0]))),
        ("final loss", number(values["final_loss"])),
        ("steps", str(steps)),
    ]
    return Probe(x, y, status, values, tuple(curves), None, tuple(table))


def _matters(name: str, rate: float, optimizer: str) -> bool:
    """True where a rate does something, and is worth a row."""
    if name.startswith("beta"):
        return optimizer.startswith("adam")
    if name.startswith("lr_"):
        return True
    return rate != (1.0 if name.endswith("_scale") else 0.0)


def learned(plan: TrainingPlan, weights: Array, output_scale: float) -> Array:
    """The outputs (D, k) of the network with flat ``weights`` on its data, in plain NumPy."""
    hidden, at = plan.data.inputs, 0
    with np.errstate(all="ignore"):
        for layer in plan.layers:
            size = hidden.shape[1] * layer.units
            z = layer.scale * (hidden @ weights[at : at + size].reshape(hidden.shape[1], -1))
            at += size
            if layer.bias:
                z = z + weights[at : at + layer.units]
                at += layer.units
            a = _ACTIVATIONS[layer.activation](z)
            hidden = (hidden + a) * np.sqrt(0.5) if layer.residual else a
    return output_scale * hidden


def unfolded(rates: Array, plan: TrainingPlan, history: History, cancel: CancelFlag) -> History:
    """Norms and last weights from the states u = x W0 and W1: W0 only moves along x."""
    units = plan.layers[0].units
    x, y = plan.data.inputs[0], plan.data.targets[0, 0]
    inner, outer = plan.layers[0].scale, plan.layers[1].scale * rates[OUTPUT_SCALE]
    begin = plan.weights[0] * rates[WEIGHT_SCALE]
    u, w = history.states[:, :units], history.states[:, units:]
    with np.errstate(all="ignore"):
        along = (u - x @ begin) / (x @ x)
        sizes = np.empty(len(along))
        # All steps at once may take gigabytes, and couldn't be cancelled.
        block = max(1, UNFOLDED // begin.size)
        for at in range(0, len(along), block):
            cancel.check()
            piece = slice(at, at + block)
            first = begin + x[:, np.newaxis] * along[piece, np.newaxis, :]
            sizes[piece] = np.linalg.norm(first, axis=(1, 2))
        function = _ACTIVATIONS[plan.layers[0].activation]
        a = function(inner * u)
        slope = _SLOPES[plan.layers[0].activation](inner * u, a)
        pull = 2 * outer * ((a * w).sum(axis=1) * outer - y)[:, np.newaxis]
        inputs = pull * w * slope * inner
        outputs = pull * a
        weight_norms = np.stack([sizes, np.linalg.norm(w, axis=1)], 1)
        gradient_norms = np.stack(
            [np.linalg.norm(inputs, axis=1) * np.linalg.norm(x), np.linalg.norm(outputs, axis=1)], 1
        )
        last = [
            first[-1] - rates[LR_INPUT] * x[:, np.newaxis] * inputs[-1],
            w[-1] - rates[LR_OUTPUT] * outputs[-1],
        ]
    return history._replace(
        weight_norms=weight_norms,
        gradient_norms=gradient_norms,
        weights=np.concatenate([np.ravel(matrix) for matrix in last]),
    )


def _gelu_gate(z: Array) -> Array:
    return np.asarray(np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))


def _gelu_slope(z: Array, a: Array) -> Array:
    t = _gelu_gate(z)
    bend = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * z * z)
    return np.asarray((1 + t) / 2 + z / 2 * (1 - t * t) * bend)


_ACTIVATIONS: dict[str, Any] = {
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0.0),
    "identity": lambda z: z,
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "gelu": lambda z: z / 2 * (1 + _gelu_gate(z)),
    "sin": np.sin,
}
_SLOPES: dict[str, Any] = {
    "tanh": lambda z, a: 1.0 - a * a,
    "relu": lambda z, a: (z > 0.0) * 1.0,
    "identity": lambda z, a: np.ones_like(z),
    "sigmoid": lambda z, a: a * (1.0 - a),
    "gelu": _gelu_slope,
}
"""f'(z) from z and f(z), of what `kernels.training_single` trains."""
