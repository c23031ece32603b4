"""How a run is trained on, update by update, and where it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

import numpy as np

from deepfractals_gui.core import CancelFlag, Cancelled


class Run(Protocol):
    """What is asked of a state here."""

    @property
    def epoch(self) -> int:
        """Whole epochs done."""

    @property
    def stopped(self) -> str:
        """Why training ended; "" while it goes on."""


S = TypeVar("S", bound=Run)
Updated = Callable[[S, CancelFlag | None, Executor | None], S]
"""A state to the one after its next update. Raises Cancelled."""


def advanced(
    s: S,
    updated: Updated[S],
    *,
    updates: int | None = None,
    seconds: float | None = None,
    to_epoch: bool = False,
    cancel: CancelFlag | None = None,
    threads: int | None = None,
) -> S:
    """Train on: for so many updates, for so long, or to the end of an epoch.

    Neither where it is cut in pieces nor the threads change what is learned. An update that the
    flag interrupts is as if it had not begun.
    """
    end = None if seconds is None else time.perf_counter() + seconds
    done = 0
    with working(threads) as pool, np.errstate(all="ignore"):
        while not s.stopped and not (cancel is not None and cancel.is_set):
            before = s.epoch
            try:
                s = updated(s, cancel, pool)
            except Cancelled:
                break
            done += 1
            if (
                (updates is not None and done >= updates)
                or (to_epoch and s.epoch != before)
                or (end is not None and time.perf_counter() >= end)
            ):
                break
    return s


@contextmanager
def working(threads: int | None = None) -> Iterator[Executor | None]:
    """A pool of so many threads, by default one for each core; None where there is but one."""
    count = (os.cpu_count() or 1) if threads is None else threads
    if count < 2:
        yield None
        return
    with ThreadPoolExecutor(count, "training", _silent) as pool:
        yield pool


def _silent() -> None:
    # Each thread has its own setting; explosions are told of, and not by warnings.
    np.seterr(all="ignore")


def ending(epochs: int, done: int) -> str:
    """Why a run of so many epochs, 0: without end, ends after those done; "" if it goes on."""
    if not epochs or done < epochs:
        return ""
    if done > epochs:
        were = "was" if epochs == 1 else "were"
        return f"{done} epochs are done, {epochs} {were} asked for"
    return f"all {epochs} epochs are done"
