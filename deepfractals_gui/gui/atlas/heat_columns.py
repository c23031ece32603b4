"""Columns as high and as coloured as a text is right, as pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor, QImage

from deepfractals_gui.core import Array
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import Theme

_HATCH = 6
"""Pixels between the lines of what hasn't been read."""
_SWATCH = 46


def columns(accuracy: Array, unread: Array, tall: int, colors: Theme) -> Array:
    """Columns as high and as coloured as they are right: uint8 (tall, M, 3).

    Parameters
    ----------
    accuracy, unread : (M,) in [0, 1]; accuracy is NaN where nothing has been read
    """
    count = len(accuracy)
    known = np.where(np.isfinite(accuracy), accuracy, 0.0)
    rows = np.arange(tall - 1, -1, -1)[:, np.newaxis]
    ground = _rgb(colors.color("field"))
    picture: Array = np.empty((tall, count, 3), np.uint8)
    picture[:] = ground
    # Something of a column is always seen, however wrong it is.
    least = max(tall // 12, 2)
    filled = rows < np.maximum(np.round(known * tall), least)
    shades = ramp(known, colors)
    picture[:] = np.where(filled[..., np.newaxis], shades, picture)
    hatched = ((rows + np.arange(count)) % _HATCH == 0) & (unread > 0.5)
    faint = _rgb(colors.color("faint"))
    none = unread > 0.5
    picture[:, none] = ground
    picture[hatched] = faint
    return picture


def ramp(accuracy: Array, colors: Theme) -> Array:
    """The colour of each accuracy (M,): uint8 (M, 3), from danger over warning to the accent."""
    stops = np.stack([_rgb(colors.color(name)) for name in ("danger", "warning", "accent")])
    places = (0.0, 0.6, 1.0)
    parts = [np.interp(accuracy, places, stops[:, channel]) for channel in range(3)]
    found: Array = np.round(np.stack(parts, axis=-1)).astype(np.uint8)
    return found


@lru_cache(maxsize=4)
def swatches(tall: int, colors: Theme) -> tuple[QImage, QImage]:
    """What a legend shows: from wrong to right, and unread."""
    known = columns(np.linspace(0, 1, _SWATCH), np.zeros(_SWATCH), tall, colors)
    unread = columns(np.full(22, np.nan), np.ones(22), tall, colors)
    return image_of(known), image_of(unread)


def _rgb(color: QColor) -> Array:
    return np.array([color.red(), color.green(), color.blue()], np.uint8)
