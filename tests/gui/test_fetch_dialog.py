"""Asking for MNIST: fetched in the background, cancelled, or told why not."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.core import Cancelled, DataRef
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.fetch_dialog import OFFER, FetchDialog, ask_for_mnist
from deepfractals_gui.gui.field.field_page import FieldPage
from deepfractals_gui.gui.field.field_settings import FieldSettings
from deepfractals_gui.gui.lab.lab_page import LabPage
from deepfractals_gui.gui.lab.settings_panel import SettingsPanel
from deepfractals_gui.session import mnist

PATIENCE = 30_000


@pytest.fixture
def network(monkeypatch):
    """What stands for the network: told what was asked, and made to wait or to fail."""

    class Network:
        def __init__(self) -> None:
            self.asked: list[tuple[object, object]] = []
            self.go_on, self.waits = threading.Event(), threading.Event()
            self.error: Exception | None = None
            self.cancelled = False
            self.go_on.set()

        def fetch(self, digits, into, *, progress, cancel):
            self.asked.append((digits, into))
            progress(0.25)
            self.waits.set()
            while not self.go_on.wait(0.01):
                if cancel.is_set:
                    self.cancelled = True
                    raise Cancelled
            if self.error is not None:
                raise self.error
            into.mkdir(parents=True, exist_ok=True)
            path = into / digits.images.name
            path.write_bytes(b"images")
            return path

    made = Network()
    monkeypatch.setattr(mnist, "fetch", made.fetch)
    return made


@pytest.fixture
def dialog(qtbot, tmp_path):
    made = FetchDialog(into=tmp_path)
    qtbot.addWidget(made)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.open()
    yield made
    made.reject()


def test_what_is_chosen_is_fetched_and_told_of(dialog, network, qtbot, tmp_path):
    QTest.keyClick(dialog.choice, Qt.Key.Key_Right)
    with qtbot.waitSignal(dialog.fetched, timeout=PATIENCE) as fetched:
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert network.asked == [(mnist.SETS["train"], tmp_path)]
    assert fetched.args == [tmp_path / "train-images-idx3-ubyte.gz"]
    qtbot.waitUntil(lambda: not dialog.isVisible(), timeout=PATIENCE)


def test_progress_is_shown_and_escape_cancels(dialog, network, qtbot):
    network.go_on.clear()
    dialog.fetch()
    qtbot.waitUntil(lambda: dialog.progress.value() == 250, timeout=PATIENCE)
    assert not dialog.fetch_button.isEnabled()
    with qtbot.assertNotEmitted(dialog.fetched):
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    # The thread is over as soon as the dialog is.
    assert network.cancelled
    assert not dialog.isVisible()


def test_a_failure_says_what_else_can_be_done_and_it_can_be_tried_again(dialog, network, qtbot):
    network.error = mnist.FetchError("x.gz can't be fetched, no mirror answers: m: no connection")
    dialog.fetch()
    qtbot.waitUntil(lambda: "no mirror answers" in dialog.error_line.text(), timeout=PATIENCE)
    assert "A file…" in dialog.error_line.text()
    assert dialog.isVisible()
    network.error = None
    with qtbot.waitSignal(dialog.fetched, timeout=PATIENCE):
        QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Return)


@pytest.mark.parametrize("kind", ["lab", "field"])
def test_the_settings_offer_it_and_take_it(kind, qtbot, network, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "folder", lambda: tmp_path)
    panel = SettingsPanel(LabParams()) if kind == "lab" else FieldSettings(FieldRunParams())
    qtbot.addWidget(panel)
    panel.show()
    field = panel.data.fields["data"] if kind == "lab" else panel.source
    assert field.box.itemText(field.box.count() - 1) == OFFER
    before = field.box.currentText()
    field._activated(field.box.count() - 1)
    assert field.box.currentText() == before
    dialog = panel.findChild(FetchDialog)
    with qtbot.waitSignal(field.edited, timeout=PATIENCE) as edited:
        dialog.fetch()
    path = tmp_path / "t10k-images-idx3-ubyte.gz"
    assert edited.args == ["data", DataRef.of_file(path), False]
    assert field.box.currentText() == path.name
    # A file is still chosen by the entry that is named so.
    assert field.box.itemText(field.box.count() - 2) == "A file…"


@pytest.mark.parametrize("make", [LabPage, FieldPage])
def test_a_page_that_shuts_down_ends_it(make, qtbot, network, tmp_path, monkeypatch):
    monkeypatch.setattr(mnist, "folder", lambda: tmp_path)
    page = make()
    qtbot.addWidget(page)
    network.go_on.clear()
    panel = page.settings
    ask_for_mnist(panel.source if make is FieldPage else panel.data.fields["data"]).fetch()
    qtbot.waitUntil(network.waits.is_set, timeout=PATIENCE)
    page.shut_down()
    assert network.cancelled
