"""Values of channels in words and digits."""

from __future__ import annotations

import math
from typing import Any

from deepfractals_gui.core import Channel, ChannelKind, Status, format_complex

NOT_DEFINED = "–"


def value_text(channel: Channel, value: Any, digits: int = 6) -> str:
    """A channel's value as a person reads it; a dash where it isn't defined."""
    if channel.kind is ChannelKind.STATUS:
        return status_text(value)
    unit = f" {channel.unit}" if channel.unit else ""
    if channel.kind is ChannelKind.COMPLEX:
        number = complex(value)
        if math.isnan(number.real) or math.isnan(number.imag):
            return NOT_DEFINED
        return format_complex(number, digits) + unit
    if channel.kind is ChannelKind.LABEL:
        label = int(value)
        return "none" if label == 0 else f"{label}{unit}"
    number = float(value)
    if math.isnan(number):
        return NOT_DEFINED
    if channel.kind is ChannelKind.ANGLE:
        return f"{number:.{digits}g} rad ({math.degrees(number):.1f}°)"
    return f"{number:.{digits}g}{unit}"


def status_text(value: Any) -> str:
    """A status as its word; a number that is none says so."""
    try:
        return Status(int(value)).label
    except ValueError:
        return f"unknown status {int(value)}"
