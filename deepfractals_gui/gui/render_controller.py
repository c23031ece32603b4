"""From the view at hand to a picture of it: requests, previews, colouring, progress."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from deepfractals_gui.coloring import Scene
from deepfractals_gui.core import Coloring
from deepfractals_gui.gui.background import message_of
from deepfractals_gui.gui.frames import Backdrops, Frame, PreviewSize
from deepfractals_gui.gui.painting import Painting, PaintOrder
from deepfractals_gui.gui.pictures import scene_of
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import Draft, RenderRequest, Samples
from deepfractals_gui.session.history import View

_log = logging.getLogger(__name__)
SETTLE_MS = 120
"""After the last step of a scrub the picture is rendered in full this much later."""
RESHAPE_MS = 60
PROGRESS_MS = 100
BUDGET_SECONDS = 60.0
"""A picture that takes longer is shown coarse, or refined along its boundaries, until asked for."""


@dataclass(frozen=True)
class _Ticket:
    """What a result belongs to; it is dropped unless this is still what is wanted."""

    number: int
    preview: bool


class RenderController(QObject):
    """Owns the renderer and keeps one picture up to date with the model.

    Signals
    -------
    frameReady(Frame)                          coloured, and of the view at hand
    progressChanged(float, float | None, str)  fraction, seconds left, what is being done; "" idle
    failed(str)                                one line for a person
    samplesChanged(Samples)                    the finished samples of the view at hand
    drafted(Draft | None)                      what the budget left; None: nothing is left out
    probeReady(Probe | None)                   the history behind a point that was clicked
    """

    frameReady = Signal(object)
    progressChanged = Signal(float, object, str)
    failed = Signal(str)
    samplesChanged = Signal(object)
    drafted = Signal(object)
    probeReady = Signal(object)
    _sampled = Signal(object, object)
    _broke = Signal(object, object)

    def __init__(
        self,
        model: SessionModel,
        renderer: Renderer | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.renderer = renderer or Renderer()
        self._painting = Painting(self.renderer.run)
        self.budget: float | None = BUDGET_SECONDS
        """Seconds that a picture may take unasked; None: no limit."""
        self._shape: tuple[int, int] | None = None
        self._running = False
        # The request that is wanted in full, however long it takes.
        self._unlimited: RenderRequest | None = None
        self._estimate: float | None = None
        self._number = 0
        self._ticket: _Ticket | None = None
        self._job: Any = None
        self._latest: Samples | None = None
        self._tried: Coloring | None = None
        self._backdrops = Backdrops()
        self._samples: Samples | None = None
        self._preview_job: Any = None
        self._preview_wanted = False
        self._preview_size = PreviewSize()
        queued = Qt.ConnectionType.QueuedConnection
        self._sampled.connect(self._on_sampled, queued)
        self._broke.connect(self._on_broke, queued)
        self._painting.painted.connect(self._on_painted, queued)
        self._painting.failed.connect(self._on_paint_failed, queued)
        self._settle = self._timer(SETTLE_MS, self._render_now)
        self._reshape = self._timer(RESHAPE_MS, self._render_now)
        self._progress = QTimer(self)
        self._progress.setInterval(PROGRESS_MS)
        self._progress.timeout.connect(self._report)
        model.changed.connect(self._on_changed)

    # What there is.

    @property
    def samples(self) -> Samples | None:
        """The finished samples of the view at hand; None while they are being computed."""
        samples = self._samples
        return samples if samples is not None and samples.request == self.request else None

    @property
    def scene(self) -> Scene:
        """What colouring needs to know about the System at hand."""
        return scene_of(self.model.view.key, self.model.view.params)

    @property
    def request(self) -> RenderRequest | None:
        """What the view at hand asks for; None until the canvas has a shape."""
        if self._shape is None:
            return None
        view = self.model.view
        return RenderRequest(
            view.key, view.params, self.model.viewport, self._shape, view.supersampling
        )

    @property
    def coloring(self) -> Coloring:
        """The colouring shown: the view's, or one that is being tried."""
        return self._tried or self.model.coloring

    @property
    def busy(self) -> bool:
        """True while samples of the view at hand are missing."""
        return self._running and self._shape is not None and self.samples is None

    @property
    def draft(self) -> Draft | None:
        """What the budget left of the view at hand; None while it is computed, or whole."""
        latest = self._latest
        return latest.draft if latest is not None and latest.request == self.request else None

    # Control.

    @Slot(int, int)
    def set_canvas_shape(self, height: int, width: int) -> None:
        """Render pictures of (H, W) from now on."""
        shape = (height, width)
        if shape == self._shape:
            return
        first = self._shape is None
        self._shape = shape
        # A view at home changes along; it waits with the shape until that has settled.
        self._reshape.start()
        self.model.set_aspect(width / height)
        if first:
            self._render_now()

    def try_coloring(self, coloring: Coloring | None) -> None:
        """Show another colouring without choosing it; None, or any change, ends the trial."""
        if coloring != self._tried:
            self._tried = coloring
            self._render_now()

    def start(self) -> None:
        """Begin to render; before, nothing is computed and no kernel is loaded."""
        if not self._running:
            self._running = True
            self._render_now()

    def pause(self) -> None:
        """Stop computing until `resume`."""
        self._running = False
        self._drop()

    def resume(self) -> None:
        self.start()

    @Slot()
    def cancel(self) -> None:
        """Stop the picture being computed; the next change starts anew."""
        self._drop()

    @Slot()
    def toggle_pause(self) -> None:
        """Let the picture being computed stand still, or go on with it."""
        job = self._job
        if job is not None:
            (job.resume if job.paused else job.pause)()
            self._report()

    @Slot()
    def render_fully(self) -> None:
        """Compute the view at hand to its last pixel, however long it takes."""
        if self.draft is not None or self._job is not None:
            self._unlimited = self.request
            self._drop()
            self._render_now()

    def close(self) -> None:
        """Stop everything and join the threads."""
        self._running = False
        self._drop()
        self._samples = None
        self._painting.close()
        self.renderer.close()

    # What the model says.

    @Slot(object, object)
    def _on_changed(self, old: View, new: View) -> None:
        self._tried = None
        if not self._running or self._shape is None:
            return
        self.drafted.emit(self.draft)
        if (old.key, old.params) != (new.key, new.params) and self.model.merging:
            self._scrub()
            return
        self._settle.stop()
        if not self._reshape.isActive():
            self._render_now()

    @Slot()
    def _render_now(self) -> None:
        """Bring the picture up to date: colour the samples in hand, or ask for others."""
        request = self.request
        if request is None or not self._running:
            return
        self._settle.stop()
        self._reshape.stop()
        if self._samples is not None and self._samples.request == request:
            # A preview under way would come after the picture, and stay.
            if self._ticket is None or self._ticket.preview or self._job is not None:
                self._drop()
                self._ticket = self._next_ticket()
            self._paint(self._ticket, self._samples, final=True)
            return
        latest = self._latest
        drafted = self.draft is not None and self._unlimited != request
        if drafted or (self._job is not None and self._job.request == request):
            # The same samples are at hand or on their way; they are coloured as they come.
            if self._ticket is None:
                self._ticket = self._next_ticket()
            if latest is not None:
                self._paint(self._ticket, latest, final=False)
            return
        self._drop()
        self._ticket = ticket = self._next_ticket()
        self._latest = None
        self.drafted.emit(None)
        budget = None if self._unlimited == request else self.budget
        self._estimate = self.renderer.estimate(request)
        if self._estimate is not None and budget is not None:
            self._estimate = min(self._estimate, budget)
        self._job = self.renderer.submit(
            request,
            on_update=partial(self._send, ticket, False),
            on_done=partial(self._send, ticket, True),
            on_error=partial(self._send_error, ticket),
            reuse=latest if latest is not None and latest.request == request else None,
            budget=budget,
        )
        self._progress.start()

    # Scrubbing.

    def _scrub(self) -> None:
        self._settle.start()
        if self._job is not None:
            self._drop()
        self._preview_wanted = True
        if self._preview_job is None:
            self._start_preview()

    def _start_preview(self) -> None:
        request = self.request
        if request is None:
            return
        self._preview_wanted = False
        small = self._preview_size.begin(request)
        self._ticket = ticket = self._next_ticket(preview=True)
        self._preview_job = self.renderer.submit(
            small,
            on_update=_ignore,
            on_done=partial(self._send, ticket, True),
            on_error=partial(self._send_error, ticket),
        )

    # Workers call these.

    def _send(self, ticket: _Ticket, final: bool, job: Any, samples: Samples) -> None:
        self._sampled.emit((ticket, final), samples)

    def _send_error(self, ticket: _Ticket, job: Any, error: Exception) -> None:
        self._broke.emit(ticket, error)

    # What the workers said.

    @Slot(object, object)
    def _on_sampled(self, about: tuple[_Ticket, bool], samples: Samples) -> None:
        ticket, final = about
        if ticket != self._ticket:
            return
        if ticket.preview:
            self._paint(ticket, samples, final=False, preview=True)
            return
        if final:
            self._job = None
            self._report()
        final = final and samples.complete
        if final:
            self._samples, self._latest = samples, None
        else:
            self._latest = samples
        self._paint(ticket, samples, final)
        if final:
            self.samplesChanged.emit(samples)
        elif samples.draft is not None:
            self.drafted.emit(samples.draft)

    @Slot(object, object)
    def _on_broke(self, ticket: _Ticket, error: Exception) -> None:
        if ticket != self._ticket:
            return
        self._job = self._preview_job = None
        self._report()
        _log.error("the picture can't be computed", exc_info=error)
        self.failed.emit(message_of(error))

    @Slot(object, object)
    def _on_painted(self, ticket: _Ticket, frame: Frame) -> None:
        if ticket != self._ticket or not self._running:
            return
        if ticket.preview:
            self._preview_size.end()
            self._preview_job = None
            self._show(frame)
            if self._preview_wanted and self._preview_job is None:
                self._start_preview()
            return
        if frame.request != self.request:
            return
        if frame.coloring == self.coloring:
            self._show(frame)
        else:
            self._render_now()

    @Slot(object, str)
    def _on_paint_failed(self, ticket: _Ticket, message: str) -> None:
        if ticket == self._ticket:
            self._preview_job = None
            self.failed.emit(message)

    # Inside.

    def _paint(
        self, ticket: _Ticket | None, samples: Samples, final: bool, preview: bool = False
    ) -> None:
        coarse = not (final or preview)
        stretch = self._backdrops.stretch(samples.request, self.coloring) if coarse else 0.0
        order = PaintOrder(ticket, samples, self.scene, self.coloring, final, preview, stretch)
        self._painting.order(order)

    def _show(self, frame: Frame) -> None:
        self._backdrops.add(frame)
        self.frameReady.emit(frame)

    def _drop(self) -> None:
        """Stop what runs; whatever it still says is dropped by its ticket."""
        for job in (self._job, self._preview_job):
            if job is not None:
                job.cancel()
        self._job = self._preview_job = None
        self._preview_wanted = False
        self._ticket = None
        self._painting.cancel()
        self._report()

    def _next_ticket(self, preview: bool = False) -> _Ticket:
        self._number += 1
        return _Ticket(self._number, preview)

    @Slot()
    def _report(self) -> None:
        job = self._job
        if job is None:
            self._progress.stop()
            self.progressChanged.emit(1.0, None, "")
        else:
            eta = job.eta if job.eta is not None else self._estimate
            self.progressChanged.emit(job.fraction, eta, "Paused" if job.paused else "Rendering")

    def _timer(self, milliseconds: int, slot: Any) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(milliseconds)
        timer.timeout.connect(slot)
        return timer


def _ignore(job: Any, samples: Samples) -> None:
    return None
