"""The lab as a person uses it: keys, settings, presets, files, kept runs, messages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QFileDialog, QLineEdit

from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_examples import EXAMPLES
from deepfractals_gui.gui.lab.lab_page import NARROW
from deepfractals_gui.gui.lab.sights import TABS
from deepfractals_gui.nn import OptimizerSpec

FAR = 30_000


def press(page, key: Qt.Key) -> None:
    page.setFocus()
    QTest.keyClick(page, key)


def finished(page, until):
    page.start()
    return until(page, lambda look: bool(look.stopped))


# Training.


def test_the_page_opens_with_data_a_network_and_what_to_do(page, until) -> None:
    until(page, lambda look: "decision" in look.sights)
    assert page.bar.words.startswith("Press Space to train.")
    assert page.sights.key == "decision"
    points = page.sights.decision.plane.accessibleDescription()
    assert points.startswith("80 points, 20 of them held back")
    assert page.sights.decision.plane.picture is not None
    assert not page.bar.running


def test_space_trains_and_pauses(page, until) -> None:
    page.settings.run.fields["epochs"].edited.emit("epochs", 0, False)
    press(page, Qt.Key.Key_Space)
    assert page.bar.running
    until(page, lambda look: look.running and look.epoch > 1)
    press(page, Qt.Key.Key_Space)
    look = until(page, lambda look: not look.running)
    assert look.epoch > 1
    assert page.bar.words.startswith("Paused.")


def test_keys_step_and_rewind(page, until) -> None:
    press(page, Qt.Key.Key_B)
    until(page, lambda look: look.step == 1)
    press(page, Qt.Key.Key_E)
    until(page, lambda look: look.epoch == 1)
    assert page.bar.place.text() == "epoch 1 of 6   step 2"
    press(page, Qt.Key.Key_R)
    until(page, lambda look: look.step == 0)


def test_a_space_in_a_text_field_is_typed(page) -> None:
    edit = page.settings.data.fields["count"].edit
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Space)
    assert not page.bar.running


def test_after_the_last_epoch_space_trains_as_many_again(page, until) -> None:
    look = finished(page, until)
    assert look.epoch == 6
    assert "Space trains as many again" in page.bar.words
    page.start()
    look = until(page, lambda look: look.epoch == 12 and bool(look.stopped))
    assert page.params.epochs == 12


def test_a_run_that_explodes_says_so_and_rewinds(page, until) -> None:
    page.settings.builder.set_spec(
        replace(page.params.spec, loss="mse", optimizer=OptimizerSpec("sgd", 1e60))
    )
    page.settings.builder.changed.emit(page.settings.builder.spec)
    until(page, lambda look: look.params.spec.optimizer.lr == 1e60)
    look = finished(page, until)
    assert look.exploded
    assert page.bar.words.startswith("The loss")
    page.start()
    assert not page.bar.running
    page.settings.builder.training.fields["lr"].edited.emit("lr", 0.01, False)
    assert "Rewind applies them" in page.bar.words
    page.rewind()
    until(page, lambda look: look.step == 0 and look.params.spec.optimizer.lr == 0.01)
    assert page.bar.words.startswith("Press Space")


# Settings.


def test_settings_apply_at_once_before_the_first_step(page, until) -> None:
    page.settings.builder.layers.rows[0].units.set_value(5)
    look = until(page, lambda look: look.params.spec.layers[0].units == 5)
    assert look.step == 0


def test_settings_changed_later_wait_for_the_rewind(page, until) -> None:
    press(page, Qt.Key.Key_E)
    until(page, lambda look: look.epoch == 1)
    page.settings.builder.layers.rows[0].units.set_value(5)
    assert "Rewind applies them" in page.bar.words
    press(page, Qt.Key.Key_E)
    look = until(page, lambda look: look.epoch == 2)
    assert look.params.spec.layers[0].units == 16
    press(page, Qt.Key.Key_R)
    look = until(page, lambda look: look.step == 0)
    assert look.params.spec.layers[0].units == 5


def test_other_data_begin_another_run_with_a_network_that_fits(page, until) -> None:
    press(page, Qt.Key.Key_E)
    until(page, lambda look: look.epoch == 1)
    page.settings.data.fields["data"].edited.emit("data", "iris", False)
    look = until(page, lambda look: look.data.train.name == "iris")
    assert look.step == 0
    assert (page.params.spec.inputs, page.params.spec.outputs) == (4, 3)
    assert page.settings.builder.layers.rows[-1].layer.units == 3
    # Four inputs can't be drawn: the tab that has something to show comes to the front.
    assert page.sights.key == "confusion"
    page.settings.data.fields["data"].edited.emit("data", "circle", False)
    until(page, lambda look: look.data.train.name == "circle")
    assert page.sights.key == "decision"


def test_when_to_stop_applies_while_training_goes_on(page, until) -> None:
    page.settings.run.fields["epochs"].edited.emit("epochs", 2, False)
    assert finished(page, until).epoch == 2


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.key)
def test_each_example_begins_with_its_data(page, until, example) -> None:
    page.open_example(example)
    look = until(page, lambda look: look.params == example.params)
    assert page.params == example.params
    assert look.data.train.name == example.params.data
    assert page.bar.words == f"Press Space to train. {example.note}"


def test_seed_and_settings_give_the_same_run_as_the_lab_itself(page, until) -> None:
    look = finished(page, until)
    lab = Lab()
    state = lab.start(page.params)
    for _ in range(6):
        state = lab.epoch(state)
    assert (look.curves.test_loss == state.trace.column("test_loss")).all()


# Views.


@pytest.mark.parametrize("key", [tab[0] for tab in TABS])
def test_every_tab_shows_something(page, until, key) -> None:
    finished(page, until)
    page.sights.turn(key)
    if page.sights.wanted:
        until(page, lambda look: key in look.sights)
    page.grab()
    if key == "neurons":
        assert page.sights.neurons.maps.chosen == (0, 0)
    elif key == "confusion":
        assert page.sights.confusion.counts.sum() == 20
    elif key == "flow":
        assert len(page.sights.flow.plots["gradient_norm"].lines) == 3
    elif key == "chain":
        assert page.sights.chain.stages[0].title == "The sample"


def test_only_what_is_in_front_is_computed(page, until) -> None:
    page.sights.turn("runs")
    press(page, Qt.Key.Key_E)
    assert until(page, lambda look: look.epoch == 1).sights == {}
    page.sights.turn("chain")
    until(page, lambda look: set(look.sights) == {"chain"})
    note = page.sights.chain.note.text()
    page.sights.chain.other_button.click()
    until(page, lambda look: page.sights.chain.note.text() != note)


def test_a_hidden_page_trains_on_and_shows_it_afterwards(page, until) -> None:
    page.settings.run.fields["epochs"].edited.emit("epochs", 40, False)
    page.start()
    page.hide()
    until(page, lambda look: bool(look.stopped) and look.sights == {})
    page.show()
    until(page, lambda look: "decision" in look.sights)
    assert len(page.side.curves.loss.lines[0].curve.x) == 41
    assert page.bar.place.text().startswith("epoch 40 of 40")


def test_a_narrow_page_lays_its_parts_under_each_other(page, qtbot) -> None:
    for width, under in ((NARROW - 40, True), (NARROW + 100, False), (1500, False)):
        page.resize(width, 700)
        qtbot.waitUntil(
            lambda under=under: (page.side.y() > page.sights.y()) == under and page.side.isVisible()
        )
        assert page.settings.width() >= page.settings.minimumWidth()
        page.grab()


def test_every_control_has_a_name(page) -> None:
    page.sights.turn("runs")
    nameless = [
        widget
        for kind in (QAbstractButton, QComboBox, QLineEdit, QAbstractSlider)
        for widget in page.findChildren(kind)
        if not (widget.accessibleName() or getattr(widget, "text", str)())
        # Parts of Qt's own: scroll bars, and arrows of tab bars.
        and not widget.objectName().startswith("qt_")
        and "ScrollBar" not in type(widget).__name__
        and type(widget.parent()).__name__ not in ("QTabBar", "_Table")
    ]
    assert nameless == []


# Runs and files.


def test_a_kept_run_can_be_restored(page, until) -> None:
    finished(page, until)
    press(page, Qt.Key.Key_K)
    [run] = page.sights.runs.runs
    assert (run.data, run.epochs) == ("moons", 6)
    assert page.bar.words.startswith("Kept as Run 1")
    page.settings.data.fields["data"].edited.emit("data", "circle", False)
    until(page, lambda look: look.data.train.name == "circle")
    page.sights.turn("runs")
    page.sights.runs.table.selectRow(0)
    page.sights.runs.restore()
    look = until(page, lambda look: look.data.train.name == "moons")
    assert look.step == 0
    assert look.params == run.params


def drop(page, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(300, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    page.dropEvent(event)


def test_a_dropped_table_becomes_the_data(page, until, tmp_path) -> None:
    path = tmp_path / "mine.csv"
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{'up' if a > b else 'down'}" for a, b in rng.normal(size=(40, 2))]
    path.write_text("width,height,kind\n" + "\n".join(rows))
    drop(page, path)
    look = until(page, lambda look: look.data.train.name == "mine.csv")
    assert look.data.train.classes == ("down", "up")
    assert page.sights.decision.plane.axes == ("width", "height")
    assert page.settings.data.fields["data"].box.currentText() == "mine.csv"


def test_data_that_cannot_be_used_are_explained_beside_the_field(page, until, tmp_path, qtbot):
    path = tmp_path / "bad.csv"
    path.write_text("a,b,c\n1,2,x\n1,nothing,y\n")
    drop(page, path)
    field = page.settings.data.fields["data"]
    qtbot.waitUntil(lambda: field.error_line.text() != "", timeout=FAR)
    assert "bad.csv" in field.error_line.text()
    assert "settings" in page.bar.words
    press(page, Qt.Key.Key_E)
    assert until(page, lambda look: look.epoch == 1).data.train.name == "moons"
    page.settings.data.fields["data"].edited.emit("data", "xor", False)
    until(page, lambda look: look.data.train.name == "xor")
    assert field.error_line.text() == ""


def test_a_file_that_is_not_there_is_said_beside_the_field(page, tmp_path) -> None:
    drop(page, tmp_path / "nowhere.csv")
    assert "nowhere.csv" in page.settings.data.fields["data"].error_line.text()


def test_a_run_is_saved_and_opened_by_keys(page, until, tmp_path, monkeypatch, qtbot) -> None:
    path = tmp_path / "kept.npz"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *a, **k: (str(path), ""))
    press(page, Qt.Key.Key_E)
    until(page, lambda look: look.epoch == 1)
    page.setFocus()
    QTest.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(path.exists, timeout=FAR)
    qtbot.waitUntil(lambda: page.bar.words == "Saved kept.npz", timeout=FAR)
    page.settings.data.fields["data"].edited.emit("data", "xor", False)
    until(page, lambda look: look.data.train.name == "xor")
    drop(page, path)
    look = until(page, lambda look: look.data.train.name == "moons")
    assert look.epoch == 1
    assert page.params.data == "moons"
    assert page.settings.builder.spec == look.params.spec


@pytest.mark.parametrize("name", ["view.png", "view.svg"])
def test_views_are_exported_as_they_are_seen(page, tmp_path, monkeypatch, name) -> None:
    path = tmp_path / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    page.files.export_view()
    assert page.bar.words == f"Wrote {name}"
    front = page.sights.front.size()
    if name.endswith(".png"):
        assert Image.open(path).size == (2 * front.width(), 2 * front.height())
    else:
        text = path.read_text()
        assert f'viewBox="0 0 {front.width()} {front.height()}"' in text
        assert "held back for the test" in text


def test_curves_are_exported_as_a_table(page, until, tmp_path, monkeypatch) -> None:
    finished(page, until)
    path = tmp_path / "curves.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    page.files.export_curves()
    assert len(path.read_text().splitlines()) == 1 + 7
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *a, **k: (str(tmp_path / "no" / "x.csv"), "")
    )
    page.files.export_curves()
    assert "can't be written" in page.bar.words


def test_the_bridges_are_asked_for_with_the_run_at_hand(page, qtbot) -> None:
    with qtbot.waitSignal(page.mapWished) as asked:
        page.side.map_button.click()
    assert asked.args == [page.look.params]
    with qtbot.waitSignal(page.sliceWished) as asked:
        page.side.slice_button.click()
    assert asked.args == [page.look.state]
