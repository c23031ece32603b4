"""The editor of data: names, and files."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtWidgets import QFileDialog

from deepfractals_gui.core import DataRef, DataSource, param, specs
from deepfractals_gui.gui.fields import field_for


@dataclass(frozen=True)
class Params:
    data: DataSource = param("one", "What is learned.", choices=("one", "two"))


@pytest.fixture
def field(qtbot):
    made = field_for(specs(Params)[0])
    qtbot.addWidget(made)
    return made


def test_a_name_is_chosen_from_the_list(field, qtbot):
    with qtbot.waitSignal(field.edited) as edited:
        field._activated(1)
    assert edited.args == ["data", "two", False]


def test_a_file_is_asked_for_and_shown_by_its_name(field, qtbot, tmp_path, monkeypatch):
    path = tmp_path / "points.csv"
    path.write_text("1,2\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    with qtbot.waitSignal(field.edited) as edited:
        field._activated(field.box.count() - 1)
    chosen = edited.args[1]
    assert chosen == DataRef.of_file(path)
    assert field.box.currentText() == "one"
    field.set_value(chosen)
    assert field.box.currentText() == "points.csv"
    assert field.reset_button.isEnabled()


def test_a_file_that_cannot_be_read_is_named_beside_the_field(field, tmp_path, monkeypatch):
    gone = tmp_path / "gone.csv"
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(gone), ""))
    field.choose_file()
    assert "gone.csv" in field.error_line.text()
    assert field.value == "one"


def test_cancelling_the_dialog_changes_nothing(field, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: ("", ""))
    field._activated(field.box.count() - 1)
    assert field.box.currentText() == "one"
    assert field.error_line.text() == ""
