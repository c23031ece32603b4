"""A thread that colours samples, so that the window's thread never does."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QObject, Signal

from deepfractals_gui.coloring import Scene, apply
from deepfractals_gui.core import Array, CancelFlag, Cancelled, Coloring
from deepfractals_gui.gui.background import message_of
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.pictures import thumbnail
from deepfractals_gui.render.pool import lower_priority
from deepfractals_gui.render.request import Samples

_log = logging.getLogger(__name__)
UNKNOWN_LEVEL = 9
"""What a pixel of which nothing is known counts as, in octaves."""
NICENESS = 5
"""Between the window's thread, which must never wait for it, and those that compute samples."""
FRAME_SECONDS = 1 / 30
"""Unfinished pictures follow each other no faster than this."""


@dataclass(frozen=True, eq=False)
class PaintOrder:
    """Samples to colour.

    Attributes
    ----------
    ticket : tells whom the frame is for; it comes back with it
    stretch : an older picture lies under this one, each of its pixels as wide as so many of this
        one; 0 when there is none
    """

    ticket: object
    samples: Samples
    scene: Scene
    coloring: Coloring
    final: bool
    preview: bool = False
    stretch: float = 0.0
    cancel: CancelFlag = field(default_factory=CancelFlag)


class Painting(QObject):
    """One waiting order at a time: a newer one takes the place of an older one.

    Signals, emitted in the painting thread; connect to them by queued connections
    -------
    painted(ticket, Frame)
    failed(ticket, str)
    """

    painted = Signal(object, object)
    failed = Signal(object, str)

    def __init__(self, run: Callable[..., list[object]]) -> None:
        # Without a parent on purpose: the thread may still report while a window is being closed.
        super().__init__()
        self._run = run
        self._changed = threading.Condition()
        self._waiting: PaintOrder | None = None
        self._current: PaintOrder | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="painting", daemon=True)
        self._thread.start()

    def order(self, order: PaintOrder) -> None:
        """Colour these samples next. May be called from any thread."""
        with self._changed:
            if self._closing:
                return
            waiting = self._waiting
            # A whole picture is never dropped for an unfinished one of the same job.
            if waiting and waiting.ticket == order.ticket and waiting.final and not order.final:
                return
            self._waiting = order
            if self._current is not None and self._current.ticket != order.ticket:
                self._current.cancel.set()
            self._changed.notify()

    def cancel(self) -> None:
        """Drop what waits and stop what is being coloured."""
        with self._changed:
            self._waiting = None
            if self._current is not None:
                self._current.cancel.set()

    def close(self) -> None:
        """Stop and join the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self.cancel()
        self._thread.join()

    def _serve(self) -> None:
        lower_priority(NICENESS)
        earliest = 0.0
        while (order := self._next(earliest)) is not None:
            began = time.monotonic()
            try:
                frame = self._paint(order)
            except Cancelled:
                continue
            except Exception as error:  # noqa: BLE001 - announced and logged
                _log.exception("the picture can't be coloured")
                self.failed.emit(order.ticket, message_of(error))
                continue
            finally:
                with self._changed:
                    self._current = None
            self.painted.emit(order.ticket, frame)
            # A picture that takes long to colour leaves the rest of the time to the samples.
            earliest = began + max(FRAME_SECONDS, 2 * (time.monotonic() - began))
            del order, frame

    def _next(self, earliest: float) -> PaintOrder | None:
        with self._changed:
            while not self._closing:
                if self._waiting is not None:
                    rest = 0.0 if self._waiting.final else earliest - time.monotonic()
                    if rest <= 0:
                        self._current, self._waiting = self._waiting, None
                        return self._current
                    self._changed.wait(rest)
                else:
                    self._changed.wait()
            return None

    def _paint(self, order: PaintOrder) -> Frame:
        level = order.samples.level
        if level is not None:
            # Before the colours, which are then at least as fine as their levels say.
            step = order.samples.request.supersampling
            level = level[::step, ::step].copy()
        rgba = apply(
            order.samples.channels,
            order.scene,
            order.coloring,
            supersampling=order.samples.request.supersampling,
            cancel=order.cancel,
            run=self._run,
        )
        fine, grain = None, 1.0
        if level is not None:
            grain = float(2.0 ** np.minimum(level, UNKNOWN_LEVEL).mean())
        if level is not None and order.stretch > 0:
            limit = max(0, math.floor(math.log2(order.stretch)))
            fine = topdown(rgba)
            fine[level > limit, 3] = 0
        return Frame(
            topdown(rgba),
            order.samples.request,
            order.coloring,
            order.final,
            order.samples,
            order.preview,
            grain,
            fine,
            None if order.preview else thumbnail(rgba),
        )


def topdown(rgba: Array) -> Array:
    """The same picture, row 0 at the bottom, in memory that runs from the top row down."""
    return rgba[::-1].copy()[::-1]
