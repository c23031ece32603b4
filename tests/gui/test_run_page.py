"""A page on which something learns: keys, files that are dropped, what its trainer says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QMimeData, QObject, QPointF, Qt, QUrl, Signal
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from deepfractals_gui.gui.run_page import UNUSABLE, RunPage


@dataclass(frozen=True)
class Params:
    epochs: int = 4


class Trainer(QObject):
    looked = Signal(object)
    failed = Signal(str, str)
    done = Signal(str)
    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[object] = []

    def __getattr__(self, name: str):
        return lambda *arguments: self.calls.append((name, *arguments))


class Page(RunPage):
    def __init__(self) -> None:
        super().__init__("Page", Params())
        self.trainer = Trainer()
        self.shown: list[Params] = []
        self.settings = SimpleNamespace(
            params=Params(),
            set_params=self.shown.append,
            clear_errors=lambda: None,
            show_error=lambda name, message: name == "rate",
        )
        self.taken: list[Path] = []
        self.files = SimpleNamespace(shortcuts=(), take=self.taken.append)
        self.looks: list[object] = []
        self._connect_run()

    def _take(self, look: object) -> None:
        self.looks.append(look)


@pytest.fixture
def page(qtbot):
    page = Page()
    qtbot.addWidget(page)
    page.show()
    qtbot.waitExposed(page)
    return page


def test_looks_arrive_as_long_as_there_is_a_page_and_no_longer(qtbot) -> None:
    page = Page()
    trainer, looks = page.trainer, page.looks
    trainer.looked.emit("first")
    QCoreApplication.processEvents()
    assert looks == ["first"]
    trainer.looked.emit("second")
    shiboken6.delete(page)
    QCoreApplication.processEvents()
    assert looks == ["first"]


def test_space_trains_and_pauses(page) -> None:
    QTest.keyClick(page, Qt.Key.Key_Space)
    assert page.bar.running
    QTest.keyClick(page, Qt.Key.Key_Space)
    assert not page.bar.running
    assert page.trainer.calls == [("run",), ("pause",)]


def test_a_run_that_has_ended_trains_as_many_epochs_again(page) -> None:
    page.look = SimpleNamespace(state=SimpleNamespace(stopped="done", exploded=False, epoch=6))
    page.start()
    assert page.shown == [Params(10)]
    assert page.trainer.calls == [("set_epochs", 10), ("run",)]


def test_an_error_of_a_setting_is_told_there_and_any_other_on_the_bar(page) -> None:
    page.trainer.failed.emit("rate", "must be positive")
    QCoreApplication.processEvents()
    assert page.bar.words == UNUSABLE
    page.trainer.failed.emit("", "run.npz is damaged")
    QCoreApplication.processEvents()
    assert page.bar.words == "run.npz is damaged"


def test_the_first_file_that_is_dropped_is_taken(page, tmp_path) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/x"), QUrl.fromLocalFile(str(tmp_path / "a.npz"))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    page.dropEvent(event)
    assert page.taken == [tmp_path / "a.npz"]
