"""``deepfractals atlas``: learn a book, read it back, lay further texts into it, export it."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Callable
from pathlib import Path

from deepfractals_gui.cli import atlas_texts, atlas_train, picture, reading, run_folder
from deepfractals_gui.core import CancelFlag

NAME = "atlas"
SUMMARY = "learn a book as a function of a coordinate, read it back, export it"
DESCRIPTION = textwrap.dedent(
    """\
    The text atlas: a book as a function from a coordinate in [0, 1] to a symbol.

    train keeps a run in a folder: last.npz after each epoch, and a log of one JSON object a line
    (log.jsonl). Asked again, it goes on from there, bit for bit. key trains keys for further texts
    in a master that stays as it is. export writes a file that gives back the book's exact bytes,
    and tells what each part of it costs beside gzip, bz2 and xz. decode reads the book as the model
    has it, or the exact bytes of an export. info tells what a file holds, and decodes an export to
    tell its costs again."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals atlas train alice --book alice29
      deepfractals atlas decode alice --from 0 --to 300
      deepfractals atlas key alice asyoulik --pages 20 --curve
      deepfractals atlas train small --preset compact
      deepfractals atlas export small -o alice.atlas --bits 4
      deepfractals atlas decode alice.atlas -o alice.txt"""
)
_ACTIONS = {
    "train": atlas_train.plan,
    "key": atlas_texts.plan_key,
    "decode": atlas_texts.plan_decode,
    "export": atlas_texts.plan_export,
    "info": atlas_texts.plan_info,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        title="what to do", dest="action", required=True, metavar="|".join(_ACTIONS)
    )
    train = actions.add_parser(
        "train", help="learn a book, or go on", description="Learn a book, or go on.",
        allow_abbrev=False,
    )  # fmt: skip
    run_folder.add_folder(train)
    train.add_argument(
        "--book", metavar="NAME|FILE", help="a book that ships, alice29 or asyoulik, or a text file"
    )
    train.add_argument(
        "--preset", metavar="NAME", help="memory (the default), compact or shared"
    )  # fmt: skip
    run_folder.add_options(
        train, "characters, capacity, alphabet, encoding, levels, table, features, hidden, steps, "
        "share, rate, learning_rate, table_rate, decay, weight_decay, batch",
    )  # fmt: skip

    key = actions.add_parser(
        "key", help="train keys for a further text",
        description="Train a key for each page of a text, in the run's alphabet, and keep them in "
        "the run. A key of n float32 numbers holds at most 32 n bits: 64 of them fewer than about "
        "480 characters of English.", allow_abbrev=False,
    )  # fmt: skip
    _add_run(key)
    key.add_argument("text", metavar="NAME|FILE", help="a book that ships, or a text file")
    key.add_argument(
        "--size", metavar="N", type=reading.whole(1, 128), default=64,
        help="numbers of a key; by default 64",
    )  # fmt: skip
    key.add_argument(
        "--page", metavar="N", type=reading.whole(1, 1 << 16), default=32,
        help="characters of a page; by default 32",
    )  # fmt: skip
    key.add_argument(
        "--pages", metavar="N", type=reading.whole(1, 1 << 20),
        help="only so many pages from the beginning",
    )  # fmt: skip
    key.add_argument(
        "--steps", metavar="N", type=reading.whole(1, 100_000), default=300,
        help="steps of Adam for a key; by default 300",
    )  # fmt: skip
    key.add_argument(
        "--curve", action="store_true",
        help="tell how accuracy grows with keys of 16, 32, 64 and 128 numbers, on eight pages",
    )  # fmt: skip
    picture.add_threads(key)
    key.add_argument("--json", action="store_true", help="print the result as JSON")

    decode = actions.add_parser(
        "decode", help="read a book back",
        description="Read the book back: exactly from an export, as the model has it from a run.",
        allow_abbrev=False,
    )  # fmt: skip
    _add_run(decode, "a run's folder, its file, or an export")
    decode.add_argument(
        "--text", metavar="NAME", help="a text of the run's library instead of its book"
    )
    decode.add_argument(
        "--from", metavar="I", dest="start", type=reading.whole(0, 1 << 24), default=0,
        help="the first character, from 0",
    )  # fmt: skip
    decode.add_argument(
        "--to", metavar="J", dest="stop", type=reading.whole(0, 1 << 24),
        help="the character before which to end",
    )  # fmt: skip
    decode.add_argument(
        "-o", "--output", metavar="OUT", type=Path, help="a file; else to the standard output"
    )
    picture.add_threads(decode)

    export = actions.add_parser(
        "export", help="write a file that gives the book back exactly",
        description="Write the model in few bits, and what it gets wrong, coded; tell what it "
        "costs.", allow_abbrev=False,
    )  # fmt: skip
    _add_run(export)
    export.add_argument("-o", "--output", metavar="OUT.atlas", type=Path, required=True)
    export.add_argument(
        "--bits", metavar="8|4", type=int, choices=(8, 4), default=8, help="bits of a weight"
    )
    export.add_argument(
        "--coordinate-only", action="store_true",
        help="code each character by its coordinate alone, not by those before it",
    )  # fmt: skip
    export.add_argument("--json", action="store_true", help="print the costs as JSON")

    info = actions.add_parser(
        "info", help="tell what a run or an export holds",
        description="Tell what a run or an export holds.", allow_abbrev=False,
    )  # fmt: skip
    _add_run(info, "a run's folder, its file, or an export")
    info.add_argument("--json", action="store_true", help="print it as JSON")


def _add_run(
    parser: argparse.ArgumentParser, what: str = "a run's folder, or its file"
) -> None:  # fmt: skip
    parser.add_argument("run", metavar="RUN", type=Path, help=what)


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    """Check everything that can be checked before computing; return the work.

    Raises
    ------
    ValueError, OSError   bad input
    """
    return _ACTIONS[options.action](options)
