"""The point on the complex plane, by mouse and by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deepfractals_gui.gui.complex_editor import ComplexPlane


@pytest.fixture
def plane(qtbot):
    plane = ComplexPlane(2.0, limit=100.0)
    qtbot.addWidget(plane)
    plane.resize(136, 136)
    plane.show()
    return plane


def test_points_and_numbers_are_inverse(plane) -> None:
    assert plane.point_of(0j) == QPointF(68, 68)
    assert plane.point_of(1 + 1j) == QPointF(98, 38)
    assert plane.number_at(QPointF(98, 38)) == 1 + 1j


def test_a_press_takes_the_number_under_the_pointer(plane) -> None:
    seen = []
    plane.scrubbed.connect(seen.append)
    QTest.mouseClick(plane, Qt.MouseButton.LeftButton, pos=QPoint(98, 53))
    assert seen == [1 + 0.5j]
    assert plane.number == 1 + 0.5j


def test_a_drag_follows_and_stays_inside(plane, qtbot) -> None:
    seen = []
    plane.scrubbed.connect(seen.append)
    QTest.mousePress(plane, Qt.MouseButton.LeftButton, pos=QPoint(68, 68))
    QTest.mouseMove(plane, QPoint(83, 68))
    QTest.mouseMove(plane, QPoint(900, 68))
    with qtbot.waitSignal(plane.released):
        QTest.mouseRelease(plane, Qt.MouseButton.LeftButton, pos=QPoint(900, 68))
    assert seen[-2:] == [0.5 + 0j, 2 + 0j]


def test_shift_makes_a_drag_ten_times_finer(plane) -> None:
    plane.set_number(0.25 + 0.25j)
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.mousePress(plane, Qt.MouseButton.LeftButton, shift, QPoint(20, 20))
    assert plane.number == 0.25 + 0.25j
    # QTest.mouseMove knows no modifiers, so the event is made by hand.
    at = QPointF(50, 20)
    left = Qt.MouseButton.LeftButton
    move = QMouseEvent(QEvent.Type.MouseMove, at, plane.mapToGlobal(at), left, left, shift)
    QApplication.sendEvent(plane, move)
    assert plane.number == 0.35 + 0.25j
    QTest.mouseRelease(plane, left, shift, QPoint(50, 20))


def test_arrow_keys_move_the_point(plane) -> None:
    plane.set_number(0j)
    QTest.keyClick(plane, Qt.Key.Key_Right)
    QTest.keyClick(plane, Qt.Key.Key_Up)
    assert plane.number == 0.04 + 0.04j
    QTest.keyClick(plane, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert plane.number == 0.04 + 0.036j


def test_a_number_outside_widens_the_plane_and_home_comes_back(plane) -> None:
    plane.set_number(5 + 0j)
    assert plane.extent == 8.0
    plane.set_number(0.1 + 0j)
    assert plane.extent == 2.0


def test_the_plus_and_minus_keys_change_the_extent(plane) -> None:
    plane.set_number(0.5 + 0j)
    QTest.keyClick(plane, Qt.Key.Key_Plus)
    assert plane.extent == 1.0
    QTest.keyClick(plane, Qt.Key.Key_Minus)
    QTest.keyClick(plane, Qt.Key.Key_Minus)
    assert plane.extent == 4.0


def test_the_magnitude_limit_holds_while_dragging(qtbot) -> None:
    plane = ComplexPlane(2.0, limit=1.0)
    qtbot.addWidget(plane)
    plane.resize(136, 136)
    QTest.mouseClick(plane, Qt.MouseButton.LeftButton, pos=QPoint(128, 8))
    assert 0.99 < abs(plane.number) <= 1.0


def test_setting_a_number_is_not_announced(plane, qtbot) -> None:
    with qtbot.assertNotEmitted(plane.scrubbed):
        plane.set_number(1 - 1j)
