"""What learning by Adam is bounded by: its rates, and numbers that are finite."""

from __future__ import annotations

import math
from typing import Protocol


class Exploded(ArithmeticError):
    """A loss or a gradient stopped being a finite number; the state before is as it was."""


class Rates(Protocol):
    """What is asked of a description of learning here: Adam's numbers, and how its rate falls."""

    @property
    def decay(self) -> float: ...
    @property
    def beta1(self) -> float: ...
    @property
    def beta2(self) -> float: ...
    @property
    def epsilon(self) -> float: ...


def check_rates(of: Rates, *rates: str) -> None:
    """Raise ValueError where one of Adam's numbers, or of the rates named, is out of range."""
    for name in (*rates, "epsilon"):
        if not 0.0 < getattr(of, name) < math.inf:
            raise ValueError(f"{name} is above 0, not {getattr(of, name)}")
    if not 0.0 < of.decay <= 1.0:
        raise ValueError(f"decay may be above 0, up to 1, not {of.decay}")
    for name in ("beta1", "beta2"):
        if not 0.0 <= getattr(of, name) < 1.0:
            raise ValueError(f"{name} may be 0 to 1, without 1, not {getattr(of, name)}")
