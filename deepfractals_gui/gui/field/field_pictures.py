"""Steps of a field as colours: of one channel, of their mean, or of all side by side."""

from __future__ import annotations

import math

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.field_views import Evolution, grey_rgb, magnitude, phase_rgb

MEAN, ALL = "mean", "all"
MOST_STEPS = 10
"""Of a strip."""
_Pictures = tuple[Array, Array]
_SCALE = 3
"""Pixels of a point, where frames are laid side by side."""


def chosen_channels(choice: str, count: int) -> tuple[int | None, ...]:
    """The channels that are drawn: None stands for their mean."""
    if choice == MEAN:
        return (None,)
    if choice == ALL:
        return tuple(range(count))
    return (min(int(choice), count - 1),)


class Colouring:
    """Draws the steps of one evolution with the same brightness for the same magnitude.

    Parameters
    ----------
    choice : MEAN, ALL or the number of a channel
    """

    def __init__(self, evolution: Evolution, choice: str = MEAN) -> None:
        self.evolution, self.choice = evolution, choice
        frames = evolution.frames
        self._channels = chosen_channels(choice, frames.shape[1])
        self._known: dict[int, _Pictures] = {}
        if self._channels == (None,):
            self._size_scale = max(float(magnitude(frame).max()) for frame in frames)
            self._phase_scale = float(np.abs(frames.mean(axis=1)).max())
        else:
            picked = frames[:, [one for one in self._channels if one is not None]]
            self._size_scale = self._phase_scale = float(np.abs(picked).max())

    def prepared(self) -> Colouring:
        """Draw those steps beforehand that are seen first: a strip's, the last among them."""
        steps = strip_steps(len(self.evolution.frames))
        self._known = dict(zip(steps, self._painted(steps), strict=True))
        return self

    def pictures(self, step: int) -> tuple[Array, Array]:
        """`magnitude` and `phase` of a step."""
        step = min(step, len(self.evolution.frames) - 1)
        return self._known[step] if step in self._known else self._painted([step])[0]

    def magnitude(self, step: int) -> Array:
        """Magnitudes as greys, uint8 (H, W, 3)."""
        return self.pictures(step)[0]

    def phase(self, step: int) -> Array:
        """Phases as hues, magnitudes as lightness, uint8 (H, W, 3)."""
        return self.pictures(step)[1]

    def _painted(self, steps: list[int]) -> list[_Pictures]:
        """Pictures of several steps, at about the price of one: they are coloured as one image."""
        frames = self.evolution.frames[steps]
        count, channels, height, width = frames.shape
        tall = frames.transpose(1, 0, 2, 3).reshape(channels, count * height, width)
        sizes, phases = [], []
        for one in self._channels:
            sizes.append(grey_rgb(magnitude(tall, one), self._size_scale))
            phases.append(phase_rgb(tall, one, self._phase_scale))
        shape = len(self._channels), count, height, width, 3
        grey, hue = (np.array(found).reshape(shape) for found in (sizes, phases))
        return [
            (mosaic(list(grey[:, index])), mosaic(list(hue[:, index]))) for index in range(count)
        ]

    def pair(self, step: int, scale: int = _SCALE) -> Array:
        """Both, the phases below: uint8, ``scale`` pixels a point."""
        gap = scale
        upper, lower = (one.repeat(scale, 0).repeat(scale, 1) for one in self.pictures(step))
        between = np.zeros((gap, upper.shape[1], 3), np.uint8)
        return np.concatenate([upper, between, lower])


def mosaic(pictures: list[Array]) -> Array:
    """Pictures (H, W, 3) of one size in rows, in about a square, a black line between them."""
    if len(pictures) == 1:
        return pictures[0]
    across = math.ceil(math.sqrt(len(pictures)))
    down = math.ceil(len(pictures) / across)
    height, width = pictures[0].shape[:2]
    whole = np.zeros((down * (height + 1) - 1, across * (width + 1) - 1, 3), np.uint8)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, across)
        top, left = row * (height + 1), column * (width + 1)
        whole[top : top + height, left : left + width] = picture
    return whole


def strip_steps(count: int, most: int = MOST_STEPS) -> list[int]:
    """At most so many steps of ``count``: the first, the last, most of them early.

    A field changes fastest at first, so that evenly chosen steps would all look settled.
    """
    if count <= most:
        return list(range(count))
    places = np.geomspace(1.0, float(count), most) - 1.0
    steps = np.round(places).astype(int)
    # Rounding lets early ones fall together: they move up one by one.
    for index in range(1, most):
        steps[index] = max(steps[index], steps[index - 1] + 1)
    return [int(step) for step in np.minimum(steps, count - 1)]
