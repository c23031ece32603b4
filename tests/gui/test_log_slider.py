"""The slider keeps numbers, by mouse and by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.log_slider import LogSlider


@pytest.fixture
def slider(qtbot):
    def make(low, high, **options):
        slider = LogSlider(low, high, **options)
        qtbot.addWidget(slider)
        slider.resize(212, 20)
        slider.show()
        return slider

    return make


def test_a_number_set_is_kept_exactly_and_not_announced(slider, qtbot) -> None:
    one = slider(0.0, 1.0)
    with qtbot.assertNotEmitted(one.scrubbed):
        one.set_number(0.123456789012345)
    assert one.number == 0.123456789012345


@pytest.mark.parametrize(("number", "place"), [(1.0, 0.0), (10.0, 0.5), (100.0, 1.0), (500.0, 1.0)])
def test_a_logarithmic_range_is_even_in_powers(slider, number: float, place: float) -> None:
    assert slider(1.0, 100.0, log=True).position_of(number) == pytest.approx(place)


def test_a_range_from_zero_cannot_be_logarithmic(slider) -> None:
    assert slider(0.0, 8.0, log=True).number_at(0.5) == 4.0


def test_a_click_in_the_middle_takes_the_middle(slider) -> None:
    one = slider(0.0, 10.0)
    seen = []
    one.scrubbed.connect(seen.append)
    QTest.mouseClick(one, Qt.MouseButton.LeftButton, pos=QPoint(106, 10))
    assert seen == [5.0]
    assert one.handle_x() == pytest.approx(106, abs=0.5)


def test_a_drag_to_both_ends_reaches_the_bounds_exactly(slider) -> None:
    one = slider(1.001, 1e6, log=True)
    seen = []
    one.scrubbed.connect(seen.append)
    QTest.mousePress(one, Qt.MouseButton.LeftButton, pos=QPoint(100, 10))
    QTest.mouseMove(one, QPoint(300, 10))
    QTest.mouseMove(one, QPoint(-50, 10))
    QTest.mouseRelease(one, Qt.MouseButton.LeftButton, pos=QPoint(-50, 10))
    assert seen[1:] == [1e6, 1.001]


def test_dragged_numbers_are_short(slider) -> None:
    one = slider(0.0, 1.0)
    texts = [repr(one.number_at(k / 997)) for k in range(998)]
    assert max(map(len, texts)) <= 6


def test_arrow_keys_move_by_a_hundredth_and_finer_with_shift(slider) -> None:
    one = slider(0.0, 1.0)
    one.set_number(0.5)
    QTest.keyClick(one, Qt.Key.Key_Right)
    assert one.number == 0.51
    QTest.keyClick(one, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert one.number == 0.509
    QTest.keyClick(one, Qt.Key.Key_PageUp)
    assert one.number == 0.609
    QTest.keyClick(one, Qt.Key.Key_Home)
    assert one.number == 0.0
    QTest.keyClick(one, Qt.Key.Key_End)
    assert one.number == 1.0


def test_whole_numbers_move_by_at_least_one(slider) -> None:
    one = slider(1, 100_000, log=True, whole=True)
    one.set_number(2)
    QTest.keyClick(one, Qt.Key.Key_Right)
    assert one.number == 3
    QTest.keyClick(one, Qt.Key.Key_Left)
    QTest.keyClick(one, Qt.Key.Key_Left)
    QTest.keyClick(one, Qt.Key.Key_Left)
    assert one.number == 1


def test_an_arrow_key_leaves_a_number_beyond_the_range_at_its_end(slider) -> None:
    one = slider(0.0, 1.0)
    one.set_number(7.0)
    QTest.keyClick(one, Qt.Key.Key_Right)
    assert one.number == 1.0


def test_a_falling_range_is_refused(qtbot) -> None:
    with pytest.raises(ValueError, match="rising range"):
        LogSlider(1.0, 1.0)
