"""One field finds everything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.command_palette import Command, CommandPalette, best, commands_of, score
from deepfractals_gui.systems import SYSTEMS


def commands(*titles: str) -> list[Command]:
    return [Command(title, "", lambda: None) for title in titles]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("ei", "Export image"),
        ("expmov", "Export movie"),
        ("home", "Home"),
        ("zout", "Zoom out"),
        ("GO TO", "Go to coordinates"),
    ],
)
def test_the_letters_of_a_query_find_what_is_meant(query, first):
    titles = ("Export image", "Export movie", "Home", "Zoom in", "Zoom out", "Go to coordinates")
    assert best(commands(*titles), query)[0].title == first


def test_what_lacks_a_letter_is_not_found():
    assert best(commands("Export image"), "exq") == []
    assert score("q", "Export image") is None


def test_an_empty_query_finds_everything():
    assert len(best(commands("a", "b", "c"), "  ")) == 3


@given(st.text(max_size=8), st.text(max_size=40))
def test_any_text_can_be_typed(query, title):
    found = score(query, title)
    subsequence = iter(title.casefold())
    fits = all(letter in subsequence for letter in query.casefold().replace(" ", ""))
    assert (found is not None) == fits


def test_systems_places_palettes_and_bookmarks_are_among_the_commands(window):
    window.view.bookmark()
    kinds = {command.kind.split(" ")[0] for command in commands_of(window)}
    assert {"", "system", "palette", "bookmark", "panel"} <= kinds
    assert any(system.presets for system in SYSTEMS) == ("place" in kinds)


def test_a_command_is_found_and_run_with_the_keyboard_alone(window, qtbot):
    palette = CommandPalette.open_over(window)
    assert palette.field.hasFocus()
    QTest.keyClicks(palette.field, SYSTEMS[1].title.lower())
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert window.model.view.key == SYSTEMS[1].key
    assert not palette.isVisible()


def test_the_arrows_walk_through_the_list(window):
    palette = CommandPalette.open_over(window)
    QTest.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentRow() == 1
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    QTest.keyClick(palette.field, Qt.Key.Key_Up)
    assert palette.list.currentRow() == palette.list.count() - 1


def test_escape_closes_the_palette_and_gives_the_focus_back(window):
    window.canvas.setFocus()
    palette = CommandPalette.open_over(window)
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.canvas.hasFocus()


def test_a_query_that_finds_nothing_says_so(window):
    palette = CommandPalette.open_over(window)
    QTest.keyClicks(palette.field, "qqqqqq")
    assert palette.nothing.isVisible()
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()
