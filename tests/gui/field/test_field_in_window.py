"""The field's page in the window: reached by keys, its own shortcuts, gone with the window."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from deepfractals_gui.gui.field.field_page import FieldPage
from deepfractals_gui.gui.shortcut_sheet import ShortcutSheet
from deepfractals_gui.systems.convergence_plan import trained_field

CTRL = Qt.KeyboardModifier.ControlModifier
FAR = 120_000


def test_keys_turn_to_the_field_which_answers_at_once(window, qtbot) -> None:
    QTest.keyClick(window, Qt.Key.Key_3, CTRL)
    page = window.pages.page("field")
    assert window.pages.key == "field"
    assert isinstance(page, FieldPage)
    assert "Field" in window.windowTitle()
    qtbot.waitUntil(lambda: page.answer is not None, timeout=FAR)
    assert page.evolution.playing
    window.pages.turn("explore")
    assert not page.evolution.playing


def test_a_stroke_is_undone_on_the_pad_and_not_in_the_explorer(window, qtbot) -> None:
    window.pages.turn("field")
    page = window.pages.page("field")
    pad = page.settings.draw.pad
    qtbot.waitUntil(pad.isVisible, timeout=FAR)
    before, view = pad.image, window.model.view
    pad.setFocus()
    QTest.keyClick(pad, Qt.Key.Key_Space)
    assert (pad.image != before).any()
    QTest.keyClick(pad, Qt.Key.Key_Z, CTRL)
    assert (pad.image == before).all()
    assert window.model.view == view


def test_space_trains_and_pauses(window, qtbot) -> None:
    window.pages.turn("field")
    page = window.pages.page("field")
    qtbot.waitUntil(lambda: page.look is not None, timeout=FAR)
    QTest.keyClick(page, Qt.Key.Key_Space)
    assert page.sights.key == "training"
    qtbot.waitUntil(lambda: page.look.state.step >= 1, timeout=FAR)
    QTest.keyClick(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not page.look.running, timeout=FAR)
    assert "Paused" in page.bar.words


def test_a_field_leads_to_the_map_of_where_it_converges(window, qtbot) -> None:
    window.pages.turn("field")
    page = window.pages.page("field")
    qtbot.waitUntil(lambda: page.look is not None, timeout=FAR)
    model = page._shown_model(page.look)
    with qtbot.waitSignal(page.mapWished) as wished:
        page.map_button.click()
    assert wished.args[0] is model
    qtbot.waitUntil(lambda: window.pages.explores, timeout=FAR)
    view = window.model.view
    assert view.key == "field_convergence"
    assert view.params.side == 8
    assert view.params.kernel.name.startswith("field-")
    _, learned = trained_field(view.params.kernel)
    assert np.array_equal(learned.weights, model.params.weights)


def test_a_map_that_cannot_be_written_is_said_on_the_page(window, qtbot) -> None:
    window.pages.turn("field")
    page = window.pages.page("field")
    qtbot.waitUntil(lambda: page.look is not None, timeout=FAR)
    # A file is where the folder would be.
    (window.data_folder / "field").write_text("in the way")
    page.map_button.click()
    qtbot.waitUntil(lambda: "There is no map of this field" in page.bar.words, timeout=FAR)
    assert window.pages.key == "field"


def test_its_keys_are_on_the_sheet(qtbot) -> None:
    sheet = ShortcutSheet()
    qtbot.addWidget(sheet)
    words = {label.text() for label in sheet.findChildren(QLabel)}
    assert "Play how the field settles" in words
