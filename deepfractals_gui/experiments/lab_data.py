"""The data of a run: read or generated, split and scaled, with the targets that the loss wants."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from deepfractals_gui.core import Array, DataRef, ParamError
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.nn import DenseSpec, NetSpec
from deepfractals_gui.nn.dataset import Dataset
from deepfractals_gui.nn.dataset_files import read_dataset, read_idx_pair
from deepfractals_gui.nn.datasets import dataset
from deepfractals_gui.nn.scaling import Scaling, scaler


@dataclass(frozen=True, eq=False)
class LabData:
    """What is learned from.

    Attributes
    ----------
    train, test : rows as they are; ``test`` is None where nothing is kept for it
    scaling : what brings inputs to the size that the network sees
    x, y : scaled inputs (N, n) and targets of the training rows, as the loss takes them
    test_x, test_y : of the rows for the test; empty where there are none
    """

    train: Dataset
    test: Dataset | None
    scaling: Scaling
    x: Array
    y: Array
    test_x: Array
    test_y: Array


def dataset_of(p: LabParams) -> Dataset:
    """All rows that a run asks for.

    Raises
    ------
    ParamError   a file can't be used; it names the parameter
    """
    return _dataset(p.data, p.labels, p.count, p.noise, p.spec.seed, p.spec.loss == "mse")


@lru_cache(maxsize=4)
def _dataset(
    data: str | DataRef, labels: str | DataRef, count: int, noise: float, seed: int, mse: bool
) -> Dataset:
    try:
        if not isinstance(data, DataRef):
            return dataset(data, count=count, noise=noise, seed=seed)
        if isinstance(labels, DataRef):
            return read_idx_pair(data, labels)
        # Whole numbers are labels, unless a loss of numbers is chosen.
        return read_dataset(data, regression=mse)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ParamError("data", f"it can't be read: {reason}") from None
    except ValueError as error:
        raise ParamError("data", str(error)) from None


def outputs_for(found: Dataset, loss: str) -> int:
    """How many outputs a network needs for these data under this loss."""
    if loss == "binary_cross_entropy" and len(found.classes) == 2:
        return 1
    return found.n_outputs


def fitted(spec: NetSpec, found: Dataset) -> NetSpec:
    """The same network with as many inputs and outputs as the data have.

    A loss of classes gives way to the mean squared error where the data have none.
    """
    loss = spec.loss if found.is_classification else "mse"
    last = max(k for k, layer in enumerate(spec.layers) if isinstance(layer, DenseSpec))
    layers = list(spec.layers)
    end = layers[last]
    assert isinstance(end, DenseSpec)
    layers[last] = replace(end, units=outputs_for(found, loss))
    return replace(spec, inputs=found.n_inputs, layers=tuple(layers), loss=loss)


def lab_data(p: LabParams) -> LabData:
    """Read or generate the data of a run, split and scale them.

    Raises
    ------
    ParamError   a file can't be used, or data and network don't fit together
    """
    found = dataset_of(p)
    check_fit(p.spec, found)
    if not p.test_share or len(found) < 2:
        train, test = found, None
    elif p.in_order:
        count = min(max(round(len(found) * p.test_share), 1), len(found) - 1)
        rows = np.arange(len(found))
        train, test = found.take(rows[:-count]), found.take(rows[-count:])
    else:
        train, test = found.split(p.test_share, p.spec.seed)
    return prepared_data(p, train, test)


def prepared_data(p: LabParams, train: Dataset, test: Dataset | None) -> LabData:
    """Scale rows that are already split, and give them the targets of the loss.

    Raises
    ------
    ParamError   data and network don't fit together
    """
    check_fit(p.spec, train)
    scaling = scaler(train, p.scaling)
    empty = np.zeros((0, train.n_inputs))
    return LabData(
        train, test, scaling,
        scaling.apply(train.inputs), targets_of(train, p.spec),
        empty if test is None else scaling.apply(test.inputs),
        np.zeros(0) if test is None else targets_of(test, p.spec),
    )  # fmt: skip


def check_fit(spec: NetSpec, found: Dataset) -> None:
    """Raise ParamError unless the network has the data's inputs and outputs."""
    if spec.inputs != found.n_inputs:
        raise ParamError(
            "data", f"{found.name} has {found.n_inputs} inputs; the network takes {spec.inputs}"
        )
    if spec.loss != "mse" and not found.is_classification:
        raise ParamError(
            "data", f"{found.name} has no classes; the loss {spec.loss} needs them, mse doesn't"
        )
    wanted = outputs_for(found, spec.loss)
    if spec.outputs != wanted:
        what = f"{len(found.classes)} classes" if found.classes else f"{wanted} targets"
        raise ParamError(
            "data",
            f"{found.name} has {what}, so {spec.loss} needs {wanted} outputs; the network has "
            f"{spec.outputs}",
        )


def targets_of(found: Dataset, spec: NetSpec) -> Array:
    """Targets as the loss takes them: labels (N,), one-hot rows, or numbers (N, K)."""
    if not found.is_classification:
        return found.targets
    if spec.loss == "cross_entropy":
        return found.targets
    if outputs_for(found, spec.loss) == 1:
        return found.targets[:, np.newaxis].astype(np.float64)
    return np.asarray(np.eye(len(found.classes))[found.targets])


def guesses(output: Array) -> Array:
    """Labels (N,) that a network's outputs (N, K) mean."""
    if output.shape[1] == 1:
        return (output[:, 0] > 0.5).astype(np.int64)
    return np.asarray(output.argmax(axis=1))
