"""The threads that compute: work is pulled from its sources, the most urgent first."""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import partial
from typing import Any, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Task: TypeAlias = Callable[[], None]
LOG = logging.getLogger(__name__)

BACKGROUND_SHARE = 16
"""One task in so many is taken from the least urgent source, so that nothing waits for ever."""
EXIT_POLL = 1.0
"""Seconds between two looks, by one idle thread, whether the interpreter is ending."""


class Urgency(IntEnum):
    """Which source a free thread turns to first."""

    MAP = 0
    INTERACTIVE = 1
    BACKGROUND = 2


class Source(Protocol):
    """Something that hands out tasks, one at a time."""

    def take(self) -> Task | None:
        """The next task, or None when there is none now. Called under the pool's lock: quick."""

    def fail(self, error: Exception) -> None:
        """``take`` itself raised; the source has been removed from the pool. Called as a task."""


class Pool:
    """Threads at a lower scheduling priority than the one that serves the window.

    They aren't daemons: `close` joins them. Should a program end without calling it, they notice
    within a second that the main thread is gone and end by themselves.
    """

    def __init__(self, threads: int, name: str = "render", niceness: int = 10) -> None:
        self._sources: dict[Urgency, deque[Source]] = {urgency: deque() for urgency in Urgency}
        self._changed = threading.Condition()
        self._closing = False
        self._taken = 0
        self._niceness = niceness
        self._threads = [
            threading.Thread(target=self._serve, args=(index == 0,), name=f"{name}-{index}")
            for index in range(threads)
        ]
        self._members: set[int] = set()
        for thread in self._threads:
            thread.start()

    def __len__(self) -> int:
        return len(self._threads)

    @property
    def closed(self) -> bool:
        return self._closing

    @property
    def is_member(self) -> bool:
        """True on the pool's own threads, which must help instead of waiting for each other."""
        return threading.get_ident() in self._members

    def add(self, source: Source, urgency: Urgency) -> None:
        """Start pulling from a source. Raises RuntimeError when the pool is closed."""
        with self._changed:
            if self._closing:
                raise RuntimeError("the renderer is closed")
            self._sources[urgency].append(source)
            self._changed.notify_all()

    def remove(self, source: Source) -> None:
        """Stop pulling from a source; its running tasks go on. Unknown sources are ignored."""
        with self._changed:
            for queue in self._sources.values():
                if source in queue:
                    queue.remove(source)

    def wake(self) -> None:
        """Look again: a source may have new tasks."""
        with self._changed:
            self._changed.notify_all()

    def shut(self) -> list[Source]:
        """Accept no further source and begin no further task; returns the sources there were."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            return [source for queue in self._sources.values() for source in queue]

    def close(self) -> None:
        """Let the running tasks end, then join the threads."""
        self.shut()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def run(
        self, function: Callable[[T], R], sequence: Iterable[T], urgency: Urgency = Urgency.MAP
    ) -> list[R]:
        """Map in parallel, keeping the order. The calling thread works along.

        Raises
        ------
        Exception   the first that ``function`` raised; what hadn't begun is dropped
        """
        work = _Map(function, list(sequence))
        if len(work) > 1:
            self.add(work, urgency)
        try:
            while (task := work.take()) is not None:
                task()
        finally:
            work.drop()
            self.remove(work)
            work.wait()
        return work.results()

    def _serve(self, looks_for_exit: bool) -> None:
        lower_priority(self._niceness)
        self._members.add(threading.get_ident())
        while (task := self._next(looks_for_exit)) is not None:
            try:
                task()
            except Exception:
                LOG.exception("a task of the pool failed")
            # Arrays that the task holds must not live on while the thread waits.
            del task

    def _next(self, looks_for_exit: bool) -> Task | None:
        with self._changed:
            while True:
                if not threading.main_thread().is_alive():
                    self._closing = True
                    self._changed.notify_all()
                if self._closing:
                    return None
                task = self._take()
                if task is not None:
                    return task
                self._changed.wait(EXIT_POLL if looks_for_exit else None)

    def _take(self) -> Task | None:
        self._taken += 1
        order: Iterable[Urgency] = Urgency
        if self._taken % BACKGROUND_SHARE == 0:
            order = (Urgency.MAP, Urgency.BACKGROUND, Urgency.INTERACTIVE)
        for urgency in order:
            queue = self._sources[urgency]
            for source in list(queue):
                # Sources of the same urgency take turns.
                queue.rotate(-1)
                try:
                    task = source.take()
                except Exception as error:
                    LOG.exception("a source of the pool failed")
                    queue.remove(source)
                    return partial(source.fail, error)
                if task is not None:
                    return task
        return None


class _Map:
    """The items of one parallel map."""

    def __init__(self, function: Callable[[Any], Any], items: list[Any]) -> None:
        self._function = function
        self._items = items
        self._results: list[Any] = [None] * len(items)
        self._error: Exception | None = None
        self._begun = 0
        self._running = 0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._items)

    def take(self) -> Task | None:
        with self._changed:
            if self._begun >= len(self._items):
                return None
            index = self._begun
            self._begun += 1
            self._running += 1
        return lambda: self._compute(index)

    def _compute(self, index: int) -> None:
        try:
            self._results[index] = self._function(self._items[index])
        except Exception as error:  # noqa: BLE001 - raised again by results()
            self.fail(error)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def fail(self, error: Exception) -> None:
        with self._changed:
            self._error = self._error or error
            self._begun = len(self._items)

    def drop(self) -> None:
        """Begin no further item."""
        with self._changed:
            self._begun = len(self._items)

    def wait(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._running == 0)

    def results(self) -> list[Any]:
        if self._error is not None:
            raise self._error
        return self._results


def lower_priority(niceness: int) -> None:
    """Give the calling thread less weight than an ordinary one, where the system allows it."""
    try:
        if sys.platform.startswith("linux"):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
        elif sys.platform == "darwin":
            utility = 0x11
            failed = ctypes.CDLL(None).pthread_set_qos_class_self_np(utility, 0)
            if failed:
                raise OSError(failed, os.strerror(failed))
        elif sys.platform == "win32":
            kernel = ctypes.WinDLL("kernel32", use_last_error=True)
            kernel.GetCurrentThread.restype = ctypes.c_void_p
            kernel.SetThreadPriority.argtypes = (ctypes.c_void_p, ctypes.c_int)
            below_normal = -1
            if not kernel.SetThreadPriority(kernel.GetCurrentThread(), below_normal):
                raise ctypes.WinError(ctypes.get_last_error())
    except (OSError, AttributeError) as error:
        LOG.info("this thread keeps its ordinary priority: %s", error)
