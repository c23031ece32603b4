"""The essays and the versions."""

from __future__ import annotations

import platform

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from deepfractals_gui import __version__
from deepfractals_gui.gui.about_dialog import AboutDialog
from deepfractals_gui.gui.help_panel import EssayWindow, HelpPanel, essay
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.theme import appearance
from deepfractals_gui.systems import SYSTEMS


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_every_system_has_an_essay_with_headings(system) -> None:
    text = essay(system.key)
    assert text.startswith("# ")
    assert text.count("\n## ") >= 2
    assert len(text.split()) > 200


def test_the_panel_shows_the_essay_of_the_system_at_hand(qtbot, model) -> None:
    panel = HelpPanel(model)
    qtbot.addWidget(panel)
    for system in SYSTEMS:
        model.choose_system(system.key)
        heading = essay(system.key).splitlines()[0].removeprefix("# ").strip()
        assert heading in panel.browser.toPlainText()
        assert panel.browser.document().firstBlock().blockFormat().headingLevel() == 1
    before = panel.browser.toPlainText()
    appearance.choose("light")
    assert panel.browser.toPlainText() == before


def test_a_missing_essay_leaves_title_and_summary(qtbot, model, monkeypatch) -> None:
    def missing(path: str) -> None:
        raise FileNotFoundError(path)

    monkeypatch.setattr("deepfractals_gui.gui.help_panel.resource", missing)
    panel = HelpPanel(model)
    qtbot.addWidget(panel)
    assert model.system.summary in panel.browser.toPlainText()


def test_about_lists_versions_and_copies_them(qtbot) -> None:
    dialog = AboutDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.table.value("deepfractals") == __version__
    assert dialog.table.value("Python") == platform.python_version()
    assert "not installed" not in dialog.table.text()
    QTest.mouseClick(dialog.copy_button, Qt.MouseButton.LeftButton)
    assert f"deepfractals {__version__}" in QGuiApplication.clipboard().text()


@pytest.mark.parametrize("key", [page.key for page in PAGES if page.key != "explore"])
def test_every_page_has_an_essay_that_f1_shows(qtbot, window, key) -> None:
    window.pages.turn(key)
    window.actions_by_key["essay"].trigger()
    (shown,) = window.findChildren(EssayWindow)
    assert shown.isVisible()
    assert shown.key == key
    assert shown.browser.toPlainText().splitlines()[0] == essay(key).splitlines()[0].strip("# ")
    text = essay(key)
    assert 300 <= len(text.split()) <= 700
    assert text.count("\n## ") >= 3
    shown.close()


def test_a_page_without_its_essay_says_so(qtbot, monkeypatch) -> None:
    shown = EssayWindow()
    qtbot.addWidget(shown)
    shown.show_essay("nowhere", "Nowhere")
    assert "No essay came with this installation." in shown.browser.toPlainText()
