"""A progress line with the time left, for terminals only."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TextIO

from deepfractals_gui.core.contents import printable

_REDRAW_SECONDS = 0.1


class ProgressLine:
    """One line on a terminal that is rewritten as work goes on; silent anywhere else.

    `update` may be called from any thread. Use as a context manager: leaving clears the line.
    """

    def __init__(
        self,
        label: str,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._label = printable(label)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._shown = self._stream.isatty()
        self._lock = threading.Lock()
        self._start = clock()
        self._drawn = -_REDRAW_SECONDS
        self._width = 0

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            if self._width:
                self._write("")
            self._shown = False

    def update(self, fraction: float) -> None:
        """Show how much of the work is done, in [0, 1]."""
        if not self._shown:
            return
        with self._lock:
            elapsed = self._clock() - self._start
            if elapsed - self._drawn < _REDRAW_SECONDS or not self._shown:
                return
            self._drawn = elapsed
            left = remaining(fraction, elapsed)
            tail = "" if left is None else f"  {duration(left)} left"
            self._write(f"{self._label} {min(max(fraction, 0.0), 1.0):4.0%}{tail}")

    def _write(self, text: str) -> None:
        self._stream.write("\r" + text.ljust(self._width) + ("" if text else "\r"))
        self._stream.flush()
        self._width = len(text)


def label(work: str) -> str:
    """What a progress line calls the work; on a cold start compiling comes first."""
    from deepfractals_gui.kernels import cache

    return work if cache.is_warm() else f"compiling kernels, {work}"


def remaining(fraction: float, elapsed: float) -> float | None:
    """Seconds left at the pace so far; None while that says nothing yet."""
    if fraction < 0.01 or elapsed < 0.5:
        return None
    return elapsed * (1.0 - min(fraction, 1.0)) / fraction


def duration(seconds: float) -> str:
    """Seconds as ``7 s``, ``2:05`` or ``1:02:05``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
