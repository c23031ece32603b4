"""A field on its way to its fixed point, step by step: played, scrubbed, read."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from deepfractals_gui.core import Array, Status
from deepfractals_gui.experiments.field_views import Evolution
from deepfractals_gui.gui.controls import SPACE, ChoiceBox, QuietButton
from deepfractals_gui.gui.field.class_bars import ClassBars
from deepfractals_gui.gui.field.field_pictures import ALL, MEAN, Colouring
from deepfractals_gui.gui.field.filmstrip import Filmstrip
from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.log_slider import LogSlider
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import appearance, number_font, theme
from deepfractals_gui.nn.activations import softmax

FRAME_MS = 90
"""From step to step while it plays."""
PLAY_MS = 3000
"""A long evolution skips steps to be over by then."""


class Raster(QWidget):
    """One picture of a field with its name above, every point a square."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._image: QImage | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    @property
    def image(self) -> QImage | None:
        return self._image

    def set_rgb(self, rgb: Array | None) -> None:
        """Show uint8 (H, W, 3), or nothing."""
        self._image = None if rgb is None else image_of(rgb)
        self.update()

    def box(self) -> QRectF:
        """Where the picture is, in pixels."""
        top = self.fontMetrics().height() + 4.0
        side = max(min(float(self.width()), self.height() - top), 1.0)
        return QRectF((self.width() - side) / 2, top, side, side)

    def sizeHint(self) -> QSize:
        return QSize(340, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 140)

    def paintEvent(self, event: QPaintEvent) -> None:
        box, painter = self.box(), QPainter(self)
        painter.setPen(theme().color("muted"))
        words = QRectF(box.left(), 0.0, box.width(), box.top())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft), self._title)
        if self._image is None:
            painter.fillRect(box, theme().color("canvas"))
            painter.setPen(theme().color("muted"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), "Preparing the field…")
        else:
            painter.drawImage(box, self._image)
        painter.end()


class EvolutionView(QWidget):
    """Two pictures of the step at hand, what the readout says of it, and a way through the steps.

    Left and Right go a step, Home and End to the ends, Space plays.

    Signals
    -------
    stepped(step)   follows every change of the step shown
    rested()        it plays no more
    """

    stepped = Signal(int)
    rested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evolution: Evolution | None = None
        self.step = 0
        self._colouring: Colouring | None = None
        self._names: tuple[str, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Evolution of the field")
        self.magnitude = Raster("Magnitude |z|")
        self.phase = Raster("Phase as hue")
        self.phase.setToolTip("The hue tells the phase, the lightness the magnitude")
        self.bars = ClassBars()
        self.strip = Filmstrip()
        self.strip.picked.connect(self._picked)
        self.play_button = QuietButton("", "Play (Space)")
        self.play_button.clicked.connect(self.toggle)
        self.slider = LogSlider(0, 1, whole=True)
        self.slider.setAccessibleName("Step")
        self.slider.scrubbed.connect(self._scrubbed)
        self.words = QLabel()
        self.words.setFont(number_font(self.words.font()))
        self.words.setAccessibleName("Step and residual")
        # Changing numbers must not push anything about.
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.channels = ChoiceBox()
        self.channels.setAccessibleName("Channels shown")
        self.channels.setToolTip("Which of the field's channels are drawn")
        self.channels.currentIndexChanged.connect(self._recolour)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self._pictures = QWidget()
        pictures = QHBoxLayout(self._pictures)
        pictures.setContentsMargins(0, 0, 0, 0)
        pictures.setSpacing(2 * SPACE)
        pictures.addWidget(self.magnitude, 1)
        pictures.addWidget(self.phase, 1)
        transport = QHBoxLayout()
        transport.setSpacing(SPACE)
        transport.addWidget(self.play_button)
        transport.addWidget(self.slider, 1)
        transport.addWidget(self.channels)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self._pictures, 4)
        column.addLayout(transport)
        column.addWidget(self.words)
        column.addWidget(self.strip, 2)
        column.addWidget(self.bars, 1)
        appearance.changed.connect(self._restyle)
        self._fill_channels(0)
        self._restyle()
        self._show()

    # What is shown

    def set_evolution(
        self,
        evolution: Evolution | None,
        names: tuple[str, ...] = (),
        colouring: Colouring | None = None,
    ) -> None:
        """Show another evolution: at its end, or at the same step while someone looks at one.

        Parameters
        ----------
        colouring : of this evolution, where it has been prepared elsewhere
        """
        old = self.evolution
        followed = old is None or self.step >= len(old.frames) - 1 or self.playing
        self.evolution, self._names = evolution, names
        self._timer.stop()
        last = 0 if evolution is None else len(evolution.frames) - 1
        self.slider.set_span(0, max(last, 1))
        self.slider.setEnabled(last > 0)
        self.step = last if followed else min(self.step, last)
        self._fill_channels(0 if evolution is None else evolution.frames.shape[1])
        self._colour(colouring)
        self._restyle()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    @property
    def choice(self) -> str:
        """The channels that are drawn: MEAN, ALL or a number."""
        return str(self.channels.currentData() or MEAN)

    @property
    def colouring(self) -> Colouring | None:
        """How the evolution at hand is drawn."""
        return self._colouring

    @property
    def probabilities(self) -> Array:
        """What the readout says at each step, float64 (K, classes)."""
        return np.zeros((0, 0)) if self.evolution is None else softmax(self.evolution.logits)

    @Slot(int)
    def go(self, step: int) -> None:
        """Show a step; one beyond the ends is brought there."""
        if self.evolution is None:
            return
        step = min(max(step, 0), len(self.evolution.frames) - 1)
        if step != self.step:
            self.step = step
            self._show()
            self.stepped.emit(step)

    @Slot()
    def play(self) -> None:
        """From the first step to the last."""
        if self.evolution is not None and len(self.evolution.frames) > 1:
            self.go(0)
            self._timer.start()
            self._restyle()

    @Slot()
    def toggle(self) -> None:
        """Pause, go on, or begin again at the end."""
        if self.evolution is None:
            return
        if self.playing:
            self.pause()
        elif self.step >= len(self.evolution.frames) - 1:
            self.play()
        else:
            self._timer.start()
            self._restyle()

    @Slot()
    def pause(self) -> None:
        played = self.playing
        self._timer.stop()
        self._restyle()
        if played:
            self.rested.emit()

    @Slot()
    def _advance(self) -> None:
        if self.evolution is None:
            return
        last = len(self.evolution.frames) - 1
        self.go(self.step + max(1, round(last * FRAME_MS / PLAY_MS)))
        if self.step >= last:
            self.pause()

    @Slot(int)
    def _picked(self, step: int) -> None:
        self.pause()
        self.go(step)

    @Slot(float)
    def _scrubbed(self, number: float) -> None:
        self.pause()
        self.go(round(number))

    def _fill_channels(self, count: int) -> None:
        """Offer the mean, all, and each of so many channels."""
        wanted = [(MEAN, "Mean of all")]
        if count > 1:
            wanted += [(ALL, "Side by side")]
            wanted += [(str(index), f"Channel {index + 1}") for index in range(count)]
        if self.channels.count() == len(wanted):
            return
        kept = self.choice
        self.channels.blockSignals(True)
        self.channels.clear()
        for key, title in wanted:
            self.channels.addItem(title, key)
        self.channels.setCurrentIndex(max(self.channels.findData(kept), 0))
        self.channels.blockSignals(False)

    @Slot()
    def _recolour(self) -> None:
        self._colour(None)

    def _colour(self, ready: Colouring | None) -> None:
        found = self.evolution
        if found is None:
            self._colouring = None
        elif ready is not None and ready.choice == self.choice:
            self._colouring = ready
        else:
            self._colouring = Colouring(found, self.choice).prepared()
        self.strip.set_colouring(self._colouring)
        self._show()

    def _show(self) -> None:
        found, colouring = self.evolution, self._colouring
        if found is None or colouring is None:
            self.magnitude.set_rgb(None)
            self.phase.set_rgb(None)
            self.words.setText("")
            return
        self.slider.set_number(self.step)
        self.strip.set_step(self.step)
        grey, hue = colouring.pictures(self.step)
        self.magnitude.set_rgb(grey)
        self.phase.set_rgb(hue)
        last, residual = len(found.frames) - 1, found.residuals[self.step]
        self.words.setText(f"step {self.step} of {last}   residual {residual:.2e}")
        self.bars.set_probabilities(softmax(found.logits[self.step][np.newaxis])[0], self._names)

    @property
    def outcome(self) -> str:
        """How the solver ended, for a person."""
        found = self.evolution
        if found is None:
            return ""
        steps, cost = len(found.frames) - 1, found.evaluations[-1]
        reached = found.residuals[-1]
        how = {
            Status.CONVERGED: f"Settled after {steps} steps",
            Status.MAX_STEPS: f"Not settled after {steps} steps",
            Status.CYCLE: f"Goes round in a cycle after {steps} steps",
        }.get(found.status, f"{found.status.label.capitalize()} after {steps} steps")
        return f"{how}, {cost:.3g} evaluations; residual {reached:.1e}"

    # Events

    @Slot()
    def _restyle(self) -> None:
        self.play_button.setIcon(icon("pause" if self.playing else "play", "text"))
        self.play_button.setToolTip("Pause (Space)" if self.playing else "Play (Space)")
        self.play_button.setEnabled(self.evolution is not None and len(self.evolution.frames) > 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # What the pictures leave of the height belongs to the bars.
        side = (self.width() - 2 * SPACE) // 2
        self._pictures.setMaximumHeight(side + self.fontMetrics().height() + SPACE)
        self.strip.setMaximumHeight(self.strip.height_for(self.width()))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.pause()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = 0 if self.evolution is None else len(self.evolution.frames) - 1
        steps = {
            Qt.Key.Key_Left: self.step - 1,
            Qt.Key.Key_Right: self.step + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        key = Qt.Key(event.key())
        if key in steps:
            self.pause()
            self.go(steps[key])
        elif key == Qt.Key.Key_Space:
            self.toggle()
        else:
            super().keyPressEvent(event)
