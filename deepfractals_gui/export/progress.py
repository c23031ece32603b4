"""Progress that only rises, whichever thread reports it."""

from __future__ import annotations

import threading
from collections.abc import Callable

Progress = Callable[[float], None]
"""Is called with the fraction done, in [0, 1], from any thread."""


class Rising:
    """Hands on a fraction that exceeds all before it; late reports of earlier work are dropped."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._highest = -1.0
        self._lock = threading.Lock()

    def __call__(self, fraction: float) -> None:
        if self._progress is None:
            return
        # The lock is held over the call, so that two reports can't arrive in the wrong order.
        with self._lock:
            if fraction > self._highest:
                self._highest = fraction
                self._progress(min(fraction, 1.0))
