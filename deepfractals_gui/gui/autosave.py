"""The journal is written within a second of every change, off the window's thread."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.history import History
from deepfractals_gui.session.journal import STEPS, Journal, Recovered

_log = logging.getLogger(__name__)
DELAY_MS = 400


class Autosave(QObject):
    """Keeps the session where a killed window's work can be found again.

    Signals
    -------
    failed(str)   the journal can't be written; said once until it can be again
    written()     the journal holds the view at hand; from a worker thread
    """

    failed = Signal(str)
    written = Signal()

    def __init__(self, model: SessionModel, renderer: Renderer, folder: Path | None = None) -> None:
        super().__init__()
        self._model = model
        self._renderer = renderer
        self.journal = Journal(folder)
        self._future: Future[None] | None = None
        self._complained = False
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.write)
        model.changed.connect(self._on_changed)

    @property
    def idle(self) -> bool:
        """True when nothing is being written or about to be."""
        return not self._timer.isActive() and (self._future is None or self._future.done())

    @Slot(object, object)
    def _on_changed(self, old: object, new: object) -> None:
        # Not restarted by every change: during a long scrub it must be written, too.
        if not self._timer.isActive() and not self._closed:
            self._timer.start()

    @Slot()
    def write(self) -> None:
        """Begin to write the journal now."""
        if self._future is not None and not self._future.done():
            self._timer.start()
            return
        # A copy: the window's thread goes on changing the history meanwhile.
        entries, position = self._model.history.tail(STEPS)
        history = History.restored(entries, position)
        self._future = self._renderer.background(self._write, history)

    def abandoned(self) -> Recovered | None:
        """The work of the last window that was killed; the others stay for later."""
        found = self.journal.recover()
        for other in found[1:]:
            other.leave()
        return found[0] if found else None

    def close(self) -> None:
        """Wait for what is being written, and remove the journal: nothing was lost."""
        self._closed = True
        self._timer.stop()
        if self._future is not None:
            self._future.cancel()
            if not self._future.cancelled():
                self._future.result()
        self.journal.clear()

    def _write(self, history: History) -> None:
        """Runs in a worker thread."""
        try:
            self.journal.write(history.current, history)
        except OSError as error:
            _log.warning("the journal can't be written: %s", error)
            if not self._complained:
                self._complained = True
                self.failed.emit(f"Your work can't be kept against a crash: {error}")
        else:
            self._complained = False
            self.written.emit()
