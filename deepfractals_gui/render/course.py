"""The stages of a render: coarse to fine, and how far within its budget."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from deepfractals_gui.core import Array, CancelFlag, System
from deepfractals_gui.render import refine
from deepfractals_gui.render.assembly import Assembly, Computed
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.request import Audit, Draft
from deepfractals_gui.render.schedule import Portion, Scatter, Schedule
from deepfractals_gui.render.tiling import Panel, Rect

DEAR_SECONDS = 0.0003
"""From here on a point is worth finding out whether it must be computed."""
WORTH_SECONDS = 5.0
"""Pictures that are finished sooner aren't refined first."""
REFINED_STRIDE = 4
"""The lattice that refinement begins from: finer structures that stand alone may be missed."""
AUDIT_BUDGET = 0.1
"""The share of the budget that an audit may take: 1 % of an hour's picture is half a minute."""
COARSE_SHARE = 0.5
"""The share of the budget for the lattice that refinement begins from."""


class Plan(Protocol):
    """One stage: it hands out portions until it is exhausted."""

    @property
    def exhausted(self) -> bool: ...
    @property
    def limited(self) -> bool: ...
    @property
    def stride(self) -> int: ...
    def take(self) -> Any: ...
    def finished(self, portion: Any, points: int, seconds: float, elapsed: float) -> None: ...


class Course:
    """Leads a render through its stages.

    Without a budget there is one: passes from coarse to fine, down to every sample. With one, the
    passes end where the next wouldn't fit. The boundaries of dear pictures are then refined and
    the refinement is audited; the rest follows if it fits.

    Parameters
    ----------
    panels : what is to compute
    budget : seconds, by the clock on the wall, that the picture may take, those spent on an
        earlier render of the same view included; None: no limit
    """

    def __init__(
        self,
        assembly: Assembly,
        system: System[Any],
        panels: Sequence[Panel],
        account: Account,
        budget: float | None = None,
    ) -> None:
        self.assembly = assembly
        self.account = account
        self.audit: Audit | None = None
        """What the audit of a refined picture found, as soon as it is over."""
        self._system = system
        self._panels = tuple(panels)
        self._budget = budget
        self._elapsed = 0.0
        self._refined = 0
        self._ended_early = False
        self._has_boundary = system.outcome(np.zeros(1, np.uint8)) is not None

    def stages(self) -> Iterator[Plan]:
        """One stage after the other; ask for the next when one is exhausted."""
        shape, account = self.assembly.shape, self.account
        passes = Schedule(
            shape, self._panels, account, enough=None if self._budget is None else self._enough
        )
        self._refined = passes.stride
        yield passes
        self._refined = passes.stride
        if not passes.limited:
            return
        if self._refines:
            yield from self._refinement(passes.stride)
        if account.seconds_left > self.room:
            self._ended_early = True
        elif account.left:
            panel = self.assembly.patchy(Rect(0, shape[0], 0, shape[1]))
            yield Schedule(shape, [panel], account, first=1)

    def compute(self, portion: Portion | Scatter, prepared: Any, cancel: CancelFlag) -> Computed:
        """Compute a portion of the stage at hand. Raises Cancelled."""
        if isinstance(portion, Scatter):
            return self.assembly.compute_points(portion, prepared, cancel)
        return self.assembly.compute(portion, prepared, cancel)

    def spend(self, elapsed: float) -> None:
        """The render has taken so long by now."""
        self._elapsed = elapsed

    @property
    def room(self) -> float:
        """Seconds left of the budget."""
        if self._budget is None:
            return float("inf")
        return self._budget - self._elapsed - self.assembly.spent

    @property
    def seconds_left(self) -> float:
        """How long this render still takes; 0 while nothing is known."""
        return min(self.account.seconds_left, max(0.0, self.room))

    @property
    def draft(self) -> Draft | None:
        """What there is instead of a finished picture; None when it is finished."""
        if not self._ended_early:
            return None
        height, width = self.assembly.shape
        known = height * width - self.account.left
        return Draft(self._refined, known / (height * width), self.account.seconds_left, self.audit)

    @property
    def _refines(self) -> bool:
        """True when it is worth computing the boundaries first."""
        account, assembly = self.account, self.assembly
        if account.cost.mean < DEAR_SECONDS or account.seconds_left < WORTH_SECONDS:
            return False
        return assembly.level is not None and self._has_boundary

    def _enough(self, passes: Schedule) -> int:
        """The stride of the finest lattice to compute in full before anything else."""
        refines = self._refines
        room = self.room * (COARSE_SHARE if refines else 1.0)
        finest = REFINED_STRIDE if refines else 2
        if not refines and self.account.seconds_left <= room:
            return 1
        stride = max(passes.stride, finest)
        while stride > finest and self._seconds_to(passes, stride // 2) <= room:
            stride //= 2
        return stride

    def _seconds_to(self, passes: Schedule, stride: int) -> float:
        return self.account.seconds_for(passes.points_to(stride))

    def _refinement(self, stride: int) -> Iterator[Plan]:
        assembly, account = self.assembly, self.account
        level, earlier = assembly.level, assembly.draft
        assert level is not None
        if self.room <= 0:
            if earlier is not None:
                self._refined, self.audit = min(stride, earlier.stride), earlier.audit
            return
        checks = self._checks()
        while stride > 1:
            outcome = self._outcome((slice(None, None, stride), slice(None, None, stride)))
            rows, columns = refine.unsettled(outcome, level, stride // 2)
            room = self.room - account.seconds_for(checks)
            affordable = max(0, int(room / account.seconds_for(1)))
            yield refine.Points(
                assembly.shape, rows, columns, stride // 2, account, limit=affordable
            )
            if affordable < len(rows):
                break
            stride //= 2
            self._refined = stride
        filled = int(np.count_nonzero(level))
        rows, columns = refine.audited(assembly.request, level, checks)
        before = self._outcome((rows, columns))
        yield refine.Points(assembly.shape, rows, columns, 1, account)
        after = self._outcome((rows, columns))
        self.audit = refine.verdict(before, after, filled)

    def _checks(self) -> int:
        """How many samples to audit at most."""
        share = AUDIT_BUDGET * (self._budget or 0.0)
        return max(refine.AUDIT_LEAST, int(share / self.account.seconds_for(1)))

    def _outcome(self, places: tuple[Any, Any]) -> Array:
        """Which side of the boundary samples are on."""
        return np.array(self._system.outcome(self.assembly.channels["status"][places]), dtype=bool)
