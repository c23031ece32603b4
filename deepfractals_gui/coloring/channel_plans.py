"""Plans that show one channel: in float32, or in float64 where the channel is stored so.

A float64 channel may span more decades than float32 has, or differ in digits that it hasn't.
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.coloring import plans
from deepfractals_gui.coloring.plans import Band, ValuePlan, decade_levels
from deepfractals_gui.coloring.scene import status_mask
from deepfractals_gui.coloring.wide import is_wide, wide_equalisation
from deepfractals_gui.core import Array, Channel

_STEEPEST = 1e300


def ranked(channel: Channel, knots: tuple[float, ...]) -> ValuePlan:
    """A channel by its rank among the knots."""
    if not is_wide(channel):
        return plans.knots_plan(channel, knots)
    mask = status_mask(channel)
    found = wide_equalisation(knots)

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_wide import equalize_wide

        status, numbers = band["status"], band[channel.name]
        equalize_wide(status, numbers, mask, *found.search, *found.pieces, out)

    return ValuePlan({channel.name: "float64"}, fill)


def levelled(channel: Channel, levels: tuple[float, float], curve: str) -> ValuePlan:
    """A channel between levels along a curve: linear, log (of 1 + x), decades (log x) or near."""
    if not is_wide(channel):
        return plans.levels_plan(channel, levels, curve)
    mask = status_mask(channel)
    if curve == "linear":
        low, high = levels
        p = np.array([low, _inverse(high - low)])
    else:
        low, high = _logarithms(levels, curve)
        ends = (high, -_inverse(high - low)) if curve == "near" else (low, _inverse(high - low))
        p = np.array([1.0 if curve == "log" else 0.0, *ends])

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels import color_wide as kernels

        act = kernels.wide_levels if curve == "linear" else kernels.wide_logs
        act(band["status"], band[channel.name], mask, p, out)

    return ValuePlan({channel.name: "float64"}, fill)


def _logarithms(levels: tuple[float, float], curve: str) -> tuple[float, float]:
    if curve == "log":
        low, high = (1.0 + max(end, 0.0) for end in levels)
    else:
        low, high = plans.nearness_levels(levels) if curve == "near" else decade_levels(levels)
    return float(np.log2(low)), float(np.log2(high))


def _inverse(width: float) -> float:
    return 1.0 / width if width > 1.0 / _STEEPEST else _STEEPEST
