"""The pad: what the brush leaves, undoing it, digits, the keyboard."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.field.draw_view import DrawView
from deepfractals_gui.gui.field.drawing import (
    RADIUS,
    SIDE,
    Drawing,
    brushed,
    enlarged,
    shipped_digit,
)
from deepfractals_gui.nn.datasets import dataset

LEFT = Qt.MouseButton.LeftButton
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def view(qtbot):
    view = DrawView()
    qtbot.addWidget(view)
    view.resize(240, 320)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def drawn(view):
    found = []
    view.drawn.connect(found.append)
    return found


def at(pad, x: float, y: float) -> QPoint:
    return pad.pixel_of(x, y).toPoint()


def drag(pad, start, end) -> None:
    QTest.mousePress(pad, LEFT, pos=at(pad, *start))
    QTest.mouseMove(pad, at(pad, *end))
    QTest.mouseRelease(pad, LEFT, pos=at(pad, *end))


def test_a_line_is_as_bright_as_it_is_near() -> None:
    image = brushed((6.0, 10.0), (20.0, 10.0))
    for row, column in ((9, 12), (11, 12), (12, 12), (14, 12), (10, 4), (10, 22)):
        x, y = column + 0.5, row + 0.5
        away = np.hypot(x - min(max(x, 6.0), 20.0), y - 10.0)
        assert image[row, column] == pytest.approx(min(max(RADIUS + 0.5 - away, 0.0), 1.0))
    assert not brushed((6.0, 10.0), (20.0, 10.0))[20:].any()


def test_strokes_that_cross_keep_the_brighter_point_and_are_undone_one_by_one() -> None:
    drawing = Drawing()
    drawing.begin()
    drawing.line((5.0, 14.0), (23.0, 14.0))
    first = drawing.image
    drawing.begin()
    drawing.line((14.0, 5.0), (14.0, 23.0))
    assert (drawing.image == np.maximum(first, brushed((14.0, 5.0), (14.0, 23.0)))).all()
    assert drawing.undo()
    assert (drawing.image == first).all()
    assert drawing.undo()
    assert drawing.empty
    assert not drawing.undo()


def test_an_enlarged_image_keeps_planes_and_its_ends() -> None:
    # Between the middles of its points a plane stays a plane.
    small = np.add.outer(2.0 * np.arange(8), np.arange(8.0))
    at_ = np.clip((np.arange(SIDE) + 0.5) * 8 / SIDE - 0.5, 0, 7)
    assert enlarged(small) == pytest.approx(np.add.outer(2.0 * at_, at_))


def test_shipped_digits_are_those_of_the_data_set() -> None:
    data = dataset("digits")
    sevens = data.inputs[data.targets == 7]
    assert shipped_digit(7, 2) == pytest.approx(enlarged(sevens[2].reshape(8, 8) / 16.0))
    assert (shipped_digit(7, len(sevens)) == shipped_digit(7, 0)).all()
    with pytest.raises(ValueError, match="0 to 9, not 12"):
        shipped_digit(12)


def test_the_mouse_draws_where_it_goes(view, drawn) -> None:
    drag(view.pad, (6.5, 8.5), (20.5, 8.5))
    image = drawn[-1]
    assert image.shape == (SIDE, SIDE)
    assert image[8, 6:21].min() > 0.9
    assert image[8:, :].sum() > 10
    assert not image[16:].any()
    assert view.undo_button.isEnabled()
    drag(view.pad, (6.5, 20.5), (20.5, 20.5))
    assert drawn[-1][20, 10] > 0.9
    view.undo_button.click()
    assert (drawn[-1] == image).all()
    view.clear_button.click()
    assert not drawn[-1].any()
    assert not view.clear_button.isEnabled()
    view.undo_button.click()
    assert (drawn[-1] == image).all()


def test_a_button_puts_a_digit_and_the_next_one(view, drawn) -> None:
    view.digits[3].click()
    view.digits[3].click()
    assert (drawn[0] == shipped_digit(3, 0)).all()
    assert (drawn[1] == shipped_digit(3, 1)).all()


def test_the_ground_goes_on_around_a_digit_that_fills_the_image(view) -> None:
    pad = view.pad
    pad.put_digit(8)
    assert pad.image[0].any()
    shot = pad.grab().toImage()
    frame, box = pad.frame(), pad.box()
    for x in np.linspace(frame.left() + 4, frame.right() - 4, 40):
        for y in ((frame.top() + box.top()) / 2, (frame.bottom() + box.bottom()) / 2):
            assert shot.pixelColor(round(float(x)), round(y)).lightness() == 0


def test_keys_draw_put_digits_and_clear(view, drawn) -> None:
    pad = view.pad
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Left)
    assert not drawn
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert (drawn[-1] == brushed((13.5, 14.5), (13.5, 14.5))).all()
    QTest.keyClick(pad, Qt.Key.Key_Down, SHIFT)
    assert (drawn[-1] == brushed((13.5, 14.5), (13.5, 15.5))).all()
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (drawn[-1] == brushed((13.5, 14.5), (13.5, 14.5))).all()
    QTest.keyClick(pad, Qt.Key.Key_5)
    assert (drawn[-1] == shipped_digit(5, 0)).all()
    QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert not drawn[-1].any()
