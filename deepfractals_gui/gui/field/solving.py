"""The thread that solves: the newest question is answered, older ones are let go."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Signal

from deepfractals_gui.core import Array, CancelFlag
from deepfractals_gui.experiments import field_views
from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_params import solver_of
from deepfractals_gui.experiments.field_views import Evolution, Race
from deepfractals_gui.gui.field.field_pictures import MEAN, Colouring
from deepfractals_gui.gui.worker import Worker

FRESH_SECONDS = 1 / 20
"""A solve is broken off for a newer question only while the last answer is so young: under a hand
that never rests, answers still come."""
QUICK_SECONDS = 1 / 20
"""Nor is it where the last one took no longer than this: it is over soon."""

NICENESS = 5


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be solved.

    Attributes
    ----------
    model : the field
    image : float64 (H, W), standardised as the field knows images
    solver, damping, steps, tolerance : how
    races : whether all solvers are to be compared on it, too
    number : counts questions
    choice : the channels that are looked at, as `Colouring` has it
    """

    model: FieldModel
    image: Array
    solver: str = "anderson"
    damping: float = 0.5
    steps: int = 30
    tolerance: float = 1e-4
    races: bool = False
    number: int = 0
    choice: str = MEAN

    def same_problem(self, other: Question) -> bool:
        """Whether only the image differs."""
        mine = (self.model, self.solver, self.damping, self.steps, self.tolerance)
        return mine == (other.model, other.solver, other.damping, other.steps, other.tolerance)


@dataclass(frozen=True, eq=False)
class Answer:
    """How a field evolved, how it is drawn, and the seconds that this took."""

    question: Question
    evolution: Evolution
    colouring: Colouring
    seconds: float


@dataclass(frozen=True, eq=False)
class RaceAnswer:
    """How the solvers fared."""

    question: Question
    races: tuple[Race, ...]


def answer(question: Question, cancel: CancelFlag | None = None) -> Answer:
    """Solve, keeping every step. Raises Cancelled, ValueError."""
    began = time.perf_counter()
    solver = solver_of(question.solver, question.tolerance, question.steps, question.damping)
    found = field_views.evolution(
        question.model, question.image, solver, question.steps, cancel=cancel
    )
    # Drawn here, so that the window's thread doesn't do it.
    drawn = Colouring(found, question.choice).prepared()
    return Answer(question, found, drawn, time.perf_counter() - began)


class Solving(Worker):
    """Takes questions from the window's thread and never makes it wait.

    Signals, emitted in the solving thread; connect to them by queued connections
    -------
    solved(Answer)       `took` asks for the next
    raced(RaceAnswer)    follows the answer to a question that races, unless a newer one has come
    failed(str)          why a question can't be answered
    """

    solved = Signal(object)
    raced = Signal(object)
    failed = Signal(str)

    def __init__(self) -> None:
        # After the window, but before training.
        super().__init__("solving", NICENESS)
        self._waiting: Question | None = None
        self._at_hand: Question | None = None
        self._race: Question | None = None
        self._racing = False
        self._answered = self._seconds = 0.0
        self._thread.start()

    # From the window's thread

    def ask(self, question: Question) -> None:
        """Solve this; an older question that waits is forgotten."""
        with self._changed:
            self._waiting, self._race = question, None
            at_hand = self._at_hand
            young = time.monotonic() - self._answered < FRESH_SECONDS
            stale = young and self._seconds > QUICK_SECONDS
            if self._racing or stale or (at_hand and not at_hand.same_problem(question)):
                self._flag.set()
            self._changed.notify()

    # The solving thread

    def _refuse(self, name: str, message: str) -> None:
        self.failed.emit(message)

    def _next(self) -> Callable[[], None] | None:
        with self._changed:
            self._at_hand, self._racing = None, False
            while not self._closed:
                if self._waiting is not None and self._taken:
                    question, self._waiting = self._waiting, None
                    return self._prepared(question, False)
                if self._race is not None and self._waiting is None:
                    question, self._race = self._race, None
                    return self._prepared(question, True)
                self._changed.wait()
            return None

    def _prepared(self, question: Question, races: bool) -> Callable[[], None]:
        self._at_hand, self._racing, self._flag = question, races, CancelFlag()
        flag = self._flag
        return (lambda: self._compare(question, flag)) if races else (
            lambda: self._solve(question, flag)
        )  # fmt: skip

    def _solve(self, question: Question, flag: CancelFlag) -> None:
        found = answer(question, flag)
        with self._changed:
            self._taken = False
            self._answered, self._seconds = time.monotonic(), found.seconds
            if question.races and self._waiting is None:
                self._race = question
        self.solved.emit(found)

    def _compare(self, question: Question, flag: CancelFlag) -> None:
        # Sharper than the picture needs: only then the solvers draw apart.
        tolerance = min(question.tolerance, 1e-6)
        found = field_views.race(
            question.model, question.image, tolerance, damping=question.damping, cancel=flag
        )
        self.raced.emit(RaceAnswer(question, found))
