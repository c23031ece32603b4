"""Parameters, declared once: forms, flags, checks, tooltips and documents follow from it."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, cast

from deepfractals_gui.core.arrays import format_complex
from deepfractals_gui.core.dataref import DataRef
from deepfractals_gui.core.param_kinds import (
    CHECKS,
    MAX_FLOAT,
    NOUNS,
    PARSERS,
    DataSource,
    ParamError,
    Table,
    is_real,
    read_source,
)

__all__ = [
    "MAX_FLOAT",
    "DataSource",
    "ParamError",
    "ParamSpec",
    "Table",
    "checked",
    "param",
    "params_from_json",
    "params_to_json",
    "replace",
    "spec",
    "specs",
]
P = TypeVar("P")


@dataclass(frozen=True)
class ParamSpec:
    """The declaration of one parameter, as `param` made it.

    ``kind`` is one of int, float, bool, complex, choice, text, table, data. ``low`` and ``high``
    are the inclusive bounds (of |z| for a complex number), ``slider`` the part a slider spans.
    ``aliases`` are other words for a choice, ``words`` those that stand for a whole number.
    """

    name: str
    kind: str
    default: Any
    title: str
    help: str
    low: float | None = None
    high: float | None = None
    slider: tuple[float, float] | None = None
    log: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""
    group: str = ""
    columns: tuple[str, ...] = ()
    max_rows: int = 0
    shown_when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    words: tuple[tuple[str, int], ...] = ()

    def check(self, value: Any) -> Any:
        """Return the value in its declared type.

        Raises
        ------
        ParamError   wrong type, not finite, or out of range
        """
        try:
            return CHECKS[self.kind](self, value)
        except OverflowError:
            # An integer of hundreds of digits, which JSON allows.
            raise ParamError(self.name, "the number is too large") from None

    def parse(self, text: str) -> Any:
        """Read the value from what a person typed.

        Raises
        ------
        ParamError   the text can't be read or its value is out of range
        """
        text = text.strip()
        if self.kind == "data":
            return read_source(self, text)
        if text in dict(self.words):
            return self.check(dict(self.words)[text])
        try:
            value = PARSERS[self.kind](text)
        except ParamError:
            raise
        except (ValueError, OverflowError):
            raise ParamError(self.name, f"{text[:60]!r} is not {NOUNS[self.kind]}") from None
        return self.check(value)

    def format(self, value: Any) -> str:
        """Write the value as text that `parse` reads back exactly."""
        if self.kind == "complex":
            return format_complex(value)
        if self.kind == "bool":
            return "true" if value else "false"
        if self.kind == "table":
            return "; ".join(" ".join(_short(cell) for cell in row) for row in value)
        if isinstance(value, DataRef):
            return value.path or value.name
        for word, number in self.words:
            if value == number:
                return word
        return _short(value) if self.kind == "float" else str(value)

    def to_json(self, value: Any) -> Any:
        if self.kind == "complex":
            return [value.real, value.imag]
        if self.kind == "table":
            return [list(row) for row in value]
        return value.to_json() if isinstance(value, DataRef) else value

    def from_json(self, value: Any) -> Any:
        """Read what `to_json` wrote. Raises ParamError."""
        if self.kind == "complex" and isinstance(value, list):
            if len(value) != 2 or not all(is_real(part) for part in value):
                raise ParamError(self.name, "a complex number is a pair of numbers")
            try:
                value = complex(value[0], value[1])
            except OverflowError:
                raise ParamError(self.name, "the number is too large") from None
        if self.kind == "data" and isinstance(value, dict):
            try:
                value = DataRef.from_json(value)
            except ValueError as error:
                raise ParamError(self.name, str(error)) from None
        return self.check(value)

    def applies(self, params: Any) -> bool:
        """True when the other parameters make this one matter."""
        return all(getattr(params, name) in values for name, values in self.shown_when)

    def describe(self) -> dict[str, Any]:
        """A JSON description for `deepfractals systems --json`."""
        low, high = self.low, self.high
        return {
            "name": self.name,
            "type": self.kind,
            "title": self.title,
            "default": self.to_json(self.default),
            "range": None if low is None and high is None else [low, high],
            "choices": list(self.choices),
            "aliases": dict(self.aliases),
            "words": dict(self.words),
            "log": self.log,
            "unit": self.unit,
            "help": self.help,
        }


def param(
    default: Any,
    help: str,
    *,
    title: str = "",
    low: float | None = None,
    high: float | None = None,
    slider: tuple[float, float] | None = None,
    log: bool = False,
    choices: tuple[str, ...] = (),
    unit: str = "",
    group: str = "",
    columns: tuple[str, ...] = (),
    max_rows: int = 0,
    shown_when: Mapping[str, tuple[str, ...]] | None = None,
    aliases: Mapping[str, str] | None = None,
    words: Mapping[str, int] | None = None,
) -> Any:
    """Declare a parameter of a frozen dataclass; the type is the field's annotation.

    ``shown_when`` maps another parameter's name to the values at which this one matters.
    ``aliases`` maps other words to choices, ``words`` maps words to whole numbers.
    """
    options = {
        "title": title,
        "help": help,
        "low": low,
        "high": high,
        "slider": slider,
        "log": log,
        "choices": choices,
        "unit": unit,
        "group": group,
        "columns": columns,
        "max_rows": max_rows,
        "shown_when": tuple((shown_when or {}).items()),
        "aliases": tuple((aliases or {}).items()),
        "words": tuple((words or {}).items()),
    }
    return dataclasses.field(default=default, metadata={"param": options})


def specs(params: type[Any]) -> tuple[ParamSpec, ...]:
    """The declarations of a parameter dataclass, in order; other fields are its own affair."""
    return _specs(cast(Hashable, params))


@cache
def _specs(params: Any) -> tuple[ParamSpec, ...]:
    hints = typing.get_type_hints(params)
    found = []
    for field in dataclasses.fields(params):
        if "param" not in field.metadata:
            continue
        options = dict(field.metadata["param"])
        options["title"] = options["title"] or field.name.replace("_", " ").capitalize()
        kind = _kind(hints[field.name], bool(options["choices"]))
        found.append(ParamSpec(name=field.name, kind=kind, default=field.default, **options))
    return tuple(found)


def spec(params: type[Any], name: str) -> ParamSpec:
    """The declaration of one parameter.

    Raises
    ------
    ParamError   there is none of that name
    """
    for candidate in specs(params):
        if candidate.name == name:
            return candidate
    known = ", ".join(candidate.name for candidate in specs(params))
    raise ParamError(name[:40], f"there is no such parameter; there are {known}")


def checked(params: P) -> P:
    """Return the parameters with every value checked and in its declared type.

    Raises
    ------
    ParamError   a value is of the wrong type, not finite, or out of range
    """
    values = {s.name: s.check(getattr(params, s.name)) for s in specs(type(params))}
    return dataclasses.replace(params, **values)  # type: ignore[type-var]


def replace(params: P, **values: Any) -> P:
    """Return checked parameters with some values replaced. Raises ParamError."""
    kind = type(params)
    changes = {name: spec(kind, name).check(value) for name, value in values.items()}
    return dataclasses.replace(params, **changes)  # type: ignore[type-var]


def params_to_json(params: Any) -> dict[str, Any]:
    return {s.name: s.to_json(getattr(params, s.name)) for s in specs(type(params))}


def params_from_json(kind: type[P], data: Any) -> P:
    """Read what `params_to_json` wrote; parameters that are missing take their defaults.

    Raises
    ------
    ParamError   a parameter is unknown, of the wrong type or out of range
    """
    if not isinstance(data, dict):
        raise ParamError("params", "not an object")
    return kind(**{str(n): spec(kind, str(n)).from_json(v) for n, v in data.items()})


def params_to_text(params: Any) -> str:
    """One JSON object; `params_from_text` reads it back equal."""
    return json.dumps(params_to_json(params), indent=1, allow_nan=False)


def params_from_text(kind: type[P], text: str | bytes) -> P:
    """Read what `params_to_text` wrote, and check it. Raises ParamError."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ParamError("params", "it is not valid JSON") from None
    return checked(params_from_json(kind, data))


def _kind(hint: Any, choice: bool) -> str:
    if hint == DataSource:
        return "data"
    if choice:
        return "choice"
    if hint == Table:
        return "table"
    kinds = {int: "int", float: "float", bool: "bool", complex: "complex", str: "text"}
    if hint not in kinds:
        raise TypeError(f"no parameter can be of type {hint}")
    return kinds[hint]


def _short(value: float) -> str:
    text = repr(value)
    return text[:-2] if text.endswith(".0") else text
