"""Turning a colouring to another mode, with the palette and the lens that suit it."""

from __future__ import annotations

from dataclasses import replace

from deepfractals_gui.coloring.modes import mode_of
from deepfractals_gui.coloring.palette import Palette
from deepfractals_gui.coloring.palettes import palette
from deepfractals_gui.core import Coloring


def suited(coloring: Coloring, key: str, default: Coloring | None = None) -> Coloring:
    """The colouring turned to another mode, with what suits that one.

    Channel and range of the old mode are dropped. A mode that names or measures things gets a
    palette that suits it, no glow and no vignette, which would change its colours; a picture gets
    them back, and the palette of ``default``.

    Raises
    ------
    ValueError   there is no such mode
    """
    mode = mode_of(replace(coloring, mode=key))
    old = mode_of(coloring)
    turned = replace(coloring, mode=key, channel="", levels=None, knots=())
    default = default or Coloring()
    if mode.picture and not old.picture:
        turned = replace(turned, glow=default.glow, vignette=default.vignette)
    elif old.picture and not mode.picture:
        turned = replace(turned, glow=0.0, vignette=0.0)
    shown = palette(coloring.palette)
    if mode.suggests:
        wanted = palette(mode.suggests)
        alike = shown.centred or shown.family == wanted.family
        if not alike or shown.centred != wanted.centred:
            turned = replace(turned, palette=wanted.key, reverse=False)
    elif _belongs_to_a_mode(shown):
        plain = Coloring() if _belongs_to_a_mode(palette(default.palette)) else default
        turned = replace(turned, palette=plain.palette, reverse=plain.reverse)
    return turned


def _belongs_to_a_mode(shown: Palette) -> bool:
    """True for a palette that misleads where its mode doesn't ask for it."""
    return shown.family in ("cyclic", "categorical") or shown.centred
