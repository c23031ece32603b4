"""Keys, comparisons, exports and decoding beside the training, with progress and cancel."""

from __future__ import annotations

import threading

import pytest

from deepfractals_gui.atlas.exports import read_export
from deepfractals_gui.atlas.keys import KeySpec, read_text
from deepfractals_gui.atlas.texts import shipped_book
from deepfractals_gui.experiments.atlas import text_of
from deepfractals_gui.gui.atlas.atlas_jobs import part_of
from deepfractals_gui.gui.tasks import Outcome

PATIENCE = 120_000
QUICK = KeySpec(size=16, page=32, steps=20)


@pytest.fixture
def ended(page):
    found: list[Outcome] = []
    page.jobs.tasks.ended.connect(lambda task, outcome: found.append(outcome))
    return found


def test_a_text_gets_keys_is_read_by_them_and_let_go(page, qtbot) -> None:
    page._key("asyoulik", QUICK, 3)
    qtbot.waitUntil(lambda: page.look.text == 1 and page.look.whole, timeout=PATIENCE)
    state = page.look.state
    one = state.library[0]
    assert len(one.book) == 96
    assert one.book.text == shipped_book("asyoulik").text[:96]
    alone = read_text(state.spec, state.training.params, one.keys, 0, 96)
    assert (page.reading.read.symbols == alone.symbols).all()
    assert page.reading.read.accuracy == pytest.approx(one.keys.accuracy)
    assert page.keys.view.rows[1].words[:3] == ("asyoulik", "96", "3 × 16")
    page.reading.set_at(40)
    assert page.reading.strip.coordinate == (8 + 0.5) / state.spec.capacity
    page.keys.view.chosen.emit(0)
    qtbot.waitUntil(lambda: page.look.text == 0, timeout=PATIENCE)
    assert page.reading.page.text == state.book.text
    page.trainer.step_batch()
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    assert page.keys.view.rows[1].words[4].startswith("was ")
    page.keys.view.dropped.emit(1)
    qtbot.waitUntil(lambda: not page.look.state.library, timeout=PATIENCE)


def test_keys_asked_for_while_it_learns_belong_to_the_model_that_it_rests_with(page, qtbot) -> None:
    page.trainer.set_epochs(0)
    page.start()
    qtbot.waitUntil(lambda: page.look.running and page.look.state.step > 2, timeout=PATIENCE)
    page._key("asyoulik", QUICK, 1)
    qtbot.waitUntil(lambda: bool(page.look.state.library), timeout=PATIENCE)
    assert not page.look.running
    assert page.look.state.library[0].step == page.look.state.step
    assert not page.keys.view.rows[1].outdated


def test_texts_of_one_name_are_listed_under_numbers(page, qtbot) -> None:
    for pages, count in ((3, 1), (2, 2), (3, 2)):
        page._key("asyoulik", QUICK, pages)
        qtbot.waitUntil(
            lambda pages=pages, count=count: (
                len(page.look.state.library) == count
                and len(page.look.state.library[-1].book) == 32 * pages
            ),
            timeout=PATIENCE,
        )
    kept = {one.book.name: len(one.book) for one in page.look.state.library}
    assert kept == {"asyoulik": 96, "asyoulik (2)": 64}


def test_sizes_of_keys_are_compared(page, qtbot) -> None:
    page._compare("asyoulik", QUICK)
    qtbot.waitUntil(lambda: bool(page.keys.view.plot.lines[0].curve.x.size), timeout=PATIENCE)
    curve = page.keys.view.plot.lines[0].curve
    assert curve.x.tolist() == [16, 32, 64, 128]
    assert ((curve.y >= 0) & (curve.y <= 1)).all()


def test_characters_outside_the_alphabet_are_named(page, qtbot, tmp_path, ended) -> None:
    path = tmp_path / "other.txt"
    path.write_text("abc\nd€f", encoding="utf-8")
    page._key(path, QUICK, 0)
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE)
    assert ended[0].state == "failed"
    assert "line 2, column 2" in ended[0].message
    assert not page.look.state.library


@pytest.mark.parametrize(("bits", "neighbours"), [(8, False), (4, True)])
def test_an_export_gives_the_book_back_and_its_ledger(
    page, qtbot, tmp_path, bits, neighbours
) -> None:
    path, text = tmp_path / "book.atlas", tmp_path / "book.txt"
    page.jobs.export(page.look.state, bits, neighbours, path)
    qtbot.waitUntil(lambda: bool(page.exporting.ledger.priced), timeout=PATIENCE)
    book = page.look.state.book
    assert text_of(read_export(path)) == book.content
    assert page.exporting.ledger.priced[0].ledger.total == path.stat().st_size
    page.jobs.decode(path, text)
    qtbot.waitUntil(lambda: "exactly as they were" in page.bar.words, timeout=PATIENCE)
    assert text.read_bytes() == book.content
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    rows: list[Outcome] = []
    page.jobs.tasks.ended.connect(lambda task, outcome: rows.append(outcome))
    page.jobs.decode(path, text)
    qtbot.waitUntil(lambda: bool(rows), timeout=PATIENCE)
    assert "damaged" in rows[0].message
    assert text.read_bytes() == book.content


def test_exports_are_weighed_side_by_side_and_an_equal_one_takes_its_place(page, qtbot) -> None:
    priced = lambda: page.exporting.ledger.priced  # noqa: E731
    page.exporting.weighWished.emit(8, True)
    qtbot.waitUntil(lambda: len(priced()) == 1, timeout=PATIENCE)
    page.exporting.weighWished.emit(4, True)
    qtbot.waitUntil(lambda: len(priced()) == 2, timeout=PATIENCE)
    first = priced()[0]
    page.exporting.weighWished.emit(8, True)
    qtbot.waitUntil(lambda: priced()[-1].title == first.title, timeout=PATIENCE)
    assert len(priced()) == 2
    assert priced()[-1].ledger == first.ledger


def test_a_job_is_cancelled_and_nothing_is_kept(page, qtbot, tmp_path, ended) -> None:
    slow = KeySpec(size=128, page=400, steps=100_000)
    page._key("asyoulik", slow, 0)
    qtbot.waitUntil(
        lambda: [task.state for task in page.jobs.tasks.unfinished] == ["running"], timeout=PATIENCE
    )
    assert page.tasks.isVisible()
    row = next(iter(page.tasks.rows.values()))
    row.cancel_button.click()
    qtbot.waitUntil(lambda: bool(ended), timeout=PATIENCE)
    assert ended[0].state == "cancelled"
    assert not page.look.state.library


def test_closing_stops_what_runs(page) -> None:
    page._key("asyoulik", KeySpec(size=128, page=400, steps=100_000), 0)
    page.jobs.shut_down()
    assert not [one for one in threading.enumerate() if one.name.startswith("atlas jobs")]


def test_part_of_a_text_is_its_beginning() -> None:
    book = shipped_book("asyoulik")
    part = part_of(book, 10)
    assert (part.text, part.alphabet, part.source) == (book.text[:10], book.alphabet, book.source)
    assert part_of(book, 0) is book
