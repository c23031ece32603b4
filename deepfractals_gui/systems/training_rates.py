"""The rates of a pixel: two of them from its coordinates, the others held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.kernels.training_network import RATES
from deepfractals_gui.systems.trainability_params import TrainabilityParams
from deepfractals_gui.systems.training_plan import training_plan

COMPLEMENTS = ("momentum", "beta1", "beta2")
"""Axes that show log10 of one minus the rate."""


class RatePlane(NamedTuple):
    """Which rate either axis shows, and what the others are."""

    axes: tuple[str, str]
    held: Mapping[str, float]


def rate_plane(p: TrainabilityParams) -> RatePlane:
    """The plane that the parameters ask for. Raises ParamError as `training_plan` does."""
    optimizer = training_plan(p).spec.optimizer
    output = optimizer.lr if optimizer.lr_output is None else optimizer.lr_output
    held = {
        "lr_input": optimizer.lr,
        "lr_output": output,
        "momentum": optimizer.momentum,
        "beta1": optimizer.beta1,
        "beta2": optimizer.beta2,
        "weight_decay": optimizer.weight_decay,
        "weight_scale": p.weight_scale,
        "output_scale": p.output_scale,
        "offset": p.offset,
    }
    return RatePlane((p.x_axis, p.y_axis), held)


def rates_of(x: Array, y: Array, plane: RatePlane) -> Array:
    """The rates of points in log10 coordinates (N,), as the kernels take them: float64 (N, 9)."""
    from deepfractals_gui.kernels import training

    found = np.empty((len(x), len(RATES)))
    for column, name in enumerate(RATES):
        found[:, column] = plane.held[name]
    for place, name in zip((x, y), plane.axes, strict=True):
        powers = np.empty(len(x))
        training.powers_of_ten(place, powers)
        power = 1.0 - powers if name in COMPLEMENTS else powers
        # A common rate gives way to that of a single layer on the other axis.
        names = {"lr_input", "lr_output"} - set(plane.axes) if name == "lr" else {name}
        for one in names:
            found[:, RATES.index(one)] = power
    return found
