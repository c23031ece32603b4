"""The grammar of the command line."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Sequence
from typing import NoReturn

from deepfractals_gui import __version__
from deepfractals_gui.cli import (
    atlas,
    audit,
    bench,
    cache,
    dimension,
    field,
    grid,
    movie,
    render,
    systems,
    train,
    zoom,
)

_NEGATIVE = re.compile(
    r"-(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|-(?:inf|infinity|nan)", re.IGNORECASE
)


_WIDTH = 100
COMMANDS = (systems, render, movie, zoom, grid, dimension, audit, train, field, atlas, cache, bench)


class Usage(Exception):
    """The arguments don't follow the grammar; the text says how, in one line."""


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `Usage` instead of printing the whole usage and exiting."""

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message} (see {self.prog} --help)")


def protect_negative_numbers(arguments: Sequence[str]) -> list[str]:
    """Put a space before negative numbers, so that ``--center -1e-5 0`` isn't read as an option.

    argparse knows -1 and -.5 as numbers, but takes -1e-5 for an option before Python 3.14; no
    option starts with a space, and every number's reader strips it.
    """
    return [f" {text}" if _NEGATIVE.fullmatch(text) else text for text in arguments]


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28, width=_WIDTH)


def build_parser() -> Parser:
    """The parser of `deepfractals`; the parsed options hold ``plan``, the command's first half."""
    parser = Parser(
        prog="deepfractals",
        allow_abbrev=False,
        formatter_class=_formatter,
        usage="deepfractals [FILE]\n       deepfractals COMMAND ...",
        description=textwrap.dedent(
            """\
            Learning dynamics seen as fractals.

            Without a command the window opens, on FILE if one is given: a document, or a PNG
            that deepfractals exported. The commands need no display."""
        ),
        epilog=textwrap.dedent(
            """\
            examples:
              deepfractals
              deepfractals picture.png
              deepfractals systems
              deepfractals render forward_pass -o picture.png
              deepfractals movie error_flow --center 1.9 0 --width-from 5 --width-to .01 -o zoom.mp4

            'deepfractals COMMAND --help' explains a command. The exit status is 0 for success,
            2 for bad usage or input, 1 for a failure while working."""
        ),
    )
    parser.add_argument("--version", action="version", version=f"deepfractals {__version__}")
    commands = parser.add_subparsers(
        title="commands",
        prog="deepfractals",
        dest="command",
        required=True,
        metavar="COMMAND",
        parser_class=Parser,
    )
    for command in COMMANDS:
        chosen = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=command.DESCRIPTION,
            epilog=command.EXAMPLES,
            formatter_class=_formatter,
            allow_abbrev=False,
        )
        command.add_options(chosen)
        chosen.set_defaults(plan=command.plan)
    return parser
