"""Parameters for tests in which the length of a run or of a course is no matter."""

from __future__ import annotations

from typing import Any

from deepfractals_gui.core.params import replace

FEW_STEPS = 20
"""Each of some thousand pixels is a run of so many steps."""


def short_params(system: Any) -> Any:
    """The defaults of a System, with few steps where it has steps."""
    p = system.Params()
    return replace(p, steps=FEW_STEPS) if hasattr(p, "steps") else p
