"""Tells when everything that was to be painted has been."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget

UNSEEN_MS = 120
"""A window that isn't on the screen is never painted: nobody waits longer than this."""


class PaintMark(QWidget):
    """A pixel above all else in its parent, which is painted last.

    ``painted()`` follows once after every `mark`.
    """

    painted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(1, 1)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._waiting = False
        self._unseen = QTimer(self)
        self._unseen.setSingleShot(True)
        self._unseen.setInterval(UNSEEN_MS)
        self._unseen.timeout.connect(self._tell)
        parent.installEventFilter(self)

    def mark(self) -> None:
        """Ask to be told when what has changed so far is painted."""
        self._waiting = True
        self._unseen.start()
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.ChildAdded, QEvent.Type.Show):
            self.raise_()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._waiting:
            # When this event ends, the whole picture is handed to the screen.
            QTimer.singleShot(0, self, self._tell)

    @Slot()
    def _tell(self) -> None:
        if self._waiting:
            self._waiting = False
            self._unseen.stop()
            self.painted.emit()
