"""An axis of the plane: its name, its scale and how its numbers are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from deepfractals_gui.core.viewport import MAX_DIGITS


@dataclass(frozen=True)
class Axis:
    """Name, unit and scale of a plane's axis.

    On a ``log10`` axis every coordinate of the program (viewport, points, samples files) is a
    log10 value; only ``format`` shows the number itself.
    """

    name: str
    unit: str = ""
    scale: Literal["linear", "log10"] = "linear"

    @property
    def label(self) -> str:
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def format(self, value: Decimal | float, resolution: float) -> str:
        """Write a coordinate with the digits that a ``resolution`` (plane units) warrants."""
        exact = value if isinstance(value, Decimal) else Decimal(value)
        if self.scale == "log10":
            return _log_text(float(exact), resolution)
        places = _places(resolution)
        rounding = Context(prec=MAX_DIGITS + 50, rounding=ROUND_HALF_EVEN, Emin=-9999)
        rounded = rounding.quantize(exact, Decimal((0, (1,), -places)))
        if not rounded:
            return "0"
        if rounded.adjusted() < -5 or rounded.adjusted() > 6:
            return f"{rounded:e}".replace("e+", "e")
        return f"{rounded:f}"


def _places(resolution: float) -> int:
    if not (resolution > 0 and math.isfinite(resolution)):
        return 6
    return max(-6, math.ceil(-math.log10(resolution)))


def _log_text(value: float, resolution: float) -> str:
    digits = min(17, max(2, 1 + math.ceil(-math.log10(max(resolution * math.log(10), 1e-17)))))
    if -300 < value < 300:
        return f"{10.0**value:.{digits}g}"
    exponent = math.floor(value)
    return f"{10.0 ** (value - exponent):.{digits}g}e{exponent}"
