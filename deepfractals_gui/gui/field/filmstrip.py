"""Chosen steps of a field side by side, small: the whole way at a glance."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.gui.field.field_pictures import MOST_STEPS, Colouring, strip_steps
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import number_font, small_font, theme

_GAP = 4.0
_LEAST = 20.0
"""Pixels of a picture's side below which nothing can be seen on it."""


class Filmstrip(QWidget):
    """Pairs of small pictures, magnitude above phase, with their steps below.

    ``picked(step)`` follows a click.
    """

    picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps: list[int] = []
        self._images: list[tuple[QImage, QImage]] = []
        self._shown = 0
        self.setFont(number_font(small_font(self.font())))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Steps side by side")

    def set_colouring(self, colouring: Colouring | None) -> None:
        """Show another evolution, or the same in other colours."""
        if colouring is None:
            self.steps, self._images = [], []
        else:
            self.steps = strip_steps(len(colouring.evolution.frames))
            self._images = [
                (image_of(grey), image_of(hue)) for grey, hue in map(colouring.pictures, self.steps)
            ]
        self.update()

    def set_step(self, step: int) -> None:
        """Mark the step that is shown elsewhere, if it is one of these."""
        self._shown = step
        self.update()

    def boxes(self) -> list[tuple[QRectF, QRectF]]:
        """Where the pairs are, in pixels; none where there is too little room."""
        count = len(self.steps)
        if not count:
            return []
        high = self.fontMetrics().height()
        # A few are as large as many would be: nothing jumps about.
        side = min((self.width() + _GAP) / MOST_STEPS - _GAP, (self.height() - high - 2 * _GAP) / 2)
        if side < _LEAST:
            return []
        step = side + _GAP
        return [
            (QRectF(i * step, 0.0, side, side), QRectF(i * step, step, side, side))
            for i in range(count)
        ]

    def height_for(self, width: int) -> int:
        """The height that pictures need which fill a width."""
        side = (width + _GAP) / MOST_STEPS - _GAP
        return round(2 * side + 2 * _GAP + self.fontMetrics().height())

    def sizeHint(self) -> QSize:
        return QSize(400, 130)

    def minimumSizeHint(self) -> QSize:
        return QSize(100, 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for step, (upper, lower) in zip(self.steps, self.boxes(), strict=False):
            if upper.united(lower).contains(QPointF(event.position())):
                self.picked.emit(step)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, painter = theme(), QPainter(self)
        high = self.fontMetrics().height()
        for step, images, (upper, lower) in zip(
            self.steps, self._images, self.boxes(), strict=False
        ):
            painter.drawImage(upper, images[0])
            painter.drawImage(lower, images[1])
            shown = step == self._shown
            painter.setPen(colors.color("text" if shown else "muted"))
            words = QRectF(lower.left(), lower.bottom() + 2.0, lower.width(), high)
            painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), str(step))
            if shown:
                painter.setPen(QPen(colors.color("accent"), 2))
                painter.drawRect(upper.united(lower))
        painter.end()
