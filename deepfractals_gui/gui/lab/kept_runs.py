"""The runs that the lab keeps, in a file that several windows may change."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.lab.live_curves import Curves
from deepfractals_gui.gui.lab.run_table import LONGEST_NAME, KeptRun
from deepfractals_gui.session import store

_FORMAT, _VERSION = "runs", 1
MOST = 500
"""Runs that are read, the newest ones."""
MOST_POINTS = 1000
"""Points of a curve that are kept: more are told apart by no screen."""


class KeptRuns:
    """The file. Rows that can't be read, such as those of a later version, stay in it unseen.

    Attributes
    ----------
    message : one line for the user when something couldn't be read; "" otherwise
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.message = ""

    def load(self) -> list[KeptRun]:
        """The runs, numbered in their order."""
        rows = self._rows()
        found = [run for row in rows[-MOST:] if (run := _run(row)) is not None]
        unread = min(len(rows), MOST) - len(found)
        if unread and not self.message:
            self.message = f"{unread} kept runs can't be read and are left where they are"
        return [replace(run, number=number) for number, run in enumerate(found)]

    def save(self, runs: Sequence[KeptRun], gone: Collection[str]) -> None:
        """Write these runs, beside those that other windows have added; ``gone`` are deleted.

        Raises
        ------
        FileError   the file can't be written; it is as it was
        """
        own = {run.id: run for run in runs}
        with store.exclusive(self.path):
            rows = []
            for row in self._rows():
                known = row.get("id") if isinstance(row, dict) else None
                if known in own:
                    rows.append(_row(own.pop(str(known))))
                elif known not in gone:
                    rows.append(row)
            rows += [_row(run) for run in own.values()]
            store.save(self.path, {_FORMAT: _VERSION, "entries": rows})

    def _rows(self) -> list[Any]:
        loaded = store.load(self.path, _FORMAT, _VERSION)
        self.message = loaded.message
        rows = None if loaded.data is None else loaded.data.get("entries")
        if loaded.data is not None and not isinstance(rows, list):
            self.message = store.put_aside(self.path, "it holds no list of entries").message
        return rows if isinstance(rows, list) else []


def _row(run: KeptRun) -> dict[str, Any]:
    curves = run.curves
    step = -(-len(curves.x) // MOST_POINTS) or 1
    return {
        "id": run.id, "name": run.name, "data": run.data, "network": run.network,
        "epochs": run.epochs, "seconds": run.seconds, "against": curves.against,
        "params": json.loads(run.params.to_json()),
        "curves": {name: _numbers(getattr(curves, name)[::step]) for name in _CURVES},
    }  # fmt: skip


_CURVES = tuple(field.name for field in fields(Curves) if field.name != "against")


def _numbers(values: Array) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]


def _run(row: Any) -> KeptRun | None:
    try:
        curves = {name: _array(row["curves"][name]) for name in _CURVES}
        if len({len(values) for values in curves.values()}) != 1:
            return None
        return KeptRun(
            0, str(row["name"])[:LONGEST_NAME], str(row["data"])[:200], str(row["network"])[:200],
            LabParams.from_json(json.dumps(row["params"])),
            Curves(**curves, against=str(row["against"])[:40]), int(row["epochs"]),
            float(row["seconds"]), str(row["id"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError, OverflowError):
        # The caller counts it, and says so.
        return None


def _array(values: Any) -> Array:
    if not isinstance(values, list) or len(values) > 100 * MOST_POINTS:
        raise ValueError("a curve is a list of numbers")
    return np.array([math.nan if value is None else float(value) for value in values], np.float64)
