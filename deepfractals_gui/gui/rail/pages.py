"""The pages of the window, in the order of the rail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PageSpec:
    """A page: its key, what the rail says and shows, and the sentence of its tooltip."""

    key: str
    title: str
    icon: str
    tooltip: str


PAGES: tuple[PageSpec, ...] = (
    PageSpec("explore", "Explore", "explore", "Look at every system: zoom, recolour, inspect"),
    PageSpec("lab", "Lab", "lab", "Build a network, train it and see inside it"),
    PageSpec("field", "Field", "field", "Draw a digit and watch a complex field settle on it"),
    PageSpec("atlas", "Atlas", "atlas", "Watch a model learn a book as a function of one number"),
)
"""A new page costs a line here and its builder, under the same key, in the window."""
