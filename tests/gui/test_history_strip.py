"""The strip of thumbnails of where one has been."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.history_strip import HEIGHT, WIDTH, HistoryStrip, describe
from deepfractals_gui.render.request import RenderRequest, Samples


@pytest.fixture
def strip(qtbot, model, controller):
    strip = HistoryStrip(model, controller)
    qtbot.addWidget(strip)
    strip.resize(700, 110)
    strip.show()
    return strip


def zoom(model, times: int = 1) -> None:
    for _ in range(times):
        model.replace(viewport=model.viewport.moved(0.1, 0.05, 0.5))


def show(controller, view, value: int = 200, **options) -> None:
    """Let the controller announce a frame of a view, all of one gray."""
    request = RenderRequest(view.key, view.params, view.viewport, (90, 160))
    rgba = np.full((90, 160, 4), value, np.uint8)
    rgba[..., 3] = 255
    options = {"final": True, **options}
    frame = Frame(rgba, request, view.coloring, samples=Samples(request, {}), **options)
    controller.frameReady.emit(frame)


def test_it_says_what_will_appear(strip) -> None:
    assert strip.nothing.isVisibleTo(strip)
    assert "way back" in strip.nothing.label.text()


def test_every_view_of_the_history_is_an_item(strip, model) -> None:
    zoom(model, 3)
    assert strip.entries.rowCount() == 4
    assert strip.list.currentIndex().row() == 3
    model.undo()
    assert strip.entries.rowCount() == 4
    assert strip.list.currentIndex().row() == 2
    zoom(model)
    assert strip.entries.rowCount() == 4
    assert list(strip.entries.views) == model.entries


def test_a_click_goes_there(strip, model, qtbot) -> None:
    views = [model.view]
    for _ in range(3):
        zoom(model)
        views.append(model.view)
    index = strip.entries.index(1)
    qtbot.waitUntil(lambda: strip.list.visualRect(index).isValid())
    QTest.mouseClick(
        strip.list.viewport(),
        Qt.MouseButton.LeftButton,
        pos=strip.list.visualRect(index).center(),
    )
    assert model.position == 1
    assert model.view == views[1]


def test_arrow_and_enter_go_there_too(strip, model) -> None:
    zoom(model, 2)
    strip.list.setFocus()
    QTest.keyClick(strip.list, Qt.Key.Key_Left)
    QTest.keyClick(strip.list, Qt.Key.Key_Return)
    assert model.position == 1


def test_thumbnails_come_from_the_frames_that_were_shown(strip, model, controller, qtbot) -> None:
    first = model.view
    show(controller, first, 200)
    qtbot.waitUntil(lambda: first in strip.entries.pictures)
    picture = strip.entries.pictures[first]
    assert picture.width() * HEIGHT == picture.height() * WIDTH
    assert picture.pixelColor(5, 5).red() == 200


def test_leaving_a_view_keeps_its_unfinished_picture(strip, model, controller) -> None:
    first = model.view
    show(controller, first, 90, final=False)
    assert first not in strip.entries.pictures
    zoom(model)
    assert strip.entries.pictures[first].pixelColor(5, 5).red() == 90


def test_previews_and_tried_colours_leave_no_thumbnail(strip, model, controller) -> None:
    view = model.view
    show(controller, view, preview=True, final=False)
    show(controller, replace(view, coloring=replace(view.coloring, palette="error_flow")))
    zoom(model)
    assert strip.entries.pictures == {}


def test_the_items_are_described_in_words(strip, model) -> None:
    zoom(model)
    text = strip.entries.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert text == f"{describe(model.view)}, the view at hand"
    assert "Forward pass" in text
    assert "width" in text


def test_thumbnails_are_bounded_in_number(strip, model, controller, monkeypatch) -> None:
    from deepfractals_gui.gui import history_strip

    monkeypatch.setattr(history_strip, "_KEPT", 3)
    for _ in range(6):
        show(controller, model.view, final=False)
        zoom(model)
    assert len(strip.entries.pictures) == 3


def test_of_a_long_history_the_part_around_the_view_is_shown(strip, model, monkeypatch) -> None:
    monkeypatch.setattr("deepfractals_gui.gui.history_strip.SHOWN", 8)
    for step in range(30):
        model.replace(viewport=model.viewport.moved(0.01 * (step % 7 + 1), 0.0))
    assert strip.entries.rowCount() == 8
    assert strip.entries.views[-1] == model.view
    wanted = strip.entries.views[2]
    strip.list.clicked.emit(strip.entries.index(2))
    assert model.view == wanted
    assert strip.entries.views[strip.entries.here] == wanted
    assert strip.entries.rowCount() == 8
    strip.grab()
