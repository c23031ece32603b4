"""Curves, the ledger and the library: what they show is what they were given."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.atlas.exports import Sizes, export_bytes, export_in
from deepfractals_gui.atlas.ledger import OTHERS, ledger
from deepfractals_gui.atlas.texts import book_of
from deepfractals_gui.gui.atlas.atlas_curves import AtlasCurves, Course, newest_words
from deepfractals_gui.gui.atlas.keys_view import KeyRow, KeysView, note_of
from deepfractals_gui.gui.atlas.ledger_view import (
    PARTS,
    LedgerView,
    Priced,
    bars_of,
    rows_of,
    verdict_of,
)

CONTENT = b"the rabbit was late, the rabbit was late, and so was the hatter. " * 40


@pytest.fixture(scope="module")
def priced():
    book = book_of(CONTENT, "rabbit")
    export = export_in(export_bytes(book), "rabbit")
    large = Sizes(60, 40, 9000, 0, 100)
    return (
        Priced("contexts alone", ledger(book, export.sizes, export.method)),
        Priced("8 bits", ledger(book, large, export.method)),
    )


def test_bars_add_up_to_the_bytes_of_the_files(priced) -> None:
    bars = bars_of(priced)
    assert [bar.title for bar in bars] == [*OTHERS, "contexts alone", "8 bits"]
    assert bars[0].total == 8.0
    assert bars[1].total == pytest.approx(
        8 * len(gzip.compress(CONTENT, 9)) / len(CONTENT), rel=0.2
    )
    assert [name for name, _ in bars[-1].pieces] == list(PARTS)
    assert bars[-1].total == pytest.approx(8 * 9200 / len(CONTENT))


def test_pieces_are_told_under_the_pointer(qtbot, priced) -> None:
    view = LedgerView()
    qtbot.addWidget(view)
    view.resize(600, 600)
    view.set_priced(priced)
    view.show()
    number = len(view.bars.bars) - 1
    name, bits, box = view.bars.boxes(number)[0]
    assert name == "weights"
    assert view.bars.told(box.center()) == f"8 bits, weights: {bits:.4f} bits a character"
    widths = [box.width() / bits for _, bits, box in view.bars.boxes(number) if bits]
    assert np.ptp(widths) < 1e-9
    assert view.bars.told(box.topLeft() - box.bottomRight()) == ""
    assert not view.grab().isNull()


def test_the_table_has_every_number_and_the_verdict_the_best_export(qtbot, priced) -> None:
    rows = rows_of(priced)
    assert [row[0] for row in rows[:4]] == list(OTHERS)
    assert len(rows) == len(OTHERS) + 2 * 6
    assert ("  weights", "9,000", f"{8 * 9000 / len(CONTENT):.4f}") in rows
    view = LedgerView()
    qtbot.addWidget(view)
    view.set_priced(priced)
    cells = [[view.table.item(i, j).text() for j in range(3)] for i in range(len(rows))]
    assert cells == [list(row) for row in rows]
    small = priced[0].ledger
    assert f"{small.bits(small.total):.2f} bits a character" in verdict_of(priced)
    assert "times as large as gzip -9" in verdict_of(priced[1:])
    assert verdict_of(()) == ""


def test_a_course_is_drawn_and_its_newest_numbers_told(qtbot) -> None:
    view = AtlasCurves()
    qtbot.addWidget(view)
    course = Course(
        np.array([0.1, 0.2, 0.3]), np.array([4.0, 3.0, np.log(2)]), np.array([0.1, 0.2, 0.5]),
        np.array([np.nan, 60_000.0, 61_000.0]),
    )  # fmt: skip
    view.set_course(course)
    assert (view.plots["loss"].lines[0].curve.y == course.loss).all()
    assert view.plots["loss"].lines[0].curve.log
    assert newest_words(course) == (
        "loss 0.693 nats = 1.00 bits a character\n50.0 % right, 61,000 characters a second"
    )
    nothing = Course(*(np.zeros(0) for _ in range(4)))
    view.set_course(nothing, running=True)
    assert view.now.text() == ""
    assert "being computed" in view.empty.label.text()


ROWS = (
    KeyRow("alice", 152_089, 0, 0, 0, 0.91),
    KeyRow("a page", 1_000, 1, 64, 140, 0.4),
    KeyRow("as you like it", 125_179, 126, 32, 8_076, float("nan")),
)


def test_the_library_lists_texts_with_keys_sizes_and_accuracies(qtbot) -> None:
    view = KeysView()
    qtbot.addWidget(view)
    view.set_rows(ROWS, shown=1)
    cells = [[view.table.item(i, j).text() for j in range(5)] for i in range(3)]
    assert cells == [
        ["alice", "152,089", "none", "0", "91.0 %"],
        ["▸ a page", "1,000", "1 × 64", "140", "40.0 %"],
        ["as you like it", "125,179", "126 × 32", "8,076", "–"],
    ]
    view.set_rows(ROWS, shown=0)
    assert view.table.item(0, 0).text() == "▸ alice"
    assert view.table.item(1, 0).text() == "a page"


@pytest.mark.parametrize(("wide", "hidden"), [(600, ()), (200, (1, 3))])
def test_a_narrow_library_keeps_its_names(qtbot, wide, hidden) -> None:
    view = KeysView()
    qtbot.addWidget(view)
    view.resize(wide, 500)
    view.set_rows(ROWS)
    view.show()
    qtbot.waitExposed(view)
    table = view.table
    assert tuple(n for n in range(5) if table.isColumnHidden(n)) == hidden
    assert table.columnWidth(0) >= table.fontMetrics().horizontalAdvance("as you l…")
    assert "125,179 characters, keys 126 × 32, 8,076 bytes" in table.item(2, 0).toolTip()


def test_a_row_is_chosen_by_enter_and_let_go_by_del_but_never_the_masters(qtbot) -> None:
    view = KeysView()
    qtbot.addWidget(view)
    view.set_rows(ROWS)
    view.show()
    found, gone = [], []
    view.chosen.connect(found.append)
    view.dropped.connect(gone.append)
    view.table.setCurrentCell(2, 0)
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    QTest.keyClick(view.table, Qt.Key.Key_Delete)
    view.table.setCurrentCell(0, 0)
    QTest.keyClick(view.table, Qt.Key.Key_Delete)
    assert (found, gone) == ([2], [2])


def test_the_plot_and_the_note_say_what_a_key_can_hold(qtbot) -> None:
    view = KeysView()
    qtbot.addWidget(view)
    assert not view.plot.isVisibleTo(view)
    view.set_curve("a page", (16, 32, 64, 128), (0.2, 0.25, 0.3, 0.4))
    assert view.plot.isVisibleTo(view)
    assert (view.plot.lines[0].curve.x == (16, 32, 64, 128)).all()
    assert "128: 40.0 %" in view.plot_note.text()
    assert "2,048 bits" in note_of(64)
    assert "476 characters" in note_of(64)
