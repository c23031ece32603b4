"""How channels become colours: descriptions only, `deepfractals_gui.coloring` applies them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

_KEY = re.compile(r"[a-z0-9][a-z0-9_\-]{0,63}")


@dataclass(frozen=True)
class EscapeBands:
    """The classic value of an escape map.

    Escaped points: sqrt(t) + amplitude sin(bands pi a + drift t), with t = smooth/iterations and
    a = (angle + pi)/2pi. The others: interior (1 - log1p(trap)/log1p(radius))^2.
    """

    amplitude: float
    bands: float
    drift: float
    interior: float
    iterations: float
    radius: float


@dataclass(frozen=True)
class LimitRays:
    """The classic value of a descent map.

    s^0.55 (0.5 + 0.5 sin(10 pi a)) + 0.25 scaled(lyapunov), with s = 1 - steps/iterations, a the
    turn of the limit's argument, and lyapunov scaled from [low, high] to [0, 1].
    """

    iterations: float
    low: float
    high: float


@dataclass(frozen=True)
class Regimes:
    """The regimes of a backward pass: exploded, near the unit circle, vanishing, bounded."""

    trap_below: float
    gain_below: float


Recipe: TypeAlias = EscapeBands | LimitRays | Regimes
"""A value formula that belongs to a System; `System.recipes` names the mode that shows it."""


@dataclass(frozen=True)
class Coloring:
    """A frozen description of how samples become pixels.

    Attributes
    ----------
    mode : key of a colouring mode (`deepfractals_gui.coloring.MODES`)
    palette : key of a palette, or colour stops such as ``#000000,#ff8800,#ffffff``
    channel : the channel looked at, for modes that show one; "" lets the mode choose
    reverse : run the palette backwards
    gamma : exponent applied to the value in [0, 1] before the palette
    cycles, shift : how often the palette repeats over [0, 1], and where it starts, in turns
    levels : the range shown as [0, 1]; None takes it from the image at hand
    knots : quantiles of the channel that fix a histogram equalisation; () takes them from the image
    glow : share of the blurred image that is added, in [0, 1]
    glow_sigma : blur radius in pixels of an image 1200 pixels high
    vignette : darkening at the middle of an edge, in [0, 1]
    light, relief : direction (degrees) and strength of slope shading
    """

    mode: str = "classic"
    palette: str = "forward_pass"
    channel: str = ""
    reverse: bool = False
    gamma: float = 1.0
    cycles: float = 1.0
    shift: float = 0.0
    levels: tuple[float, float] | None = None
    knots: tuple[float, ...] = ()
    glow: float = 0.3
    glow_sigma: float = 3.0
    vignette: float = 0.45
    light: float = 135.0
    relief: float = 0.7

    def __post_init__(self) -> None:
        if not _KEY.fullmatch(self.mode):
            raise ValueError(f"the colouring mode {self.mode[:40]!r} is not a key")
        if len(self.palette) > 1000:
            raise ValueError("the palette is longer than 1000 characters")
        if self.channel and not _KEY.fullmatch(self.channel):
            raise ValueError(f"the channel {self.channel[:40]!r} is not a name")
        for name, (low, high) in COLORING_RANGES.items():
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} must be within [{low:g}, {high:g}], not {value}")
        if self.levels is not None:
            low, high = self.levels
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(f"levels must be two rising numbers, not {low} and {high}")
        if self.knots:
            if not 2 <= len(self.knots) <= 4097:
                raise ValueError("an equalisation needs 2 to 4097 knots")
            if not all(map(math.isfinite, self.knots)) or list(self.knots) != sorted(self.knots):
                raise ValueError("the knots of an equalisation must be finite and must not fall")

    @property
    def locked(self) -> bool:
        """True when no range is taken from the image, so that colours keep from view to view."""
        return self.levels is not None or bool(self.knots)

    def to_json(self) -> dict[str, Any]:
        """The fields that differ from the defaults, and always mode and palette."""
        data: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("mode", "palette") or value != field.default:
                data[field.name] = list(value) if isinstance(value, tuple) else value
        return data

    @classmethod
    def from_json(cls, data: Any) -> Coloring:
        """Read what `to_json` wrote.

        Raises
        ------
        ValueError   a field is unknown, of the wrong type or out of range
        """
        if not isinstance(data, dict):
            raise ValueError("the colouring is not an object")
        known = {field.name: field.default for field in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in data.items():
            if name not in known:
                raise ValueError(f"the colouring has an unknown field {str(name)[:40]!r}")
            values[name] = _checked(name, value, known[name])
        return cls(**values)


COLORING_RANGES: dict[str, tuple[float, float]] = {
    "gamma": (0.1, 10.0),
    "cycles": (0.05, 100.0),
    "shift": (-1.0, 1.0),
    "glow": (0.0, 1.0),
    "glow_sigma": (0.25, 40.0),
    "vignette": (0.0, 1.0),
    "light": (0.0, 360.0),
    "relief": (0.0, 10.0),
}


def _checked(name: str, value: Any, default: Any) -> Any:
    if name in ("levels", "knots"):
        if value is None and name == "levels":
            return None
        if not isinstance(value, list) or not all(_is_number(item) for item in value):
            raise ValueError(f"the colouring's {name} are not a list of numbers")
        if name == "levels" and len(value) != 2:
            raise ValueError("the colouring's levels are not two numbers")
        return tuple(float(item) for item in value)
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"the colouring's {name} is not true or false")
        return value
    if isinstance(default, str):
        if not isinstance(value, str):
            raise ValueError(f"the colouring's {name} is not a text")
        return value
    if not _is_number(value):
        raise ValueError(f"the colouring's {name} is not a number")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e308
