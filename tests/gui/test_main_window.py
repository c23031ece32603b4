"""The window as a whole: files, clipboard, drops, menus, messages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget, QLabel, QMenu, QMessageBox

from deepfractals_gui.core import Document, Viewport
from deepfractals_gui.gui.actions import ACTIONS, MENUS, SEPARATOR
from deepfractals_gui.gui.command_palette import best, commands_of
from deepfractals_gui.gui.panels import PANELS
from deepfractals_gui.gui.places import parse_place
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.shortcut_sheet import ShortcutSheet
from deepfractals_gui.gui.theme import appearance
from deepfractals_gui.session.documents import read_document, write_document
from deepfractals_gui.session.preferences import load_preferences
from deepfractals_gui.systems import SYSTEMS

THERE = Viewport.at("0.25", "-0.5", 0.125)


@pytest.fixture
def document(tmp_path) -> Path:
    view = Document(SYSTEMS[1].key, SYSTEMS[1].Params(), THERE, shape=(30, 40))
    path = tmp_path / "there.deepfractals"
    write_document(path, view)
    return path


def drop(window, data: QMimeData) -> None:
    event = QDropEvent(
        QPointF(300, 300),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def files(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


# Documents.


def test_a_document_is_opened_and_named_in_the_title(window, document):
    assert window.file.open_path(document)
    assert window.model.view.key == SYSTEMS[1].key
    assert window.model.viewport == THERE
    assert "there.deepfractals" in window.windowTitle()
    assert window.canvas.geometry_now.viewport == THERE


def test_dropping_a_document_opens_it(window, document):
    drop(window, files(document))
    assert window.model.viewport == THERE


def test_a_view_saved_and_opened_again_is_the_same(window, tmp_path):
    window.model.replace(viewport=THERE, coloring=replace(window.model.coloring, gamma=1.5))
    kept = window.model.view
    path = tmp_path / "kept.deepfractals"
    assert window.file.save_to(path)
    window.model.home()
    assert window.isWindowModified()
    window.file.open_path(path)
    assert window.model.view == kept
    assert not window.isWindowModified()
    assert read_document(path) == kept


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b"\x89PNG\r\n\x1a\n broken", b"[" * 10_000, json.dumps({"key": 3}).encode()],
    ids=["empty", "text", "broken png", "deep", "wrong"],
)
def test_a_bad_file_gives_one_line_and_changes_nothing(window, tmp_path, content):
    path = tmp_path / "bad.deepfractals"
    path.write_bytes(content)
    before = window.model.view
    drop(window, files(path))
    assert window.model.view == before
    assert "bad.deepfractals" in window.banner.text
    assert "\n" not in window.banner.text
    assert "Traceback" not in window.banner.text


def test_a_file_that_is_not_there_is_said_so(window, tmp_path):
    assert not window.file.open_path(tmp_path / "nowhere.png")
    assert "nowhere.png" in window.banner.text


def test_an_unwritable_target_is_said_so(window, tmp_path):
    assert not window.file.save_to(tmp_path / "no" / "such" / "folder.deepfractals")
    assert window.banner.text


def test_opened_files_are_remembered(window, document):
    window.file.open_path(document)
    assert [entry.path for entry in window.file.recent.entries] == [document]


def test_closing_asks_only_where_a_file_would_be_left_behind(window, document, monkeypatch):
    asked = []

    def ask(*arguments):
        asked.append(arguments)
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", ask)
    window.model.replace(viewport=THERE)
    assert window.file.may_close()
    window.file.open_path(document)
    assert window.file.may_close()
    assert asked == []
    window.model.home()
    assert not window.file.may_close()
    assert len(asked) == 1


def test_the_last_session_can_be_returned_to(window, tmp_path):
    window.model.replace(viewport=THERE)
    assert window.file.may_close()
    window.model.home()
    window.file.open_last()
    assert window.model.viewport == THERE


# The clipboard.


def test_coordinates_are_copied_and_pasted_with_every_digit(window):
    exact = Viewport.at("0.1234567890123456789012345678901234567", "-1e-40", 1e-42)
    window.model.replace(viewport=exact)
    window.file.copy_coordinates()
    window.model.home()
    window.file.paste()
    assert window.model.viewport == exact


def test_a_view_is_copied_and_pasted_as_text(window):
    window.model.replace(viewport=THERE, coloring=replace(window.model.coloring, gamma=1.5))
    view = window.model.view
    window.file.copy_document()
    window.model.choose_system(SYSTEMS[2].key)
    window.file.paste()
    assert window.model.view == view


@pytest.mark.parametrize("text", ["hello", "1", "1 2 3 4", "nan 0", "0 0 -1", "{", "1e999 0", ""])
def test_other_texts_are_refused_in_one_line(window, text):
    before = window.model.view
    QGuiApplication.clipboard().setText(text)
    window.file.paste()
    assert window.model.view == before
    assert window.banner.text


def test_the_picture_is_copied_as_it_is_shown(window, finished):
    frame = finished(window)
    window.file.copy_image()
    image = QGuiApplication.clipboard().image()
    assert (image.height(), image.width()) == frame.rgba.shape[:2]
    top_left = image.pixelColor(0, 0)
    assert (top_left.red(), top_left.green(), top_left.blue()) == tuple(frame.rgba[-1, 0, :3])


# Actions, menus, shortcuts.


def test_every_action_is_in_its_menu_and_has_a_handler(window):
    menus = {menu.title().replace("&", ""): menu for menu in window.menuBar().findChildren(QMenu)}
    for declared in ACTIONS:
        assert declared.menu in MENUS
        if declared.key != SEPARATOR:
            action = window.actions_by_key[declared.key]
            assert action in menus[declared.menu].actions()
            assert action.text() == declared.title


def test_no_shortcut_is_taken_twice(window):
    taken = [QKeySequence(keys).toString() for a in ACTIONS for keys in a.shortcuts]
    taken += [f"Alt+{number}" for number in range(1, len(SYSTEMS) + 1)]
    taken += [f"Ctrl+{number}" for number in range(1, len(PAGES) + 1)]
    assert len(taken) == len(set(taken))


def test_undo_works_from_the_keyboard(window):
    start = window.model.view
    window.model.replace(viewport=THERE)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.model.view == start


def test_history_actions_are_enabled_when_they_lead_somewhere(window):
    actions = window.actions_by_key
    assert not actions["undo"].isEnabled()
    assert not actions["back"].isEnabled()
    window.model.replace(viewport=THERE)
    assert actions["undo"].isEnabled()
    assert actions["back"].isEnabled()
    window.model.undo()
    assert actions["redo"].isEnabled()


def test_the_systems_menu_turns_to_each_system(window):
    for number, system in enumerate(SYSTEMS, start=1):
        key = Qt.Key(Qt.Key.Key_0 + number)
        QTest.keyClick(window, key, Qt.KeyboardModifier.AltModifier)
        assert window.model.view.key == system.key


def test_marks_are_shown_where_a_system_asks_for_them_and_stay_as_chosen(window):
    action = window.actions_by_key["overlays"]
    marked = next(system for system in SYSTEMS if system.marked)
    plain = next(system for system in SYSTEMS if not system.marked)
    window.model.choose_system(marked.key)
    assert action.isChecked()
    window.model.choose_system(plain.key)
    assert not action.isChecked()
    window.model.choose_system(marked.key)
    action.trigger()
    window.model.choose_system(plain.key)
    action.trigger()
    window.model.choose_system(marked.key)
    assert not action.isChecked()
    window.model.choose_system(plain.key)
    assert action.isChecked()


def test_the_shortcut_sheet_lists_every_shortcut(window, qtbot):
    sheet = ShortcutSheet(window)
    qtbot.addWidget(sheet)
    words = " ".join(label.text() for label in sheet.findChildren(QLabel))
    for declared in ACTIONS:
        if declared.shortcuts:
            assert declared.title.rstrip("…") in words


def test_a_bookmark_keeps_the_view(window):
    window.model.replace(viewport=THERE)
    window.view.bookmark()
    [bookmark] = window.bookmarks.entries
    assert bookmark.document.viewport == THERE
    assert bookmark.name in window.banner.text


# Panels, theme, presentation.


@pytest.mark.parametrize("panel", PANELS, ids=lambda p: p.key)
def test_every_panel_is_a_dock_that_can_be_shown_and_hidden(window, panel):
    dock = window.docks[panel.key]
    assert isinstance(dock, QDockWidget)
    assert dock.windowTitle() == panel.title
    action = dock.toggleViewAction()
    before = dock.isVisibleTo(window)
    action.trigger()
    action.trigger()
    assert dock.isVisibleTo(window) == before


def test_the_rail_has_a_button_for_each_page(window):
    assert len(PAGES) == window.pages.count()


def test_presentation_hides_everything_but_the_picture_and_brings_it_back(window):
    docks = [d for d in window.findChildren(QDockWidget) if d.isVisible()]
    assert docks
    window.actions_by_key["presentation"].trigger()
    assert not any(dock.isVisible() for dock in docks)
    assert not window.menuBar().isVisible()
    window.actions_by_key["presentation"].trigger()
    assert all(dock.isVisible() for dock in docks)
    assert window.menuBar().isVisible()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_the_theme_colours_everything(window, choice):
    window.view.choose_theme(choice)
    assert appearance.theme.name == choice
    assert window.palette().window().color() == appearance.theme.color("window")
    assert window.canvas.backgroundBrush().color() == appearance.theme.color("canvas")


def test_what_a_panel_shows_never_resizes_the_canvas(window, finished, qtbot):
    finished(window)
    shape = window.canvas.picture_shape
    inspector = window.docks.panels["inspector"]
    place = window.canvas.geometry_now.area.center()
    with qtbot.waitSignal(window.controller.probeReady, timeout=20_000):
        inspector.point_clicked(window.canvas.point_at(place))
    window.controller.progressChanged.emit(0.3, 100.0, "Rendering")
    qtbot.waitUntil(lambda: window.status.progress.isVisible())
    assert window.canvas.picture_shape == shape


def test_a_click_draws_the_orbit_and_clearing_takes_it_away(window, finished, qtbot):
    finished(window)
    with qtbot.waitSignal(window.controller.probeReady, timeout=20_000):
        QTest.mouseClick(
            window.canvas.viewport(),
            Qt.MouseButton.LeftButton,
            pos=window.canvas.geometry_now.area.center().toPoint(),
        )
    assert window.canvas.orbit_shown
    window.actions_by_key["clear_orbit"].trigger()
    assert not window.canvas.orbit_shown


def test_the_menu_of_a_point_offers_what_can_be_done_there(window):
    place = window.canvas.geometry_now.area.center() + QPointF(80, -40)
    point = window.canvas.point_at(place)
    window.canvas.menuWished.emit(point, window.canvas.mapToGlobal(place.toPoint()))
    [menu] = [menu for menu in window.findChildren(QMenu) if menu.isVisible()]
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    actions["Copy the coordinates of this point"].trigger()
    copied = parse_place(QGuiApplication.clipboard().text(), THERE)
    assert (float(copied.x), float(copied.y)) == (point.x, point.y)
    actions["Open the linked plane"].trigger()
    assert window.model.view.params != SYSTEMS[0].Params()
    window.model.back()
    assert window.model.view.params == SYSTEMS[0].Params()
    actions["Centre here"].trigger()
    step = window.model.viewport.step(window.canvas.picture_shape[1])
    assert float(window.model.viewport.x) == pytest.approx(point.x, abs=step)
    menu.close()


def test_escape_leaves_the_picture_alone_mode(window):
    window.actions_by_key["presentation"].trigger()
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.menuBar().isVisible()
    assert not window.actions_by_key["presentation"].isChecked()


def test_the_theme_chosen_is_kept_for_the_next_time(window, tmp_path):
    window.view.choose_theme("light")
    assert load_preferences(tmp_path / "preferences.json").preferences.theme == "light"


def test_presentation_leaves_the_tabs_in_front_as_they_were(window, qtbot):
    window.docks.show("history")
    window.docks.show("linked")
    keys = ("history", "linked", "parameters")
    hidden = ("inspector", "colour", "help")

    def seen(key):
        return not window.docks[key].visibleRegion().isEmpty()

    qtbot.waitUntil(lambda: all(map(seen, keys)) and not any(map(seen, hidden)))
    for _ in range(2):
        window.actions_by_key["presentation"].trigger()
        assert window.banner.text
        window.actions_by_key["presentation"].trigger()
        qtbot.waitUntil(lambda: all(map(seen, keys)) and not any(map(seen, hidden)))
        assert window.banner.text == ""


def test_a_theme_is_found_by_its_name(window):
    found = best(commands_of(window), "light theme")
    assert found[0].title == "Light"
    found[0].run()
    assert appearance.theme.name == "light"


def test_the_history_is_laid_out_only_where_it_is_seen(window, qtbot):
    strip = window.docks.panels["history"]
    window.docks.show("inspector")
    qtbot.waitUntil(lambda: strip.visibleRegion().isEmpty())
    window.model.replace(viewport=window.model.viewport.moved(0.1, 0.0, 0.5))
    window.model.replace(viewport=window.model.viewport.moved(0.1, 0.0, 0.5))
    assert strip.entries.rowCount() < len(window.model.entries)
    window.docks.show("history")
    qtbot.waitUntil(lambda: strip.entries.rowCount() == len(window.model.entries))
