"""What a mode does to a band of samples: which channels it reads, and the kernel it calls.

Numba is loaded by the first band, not by importing this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from deepfractals_gui.coloring import lookup
from deepfractals_gui.coloring.equalize import equalisation
from deepfractals_gui.coloring.scene import status_mask
from deepfractals_gui.core import Array, Channel, Coloring, EscapeBands, LimitRays

Band = Mapping[str, Array]
"""Channels of some rows, C-contiguous, in the types that a plan's ``reads`` states."""

_HUGE = 3.0e38
_WIDTHS = {
    "float32": np.float32,
    "float64": np.float64,
    "label": np.uint16,
    "uint8": np.uint8,
}


@dataclass(frozen=True)
class ValuePlan:
    """Values in [0, 1] that a palette, glow and vignette turn into pixels.

    ``fill(band, out)`` writes float32 (h, w). ``reads``: storage by channel: float32, float64,
    label (uint16) or complex, which is float64 (h, 2w).
    """

    reads: Mapping[str, str]
    fill: Callable[[Band, Array], None]


@dataclass(frozen=True)
class LightPlan:
    """Linear light, to which glow and vignette are applied as a lens would.

    ``fill(band, out)`` writes float32 (3, h, w); the band has ``context`` rows more on either side.
    """

    reads: Mapping[str, str]
    fill: Callable[[Band, Array], None]
    context: int = 0


def band_of(channels: Mapping[str, Array], reads: Mapping[str, str], first: int, last: int) -> Band:
    """Rows [first, last) of the status and of the channels read, as the kernels want them."""
    band = {"status": _rows(channels["status"], first, last, "uint8")}
    for name, storage in reads.items():
        band[name] = _rows(channels[name], first, last, storage)
    return band


def _rows(array: Array, first: int, last: int, storage: str) -> Array:
    rows = array[first:last]
    if storage == "complex":
        return _own(np.ascontiguousarray(rows, np.complex128)).view(np.float64)
    if storage == "label" and rows.dtype != np.uint16:
        return _label(rows)
    with np.errstate(over="ignore"):
        return _own(np.ascontiguousarray(rows, _WIDTHS[storage]))


def _label(rows: Array) -> Array:
    """uint16, labels beyond it folded into 1 to 65534; what isn't a whole number is none."""
    whole = np.nan_to_num(rows, nan=0.0, posinf=0.0, neginf=0.0).astype(np.int64)
    folded = np.where(whole > 0, (whole - 1) % 65534 + 1, 0)
    return folded.astype(np.uint16)


def _own(rows: Array) -> Array:
    # A read-only array is another type to the compiler, which would compile anew for it.
    return rows if rows.flags.writeable else rows.copy()


def affine(low: float, high: float) -> tuple[float, float]:
    """(low, 1/(high - low)) that float32 can hold."""
    low, high = (min(max(end, -_HUGE), _HUGE) for end in (low, high))
    width = high - low
    return low, min(1.0 / width, _HUGE) if width > 0 else _HUGE


def _vector(*numbers: float) -> Array:
    return np.array(numbers, np.float32)


def with_gamma(plan: ValuePlan, gamma: float) -> ValuePlan:
    """The plan, its values raised to a power."""
    if gamma == 1.0:
        return plan

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_values import raise_values

        plan.fill(band, out)
        raise_values(out, float(gamma))

    return ValuePlan(plan.reads, fill)


def escape_plan(
    recipe: EscapeBands, names: tuple[str, str, str], levels: tuple[float, float] | None
) -> ValuePlan:
    """Classic escape bands of the channels (smooth, angle, trap)."""
    smooth, angle, trap = names
    p = _vector(
        1.0 / recipe.iterations,
        recipe.amplitude,
        recipe.bands / 2,
        recipe.drift / (2 * np.pi),
        recipe.interior,
        1.0 / np.log2(1.0 + recipe.radius),
        *affine(*(levels or (0.0, 1.0))),
    )

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_values import escape_bands

        escape_bands(band["status"], band[smooth], band[angle], band[trap], p, out)

    return ValuePlan(dict.fromkeys(names, "float32"), fill)


def rays_plan(
    recipe: LimitRays, names: tuple[str, str, str], levels: tuple[float, float] | None
) -> ValuePlan:
    """Classic rays of the channels (limit, steps, lyapunov)."""
    limit, steps, lyapunov = names
    p = _vector(
        1.0 / recipe.iterations,
        *affine(recipe.low, recipe.high),
        *affine(*(levels or (0.0, 1.0))),
    )

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_values import limit_rays

        limit_rays(band["status"], band[limit], band[steps], band[lyapunov], p, out)

    return ValuePlan({limit: "complex", steps: "float32", lyapunov: "float32"}, fill)


def nearness_levels(levels: tuple[float, float]) -> tuple[float, float]:
    """Levels that have logarithms: above 0, the lower at least a 4096th of the upper."""
    high = max(levels[1], 1e-30)
    return max(levels[0], high / 4096), high


def decade_levels(levels: tuple[float, float]) -> tuple[float, float]:
    """Levels above 0: a lower one that isn't becomes a millionth of the upper."""
    high = max(levels[1], 1e-300)
    return levels[0] if levels[0] > 0 else high / 1e6, high


def levels_plan(channel: Channel, levels: tuple[float, float], curve: str) -> ValuePlan:
    """A channel between levels: curve is linear, log (of 1 + x), decades (log x) or near.

    Near is 1 at the lower level and falls by the logarithm.
    """
    mask = status_mask(channel)
    low, high = levels
    if curve == "log":
        low, high = (float(np.log2(1.0 + max(end, 0.0))) for end in levels)
    if curve == "near":
        low, high = (float(np.log2(end)) for end in nearness_levels(levels))
    if curve == "decades":
        low, high = (float(np.log2(end)) for end in decade_levels(levels))
    p = _vector(*affine(low, high))
    if curve == "near":
        p[0] = high
    if curve == "decades":
        # Nearness falls from the upper level; this rises from the lower one.
        p[1] = -p[1]

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels import color_values as kernels

        act = {
            "linear": kernels.linear_levels,
            "log": kernels.log_levels,
            "near": kernels.near_levels,
            "decades": kernels.near_levels,
        }[curve]
        act(band["status"], band[channel.name], mask, p, out)

    return ValuePlan({channel.name: "float32"}, fill)


def knots_plan(channel: Channel, knots: tuple[float, ...]) -> ValuePlan:
    """A channel by its rank among the knots."""
    mask = status_mask(channel)
    ranked = equalisation(knots)

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels import color_values

        # The fields of an equalisation are as many as the kernel has parameters for them.
        equalize: Any = color_values.equalize
        equalize(band["status"], band[channel.name], mask, *ranked.arguments, out)

    return ValuePlan({channel.name: "float32"}, fill)


def turns_plan(channel: Channel) -> ValuePlan:
    """An angle, or the argument of a complex number, as its turn."""
    mask = status_mask(channel)
    number = np.dtype(channel.dtype).kind == "c"

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_values import turns_of_angle, turns_of_complex

        act = turns_of_complex if number else turns_of_angle
        act(band["status"], band[channel.name], mask, out)

    return ValuePlan({channel.name: "complex" if number else "float32"}, fill)


def palette_light(values: ValuePlan, coloring: Coloring, round_trip: bool = False) -> LightPlan:
    """Values looked up as light; ``round_trip`` closes a palette whose ends don't meet."""
    look_up = palette_look_up(coloring, round_trip)

    def fill(band: Band, out: Array) -> None:
        scratch = np.empty(out.shape[1:], np.float32)
        values.fill(band, scratch)
        look_up(scratch, out)

    return LightPlan(values.reads, fill)


def palette_look_up(coloring: Coloring, round_trip: bool = False) -> Callable[[Array, Array], None]:
    """A function that fills light (3, h, w) from values (h, w)."""
    cycles, shift, period = lookup.walk(coloring)
    if round_trip and period == 2.0:
        cycles *= 2.0
    p = _vector(cycles, shift, period)
    table = lookup.light(coloring.palette, coloring.reverse)

    def look_up(values: Array, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import light_of_values

        light_of_values(values, p, table, out)

    return look_up
