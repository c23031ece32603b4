"""The line under everything: where, how deep, how exact, how far."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from deepfractals_gui.core.viewport import SAFE_ULPS
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.controls import ElidedLabel, QuietButton
from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import Theme, appearance, number_font, theme
from deepfractals_gui.render.request import Draft

WARN_ULPS = 64.0
_SEGMENTS = 5
_RAISED = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")
SHOW_AFTER = 0.35
"""Progress is shown once a picture will take longer than this, in seconds."""


class PrecisionMeter(QWidget):
    """How many units in the last place a pixel is wide, as bits left and as a sign."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ulps = 2.0**40
        self.setFont(number_font(self.font()))
        self.set_ulps(self._ulps)

    @property
    def level(self) -> str:
        """``good``, ``warning`` below 64 units, ``danger`` below 8."""
        if self._ulps < SAFE_ULPS:
            return "danger"
        return "warning" if self._ulps < WARN_ULPS else "good"

    @property
    def text(self) -> str:
        bits = math.log2(self._ulps) if self._ulps > 0 else -1074
        words = {"good": "", "warning": " – near the limit", "danger": " – too deep"}
        return f"{max(bits, 0):.0f} bits{words[self.level]}"

    def set_ulps(self, ulps: float) -> None:
        self._ulps = ulps
        meaning = {
            "good": "Coordinates are exact enough for this depth.",
            "warning": "A little deeper, rounding will begin to show: below 8 units a picture "
            "shows the arithmetic instead of the map.",
            "danger": "Pixels are narrower than 8 units in the last place: what is shown is "
            "rounding, not the map. Zoom out.",
        }
        self.setToolTip(
            f"A pixel is {ulps:.3g} units in the last place wide. {meaning[self.level]}"
        )
        self.setAccessibleName(f"Precision: {self.text}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(
            _SEGMENTS * 7 + 10 + metrics.horizontalAdvance(self.text), metrics.height() + 6
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bits = math.log2(max(self._ulps, 1.0))
        lit = min(_SEGMENTS, max(1 if self._ulps >= SAFE_ULPS else 0, math.ceil(bits / 9)))
        token = "muted" if self.level == "good" else self.level
        painter.setPen(Qt.PenStyle.NoPen)
        for segment in range(_SEGMENTS):
            painter.setBrush(now.color(token if segment < lit else "line"))
            height = 5 + 1.6 * segment
            base = self.height() / 2 + 6
            painter.drawRoundedRect(QRectF(segment * 6.0, base - height, 4, height), 1, 1)
        painter.setPen(now.color(token))
        box = QRectF(_SEGMENTS * 6 + 6, 0, self.width(), self.height())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, self.text)
        painter.end()


class StatusLine(QWidget):
    """Coordinates, zoom, precision, progress.

    Signals
    -------
    cancelWished()   the picture being computed should stop
    pauseWished()    it should stand still, or go on
    fullWished()     a picture that was left coarse should be computed to its last pixel
    """

    cancelWished = Signal()
    pauseWished = Signal()
    fullWished = Signal()

    def __init__(self, model: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._shape = (600, 800)
        self._pointed = False
        self.place = ElidedLabel(parent=self)
        self.pixels = QLabel(self)
        self.zoom = QLabel(self)
        for label in (self.pixels, self.zoom):
            label.setFont(number_font(label.font()))
            label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.place.setAccessibleDescription("Coordinates under the pointer")
        self.meter = PrecisionMeter(self)
        self.work = QLabel(self)
        self.work.setFont(number_font(self.work.font()))
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setFixedSize(140, 4)
        self.progress.setRange(0, 1000)
        self.progress.setAccessibleName("Progress of the picture")
        self._paused = False
        self.pause = self._button("Pause computing this picture", self.pauseWished)
        self.stop = self._button("Stop computing this picture", self.cancelWished)
        self.draft = ElidedLabel(parent=self)
        self.draft.setMinimumWidth(80)
        self.full = QuietButton("", "Compute every pixel of this picture", self)
        self.full.clicked.connect(self.fullWished)
        self.full.setFixedHeight(self.fontMetrics().height() + 4)
        # The line is lower than a button with its usual padding.
        self.full.setStyleSheet("padding: 0 6px;")
        self.show_draft(None)
        # One height, whatever is shown: a line that grew would make the canvas render anew.
        self.setFixedHeight(self.fontMetrics().height() + 10)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(18)
        row.addWidget(self.place, 2)
        row.addWidget(self.draft, 3)
        shown = (self.full, self.work, self.progress, self.pause, self.stop)
        for widget in (*shown, self.pixels, self.zoom, self.meter):
            row.addWidget(widget)
        self._show_progress(False)
        self._restyle(theme())
        appearance.changed.connect(self._restyle)
        model.changed.connect(self._on_changed)
        self._on_changed()

    @Slot(int, int)
    def set_shape(self, height: int, width: int) -> None:
        """Tell the picture's (H, W), which the precision depends on."""
        self._shape = (height, width)
        self._on_changed()

    @Slot(object)
    def show_point(self, point: CanvasPoint | None) -> None:
        """Write the coordinates under the pointer, with the digits that a pixel warrants."""
        self._pointed = point is not None
        if point is None:
            self.place.setText(self._centre_text())
            return
        step = self._model.viewport.step(self._shape[1])
        x_axis, y_axis = self._model.system.axes(self._model.view.params)
        x, y = x_axis.format(point.x, step), y_axis.format(point.y, step)
        self.place.setText(_signed(f"{x_axis.name} {x}    {y_axis.name} {y}"))

    @Slot(float, object, str)
    def show_progress(self, fraction: float, eta: float | None, text: str) -> None:
        """Show how far a picture is, once it takes a noticeable time."""
        paused = text == "Paused"
        slow = bool(
            text and ((eta is not None and eta > SHOW_AFTER) or self.progress.isVisible() or paused)
        )
        self._show_progress(slow)
        if paused != self._paused:
            self._paused = paused
            wish = "Go on computing this picture" if paused else "Pause computing this picture"
            self.pause.setToolTip(wish)
            self.pause.setAccessibleName(wish)
            self._restyle(theme())
        if slow:
            self.progress.setValue(round(fraction * 1000))
            rest = "  paused" if paused else f"  {duration(eta)} left" if eta else ""
            self.work.setText(f"{fraction:.0%}{rest}")

    @Slot(object)
    def show_draft(self, draft: Draft | None) -> None:
        """Say how much of a picture was computed, and offer the rest; None: nothing is left."""
        for widget in (self.draft, self.full):
            widget.setVisible(draft is not None)
        if draft is not None:
            self.draft.setText(draft_text(draft))
            self.draft.setToolTip(draft_help(draft))
            self.full.setText(f"Render fully (est. {duration(draft.seconds_left)})")

    @Slot()
    def _on_changed(self) -> None:
        model = self._model
        home = model.fitted(model.system.home(model.view.params))
        octaves = math.log2(home.width / model.viewport.width)
        self.zoom.setText(_signed(f"zoom 2{_superscript(octaves)}"))
        self.zoom.setToolTip(
            f"The view is {model.viewport.width:.6g} wide, {home.width / model.viewport.width:.4g} "
            "times narrower than the whole"
        )
        self.pixels.setText(f"{self._shape[1]} × {self._shape[0]}")
        self.pixels.setToolTip("Pixels of the picture")
        self.meter.set_ulps(model.viewport.pixel_ulps(self._shape))
        if not self._pointed:
            self.place.setText(self._centre_text())

    def _centre_text(self) -> str:
        viewport = self._model.viewport
        step = viewport.step(self._shape[1])
        x_axis, y_axis = self._model.system.axes(self._model.view.params)
        x, y = x_axis.format(viewport.x, step), y_axis.format(viewport.y, step)
        return _signed(f"centre  {x_axis.name} {x}    {y_axis.name} {y}")

    def _button(self, name: str, wish: SignalInstance) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(name)
        button.setAccessibleName(name)
        button.clicked.connect(wish)
        button.setFixedSize(20, 20)
        return button

    def _show_progress(self, shown: bool) -> None:
        for widget in (self.work, self.progress, self.pause, self.stop):
            widget.setVisible(shown)

    @Slot(object)
    def _restyle(self, theme: Theme) -> None:
        self.stop.setIcon(icon("close", "muted"))
        self.pause.setIcon(icon("play" if self._paused else "pause", "muted"))
        self.setStyleSheet(f"QLabel {{ color: {theme.muted}; }}")


def draft_text(draft: Draft) -> str:
    """One line about a picture that its budget ended."""
    known = f"{draft.share:.0%} computed" if draft.share >= 0.01 else "under 1% computed"
    audit = draft.audit
    if audit is None:
        return f"coarse preview: {known}"
    wrong = f"{audit.wrong} of {audit.computed} filled pixels wrong"
    return f"refined preview: {known}, {wrong}"


def draft_help(draft: Draft) -> str:
    """What that line means."""
    if draft.audit is None:
        return (
            f"Every pixel shown is the nearest that was computed, at most {draft.stride} pixels "
            "apart. The whole picture would take longer than a picture may take unasked."
        )
    low, high = draft.audit.interval
    return (
        "Pixels beside a boundary were computed, the others have the value of a neighbour. "
        f"Of {draft.audit.filled:,} such pixels {draft.audit.computed:,} were computed at random "
        f"to check: between {low:.2%} and {high:.2%} of them are wrong, with 95% confidence."
    )


def duration(seconds: float) -> str:
    """A time span for a person, such as ``8 s`` or ``2 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _superscript(octaves: float) -> str:
    text = f"{octaves + 0.0:.1f}".removesuffix(".0")
    return ("0" if text == "-0" else text).translate(_RAISED)


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
