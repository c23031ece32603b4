"""``deepfractals field``: train the neural field, watch it evolve, and ask how well it answers."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path

from deepfractals_gui.cli import field_fetch, field_look, field_train, picture, reading, run_folder
from deepfractals_gui.core import CancelFlag

NAME = "field"
SUMMARY = "train the neural field, film how it evolves, test it, fetch MNIST"
DESCRIPTION = textwrap.dedent(
    """\
    The fractal neural field: a complex field on a torus that settles into an answer.

    train keeps a run in a folder: a checkpoint after each epoch (last.npz, best.npz, epoch_N.npz)
    and a log of one JSON object a line (log.jsonl). Asked again, it goes on from the last
    checkpoint, bit for bit. evolve draws how the field of a test image evolves; eval tells how many
    images are answered rightly.

    Data are the digits that ship, or images in the format of MNIST (IDX), whose labels are found
    beside them; fetch gets those of MNIST from the internet."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals field train digits
      deepfractals field train mnist --data t10k-images-idx3-ubyte.gz --set test_share=0.2
      deepfractals field fetch --to .
      deepfractals field eval digits
      deepfractals field evolve digits --image 3 -o three.png --film three.mp4"""
)
_ACTIONS = {
    "train": field_train.plan,
    "evolve": field_look.plan_evolve,
    "eval": field_look.plan_eval,
    "fetch": field_fetch.plan,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        title="what to do", dest="action", required=True, metavar="train|evolve|eval|fetch"
    )
    train = actions.add_parser(
        "train", help="train, or go on with a run", description="Train the field, or go on.",
        allow_abbrev=False,
    )  # fmt: skip
    run_folder.add_folder(train)
    train.add_argument("--data", metavar="digits|FILE", help="what is learned; by default digits")
    train.add_argument(
        "--labels", metavar="FILE", type=Path, help="labels of IDX images that lie elsewhere"
    )
    run_folder.add_options(
        train, "channels, side, gamma, activation, pooled, solver, damping, tolerance, "
        "solver_steps, gradient, phantom_steps, learning_rate, decay, batch, shift, test_share, "
        "in_order",
    )  # fmt: skip

    evolve = actions.add_parser(
        "evolve", help="draw and film how a field evolves",
        description="Draw magnitude (above) and phase (below) after chosen steps, and film them.",
        allow_abbrev=False,
    )  # fmt: skip
    _add_run(evolve)
    evolve.add_argument(
        "--image", metavar="N", type=reading.whole(0, 10**9), default=0,
        help="which image of the test, from 0",
    )  # fmt: skip
    evolve.add_argument(
        "--steps", metavar="N,N,...", type=steps, default=(0, 5, 10, 30),
        help="the steps that are drawn; by default 0,5,10,30. The film has all up to the last",
    )  # fmt: skip
    evolve.add_argument(
        "--solver", metavar="S", default="naive",
        help="naive, anderson or multigrid; by default naive",
    )  # fmt: skip
    evolve.add_argument(
        "--damping", metavar="A", type=reading.within(0.01, 1.0),
        help="a of the plain iteration; by default the run's",
    )  # fmt: skip
    evolve.add_argument(
        "--channel", metavar="C", type=reading.whole(0, 10**6),
        help="one channel, from 0; by default the mean of all",
    )  # fmt: skip
    evolve.add_argument(
        "--zoom", metavar="Z", type=reading.whole(1, 64), default=8,
        help="pixels along a point's side; by default 8",
    )  # fmt: skip
    evolve.add_argument(
        "--fps", metavar="F", type=reading.whole(1, 120), default=10,
        help="steps a second of the film; by default 10",
    )  # fmt: skip
    evolve.add_argument("-o", "--output", metavar="OUT.png", type=Path, help="the strip")
    evolve.add_argument("--film", metavar="OUT.mp4", type=Path, help="the film")

    tested = actions.add_parser(
        "eval", help="tell how many images are answered rightly",
        description="Answer the run's test images, or others.", allow_abbrev=False,
    )  # fmt: skip
    _add_run(tested)
    tested.add_argument("--data", metavar="FILE", type=Path, help="other IDX images, all of them")
    tested.add_argument("--labels", metavar="FILE", type=Path, help="their labels")
    picture.add_threads(tested)
    tested.add_argument("--json", action="store_true", help="print the result as JSON")

    fetched = actions.add_parser(
        "fetch", help="get the digits of MNIST from the internet",
        description="Get images of handwritten digits and their labels, checked by SHA-256. Files "
        "that are there are left as they are.", allow_abbrev=False,
    )  # fmt: skip
    fetched.add_argument(
        "part", metavar="test|train|all", nargs="?", choices=("test", "train", "all"),
        default="test", help="10,000 digits (1.7 MB, the default), 60,000 (9.9 MB), or both",
    )  # fmt: skip
    fetched.add_argument(
        "--to", metavar="FOLDER", type=Path, help="by default this user's data folder"
    )
    fetched.add_argument(
        "--from", metavar="URL", dest="mirror", help="a mirror of your own, instead of two known"
    )
    fetched.add_argument("--json", action="store_true", help="print where they are as JSON")


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "run", metavar="RUN", type=Path, help="a run's folder, whose best is taken, or a checkpoint"
    )
    parser.add_argument(
        "--model", choices=("latest", "best"), default="latest",
        help="which parameters of a file answer: those it ends with, or its best so far",
    )  # fmt: skip


def steps(text: str) -> tuple[int, ...]:
    """Read steps such as 0,5,10,30."""
    read = reading.whole(0, 100_000)
    found = tuple(read(one) for one in text.split(","))
    if len(found) > 64:
        raise argparse.ArgumentTypeError("64 steps at most can be drawn")
    return found


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    return _ACTIONS[options.action](options)
