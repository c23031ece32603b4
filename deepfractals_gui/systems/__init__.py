"""What can be sampled: one file a System, and the tuple that lists them."""

from __future__ import annotations

from typing import Any

from deepfractals_gui.core import System
from deepfractals_gui.systems.error_flow import ErrorFlow
from deepfractals_gui.systems.forward_pass import ForwardPass
from deepfractals_gui.systems.gradient_basins import GradientBasins
from deepfractals_gui.systems.loss_landscape import LossLandscape
from deepfractals_gui.systems.trainability import Trainability

SYSTEMS: tuple[System[Any], ...] = (
    ForwardPass(), ErrorFlow(), GradientBasins(), Trainability(), LossLandscape(),
)  # fmt: skip


def system(key: str) -> System[Any]:
    """The System of that key.

    Raises
    ------
    ValueError   there is none of that key
    """
    for candidate in SYSTEMS:
        if candidate.key == key:
            return candidate
    known = ", ".join(candidate.key for candidate in SYSTEMS)
    raise ValueError(f"there is no system {key[:40]!r}; there are {known}")


__all__ = ["SYSTEMS", "system"]
