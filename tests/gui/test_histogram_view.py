"""Levels over a histogram, by mouse and by keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.histogram_view import HistogramView

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot):
    view = HistogramView()
    qtbot.addWidget(view)
    view.resize(216, 96)
    view.set_histogram(np.linspace(0.0, 10.0, 11), np.arange(10))
    view.set_levels(2.0, 8.0, locked=False)
    view.show()
    view.seen = []
    view.scrubbed.connect(lambda low, high: view.seen.append((low, high)))
    return view


def test_values_and_pixels_are_inverse(view) -> None:
    assert view.x_of(0.0) == 8.0
    assert view.x_of(10.0) == 208.0
    assert view.value_at(108.0) == 5.0


@pytest.mark.parametrize(
    ("press", "to", "levels"),
    [(50, 28, (1.0, 8.0)), (166, 188, (2.0, 9.0)), (190, 10, (2.0, 2.01))],
)
def test_the_nearer_level_is_dragged_and_they_never_cross(view, qtbot, press, to, levels) -> None:
    QTest.mousePress(view, LEFT, pos=QPoint(press, 30))
    QTest.mouseMove(view, QPoint(to, 30))
    with qtbot.waitSignal(view.released):
        QTest.mouseRelease(view, LEFT, pos=QPoint(to, 30))
    assert view.seen[-1] == pytest.approx(levels)
    assert view.levels == pytest.approx(levels)


def test_keys_move_the_active_level_and_change_it(view) -> None:
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.levels == pytest.approx((2.1, 8.0))
    QTest.keyClick(view, Qt.Key.Key_Up)
    assert view.active == "high"
    QTest.keyClick(view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert view.levels == pytest.approx((2.1, 7.99))


def test_levels_outside_of_the_histogram_widen_it(view) -> None:
    view.set_levels(-5.0, 20.0, locked=True)
    assert view.x_of(-5.0) == 8.0
    assert view.x_of(20.0) == 208.0


def test_nothing_can_be_dragged_while_there_is_nothing(view) -> None:
    view.set_message("Not yet.")
    QTest.mouseClick(view, LEFT, pos=QPoint(100, 30))
    view.set_message("")
    view.set_adjustable(False)
    QTest.mouseClick(view, LEFT, pos=QPoint(100, 30))
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.seen == []


def test_a_single_value_still_has_a_range(view) -> None:
    view.set_histogram(np.array([3.0, 3.0]), np.array([5]))
    view.set_levels(3.0, 3.0, locked=False)
    assert view.x_of(3.0) == pytest.approx(108.0)
    view.grab()
