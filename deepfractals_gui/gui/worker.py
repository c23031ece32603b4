"""A thread beside the window's, which does one thing after the other and says what fails."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from PySide6.QtCore import QObject

from deepfractals_gui.core import CancelFlag, Cancelled, ParamError
from deepfractals_gui.gui.background import message_of
from deepfractals_gui.render.pool import lower_priority

_log = logging.getLogger(__name__)


class Worker(QObject):
    """Does what `_next` gives it until that is None, and never makes the window's thread wait.

    A worker starts its thread once it has all of its own, by `_thread.start`. What the window and
    the thread share is changed under `_changed`, which is told of it; `_flag` breaks off what is
    being computed.
    """

    def __init__(self, name: str, niceness: int = 0) -> None:
        # Without a parent on purpose: the thread may still report while a window is being closed.
        super().__init__()
        self._changed = threading.Condition()
        self._flag = CancelFlag()
        self._taken = True
        self._closed = False
        self._niceness = niceness
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def took(self) -> None:
        """What was told last has been shown: more is welcome."""
        with self._changed:
            self._taken = True
            self._changed.notify()

    def close(self) -> None:
        """Stop and join the thread."""
        with self._changed:
            self._closed = True
            self._flag.set()
            self._changed.notify()
        self._thread.join()

    # The thread

    def _next(self) -> Callable[[], None] | None:
        """Wait for what to do next; None once it is closed."""
        raise NotImplementedError

    def _refuse(self, name: str, message: str) -> None:
        """Say that something couldn't be done: a parameter's name, or "", and one line why."""
        raise NotImplementedError

    def _serve(self) -> None:
        if self._niceness:
            lower_priority(self._niceness)
        while (task := self._next()) is not None:
            try:
                task()
            except Cancelled:
                # Something newer waits, or the window closes.
                continue
            except ParamError as error:
                self._refuse(error.name, error.message)
            except (ValueError, OSError, MemoryError) as error:
                self._refuse("", message_of(error))
            except Exception as error:  # noqa: BLE001 - announced and logged
                _log.exception("%s failed", self._thread.name)
                self._refuse("", message_of(error))
            finally:
                # The frame may hold widgets' last references no longer than it must.
                del task
