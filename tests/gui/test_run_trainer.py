"""What a trainer tells of a run, and when."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from deepfractals_gui.gui.run_trainer import RunLook, RunTrainer

PATIENCE = 30_000


class Held:
    """An experiment whose updates begin, and end when they are let."""

    def __init__(self) -> None:
        self.begun, self.let = threading.Event(), threading.Event()

    def start(self, params: object) -> SimpleNamespace:
        return SimpleNamespace(params=params, stopped="", exploded=False)

    def advance(self, state: SimpleNamespace, **_how: object) -> SimpleNamespace:
        self.begun.set()
        self.let.wait()
        return SimpleNamespace(params=state.params, stopped="all is done", exploded=False)


class Trainer(RunTrainer):
    def _look(self) -> RunLook:
        return RunLook(self._state, self._running, self._seconds)


@pytest.fixture
def held():
    return Held()


@pytest.fixture
def trainer(held, qtbot):
    trainer = Trainer(held, "trainer")
    yield trainer
    held.let.set()
    trainer.close()


def test_that_training_begins_and_ends_is_told_though_the_last_look_was_not_taken(
    trainer, held, qtbot
) -> None:
    """The first update may take long: code is compiled for it."""
    looks: list[RunLook] = []
    trainer.looked.connect(looks.append)
    trainer.begin(None)
    qtbot.waitUntil(lambda: bool(looks), timeout=PATIENCE)
    trainer.run()
    qtbot.waitUntil(held.begun.is_set, timeout=PATIENCE)
    qtbot.waitUntil(lambda: looks[-1].running, timeout=PATIENCE)
    assert not held.let.is_set()
    held.let.set()
    qtbot.waitUntil(lambda: looks[-1].state.stopped == "all is done", timeout=PATIENCE)
    assert [look.running for look in looks] == [False, True, False]
