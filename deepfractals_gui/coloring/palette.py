"""A palette: a line of colours that values in [0, 1] are looked up on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from deepfractals_gui.coloring.oklab import (
    into_gamut,
    linear_from_oklab,
    oklab_from_linear,
    oklab_from_oklch,
    rgb8,
    srgb_from_linear,
)
from deepfractals_gui.core import Array, Float64

Family = Literal["classic", "perceptual", "cyclic", "categorical"]
MAX_STOPS = 64
_HEX = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_DENSE = 128


@dataclass(frozen=True)
class Palette:
    """Colours along [0, 1].

    Attributes
    ----------
    key : stable name; ``title`` is for people
    family : classic (chosen by eye), perceptual (even steps), cyclic (ends meet) or categorical
        (distinct colours, no order)
    stops : colours at even distances, as ``#rrggbb``
    centred : the middle is the palest or darkest, and in a perceptual palette neutral, and both
        ends are equally strong: for signed data
    dichromat_safe : a centred palette whose two sides are told apart without red or green cones
    path : OKLCh control points of a computed ramp, whose steps are then perceptually even; () takes
        the straight lines between the stops in sRGB
    """

    key: str
    title: str
    family: Family
    stops: tuple[str, ...] = ()
    centred: bool = False
    path: tuple[tuple[float, float, float], ...] = ()
    dichromat_safe: bool = False

    def __post_init__(self) -> None:
        if not self.stops:
            count = 33 if self.family == "cyclic" else 17
            stops = tuple(_hex(colour) for colour in rgb8(self.srgb(count)))
            object.__setattr__(self, "stops", stops)

    @property
    def cyclic(self) -> bool:
        return self.family == "cyclic"

    def srgb(self, n: int) -> Float64:
        """sRGB in [0, 1], float64 (n, 3), from the first end to the last, both included."""
        place = np.linspace(0.0, 1.0, n)
        if self.path:
            dense, length = self._ramp
            lab = np.stack([np.interp(place, length, dense[:, k]) for k in range(3)])
            return srgb_from_linear(linear_from_oklab(lab.T))
        colours = np.array([_rgb(stop) for stop in self.stops]) / 255.0
        if self.family == "categorical":
            index = np.minimum((place * len(colours)).astype(int), len(colours) - 1)
            return np.asarray(colours[index])
        at = np.linspace(0.0, 1.0, len(colours))
        return np.stack([np.interp(place, at, colours[:, k]) for k in range(3)], axis=-1)

    def lut(self, n: int = 4096) -> Array:
        """uint8 (n, 3), from the first end to the last, both included."""
        return rgb8(self.srgb(n))

    @cached_property
    def _ramp(self) -> tuple[Float64, Float64]:
        """Dense OKLab colours (N, 3) of the path, and the place in [0, 1] of each of them (N,).

        Places are by the distance walked, from the middle to either end where there is a middle.
        """
        control = oklab_from_oklch(np.array(self.path))
        lab = into_gamut(_through(control, self.cyclic))
        # Rounding to sRGB and back keeps what is shown and what is measured the same.
        lab = oklab_from_linear(np.clip(linear_from_oklab(lab), 0.0, 1.0))
        steps = np.sqrt((np.diff(lab, axis=0) ** 2).sum(axis=1))
        walked = np.concatenate([[0.0], np.cumsum(steps)])
        if not self.centred:
            return lab, walked / walked[-1]
        middle = walked[len(walked) // 2]
        below, above = walked / (2 * middle), (walked - middle) / (2 * (walked[-1] - middle))
        return lab, np.where(walked <= middle, below, 0.5 + above)


def stops_palette(text: str) -> Palette:
    """Read ``#rrggbb,#rrggbb,...`` (also ``#rgb``, with or without #) as a classic palette.

    Raises
    ------
    ValueError   a stop isn't a colour, or there are fewer than 2 or more than 64 of them
    """
    parts = [part.strip() for part in text.split(",")]
    if not 2 <= len(parts) <= MAX_STOPS:
        raise ValueError(f"a palette needs 2 to {MAX_STOPS} colours, not {len(parts)}")
    for part in parts:
        if not _HEX.fullmatch(part):
            raise ValueError(f"{part[:40]!r} is not a colour such as #ff8800")
    stops = tuple(_hex(np.array(_rgb(part))) for part in parts)
    return Palette(",".join(stops), "Own colours", "classic", stops)


def _rgb(text: str) -> tuple[int, int, int]:
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _hex(rgb: Array) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in rgb)


def _through(control: Float64, closed: bool) -> Float64:
    """A Catmull-Rom curve through OKLab points (K, 3), densely sampled; lightness in lines."""
    if closed:
        points = np.concatenate([control[-1:], control, control[:2]])
    else:
        first, last = 2 * control[0] - control[1], 2 * control[-1] - control[-2]
        points = np.concatenate([first[None], control, last[None]])
    segments = len(points) - 3
    place = np.linspace(0.0, segments, _DENSE * segments + 1)
    index = np.minimum(place.astype(int), segments - 1)
    t = (place - index)[:, None]
    before, start, end, after = (points[index + k] for k in range(4))
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    if not closed:
        curve[:, 0] = (start + (end - start) * t)[:, 0]
    return np.asarray(curve)
