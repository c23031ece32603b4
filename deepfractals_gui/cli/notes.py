"""Words for a person, in which names from files can't steer the terminal."""

from __future__ import annotations

import contextlib
import sys

from deepfractals_gui.core.contents import printable


def say(message: str) -> None:
    """Say one line on the error stream, if it can be: what was asked for is done all the same."""
    # Nobody can be told that nobody can be told.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"deepfractals: {printable(message)}\n")
        sys.stderr.flush()


def show(lines: str) -> None:
    """Write lines to the standard output, the last one ended, too."""
    sys.stdout.write("".join(printable(line) + "\n" for line in lines.split("\n")))
    sys.stdout.flush()
