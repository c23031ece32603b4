"""A cold kernel cache shows progress in the window instead of a freeze."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QWidget

from deepfractals_gui.gui.preparing import Preparing
from deepfractals_gui.kernels import cache

STEPS = "print('first map 0/2', flush=True); print('second map 1/2', flush=True); input()"


@pytest.fixture
def over(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(700, 500)
    widget.show()
    return widget


@pytest.fixture
def cold(monkeypatch):
    monkeypatch.setattr(cache, "is_warm", lambda: False)


def words(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def test_warm_kernels_are_ready_at_once(over, qtbot, monkeypatch):
    monkeypatch.setattr(cache, "is_warm", lambda: True)
    preparing = Preparing(over)
    with qtbot.waitSignal(preparing.ready, timeout=0):
        preparing.start()
    assert not preparing.active
    assert over.findChildren(QLabel) == []


def test_each_step_is_shown_over_the_canvas(over, qtbot, cold):
    preparing = Preparing(over, [sys.executable, "-c", STEPS])
    preparing.start()
    qtbot.waitUntil(lambda: "1 of 2" in words(over), timeout=10_000)
    assert "second map" in words(over)
    [bar] = over.findChildren(QProgressBar)
    assert (bar.value(), bar.maximum()) == (1, 2)
    preparing.close()
    assert not preparing.active


def test_pictures_begin_when_the_last_kernel_is_there(over, qtbot, cold):
    preparing = Preparing(over, [sys.executable, "-c", "print('map 0/1')"])
    with qtbot.waitSignal(preparing.ready, timeout=10_000):
        preparing.start()
    qtbot.waitUntil(lambda: words(over) == "")


@pytest.mark.parametrize(
    "command", [[sys.executable, "-c", "raise SystemExit(3)"], ["/no/such/program"]]
)
def test_a_failure_to_prepare_does_not_stop_the_program(over, qtbot, cold, command):
    preparing = Preparing(over, command)
    with qtbot.waitSignal(preparing.ready, timeout=10_000):
        preparing.start()
    assert not preparing.active
