"""A folder's numbered PNGs, as a movie."""

from __future__ import annotations

import io
import re
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deepfractals_gui.core import Array, CancelFlag
from deepfractals_gui.export.clip import MAX_SIDE, MIN_SIDE, QUALITIES
from deepfractals_gui.export.png import SIGNATURE
from deepfractals_gui.export.progress import Progress
from deepfractals_gui.session.files import FileError, atomic_path, cause, one_line, shown
from deepfractals_gui.session.png_text import PngError, read_text

MOST_FRAMES = 432_000
"""An hour at 120 frames a second."""
_NUMBERED = re.compile(r"(.*?)(\d{1,18})\.png", re.IGNORECASE)
_LARGEST_FILE = 1 << 30


@dataclass(frozen=True)
class NumberedFrames:
    """PNG files of one shape (H, W), in the order of their numbers."""

    paths: tuple[Path, ...]
    shape: tuple[int, int]
    quality: str


def numbered_frames(folder: Path, quality: str) -> NumberedFrames:
    """Find a folder's numbered PNGs, such as ``level_0000.png``; only their headers are read.

    Raises
    ------
    ValueError   the quality is unknown; the folder has no such files, or of several series; a
        number is there twice; a file is no PNG; the sizes differ, are odd or out of range
    OSError      the folder or a file can't be read
    """
    if quality not in QUALITIES:
        raise ValueError(f"the quality must be one of {', '.join(QUALITIES)}, not {quality[:40]!r}")
    found: dict[int, Path] = {}
    series: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _NUMBERED.fullmatch(path.name)
        if match is None:
            continue
        number = int(match[2])
        series.setdefault(match[1], path)
        if len(series) > 1:
            one, other = (member.name for member in series.values())
            raise ValueError(
                one_line(f"{shown(folder)} holds pictures of two series, such as {one} and {other}")
            )
        if number in found:
            raise ValueError(
                one_line(f"{shown(folder)}: {found[number].name} and {path.name} have one number")
            )
        found[number] = path
    if not found:
        raise ValueError(f"{shown(folder)} holds no numbered PNGs such as level_0000.png")
    if len(found) > MOST_FRAMES:
        raise ValueError(f"{shown(folder)} holds {len(found)} pictures; at most {MOST_FRAMES} fit")
    paths = tuple(found[number] for number in sorted(found))
    return NumberedFrames(paths, _common_shape(paths), quality)


def export_numbered(
    frames: NumberedFrames,
    path: Path,
    fps: int,
    *,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> None:
    """Encode the pictures as an MP4 (H.264, BT.709), one a frame.

    Raises
    ------
    FileError   a picture can't be read or has changed its size; the movie can't be written
    Cancelled   the flag went up; the old file stays
    """
    from deepfractals_gui.export.encode import VideoWriter, count_frames

    flag = cancel or CancelFlag()
    quality = QUALITIES[frames.quality]
    with atomic_path(path) as part:
        with VideoWriter(part, frames.shape, fps, quality.crf, quality.preset) as writer:
            for number, picture in enumerate(frames.paths, start=1):
                flag.check()
                writer.write(_pixels(picture, frames.shape))
                if progress is not None:
                    progress(number / len(frames.paths))
        flag.check()
        arrived = count_frames(part)
        if arrived != len(frames.paths):
            raise FileError(
                f"{shown(path)} can't be written: only {arrived} of {len(frames.paths)} frames "
                "arrived"
            )


def _common_shape(paths: tuple[Path, ...]) -> tuple[int, int]:
    shape = _shape(paths[0])
    height, width = shape
    if not (MIN_SIDE <= height <= MAX_SIDE and MIN_SIDE <= width <= MAX_SIDE):
        raise ValueError(
            f"{paths[0].name}: a movie's sides must be within [{MIN_SIDE}, {MAX_SIDE}], not "
            f"{width}x{height}"
        )
    if height % 2 or width % 2:
        raise ValueError(f"{paths[0].name}: a movie's sides must be even, not {width}x{height}")
    for path in paths[1:]:
        other = _shape(path)
        if other != shape:
            raise ValueError(
                one_line(
                    f"all pictures must be of one size: {paths[0].name} is {width}x{height}, "
                    f"{path.name} {other[1]}x{other[0]}"
                )
            )
    return shape


def _shape(path: Path) -> tuple[int, int]:
    with open(path, "rb") as file:
        head = file.read(24)
    if len(head) < 24 or head[:8] != SIGNATURE or head[12:16] != b"IHDR":
        raise ValueError(one_line(f"{shown(path)} is not a PNG"))
    width, height = struct.unpack(">II", head[16:24])
    return height, width


def _pixels(path: Path, shape: tuple[int, int]) -> Array:
    """Uint8 (H, W, 3), the upper row first."""
    import av

    try:
        # Through a file object: names with a % would be taken for patterns.
        with open(path, "rb") as file:
            content = file.read(_LARGEST_FILE)
        # Compares every checksum: the decoder fills what is missing with black.
        read_text(io.BytesIO(content))
        with av.open(io.BytesIO(content), "r", format="png_pipe") as container:
            rgb = next(container.decode(video=0)).to_ndarray(format="rgb24")
    except (PngError, av.error.FFmpegError, StopIteration, IndexError):
        raise FileError(one_line(f"{shown(path)} can't be read: it is damaged")) from None
    except OSError as error:
        raise FileError(one_line(f"{shown(path)} can't be read: {cause(error)}")) from None
    if rgb.shape[:2] != shape:
        raise FileError(one_line(f"{shown(path)} has changed its size"))
    return np.asarray(rgb)
