"""The log file, and what happens to an error that nobody expected."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

import platformdirs
from PySide6.QtCore import QObject, Qt, QtMsgType, Signal, qInstallMessageHandler

_log = logging.getLogger("deepfractals")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def log_folder() -> Path:
    """Where the log files of this user are."""
    return Path(platformdirs.user_log_dir("deepfractals", appauthor=False))


def start_log() -> str:
    """Write the log to a file from now on; returns what stands in the way, or ""."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    # Compilers and image libraries say much that nobody asked for.
    for name in ("numba", "PIL", "llvmlite"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        log_folder().mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            log_folder() / "deepfractals.log", maxBytes=1 << 20, backupCount=3, encoding="utf-8"
        )
    except OSError as error:
        return f"the log can't be written: {error}"
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    qInstallMessageHandler(_qt_message)
    return ""


class Unexpected(QObject):
    """Logs what no one caught, in any thread, and announces one line about it.

    Signals
    -------
    happened(str)   connect to it by a queued connection: it may come from any thread
    """

    happened = Signal(str)

    def install(self) -> None:
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def _hook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("an unexpected error", exc_info=(kind, error, trace))
        self.happened.emit(f"Something went wrong: {_line(error)}. The log file says more.")

    def _thread_hook(self, about: threading.ExceptHookArgs) -> None:
        if about.exc_value is not None:
            self._hook(about.exc_type, about.exc_value, about.exc_traceback)


def connect(unexpected: Unexpected, slot: Callable[[str], object]) -> None:
    """Announce unexpected errors to a slot of the window's thread."""
    unexpected.happened.connect(slot, Qt.ConnectionType.QueuedConnection)


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__


def _qt_message(kind: QtMsgType, context: object, message: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), "%s", message)
