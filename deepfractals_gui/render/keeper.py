"""A thread that writes samples to the disk while others are computed."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass

from deepfractals_gui.render.disk import DiskCache
from deepfractals_gui.render.job import Job
from deepfractals_gui.render.pool import lower_priority
from deepfractals_gui.render.request import Piece, Samples

LOG = logging.getLogger(__name__)

LONG_SECONDS = 1.0
"""What took less is sooner computed again than looked after."""
SPILL_SECONDS = 5.0
"""A render that is killed loses no more than this."""
SPILL_SHARE = 20
"""Writing takes one part in so many of a render's time, at most."""
POLL = 1.0
NICENESS = 15


@dataclass
class _Watched:
    """A job under way, and when its samples are written next."""

    job: Job
    piece: Piece
    due: float
    written: int = 0


class Keeper:
    """Writes what took long: while it is computed, when it is cancelled, and when it is done.

    The thread begins with the first render, and `close` joins it. Should a program end without
    calling that, the thread notices within a second.
    """

    def __init__(self, disk: DiskCache) -> None:
        self._disk = disk
        self._watched: dict[int, _Watched] = {}
        self._waiting: deque[tuple[Piece, Samples]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread: threading.Thread | None = None

    def watch(self, job: Job, piece: Piece) -> None:
        """Write what the job knows from time to time, until it ends."""
        with self._changed:
            if self._closing:
                return
            due = time.monotonic() + SPILL_SECONDS
            self._watched[job.id] = _Watched(job, piece, due)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="samples")
                self._thread.start()

    def ended(self, job: Job, samples: Samples | None) -> None:
        """The job has ended, with these samples; doesn't wait for the disk."""
        with self._changed:
            watched = self._watched.pop(job.id, None)
            if watched is None or samples is None or samples.seconds < LONG_SECONDS:
                return
            if not samples.complete and job.computed == watched.written:
                return
            self._waiting.append((watched.piece, samples))
            self._changed.notify()

    def close(self) -> None:
        """Write what waits, and join the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _serve(self) -> None:
        lower_priority(NICENESS)
        while (work := self._next()) is not None:
            try:
                self._write(work)
            except Exception:
                LOG.exception("samples can't be kept on the disk")
            del work

    def _next(self) -> tuple[Piece, Samples] | _Watched | None:
        with self._changed:
            while True:
                if self._waiting:
                    return self._waiting.popleft()
                if self._closing or not threading.main_thread().is_alive():
                    return None
                now = time.monotonic()
                for watched in list(self._watched.values()):
                    if not watched.job.running:
                        del self._watched[watched.job.id]
                    elif now >= watched.due:
                        return watched
                self._changed.wait(POLL)

    def _write(self, work: tuple[Piece, Samples] | _Watched) -> None:
        if not isinstance(work, _Watched):
            self._disk.put(*work)
            return
        began = time.monotonic()
        computed, samples = work.job.computed, work.job.snapshot()
        if samples is not None and samples.seconds >= LONG_SECONDS and computed > work.written:
            self._disk.put(work.piece, samples)
            work.written = computed
        spent = time.monotonic() - began
        work.due = began + max(SPILL_SECONDS, SPILL_SHARE * spent)
