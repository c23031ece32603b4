"""A small picture with rounded corners, or words where there is none."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.gui.theme import theme


class PicturePane(QWidget):
    """Shows a picture as large as fits, in its own aspect.

    ``activated`` is emitted at a double click and at Enter.
    """

    activated = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._words = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(120, 120)

    @property
    def image(self) -> QImage | None:
        return self._image

    def set_image(self, image: QImage | None, words: str = "") -> None:
        self._image, self._words = image, words
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(180, 180)

    def _box(self) -> QRectF:
        """Where the picture is drawn, in pixels; a square while there is none."""
        aspect = self._image.width() / self._image.height() if self._image is not None else 1.0
        width = min(self.width() - 2.0, (self.height() - 2.0) * aspect)
        height = width / aspect
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.activated.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.activated.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        box = self._box()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(box, 4, 4)
        painter.fillPath(path, colors.color("canvas"))
        if self._image is not None:
            painter.setClipPath(path)
            painter.drawImage(box, self._image)
            painter.setClipping(False)
        else:
            painter.setPen(colors.color("muted"))
            flags = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
            painter.drawText(box.adjusted(12, 12, -12, -12), flags, self._words)
        painter.setPen(QPen(colors.color("line"), 1))
        painter.drawPath(path)
        painter.end()
