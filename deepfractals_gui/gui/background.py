"""Work that is done on the renderer's threads and whose results arrive in the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from deepfractals_gui.core import Cancelled

log = logging.getLogger(__name__)


class Background(QObject):
    """Starts functions and announces what became of them, always in the window's thread.

    ``submit(function, *arguments)`` gives a Future, such as `Renderer.background` does. Every
    task has a token; ``done(token, result)`` or ``failed(token, message)`` follows unless the
    task was cancelled or dropped.
    """

    done = Signal(object, object)
    failed = Signal(object, str)
    _ended = Signal(object, object)

    def __init__(self, submit: Callable[..., Future[Any]] | None = None) -> None:
        # Without a parent on purpose: a worker may still report while a window is being closed.
        super().__init__()
        self._submit = submit
        self._waiting: dict[object, Future[Any]] = {}
        self._ended.connect(self._arrived, Qt.ConnectionType.QueuedConnection)

    @property
    def waiting(self) -> int:
        """How many tasks haven't reported yet."""
        return len(self._waiting)

    def start(
        self,
        token: object,
        function: Callable[..., Any],
        *arguments: Any,
        submit: Callable[..., Future[Any]] | None = None,
    ) -> None:
        """Run ``function(*arguments)``; an earlier task of the same token is dropped."""
        self.drop(token)
        submit = submit or self._submit
        if submit is None:
            raise RuntimeError("there is nothing to run the task on")
        try:
            future = submit(function, *arguments)
        except RuntimeError as error:
            # The renderer is closed: the window is going, and nobody waits for the answer.
            log.info("a background task came too late: %s", error)
            return
        self._waiting[token] = future
        future.add_done_callback(partial(self._report, token))

    def drop(self, token: object) -> None:
        """Let a task be: one that hasn't begun never does, and nothing is announced."""
        future = self._waiting.pop(token, None)
        if future is not None:
            future.cancel()

    def drop_all(self) -> None:
        for token in list(self._waiting):
            self.drop(token)

    def _report(self, token: object, future: Future[Any]) -> None:
        """Runs in a worker thread."""
        self._ended.emit(token, future)

    @Slot(object, object)
    def _arrived(self, token: object, future: Future[Any]) -> None:
        if self._waiting.get(token) is not future:
            return
        del self._waiting[token]
        try:
            result = future.result()
        except (Cancelled, CancelledError):
            return
        except (ValueError, OSError, MemoryError) as error:
            self.failed.emit(token, message_of(error))
        except Exception as error:
            log.exception("a background task failed")
            self.failed.emit(token, message_of(error))
        else:
            self.done.emit(token, result)


def message_of(error: BaseException) -> str:
    """An exception as one line for a person."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for this"
    text = " ".join(str(error).split())
    return text or f"it failed without saying why ({type(error).__name__})"
