"""From a run of the lab to the map of its trainability and to its loss landscape, and back.

And from a field to the map of where it converges.
"""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array, DataRef, Document, ParamError, Viewport
from deepfractals_gui.core.params import replace as replaced
from deepfractals_gui.equilibrium.checkpoints import field_bytes
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.lab_data import lab_data
from deepfractals_gui.experiments.lab_files import run_bytes
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.experiments.lab_state import LabState
from deepfractals_gui.kernels.training_network import (
    BETA1,
    BETA2,
    DECAY,
    LR_INPUT,
    LR_OUTPUT,
    MOMENTUM,
    OFFSET,
    OUTPUT_SCALE,
    WEIGHT_SCALE,
)
from deepfractals_gui.nn import ActivationSpec, DenseSpec, NetSpec, SpecError
from deepfractals_gui.session.files import atomic_write
from deepfractals_gui.systems import system
from deepfractals_gui.systems.field_convergence import ConvergenceParams
from deepfractals_gui.systems.loss_landscape import LandscapeParams
from deepfractals_gui.systems.trainability_params import TrainabilityParams
from deepfractals_gui.systems.training_plan import training_plan
from deepfractals_gui.systems.training_rates import rate_plane, rates_of
from deepfractals_gui.systems.training_run import weight_names

_WIDTH = 6.0
"""Decades of either rate that a map of a run shows at first."""
_FEWEST_STEPS, _STEPS = 20, 500


def map_of(
    p: LabParams, folder: Path, x_axis: str = "lr_input", y_axis: str = "lr_output"
) -> Document:
    """The trainability map on a run's own network and training data, around the run's own rates.

    Its batches are drawn anew for every update, where the lab goes through all rows in turn. Data
    are written into ``folder``, under a name that follows from their contents.

    Raises
    ------
    SpecError    the network is of a kind that a map can't train; the text says what to change
    ParamError   the data can't be used
    OSError      they can't be written
    """
    spec = _mappable(p.spec)
    data = lab_data(p)
    targets = data.train.targets if p.spec.loss == "cross_entropy" else data.y
    source = written(folder, "data", X=data.x, Y=targets)
    network = _text(folder, "network", spec.to_json())
    values: dict[str, object] = {
        "spec": network, "data": source, "x_axis": x_axis, "y_axis": y_axis,
        "seed": min(spec.seed, 1_000_000_000),
        "weights": p.weights if isinstance(p.weights, DataRef) else "drawn",
    }  # fmt: skip
    params = replaced(TrainabilityParams(), **values)
    trainability = system("trainability")
    trainability.check(params)
    plane = rate_plane(params)
    home = trainability.home(params)
    places = [
        _place(plane.held, axis, float(middle))
        for axis, middle in zip(plane.axes, (home.x, home.y), strict=True)
    ]
    view = Viewport.at(f"{places[0]:.6g}", f"{places[1]:.6g}", _WIDTH)
    return Document("trainability", params, view, trainability.default_coloring(params))


def _place(held: object, axis: str, otherwise: float) -> float:
    """The run's own rate as a coordinate; an axis without one keeps the home view's middle."""
    assert isinstance(held, dict)
    value = held["lr_input"] if axis == "lr" else held[axis]
    value = 1.0 - value if axis in ("momentum", "beta1", "beta2") else value
    return round(math.log10(value), 6) if value > 0 else otherwise


def _mappable(spec: NetSpec) -> NetSpec:
    """The same network out of dense layers alone. Raises SpecError."""
    layers: list[DenseSpec] = []
    for number, layer in enumerate(spec.layers, start=1):
        if isinstance(layer, DenseSpec):
            layers.append(layer)
        elif isinstance(layer, ActivationSpec) and layers and layers[-1].activation == "identity":
            if layers[-1].residual:
                raise SpecError(f"layer {number}: a map has no activation behind a residual layer")
            layers[-1] = replace(layers[-1], activation=layer.name)
        else:
            words = {"dropout": "dropout", "batch_norm": "batch normalisation"}
            what = words.get(layer.kind, "an activation that follows another")
            raise SpecError(
                f"layer {number}: a map trains dense layers and their activations, without {what}"
            )
    unknown = [name for name in ("l1", "l2", "clip") if getattr(spec, name)]
    unknown += ["lr_decay"] if spec.optimizer.lr_decay else []
    if unknown:
        raise SpecError(f"a map trains without {', '.join(unknown)}: set it to 0 first")
    steps = spec.steps if spec.steps >= _FEWEST_STEPS else _STEPS
    return replace(spec, layers=tuple(layers), steps=steps)


def run_of(p: TrainabilityParams, x: float, y: float, folder: Path) -> LabParams:
    """The training run behind a point of a trainability map.

    Its losses are the map's to rounding; where training is chaotic, rounding grows, as it would
    between two ways of summing.

    Raises
    ------
    ParamError   the map adds an offset at every step, or scales an output with biases
    OSError      data can't be written into ``folder``
    """
    plan = training_plan(p)
    rates = rates_of(np.array([x]), np.array([y]), rate_plane(p))[0]
    if rates[OFFSET] and p.offset_mode == "every_step":
        raise ParamError(
            "offset_mode", "the lab doesn't add an offset at every step; a map with once can be run"
        )
    layers = list(plan.layers)
    if rates[OUTPUT_SCALE] != 1.0:
        if layers[-1].bias:
            raise ParamError(
                "output_scale", "the lab scales no biases; a map without them can be run"
            )
        layers[-1] = replace(layers[-1], scale=layers[-1].scale * float(rates[OUTPUT_SCALE]))
    weights: dict[str, Array] = {}
    for name, array in zip(weight_names(plan), plan.weights, strict=True):
        scaled = array * rates[WEIGHT_SCALE] if name.startswith("W") else array
        weights[name] = scaled + rates[OFFSET] if name == "W0" else scaled
    optimizer = replace(
        plan.spec.optimizer,
        lr=float(rates[LR_INPUT]), lr_output=float(rates[LR_OUTPUT]),
        momentum=float(rates[MOMENTUM]), beta1=float(rates[BETA1]), beta2=float(rates[BETA2]),
        weight_decay=float(rates[DECAY]),
    )  # fmt: skip
    classes = plan.spec.loss == "cross_entropy"
    targets = plan.data.targets.argmax(axis=1) if classes else plan.data.targets
    values: dict[str, object] = {
        "data": written(folder, "data", X=plan.data.inputs, Y=targets),
        "weights": written(folder, "weights", **weights),
        "test_share": 0.0, "scaling": "none", "sampling": "drawn", "epochs": plan.spec.steps,
    }  # fmt: skip
    if plan.batches.size:
        values["draws"] = written(folder, "batches", batches=plan.batches)
    spec = replace(plan.spec, layers=tuple(layers), optimizer=optimizer)
    return replace(replaced(LabParams(), **values), spec=spec)


def landscape_of(s: LabState, folder: Path) -> Document:
    """The loss landscape about the weights of a run at this moment, over its training data.

    In the plane of the run's path, where it has one, else in random directions. The run is written
    into ``folder``, under a name that follows from its contents.

    Raises
    ------
    ParamError       network or data are too large
    ModelFileError   the weights aren't finite
    OSError          the run can't be written
    """
    landscape = system("loss_landscape")
    network = _kept(folder, "run", ".npz", run_bytes(s))
    params = replaced(LandscapeParams(), network=network, directions="pca")
    try:
        landscape.check(params)
    except ParamError as error:
        if error.name != "directions":
            raise
        # Few steps, or all on a line: they span no plane.
        params = replaced(params, directions="random")
        landscape.check(params)
    view = landscape.home(params)
    return Document("loss_landscape", params, view, landscape.default_coloring(params))


def convergence_of(model: FieldModel, folder: Path) -> Document:
    """The map of the dampings and norms for which a field's damped steps converge.

    On a torus of 8 points a side at most, as other fields are mapped at first: on 28 a map takes
    ten times the time and more. What moves the field is written into ``folder``, under a name that
    follows from its contents.

    Raises
    ------
    ParamError   the field isn't one that grey images drive, or can't be mapped
    OSError      it can't be written
    """
    convergence = system("field_convergence")
    kernel = _kept(folder, "field", ".npz", field_bytes(model.spec, model.params))
    params = ConvergenceParams()
    params = replaced(params, kernel=kernel, side=min(model.spec.height, params.side))
    convergence.check(params)
    view = convergence.home(params)
    return Document("field_convergence", params, view, convergence.default_coloring(params))


def written(folder: Path, what: str, **arrays: Array) -> DataRef:
    """An .npz file of arrays in a folder, named after its contents, and the reference to it."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return _kept(folder, what, ".npz", buffer.getvalue())


def _text(folder: Path, what: str, text: str) -> DataRef:
    return _kept(folder, what, ".json", text.encode())


def _kept(folder: Path, what: str, suffix: str, content: bytes) -> DataRef:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{what}-{hashlib.sha256(content).hexdigest()[:12]}{suffix}"
    if not path.exists():
        with atomic_write(path) as file:
            file.write(content)
    return DataRef.of_file(path)
