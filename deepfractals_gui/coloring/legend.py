"""What the colours mean, in words: so that no state is colour alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from deepfractals_gui.coloring import lookup, ranges
from deepfractals_gui.coloring.lights import (
    OUTSIDE,
    OUTSIDE_COLOUR,
    REGIME_COLOURS,
    RGB,
    STATUS_COLOURS,
    label_colours,
)
from deepfractals_gui.coloring.modes import mode_of
from deepfractals_gui.coloring.plans import decade_levels, nearness_levels
from deepfractals_gui.coloring.scene import Scene
from deepfractals_gui.core import Array, ChannelKind, Coloring, Status

_TICKS = 5
_LABELS = 12
_OUTCOMES = ("converged, slow", "converged, fast", "diverged, fast", "diverged, slow")
_OUTCOME_PLACES = (0.0, (1.0 - ranges.SIGNED_GAP) / 2, (1.0 + ranges.SIGNED_GAP) / 2, 1.0)
Entry = tuple[str, RGB]


def legend(
    scene: Scene, coloring: Coloring, channels: Mapping[str, Array] | None = None
) -> list[Entry]:
    """Labels and their sRGB colours, in the order in which they are best read.

    With the image's ``channels`` only those labels and statuses are listed that occur in it, and
    ticks of a range that isn't fixed are numbers.

    Raises
    ------
    ValueError   the mode or channel doesn't exist here
    """
    mode = mode_of(coloring)
    shown = mode.channel(scene, coloring)
    if mode.key == "status":
        return _statuses(scene, channels)
    if mode.key == "regime":
        return [(label, rgb) for label, rgb in REGIME_COLOURS.items() if label != "no number"]
    if mode.key == "basin":
        return _labels(shown.name, coloring, channels)
    if channels is not None:
        coloring = mode.settled(channels, scene, coloring)
    unit = f" {shown.unit}" if shown.unit else ""
    if mode.key in ("angle", "domain"):
        ticks = [(0.0, "-180°"), (0.25, "-90°"), (0.5, "0°"), (0.75, "90°")]
    elif mode.key == "classic":
        ticks = [(k / (_TICKS - 1), f"{k / (_TICKS - 1):g}") for k in range(_TICKS)]
    elif mode.key == "signed" and shown.kind is ChannelKind.SIGNED:
        ticks = _outcome_ticks(coloring.knots, unit)
    elif not mode.fixed(coloring):
        ticks = [(0.0, "low"), (1.0, "high")]
    elif mode.ranged == "knots":
        at = np.linspace(0, len(coloring.knots) - 1, _TICKS).round().astype(int)
        last = len(coloring.knots) - 1
        ticks = [(float(k / last), f"{coloring.knots[k]:.4g}{unit}") for k in at]
    else:
        assert coloring.levels is not None
        ticks = _level_ticks(coloring.levels, mode.curve_of(shown), unit)
    entries = [(text, _colour(coloring, value, mode.key)) for value, text in ticks]
    return [*entries, ("no value", lookup.NEUTRAL)]


def _outcome_ticks(knots: tuple[float, ...], unit: str) -> list[tuple[float, str]]:
    """The ends of both halves of the palette in words, with the numbers there once known."""
    ticks = list(zip(_OUTCOME_PLACES, _OUTCOMES, strict=True))
    last = len(knots) - 1
    if last < 1:
        return ticks
    return [(at, f"{words}: {knots[round(at * last)]:.4g}{unit}") for at, words in ticks]


def _level_ticks(levels: tuple[float, float], curve: str, unit: str) -> list[tuple[float, str]]:
    low, high = levels
    ticks = []
    for k in range(_TICKS):
        place = k / (_TICKS - 1)
        if curve == "decades":
            # The ratio itself may be beyond any float.
            first, last = np.log2(decade_levels(levels))
            number = float(np.exp2(first + (last - first) * place))
        elif curve == "log":
            first, last = np.log1p(max(low, 0.0)), np.log1p(max(high, 0.0))
            number = float(np.expm1(first + (last - first) * place))
        elif curve == "near":
            first, last = nearness_levels(levels)
            number = last * (first / last) ** place
        else:
            number = low + (high - low) * place
        ticks.append((place, f"{number:.4g}{unit}"))
    return ticks


def _colour(coloring: Coloring, value: float, mode: str) -> RGB:
    line = lookup.swatch(coloring, lookup.SIZE)[0]
    if mode in ("angle", "domain") and lookup.walk(coloring)[2] == 2.0:
        value = 1.0 - abs(1.0 - 2.0 * value)
    r, g, b = (int(part) for part in line[round(value * (lookup.SIZE - 1))])
    return r, g, b


def _statuses(scene: Scene, channels: Mapping[str, Array] | None) -> list[Entry]:
    listed = [status for status in Status if status is not Status.PENDING]
    if channels is not None:
        present = set(np.unique(channels["status"]).tolist())
        listed = [status for status in listed if int(status) in present]
    elif scene.statuses:
        listed = [status for status in listed if status in scene.statuses]
    return [(status.label, STATUS_COLOURS[status]) for status in listed]


def _labels(name: str, coloring: Coloring, channels: Mapping[str, Array] | None) -> list[Entry]:
    numbers = list(range(1, 9))
    if channels is not None:
        stride = ranges.stride_of(channels[name])
        found, counts = np.unique(channels[name][::stride, ::stride], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        numbers = [int(k) for k in found[order] if 0 < k < OUTSIDE][:_LABELS]
    colours = label_colours(coloring, max(numbers, default=0) + 1)
    entries: list[Entry] = []
    for number in sorted(numbers):
        r, g, b = (int(part) for part in colours[number])
        entries.append((str(number), (r, g, b)))
    return [*entries, ("none", lookup.NEUTRAL), ("outside the catalogue", OUTSIDE_COLOUR)]
