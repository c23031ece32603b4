"""What the probes of several Systems share."""

from __future__ import annotations

from typing import Any

import numpy as np

from deepfractals_gui.core import (
    Array,
    CancelFlag,
    Curve,
    Points,
    Status,
    System,
    format_complex,
)

LONGEST = 10_000
"""Steps of an orbit that are shown; more than this no curve can tell apart."""


def values_at(
    system: System[Any],
    x: float,
    y: float,
    p: Any,
    prepared: Any,
    cancel: CancelFlag | None = None,
) -> tuple[Status, dict[str, float | complex]]:
    """The channels at one point by name, bit for bit as `sample` gives them before storage.

    Raises
    ------
    Cancelled   the flag went up
    """
    points = Points.absolute(np.array([x]), np.array([y]))
    out = {
        channel.name: np.zeros(1, "f8" if channel.dtype == "float32" else channel.dtype)
        for channel in system.channels(p)
    }
    system.sample(points, p, prepared, out, cancel or CancelFlag())
    values = {name: array[0].item() for name, array in out.items()}
    return Status(int(values["status"])), values


def orbit_curves(orbit: Array, symbol: str, multiplier: Array) -> tuple[Curve, ...]:
    """|z_n|, |z_(n+1) - z_n| and the local multiplier |f'(z_n)| over n."""
    steps = np.arange(len(orbit), dtype=np.float64)
    with np.errstate(all="ignore"):
        size, step = np.abs(orbit), np.abs(np.diff(orbit))
    return (
        Curve(f"|{symbol}|", steps, size),
        Curve("step size", steps[1:], step, log=True),
        Curve("local multiplier", steps[: len(multiplier)], multiplier, log=True),
    )


def number(value: float) -> str:
    """A number as a table shows it."""
    return "–" if np.isnan(value) else f"{value:.10g}"


def point(value: complex) -> str:
    """A complex number as a table shows it."""
    return "–" if np.isnan(value) else format_complex(value, 10)


def length_note(orbit: Array, steps: int) -> tuple[tuple[str, str], ...]:
    """A table row that says so where the orbit was cut for display."""
    if len(orbit) <= LONGEST or steps <= LONGEST:
        return ()
    return (("shown", f"the first {LONGEST} of {steps} steps"),)
