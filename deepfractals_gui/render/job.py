"""One render under way: its state, its tasks, and what it tells its owner."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.render.course import Course, Plan
from deepfractals_gui.render.measured import Measured
from deepfractals_gui.render.pool import Pool, Task
from deepfractals_gui.render.request import RenderRequest, Samples
from deepfractals_gui.render.schedule import Portion, Scatter

LOG = logging.getLogger(__name__)

UPDATE_SECONDS = 1 / 30
FIRST_UPDATE_SECONDS = 0.025
"""A render that gets past its coarse passes sooner shows no picture of them."""
FLAG_POLL = 0.05
HELP_POLL = 0.002

_ids = itertools.count(1)


class _State(Enum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Beginning(NamedTuple):
    """What a job needs before its first tile."""

    course: Course
    prepared: Any


class Job(Measured):
    """A render under way; made by `Renderer.submit`.

    Callbacks are called from worker threads, never two of one job at once, and none after
    ``on_done`` or ``on_error``. `cancel` doesn't wait: when it returns, no worker decides any more
    to call, but one that had decided just before may still be in a callback, or be entering it.
    ``cancelled`` is True for that one; a receiver in another thread drops what arrives with a job
    that is no longer its own. After ``wait()`` nothing of the job runs at all.
    """

    def __init__(
        self,
        pool: Pool,
        request: RenderRequest,
        begin: Callable[[Job], Beginning | Samples],
        finish: Callable[[Job, Samples], None],
        *,
        on_update: Callable[[Job, Samples], None] | None = None,
        on_done: Callable[[Job, Samples], None] | None = None,
        on_error: Callable[[Job, Exception], None] | None = None,
        on_cancel: Callable[[Job], None] | None = None,
        flag: CancelFlag | None = None,
    ) -> None:
        super().__init__()
        self.id = next(_ids)
        """Rises from job to job within a process."""
        self.request = request
        self.flag = flag or CancelFlag()
        self._pool = pool
        self._begin = begin
        self._finish = finish
        self._on_update, self._on_done, self._on_error = on_update, on_done, on_error
        self._on_cancel = on_cancel
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._state = _State.RUNNING
        self._begun = False
        self._running = 0
        self._stages: Iterator[Plan] = iter(())
        self._plan: Plan | None = None
        self._prepared: Any = None
        self._finishing = False
        self._known: Samples | None = None
        self._samples: Samples | None = None
        self._error: Exception | None = None
        self._reported = False
        self._dropped = False
        self._delivering = False
        self._news = False
        self._updated = False
        self._adopted = False
        self._next_update = time.perf_counter() + FIRST_UPDATE_SECONDS

    @property
    def cancelled(self) -> bool:
        return self.flag.is_set

    @property
    def running(self) -> bool:
        """True until the job is done, has failed or is cancelled; also while it is paused."""
        return self._state is _State.RUNNING

    def cancel(self) -> None:
        """Stop the job; running tiles end when they notice the flag. Doesn't wait."""
        self.flag.set()
        with self._lock:
            self._stop(_State.CANCELLED)
            # A worker that saw the flag rise may have stopped the job before.
            first = self._state is _State.CANCELLED and not self._dropped
            self._dropped = True
        self._pool.remove(self)
        if first and self._on_cancel is not None:
            self._on_cancel(self)

    def pause(self) -> None:
        """Begin no further tile until `resume`."""
        with self._lock:
            self._paused = True
            self._clock.stop()

    def resume(self) -> None:
        with self._lock:
            self._paused = False
            if self._begun and self._state is _State.RUNNING:
                self._clock.start()
        self._pool.wake()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until no tile and no callback of this job runs or will run; False: timed out.

        Not to be called from the job's own callbacks.
        """
        return self._ended.wait(timeout)

    def result(self) -> Samples:
        """Wait for the finished samples. On a thread of the pool, compute along.

        Raises
        ------
        Cancelled   the flag went up
        Exception   what the System raised
        """
        try:
            while not self._ended.is_set():
                if self.flag.is_set:
                    self.cancel()
                task = self.take() if self._pool.is_member else None
                if task is not None:
                    task()
                else:
                    self._ended.wait(HELP_POLL if self._pool.is_member else FLAG_POLL)
        except BaseException:
            # An interrupt from the keyboard: leave nothing running behind.
            self.cancel()
            self._ended.wait()
            raise
        if self._error is not None:
            raise self._error
        if self._samples is None:
            self.cancel()
            raise Cancelled
        return self._samples

    # What the pool calls.

    def take(self) -> Task | None:
        """The next task, if there is one now."""
        with self._lock:
            if self._state is not _State.RUNNING or self._paused or self._finishing:
                return None
            if self.flag.is_set:
                self._stop(_State.CANCELLED)
                return None
            if not self._begun:
                self._begun = True
                self._running += 1
                self._clock.start()
                return self._start
            plan = self._plan
            portion = plan.take() if plan is not None else None
            if plan is not None and portion is not None:
                self._running += 1
                return lambda: self._compute(plan, portion)
            if self._known is not None or (plan is not None and plan.exhausted):
                self._finishing = True
                self._running += 1
                return self._conclude if self._known is not None else self._proceed
            return None

    def fail(self, error: Exception) -> None:
        """End the job with an error, which is reported once."""
        with self._lock:
            if self._state is _State.RUNNING:
                self._error = error
                self._stop(_State.FAILED)
        self._deliver()

    def snapshot(self) -> Samples | None:
        """What is known so far; None when it is nothing, or all.

        Without a level, `Status.PENDING` says what isn't known yet.
        """
        course = self._course
        if course is None or not course.account.done or self._samples is not None:
            return None
        return course.assembly.samples(complete=False, seconds=self.seconds)

    def _start(self) -> None:
        try:
            begun = self._begin(self)
            with self._lock:
                if isinstance(begun, Samples):
                    self._known = begun
                else:
                    self._course, self._prepared = begun
                    self._prepared_after = self._clock.elapsed
                    height, width = begun.course.assembly.shape
                    self._adopted = self._news = begun.course.account.total < height * width
                    self._stages = begun.course.stages()
                    self._plan = next(self._stages)
        except Cancelled as cancelled:
            self._stopped(cancelled)
        except Exception as error:  # noqa: BLE001 - reported to the job's owner
            self.fail(error)
        self._after_task()

    def _compute(self, plan: Plan, portion: Portion | Scatter) -> None:
        course = self._course
        assert course is not None
        try:
            computed = course.compute(portion, self._prepared, self.flag)
        except Cancelled as cancelled:
            self._stopped(cancelled)
        except Exception as error:  # noqa: BLE001 - reported to the job's owner
            self.fail(error)
        else:
            with self._lock:
                elapsed = self._clock.elapsed
                course.spend(elapsed)
                plan.finished(portion, *computed, elapsed - self._prepared_after)
                self._news = True
        self._after_task()

    def _proceed(self) -> None:
        """Go on to the next stage, or to the end; nothing else of the job runs meanwhile."""
        try:
            plan = next(self._stages, None)
        except Exception as error:  # noqa: BLE001 - reported to the job's owner
            self.fail(error)
        else:
            with self._lock:
                if plan is None:
                    self._running += 1
                else:
                    self._plan, self._finishing = plan, False
            if plan is None:
                self._conclude()
        self._after_task()

    def _conclude(self) -> None:
        try:
            samples = self._known
            if samples is None:
                assert self._course is not None
                draft = self._course.draft
                samples = self._course.assembly.samples(
                    complete=draft is None, seconds=self.seconds, draft=draft
                )
                self._finish(self, samples)
            with self._lock:
                if self._state is _State.RUNNING:
                    self._samples = samples
                    self._stop(_State.DONE)
        except Exception as error:  # noqa: BLE001 - reported to the job's owner
            self.fail(error)
        self._after_task()

    def _stopped(self, cancelled: Cancelled) -> None:
        """A System raised Cancelled: as it should, or for no reason, which is an error."""
        if self.flag.is_set:
            with self._lock:
                self._stop(_State.CANCELLED)
        else:
            self.fail(cancelled)

    def _stop(self, state: _State) -> None:
        # Called with the lock held.
        if self._state is _State.RUNNING:
            self._state = state
            self._done = state is _State.DONE
            self._clock.stop()
        self._settle()

    def _settle(self) -> None:
        # Called with the lock held.
        busy = self._state is _State.RUNNING or self._running or self._delivering
        if not busy and (self.flag.is_set or self._reported):
            self._ended.set()

    def _after_task(self) -> None:
        with self._lock:
            self._running -= 1
            over = self._state is not _State.RUNNING
        self._deliver()
        if over:
            self._pool.remove(self)
        else:
            self._pool.wake()

    # Telling the owner.

    def _deliver(self) -> None:
        """Call what is due. While one thread does, others leave it to look again."""
        with self._lock:
            if self._delivering:
                return
            self._delivering = True
        while (call := self._due()) is not None:
            began = time.perf_counter()
            try:
                call()
            except Exception:
                LOG.exception("a callback of the render job %d failed", self.id)
            spent = time.perf_counter() - began
            # A slow receiver gets fewer updates rather than a whole thread.
            self._next_update = began + max(UPDATE_SECONDS, 2 * spent)

    def _due(self) -> Callable[[], None] | None:
        with self._lock:
            call = None if self.flag.is_set else self._choose()
            if call is None:
                self._delivering = False
                self._settle()
            return call

    def _choose(self) -> Callable[[], None] | None:
        if self._state is _State.DONE or self._state is _State.FAILED:
            if self._reported:
                return None
            if self._state is _State.FAILED and self._running:
                # Other tiles still run; the last one to end reports.
                return None
            self._reported = True
            return self._report
        if self._on_update is None or not self._news or self._course is None:
            return None
        if not (self._adopted or time.perf_counter() >= self._next_update or self._fine_at_once):
            return None
        self._news = self._adopted = False
        self._updated = True
        samples = self._course.assembly.samples(complete=False)
        on_update = self._on_update
        return lambda: on_update(self, samples)

    @property
    def _fine_at_once(self) -> bool:
        return not self._updated and self._plan is not None and self._plan.stride == 1

    def _report(self) -> None:
        if self._error is not None:
            if self._on_error is not None:
                self._on_error(self, self._error)
        elif self._on_done is not None and self._samples is not None:
            self._on_done(self, self._samples)
