"""Ctrl-C and termination raise a cancel flag, so that no file is left half written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from deepfractals_gui.core import CancelFlag


class InterruptFlag(CancelFlag):
    """The cancel flag of a whole command."""


@contextmanager
def interruptible() -> Iterator[InterruptFlag]:
    """A flag that the first SIGINT or SIGTERM raises; a second one interrupts outright.

    Outside the main thread, where Python delivers no signals, the flag is a plain one.
    """
    flag = InterruptFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if flag.is_set:
            raise KeyboardInterrupt
        flag.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield flag
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
