"""Kept runs: the next window has them, and no window loses what another one kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.lab.kept_runs import MOST_POINTS, KeptRuns
from deepfractals_gui.gui.lab.lab_page import LabPage
from deepfractals_gui.gui.lab.live_curves import Curves
from deepfractals_gui.gui.lab.run_table import RunTable


@pytest.fixture
def table(qtbot):
    table = RunTable()
    qtbot.addWidget(table)
    return table


def curves(length=5):
    x = np.arange(length, dtype=float)
    gap = np.full(length, np.nan)
    return Curves(x, 1 / (x + 1), gap, x / length, np.r_[np.inf, x[1:]])


def keep(table, *names, length=5):
    for name in names:
        table.keep("moons", "2-2", LabParams(data="moons"), curves(length), length, 1.5, name)
    return table.runs


def test_runs_are_read_back_as_they_were(table, tmp_path):
    runs = keep(table, "one", "two")
    store = KeptRuns(tmp_path / "lab" / "runs.json")
    store.save(runs, ())
    found = store.load()
    assert store.message == ""
    for number, (run, kept) in enumerate(zip(found, runs, strict=True)):
        assert run.number == number
        assert (run.id, run.name, run.params, run.cells()) == (
            kept.id, kept.name, kept.params, kept.cells(),
        )  # fmt: skip
        assert np.array_equal(run.curves.train_loss, kept.curves.train_loss)
        assert np.isnan(run.curves.test_loss).all()
        # No number stands for one that isn't finite.
        assert np.isnan(run.curves.test_accuracy[0])


def test_two_windows_keep_each_others_runs(table, tmp_path):
    mine, theirs = KeptRuns(tmp_path / "runs.json"), KeptRuns(tmp_path / "runs.json")
    runs = keep(table, "mine", "theirs", "gone")
    mine.save(runs[:1], ())
    theirs.save(runs[1:], ())
    assert [run.name for run in mine.load()] == ["mine", "theirs", "gone"]
    mine.save(runs[:1], {runs[2].id})
    assert [run.name for run in theirs.load()] == ["mine", "theirs"]


def test_rows_that_cannot_be_read_stay_in_the_file(table, tmp_path):
    path = tmp_path / "runs.json"
    store = KeptRuns(path)
    store.save(keep(table, "one"), ())
    data = json.loads(path.read_text())
    strange = {"id": "x", "name": "of a later version"}
    data["entries"] += [strange, 7]
    path.write_text(json.dumps(data))
    assert [run.name for run in store.load()] == ["one"]
    assert store.message.startswith("2 kept runs can't be read")
    store.save(table.runs, ())
    assert json.loads(path.read_text())["entries"][1:] == [strange, 7]


def test_a_damaged_file_is_set_aside_and_said_so(table, tmp_path):
    path = tmp_path / "runs.json"
    path.write_text("{")
    store = KeptRuns(path)
    assert store.load() == []
    assert "runs.json can't be used" in store.message
    store.save(keep(table, "one"), ())
    assert len(store.load()) == 1
    assert [found for found in tmp_path.iterdir() if found.read_bytes() == b"{"]


def test_long_curves_are_thinned(table, tmp_path):
    store = KeptRuns(tmp_path / "runs.json")
    store.save(keep(table, "long", length=10 * MOST_POINTS), ())
    (run,) = store.load()
    assert len(run.curves.x) == MOST_POINTS
    assert run.epochs == 10 * MOST_POINTS


def test_a_page_keeps_its_runs_for_the_next_one(qtbot, tmp_path):
    def page():
        made = LabPage(LabParams(data="moons", count=80, epochs=6), folder=tmp_path)
        qtbot.addWidget(made)
        qtbot.waitUntil(lambda: made.look is not None, timeout=30_000)
        return made

    first = page()
    first.keep()
    first.keep()
    first.shut_down()
    second = page()
    assert [run.name for run in second.sights.runs.runs] == ["Run 1", "Run 2"]
    second.keep()
    assert second.sights.runs.runs[-1].name == "Run 3"
    second.shut_down()
