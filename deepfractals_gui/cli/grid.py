"""``deepfractals grid``: the same view for several activation functions."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from deepfractals_gui.cli import picture
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.progress import ProgressLine, label
from deepfractals_gui.core import CancelFlag, Document, specs
from deepfractals_gui.systems import system

NAME = "grid"
SUMMARY = "sample one view for several activation functions"
DESCRIPTION = textwrap.dedent(
    """\
    Sample one view for each of several activation functions, and write for each

      grid_status_ACTIVATION_nWIDTH.npy   the statuses, uint8 (H, W), row 0 at the smallest y
      grid_status_ACTIVATION_nWIDTH.png   the picture, which carries its document

    where WIDTH is the network's; a System without that parameter has no _nWIDTH. 'deepfractals
    systems' tells what the numbers of the statuses mean."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals grid forward_pass --activations tanh sigmoid sin -o grids
      deepfractals grid forward_pass --activations gelu silu --size 300x300 --width 12 -o grids"""
)
DEFAULT_SHAPE = (256, 256)


def add_options(parser: argparse.ArgumentParser) -> None:
    picture.add_subject(parser, DEFAULT_SHAPE)
    picture.add_width(parser)
    parser.add_argument(
        "--activations",
        metavar="NAME",
        nargs="+",
        required=True,
        help="the activation functions, as 'deepfractals systems' lists them",
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
    given = list(options.settings)
    documents = {}
    # The options' own view and parameters first: what is wrong with them is said once.
    names = [spec.name for spec in specs(type(picture.document_of(options).params))]
    if "activation" not in names:
        raise ValueError(f"{options.subject} has no parameter 'activation' to go through")
    for word in options.activations:
        options.settings = [*given, ("activation", word)]
        documents[word] = picture.document_of(options, DEFAULT_SHAPE)
    picture.check_folder(options.output)
    return lambda flag: _work(documents, options.output, options.threads, flag)


def file_name(document: Document, word: str) -> str:
    """The name of an activation's files, without the ending."""
    width = getattr(document.params, "width", None)
    return f"grid_status_{word}" + ("" if width is None else f"_n{width}")


def _work(
    documents: dict[str, Document], folder: Path, threads: int | None, flag: CancelFlag
) -> None:
    import numpy as np

    from deepfractals_gui.export.stills import export_png, request_of
    from deepfractals_gui.render import Renderer
    from deepfractals_gui.session.files import atomic_write

    folder.mkdir(exist_ok=True)
    with closing(Renderer(threads)) as renderer:
        for word, document in documents.items():
            title = system(document.key).title.lower()
            name = file_name(document, word)
            with ProgressLine(label(f"sampling {title}, {word}")) as line:
                # One sample a pixel, whatever the picture has; without supersampling the renderer
                # keeps it, and the picture is painted from the same samples.
                request = request_of(replace(document, supersampling=1))
                samples = renderer.render(request, progress=line.update, cancel=flag)
            with atomic_write(folder / f"{name}.npy") as file:
                np.save(file, samples.channels["status"], allow_pickle=False)
            with ProgressLine(label(f"painting {title}, {word}")) as line:
                export_png(
                    document,
                    folder / f"{name}.png",
                    renderer=renderer,
                    progress=line.update,
                    cancel=flag,
                )
            say(f"written to {(folder / name).resolve()}.npy and .png")
