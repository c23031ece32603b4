"""``deepfractals cache``: the samples that are kept on the disk."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

from deepfractals_gui.cli.notes import say
from deepfractals_gui.core import CancelFlag

NAME = "cache"
SUMMARY = "list the samples kept on the disk, or remove them"
DESCRIPTION = textwrap.dedent(
    """\
    List the samples that are kept on the disk, last used first, so that a picture which took more
    than a second is there at once the next time, and a render that was killed goes on where it
    was. What was least recently used is removed when the folder grows beyond its budget.

    The folder is this user's cache folder, or the one that DEEPFRACTALS_SAMPLE_CACHE names."""
)
EXAMPLES = textwrap.dedent(
    """\
    examples:
      deepfractals cache
      deepfractals cache --json
      deepfractals cache --clear"""
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--clear", action="store_true", help="remove all of it")


def plan(options: argparse.Namespace) -> Callable[[CancelFlag], None]:
    return lambda flag: _work(options.json, options.clear)


def _work(as_json: bool, clear: bool) -> None:
    # The samples' format needs NumPy alone, but its package loads the Systems.
    from deepfractals_gui.session.preferences import sample_cache

    cache = sample_cache()
    freed = cache.clear() if clear else 0
    entries = cache.entries()
    now = time.time()
    if as_json:
        described: dict[str, Any] = {
            "folder": str(cache.folder),
            "bytes": cache.nbytes,
            "budget": cache.budget,
            "freed": freed,
            "entries": [
                {
                    "system": entry.key,
                    "size": [entry.shape[1], entry.shape[0]],
                    "supersampling": entry.supersampling,
                    "rows": entry.rows,
                    "known": entry.share,
                    "seconds": entry.seconds,
                    "bytes": entry.nbytes,
                    "age": max(0.0, now - entry.used),
                    "current": entry.current,
                    "file": entry.path.name,
                }
                for entry in entries
            ],
        }
        json.dump(described, sys.stdout, indent=1, allow_nan=False)
        sys.stdout.write("\n")
        return
    if clear:
        say(f"{readable(freed)} removed from {cache.folder}")
        return
    for entry in entries:
        height, width = entry.shape
        size = f"{width}x{height}" + (f"x{entry.supersampling}" if entry.supersampling > 1 else "")
        notes = [] if entry.share == 1 else [f"{entry.share:.0%} known"]
        if entry.rows != height * entry.supersampling:
            notes.append(f"{entry.rows} rows of it")
        if not entry.current:
            notes.append("of another build")
        columns = (
            f"{entry.key:<18} {size:>12} {readable(entry.nbytes):>9}",
            f"used {span(now - entry.used)} ago, took {span(entry.seconds)}",
            *notes,
        )
        sys.stdout.write("  ".join(columns) + "\n")
    sys.stdout.write(
        f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}, {readable(cache.nbytes)} "
        f"of {readable(cache.budget)} in {cache.folder}\n"
    )


def readable(count: int) -> str:
    """Bytes for a person, such as ``33.2 MB``."""
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def span(seconds: float) -> str:
    """A time span for a person, such as ``8 s`` or ``3 days``."""
    seconds = max(0.0, seconds)
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
