"""``deepfractals dimension``: how rough the boundary between two outcomes is."""

from __future__ import annotations

import argparse
import json
import math
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.progress import ProgressLine, label
from deepfractals_gui.core import CancelFlag

if TYPE_CHECKING:
    from deepfractals_gui.analysis import Dimension, Study

NAME = "dimension"
SUMMARY = "measure the fractal dimension of the boundary between two outcomes"
DESCRIPTION = textwrap.dedent(
    """\
    Measure the box-counting dimension of the boundary between a System's two outcomes.

    Points of the boundary are found by bisection along random rays of the view, the view is zoomed
    x2 a level about each, and the result is the median over these paths with its inter-quartile
    range: which point one zooms into matters more than the error of any one fit.

    published  as arXiv:2402.06184: the median of all local slopes of all frames of a path, from 10
               box edges between 10 pixels and the whole frame, of boxes not wholly boundary
    dyadic     least squares over box edges 2, 4, 8, ..., with its standard error

    At 1024 pixels they give 1.00 and 1.02 for a straight line, 1.20 and 1.26 for Koch's curve
    (theory 1.26), 1.93 and 1.88 for Sierpinski's carpet (theory 1.89). At 128 pixels, the default,
    the published estimator reads low: straight lines of all directions have a median of 0.86, and
    1.01 by the dyadic one. Compare its results at 128 with each other, or raise --size."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals dimension error_flow
      deepfractals dimension forward_pass --paths 12 --levels 20 --size 256 --csv levels.csv
      deepfractals dimension picture.png --estimator dyadic --frames measured --json"""
)
DEFAULT_SHAPE = (128, 128)
DEFAULT_PATHS = DEFAULT_LEVELS = 8


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE, square=True)
    picture.add_width(parser)
    parser.add_argument(
        "--paths",
        metavar="N",
        type=reading.whole(2, 999),
        default=DEFAULT_PATHS,
        help=f"points of the boundary to zoom into; by default {DEFAULT_PATHS}",
    )
    parser.add_argument(
        "--levels",
        metavar="L",
        type=reading.whole(1, 999),
        default=DEFAULT_LEVELS,
        help=f"frames of each, x2 a frame; by default {DEFAULT_LEVELS}",
    )
    parser.add_argument(
        "--estimator", metavar="E", default="published", help="published (the default) or dyadic"
    )
    parser.add_argument(
        "--boxes",
        nargs=2,
        metavar=("LOW", "HIGH"),
        type=reading.whole(1, 8191),
        help="box edges that the dyadic fit spans, in pixels; by default 2 to a quarter of the "
        "frame",
    )
    picture.add_seed(parser, "rays")
    parser.add_argument(
        "--frames",
        metavar="DIR",
        type=Path,
        help="keep every finished frame in this folder, and go on from those that are there",
    )
    parser.add_argument(
        "--csv", metavar="OUT.csv", type=Path, help="a table with one row for each level"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    picture.add_threads(parser)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.analysis import Study

    options.size = options.size or DEFAULT_SHAPE
    document = picture.document_of(options)
    assert document.viewport is not None
    if options.boxes is not None and options.estimator == "published":
        raise ValueError("--boxes belongs to the dyadic estimator; the published one has its own")
    study = Study(
        document.key,
        document.params,
        document.viewport,
        paths=options.paths,
        levels=options.levels,
        size=options.size[0],
        seed=options.seed,
        estimator=options.estimator,
        fit=None if options.boxes is None else tuple(options.boxes),
    )
    if options.frames is not None:
        study.series.check(options.frames)
    if options.csv is not None:
        picture.check_target(options.csv, ".csv")
    return lambda flag: _work(study, options, flag)


def _work(study: Study, options: argparse.Namespace, flag: CancelFlag) -> None:
    from deepfractals_gui.analysis import measure_dimension
    from deepfractals_gui.analysis.table import as_json, write_csv
    from deepfractals_gui.render import Renderer

    with (
        closing(Renderer(options.threads)) as renderer,
        ProgressLine(label(f"measuring {study.key}")) as line,
    ):
        result = measure_dimension(
            study, renderer, folder=options.frames, progress=line.update, cancel=flag
        )
    if options.csv is not None:
        write_csv(options.csv, result)
    for path in result.paths:
        if path.ended is not None:
            say(
                f"note: path {path.number} stops before level {path.ended}, where a pixel would "
                "be narrower than 8 ulp: float64 ends there"
            )
    if options.json:
        sys.stdout.write(json.dumps(as_json(result), allow_nan=False) + "\n")
    else:
        sys.stdout.write(_text(result))
    if result.counted < result.fewest:
        say("note: no dimension: fewer than two paths have boxes enough; try a larger --size")


def _text(result: Dimension) -> str:
    study = result.study
    lines = []
    for path in result.paths:
        error = "" if path.fit is None else f" ± {path.fit.error:.3f}"
        found = f"{path.dimension:.3f}{error}" if math.isfinite(path.dimension) else "none"
        lines.append(
            f"path {path.number} at {path.start.x} {path.start.y}: {len(path.frames)} levels, "
            f"dimension {found}"
        )
    how = "as published"
    if study.estimator == "dyadic":
        fits = [path.fit for path in result.paths if path.fit is not None]
        low = min((fit.low for fit in fits), default=study.fitted[0])
        high = max((fit.high for fit in fits), default=study.fitted[1])
        how = f"dyadic fit over boxes of {low} to {high} px, ± its standard error"
    if result.counted >= result.fewest:
        lines.append(
            f"{study.key}: dimension {result.median:.3f}, inter-quartile range "
            f"{result.lower:.3f} to {result.upper:.3f} over {result.counted} paths"
        )
    lines.append(f"{how}; frames of {study.size}x{study.size}, seed {study.seed}")
    return "\n".join(lines) + "\n"
