"""The solving thread: answers, the newest question first, cancelling, failing."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Slot

from deepfractals_gui.core import CancelFlag, Cancelled, Status
from deepfractals_gui.gui.field import solving as solving_module
from deepfractals_gui.gui.field.solving import Answer, Question, RaceAnswer, Solving, answer

PATIENCE = 60_000


class Viewer(QObject):
    """Takes answers as the page does."""

    def __init__(self, solving: Solving) -> None:
        super().__init__()
        self.solving, self.takes = solving, True
        self.answers: list[Answer] = []
        self.races: list[RaceAnswer] = []
        self.failures: list[str] = []
        queued = Qt.ConnectionType.QueuedConnection
        solving.solved.connect(self.take, queued)
        solving.raced.connect(self.race, queued)
        solving.failed.connect(self.fail, queued)

    @Slot(object)
    def take(self, found: Answer) -> None:
        self.answers.append(found)
        if self.takes:
            self.solving.took()

    @Slot(object)
    def race(self, found: RaceAnswer) -> None:
        self.races.append(found)

    @Slot(str)
    def fail(self, message: str) -> None:
        self.failures.append(message)


@pytest.fixture
def solving(qapp):
    solving = Solving()
    yield solving
    solving.close()


@pytest.fixture
def viewer(solving):
    return Viewer(solving)


def test_an_answer_is_the_evolution_of_its_question(solving, viewer, question, qtbot) -> None:
    solving.ask(question)
    qtbot.waitUntil(lambda: bool(viewer.answers), timeout=PATIENCE)
    found, alone = viewer.answers[0], answer(question)
    assert found.question is question
    assert found.evolution.status == Status.CONVERGED
    assert (found.evolution.frames == alone.evolution.frames).all()
    assert (found.evolution.residuals == alone.evolution.residuals).all()


def test_only_the_newest_question_waits_until_the_last_answer_is_taken(
    solving, viewer, question, qtbot
) -> None:
    viewer.takes = False
    solving.ask(replace(question, number=1))
    qtbot.waitUntil(lambda: len(viewer.answers) == 1, timeout=PATIENCE)
    for number in range(2, 30):
        solving.ask(replace(question, number=number))
    viewer.takes = True
    solving.took()
    qtbot.waitUntil(lambda: len(viewer.answers) == 2, timeout=PATIENCE)
    assert [found.question.number for found in viewer.answers] == [1, 29]


def test_another_problem_breaks_off_the_solve_at_hand(solving, viewer, question, qtbot) -> None:
    # This one would take minutes.
    endless = replace(question, solver="naive", damping=1e-6, steps=15_000, tolerance=0.0)
    solving.ask(endless)
    solving.ask(replace(question, number=7))
    qtbot.waitUntil(lambda: bool(viewer.answers), timeout=PATIENCE)
    assert viewer.answers[0].question.number == 7


def test_a_race_follows_its_answer(solving, viewer, question, qtbot) -> None:
    solving.ask(replace(question, races=True))
    qtbot.waitUntil(lambda: bool(viewer.races), timeout=PATIENCE)
    assert len(viewer.answers) == 1
    assert [one.solver for one in viewer.races[0].races] == ["naive", "anderson", "multigrid"]
    assert all(one.residuals[-1] <= 1e-6 for one in viewer.races[0].races)


def test_what_can_not_be_solved_is_told_and_the_next_question_answered(
    solving, viewer, question, qtbot
) -> None:
    solving.ask(replace(question, image=np.zeros((5, 5))))
    qtbot.waitUntil(lambda: bool(viewer.failures), timeout=PATIENCE)
    assert "28 x 28 is needed, not (5, 5)" in viewer.failures[0]
    solving.ask(question)
    qtbot.waitUntil(lambda: bool(viewer.answers), timeout=PATIENCE)


def test_a_flag_ends_a_solve(question) -> None:
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        answer(question, flag)


def test_a_quick_solve_is_not_broken_off_under_a_hand_that_never_rests(
    solving, viewer, question, qtbot, monkeypatch
) -> None:
    begun: list[int] = []
    flags: list[CancelFlag] = []
    go_on = threading.Event()

    def slow(asked: Question, cancel: CancelFlag) -> Answer:
        begun.append(asked.number)
        flags.append(cancel)
        if asked.number == 2:
            go_on.wait(PATIENCE / 1000)
        return replace(answer(asked), seconds=0.001)

    monkeypatch.setattr(solving_module, "answer", slow)
    solving.ask(replace(question, number=1))
    qtbot.waitUntil(lambda: len(viewer.answers) == 1, timeout=PATIENCE)
    solving.ask(replace(question, number=2))
    qtbot.waitUntil(lambda: begun == [1, 2], timeout=PATIENCE)
    solving.ask(replace(question, number=3))
    assert not flags[1].is_set
    go_on.set()
    qtbot.waitUntil(lambda: len(viewer.answers) == 3, timeout=PATIENCE)
    assert [found.question.number for found in viewer.answers] == [1, 2, 3]
