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
)
"""A new page costs a line here and a widget of the same key in the window's ``pages``."""
