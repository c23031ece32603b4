"""Rows of numbers read from pasted text and CSV files. No Qt."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import numpy as np

from deepfractals_gui.core.arrays import Array

FILE_LIMIT = 1 << 20
"""Bytes of a CSV file; a table is small enough to travel inside a document."""
_SEPARATORS = ("\t", ";", ",")


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
        values = [_number(cell) for cell in cells]
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


def numbers_in(text: str, rows: int, columns: int, name: str) -> Array:
    """Read a table of any size up to ``rows`` x ``columns``: float64 (R, C), all rows alike.

    Separators, headings and comments are as for `parse_rows`.

    Raises
    ------
    ValueError   one line that names ``name``, the line and what is wrong with it
    """
    lines = [
        (number, line.strip())
        for number, line in enumerate(text.split("\n"), start=1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if lines and all(_number(cell) is None for cell in _cells(lines[0][1])):
        del lines[0]
    if not lines:
        raise ValueError(f"{name}: there are no numbers")
    if len(lines) > rows:
        raise ValueError(f"{name} has {len(lines)} rows; at most {rows} are allowed")
    width = len(_cells(lines[0][1]))
    if width > columns:
        raise ValueError(f"{name} has {width} columns; at most {columns} are allowed")
    found = np.empty((len(lines), width))
    for row, (number, line) in enumerate(lines):
        cells = _cells(line)
        if len(cells) != width:
            raise ValueError(
                f"{name}, line {number}: there are {len(cells)} numbers where the first row has "
                f"{width}"
            )
        for column, cell in enumerate(cells):
            value = _number(cell)
            if value is None:
                raise ValueError(f"{name}, line {number}: {cell[:40]!r} is not a number")
            found[row, column] = value
    return found


def _cells(line: str) -> list[str]:
    for separator in _SEPARATORS:
        if separator in line:
            cells = [cell.strip().strip('"').strip() for cell in line.split(separator)]
            if separator != ",":
                cells = [cell.replace(",", ".") for cell in cells]
            # A trailing separator, as spreadsheets leave, is no cell.
            return cells[:-1] if len(cells) > 1 and not cells[-1] else cells
    return [cell.strip('"') for cell in re.split(r"\s+", line)]


def _number(cell: str) -> float | None:
    try:
        return float(cell.replace("−", "-"))
    except ValueError:
        return None
