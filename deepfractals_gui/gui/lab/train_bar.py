"""The controls of a training run, how far it is, and why it stopped."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE, ElidedLabel, QuietButton
from deepfractals_gui.gui.icons import icon, pixmap
from deepfractals_gui.gui.theme import Theme, appearance, number_font, theme

_SIGNS = {
    "info": ("info", "muted"),
    "warning": ("warning", "warning"),
    "error": ("warning", "danger"),
    "good": ("check", "good"),
}


class TrainBar(QWidget):
    """Start or pause, one batch, one epoch, rewind; how far; one sentence.

    Signals
    -------
    startWished(), pauseWished(), batchWished(), epochWished(), rewindWished()
    """

    startWished = Signal()
    pauseWished = Signal()
    batchWished = Signal()
    epochWished = Signal()
    rewindWished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._running = True
        self._kind = "info"
        self._compact = False
        self.start_button = QPushButton("Train")
        self.start_button.setDefault(True)
        self.start_button.setMinimumWidth(96)
        self.start_button.clicked.connect(self._start_or_pause)
        self.batch_button = QuietButton("Batch", "Train one batch (B)")
        self.epoch_button = QuietButton("Epoch", "Train one epoch (E)")
        self.rewind_button = QuietButton("Rewind", "Back to the same first weights (R)")
        self.batch_button.clicked.connect(self.batchWished)
        self.epoch_button.clicked.connect(self.epochWished)
        self.rewind_button.clicked.connect(self.rewindWished)
        self.place = QLabel()
        self.place.setFont(number_font(self.place.font()))
        self.place.setAccessibleName("How far the training is")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress of the training")
        self.sign = QLabel()
        self.sentence = ElidedLabel()
        self.extra = QHBoxLayout()
        self.extra.setSpacing(SPACE // 2)
        first = QHBoxLayout()
        first.setSpacing(SPACE // 2)
        for button in (
            self.start_button, self.batch_button, self.epoch_button, self.rewind_button,
        ):  # fmt: skip
            button.setIconSize(QSize(16, 16))
            first.addWidget(button)
            if isinstance(button, QuietButton):
                button.setToolButtonStyle(button.toolButtonStyle().ToolButtonTextBesideIcon)
        first.addSpacing(SPACE)
        first.addWidget(self.place)
        first.addStretch(1)
        first.addLayout(self.extra)
        second = QHBoxLayout()
        second.setSpacing(SPACE)
        second.addWidget(self.sign)
        second.addWidget(self.sentence, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(first)
        column.addWidget(self.progress)
        column.addLayout(second)
        appearance.changed.connect(self._restyle)
        self._fit_place()
        self.set_place(0, 0, 0)
        self.set_running(False)

    def set_compact(self, compact: bool) -> None:
        """Show signs alone on the smaller buttons, or their words as well."""
        styles = Qt.ToolButtonStyle
        style = styles.ToolButtonIconOnly if compact else styles.ToolButtonTextBesideIcon
        for button in (self.batch_button, self.epoch_button, self.rewind_button):
            button.setToolButtonStyle(style)
        self._compact = compact
        self._fit_place()

    def _fit_place(self) -> None:
        """Keep what follows from moving when a digit more is needed."""
        widest = "epoch 000 of 000" if self._compact else "epoch 000 of 000   step 00,000"
        self.place.setMinimumWidth(self.place.fontMetrics().horizontalAdvance(widest))

    @property
    def running(self) -> bool:
        return self._running

    def set_running(self, running: bool) -> None:
        """Show whether training goes on."""
        if running == self._running:
            return
        self._running = running
        self.start_button.setText("Pause" if running else "Train")
        self.start_button.setToolTip("Pause (Space)" if running else "Train (Space)")
        self.batch_button.setEnabled(not running)
        self.epoch_button.setEnabled(not running)
        self._restyle(theme())

    def set_place(self, epoch: int, step: int, epochs: int) -> None:
        """Show how far it is; ``epochs`` 0: without an end."""
        of = f" of {epochs:,}" if epochs else ""
        words, steps = f"epoch {epoch:,}{of}", f"step {step:,}"
        self.place.setText(words if self._compact else f"{words}   {steps}")
        self.place.setToolTip(steps)
        self.progress.setValue(round(1000 * min(epoch / epochs, 1.0)) if epochs else 0)
        self.rewind_button.setEnabled(step > 0)

    def say(self, sentence: str, kind: str = "info") -> None:
        """Show one sentence: info, warning, error or good, told by a sign as well."""
        if (sentence, kind) == (self.sentence.text(), self._kind):
            return
        self._kind = kind
        self.sentence.setText(sentence)
        self._show_sign()

    @property
    def words(self) -> str:
        return self.sentence.text()

    @Slot()
    def _start_or_pause(self) -> None:
        if self._running:
            self.pauseWished.emit()
        else:
            self.startWished.emit()

    @Slot(object)
    def _restyle(self, colors: Theme) -> None:
        token = "on_accent"
        self.start_button.setIcon(icon("pause" if self._running else "play", token))
        self.batch_button.setIcon(icon("step", "muted"))
        self.epoch_button.setIcon(icon("forward", "muted"))
        self.rewind_button.setIcon(icon("rewind", "muted"))
        self._show_sign()

    def _show_sign(self) -> None:
        sign, token = _SIGNS[self._kind]
        self.sign.setPixmap(pixmap(sign, 16, self.devicePixelRatioF(), token))
        self.sign.setVisible(bool(self.sentence.text()))
