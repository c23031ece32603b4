"""Rows of numbers read from pasted text and CSV files. No Qt."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array

FILE_LIMIT = 1 << 20
"""Bytes of a CSV file; a table is small enough to travel inside a document."""
_SEPARATORS = ("\t", ";", ",")
_DECIMAL_COMMA = re.compile(r"[-+−]?\d*,\d*(?:[eE][-+−]?\d+)?")


def read_rows(path: Path, columns: int) -> list[list[float]]:
    """Read a CSV file of ``columns`` numbers a line; see `parse_rows`.

    Raises
    ------
    ValueError   one line that says what is wrong with the file
    """
    try:
        if stat.S_IFMT(path.stat().st_mode) in (stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR):
            # Reading it might never end.
            raise ValueError(f"{path.name} is not a regular file")
        with path.open("rb") as file:
            content = file.read(FILE_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(f"{path.name} can't be read: {reason.lower()}") from None
    if len(content) > FILE_LIMIT:
        raise ValueError(f"{path.name} is larger than 1 MB; a table has a few rows")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is not a text file") from None
    try:
        return parse_rows(text, columns)
    except ValueError as error:
        raise ValueError(f"{path.name}, {error}") from None


def parse_rows(text: str, columns: int) -> list[list[float]]:
    """Read rows of numbers that are separated by tabs, semicolons, commas or spaces.

    A first line without any number is taken for a heading; empty lines and lines that start with
    # are skipped. Where semicolons or tabs separate, a comma may stand for the decimal point.

    Raises
    ------
    ValueError   the text holds no row, or a line isn't ``columns`` numbers
    """
    rows: list[list[float]] = []
    heading_allowed = True
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        cells = _cells(line)
        values = [number_in(cell) for cell in cells]
        if heading_allowed and not any(value is not None for value in values):
            heading_allowed = False
            continue
        heading_allowed = False
        if len(cells) != columns:
            raise ValueError(f"line {number}: {columns} numbers are needed, not {len(cells)}")
        for cell, value in zip(cells, values, strict=True):
            if value is None:
                raise ValueError(f"line {number}: {cell[:40]!r} is not a number")
        rows.append([value for value in values if value is not None])
    if not rows:
        raise ValueError("line 1: there are no numbers")
    return rows


class Table(NamedTuple):
    """Rows of numbers that end with a text, such as the name of a class.

    Attributes
    ----------
    heading : names of all C columns; () where the table has none
    numbers : float64 (R, C - 1), finite
    last : the texts of the last column (R,)
    lines : where each row stands in the text (R,), the first line being 1
    """

    heading: tuple[str, ...]
    numbers: Array
    last: tuple[str, ...]
    lines: tuple[int, ...]


def numbers_in(text: str, rows: int, columns: int, name: str) -> Array:
    """Read a table of any size up to ``rows`` x ``columns``: float64 (R, C), all rows alike.

    Separators, headings and comments are as for `parse_rows`.

    Raises
    ------
    ValueError   one line that names ``name``, the line and what is wrong with it
    """
    lines = _lines(text, rows, name)
    if lines and _heads(_cells(lines[0][1], columns)):
        del lines[0]
    width = _width(lines, rows, columns, name)
    found = np.empty((len(lines), width))
    for row, (number, line) in enumerate(lines):
        where = f"{name}, line {number}"
        found[row] = _numbers(_alike(line, width, where), where)
    return found


def table_in(text: str, rows: int, columns: int, name: str) -> Table:
    """Read a table whose last column holds texts, and the others numbers.

    Separators and comments are as for `parse_rows`. The first line is a heading if no cell of it
    is a number, or if it counts the columns, as some programs name them: 0, 1, 2, target.

    Raises
    ------
    ValueError   one line that names ``name``, the line and what is wrong with it
    """
    lines = _lines(text, rows, name)
    first = _cells(lines[0][1], columns) if lines else []
    heading = tuple(first) if _heads(first) else ()
    if heading:
        del lines[0]
    # One line more than allowed may turn out to be the heading.
    width = _width(lines, rows, columns, name, spare=0 if heading else 1)
    if width < 2:
        raise ValueError(f"{name}: a row needs at least one number and, last, what belongs to it")
    if heading and len(heading) != width:
        raise ValueError(f"{name}: the heading has {len(heading)} names for {width} columns")
    numbers = np.empty((len(lines), width - 1))
    last = []
    for row, (number, line) in enumerate(lines):
        where = f"{name}, line {number}"
        cells = _alike(line, width, where)
        last.append(cells.pop())
        numbers[row] = _numbers(cells, where)
    counts = width > 2 and first[:-1] == [str(column) for column in range(width - 1)]
    if counts and number_in(first[-1]) is None and first[-1] not in last[1:]:
        heading, numbers = tuple(first), numbers[1:]
        del lines[0], last[0]
    if not 1 <= len(lines) <= rows:
        raise ValueError(f"{name} has {len(lines)} rows; 1 to {rows} are allowed")
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        row, column = wrong[0]
        value = numbers[row, column]
        raise ValueError(f"{name}, line {lines[row][0]}: column {column + 1} is {value}")
    return Table(heading, numbers, tuple(last), tuple(number for number, _ in lines))


def _lines(text: str, rows: int, name: str) -> list[tuple[int, str]]:
    """The lines that hold cells, with their numbers."""
    count = text.count("\n")
    # Each line takes memory, an empty one or a comment too.
    if count > 10 * rows + 1000:
        raise ValueError(f"{name} has {count} lines; at most {rows} are allowed")
    return [
        (number, line.strip())
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _width(lines: list[tuple[int, str]], rows: int, columns: int, name: str, spare: int = 0) -> int:
    """The number of cells in the first line, once the table is known to be of allowed size."""
    if not lines:
        raise ValueError(f"{name}: there are no numbers")
    if len(lines) > rows + spare:
        raise ValueError(f"{name} has {len(lines)} rows; at most {rows} are allowed")
    width = len(_cells(lines[0][1], columns))
    if width > columns:
        raise ValueError(f"{name} has more than {columns} columns, which are not allowed")
    return width


def _alike(line: str, width: int, where: str) -> list[str]:
    cells = _cells(line, width)
    if len(cells) != width:
        count = "more" if len(cells) > width else len(cells)
        there = "is 1 cell" if count == 1 else f"are {count} cells"
        raise ValueError(f"{where}: there {there} where the first row has {width}")
    return cells


def _numbers(cells: Sequence[str], where: str) -> list[float]:
    if "_" not in "".join(cells):
        # Without a look at each cell a large file takes half the time.
        with suppress(ValueError):
            return [float(cell) for cell in cells]
    values = []
    for column, cell in enumerate(cells, start=1):
        value = number_in(cell)
        if value is None:
            raise ValueError(f"{where}: {cell[:40]!r} is not a number (column {column})")
        values.append(value)
    return values


def _heads(cells: Sequence[str]) -> bool:
    return all(number_in(cell) is None for cell in cells)


def _cells(line: str, most: int = -1) -> list[str]:
    """The cells of a line. Where it has more than ``most``, its rest is the last of one more."""
    parts = line.split('"')
    quoted = len(parts) > 1 and len(parts) % 2 == 1
    outside = "".join(parts[::2]) if quoted else line
    found = [separator for separator in _SEPARATORS if separator in outside]
    if quoted:
        # Only separators outside the quotes separate.
        separator = re.escape(found[0]) if found else r"\s+"
        parts[::2] = [re.sub(separator, "\0", part) for part in parts[::2]]
        cells = '"'.join(parts).split("\0", most)
    else:
        cells = line.split(found[0] if found else None, most)
    if len(parts) > 1:
        cells = [cell.strip().strip('"') for cell in cells]
    cells = [cell.strip() for cell in cells]
    if found and found[0] != ",":
        cells = [
            cell.replace(",", ".") if "," in cell and _DECIMAL_COMMA.fullmatch(cell) else cell
            for cell in cells
        ]
    # A trailing separator, as spreadsheets leave, is no cell.
    return cells[:-1] if found and len(cells) > 1 and not cells[-1] else cells


def number_in(cell: str) -> float | None:
    """The number that a cell holds, which may be nan or inf; None if it holds something else."""
    # Python reads 1_000; in a table it is no number.
    if "_" in cell:
        return None
    try:
        return float(cell.replace("−", "-"))
    except ValueError:
        return None
