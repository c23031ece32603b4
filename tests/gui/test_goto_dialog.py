"""Going to coordinates that are typed, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.goto_dialog import GoToDialog


@pytest.fixture
def dialog(qtbot, model):
    dialog = GoToDialog(model)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def fill(dialog, x: str, y: str, size: str) -> None:
    for edit, text in zip(
        (dialog.x_edit, dialog.y_edit, dialog.size_edit), (x, y, size), strict=True
    ):
        edit.selectAll()
        QTest.keyClicks(edit, text)


def test_it_begins_with_the_view_at_hand(dialog, model) -> None:
    assert dialog.viewport() == model.viewport


def test_every_digit_of_a_centre_is_kept(dialog, model) -> None:
    digits = "0." + "1234567890" * 12 + "7"
    fill(dialog, digits, "-1.25e-3", "1e-6")
    QTest.keyClick(dialog.size_edit, Qt.Key.Key_Return)
    assert not dialog.isVisible()
    assert model.viewport.x == Decimal(digits)
    assert model.viewport.y == Decimal("-0.00125")
    assert model.viewport.width == 1e-6


def test_a_zoom_counts_from_home(dialog, model) -> None:
    QTest.mouseClick(
        dialog.unit,
        Qt.MouseButton.LeftButton,
        pos=dialog.unit.box_of("zoom").center().toPoint(),
    )
    assert dialog.size_edit.text() == "1"
    fill(dialog, "0", "0", "100")
    dialog.accept()
    home = model.fitted(model.system.home(model.view.params))
    assert model.viewport.width == pytest.approx(home.width / 100)


@pytest.mark.parametrize(
    ("x", "y", "size", "words"),
    [
        ("abc", "0", "1", "The centre's x is not a number"),
        ("", "0", "1", "The centre's x"),
        ("0", "nan", "1", "The centre's y is not a finite number"),
        ("inf", "0", "1", "The centre's x is not a finite number"),
        ("0", "0", "0", "The width must be a positive number"),
        ("0", "0", "-3", "The width must be a positive number"),
        ("0", "0", "wide", "The width is not a number"),
        ("0", "0", "1e400", "The width must be a positive number"),
        ("1e999", "0", "1", "The centre's x is out of range"),
        ("9" * 1200, "0", "1", "digits"),
    ],
)
def test_what_cannot_be_used_is_explained_and_changes_nothing(
    dialog, model, x: str, y: str, size: str, words: str
) -> None:
    before = model.view
    dialog.x_edit.setText(x)
    dialog.y_edit.setText(y)
    dialog.size_edit.setText(size)
    dialog.accept()
    assert dialog.isVisible()
    assert words in dialog.error_line.text()
    assert model.view == before
