"""What became of a point."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Outcome of one sampled point, stored as uint8. The numbers are stable on disk."""

    PENDING = 0
    ESCAPED = 1
    BOUNDED = 2
    CONVERGED = 3
    DIVERGED = 4
    MAX_STEPS = 5
    NON_FINITE = 6
    STALLED = 7
    BELOW = 8
    ABOVE = 9
    CYCLE = 10

    @property
    def label(self) -> str:
        """The word shown to a person, such as ``max steps``."""
        return "non-finite" if self is Status.NON_FINITE else self.name.lower().replace("_", " ")

    @property
    def message(self) -> str:
        """One sentence that says what the outcome means."""
        return _MESSAGES[self]


_MESSAGES = {
    Status.PENDING: "Not computed yet.",
    Status.ESCAPED: "The orbit left the escape radius.",
    Status.BOUNDED: "The orbit stayed inside the escape radius to the last iteration.",
    Status.CONVERGED: "The steps became smaller than the tolerance, at a critical point.",
    Status.DIVERGED: "What should shrink grew: the loss of training, or the field.",
    Status.MAX_STEPS: "The last step was reached before the tolerance.",
    Status.NON_FINITE: "A value stopped being a finite number.",
    Status.STALLED: "The steps became smaller than the tolerance on a plateau, away from any "
    "critical point.",
    Status.BELOW: "The value is below the level.",
    Status.ABOVE: "The value is at the level or above it.",
    Status.CYCLE: "The steps came back to where they had been, without settling.",
}
