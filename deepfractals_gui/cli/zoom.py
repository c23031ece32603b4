"""``deepfractals zoom``: ever narrower views of one point, each computed anew."""

from __future__ import annotations

import argparse
import dataclasses
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.progress import ProgressLine, label
from deepfractals_gui.core import CancelFlag, Document
from deepfractals_gui.core.viewport import MIN_WIDTH, SAFE_ULPS
from deepfractals_gui.session.folders import Series

if TYPE_CHECKING:
    from deepfractals_gui.render import Renderer

NAME = "zoom"
SUMMARY = "write the levels of a zoom: numbered pictures and their samples"
DESCRIPTION = textwrap.dedent(
    """\
    Write a picture and the samples of one point's surroundings at every level of a zoom, each
    computed anew: level_0000.png, level_0000.npz and so on. Level 0 has the view's width.

    An interrupted zoom goes on where it was: levels that lie in the folder whole, and of this very
    zoom, stay. The zoom ends where float64 does: where a pixel would be narrower than 8 ulp.
    'deepfractals movie --frames DIR' makes a clip of the pictures."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals zoom forward_pass --center -0.976330589 0.0908567 --levels 30 -o deep
      deepfractals zoom error_flow --center 1.3 0.75 --width 0.5 --factor 1.5 --size 800 -o arm
      deepfractals movie --frames deep --fps 10 -o deep.mp4"""
)
DEFAULT_SHAPE = (512, 512)
DEFAULT_LEVELS = 50
DEFAULT_FACTOR = 2.0
LEVEL_NAME = "level_{:04d}"
NOTE = "zoom.json"


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE, square=True)
    picture.add_width(parser)
    parser.add_argument(
        "--levels",
        metavar="L",
        type=reading.whole(1, 9999),
        default=DEFAULT_LEVELS,
        help=f"how many, at most; by default {DEFAULT_LEVELS}",
    )
    parser.add_argument(
        "--factor",
        metavar="F",
        type=reading.within(1.001, 1000.0),
        default=DEFAULT_FACTOR,
        help=f"how much narrower each level is; by default {DEFAULT_FACTOR:g}",
    )
    picture.add_folder(parser)
    picture.add_threads(parser)
    picture.add_colouring(parser)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.export.samples import check_samples

    options.size = options.size or DEFAULT_SHAPE
    document = picture.document_of(options)
    check_samples(document)
    levels = _levels(document, options.levels, options.factor)
    series = _series(document, options.factor)
    series.check(options.output)
    picture.check_folder(options.output)
    return lambda flag: _work(levels, options.levels, series, options.output, options.threads, flag)


def _levels(document: Document, count: int, factor: float) -> list[Document]:
    """A document for each level, as far as float64 goes. Raises ValueError where that is none."""
    first = document.viewport
    assert first is not None
    assert document.shape is not None
    levels = []
    for level in range(count):
        width = first.width / factor**level
        if width < MIN_WIDTH:
            raise ValueError(f"level {level} would be narrower than {MIN_WIDTH:g}; ask for fewer")
        view = dataclasses.replace(first, width=width)
        if view.pixel_ulps(document.shape) < SAFE_ULPS:
            break
        levels.append(dataclasses.replace(document, viewport=view))
    if not levels:
        ulps = first.pixel_ulps(document.shape)
        raise ValueError(
            f"float64 ends before the first level: a pixel is {ulps:.2g} ulp wide, and below "
            f"{SAFE_ULPS:g} a picture shows rounding"
        )
    return levels


def _series(document: Document, factor: float) -> Series:
    from deepfractals_gui.analysis.identity import params_identity, viewport_identity

    assert document.viewport is not None
    assert document.shape is not None
    assert document.coloring is not None
    return Series(
        NOTE,
        "level_*.*",
        "zoom",
        {
            "deepfractals_zoom": 1,
            "key": document.key,
            "params": params_identity(document.params),
            "view": viewport_identity(document.viewport),
            "factor": factor,
            "shape": list(document.shape),
            "coloring": document.coloring.to_json(),
        },
    )


def _work(
    levels: list[Document],
    wanted: int,
    series: Series,
    folder: Path,
    threads: int | None,
    flag: CancelFlag,
) -> None:
    from deepfractals_gui.render import Renderer

    series.claim(folder)
    with ProgressLine("looking at what is there") as line:
        missing = []
        for level, document in enumerate(levels):
            flag.check()
            if not _is_finished(document, folder / LEVEL_NAME.format(level)):
                missing.append((level, document))
            line.update((level + 1) / len(levels))
    with (
        closing(Renderer(threads)) as renderer,
        ProgressLine(label(f"zooming into {levels[0].key}")) as line,
    ):
        for done, (level, document) in enumerate(missing):

            def tell(fraction: float, done: int = done) -> None:
                line.update((done + fraction) / len(missing))

            _write(document, folder / LEVEL_NAME.format(level), renderer, tell, flag)
    kept = len(levels) - len(missing)
    if kept:
        say(f"note: {kept} of {len(levels)} levels were there already")
    if len(levels) < wanted:
        say(
            f"note: float64 ends at level {len(levels)}, where a pixel would be narrower than "
            f"{SAFE_ULPS:g} ulp; {len(levels)} of {wanted} levels are there"
        )


def _write(
    document: Document,
    stem: Path,
    renderer: Renderer,
    progress: Callable[[float], None],
    flag: CancelFlag,
) -> None:
    from deepfractals_gui.export.samples import export_samples
    from deepfractals_gui.export.stills import export_png, request_of

    # Rendered once: the renderer keeps it, and both files are written from what it keeps.
    renderer.render(request_of(document), progress=lambda part: progress(0.95 * part), cancel=flag)
    export_samples(document, stem.with_suffix(".npz"), renderer=renderer, cancel=flag)
    export_png(document, stem.with_suffix(".png"), renderer=renderer, cancel=flag)
    progress(1.0)


def _is_finished(document: Document, stem: Path) -> bool:
    """True where both files of a level are there, whole, and of this very view."""
    from deepfractals_gui.export.samples import holds_samples
    from deepfractals_gui.session.documents import DocumentError, read_document

    picture_path = stem.with_suffix(".png")
    if not (picture_path.is_file() and holds_samples(stem.with_suffix(".npz"), document)):
        return False
    try:
        # Every checksum of the PNG is compared on the way.
        found = read_document(picture_path)
    except DocumentError:
        return False
    # The picture's colouring has its range fixed; the folder's note tells which was asked for.
    return dataclasses.replace(found, coloring=document.coloring) == document
