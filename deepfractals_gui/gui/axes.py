"""Where the labels of a small plot's axes go, and what they say."""

from __future__ import annotations

import math


def linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """At most about ``wanted`` round numbers within [low, high]."""
    step = round_step((high - low) / max(wanted, 1))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that isn't below ``least``."""
    if not (least > 0 and math.isfinite(least)):
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(
        (factor * power for factor in (1.0, 2.0, 5.0) if factor * power >= least * (1 - 1e-9)),
        10.0 * power,
    )


def log_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Places (log10) of at most about ``wanted`` labels between two powers of ten."""
    decades = high - low
    if decades >= 2:
        for share in (1, 2, 4):
            step = max(1.0, round_step(decades / (wanted * share)))
            first, last = math.ceil(low / step), math.floor(high / step)
            if last > first or step == 1.0:
                return [index * step for index in range(first, last + 1)]
    found: list[float] = []
    choices: tuple[tuple[int, ...], ...]
    choices = ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7), tuple(range(1, 10)))
    for factors in choices:
        found = [
            decade + math.log10(factor)
            for decade in range(math.floor(low), math.ceil(high) + 1)
            for factor in factors
            if low <= decade + math.log10(factor) <= high
        ]
        if len(found) >= min(3, wanted):
            return found[:: max(1, len(found) // wanted)]
    # Within a few per cent there is no round number: even steps do.
    even = round_step((10.0**high - 10.0**low) / (wanted + 1))
    least, most = math.ceil(10.0**low / even), math.floor(10.0**high / even)
    return [math.log10(index * even) for index in range(least, most + 1)] or found


def tick_text(value: float) -> str:
    """A label's number, short: 0.25, 1e-9, 3e5."""
    text = f"{value:.4g}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text
