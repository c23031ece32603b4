"""Zoom clips on the disk: an MP4, or the frames as numbered PNGs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from deepfractals_gui.core import Array, CancelFlag
from deepfractals_gui.export.clip import (
    LEVELS,
    QUALITIES,
    Clip,
    Movie,
    MovieReport,
    Quality,
    suited_levels,
)
from deepfractals_gui.export.clip_colors import clip_coloring
from deepfractals_gui.export.png import write_picture
from deepfractals_gui.export.progress import Progress
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.documents import complete
from deepfractals_gui.session.files import (
    FileError,
    atomic_path,
    atomic_write,
    file_error,
    shown,
)
from deepfractals_gui.session.png_text import KEYWORD
from deepfractals_gui.session.strict_json import JsonError, parse

__all__ = [
    "FRAME_NAME",
    "LEVELS",
    "QUALITIES",
    "Movie",
    "MovieReport",
    "Quality",
    "clip_coloring",
    "export_frames",
    "export_movie",
    "suited_levels",
]

FRAME_NAME = "frame_{:06d}.png"
"""Name of a frame's file; the first is number 1."""
_MANIFEST = "movie.json"
_WAITING = 3
"""Painted frames that may wait for the encoder."""


def export_movie(
    movie: Movie,
    path: Path,
    *,
    renderer: Renderer,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> MovieReport:
    """Make a clip and write it as an MP4 (H.264, BT.709).

    The file is written beside its target, opened again, its frames counted, and renamed.

    Raises
    ------
    ValueError   the clip begins where it ends, or the colouring can't be used
    FileError    the file can't be written
    Cancelled    the flag went up; the old file stays
    """
    from deepfractals_gui.export.encode import VideoWriter, count_frames

    began = time.perf_counter()
    flag = cancel or CancelFlag()
    quality = QUALITIES[movie.quality]
    with atomic_path(path) as part:
        clip = Clip(movie, renderer, progress, flag)
        with (
            VideoWriter(part, movie.shape, movie.fps, quality.crf, quality.preset) as writer,
            _Writing() as writing,
        ):
            for _, _, rgb in clip.paint(range(movie.frames)):
                writing.put(writer.write, rgb[::-1])
        flag.check()
        found = count_frames(part)
        if found != movie.frames:
            raise FileError(
                f"{shown(path)} can't be written: only {found} of {movie.frames} frames arrived"
            )
    clip.progress(1.0)
    return clip.report(time.perf_counter() - began)


def export_frames(
    movie: Movie,
    folder: Path,
    *,
    renderer: Renderer,
    resume: bool = False,
    progress: Progress | None = None,
    cancel: CancelFlag | None = None,
) -> MovieReport:
    """Make a clip and write its frames as PNGs, ``frame_000001.png`` and so on.

    Each frame is written whole or not at all and carries a document of its own; the file
    ``movie.json`` beside them says which clip they belong to.

    Parameters
    ----------
    folder : made when it doesn't exist; its parent must
    resume : go on with an interrupted export of the same clip: frames that are there stay

    Raises
    ------
    ValueError   the clip begins where it ends, or the colouring can't be used
    FileError    the folder or a file can't be written, or it holds other frames
    Cancelled    the flag went up; the frames written so far stay
    """
    began = time.perf_counter()
    flag = cancel or CancelFlag()
    manifest = _manifest(movie)
    _claim(folder, manifest, resume)
    clip = Clip(movie, renderer, progress, flag)
    missing = [i for i in range(movie.frames) if not _frame_path(folder, i).is_file()]
    with _Writing() as writing:
        for index, view, rgb in clip.paint(missing):
            text = clip.frame_document(view).to_json()
            path = _frame_path(folder, index)

            def write(rgb: Array, path: Path = path, text: str = text) -> None:
                with atomic_write(path) as file:
                    write_picture(file, rgb, {KEYWORD: text})

            writing.put(write, rgb[::-1])
    flag.check()
    clip.progress(1.0)
    return clip.report(time.perf_counter() - began)


def _frame_path(folder: Path, index: int) -> Path:
    return folder / FRAME_NAME.format(index + 1)


def _manifest(movie: Movie) -> dict[str, Any]:
    """What tells one clip's frames from another's."""
    start = movie.start
    # Only where it was chosen: clips begun before there was a choice can be continued.
    chosen = {} if movie.levels == "fixed" else {"levels": movie.levels}
    return {
        **chosen,
        "deepfractals_movie": 1,
        "document": json.loads(complete(movie.document).to_json()),
        "start": {"x": str(start.x), "y": str(start.y), "width": start.width},
        "seconds": movie.seconds,
        "fps": movie.fps,
        "shape": list(movie.shape),
        "quality": movie.quality,
    }


def _claim(folder: Path, manifest: dict[str, Any], resume: bool) -> None:
    """Make sure that the folder may take this clip's frames, and note in it whose they are."""
    path = folder / _MANIFEST
    try:
        folder.mkdir(exist_ok=True)
        held = any(folder.glob("frame_*.png"))
        text = path.read_bytes() if path.is_file() else None
    except OSError as error:
        raise file_error(folder, error) from None
    try:
        same = text is not None and parse(text) == manifest
    except JsonError:
        same = False
    if held and not same:
        raise FileError(f"{shown(folder)} holds the frames of another clip; choose an empty folder")
    if held and not resume:
        raise FileError(
            f"{shown(folder)} holds frames of this clip already; continue it, or choose an empty "
            "folder"
        )
    if not same:
        with atomic_write(path) as file:
            file.write(json.dumps(manifest, indent=1).encode("utf-8"))


class _Writing:
    """One thread that writes while the next frames are painted."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "encode")
        self._pending: list[Future[None]] = []

    def __enter__(self) -> _Writing:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is not None:
            for job in self._pending:
                job.cancel()
        self._thread.shutdown(wait=True)
        if kind is None:
            for job in self._pending:
                job.result()

    def put(self, write: Callable[[Array], None], rgb: Array) -> None:
        self._pending.append(self._thread.submit(write, rgb))
        while len(self._pending) > _WAITING:
            self._pending.pop(0).result()
