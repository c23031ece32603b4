"""The page as a whole: read, train, interrupt, save, resume, undo, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.experiments.atlas import Atlas, read_back
from deepfractals_gui.gui.atlas.atlas_settings import OWN, preset_of, with_preset
from deepfractals_gui.gui.atlas.read_text import RIGHT

PATIENCE = 120_000


def trained(page, qtbot) -> None:
    page.start()
    qtbot.waitUntil(lambda: bool(page.look.state.stopped) and page.look.whole, timeout=PATIENCE)


def test_all_of_the_book_is_read_by_the_model_as_it_is(page, qtbot) -> None:
    for _ in range(2):
        state = page.look.state
        alone = read_back(state)
        assert page.reading.read.unread == 0
        assert (page.reading.read.symbols == alone.symbols).all()
        right = alone.symbols == state.book.symbols
        assert ((page.reading.read.codes == RIGHT) == right).all()
        trained(page, qtbot)
    assert page.reading.read.accuracy == pytest.approx(page.look.state.accuracy)
    qtbot.waitUntil(lambda: bool(page.curves.plots["accuracy"].lines), timeout=PATIENCE)


def test_what_is_seen_is_read_again_while_it_learns(page, qtbot) -> None:
    page.settings.groups["Training"].fields["epochs"].edited.emit("epochs", 0, False)
    page.start()
    qtbot.waitUntil(lambda: page.look.state.step >= 8, timeout=PATIENCE)
    page.pause()
    qtbot.waitUntil(lambda: not page.look.running and page.look.whole, timeout=PATIENCE)
    alone = read_back(page.look.state)
    seen = page.reading.page.shown
    assert (
        page.reading.read.symbols[seen.start : seen.stop] == alone.symbols[seen.start : seen.stop]
    ).all()


def test_text_strip_and_words_follow_each_other(page) -> None:
    page.reading.strip._scrub(400)
    assert page.reading.page.at == 400
    assert "401 of 600" in page.reading.place.text()
    QTest.keyClick(page.reading.page, Qt.Key.Key_Home)
    assert page.reading.strip.at == 0
    assert "Reads" in page.reading.told.text()


def test_a_run_is_interrupted_saved_and_resumed_as_if_nothing_had_happened(
    page, qtbot, tmp_path, small
) -> None:
    page.trainer.step_batch()
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    page.trainer.save(tmp_path / "run.npz")
    qtbot.waitUntil(lambda: page.bar.words == "Saved run.npz", timeout=PATIENCE)
    page.rewind()
    qtbot.waitUntil(lambda: page.look.state.step == 0, timeout=PATIENCE)
    page.files.take(tmp_path / "run.npz")
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    trained(page, qtbot)
    alone = Atlas().start(small)
    while not alone.stopped:
        alone = Atlas().epoch(alone)
    for (_, mine), (_, other) in zip(
        page.look.state.training.params, alone.training.params, strict=True
    ):
        assert (mine == other).all()
    assert "all 3 epochs are done" in page.bar.words.lower()


def test_after_its_last_epoch_it_trains_as_many_again(page, qtbot) -> None:
    trained(page, qtbot)
    page.start()
    qtbot.waitUntil(lambda: page.look.state.epoch == 6, timeout=PATIENCE)
    assert page.params.epochs == 6


def test_settings_wait_for_rewind_and_are_taken_back(page, qtbot, small) -> None:
    page.trainer.step_batch()
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    page.settings.groups["Model"].fields["hidden"].edited.emit("hidden", 12, False)
    assert "Rewind" in page.bar.words
    QTest.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.params == small
    assert "Rewind begins" not in page.bar.words
    redo = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(page, Qt.Key.Key_Z, redo)
    assert page.params.hidden == 12
    page.rewind()
    qtbot.waitUntil(lambda: page.look.state.spec.hidden == 12, timeout=PATIENCE)


def test_a_preset_keeps_the_book_and_is_known_again(page, small) -> None:
    assert preset_of(small) == OWN
    page.settings.presets.chosen.emit("compact")
    assert page.params.encoding == "fourier"
    assert page.params.characters == 600
    assert preset_of(page.params) == "compact"
    assert page.settings.presets.choice.currentText() == "Compact"
    page.settings.undo()
    assert page.params == small
    assert preset_of(with_preset(small, "shared")) == "shared"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"ab\0cd", "binary"),
        (b"caf\xe9 au lait", "UTF-8"),
        ("".join(map(chr, range(0x4E00, 0x5400))).encode(), "different characters"),
    ],
)
def test_a_file_that_is_no_book_is_told_in_one_line(page, qtbot, tmp_path, content, words) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes(content)
    before = page.look.state
    page.files.take(path)
    source = page.settings.source
    qtbot.waitUntil(lambda: bool(source.error_line.text()), timeout=PATIENCE)
    assert words in source.error_line.text()
    assert "\n" not in source.error_line.text()
    assert page.look.state.book is before.book


def test_a_book_of_ones_own_is_learned(page, qtbot, tmp_path) -> None:
    path = tmp_path / "mine.txt"
    path.write_bytes("né\r\n日本\n".encode() * 90)
    page.settings.groups["Book"].fields["characters"].edited.emit("characters", 0, False)
    page.files.take(path)
    qtbot.waitUntil(
        lambda: page.look.state.book.name == "mine.txt" and page.look.whole, timeout=PATIENCE
    )
    assert page.reading.page.text == path.read_bytes().decode()
    trained(page, qtbot)
    assert np.isfinite(page.look.state.accuracy)
