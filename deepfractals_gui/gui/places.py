"""A place of the plane as text, to be copied and pasted."""

from __future__ import annotations

import re

from deepfractals_gui.core import Viewport

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PLACE = re.compile(rf"({_NUMBER})[\s,;]+({_NUMBER})(?:[\s,;]+({_NUMBER}))?")
_NAMES = re.compile(r"(?:center|centre|width|x|y)\s*[=:]?\s*", re.IGNORECASE)


def place_text(viewport: Viewport) -> str:
    """Centre and width in full, such as ``-1.25 0.03 width 1e-05``."""
    return f"{viewport.x} {viewport.y} width {viewport.width!r}"


def parse_place(text: str, now: Viewport) -> Viewport:
    """Read ``x y`` or ``x y width``, with or without commas and names.

    Raises
    ------
    ValueError   the text isn't that
    """
    plain = _NAMES.sub(" ", text.replace("\N{MINUS SIGN}", "-")).strip()
    found = _PLACE.fullmatch(plain)
    if found is None:
        shown = " ".join(text.split())
        shown = shown if len(shown) <= 60 else shown[:57] + "…"
        raise ValueError(f"{shown!r} is not a place such as -1.25 0.03 or -1.25 0.03 width 1e-5")
    width = float(found[3]) if found[3] else now.width
    return Viewport.at(found[1], found[2], width)
