"""One editor for each kind of parameter, driven by keys and mouse."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from deepfractals_gui.core import Table, param, specs
from deepfractals_gui.gui.fields import field_for

ENTER = Qt.Key.Key_Return


@dataclass(frozen=True)
class Declared:
    count: int = param(200, "How many.", low=1, high=100_000, slider=(10, 10_000), log=True)
    rate: float = param(0.04, "How fast.", low=1e-6, high=10.0, log=True, unit="1/step")
    start: complex = param(0.3 + 0j, "Where from.", high=10.0)
    mode: str = param("tanh", "Which.", choices=("tanh", "sin"))
    many: str = param("a1", "Which.", choices=tuple(f"a{k}" for k in range(9)))
    on: bool = param(False, "Whether.")
    words: str = param("hello", "What.")
    pairs: Table = param(((0.5, 0.8), (1.0, 0.6)), "Pairs.", columns=("x", "y"), max_rows=4)


SPECS = {spec.name: spec for spec in specs(Declared)}


@pytest.fixture
def field(qtbot):
    def make(name: str):
        field = field_for(SPECS[name])
        field.seen = []
        field.edited.connect(lambda name, value, scrubbing: field.seen.append((value, scrubbing)))
        qtbot.addWidget(field)
        field.resize(300, field.sizeHint().height())
        field.show()
        qtbot.waitExposed(field)
        return field

    return make


def write(edit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, ENTER)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "1e3", 1000),
        ("rate", "1e-3", 0.001),
        ("start", "-1+2i", -1 + 2j),
        ("words", "other", "other"),
    ],
)
def test_typed_text_becomes_a_checked_value(field, name: str, text: str, value: object) -> None:
    one = field(name)
    write(one.edit, text)
    assert one.seen == [(value, False)]
    assert type(one.seen[0][0]) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("count", "abc", "'abc' is not a whole number"),
        ("count", "0", "Must be at least 1, not 0"),
        ("rate", "nan", "Must be a finite number, not nan"),
        ("rate", "inf", "Must be a finite number, not inf"),
        ("start", "1+", "'1+' is not a complex number such as 0.3 or -1+2i"),
        ("start", "11i", "Its magnitude must be at most 10, not 11"),
    ],
)
def test_a_wrong_text_is_explained_beside_the_field_and_changes_nothing(
    field, name: str, text: str, message: str
) -> None:
    one = field(name)
    write(one.edit, text)
    assert one.seen == []
    assert one.error_line.isVisible()
    assert one.error_line.text() == message
    assert one.value == SPECS[name].default


def test_escape_returns_to_the_last_good_text_and_clears_the_error(field) -> None:
    one = field("rate")
    write(one.edit, "x")
    QTest.keyClick(one.edit, Qt.Key.Key_Escape)
    assert one.edit.text() == "0.04"
    assert not one.error_line.isVisible()


def test_leaving_a_field_takes_its_text_once(field, qtbot) -> None:
    one = field("rate")
    one.activateWindow()
    qtbot.waitUntil(one.isActiveWindow)
    one.edit.setFocus()
    one.edit.selectAll()
    QTest.keyClicks(one.edit, "0.5")
    one.slider.setFocus(Qt.FocusReason.TabFocusReason)
    one.edit.setFocus()
    one.slider.setFocus(Qt.FocusReason.TabFocusReason)
    assert one.seen == [(0.5, False)]


def test_dragging_the_slider_scrubs_whole_numbers(field, qtbot) -> None:
    one = field("count")
    slider = one.slider
    QTest.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() // 2, 10))
    with qtbot.waitSignal(one.rested):
        QTest.mouseRelease(slider, Qt.MouseButton.LeftButton)
    ((value, scrubbing),) = one.seen
    assert scrubbing
    assert isinstance(value, int)
    assert 300 < value < 330


def test_up_and_down_keys_in_the_text_move_the_slider(field) -> None:
    one = field("count")
    one.edit.setFocus()
    QTest.keyClick(one.edit, Qt.Key.Key_Up)
    assert one.seen[0][0] > 200


def test_a_segment_is_chosen_by_click_and_arrow_key(field) -> None:
    one = field("mode")
    QTest.mouseClick(
        one.segments,
        Qt.MouseButton.LeftButton,
        pos=one.segments.box_of("sin").center().toPoint(),
    )
    QTest.keyClick(one.segments, Qt.Key.Key_Left)
    assert one.seen == [("sin", False), ("tanh", False)]


def test_many_choices_become_a_list(field) -> None:
    one = field("many")
    assert one.segments is None
    one.box.setFocus()
    QTest.keyClick(one.box, Qt.Key.Key_Down)
    assert one.seen == [("a2", False)]


def test_space_turns_a_switch(field) -> None:
    one = field("on")
    one.switch.setFocus()
    QTest.keyClick(one.switch, Qt.Key.Key_Space)
    assert one.seen == [(True, False)]


def test_reset_is_offered_only_away_from_the_default(field) -> None:
    one = field("rate")
    assert not one.reset_button.isEnabled()
    one.set_value(0.5)
    assert one.reset_button.isEnabled()
    QTest.mouseClick(one.reset_button, Qt.MouseButton.LeftButton)
    assert one.seen == [(0.04, False)]


def test_the_question_mark_shows_the_help(field) -> None:
    one = field("rate")
    assert not one.help_text.isVisible()
    QTest.mouseClick(one.help_button, Qt.MouseButton.LeftButton)
    assert one.help_text.isVisible()
    assert one.help_text.text() == "How fast."


@pytest.mark.parametrize("name", list(SPECS))
def test_every_control_has_an_accessible_name_from_the_declaration(field, name: str) -> None:
    one = field(name)
    controls = [
        control
        for control in one.findChildren(object)
        if hasattr(control, "focusPolicy")
        and control.focusPolicy() & Qt.FocusPolicy.TabFocus
        and control.isVisibleTo(one)
    ]
    assert controls
    title = SPECS[name].title
    named = [title in control.accessibleName() for control in controls]
    table_words = ("Add a row", "Remove the selected rows", "Replace all rows by")
    for control, good in zip(controls, named, strict=True):
        assert good or control.accessibleName().startswith(table_words), control


def test_a_table_cell_is_edited_and_checked(field) -> None:
    one = field("pairs")
    one.editor.table.item(0, 1).setText("0.25")
    assert one.seen == [(((0.5, 0.25), (1.0, 0.6)), False)]
    one.editor.table.item(1, 0).setText("oops")
    assert len(one.seen) == 1
    assert one.error_line.text() == "Row 2, x: 'oops' is not a number"


def test_rows_are_added_and_removed(field) -> None:
    one = field("pairs")
    one.editor.table.setCurrentCell(0, 0)
    QTest.mouseClick(one.editor.add_button, Qt.MouseButton.LeftButton)
    assert one.seen[-1][0] == ((0.5, 0.8), (0.0, 0.0), (1.0, 0.6))
    one.editor.table.setCurrentCell(0, 1)
    QTest.keyClick(one.editor.table, Qt.Key.Key_Delete)
    assert one.seen[-1][0] == ((0.0, 0.0), (1.0, 0.6))


def test_a_table_refuses_too_many_rows_in_words(field) -> None:
    one = field("pairs")
    for _ in range(3):
        QTest.mouseClick(one.editor.add_button, Qt.MouseButton.LeftButton)
    assert one.error_line.text() == "Has 5 rows; at most 4 are allowed"
    assert len(one.seen) == 2


def test_rows_are_pasted_with_the_keyboard(field) -> None:
    one = field("pairs")
    QGuiApplication.clipboard().setText("x\ty\n1\t2\n3\t4\n5\t6\n")
    one.editor.table.setFocus()
    QTest.keyClick(one.editor.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert one.seen == [(((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)), False)]


def test_a_wrong_clipboard_leaves_the_table_alone(field) -> None:
    one = field("pairs")
    QGuiApplication.clipboard().setText("1 2\nthree 4\n")
    one.editor.paste()
    assert one.seen == []
    assert one.error_line.text() == "Not pasted: line 2: 'three' is not a number"
    assert one.editor.table.rowCount() == 2


def test_a_csv_file_is_loaded_or_refused_in_one_line(field, tmp_path) -> None:
    one = field("pairs")
    good, bad, long = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "long.csv"
    good.write_text("x,y\n1,2\n")
    bad.write_text("1,2,3\n")
    long.write_text("1,2\n" * 5)
    one.editor.load(good)
    assert one.seen == [(((1.0, 2.0),), False)]
    one.editor.load(bad)
    assert one.error_line.text() == "Not loaded: bad.csv, line 1: 2 numbers are needed, not 3"
    one.editor.load(long)
    assert one.error_line.text() == "Not loaded: has 5 rows; at most 4 are allowed"
    assert len(one.seen) == 1
