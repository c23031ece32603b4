"""A thread that does one thing after the other, and says what fails."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

import pytest

from deepfractals_gui.core import Cancelled, ParamError
from deepfractals_gui.gui.worker import Worker

PATIENCE = 30.0


class Jobs(Worker):
    def __init__(self) -> None:
        super().__init__("jobs")
        self.waiting: deque[Callable[[], None]] = deque()
        self.refused: list[tuple[str, str]] = []
        self._thread.start()

    def do(self, job: Callable[[], None]) -> None:
        with self._changed:
            self.waiting.append(job)
            self._changed.notify()

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            while not self._closed:
                if self.waiting:
                    return self.waiting.popleft()
                self._changed.wait()
            return None

    def _refuse(self, name: str, message: str) -> None:
        self.refused.append((name, message))


def failing(error: Exception) -> Callable[[], None]:
    def job() -> None:
        raise error

    return job


@pytest.fixture
def jobs():
    jobs = Jobs()
    yield jobs
    jobs.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ParamError("rate", "must be positive"), [("rate", "must be positive")]),
        (ValueError("it is\nempty"), [("", "it is empty")]),
        (MemoryError(), [("", "there is not enough memory for this")]),
        (KeyError("x"), [("", "'x'")]),
        (Cancelled(), []),
    ],
)
def test_a_job_that_fails_is_told_in_a_line_and_the_next_one_is_done(jobs, error, told) -> None:
    done = threading.Event()
    jobs.do(failing(error))
    jobs.do(done.set)
    assert done.wait(PATIENCE)
    assert jobs.refused == told


def test_a_closed_worker_does_nothing_more(jobs) -> None:
    begun, done = threading.Event(), threading.Event()

    def job() -> None:
        begun.set()
        while not jobs._flag.is_set:
            pass

    jobs.do(job)
    assert begun.wait(PATIENCE)
    jobs.do(done.set)
    jobs.close()
    assert not jobs._thread.is_alive()
    assert not done.is_set()
