"""What a System gives back at each point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from deepfractals_gui.core.status import Status


class ChannelKind(Enum):
    """How a channel may be looked at."""

    STATUS = "status"
    """A Status."""
    SCALAR = "scalar"
    """A number on a line: levels, histogram equalisation."""
    SIGNED = "signed"
    """A number whose sign is the outcome, below 0 converged and above 0 diverged, and whose size
    grows the slower it was."""
    ESCAPE = "escape"
    """A smooth escape time, 0 where the point didn't escape."""
    TRAP = "trap"
    """A distance to an orbit trap, at least 0."""
    ANGLE = "angle"
    """Radians in (-pi, pi]."""
    COMPLEX = "complex"
    """A complex number: domain colouring."""
    LABEL = "label"
    """An integer that names a set; 0 is none. Distinct labels get distinct colours."""


@dataclass(frozen=True)
class Channel:
    """One named number per point.

    ``dtype`` is the storage type. ``defined_for`` lists the statuses at which the channel means
    something (None: all); elsewhere a floating channel is NaN unless ``elsewhere`` says otherwise.
    ``low`` and ``high`` are the range that colouring starts from, when it is known beforehand.
    """

    name: str
    title: str
    dtype: str
    kind: ChannelKind = ChannelKind.SCALAR
    unit: str = ""
    defined_for: frozenset[Status] | None = None
    elsewhere: float = float("nan")
    low: float | None = None
    high: float | None = None
    help: str = ""

    def numpy_dtype(self) -> np.dtype[np.generic]:
        return np.dtype(self.dtype)
