"""The kinds of parameter: what values each takes, and how they are read from text."""

from __future__ import annotations

import math
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from deepfractals_gui.core.arrays import parse_complex
from deepfractals_gui.core.dataref import DataRef

if TYPE_CHECKING:
    from deepfractals_gui.core.params import ParamSpec

MAX_FLOAT = 1e300
Table = tuple[tuple[float, ...], ...]
"""Rows of numbers, small enough to travel inside a document."""
DataSource: TypeAlias = str | DataRef
"""Data by the name of what ships or is generated, or a file."""


class ParamError(ValueError):
    """A parameter's value can't be used. ``name`` is the parameter's."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message


def is_real(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _within(spec: ParamSpec, value: float, what: str = "") -> None:
    if not math.isfinite(value) or abs(value) > MAX_FLOAT:
        raise ParamError(spec.name, f"{what}must be a finite number, not {value}")
    if spec.low is not None and value < spec.low:
        raise ParamError(spec.name, f"{what}must be at least {spec.low:g}, not {value:g}")
    if spec.high is not None and value > spec.high:
        raise ParamError(spec.name, f"{what}must be at most {spec.high:g}, not {value:g}")


def _check_int(spec: ParamSpec, value: Any) -> int:
    whole = is_real(value) and math.isfinite(value) and value == int(value)
    if not whole:
        raise ParamError(spec.name, f"{_shown(value)} is not a whole number")
    if abs(value) > 2**62:
        raise ParamError(spec.name, f"{_shown(value)} is too large")
    _within(spec, float(value))
    return int(value)


def _check_float(spec: ParamSpec, value: Any) -> float:
    if not is_real(value):
        raise ParamError(spec.name, f"{_shown(value)} is not a number")
    number = float(value)
    _within(spec, number)
    return number


def _check_bool(spec: ParamSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ParamError(spec.name, f"{_shown(value)} is not true or false")
    return value


def _check_complex(spec: ParamSpec, value: Any) -> complex:
    if isinstance(value, bool) or not isinstance(value, (int, float, complex)):
        raise ParamError(spec.name, f"{_shown(value)} is not a complex number")
    number = complex(value)
    if not (math.isfinite(number.real) and math.isfinite(number.imag)):
        raise ParamError(spec.name, f"must be finite, not {number}")
    _within(spec, math.hypot(number.real, number.imag), "its magnitude ")
    return number


def _check_choice(spec: ParamSpec, value: Any) -> str:
    value = dict(spec.aliases).get(value, value) if isinstance(value, str) else value
    if value not in spec.choices:
        raise ParamError(spec.name, f"{_shown(value)} is not one of {', '.join(spec.choices)}")
    return str(value)


def _check_text(spec: ParamSpec, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 4096:
        raise ParamError(spec.name, "must be a text of at most 4096 characters")
    return value


def _check_table(spec: ParamSpec, value: Any) -> Table:
    if not isinstance(value, (list, tuple)) or not value:
        raise ParamError(spec.name, "needs at least one row of numbers")
    if len(value) > spec.max_rows:
        raise ParamError(spec.name, f"has {len(value)} rows; at most {spec.max_rows} are allowed")
    rows = []
    for number, row in enumerate(value, start=1):
        if not isinstance(row, (list, tuple)) or len(row) != len(spec.columns):
            names = ", ".join(spec.columns)
            raise ParamError(spec.name, f"row {number} needs {len(spec.columns)} numbers ({names})")
        cells = []
        for cell in row:
            if not is_real(cell):
                raise ParamError(spec.name, f"row {number}: {_shown(cell)} is not a number")
            _within(spec, float(cell), f"row {number}: ")
            cells.append(float(cell))
        rows.append(tuple(cells))
    return tuple(rows)


def _check_data(spec: ParamSpec, value: Any) -> DataSource:
    if isinstance(value, DataRef):
        return value
    if value not in spec.choices:
        known = ", ".join(spec.choices)
        raise ParamError(spec.name, f"{_shown(value)} is not one of {known}, nor a file")
    return str(value)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:
        # Python refuses to write integers of thousands of digits.
        return "the number"
    return text if len(text) <= 60 else text[:57] + "..."


def read_source(spec: ParamSpec, text: str) -> DataSource:
    """What a text names: one of the choices, or a file as it is now. Raises ParamError."""
    if text in spec.choices:
        return text
    try:
        return DataRef.of_file(Path(text))
    except FileNotFoundError:
        known = ", ".join(spec.choices)
        raise ParamError(
            spec.name, f"there is no file {text[:100]!r}; without a file there are {known}"
        ) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParamError(spec.name, f"{text[:100]!r} can't be read: {reason}") from None
    except ValueError as error:
        raise ParamError(spec.name, str(error)) from None


def _parse_bool(text: str) -> bool:
    words = {"true": True, "yes": True, "on": True, "1": True}
    words |= {"false": False, "no": False, "off": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _parse_table(text: str) -> list[list[float]]:
    rows = [row for row in text.replace("\n", ";").split(";") if row.strip()]
    return [[float(cell) for cell in row.replace(",", " ").split()] for row in rows]


def _parse_int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        number = float(text)
        if number != int(number):
            raise
        return int(number)


CHECKS: dict[str, typing.Callable[[ParamSpec, Any], Any]] = {
    "int": _check_int,
    "float": _check_float,
    "bool": _check_bool,
    "complex": _check_complex,
    "choice": _check_choice,
    "text": _check_text,
    "table": _check_table,
    "data": _check_data,
}
PARSERS: dict[str, typing.Callable[[str], Any]] = {
    "int": _parse_int,
    "float": float,
    "bool": _parse_bool,
    "complex": parse_complex,
    "choice": str,
    "text": str,
    "table": _parse_table,
    "data": str,
}
NOUNS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "complex": "a complex number such as 0.3 or -1+2i",
    "choice": "one of the choices",
    "text": "a text",
    "table": "rows of numbers such as 0.5 0.8; -0.5 -0.8",
    "data": "the name of a data set or a file",
}
