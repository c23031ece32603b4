"""What is kept between renders: finished samples, and what Systems prepared."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.render.request import RenderRequest, Samples, pan_offset

PREPARED_KEPT = 16
COSTS_KEPT = 256
UNFINISHED_KEPT = 2
"""A drag leaves many unfinished renders behind; they mustn't push finished ones out."""
WAIT = 0.02
"""Seconds between two looks at the cancel flag while another thread prepares the same."""


class SampleCache:
    """Samples by request, the least recently used dropped beyond a budget of bytes.

    Unfinished samples of cancelled renders are kept too: they are never given out as an answer,
    but a panned or repeated render takes over what they know.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._kept: OrderedDict[RenderRequest, Samples] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, request: RenderRequest) -> Samples | None:
        """The finished samples of an equal request."""
        with self._lock:
            samples = self._kept.get(request)
            if samples is None or not samples.complete:
                return None
            self._kept.move_to_end(request)
            return samples

    def put(self, samples: Samples) -> None:
        """Keep samples, unless they are of lower precision or exceed the budget."""
        if samples.request.precision != "float64" or samples.nbytes > self._memory:
            return
        with self._lock:
            old = self._kept.get(samples.request)
            if old is not None and old.complete and not samples.complete:
                return
            self._kept[samples.request] = samples
            self._kept.move_to_end(samples.request)
            unfinished = [key for key, kept in self._kept.items() if not kept.complete]
            for key in unfinished[:-UNFINISHED_KEPT]:
                del self._kept[key]
            while sum(kept.nbytes for kept in self._kept.values()) > self._memory:
                self._kept.popitem(last=False)

    def nearest(self, request: RenderRequest) -> Samples | None:
        """The samples that share the most with a request, as a pan by whole samples."""
        best, most = None, 0.0
        with self._lock:
            kept = list(self._kept.items())
        for _, samples in reversed(kept):
            worth = shared(samples, request)
            if worth > most:
                best, most = samples, worth
        return best

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


def shared(samples: Samples | None, request: RenderRequest) -> float:
    """About how many samples a request can take over from others, as a pan by whole samples."""
    offset = pan_offset(samples.request, request) if samples is not None else None
    if samples is None or offset is None:
        return 0.0
    height, width = request.grid
    common = max(0, width - abs(offset[0])) * max(0, height - abs(offset[1]))
    return common * _known_share(samples)


def cost_told_by(samples: Samples | None, threads: int) -> float:
    """Seconds per point on one core that samples took; 0 when they don't tell."""
    if samples is None:
        return 0.0
    known = samples.channels["status"].size
    if samples.level is not None:
        known -= int(np.count_nonzero(samples.level))
    return samples.seconds * threads / known if known else 0.0


def _known_share(samples: Samples) -> float:
    if samples.level is None:
        return 1.0
    # A step that is no power of two, so as not to look at the lattice of a pass alone.
    looked = samples.level[::7, ::7]
    return float(np.count_nonzero(looked == 0) / looked.size)


class CostCache:
    """Seconds per point as last measured, by System, parameters and precision."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, request: RenderRequest) -> float | None:
        with self._lock:
            return self._kept.get(_map_of(request))

    def put(self, request: RenderRequest, cost: float) -> None:
        with self._lock:
            self._kept[_map_of(request)] = cost
            self._kept.move_to_end(_map_of(request))
            while len(self._kept) > COSTS_KEPT:
                self._kept.popitem(last=False)


def _map_of(request: RenderRequest) -> Hashable:
    return request.key, request.params, request.precision


class PreparedCache:
    """What `System.prepare` found, once per System and parameters."""

    def __init__(self) -> None:
        self._done: OrderedDict[Hashable, Any] = OrderedDict()
        self._busy: set[Hashable] = set()
        self._changed = threading.Condition()

    def get(self, key: Hashable, prepare: Callable[[], Any], cancel: CancelFlag) -> Any:
        """The value of ``key``; the first to ask computes it while the others wait.

        When the first is cancelled or fails, the next one computes it.

        Raises
        ------
        Cancelled   the flag went up meanwhile
        Exception   what ``prepare`` raised
        """
        with self._changed:
            while key not in self._done and key in self._busy:
                cancel.check()
                self._changed.wait(WAIT)
            if key in self._done:
                self._done.move_to_end(key)
                return self._done[key]
            self._busy.add(key)
        try:
            value = prepare()
            with self._changed:
                self._done[key] = value
                while len(self._done) > PREPARED_KEPT:
                    self._done.popitem(last=False)
            return value
        finally:
            with self._changed:
                self._busy.discard(key)
                self._changed.notify_all()

    def clear(self) -> None:
        with self._changed:
            self._done.clear()
