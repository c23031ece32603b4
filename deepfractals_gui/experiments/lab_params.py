"""What a training run of the lab needs: the network, the data, and when to stop."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from deepfractals_gui.core import DataSource, param
from deepfractals_gui.core.params import checked, params_from_json, params_to_json
from deepfractals_gui.nn import DenseSpec, NetSpec, OptimizerSpec, SpecError
from deepfractals_gui.nn.datasets import DATASETS, DRAWN
from deepfractals_gui.nn.scaling import SCALINGS

_GENERATED = {"data": DRAWN}
FIRST = NetSpec(
    2,
    (
        DenseSpec(16, "tanh", init="glorot", gain=1.6),
        DenseSpec(16, "tanh", init="glorot", gain=1.6),
        DenseSpec(2, init="glorot"),
    ),
    "cross_entropy",
    OptimizerSpec("adam", 0.01),
    batch=32,
)


@dataclass(frozen=True)
class LabParams:
    """A run. ``spec`` says everything about the network, its loss and its optimiser."""

    data: DataSource = param(
        "spirals",
        "A set that ships or is generated, or a file: CSV (last column: target), .npz (X, Y), or "
        "MNIST-format IDX images with their labels beside them.",
        choices=DATASETS,
        group="Data",
    )
    labels: DataSource = param("none", "The labels of IDX images.", choices=("none",), group="Data")
    count: int = param(
        400, "Points that are generated.", low=10, high=20_000, slider=(50, 5000), log=True,
        group="Data", shown_when=_GENERATED,
    )  # fmt: skip
    noise: float = param(
        0.02, "Standard deviation of what is added to generated points.", low=0.0, high=1.0,
        slider=(0.0, 0.4), group="Data", shown_when=_GENERATED,
    )  # fmt: skip
    test_share: float = param(
        0.25, "Share of the data that is kept for the test; 0: none.", low=0.0, high=0.9,
        slider=(0.0, 0.5), group="Data",
    )  # fmt: skip
    in_order: bool = param(
        False, "Train on the first rows and test on the last ones, instead of shuffling.",
        title="Split in order", group="Data",
    )  # fmt: skip
    scaling: str = param(
        "standard", "What inputs are brought to: range [0, 1], or mean 0 and variance 1.",
        choices=SCALINGS, group="Data",
    )  # fmt: skip
    weights: DataSource = param(
        "drawn", "The first weights: drawn from the seed, or an .npz file with W0, b0, W1, ...",
        title="First weights", choices=("drawn",), group="Training",
    )  # fmt: skip
    sampling: str = param(
        "epochs",
        "epochs: every row once, shuffled. drawn: each update draws its rows anew, as the "
        "trainability map does, and its loss is taken over all rows before.",
        choices=("epochs", "drawn"), group="Training",
    )  # fmt: skip
    draws: DataSource = param(
        "drawn", "Where batches are drawn: from the seed, or the rows of an .npz file's batches, "
        "(steps, B).", title="Drawn batches", choices=("drawn",), group="Training",
    )  # fmt: skip
    epochs: int = param(
        200, "Epochs, at most; 0: until it is stopped.", low=0, high=1_000_000,
        slider=(1, 1000), log=True, group="Training",
    )  # fmt: skip
    target: float = param(
        0.0, "Stop when the test accuracy reaches this (for regression: the test loss falls to "
        "it); 0: never. Without rows for the test, the training's counts.", low=0.0, high=1e6,
        slider=(0.0, 1.0), group="Training",
    )  # fmt: skip
    patience: int = param(
        0, "Stop when the test loss hasn't fallen for so many epochs; 0: never. Without rows for "
        "the test, the training's counts.", low=0, high=100_000, slider=(0, 100), group="Training",
    )  # fmt: skip
    spec: NetSpec = FIRST

    def to_json(self) -> str:
        """One JSON object; `from_json` reads it back equal."""
        data = {"network": json.loads(self.spec.to_json()), "run": params_to_json(self)}
        return json.dumps(data, indent=1, allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> LabParams:
        """Read what `to_json` wrote.

        Raises
        ------
        SpecError, ParamError   one line that says what is wrong
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise SpecError("it is not valid JSON") from None
        if not isinstance(data, dict) or not {"network", "run"} >= set(data):
            raise SpecError("it describes no training run: it has a network and a run, or less")
        found = params_from_json(cls, data.get("run", {}))
        if "network" in data:
            found = replace(found, spec=NetSpec.from_json(json.dumps(data["network"])))
        return checked(found)


def with_spec(params: LabParams, **changes: Any) -> LabParams:
    """The same run with fields of its network changed. Raises SpecError."""
    return replace(params, spec=replace(params.spec, **changes))
