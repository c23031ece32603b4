"""Qt objects in cycles die in the window's thread, and nobody waits long for it."""

from __future__ import annotations

import gc
import threading
import time

import pytest
from PySide6.QtCore import QObject

from deepfractals_gui.gui.garbage import OLDER_EVERY, YOUNG, GarbageCollection


class Cyclic(QObject):
    died_in: list[str] = []  # noqa: RUF012 - shared by all on purpose

    def __init__(self) -> None:
        super().__init__()
        self.itself = self

    def __del__(self) -> None:
        self.died_in.append(threading.current_thread().name)


@pytest.fixture
def garbage(qapp):
    garbage = GarbageCollection()
    Cyclic.died_in.clear()
    yield garbage
    garbage.stop()
    gc.disable()


def litter(count: int) -> None:
    for _ in range(count):
        cycle: list[object] = []
        cycle.append(cycle)


def test_workers_never_collect(garbage):
    Cyclic()
    thread = threading.Thread(target=litter, args=(20 * YOUNG,), name="worker")
    thread.start()
    thread.join()
    assert Cyclic.died_in == []
    garbage.look()
    assert Cyclic.died_in == [threading.current_thread().name]


def test_little_garbage_is_left_for_later(garbage):
    gc.collect()
    Cyclic()
    garbage.look()
    assert Cyclic.died_in == []


def test_what_has_grown_old_is_found_in_the_end(garbage):
    old = Cyclic()
    gc.collect()
    gc.collect()
    del old
    for _ in range(OLDER_EVERY):
        litter(2 * YOUNG)
        garbage.look()
    assert Cyclic.died_in


def test_what_is_there_at_the_start_is_not_looked_through(garbage):
    ballast = [[number] for number in range(200_000)]
    garbage.settle()
    began = time.process_time()
    gc.collect()
    settled = time.process_time() - began
    gc.unfreeze()
    began = time.process_time()
    gc.collect()
    unsettled = time.process_time() - began
    assert len(ballast) == 200_000
    assert settled < unsettled / 4
    gc.freeze()
