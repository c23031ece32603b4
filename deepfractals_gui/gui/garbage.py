"""Cyclic garbage is collected in the window's thread, and nowhere else.

Python's collector runs in whichever thread happens to allocate. In a worker it would destroy Qt
objects there that belong to the window's thread, and end the process sooner or later.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

LOOK_MS = 1000
YOUNG = 2000
"""Objects made since the last look from which on it is worth collecting them."""
OLDER_EVERY = 10
"""Of so many collections one takes older objects along."""


class GarbageCollection(QObject):
    """Stops the automatic collector, and looks for garbage once a second instead."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._runs = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    @Slot()
    def look(self) -> None:
        """Collect what is young, and now and then what is older."""
        if gc.get_count()[0] < YOUNG:
            return
        self._runs += 1
        gc.collect(2 if self._runs % OLDER_EVERY == 0 else 0)

    @Slot()
    def settle(self) -> None:
        """Take everything there is now as here to stay.

        Modules and compiled code are a hundred thousand objects: looking through them would hold
        every thread up for 0.1 s.
        """
        gc.freeze()

    def stop(self) -> None:
        """Let the automatic collector run again."""
        self._timer.stop()
        gc.enable()
