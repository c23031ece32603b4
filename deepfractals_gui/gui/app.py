"""Starting the application: log, theme, window, and then the kernels."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Slot
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from deepfractals_gui import __version__
from deepfractals_gui.core.resources import resource
from deepfractals_gui.gui.garbage import GarbageCollection
from deepfractals_gui.gui.logs import Unexpected, connect, start_log
from deepfractals_gui.gui.main_window import MainWindow
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import choice_of, style_application
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.preferences import load_preferences, sample_cache

SWITCH_SECONDS = 0.001


def run(argv: Sequence[str]) -> int:
    """Open the window, on a document if one is named, and return the exit status."""
    log_problem = start_log()
    application = make_application()
    loaded = load_preferences()
    style_application(application, choice_of(loaded.preferences.theme))
    unexpected = Unexpected()
    unexpected.install()
    chosen = loaded.preferences
    renderer = Renderer(
        chosen.threads or None, chosen.cache_megabytes << 20, disk=sample_cache(chosen)
    )
    model = SessionModel()
    controller = RenderController(model, renderer)
    controller.budget = float(chosen.render_seconds) or None
    window = MainWindow(model, controller, QSettings("deepfractals", "window"))
    connect(unexpected, window.show_error)
    start = _Start(window, Path(argv[0]) if argv else None, loaded.message or log_problem)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    window.show()
    garbage = GarbageCollection()
    garbage.settle()
    # Numba and the kernels come with the first picture.
    controller.samplesChanged.connect(garbage.settle, Qt.ConnectionType.SingleShotConnection)
    # Kernels load after the window has been drawn once.
    QTimer.singleShot(0, start.begin)
    status = application.exec()
    window.close()
    garbage.stop()
    return status


def make_application() -> QApplication:
    """The application object, named as the desktop knows it."""
    # A worker that holds the interpreter gives it to the window's thread this soon.
    sys.setswitchinterval(SWITCH_SECONDS)
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication(sys.argv[:1])
    application.setApplicationName("deepfractals")
    application.setApplicationDisplayName("deepfractals")
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("deepfractals")
    application.setWindowIcon(_icon())
    return application


def _icon() -> QIcon:
    icon = QIcon()
    for size in (16, 32, 64, 128):
        pixmap = QPixmap()
        pixmap.loadFromData(resource(f"icons/deepfractals-{size}.png").read_bytes())
        icon.addPixmap(pixmap)
    return icon


class _Start(QObject):
    """What follows once the window is on the screen."""

    def __init__(self, window: MainWindow, document: Path | None, message: str) -> None:
        super().__init__(window)
        self._window = window
        self._document = document
        self._message = message

    @Slot()
    def begin(self) -> None:
        window = self._window
        if self._document is not None:
            window.file.open_path(self._document)
        elif self._message:
            window.banner.say(self._message, "warning")
        window.offer_recovery()
        window.preparing.start()
