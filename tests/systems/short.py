"""Parameters and shapes for tests in which the length of a run or of a course is no matter."""

from __future__ import annotations

from typing import Any

from deepfractals_gui.core.params import replace

FEW_STEPS = 20
"""Each of some thousand pixels is a run of so many steps."""
FEW_POINTS = 4
"""Along a side of the torus on which each pixel's field is solved; its channels fill a vector."""


def short_params(system: Any) -> Any:
    """The defaults of a System, with few steps and a small field where it has them."""
    p = system.Params()
    few = {"steps": FEW_STEPS, "side": FEW_POINTS}
    return replace(p, **{name: value for name, value in few.items() if hasattr(p, name)})


def small_shape(system: Any, shape: tuple[int, int]) -> tuple[int, int]:
    """The shape (H, W), halved each way where a pixel is a run of many steps."""
    if not hasattr(system.Params(), "steps"):
        return shape
    return (shape[0] + 1) // 2, (shape[1] + 1) // 2
