"""The atlas in the window: reached by keys, its own shortcuts, gone with the window."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from deepfractals_gui.gui.atlas.atlas_page import AtlasPage
from deepfractals_gui.gui.shortcut_sheet import ShortcutSheet

FAR = 120_000


def test_keys_turn_to_the_atlas_which_trains_and_pauses(window, qtbot) -> None:
    QTest.keyClick(window, Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
    page = window.pages.page("atlas")
    assert isinstance(page, AtlasPage)
    assert window.pages.key == "atlas"
    assert "Atlas" in window.windowTitle()
    qtbot.waitUntil(lambda: page.look is not None, timeout=FAR)
    QTest.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: page.look.state.step >= 1, timeout=FAR)
    window.pages.turn("explore")
    window.pages.turn("atlas")
    QTest.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not page.look.running, timeout=FAR)
    qtbot.waitUntil(lambda: "Paused" in page.bar.words, timeout=FAR)


def test_its_keys_are_on_the_sheet(qtbot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert "Export the book, decode an export" in words
