"""Words for a person, on the standard error stream."""

from __future__ import annotations

import contextlib
import sys


def say(message: str) -> None:
    """Say one line, if it can be said: what was asked for is done all the same."""
    # Nobody can be told that nobody can be told.
    with contextlib.suppress(OSError):
        sys.stderr.write(f"deepfractals: {message}\n")
        sys.stderr.flush()
