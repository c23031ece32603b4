"""Plans of the modes that choose colours themselves: labels, statuses, regimes, relief."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from deepfractals_gui.coloring import lookup
from deepfractals_gui.coloring.oklab import linear_from_srgb
from deepfractals_gui.coloring.palette import Palette
from deepfractals_gui.coloring.palettes import GOLDEN_TURN, palette
from deepfractals_gui.coloring.plans import Band, LightPlan, ValuePlan, palette_look_up
from deepfractals_gui.core import Array, Channel, Coloring, Regimes, Status

RGB = tuple[int, int, int]

STATUS_COLOURS: dict[Status, RGB] = {
    Status.ESCAPED: (244, 186, 84),
    Status.BOUNDED: (28, 58, 102),
    Status.CONVERGED: (72, 176, 160),
    Status.DIVERGED: (226, 92, 104),
    Status.MAX_STEPS: (92, 82, 128),
    Status.NON_FINITE: (222, 222, 222),
    Status.STALLED: (112, 104, 46),
    Status.BELOW: (44, 96, 190),
    Status.ABOVE: (252, 232, 160),
    Status.CYCLE: (176, 148, 224),
}
"""Apart in lightness as well as in hue, so that no one needs to see red from green."""

REGIME_COLOURS: dict[str, RGB] = {
    "exploded": (244, 190, 82),
    "near the unit circle": (206, 84, 92),
    "vanishing": (24, 36, 70),
    "bounded": (52, 118, 150),
    "no number": lookup.NEUTRAL,
}

OUTSIDE = 65535
OUTSIDE_COLOUR: RGB = (232, 230, 222)
_LABELS = 65536
_LEAST_SHADE = 0.3
_MAGNITUDE_SHADE = 0.55
_AMBIENT = 0.25
_ELEVATION = math.radians(50.0)


def label_colours(coloring: Coloring, count: int) -> Array:
    """uint8 (count, 3): the colour of each label, the same in every view; label 0 is neutral.

    A categorical palette gives its colours in turn, and others between them once it is used up;
    any other is sampled at golden-ratio steps in its brighter part.
    """
    chosen = palette(coloring.palette)
    label = np.arange(count)
    if chosen.family == "categorical":
        colours = _categorical(chosen, label - 1, coloring.reverse)
    else:
        line = lookup.swatch_line(coloring)
        place = (label * GOLDEN_TURN + coloring.shift) % 1.0
        if not chosen.cyclic:
            place = 0.3 + 0.65 * place
        colours = line[np.floor(place * (lookup.SIZE - 1) + 0.5).astype(int)]
    colours = colours.copy()
    colours[0] = lookup.NEUTRAL
    return colours


def _categorical(chosen: Palette, index: Array, reverse: bool) -> Array:
    stops = chosen.lut(len(chosen.stops))
    if reverse:
        stops = stops[::-1]
    rounds = index // len(stops)
    base = linear_from_srgb(stops[index % len(stops)] / 255.0)
    # Further rounds are shades of the first, by the golden ratio once more.
    shade = np.where(rounds > 0, 0.35 + 0.6 * ((rounds * GOLDEN_TURN) % 1.0), 1.0)
    return lookup.encoded(base * shade[:, None])


@lru_cache(maxsize=4)
def _label_light(text: str, reverse: bool, shift: float) -> Array:
    """float32 (3, 65537): linear light of every label, then -1 for PENDING."""
    colours = label_colours(Coloring(palette=text, reverse=reverse, shift=shift), _LABELS + 1)
    colours[OUTSIDE] = OUTSIDE_COLOUR
    return lookup.planes(colours, _LABELS)


def labels_plan(
    channel: Channel, shading: tuple[str, ValuePlan] | None, coloring: Coloring
) -> LightPlan:
    """Distinct colours for distinct labels, darker where there were more steps."""
    table = _label_light(coloring.palette, coloring.reverse, coloring.shift)
    p = np.array([_LEAST_SHADE], np.float32)
    reads = {channel.name: "label"}
    if shading is not None:
        reads |= shading[1].reads

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import light_of_labels

        shade = np.empty((0, 0), np.float32)
        if shading is not None:
            shade = np.empty(out.shape[1:], np.float32)
            shading[1].fill(band, shade)
        light_of_labels(band["status"], band[channel.name], shade, p, table, out)

    return LightPlan(reads, fill)


def status_plan() -> LightPlan:
    """A colour for each status."""
    colours = np.full((256, 3), lookup.NEUTRAL, np.uint8)
    for status, rgb in STATUS_COLOURS.items():
        colours[int(status)] = rgb
    table = lookup.planes(colours, int(Status.PENDING))

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import light_of_statuses

        light_of_statuses(band["status"], table, out)

    return LightPlan({}, fill)


def regimes_plan(recipe: Regimes, trap: str, gain: str) -> LightPlan:
    """A colour for each regime of a backward pass."""
    colours = np.array([*REGIME_COLOURS.values(), (0, 0, 0)], np.uint8)
    table = lookup.planes(colours, len(REGIME_COLOURS))
    p = np.array([recipe.trap_below, recipe.gain_below], np.float32)

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import light_of_regimes

        light_of_regimes(band["status"], band[trap], band[gain], p, table, out)

    return LightPlan({trap: "float32", gain: "float32"}, fill)


def domain_plan(phase: LightPlan, channel: Channel, rings: Channel | None) -> LightPlan:
    """Phase as hue; light by where log2 |z|, or the escape time, lies between whole numbers."""
    number = np.dtype(channel.dtype).kind == "c"
    reads = dict(phase.reads)
    if not number and rings is not None:
        reads[rings.name] = "float32"

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import shade_by_fraction, shade_by_magnitude

        phase.fill(band, out)
        if number:
            shade_by_magnitude(band[channel.name], _MAGNITUDE_SHADE, out)
        elif rings is not None:
            shade_by_fraction(band[rings.name], _MAGNITUDE_SHADE, out)

    return LightPlan(reads, fill)


def relief_plan(values: ValuePlan, coloring: Coloring, rows: int) -> LightPlan:
    """Values as colours on a lit surface. ``rows``: height of the image in samples.

    A slope is the same in pictures of any size: value 1 is as high as a tenth of the image at
    relief 1.
    """
    azimuth = math.radians(coloring.light)
    p = np.array(
        [
            math.cos(_ELEVATION) * math.cos(azimuth),
            math.cos(_ELEVATION) * math.sin(azimuth),
            math.sin(_ELEVATION),
            0.1 * coloring.relief * rows,
            _AMBIENT,
        ],
        np.float32,
    )
    look_up = palette_look_up(coloring)

    def fill(band: Band, out: Array) -> None:
        from deepfractals_gui.kernels.color_light import light_the_relief

        height = np.empty((out.shape[1] + 2, out.shape[2]), np.float32)
        values.fill(band, height)
        look_up(height[1:-1], out)
        light_the_relief(height, p, out)

    return LightPlan(values.reads, fill, context=1)
