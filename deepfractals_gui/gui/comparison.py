"""Several probes beside each other: which curves share a plot, which rows of the tables differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from deepfractals_gui.core import STEP_NUMBER, Curve, Probe, System
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.pins import Pin
from deepfractals_gui.gui.readout import Row
from deepfractals_gui.gui.values import value_text

HERE = "clicked"
"""What the point that was clicked is called beside pinned ones."""
FEW_DIGITS = 6


@dataclass(frozen=True, eq=False)
class Column:
    """A probe among those compared; ``series`` None: the point clicked, which isn't pinned."""

    name: str
    series: int | None
    probe: Probe

    @property
    def title(self) -> str:
        return self.name if self.series is None else f"pin {self.name}"


@dataclass(frozen=True, eq=False)
class Plot:
    """What one plot shows."""

    title: str
    lines: tuple[Line, ...]
    legend: tuple[Key, ...]


def columns_of(pins: Sequence[Pin], probe: Probe | None) -> tuple[Column, ...]:
    """The pins that were probed, by number, then the point clicked unless it is one of them."""
    found = [Column(str(pin.number), pin.series, pin.probe) for pin in pins if pin.probe]
    if probe is not None and not any((p.x, p.y) == (probe.x, probe.y) for p in pins):
        found.append(Column(HERE, None, probe))
    return tuple(found)


def plots_of(columns: Sequence[Column]) -> tuple[Plot, ...]:
    """The plots of all curves: a group's curves share one, and so do those of several probes.

    Of a single probe every curve has a colour of its own, and a dash where it has company. Of
    several, colour and mark tell the probe and the dash tells the curve; a curve that all of them
    have in common is drawn once, in the colour of writing.
    """
    groups: dict[str, dict[str, list[tuple[Column, Curve]]]] = {}
    for column in columns:
        for curve in column.probe.curves:
            names = groups.setdefault(curve.group or curve.name, {})
            names.setdefault(curve.name, []).append((column, curve))
    compared = len(columns) > 1
    make = _compared if compared else _alone
    return tuple(make(title, names, number) for number, (title, names) in enumerate(groups.items()))


_Named = dict[str, list[tuple[Column, Curve]]]


def _alone(title: str, names: _Named, number: int) -> Plot:
    shared = len(names) > 1
    lines = [
        Line(curve, Key(name, index if shared else number, index))
        for index, (name, [(_, curve)]) in enumerate(names.items())
    ]
    return Plot(title, tuple(lines), tuple(line.key for line in lines) if shared else ())


def _compared(title: str, names: _Named, number: int) -> Plot:
    lines: list[Line] = []
    legend: list[Key] = []
    for pattern, (name, found) in enumerate(names.items()):
        shown = name if len(names) > 1 else ""
        first = found[0][1]
        if len(names) > 1 and len(found) > 1 and all(_equal(first, curve) for _, curve in found):
            lines.append(Line(first, Key(name, None, pattern)))
        else:
            for column, curve in found:
                text = f"{column.title} {shown}".strip()
                mark = column.name if pattern == 0 and column.series is not None else ""
                lines.append(Line(curve, Key(text, column.series, pattern), mark))
        legend.append(Key(name, None, pattern))
    return Plot(title, tuple(lines), tuple(legend) if len(names) > 1 else ())


def _equal(a: Curve, b: Curve) -> bool:
    return np.array_equal(a.x, b.x, equal_nan=True) and np.array_equal(a.y, b.y, equal_nan=True)


def rows_of(probe: Probe, system: System[Any], params: Any) -> tuple[Row, ...]:
    """The rows of a probe's table, and the channels that it doesn't tell."""
    rows = [Row(name, text) for name, text in probe.table]
    listed = {name.lower() for name, _ in probe.table}
    for channel in system.channels(params):
        known = channel.name in probe.values and channel.name != "status"
        if known and not {channel.title.lower(), channel.name} & listed:
            value = value_text(channel, probe.values[channel.name], 9)
            rows.append(Row(channel.title, value, channel.help))
    return tuple(rows)


@dataclass(frozen=True)
class Compared:
    """A row of the comparison: a value for each column, "" where a column has no such row."""

    name: str
    values: tuple[str, ...]
    help: str = ""

    @property
    def differs(self) -> bool:
        return len(set(self.values)) > 1

    @property
    def short(self) -> tuple[str, ...]:
        """The values with as many digits as tell them apart, `FEW_DIGITS` at least."""
        numbers = {value: number for value in self.values if (number := _number(value)) is not None}
        for digits in range(FEW_DIGITS, 17):
            texts = {value: f"{number:.{digits}g}" for value, number in numbers.items()}
            if len(set(texts.values())) == len(set(numbers.values())):
                return tuple(texts.get(value, value) for value in self.values)
        return self.values


def _number(text: str) -> float | None:
    """The finite number that a text is; None when it is something else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def compared_rows(tables: Sequence[Sequence[Row]]) -> tuple[Compared, ...]:
    """The rows of several tables by name: those that differ, then those that are the same."""
    names: dict[str, str] = {}
    for table in tables:
        for row in table:
            names.setdefault(row.name, row.help)
    by_name = [{row.name: row.value for row in table} for table in tables]
    rows = [
        Compared(name, tuple(table.get(name, "") for table in by_name), help)
        for name, help in names.items()
    ]
    return tuple(sorted(rows, key=lambda row: not row.differs))


def probes_text(columns: Sequence[Column]) -> str:
    """Probes as text for a spreadsheet, a column each: names and values, then every curve.

    Above several columns stands which point each of them is.
    """
    probes = [column.probe for column in columns]
    lines: list[str] = []
    if len(columns) > 1:
        lines.append("\t".join(["", *(column.title for column in columns)]))
    rows: dict[str, dict[int, str]] = {}
    for number, probe in enumerate(probes):
        values = [(name, f"{value}") for name, value in probe.values.items() if name != "status"]
        head = [("x", repr(probe.x)), ("y", repr(probe.y)), ("status", probe.status.label)]
        # A name may stand for a channel and for a row of the table: the first is kept.
        for name, text in [*head, *values, *probe.table]:
            rows.setdefault(name, {}).setdefault(number, text)
    for name, texts in rows.items():
        lines.append("\t".join([name, *(texts.get(n, "") for n in range(len(probes)))]))
    curves: dict[str, list[tuple[Column, Curve]]] = {}
    for column in columns:
        for curve in column.probe.curves:
            curves.setdefault(curve.name, []).append((column, curve))
    for name, found in curves.items():
        lines += ["", *_curve_lines(name, found, several=len(columns) > 1)]
    return "\n".join(lines) + "\n"


def _curve_lines(name: str, found: list[tuple[Column, Curve]], several: bool) -> list[str]:
    against = found[0][1].against
    heads = [f"{name} ({column.title})" if several else name for column, _ in found]
    lines = ["\t".join(["n" if against == STEP_NUMBER else against, *heads])]
    longest = max((curve for _, curve in found), key=lambda curve: len(curve.x))
    ys = [curve.y.tolist() for _, curve in found]
    if all(np.array_equal(curve.x, longest.x[: len(curve.x)]) for _, curve in found):
        for x, *values in zip_longest(longest.x.tolist(), *ys):
            texts = ("" if value is None else repr(float(value)) for value in values)
            lines.append("\t".join([f"{x:g}", *texts]))
        return lines
    # Over different places the curves stand below each other.
    for number, (_, curve) in enumerate(found):
        for x, y in zip(curve.x.tolist(), ys[number], strict=True):
            texts = (repr(float(y)) if n == number else "" for n in range(len(found)))
            lines.append("\t".join([f"{x:g}", *texts]))
    return lines
