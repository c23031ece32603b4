"""Windows without a display, and nothing left behind: no thread, no widget, no Qt warning."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from deepfractals_gui.gui.inspector import Inspector
from deepfractals_gui.gui.main_window import MainWindow
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import appearance, style_application
from deepfractals_gui.kernels import warm
from deepfractals_gui.render import Renderer

FOLDER = Path(__file__).parent
PATIENCE = 30_000
"""Milliseconds until a picture that never comes fails a test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The offscreen platform says this about sizes, raising and grabbing, which it can't do.
    quiet = pytest.mark.qt_log_ignore("This plugin does not support")
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(quiet)


@pytest.fixture(scope="session", autouse=True)
def _kernels_and_garbage():
    """As in the application, only this thread collects garbage: widgets must not die in others."""
    warm.warm(lambda name, done, total: None)
    gc.collect()
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _nothing_left_behind(request):
    before = set(threading.enumerate())
    yield
    application = QApplication.instance()
    if application is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        appearance.choose("dark")
    gc.collect()
    left = [thread for thread in threading.enumerate() if thread not in before]
    assert not left, f"threads left behind: {left}"


@pytest.fixture(scope="session")
def qapp(qapp):
    style_application(qapp, "dark")
    return qapp


@pytest.fixture
def model(qapp):
    return SessionModel()


@pytest.fixture
def controller(model):
    """A controller with two threads that hasn't started to render."""
    controller = RenderController(model, Renderer(threads=2))
    yield controller
    controller.close()


@pytest.fixture
def inspector(qtbot, model, controller):
    inspector = Inspector(model, controller)
    qtbot.addWidget(inspector)
    inspector.resize(900, 220)
    inspector.show()
    return inspector


@pytest.fixture
def window(qtbot, model, tmp_path):
    """The whole window on the screen, not rendering yet; `controller.start()` begins."""
    controller = RenderController(model, Renderer(threads=2))
    window = MainWindow(model, controller, data_folder=tmp_path)
    window.resize(1000, 700)
    window.show()
    qtbot.waitExposed(window)
    yield window
    window.file.path = None
    window.close()
    window.deleteLater()


@pytest.fixture
def finished(qtbot):
    """Wait until the picture of the view at hand is on the canvas, and return its frame."""

    def wait(window: MainWindow):
        def shown() -> bool:
            frame = window.canvas.frames.newest
            return frame is not None and frame.final and frame.request == window.controller.request

        window.controller.start()
        qtbot.waitUntil(shown, timeout=PATIENCE)
        return window.canvas.frames.newest

    return wait
