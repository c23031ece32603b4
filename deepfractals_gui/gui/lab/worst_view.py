"""The mistakes of which the network is surest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.lab.colors import draw_image, frame
from deepfractals_gui.gui.theme import number_font, small_font, theme

_TILE = 78.0
_GAP = 12.0


@dataclass(frozen=True, eq=False)
class Mistake:
    """A sample taken for another class.

    Attributes
    ----------
    index : which of the test samples it is
    confidence : probability of the class that was said
    image : float (H, W) in [0, 1], row 0 at the top as images are stored; None without a picture
    """

    index: int
    true: str
    guessed: str
    confidence: float
    image: Array | None = None


class WorstView(QWidget):
    """Mistakes as pictures or, without pictures, as lines; the surest comes first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.mistakes: tuple[Mistake, ...] = ()
        self._pictures: list[QImage | None] = []
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setMinimumWidth(round(_TILE) + 8)
        self.setAccessibleName("Worst mistakes")

    def set_mistakes(self, mistakes: Sequence[Mistake]) -> None:
        """Show mistakes, in this order."""
        self.mistakes = tuple(mistakes)
        self._pictures = [None if m.image is None else _grey(m.image) for m in self.mistakes]
        self.setAccessibleDescription("; ".join(words_of(m) for m in self.mistakes) or "none")
        self._fit()
        self.update()

    # Layout

    @property
    def _pictured(self) -> bool:
        return any(picture is not None for picture in self._pictures)

    def box_of(self, number: int) -> QRectF:
        """Where a mistake is drawn with its words, in pixels."""
        line = self.fontMetrics().height()
        top = line + 10.0
        if not self._pictured:
            return QRectF(0, top + number * (line + 5), self.width(), line + 5)
        across = max(1, int((self.width() + _GAP) // (_TILE + _GAP)))
        row, column = divmod(number, across)
        tall = _TILE + 2 * line + 4
        return QRectF(column * (_TILE + _GAP), top + row * (tall + _GAP), _TILE, tall)

    def _fit(self) -> None:
        last = self.box_of(max(len(self.mistakes) - 1, 0))
        self.setMinimumHeight(round(last.bottom()) if self.mistakes else 60)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(380, 300)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        for number, mistake in enumerate(self.mistakes):
            if self.box_of(number).contains(event.position()):
                self.setToolTip(words_of(mistake))
                return
        self.setToolTip("")

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.setToolTip("")

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, metrics = theme(), self.fontMetrics()
        line = metrics.height()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("muted"))
        head = "The surest mistakes" if self.mistakes else "No mistake in the test"
        if self.mistakes and not self._pictured:
            head += ": sample, true → said"
        end = Qt.TextElideMode.ElideRight
        head = metrics.elidedText(head, end, self.width())
        painter.drawText(QRectF(0, 0, self.width(), line + 2), 0, head)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for number, (mistake, picture) in enumerate(
            zip(self.mistakes, self._pictures, strict=True)
        ):
            box = self.box_of(number)
            if picture is None:
                painter.setPen(colors.color("text"))
                text = metrics.elidedText(_line(mistake), end, int(box.width()))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
                continue
            square = QRectF(box.left(), box.top(), _TILE, _TILE)
            painter.fillRect(square, Qt.GlobalColor.black)
            share = min(_TILE / picture.width(), _TILE / picture.height())
            wide, tall = picture.width() * share, picture.height() * share
            inner = QRectF(0, 0, wide, tall)
            inner.moveCenter(square.center())
            draw_image(painter, inner, picture, False)
            frame(painter, square)
            painter.setPen(colors.color("text"))
            words = QRectF(box.left(), square.bottom() + 3, _TILE, line)
            middle = Qt.TextElideMode.ElideMiddle
            text = metrics.elidedText(f"{mistake.true} → {mistake.guessed}", middle, int(_TILE))
            painter.drawText(words, centre, text)
            painter.setPen(colors.color("muted"))
            sure = f"{100 * mistake.confidence:.1f} %"
            painter.drawText(words.translated(0, line), centre, sure)
        painter.end()


def words_of(mistake: Mistake) -> str:
    """A mistake in words."""
    return (
        f"test sample {mistake.index + 1}: {mistake.true} taken for {mistake.guessed}, "
        f"{100 * mistake.confidence:.1f} % sure"
    )


def _line(mistake: Mistake) -> str:
    sure = f"{100 * mistake.confidence:.1f} %"
    return f"{mistake.index + 1}    {mistake.true} → {mistake.guessed}    {sure}"


def _grey(values: Array) -> QImage:
    grey = np.rint(255 * np.clip(np.nan_to_num(values), 0.0, 1.0)).astype(np.uint8)
    rows = np.ascontiguousarray(grey)
    height, width = rows.shape
    return QImage(rows.data, width, height, width, QImage.Format.Format_Grayscale8).copy()
