"""Turning between pages: what is Explore's leaves with it and comes back as it was."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QLabel

from deepfractals_gui.gui.command_palette import best, commands_of
from deepfractals_gui.gui.pages import EVERYWHERE
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.shortcut_sheet import ShortcutSheet
from deepfractals_gui.systems import SYSTEMS

CTRL = Qt.KeyboardModifier.ControlModifier
FAR = 30_000


def shown(window) -> dict[str, bool]:
    docks = {dock.objectName(): dock.isVisible() for dock in window.findChildren(QDockWidget)}
    return docks | {"toolbar": window.toolbar.isVisible(), "status": window.statusBar().isVisible()}


def test_keys_turn_to_the_lab_and_back(window, qtbot) -> None:
    before = shown(window)
    shape = window.canvas.picture_shape
    QTest.keyClick(window, Qt.Key.Key_2, CTRL)
    assert window.pages.key == "lab"
    assert not any(shown(window).values())
    assert "Lab" in window.windowTitle()
    QTest.keyClick(window, Qt.Key.Key_1, CTRL)
    assert window.pages.key == "explore"
    qtbot.waitUntil(lambda: shown(window) == before, timeout=FAR)
    qtbot.waitUntil(lambda: window.canvas.picture_shape == shape, timeout=FAR)
    assert SYSTEMS[0].title in window.windowTitle()


def test_panels_come_back_as_they_were(window, qtbot) -> None:
    window.docks["gallery"].close()
    window.docks.show("history")
    qtbot.waitUntil(lambda: window.docks["inspector"].visibleRegion().isEmpty(), timeout=FAR)
    qtbot.waitUntil(
        lambda: window.docks["history"].width() == window.canvas.width() > 500, timeout=FAR
    )
    before = {key: window.docks[key].size() for key in ("history", "parameters", "colour")}
    window.pages.turn("lab")
    window.pages.turn("explore")
    qtbot.waitUntil(lambda: not window.docks["history"].visibleRegion().isEmpty(), timeout=FAR)
    assert window.docks["inspector"].visibleRegion().isEmpty()
    assert not window.docks["gallery"].isVisible()
    qtbot.waitUntil(
        lambda: {key: window.docks[key].size() for key in before} == before, timeout=FAR
    )


def test_no_picture_is_rendered_anew_for_a_look_at_the_lab(window, finished, qtbot) -> None:
    finished(window)
    shapes = []
    window.canvas.shapeChanged.connect(lambda *shape: shapes.append(shape))
    window.pages.turn("lab")
    qtbot.waitUntil(lambda: window.pages.page("lab").isVisible(), timeout=FAR)
    window.pages.turn("explore")
    qtbot.waitUntil(lambda: window.canvas.isVisible(), timeout=FAR)
    frame = window.canvas.frames.newest
    assert shapes == []
    assert frame.final
    assert frame.request == window.controller.request


def test_shortcuts_of_explore_do_nothing_on_other_pages(window) -> None:
    window.model.home()
    window.model.replace(viewport=window.model.viewport.moved(0.1, 0.0, 0.5))
    there = window.model.view
    assert window.actions_by_key["undo"].isEnabled()
    window.pages.turn("lab")
    QTest.keyClick(window, Qt.Key.Key_Z, CTRL)
    QTest.keyClick(window, Qt.Key.Key_F5)
    assert window.model.view == there
    assert window.menuBar().isVisible()
    for action in window.actions_by_key.all:
        assert action.isEnabled() == (action.objectName() in EVERYWHERE)
    window.pages.turn("explore")
    assert window.actions_by_key["undo"].isEnabled()
    assert not window.actions_by_key["redo"].isEnabled()
    assert window.actions_by_key["export_image"].isEnabled()


def test_what_is_asked_for_elsewhere_is_seen_on_explore(window) -> None:
    window.pages.turn("lab")
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    assert window.model.view.key == SYSTEMS[1].key
    assert window.pages.key == "explore"


def test_the_rail_and_the_menu_show_the_page(window) -> None:
    for page in (*PAGES[1:], PAGES[0]):
        window.rail.turned.emit(page.key)
        checked = [action.data() for action in window.menus.pages if action.isChecked()]
        assert checked == [page.key]
        number = [p.key for p in PAGES].index(page.key)
        assert window.rail._buttons.checkedId() == number


def test_pages_are_found_in_the_palette_and_on_the_sheet(window, qtbot) -> None:
    found = best(commands_of(window), "lab page")[0]
    assert (found.title, found.keys) == ("Lab", "Ctrl+2")
    found.run()
    assert window.pages.key == "lab"
    assert not any(command.kind == "panel" for command in commands_of(window))
    sheet = ShortcutSheet(window)
    qtbot.addWidget(sheet)
    assert "Ctrl+2" in {label.text() for label in sheet.findChildren(QLabel)}


def test_a_page_is_built_when_it_is_first_turned_to(window) -> None:
    assert set(window.pages._built) == {"explore"}
    window.pages.turn("lab")
    lab = window.pages.page("lab")
    window.pages.turn("explore")
    window.pages.turn("lab")
    assert window.pages.page("lab") is lab


def test_the_lab_trains_on_while_explore_is_shown(window, qtbot) -> None:
    window.pages.turn("lab")
    lab = window.pages.page("lab")
    lab.pace.chosen.emit("full")
    qtbot.waitUntil(lambda: lab.look is not None, timeout=FAR)
    lab.start()
    window.pages.turn("explore")
    qtbot.waitUntil(lambda: bool(lab.look.stopped), timeout=FAR)
    assert lab.look.epoch == lab.params.epochs


def test_closing_on_another_page_keeps_the_panels_of_explore(window) -> None:
    window.docks["gallery"].close()
    window.pages.turn("lab")
    state = window.pages.explore_state
    window.pages.turn("explore")
    window.docks["gallery"].show()
    window.restoreState(state)
    assert not window.docks["gallery"].isVisible()
    assert window.docks["parameters"].isVisible()


@pytest.mark.parametrize("key", [page.key for page in PAGES])
def test_every_page_of_the_rail_can_be_turned_to(window, key) -> None:
    window.pages.turn(key)
    assert window.pages.key == key
    assert window.pages.page(key).isVisible()
