"""The entry point: subcommands go to the command line, everything else opens the window."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

COMMANDS = (
    "systems", "render", "movie", "zoom", "grid", "dimension", "audit", "train", "field", "atlas",
    "cache", "bench",
)  # fmt: skip

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``deepfractals`` with these arguments (without the program's name); the exit status."""
    prepare_streams()
    keep_products_on_one_thread()
    try:
        status = _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        # Before a command has begun, and has handlers of its own.
        print("deepfractals: interrupted", file=sys.stderr)
        status = 1
    if not _settled("stdout"):
        print("deepfractals: the output can't be written", file=sys.stderr)
        status = 1
    _settled("stderr")
    return status


def _settled(name: str) -> bool:
    """Write what a stream still holds. What it can't take is forgotten: at exit it would be tried
    again, and cost the exit status."""
    try:
        getattr(sys, name).flush()
    except OSError:
        setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        return False
    return True


def prepare_streams() -> None:
    """Make printing safe: on streams that are closed, and on ones that lack some letters."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def keep_products_on_one_thread() -> None:
    """Let NumPy multiply matrices in the thread that asks for it, unless the user says otherwise.

    To be called before NumPy is loaded. The matrices of a network that is trained here are small,
    and the threads of a BLAS wait for each other by spinning: on two busy cores they made training
    three to ten times slower. What is computed no longer depends on the number of cores, either.
    """
    for name in BLAS_THREADS:
        os.environ.setdefault(name, "1")


def _run(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in COMMANDS or (first.startswith("-") and len(first) > 1):
        from deepfractals_gui import cli

        return cli.main(arguments)
    if len(arguments) > 1:
        print(
            f"deepfractals: one document can be opened, not {len(arguments)}; "
            f"the commands are {', '.join(COMMANDS)}",
            file=sys.stderr,
        )
        return 2
    return _open_window(arguments)


def _open_window(arguments: list[str]) -> int:
    from deepfractals_gui import display

    problem = display.missing_display() or display.missing_library()
    if problem:
        print(
            f"deepfractals: {problem}. 'deepfractals render --help' tells how to make pictures "
            "without a window",
            file=sys.stderr,
        )
        return 1
    from deepfractals_gui.gui import app

    return app.run(arguments)


if __name__ == "__main__":
    from multiprocessing import freeze_support

    freeze_support()
    sys.exit(main())
