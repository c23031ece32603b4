"""``deepfractals render``: a picture, or the samples behind it."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.progress import ProgressLine, label
from deepfractals_gui.core import CancelFlag, Document

NAME = "render"
SUMMARY = "make a picture (PNG), or write the samples (.npz)"
DESCRIPTION = textwrap.dedent(
    """\
    Make a picture of a System, or of what a document describes.

    The PNG carries its document: the window opens it, and so does this command. The .npz holds
    each channel as an (H, W) array, row 0 at the smallest y, the vectors x (W,) and y (H,) of the
    points, and 'document', the JSON text. With --samples and no -o nothing is coloured."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals render forward_pass -o picture.png
      deepfractals render error_flow --center -1e-5 0 --width 0.5 --size 1920x1080 -o deep.png
      deepfractals render gradient_basins --mode basin --palette safe --supersample 3
      deepfractals render gradient_basins --set data=pairs.csv --set learning_rate=0.1
      deepfractals render picture.png --size 8192x8192 -o large.png
      deepfractals render forward_pass --size 600x600 --samples samples.npz"""
)


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser)
    parser.add_argument(
        "--width", metavar="W", type=reading.width, help="the view's width in plane units"
    )
    picture.add_threads(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT.png",
        type=Path,
        help="the picture; by default SYSTEM.png here, or none with --samples",
    )
    parser.add_argument("--samples", metavar="OUT.npz", type=Path, help="the samples")
    picture.add_colouring(parser)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    document = picture.document_of(options)
    if options.samples is not None:
        if options.supersample not in (None, 1):
            raise ValueError("samples are taken at pixel centres: --samples excludes --supersample")
        picture.check_target(options.samples, ".npz")
        from deepfractals_gui.export.samples import check_samples

        check_samples(replace(document, supersampling=1))
    output: Path | None = options.output
    default = output is None and options.samples is None
    if default:
        output = Path(f"{document.key}.png")
    if output is not None:
        picture.check_target(output, ".png")
    assert document.viewport is not None
    assert document.shape is not None
    picture.warn_of_precision(document.viewport, document.shape)
    return lambda flag: _work(document, output, options.samples, options.threads, default, flag)


def _work(
    document: Document,
    output: Path | None,
    samples: Path | None,
    threads: int | None,
    announce: bool,
    flag: CancelFlag,
) -> None:
    # Numba and the exporters are loaded for work only: a wrong option is answered at once.
    from deepfractals_gui.export.samples import export_samples
    from deepfractals_gui.export.stills import export_png
    from deepfractals_gui.render import Renderer
    from deepfractals_gui.session.preferences import sample_cache

    with closing(Renderer(threads, disk=sample_cache())) as renderer:
        if samples is not None:
            with ProgressLine(label(f"sampling {document.key}")) as line:
                export_samples(
                    replace(document, supersampling=1),
                    samples,
                    renderer=renderer,
                    progress=line.update,
                    cancel=flag,
                )
        if output is not None:
            with ProgressLine(label(f"rendering {document.key}")) as line:
                export_png(document, output, renderer=renderer, progress=line.update, cancel=flag)
    if announce and output is not None:
        say(f"written to {output.resolve()}")
