"""The evolution of a field as files: a strip of chosen steps, a film of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array
from deepfractals_gui.gui.field.field_pictures import Colouring, strip_steps
from deepfractals_gui.session.files import atomic_path, atomic_write

FPS = 12
HELD = 12
"""Frames for which a film rests on its first and on its last step."""
FILM_SIDE = 448
"""Pixels of a film's two pictures, at least; a point is a whole number of them."""
_STRIP_SCALE = 4


def strip(colouring: Colouring, steps: list[int] | None = None) -> Array:
    """Chosen steps side by side, magnitudes above phases: uint8 (H, W, 3)."""
    chosen = strip_steps(len(colouring.evolution.frames)) if steps is None else steps
    parts: list[Array] = []
    for step in chosen:
        picture = colouring.pair(step, _STRIP_SCALE)
        if parts:
            parts.append(np.zeros((len(picture), _STRIP_SCALE, 3), np.uint8))
        parts.append(picture)
    return np.concatenate(parts, axis=1)


def film_frame(colouring: Colouring, step: int) -> Array:
    """Magnitude and phase side by side, uint8 (H, W, 3) with even sides, as films need them."""
    pictures = [colouring.magnitude(step), colouring.phase(step)]
    scale = max(1, -(-FILM_SIDE // max(pictures[0].shape[:2])))
    scale += scale % 2
    large = [one.repeat(scale, 0).repeat(scale, 1) for one in pictures]
    between = np.zeros((len(large[0]), scale, 3), np.uint8)
    return np.concatenate([large[0], between, large[1]], axis=1)


def write_strip(colouring: Colouring, path: Path) -> None:
    """Write a PNG. Raises OSError."""
    from deepfractals_gui.export.png import write_picture

    with atomic_write(path) as file:
        write_picture(file, strip(colouring), {})


def write_film(colouring: Colouring, path: Path) -> None:
    """Write an MP4 of every step. Raises OSError: it can't be written or encoded."""
    from deepfractals_gui.export.encode import VideoWriter

    last = len(colouring.evolution.frames) - 1
    steps = [0] * HELD + list(range(1, last)) + [last] * HELD
    shape = film_frame(colouring, 0).shape[:2]
    with (
        atomic_path(path) as part,
        VideoWriter(part, (shape[0], shape[1]), FPS, 14, "fast") as film,
    ):
        for step in steps:
            film.write(film_frame(colouring, step))
