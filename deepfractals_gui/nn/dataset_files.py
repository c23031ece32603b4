"""Data sets from files: tables of text, .npz archives, pairs of IDX files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array, DataRef
from deepfractals_gui.core.archives import SIGNATURES, arrays_in, check_finite
from deepfractals_gui.core.tables import number_in, table_in
from deepfractals_gui.nn.dataset import Dataset, frozen
from deepfractals_gui.nn.idx import (
    IMAGES,
    LABELS,
    idx_partner,
    looks_like_idx,
    names_images,
    read_idx,
)

MAX_ROWS = 100_000
MAX_COLUMNS = 4096
MAX_NUMBERS = 1 << 26
"""Numbers of the inputs, 512 MiB as float64; the images of MNIST are 47 million."""
MAX_CLASSES = 256
LONGEST_NAME = 100
DIGITS = 10


def read_dataset(source: DataRef, *, regression: bool = False) -> Dataset:
    """Read a CSV file, an .npz file of X and Y, or an IDX file whose partner lies beside it.

    The last column of a table, or Y, is the target. Texts are names of classes, and so are whole
    numbers from 0 to 255 in one column, unless ``regression`` is asked for; anything else is
    numbers to predict. Classes are in alphabetical or numerical order, and only those that occur.
    X may be (N, n), or (N, rows, columns) for images; Y (N,) or (N, m).

    Raises
    ------
    ValueError   one line that names the file, the place in it and what is wrong
    """
    content = source.read()
    if looks_like_idx(content):
        return _idx_with_partner(source)
    if content[:4] in SIGNATURES:
        return _from_archive(content, source.name, regression)
    return _from_table(content, source.name, regression)


def read_idx_pair(images: DataRef, labels: DataRef) -> Dataset:
    """Read images and their labels, in the format of MNIST, compressed or not.

    The inputs are the pixels as they are, 0 to 255. The classes are the digits 0 to 9 if no label
    is larger; else those that occur, which must leave no gap.

    Raises
    ------
    ValueError   one line that names the file, the field and what is wrong
    """
    pixels = read_idx(images.read(), images.name, IMAGES)
    count, rows, columns = pixels.shape
    if rows * columns > MAX_COLUMNS or pixels.size > MAX_NUMBERS:
        raise ValueError(
            f"{images.name}: {count} images of {rows} x {columns} are too many pixels; there may "
            f"be {MAX_COLUMNS} in an image and {MAX_NUMBERS} in all"
        )
    marks = read_idx(labels.read(), labels.name, LABELS)
    if len(marks) != count:
        raise ValueError(
            f"{images.name} has {count} images, but {labels.name} has {len(marks)} labels"
        )
    targets, classes = _digits(marks, labels.name)
    return Dataset(
        name=images.name,
        inputs=frozen(pixels.reshape(count, rows * columns).astype(np.float64)),
        targets=targets,
        classes=classes,
        features=pixel_names(rows * columns),
        image_shape=(rows, columns),
    )


def pixel_names(count: int) -> tuple[str, ...]:
    """Names of the columns of images."""
    return tuple(f"pixel {number}" for number in range(count))


def _idx_with_partner(source: DataRef) -> Dataset:
    path = Path(source.path)
    partner = idx_partner(path)
    if partner is None:
        raise ValueError(
            f"{source.name}: images and labels are two files, such as train-images-idx3-ubyte and "
            "train-labels-idx1-ubyte, and there is no such partner beside this one"
        )
    try:
        other = DataRef.of_file(partner)
    except OSError as error:
        raise ValueError(f"{partner.name} can't be read: {error.strerror}") from None
    return read_idx_pair(source, other) if names_images(path) else read_idx_pair(other, source)


def _digits(marks: Array, name: str) -> tuple[Array, tuple[str, ...]]:
    found = np.unique(marks)
    if len(found) == 1:
        raise ValueError(f"{name}: every label is {found[0]}; two classes are needed")
    if found[-1] < DIGITS:
        return marks.astype(np.int64), tuple(map(str, range(DIGITS)))
    gaps = np.flatnonzero(np.diff(found) != 1)
    if len(gaps):
        stray = found[gaps[-1] + 1]
        place = int(np.flatnonzero(marks == stray)[0])
        raise ValueError(
            f"{name}: label {place + 1} is {stray}, which is out of range: labels are 0 to 9, or "
            f"occur without a gap, but there is none between {found[gaps[-1]]} and {stray}"
        )
    return marks.astype(np.int64) - int(found[0]), tuple(map(str, found))


def _from_archive(content: bytes, name: str, regression: bool) -> Dataset:
    arrays = arrays_in(content, name, ("X", "Y"), most=MAX_NUMBERS, dimensions=3)
    inputs, targets = arrays["X"], arrays["Y"]
    image_shape = None
    if inputs.ndim == 3:
        image_shape = (int(inputs.shape[1]), int(inputs.shape[2]))
        inputs = inputs.reshape(len(inputs), image_shape[0] * image_shape[1])
    targets = targets[:, np.newaxis] if targets.ndim == 1 else targets
    if inputs.ndim != 2 or targets.ndim != 2:
        raise ValueError(
            f"{name}: X has {arrays['X'].ndim} dimensions and Y {arrays['Y'].ndim}; X needs 2, or "
            "3 for images, and Y 1 or 2"
        )
    if len(inputs) != len(targets):
        raise ValueError(f"{name}: X has {len(inputs)} rows and Y has {len(targets)}")
    for what, array in (("X", inputs), ("Y", targets)):
        if not 1 <= len(array) <= MAX_ROWS or not 1 <= array.shape[1] <= MAX_COLUMNS:
            raise ValueError(
                f"{name}: {what} is {len(array)} x {array.shape[1]}; there may be 1 to "
                f"{MAX_ROWS} rows and 1 to {MAX_COLUMNS} columns"
            )
        check_finite(array, name, what)
    classes: tuple[str, ...] = ()
    if targets.shape[1] == 1 and not regression:
        targets, classes = _labels(targets, lambda row: f"{name}: row {row + 1} of Y")
        _check_several(name, classes)
    columns = inputs.shape[1]
    features = pixel_names(columns) if image_shape else _column_names(columns)
    return Dataset(name, frozen(inputs), targets, classes, features, image_shape)


def _from_table(content: bytes, name: str, regression: bool) -> Dataset:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{name} is neither text in UTF-8, nor an .npz or IDX file") from None
    table = table_in(text, MAX_ROWS, MAX_COLUMNS + 1, name)

    def place(row: int) -> str:
        return f"{name}, line {table.lines[row]}"

    features = _column_names(table.numbers.shape[1])
    if table.heading:
        features = tuple(
            _printable(cell, f"{name}: the name of {column}") if cell else column
            for column, cell in zip(features, table.heading, strict=False)
        )
    numbers = [number_in(cell) for cell in table.last]
    classes: tuple[str, ...] = ()
    if all(number is None for number in numbers):
        targets, classes = _named(table.last, place)
    else:
        targets = _column(numbers, table.last, place)
        if not regression:
            targets, classes = _labels(targets, place)
    _check_several(name, classes)
    return Dataset(name, frozen(table.numbers), targets, classes, features)


def _column(
    numbers: Sequence[float | None], cells: Sequence[str], place: Callable[[int], str]
) -> Array:
    """The target as numbers, float64 (N, 1)."""
    for row, number in enumerate(numbers):
        if number is None:
            what = f"{cells[row][:40]!r}, where others are numbers" if cells[row] else "missing"
            raise ValueError(f"{place(row)}: the target is {what}")
    column = np.array(numbers, np.float64)[:, np.newaxis]
    wrong = np.flatnonzero(~np.isfinite(column))
    if len(wrong):
        raise ValueError(f"{place(int(wrong[0]))}: the target is {column[wrong[0], 0]}")
    return column


def _labels(column: Array, place: Callable[[int], str]) -> tuple[Array, tuple[str, ...]]:
    """Whole numbers (N, 1) as labels (N,) and class names; other numbers as they are, and ()."""
    if np.any(column != np.floor(column)):
        return column, ()
    wrong = np.flatnonzero((column < 0) | (column >= MAX_CLASSES))
    if len(wrong):
        raise ValueError(
            f"{place(int(wrong[0]))}: the label {column[wrong[0], 0]:.0f} is out of range; whole "
            f"numbers are classes from 0 to {MAX_CLASSES - 1}"
        )
    found, labels = np.unique(column[:, 0].astype(np.int64), return_inverse=True)
    return labels, tuple(map(str, found))


def _named(cells: Sequence[str], place: Callable[[int], str]) -> tuple[Array, tuple[str, ...]]:
    """Names of classes (N,) as labels (N,), and the names in alphabetical order."""
    known: set[str] = set()
    for row, cell in enumerate(cells):
        if not cell:
            raise ValueError(f"{place(row)}: the target is missing")
        if cell not in known:
            known.add(_printable(cell, f"{place(row)}: the class"))
        if len(known) > MAX_CLASSES:
            raise ValueError(
                f"{place(row)}: {cell[:40]!r} is one class more than the {MAX_CLASSES} that there "
                "may be"
            )
    classes = tuple(sorted(known))
    numbers = {name: label for label, name in enumerate(classes)}
    return np.array([numbers[cell] for cell in cells], np.int64), classes


def _check_several(name: str, classes: Sequence[str]) -> None:
    if len(classes) == 1:
        raise ValueError(f"{name}: every row is of the class {classes[0]}; two are needed")


def _printable(cell: str, what: str) -> str:
    if len(cell) > LONGEST_NAME:
        raise ValueError(f"{what} has more than {LONGEST_NAME} letters: {cell[:40]!r}...")
    if not cell.isprintable():
        raise ValueError(f"{what} can't be shown: {cell!a}")
    return cell


def _column_names(count: int) -> tuple[str, ...]:
    return tuple(f"column {number}" for number in range(1, count + 1))
