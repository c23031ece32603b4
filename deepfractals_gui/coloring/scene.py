"""What is looked at: the channels of a picture and the recipes that belong to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from deepfractals_gui.core import Channel, ChannelKind, Recipe, Status


@dataclass(frozen=True)
class Scene:
    """The channels of a System (or of an Experiment's picture) and its recipes by mode.

    ``statuses`` are those that can occur, for the legend; () stands for all.
    """

    channels: tuple[Channel, ...]
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    statuses: tuple[Status, ...] = ()

    def find(self, name: str) -> Channel | None:
        """The channel of that name."""
        return next((channel for channel in self.channels if channel.name == name), None)

    def first(self, *kinds: ChannelKind) -> Channel | None:
        """The first channel of the first of these kinds that there is."""
        for kind in kinds:
            for channel in self.channels:
                if channel.kind is kind:
                    return channel
        return None


def status_mask(channel: Channel) -> int:
    """A bit per status at which the channel means something; never that of PENDING."""
    if channel.defined_for is None:
        return 0xFFFFFFFE
    return sum(1 << int(status) for status in channel.defined_for) & 0xFFFFFFFE
