"""The data and the initial weights of the networks that are trained: shipped, drawn, from files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core import Array, DataRef
from deepfractals_gui.core.archives import SIGNATURES, arrays_in, check_finite
from deepfractals_gui.core.resources import resource
from deepfractals_gui.core.tables import numbers_in

MAX_ROWS = 100_000
MAX_COLUMNS = 1024
MOST_NUMBERS = MAX_ROWS * MAX_COLUMNS // 4
MAX_CLASSES = 64
PAPER = "data/paper_2402_06184.npz"
PAPER_SETS = {"paper:matching": "matching", "paper:identity": "identity", "paper:single": "single"}
PAPER_BATCH = 16


class TrainingData(NamedTuple):
    """What a network learns: inputs X (D, n) and targets Y (D, k), float64."""

    inputs: Array
    targets: Array


@cache
def paper() -> Mapping[str, Array]:
    """The arrays that the notebook of arXiv:2402.06184 draws, float64 and read-only."""
    with resource(PAPER).open("rb") as file, np.load(file, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    for array in found.values():
        array.flags.writeable = False
    return found


def paper_data(name: str) -> TrainingData:
    """One of the paper's data sets, such as ``paper:single``."""
    arrays = paper()
    kind = PAPER_SETS[name]
    return TrainingData(arrays[f"X_{kind}"], arrays[f"Y_{kind}"])


def paper_batches(steps: int) -> Array | None:
    """The paper's minibatches for so many steps: int64 (steps, 16); None where it has none."""
    found = paper().get(f"minibatch_{steps}")
    return None if found is None else found.astype(np.int64)


@lru_cache(maxsize=8)
def read_data(source: DataRef, classes: bool) -> TrainingData:
    """Read a CSV file, whose last column is the target, or an .npz file of X and Y.

    With ``classes`` the targets are whole numbers from 0 on and come back one-hot.

    Raises
    ------
    ValueError   one line that says what is wrong
    """
    name = source.name
    content = source.read()
    if content[:4] in SIGNATURES:
        arrays = arrays_in(content, name, ("X", "Y"), most=MOST_NUMBERS)
        inputs, targets = arrays["X"], arrays["Y"]
    else:
        rows = _rows(name, content)
        inputs, targets = rows[:, :-1], rows[:, -1:]
    data = checked_data(name, inputs, targets)
    return data._replace(targets=one_hot(name, data.targets)) if classes else data


def checked_data(name: str, inputs: Array, targets: Array) -> TrainingData:
    """Data as it was read, with targets (D,) as a column. Raises ValueError."""
    targets = targets[:, np.newaxis] if targets.ndim == 1 else targets
    if inputs.ndim != 2 or targets.ndim != 2:
        raise ValueError(f"{name}: X must have 2 dimensions and Y 1 or 2, not {inputs.ndim}")
    if len(inputs) != len(targets):
        raise ValueError(f"{name}: X has {len(inputs)} rows and Y has {len(targets)}")
    for what, array in (("X", inputs), ("Y", targets)):
        if not 1 <= len(array) <= MAX_ROWS or not 1 <= array.shape[1] <= MAX_COLUMNS:
            raise ValueError(
                f"{name}: {what} is {len(array)} x {array.shape[1]}; there may be 1 to "
                f"{MAX_ROWS} rows and 1 to {MAX_COLUMNS} columns"
            )
        check_finite(array, name, what)
    return TrainingData(inputs, targets)


def one_hot(name: str, labels: Array) -> Array:
    """Class labels (D, 1) as float64 (D, classes). Raises ValueError for what isn't a label."""
    if labels.shape[1] != 1:
        raise ValueError(f"{name}: classes are one column of labels, not {labels.shape[1]}")
    column = labels[:, 0]
    wrong = np.flatnonzero((column != np.floor(column)) | (column < 0) | (column >= MAX_CLASSES))
    if len(wrong):
        raise ValueError(
            f"{name}: row {wrong[0] + 1} has the label {column[wrong[0]]:g}; classes are whole "
            f"numbers from 0 to {MAX_CLASSES - 1}"
        )
    count = max(2, int(column.max()) + 1)
    return np.eye(count)[column.astype(np.int64)]


@lru_cache(maxsize=8)
def read_weights(
    source: DataRef, shapes: tuple[tuple[int, int], ...], bias: bool
) -> tuple[Array, ...]:
    """Initial weights W0, b0, W1, ... of an .npz file; missing biases are zeros.

    Raises
    ------
    ValueError   one line that says what is wrong
    """
    name = source.name
    content = source.read()
    wanted = tuple(f"W{layer}" for layer in range(len(shapes)))
    biases = tuple(f"b{layer}" for layer in range(len(shapes)))
    arrays = arrays_in(content, name, wanted, biases, most=MOST_NUMBERS)
    found: list[Array] = []
    for layer, shape in enumerate(shapes):
        matrix = arrays[f"W{layer}"]
        if matrix.shape != shape:
            raise ValueError(
                f"{name}: W{layer} has the shape {matrix.shape}, the network needs {shape}"
            )
        found.append(matrix)
        offset = arrays.get(f"b{layer}")
        if offset is not None and not bias:
            raise ValueError(f"{name} has b{layer}, but the network has no biases")
        if bias:
            offset = np.zeros(shape[1]) if offset is None else offset
            if offset.shape != (shape[1],):
                raise ValueError(
                    f"{name}: b{layer} has the shape {offset.shape}, the network needs "
                    f"({shape[1]},)"
                )
            found.append(offset)
    for number, array in enumerate(found):
        check_finite(array, name, f"array {number + 1} of the weights")
    return tuple(found)


def _rows(name: str, content: bytes) -> Array:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is neither an .npz file nor text") from None
    rows = numbers_in(text, MAX_ROWS, MAX_COLUMNS, name)
    if rows.shape[1] < 2:
        raise ValueError(f"{name}: a row needs at least one input and, last, the target")
    return rows
