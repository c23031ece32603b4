"""Live curves, the bar of a run, and the table of kept runs."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView

from deepfractals_gui.gui.lab.live_curves import Curves, LiveCurves, newest_words
from deepfractals_gui.gui.lab.run_table import RunTable, seconds_words
from deepfractals_gui.gui.lab.train_bar import TrainBar


def history(seed: int = 0, accuracy: bool = True, test: bool = True) -> Curves:
    rng = np.random.default_rng(seed)
    n, nothing = np.arange(20.0), np.full(20, np.nan)
    loss = np.exp(-n / 5) + 0.01 * rng.random(20)
    right = 1 - loss / 2
    return Curves(
        n, loss, 1.2 * loss if test else nothing, right if accuracy else nothing,
        0.9 * right if accuracy and test else nothing,
    )  # fmt: skip


@pytest.fixture
def live(qtbot):
    live = LiveCurves()
    qtbot.addWidget(live)
    live.resize(320, 420)
    live.show()
    return live


def test_training_and_test_share_a_plot(live) -> None:
    curves = history()
    live.set_curves(curves)
    assert [line.key.text for line in live.loss.lines] == ["training", "test"]
    assert (live.loss.lines[1].curve.y == curves.test_loss).all()
    assert (live.accuracy.lines[0].curve.y == curves.train_accuracy).all()
    assert live.loss.lines[1].key.pattern != live.loss.lines[0].key.pattern
    live.grab()


def test_the_axis_of_the_loss_is_chosen(live) -> None:
    live.set_curves(history())
    assert live.loss.lines[0].curve.log
    live.scale.click()
    assert not live.loss.lines[0].curve.log
    assert not live.accuracy.lines[0].curve.log


def test_what_is_not_known_is_not_shown(live) -> None:
    live.set_curves(history(accuracy=False, test=False))
    assert len(live.loss.lines) == 1
    assert live.accuracy.isHidden()
    live.set_curves(None)
    assert live.now.text() == ""
    assert live.empty.isVisible()
    live.grab()


def test_the_newest_values_are_said() -> None:
    x = np.arange(2.0)
    curves = Curves(
        x, np.array([0.5, 0.25]), np.array([0.75, np.nan]), np.array([0.5, 0.875]),
        np.array([0.25, np.nan]),
    )  # fmt: skip
    assert newest_words(curves) == "loss 0.25, test 0.75\n87.5 % right, test 25.0 %"


# The bar.


@pytest.fixture
def bar(qtbot):
    bar = TrainBar()
    qtbot.addWidget(bar)
    bar.resize(600, 80)
    bar.show()
    return bar


def test_the_button_starts_and_pauses(bar, qtbot) -> None:
    with qtbot.waitSignal(bar.startWished):
        bar.start_button.click()
    bar.set_running(True)
    assert bar.start_button.text() == "Pause"
    assert not bar.batch_button.isEnabled()
    with qtbot.waitSignal(bar.pauseWished):
        bar.start_button.click()
    bar.set_running(False)
    for button, signal in (
        (bar.batch_button, bar.batchWished),
        (bar.epoch_button, bar.epochWished),
    ):
        with qtbot.waitSignal(signal):
            button.click()


def test_the_bar_says_how_far_it_is(bar) -> None:
    assert not bar.rewind_button.isEnabled()
    bar.set_place(50, 1200, 200)
    assert bar.place.text() == "epoch 50 of 200   step 1,200"
    assert bar.progress.value() == 250
    assert bar.rewind_button.isEnabled()
    bar.set_place(50, 1200, 0)
    assert bar.place.text() == "epoch 50   step 1,200"


@pytest.mark.parametrize("kind", ["info", "warning", "error", "good"])
def test_a_sentence_has_a_sign(bar, kind) -> None:
    bar.say("The loss became infinite in epoch 3.", kind)
    assert bar.words.startswith("The loss")
    assert not bar.sign.pixmap().isNull()
    bar.grab()


# The table.


@pytest.fixture
def table(qtbot):
    table = RunTable()
    qtbot.addWidget(table)
    table.resize(700, 500)
    table.show()
    qtbot.waitExposed(table)
    return table


def keep(table: RunTable, count: int) -> None:
    for number in range(count):
        table.keep("spirals", "2-16-2 tanh, Adam", f"settings {number}", history(number), 20, 1.5)


def test_a_kept_run_is_a_row_with_its_best_values(table) -> None:
    assert table.currentWidget() is table.empty
    keep(table, 1)
    assert table.currentWidget() is not table.empty
    texts = [table.table.item(0, column).text() for column in range(8)]
    assert texts[1:4] == ["Run 1", "spirals", "2-16-2 tanh, Adam"]
    best = 100 * float(np.max(history().test_accuracy))
    assert texts[4:] == ["20", f"{best:.1f} %", f"{history().test_loss.min():.3g}", "1.5 s"]
    table.grab()


def test_curves_of_all_or_of_the_selected_runs_lie_over_each_other(table) -> None:
    keep(table, 3)
    assert [line.key.text for line in table.plot.lines] == ["Run 1", "Run 2", "Run 3"]
    table.table.selectRow(1)
    assert [line.key.text for line in table.plot.lines] == ["Run 2"]
    table.compared.setCurrentIndex(table.compared.findData("train_accuracy"))
    assert (table.plot.lines[0].curve.y == history(1).train_accuracy).all()


def test_a_run_is_restored_renamed_and_deleted_by_keys(table, qtbot) -> None:
    keep(table, 3)
    table.table.setFocus()
    table.table.selectRow(1)
    with qtbot.waitSignal(table.restored) as restored:
        QTest.keyClick(table.table, Qt.Key.Key_Return)
    assert restored.args == ["settings 1"]
    QTest.keyClick(table.table, Qt.Key.Key_F2)
    # A row that is selected but isn't the current one is renamed by its button.
    table.table.closePersistentEditor(table.table.currentItem())
    table.table.item(1, 1).setText("  a better   name ")
    assert table.runs[1].name == "a better name"
    assert table.table.item(1, 1).text() == "a better name"
    assert table.plot.lines[0].key.text == "a better name"
    table.table.item(1, 1).setText("   ")
    assert table.table.item(1, 1).text() == "a better name"
    table.table.setFocus()
    table.delete_button.click()
    assert [run.name for run in table.runs] == ["Run 1", "Run 3"]
    table.table.selectAll()
    table.delete()
    assert table.currentWidget() is table.empty


def test_a_run_keeps_its_colour_when_others_go(table) -> None:
    keep(table, 3)
    third = table.runs[2].key
    table.table.selectRow(0)
    table.delete()
    assert table.runs[1].key == third
    keep(table, 1)
    assert table.runs[2].name == "Run 4"


def test_rename_edits_the_name(table) -> None:
    keep(table, 2)
    table.table.selectRow(1)
    table.rename_button.click()
    assert table.table.state() == QAbstractItemView.State.EditingState


def test_times_are_short() -> None:
    assert [seconds_words(s) for s in (0.42, 9.99, 59.4, 185)] == [
        "0.4 s", "10 s", "59 s", "3 min 5 s",
    ]  # fmt: skip
