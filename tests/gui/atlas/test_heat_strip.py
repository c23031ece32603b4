"""The strip: what its columns say, zooming about the pointer, scrubbing, keys."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deepfractals_gui.gui.atlas.heat_columns import columns, ramp
from deepfractals_gui.gui.atlas.heat_strip import NEAREST, HeatStrip
from deepfractals_gui.gui.atlas.read_text import ReadText
from deepfractals_gui.gui.theme import DARK, LIGHT

COUNT = 100_000


@pytest.fixture
def read():
    """Right up to the middle, wrong then, and the last tenth not read."""
    text = ReadText(COUNT)
    right = np.arange(COUNT * 9 // 10) < COUNT // 2
    text.patch(0, np.zeros(len(right)), right)
    return text


@pytest.fixture
def strip(qtbot, read):
    strip = HeatStrip()
    qtbot.addWidget(strip)
    strip.resize(800, 100)
    strip.set_text(read, 2 * COUNT)
    strip.show()
    qtbot.waitExposed(strip)
    return strip


def turn(strip: HeatStrip, x: float, notches: float) -> None:
    place = QPointF(x, strip.box().center().y())
    over = QPointF(strip.mapToGlobal(place.toPoint()))
    event = QWheelEvent(
        place, over, QPoint(), QPoint(0, round(120 * notches)), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(strip, event)


def test_columns_are_as_high_as_they_are_right() -> None:
    accuracy = np.array([0.0, 0.25, 1.0, np.nan])
    picture = columns(accuracy, np.array([0.0, 0.0, 0.0, 1.0]), 40, DARK)
    ground = np.array(DARK.color("field").getRgb()[:3])
    for column, rows in ((0, 3), (1, 10), (2, 40)):
        filled = (picture[:, column] != ground).any(axis=-1)
        assert filled.sum() == rows
        assert filled[40 - rows :].all()
    hatched = (picture[:, 3] != ground).any(axis=-1)
    assert 0 < hatched.sum() < 10


@pytest.mark.parametrize("colors", [DARK, LIGHT])
def test_wrong_and_right_have_the_colours_of_the_theme(colors) -> None:
    found = ramp(np.array([0.0, 1.0]), colors)
    assert tuple(found[0]) == colors.color("danger").getRgb()[:3]
    assert tuple(found[1]) == colors.color("accent").getRgb()[:3]


def test_all_of_the_book_is_told_by_its_columns(strip, read) -> None:
    accuracy, unread = read.shares(strip.edges())
    assert len(accuracy) == 800
    assert (accuracy[:399] == 1).all()
    assert (accuracy[401:719] == 0).all()
    assert (unread[721:] == 1).all()


def test_the_wheel_zooms_about_the_pointer_and_no_closer_than_a_few_characters(strip) -> None:
    place = strip.place_of(600)
    turn(strip, 600, 3)
    assert strip.place_of(600) == pytest.approx(place)
    low, high = strip.span
    assert high - low == pytest.approx(COUNT / 1.35**3)
    turn(strip, 600, 200)
    assert strip.span[1] - strip.span[0] == pytest.approx(NEAREST)
    assert strip.place_of(600) == pytest.approx(place)
    assert len(strip.edges()) - 1 in (NEAREST, NEAREST + 1)
    turn(strip, 600, -300)
    assert strip.span == pytest.approx((0, COUNT))


def test_a_click_and_a_drag_choose_characters(strip, qtbot) -> None:
    found: list[int] = []
    strip.scrubbed.connect(found.append)
    middle = round(strip.box().center().y())
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(200, middle))
    assert found == [25_000]
    QTest.mouseMove(strip, QPoint(400, middle))
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(400, middle))
    assert strip.at == found[-1]
    assert strip.coordinate == (strip.at + 0.5) / (2 * COUNT)
    assert f"{strip.at + 1:,} of 100,000" in strip.reading
    assert strip.reading in strip.accessibleDescription()


def test_keys_go_through_the_book_and_the_strip_follows(strip) -> None:
    strip.page = 700
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert strip.at == COUNT - 1
    QTest.keyClick(strip, Qt.Key.Key_PageUp)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert strip.at == COUNT - 702
    for _ in range(30):
        QTest.keyClick(strip, Qt.Key.Key_Plus)
    assert strip.span[0] <= strip.at < strip.span[1]
    QTest.keyClick(strip, Qt.Key.Key_Home)
    assert strip.at == 0
    assert strip.span == pytest.approx((0, NEAREST))
    QTest.keyClick(strip, Qt.Key.Key_0)
    assert strip.span == (0, COUNT)


def test_what_is_read_later_is_drawn_when_it_is_told(strip, read) -> None:
    before = strip.picture()
    read.patch(0, np.zeros(COUNT), np.ones(COUNT, bool))
    strip.refresh()
    assert strip.picture() != before
    accuracy, _ = read.shares(strip.edges())
    assert (accuracy == 1).all()


def test_without_a_text_nothing_is_chosen(qtbot) -> None:
    strip = HeatStrip()
    qtbot.addWidget(strip)
    strip.resize(300, 90)
    strip.scrubbed.connect(lambda _: pytest.fail("there is no character"))
    strip.grab()
    QTest.keyClick(strip, Qt.Key.Key_End)
    assert strip.reading == ""
