"""Evolutions of the neural field on the disk: a strip of chosen steps, a film of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array, CancelFlag
from deepfractals_gui.experiments.field_views import Evolution, painted, scales
from deepfractals_gui.export.clip import MAX_SIDE, MIN_SIDE, QUALITIES
from deepfractals_gui.export.png import write_picture
from deepfractals_gui.export.progress import Progress
from deepfractals_gui.session.files import FileError, atomic_path, atomic_write, shown

ZOOM = 8
"""Pixels along a point's side, unless others are asked for."""
_GAP = 4
_BETWEEN = 40
"""The grey between pictures, which are black where the field is 0."""
_LARGEST = 16384
_QUALITY = "best"
_HOLD_SECONDS = 1


def _pair(
    of: Evolution, step: int, channel: int | None, zoom: int, scale: tuple[float, float]
) -> tuple[Array, Array]:
    upper, lower = (
        one.repeat(zoom, axis=0).repeat(zoom, axis=1) for one in painted(of, step, channel, scale)
    )
    return upper, lower


def strip_shape(height: int, width: int, count: int, zoom: int) -> tuple[int, int]:
    """The shape of a strip of so many steps. Raises ValueError where it can't be made."""
    if count < 1:
        raise ValueError("a strip shows one step or more")
    h = 2 * zoom * height + _GAP
    w = count * (zoom * width + _GAP) - _GAP
    if max(h, w) > _LARGEST:
        raise ValueError(f"a strip of {w} x {h} pixels is too large; ask for less zoom or steps")
    return h, w


def film_shape(height: int, width: int, zoom: int) -> tuple[int, int]:
    """The shape of a film's frames, of even sides. Raises ValueError where it can't be made."""
    h, w = zoom * height + zoom * height % 2, 2 * zoom * width + _GAP
    if not (min(h, w) >= MIN_SIDE and max(h, w) <= MAX_SIDE):
        raise ValueError(f"a film of {w} x {h} pixels can't be made; change the zoom")
    return h, w


def strip(
    of: Evolution, steps: Sequence[int], channel: int | None = None, zoom: int = ZOOM
) -> Array:
    """Chosen steps beside each other, magnitude above and phase below: uint8 (h, w, 3).

    Raises
    ------
    ValueError   there are no steps, or the picture would be too large
    """
    height, width = of.frames.shape[-2:]
    picture = np.full((*strip_shape(height, width, len(steps), zoom), 3), _BETWEEN, np.uint8)
    scale = scales(of, channel)
    for number, step in enumerate(steps):
        left = number * (zoom * width + _GAP)
        upper, lower = _pair(of, step, channel, zoom, scale)
        picture[: zoom * height, left : left + zoom * width] = upper
        picture[-zoom * height :, left : left + zoom * width] = lower
    return picture


def save_strip(
    of: Evolution, path: Path, steps: Sequence[int], channel: int | None = None, zoom: int = ZOOM
) -> None:
    """Write `strip` as a PNG. Raises FileError, and ValueError as it does."""
    picture = strip(of, steps, channel, zoom)
    with atomic_write(path) as file:
        write_picture(file, picture, {})


def film_frame(
    of: Evolution, step: int, channel: int | None, zoom: int, scale: tuple[float, float]
) -> Array:
    """Magnitude and phase beside each other, with sides that are even: uint8 (h, w, 3)."""
    left, right = _pair(of, step, channel, zoom, scale)
    height, width = left.shape[:2]
    rows, columns = of.frames.shape[-2:]
    shape = film_shape(rows, columns, zoom)
    picture = np.full((*shape, 3), _BETWEEN, np.uint8)
    picture[:height, :width] = left
    picture[:height, width + _GAP :] = right
    return picture


def export_film(
    of: Evolution,
    path: Path,
    *,
    channel: int | None = None,
    zoom: int = ZOOM,
    fps: int = 10,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> int:
    """Write an MP4 of all steps, whose last one stays for a second; the number of frames.

    Raises
    ------
    ValueError   the picture would be too small or too large for a film
    FileError    the movie can't be written
    Cancelled    the flag went up; the old file stays
    """
    from deepfractals_gui.export.encode import VideoWriter, count_frames

    flag = cancel or CancelFlag()
    quality = QUALITIES[_QUALITY]
    rows, columns = of.frames.shape[-2:]
    shape = film_shape(rows, columns, zoom)
    scale = scales(of, channel)
    count = len(of.frames) + _HOLD_SECONDS * fps
    with atomic_path(path) as part:
        with VideoWriter(part, shape, fps, quality.crf, quality.preset) as writer:
            for number in range(count):
                flag.check()
                writer.write(film_frame(of, number, channel, zoom, scale))
                if progress is not None:
                    progress((number + 1) / count)
        flag.check()
        arrived = count_frames(part)
        if arrived != count:
            raise FileError(
                f"{shown(path)} can't be written: only {arrived} of {count} frames arrived"
            )
    return count
