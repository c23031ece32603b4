"""A page of text: what is read, what is wrong, where the mark goes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPaintEvent, QRegion
from PySide6.QtTest import QTest

from deepfractals_gui.atlas.texts import Book, book_of, shipped_book
from deepfractals_gui.gui.atlas.book_rows import Row
from deepfractals_gui.gui.atlas.page_painting import alone
from deepfractals_gui.gui.atlas.read_text import ReadText
from deepfractals_gui.gui.atlas.text_view import ROWS_AT_ONCE, TextView
from deepfractals_gui.gui.theme import DARK, LIGHT


def read_wrongly(book: Book, every: int) -> ReadText:
    """All of a book, each so-many-th character taken for the next of the alphabet."""
    read = ReadText(len(book))
    wrong = np.arange(len(book)) % every == 0
    symbols = np.where(wrong, (book.symbols + 1) % len(book.alphabet), book.symbols)
    read.patch(0, symbols, ~wrong, np.full(len(book), 0.5))
    return read


@pytest.fixture
def make(qtbot):
    def made(book: Book, read: ReadText) -> TextView:
        view = TextView()
        qtbot.addWidget(view)
        view.resize(760, 480)
        view.set_text(book.text, book.alphabet, read)
        view.show()
        qtbot.waitExposed(view)
        return view

    return made


@pytest.fixture
def alice(make):
    book = shipped_book("alice29")
    return make(book, read_wrongly(book, 7))


def test_rows_are_what_was_read(make) -> None:
    book = book_of(b"ab cd\r\nab\n", "x")
    read = ReadText(len(book))
    #      a b _ c d \r \n a
    wrong = [0, 1, 0, 0, 0, 0, 1, 0]
    symbols = book.symbols[:8].copy()
    symbols[1] = book.alphabet.symbols(" ")[0]
    symbols[6] = book.alphabet.symbols("a")[0]
    read.patch(0, symbols, ~np.array(wrong, bool))
    view = make(book, read)
    assert view.rows == [Row(0, 7), Row(7, 10)]
    assert view.words(view.rows[0]) == "a␣ cd a"
    assert view.words(view.rows[1]) == "a··"


def test_the_right_character_is_told_of_a_wrong_one(make) -> None:
    book = book_of("né\n".encode(), "x")
    read = ReadText(len(book))
    symbols = book.alphabet.symbols("nn")
    read.patch(0, symbols, np.array([True, False]), np.array([0.9, 0.25]))
    view = make(book, read)
    assert view.told(0) == "reads 'n', which is right, 90 % sure"
    assert view.told(1) == "reads 'n', 25 % sure; the book has 'é' (U+00E9)"
    assert view.told(2) == "not read yet; the book has a line feed"
    assert view.told(3) == ""
    view.set_at(1)
    assert view.told(1) in view.accessibleDescription()


def test_only_what_is_seen_is_laid_out(alice) -> None:
    found: list[Row] = []
    alice.turned.connect(found.append)
    alice.set_at(90_000)
    assert found == [alice.shown]
    assert alice.shown.start <= 90_000 < alice.shown.stop
    assert len(alice.rows) == alice.capacity
    assert alice.place_of(90_000).top() < alice.height() / 2
    alice.set_at(len(alice.text) + 5)
    assert alice.at == len(alice.text) - 1
    assert len(alice.rows) == alice.capacity


def test_a_click_chooses_the_character_under_it(alice) -> None:
    found: list[int] = []
    alice.moved.connect(found.append)
    at = alice.rows[4].start + 20
    QTest.mouseClick(alice, Qt.MouseButton.LeftButton, pos=alice.place_of(at).center().toPoint())
    assert found == [at]
    assert alice.at_place(QPointF(3000, alice.place_of(at).center().y())) == alice.rows[4].stop - 1
    assert alice.at_place(QPointF(20, 3000)) is None


def test_keys_go_by_characters_rows_and_pages(alice) -> None:
    start = alice.rows[4].start
    alice.set_at(start + 3)
    QTest.keyClick(alice, Qt.Key.Key_Right)
    assert alice.at == start + 4
    QTest.keyClick(alice, Qt.Key.Key_Down)
    following = next(row for row in alice.rows if row.start > start)
    assert alice.at == min(following.start + 4, following.stop - 1)
    QTest.keyClick(alice, Qt.Key.Key_End)
    assert alice.at == len(alice.text) - 1
    before = alice.shown
    QTest.keyClick(alice, Qt.Key.Key_PageUp)
    assert alice.at < len(alice.text) - 1
    QTest.keyClick(alice, Qt.Key.Key_PageUp)
    assert alice.shown.start < before.start
    QTest.keyClick(alice, Qt.Key.Key_Home)
    QTest.keyClick(alice, Qt.Key.Key_Up)
    assert alice.at == 0


def test_scrolling_leaves_the_mark_and_ends_at_the_ends(alice) -> None:
    top = alice.rows[0].start
    third = alice.rows[3].start
    alice.scroll_rows(3)
    assert (alice.shown.start, alice.at) == (third, 0)
    assert alice.place_of(0) is None
    alice.scroll_rows(-50)
    assert alice.shown.start == top
    alice.set_at(len(alice.text) - 1)
    alice.scroll_rows(50)
    assert alice.shown.stop == len(alice.text)
    assert len(alice.rows) == alice.capacity


@pytest.mark.parametrize("colors", [DARK, LIGHT])
def test_wrong_characters_are_told_from_right_ones_well_enough(colors) -> None:
    def luminance(token: str) -> float:
        parts = [part / 255 for part in colors.color(token).getRgb()[:3]]
        linear = [
            one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts
        ]
        return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))

    for token in ("text", "danger"):
        pair = sorted((luminance(token), luminance("field")))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) > 4.5


def test_odd_characters_are_painted(make, qtbot) -> None:
    book = book_of("日本語\x01\u0301\t\u200b e\u0301\n\u2028".encode(), "x")
    view = make(book, read_wrongly(book, 2))
    assert not view.grab().isNull()
    assert len(view.rows) == 2


class Painted(QObject):
    """Notes what of a widget is drawn."""

    def __init__(self, view: TextView) -> None:
        super().__init__(view)
        self.region = QRegion()
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QPaintEvent):
            self.region = self.region.united(event.region())
        return False


def patch_row(view: TextView, number: int) -> None:
    """Read a row wrongly, all of it."""
    row = view.rows[number]
    symbols = (view.read.symbols[row.start : row.stop] + 1) % len(view.alphabet)
    view.read.patch(row.start, symbols, np.zeros(len(symbols), bool))


def test_only_rows_that_read_otherwise_now_are_drawn_again(alice, qtbot) -> None:
    alice.refresh()
    alice.repaint()
    QCoreApplication.processEvents()
    painted = Painted(alice)
    patch_row(alice, 5)
    alice.refresh()
    qtbot.waitUntil(lambda: not painted.region.isEmpty())
    row = alice.rows[5]
    assert painted.region.boundingRect().contains(alice.place_of(row.start).center().toPoint())
    for other in (alice.rows[3], alice.rows[7]):
        assert not painted.region.contains(alice.place_of(other.start).center().toPoint())
    assert alice.phases() == []


def test_a_page_drawn_row_by_row_is_the_page_drawn_at_once(alice) -> None:
    alice.set_at(alice.rows[3].start + 4)
    patch_row(alice, 2)
    whole = QImage(alice.size(), QImage.Format.Format_RGB32)
    pieces = whole.copy()
    alice.render(whole)
    tops = [round(alice.place_of(row.start).top()) for row in alice.rows]
    for top, foot in pairwise([0, *tops, alice.height()]):
        region = QRegion(0, top, alice.width(), foot - top)
        alice.render(pieces, region.boundingRect().topLeft(), region)
    assert pieces == whole


def test_a_page_that_is_new_is_drawn_in_pieces(alice) -> None:
    alice.refresh()
    for number in range(len(alice.rows)):
        patch_row(alice, number)
    count = len(alice.phases())
    assert count == -(-len(alice.rows) // ROWS_AT_ONCE)


def test_signs_that_may_be_wide_are_drawn_one_by_one(alice) -> None:
    metrics = QFontMetricsF(alice.font())
    wide = metrics.horizontalAdvance("x")
    found = alone(["a", "é", "·", "◌", "क", "ش", "中"], metrics, wide).tolist()
    assert found == sorted(["◌", "क", "ش", "中"])
    assert "a" in alone(["a"], metrics, 2 * wide)
