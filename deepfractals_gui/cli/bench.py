"""``deepfractals bench``: how fast a System is sampled here."""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import closing

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.core import CancelFlag, Document

NAME = "bench"
SUMMARY = "measure how fast a System is sampled"
DESCRIPTION = textwrap.dedent(
    """\
    Time the raw sampling of one view: no colouring, no cache of samples, kernels warm.

    One run warms up, then the median of 5 is given. By default it is the home view at 600x600."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals bench forward_pass
      deepfractals bench error_flow --size 1200x1200 --threads 2 --json"""
)
DEFAULT_SHAPE = (600, 600)
RUNS = 5
MOST_POINTS = 4096 * 4096


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE)
    parser.add_argument(
        "--width", metavar="W", type=reading.width, help="the view's width in plane units"
    )
    picture.add_threads(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print system, points, threads, seconds and points_per_second as JSON",
    )


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    options.size = options.size or DEFAULT_SHAPE
    document = picture.document_of(options)
    assert document.shape is not None
    if document.shape[0] * document.shape[1] > MOST_POINTS:
        raise ValueError(
            f"at most {MOST_POINTS:,} points are measured, as in 4096x4096: all are held in memory"
        )
    return lambda flag: _work(document, options.threads, options.json, flag)


def _work(document: Document, threads: int | None, as_json: bool, flag: CancelFlag) -> None:
    import numpy as np

    from deepfractals_gui.core import Raster
    from deepfractals_gui.render import Renderer, sample_points
    from deepfractals_gui.systems import system

    assert document.viewport is not None
    assert document.shape is not None
    found = system(document.key)
    rows, columns = np.indices(document.shape).reshape(2, -1)
    points = Raster(document.viewport, document.shape).points(rows, columns)
    seconds = []
    with closing(Renderer(threads)) as renderer:
        prepared = renderer.prepared(found, document.params)
        for _ in range(1 + RUNS):
            flag.check()
            start = time.perf_counter()
            sample_points(found, document.params, prepared, points, flag, renderer.run)
            seconds.append(time.perf_counter() - start)
        used = renderer.threads
    median = statistics.median(seconds[1:])
    result = {
        "system": document.key,
        "points": len(points),
        "threads": used,
        "seconds": median,
        "points_per_second": len(points) / median,
    }
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")
        return
    sys.stdout.write(
        f"{document.key}: {len(points):,} points in {median:.4f} s on {used} threads, "
        f"{len(points) / median / 1e6:.2f} million points per second (median of {RUNS})\n"
    )
