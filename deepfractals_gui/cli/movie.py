"""``deepfractals movie``: an MP4 that zooms in on a point."""

from __future__ import annotations

import argparse
import dataclasses
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.progress import ProgressLine, duration, label
from deepfractals_gui.core import CancelFlag

if TYPE_CHECKING:
    from deepfractals_gui.export.movies import Movie
    from deepfractals_gui.export.numbered import NumberedFrames

NAME = "movie"
SUMMARY = "make a zoom movie (MP4), or one of numbered pictures"
DESCRIPTION = textwrap.dedent(
    """\
    Zoom from one width to another at a constant rate with eased ends, around one centre.

    Frames are resampled from keyframes, and the colours are fixed over the clip, or with
    '--levels keyframes' each keyframe's own, blended on the way to the next. At the end one line
    states the points computed against N, the number of distinct points the zoom shows.

    With --frames, and without a System, the numbered PNGs of a folder are encoded in the order of
    their numbers, such as those that 'deepfractals zoom' writes."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals movie forward_pass --center 1.1 0.4 --width-from 5 --width-to 1e-6 -o zoom.mp4
      deepfractals movie picture.png --width-from 5 --width-to 1e-3 --seconds 20 -o zoom.mp4
      deepfractals movie --frames deep --fps 10 -o deep.mp4"""
)
DEFAULT_SHAPE = (720, 1280)
DEFAULT_SECONDS = 10.0
DEFAULT_FPS = 30
DEFAULT_QUALITY = "good"
_NOT_WITH_FRAMES = (
    "subject", "preset", "settings", "center", "size", "width_from", "width_to", "seconds",
    "levels", "threads", "palette", "mode", "colors", "supersample",
)  # fmt: skip


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE, optional=True)
    parser.add_argument(
        "--frames", metavar="DIR", type=Path, help="encode this folder's numbered PNGs instead"
    )
    for end, word in (("from", "at the start"), ("to", "at the end")):
        parser.add_argument(
            f"--width-{end}",
            metavar="A" if end == "from" else "B",
            type=reading.width,
            help=f"the view's width {word}, in plane units",
        )
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=reading.within(0.1, 3600.0, " seconds"),
        help=f"length of the clip; by default {DEFAULT_SECONDS:g}",
    )
    parser.add_argument(
        "--fps",
        metavar="F",
        type=reading.whole(1, 120),
        default=DEFAULT_FPS,
        help=f"frames per second; by default {DEFAULT_FPS}",
    )
    parser.add_argument(
        "--quality",
        metavar="Q",
        default=DEFAULT_QUALITY,
        help=f"draft, good or best; by default {DEFAULT_QUALITY}",
    )
    parser.add_argument(
        "--levels",
        metavar="L",
        help="fixed: one range of the colours for the clip; keyframes: each keyframe's own, blended"
        " in between, which is the default where ranks on either side of a boundary are shown",
    )
    picture.add_threads(parser)
    parser.add_argument(
        "-o", "--output", metavar="OUT.mp4", type=Path, required=True, help="the movie"
    )
    picture.add_colouring(parser)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.export.movies import Movie, suited_levels

    if options.frames is not None:
        return _plan_frames(options)
    missing = [
        name
        for name, value in (
            ("SYSTEM|FILE", options.subject),
            ("--width-from", options.width_from),
            ("--width-to", options.width_to),
        )
        if value is None
    ]
    if missing:
        raise ValueError(
            f"the following arguments are required: {', '.join(missing)}, or --frames alone "
            "(see deepfractals movie --help)"
        )
    options.width = options.width_to
    options.size = options.size or DEFAULT_SHAPE
    document = picture.document_of(options)
    end, shape = document.viewport, document.shape
    assert end is not None
    assert shape is not None
    assert document.coloring is not None
    movie = Movie(
        document=document,
        start=dataclasses.replace(end, width=options.width_from),
        seconds=options.seconds or DEFAULT_SECONDS,
        fps=options.fps,
        shape=shape,
        quality=options.quality,
        levels=options.levels or suited_levels(document.key, document.params, document.coloring),
    )
    # Looked at now, because a clip that begins where it ends has no way to go.
    movie.way  # noqa: B018
    picture.check_target(options.output, ".mp4")
    narrow = dataclasses.replace(end, width=min(options.width_from, options.width_to))
    picture.warn_of_precision(narrow, shape)
    return lambda flag: _work(movie, options.output, options.threads, flag)


def _plan_frames(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    from deepfractals_gui.export.numbered import numbered_frames

    given = vars(options)
    for name in _NOT_WITH_FRAMES:
        if given[name] not in (None, []):
            raise ValueError(f"--frames takes the pictures as they are: it excludes {_said(name)}")
    frames = numbered_frames(options.frames, options.quality)
    picture.check_target(options.output, ".mp4")
    return lambda flag: _encode(frames, options.output, options.fps, flag)


def _said(name: str) -> str:
    words = {"subject": "SYSTEM|FILE", "settings": "--set", "colors": "--color"}
    return words.get(name, "--" + name.replace("_", "-"))


def _encode(frames: NumberedFrames, output: Path, fps: int, flag: CancelFlag) -> None:
    from deepfractals_gui.export.numbered import export_numbered

    with ProgressLine(f"encoding {len(frames.paths)} pictures") as line:
        export_numbered(frames, output, fps, progress=line.update, cancel=flag)
    count = len(frames.paths)
    sys.stdout.write(f"{output}: {count} frames, {count / fps:.1f} s\n")


def _work(movie: Movie, output: Path, threads: int | None, flag: CancelFlag) -> None:
    from deepfractals_gui.export.movies import export_movie
    from deepfractals_gui.render import Renderer
    from deepfractals_gui.session.preferences import sample_cache

    with (
        closing(Renderer(threads, disk=sample_cache())) as renderer,
        ProgressLine(label(f"filming {movie.document.key}")) as line,
    ):
        report = export_movie(movie, output, renderer=renderer, progress=line.update, cancel=flag)
    sys.stdout.write(
        f"{output}: {report.frames} frames in {duration(report.seconds)}, "
        f"{report.points:,} points computed = {report.points / report.bound:.2f} N, "
        f"N = {report.bound:,.0f}\n"
    )
