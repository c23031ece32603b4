"""How far a render is, and how long it still takes."""

from __future__ import annotations

from deepfractals_gui.render.cost import Stopwatch
from deepfractals_gui.render.course import Course
from deepfractals_gui.render.request import Audit

ETA_SECONDS = 0.2
"""How long a job must have computed before its rate means something."""


class Measured:
    """The figures of a job, which may be asked for from any thread."""

    def __init__(self) -> None:
        self._course: Course | None = None
        self._clock = Stopwatch()
        self._prepared_after = 0.0
        self._paused = False
        self._done = False

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def computed(self) -> int:
        """How many samples this job has computed."""
        course = self._course
        return course.account.done if course is not None else 0

    @property
    def seconds(self) -> float:
        """How long the samples took so far, what they took over from others included."""
        course = self._course
        return self._clock.elapsed + (course.assembly.seconds if course is not None else 0.0)

    @property
    def cost(self) -> float | None:
        """Seconds per point on one core, as measured; None when nothing was."""
        course = self._course
        return course.account.cost.mean if course is not None and course.account.done else None

    @property
    def audit(self) -> Audit | None:
        """What the audit of a picture that is refined first has found."""
        course = self._course
        return course.audit if course is not None else None

    @property
    def fraction(self) -> float:
        """The share of the samples to compute that is done, in [0, 1]."""
        if self._done:
            return 1.0
        course = self._course
        if course is None or not course.account.total:
            return 0.0
        return min(1.0, course.account.done / course.account.total)

    @property
    def eta(self) -> float | None:
        """Seconds left at the pace so far; None while that isn't known, or the job is paused.

        Points cost what they were measured to cost in each part of the picture.
        """
        course = self._course
        if self._done:
            return 0.0
        if course is None or self._paused or not course.account.done:
            return None
        return course.seconds_left if self._clock.elapsed >= ETA_SECONDS else None
