"""Stepping through one forward and backward pass."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.experiments.lab_views import Stage
from deepfractals_gui.gui.lab.array_view import ArrayView
from deepfractals_gui.gui.lab.chain_view import ChainView

STAGES = (
    Stage("Dense", "y = x W + b", (("x", np.arange(2.0)), ("W", np.ones((2, 40)))), "forward"),
    Stage("tanh", "y = tanh x", (("y", np.zeros(40)),), "forward"),
    Stage("Loss", "g = p − t", (("g", np.array([0.5, -0.5])),), "backward"),
)


@pytest.fixture
def view(qtbot):
    view = ChainView()
    qtbot.addWidget(view)
    view.resize(560, 400)
    view.show()
    qtbot.waitExposed(view)
    view.set_stages(STAGES, "sample 3 of 10")
    return view


def shown(view: ChainView) -> list[str]:
    return [array.name for array in view.findChildren(ArrayView)]


def test_the_first_stage_is_shown_with_its_formula_and_arrays(view) -> None:
    assert view.formula.text() == "y = x W + b"
    assert shown(view) == ["x", "W"]
    assert "stage 1 of 3" in view.title.text()
    assert view.note.text() == "sample 3 of 10"
    assert not view.back_button.isEnabled()
    view.grab()


def test_buttons_and_keys_step_to_and_fro(view) -> None:
    view.next_button.click()
    assert view.index == 1
    assert shown(view) == ["y"]
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert "backward" in view.title.text()
    assert not view.next_button.isEnabled()
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.index == 2
    QTest.keyClick(view, Qt.Key.Key_Left)
    view.back_button.click()
    assert view.index == 0
    view.list.setCurrentRow(2)
    assert view.index == 2


def test_new_values_of_the_same_network_keep_the_stage(view) -> None:
    view.go(1)
    view.set_stages(STAGES)
    assert view.index == 1
    view.set_stages(STAGES[:2])
    assert view.index == 0


def test_another_sample_is_asked_for(view, qtbot) -> None:
    with qtbot.waitSignal(view.otherWished):
        view.other_button.click()


def test_without_stages_it_says_what_to_do(view) -> None:
    view.show_nothing("Press Space first.")
    assert view.currentWidget() is view.empty
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.index == 0


def test_small_arrays_are_written_out_and_large_ones_are_maps(qtbot) -> None:
    small, large = ArrayView("b", np.ones((3, 4))), ArrayView("W", np.ones((64, 128)))
    for array in (small, large):
        qtbot.addWidget(array)
        array.show()
        array.grab()
    assert small.written
    assert not large.written
    assert small.title == "b   3 × 4"
    assert large.width() <= 700
    assert "norm 3.464" in small.accessibleDescription()


@pytest.mark.parametrize(
    ("values", "at", "reading"),
    [
        (np.arange(6.0).reshape(2, 3), (150, 36), "[2, 3]  5"),
        (np.array([1.5, -2.5, np.nan]), (60, 8), "[2]  -2.5"),
        (np.array([1.5, -2.5, np.nan]), (110, 8), "[3]  nan"),
    ],
)
def test_a_value_is_read_where_it_is_written(qtbot, values, at, reading) -> None:
    array = ArrayView("W", values)
    qtbot.addWidget(array)
    array.show()
    qtbot.waitExposed(array)
    qtbot.mouseMove(array, array.box.topLeft().toPoint() + QPoint(*at))
    qtbot.waitUntil(lambda: array.reading == reading)
    array.grab()
