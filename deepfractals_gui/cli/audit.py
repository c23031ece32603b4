"""``deepfractals audit``: is this structure real, or is it rounding?"""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepfractals_gui.cli import picture, reading
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.progress import ProgressLine, label
from deepfractals_gui.core import CancelFlag, Document

if TYPE_CHECKING:
    from deepfractals_gui.analysis import Audit

NAME = "audit"
SUMMARY = "ask whether a picture's structure is real or rounding"
DESCRIPTION = textwrap.dedent(
    """\
    Sample a view twice, the second time with every input moved to the next float64, and tell which
    share of the pixels changed their outcome, with its 95 % confidence interval (Wilson).

    Inputs are the coordinates and the numbers that enter the computation: weights, starts, rates,
    data; not escape radii, tolerances and counts. Above 1 % a part of the picture is rounding."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals audit error_flow
      deepfractals audit forward_pass --preset abyss --share 0.1
      deepfractals audit picture.png --inputs coordinates -o changed.npz --json"""
)
DEFAULT_SHAPE = (256, 256)
MOST_POINTS = 4096 * 4096


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE)
    picture.add_width(parser)
    parser.add_argument(
        "--share",
        metavar="F",
        type=reading.within(1e-9, 1.0),
        default=1.0,
        help="share of the pixels that is looked at, drawn at random; by default 1, all",
    )
    parser.add_argument(
        "--inputs",
        metavar="NAMES",
        default="all",
        help="the inputs to move, with commas between them, such as 'coordinates'; or 'weights', "
        "all of them but the coordinates; by default all",
    )
    picture.add_seed(parser, "pixels")
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT.npz",
        type=Path,
        help="what was found: mask and examined (H, W), and row, column, before, after, changed "
        "of each pixel that was looked at",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    picture.add_threads(parser)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    from deepfractals_gui.analysis.boundary import check_outcome
    from deepfractals_gui.analysis.rounding import checked_inputs
    from deepfractals_gui.systems import system

    document = picture.document_of(options, DEFAULT_SHAPE)
    assert document.shape is not None
    if document.shape[0] * document.shape[1] > MOST_POINTS:
        raise ValueError(f"at most {MOST_POINTS:,} pixels are audited, as in 4096x4096")
    found = system(document.key)
    names = _names(options.inputs, found.inputs(document.params))
    checked_inputs(found, document.params, names)
    check_outcome(found)
    if options.output is not None:
        picture.check_target(options.output, ".npz")
    return lambda flag: _work(document, names, options, flag)


def _names(text: str, own: tuple[str, ...]) -> list[str] | None:
    """The inputs that ``--inputs`` names, of a System that has these besides the coordinates."""
    if text == "all":
        return None
    if text == "weights":
        return list(own)
    return [name.strip() for name in text.split(",") if name.strip()]


def _work(
    document: Document, names: list[str] | None, options: argparse.Namespace, flag: CancelFlag
) -> None:
    from deepfractals_gui.analysis import audit
    from deepfractals_gui.render import Renderer

    assert document.viewport is not None
    assert document.shape is not None
    with (
        closing(Renderer(options.threads)) as renderer,
        ProgressLine(label(f"auditing {document.key}")) as line,
    ):
        result = audit(
            document.key,
            document.params,
            document.viewport,
            document.shape,
            renderer,
            share=options.share,
            inputs=names,
            seed=options.seed,
            progress=line.update,
            cancel=flag,
        )
    if options.output is not None:
        _write(options.output, document, result)
    _tell(result, options.json)
    if result.suspect:
        say("warning: more than 1 % of the pixels changed: part of this picture is rounding")


def _tell(result: Audit, as_json: bool) -> None:
    changed, total = int(np.count_nonzero(result.changed)), len(result.changed)
    low, high = result.interval
    if as_json:
        data = {
            "system": result.request.key,
            "inputs": list(result.inputs),
            "pixels": total,
            "changed": changed,
            "fraction": result.fraction,
            "interval": [low, high],
            "rounding": result.suspect,
            "pixel_ulps": result.request.viewport.pixel_ulps(result.request.shape),
        }
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")
        return
    sys.stdout.write(
        f"{result.request.key}: {changed:,} of {total:,} pixels changed their outcome, "
        f"{result.fraction:.2%} (95 % interval {low:.2%} to {high:.2%}), when one ulp was added "
        f"to {', '.join(result.inputs)}\n"
    )


def _write(path: Path, document: Document, result: Audit) -> None:
    from deepfractals_gui.session.files import atomic_write

    examined = np.zeros(result.request.shape, bool)
    examined[result.rows, result.columns] = True
    with atomic_write(path) as file:
        np.savez(
            file,
            allow_pickle=False,
            mask=result.mask,
            examined=examined,
            row=result.rows,
            column=result.columns,
            before=result.before,
            after=result.after,
            changed=result.changed,
            document=np.array(document.to_json()),
        )
