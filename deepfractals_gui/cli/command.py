"""Run one command: parse, plan, work; every failure becomes one line and an exit status.

Status 0 is success, 2 is bad usage or bad input (nothing was begun), 1 is a failure while working.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from deepfractals_gui.cli.interrupt import InterruptFlag, interruptible
from deepfractals_gui.cli.notes import say
from deepfractals_gui.cli.parser import Usage, build_parser, protect_negative_numbers
from deepfractals_gui.core import Cancelled

TRACEBACK = "DEEPFRACTALS_TRACEBACK"
"""Environment variable that asks for the traceback of an unexpected error."""
INTERRUPTED = "interrupted; no file is left half written"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (without the program's name) and return the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    with interruptible() as flag:
        return _shielded(lambda: _run(arguments, flag), flag)


def _run(arguments: list[str], flag: InterruptFlag) -> int:
    try:
        options = build_parser().parse_args(protect_negative_numbers(arguments))
        work = options.plan(options)
    except Usage as problem:
        return _fail(str(problem), 2)
    except SystemExit as done:
        # --help and --version have printed their text.
        return int(done.code or 0)
    except (ValueError, OSError, OverflowError) as problem:
        return _fail(_line(problem), 2)
    work(flag)
    sys.stdout.flush()
    return 0


def _shielded(run: Callable[[], int], flag: InterruptFlag) -> int:
    try:
        return run()
    except (Cancelled, KeyboardInterrupt):
        return _fail(INTERRUPTED, 1)
    except BrokenPipeError:
        # The reader of a pipe has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _fail("not enough memory for this; try a smaller size", 1)
    except (ValueError, OSError) as problem:
        return _fail(_line(problem), 1)
    except Exception as problem:
        # The last net: whatever this is, a person gets one line and no traceback.
        if flag.is_set:
            return _fail(INTERRUPTED, 1)
        if os.environ.get(TRACEBACK):
            raise
        name = type(problem).__name__
        return _fail(f"unexpected {name}: {_line(problem)} ({TRACEBACK}=1 shows where)", 1)


def _fail(message: str, status: int) -> int:
    say(message)
    return status


def _line(problem: BaseException) -> str:
    if isinstance(problem, OSError) and problem.strerror and problem.filename is not None:
        return f"{problem.filename}: {problem.strerror}"
    if isinstance(problem, OSError) and problem.strerror:
        # Files are named by whoever writes them; what has no name is the standard output.
        return f"the output can't be written: {problem.strerror.lower()}"
    return " ".join(str(problem).split()) or type(problem).__name__
