"""A way of looking: what every mode answers, whichever channels it shows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np

from deepfractals_gui.coloring import ranges
from deepfractals_gui.coloring.plans import LightPlan, ValuePlan
from deepfractals_gui.coloring.scene import Scene
from deepfractals_gui.core import Array, Channel, ChannelKind, Coloring, Recipe

Plan = ValuePlan | LightPlan


class Mode(ABC):
    """One way of looking.

    Attributes
    ----------
    key : stable name; ``title`` and ``help`` are for people
    ranged : "levels" or "knots", whichever of the two the mode can take from an image, else ""
    suggests : a palette that suits the mode better than a classic one; "" suits any
    picture : made to be looked at rather than read off, so that glow and vignette suit it
    """

    key: ClassVar[str]
    title: ClassVar[str]
    help: ClassVar[str]
    ranged: ClassVar[str] = ""
    suggests: ClassVar[str] = ""
    picture: ClassVar[bool] = False

    @abstractmethod
    def channels_for(
        self, channels: Iterable[Channel], recipes: Mapping[str, Recipe]
    ) -> tuple[str, ...]:
        """Names of the channels that this mode can show, best first; () where it can't be used."""

    @abstractmethod
    def plan(self, scene: Scene, coloring: Coloring, rows: int) -> Plan:
        """What to do to each band of an image ``rows`` samples high; ranges must be fixed."""

    def channel(self, scene: Scene, coloring: Coloring) -> Channel:
        """The channel shown: the colouring's where this mode can show it, else the mode's choice.

        Raises
        ------
        ValueError   the mode can't be used here, or the scene has no such channel
        """
        if coloring.channel and scene.find(coloring.channel) is None:
            known = ", ".join(channel.name for channel in scene.channels)
            raise ValueError(
                f"there is no channel {coloring.channel!r} here; the channels are {known}"
            )
        names = self.channels_for(scene.channels, scene.recipes)
        if not names:
            raise ValueError(f"the colouring mode {self.key!r} has nothing to show here")
        chosen = scene.find(coloring.channel if coloring.channel in names else names[0])
        assert chosen is not None
        return chosen

    def settled(self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring) -> Coloring:
        """The colouring with its range fixed from this image, where it has none yet."""
        shown = self.channel(scene, coloring)
        if self.ranged == "levels" and coloring.levels is None:
            values = ranges.known_values(channels, shown)
            return replace(coloring, levels=ranges.robust_range(values, shown))
        return coloring

    def fixed(self, coloring: Coloring) -> bool:
        """True when no range is to be taken from the image."""
        if self.ranged == "knots":
            return bool(coloring.knots)
        return not self.ranged or coloring.levels is not None

    def curve_of(self, shown: Channel) -> str:
        """How levels are read: linear, log (of 1 + x), decades (log x) or near (1 at the lower)."""
        return "linear"

    def histogram(
        self, channels: Mapping[str, Array], scene: Scene, coloring: Coloring, bins: int
    ) -> ranges.Histogram:
        """Counts of the channel shown."""
        shown = self.channel(scene, coloring)
        values = ranges.known_values(channels, shown)
        return ranges.counted(values, self._shown_range(values, shown, coloring), bins, shown.name)

    def _shown_range(
        self, values: Array, shown: Channel, coloring: Coloring
    ) -> tuple[float, float]:
        if self.ranged == "levels" and coloring.levels is not None:
            return coloring.levels
        if self.ranged == "knots" and coloring.knots:
            return ranges.widened(coloring.knots[0], coloring.knots[-1], shown)
        if shown.kind is ChannelKind.ANGLE:
            return (-float(np.pi), float(np.pi))
        return ranges.robust_range(values, shown)


def names_of(channels: Iterable[Channel], *kinds: ChannelKind) -> tuple[str, ...]:
    """Names of the channels of these kinds, in the order of the kinds."""
    listed = tuple(channels)
    return tuple(channel.name for kind in kinds for channel in listed if channel.kind is kind)
