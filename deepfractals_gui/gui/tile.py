"""A tile of the gallery: a thumbnail, a title and, perhaps, a line beneath."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from deepfractals_gui.core import Document
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.theme import small_font, theme

_ASPECT = 168 / 108
_WIDE_HEIGHT = 72


class Tile(QAbstractButton):
    """A picture to click. ``view`` is what it shows; a ``wide`` tile has its words at the right."""

    def __init__(
        self,
        view: Document,
        title: str,
        line: str = "",
        *,
        wide: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.view = view
        self.wide = wide
        self.line = line
        self._image: QImage | None = None
        self.setText(title)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(not wide)
        self.setSizePolicy(policy)
        self.setAccessibleName(title)
        self.setAccessibleDescription(line)

    @property
    def image(self) -> QImage | None:
        return self._image

    def set_image(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def hasHeightForWidth(self) -> bool:
        return not self.wide

    def heightForWidth(self, width: int) -> int:
        lines = len(self._title_lines(width - 4))
        return round((width - 4) / _ASPECT) + lines * self._line_height() + 10

    def sizeHint(self) -> QSize:
        return QSize(200, _WIDE_HEIGHT) if self.wide else QSize(108, self.heightForWidth(108))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _WIDE_HEIGHT) if self.wide else QSize(72, 60)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _picture_box(self) -> QRectF:
        if self.wide:
            width = min((self.height() - 8) * _ASPECT, 0.38 * self.width())
            return QRectF(4, (self.height() - width / _ASPECT) / 2, width, width / _ASPECT)
        return QRectF(2, 2, self.width() - 4.0, (self.width() - 4) / _ASPECT)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        lit = self.underMouse() or self.hasFocus()
        if self.wide and (lit or self.isChecked()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("selection" if self.isChecked() else "raised"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        box = self._picture_box()
        path = QPainterPath()
        path.addRoundedRect(box, 4, 4)
        painter.fillPath(path, colors.color("canvas"))
        if self._image is not None:
            painter.setClipPath(path)
            painter.drawImage(box, self._image)
            painter.setClipping(False)
        if self.hasFocus() or (self.isChecked() and not self.wide):
            painter.setPen(QPen(colors.color("accent"), 2))
            painter.drawPath(path)
        elif lit and not self.wide:
            painter.setPen(QPen(colors.color("muted"), 1))
            painter.drawPath(path)
        self._paint_words(painter, box, lit)
        painter.end()

    def _paint_words(self, painter: QPainter, box: QRectF, lit: bool) -> None:
        colors = theme()
        line = self.fontMetrics().height()
        if not self.wide:
            painter.setFont(small_font(self.font()))
            painter.setPen(colors.color("text" if lit or self.isChecked() else "muted"))
            high = self._line_height()
            for index, text in enumerate(self._title_lines(round(box.width()))):
                top = box.bottom() + 2 + index * high
                self._elided(painter, QRectF(box.left(), top, box.width(), high), text)
            return
        left = box.right() + SPACE
        width = self.width() - left - SPACE
        painter.setPen(colors.color("text"))
        small = small_font(self.font())
        lines = _wrapped(self.line, QFontMetrics(small), int(width), 3)
        under = QFontMetrics(small).height()
        top = (self.height() - line - len(lines) * under) / 2
        self._elided(painter, QRectF(left, top, width, line), self.text())
        painter.setFont(small)
        painter.setPen(colors.color("muted"))
        for index, text in enumerate(lines):
            self._elided(painter, QRectF(left, top + line + index * under, width, under), text)

    def _line_height(self) -> int:
        return QFontMetrics(small_font(self.font())).height()

    def _title_lines(self, width: int) -> list[str]:
        return _wrapped(self.text(), QFontMetrics(small_font(self.font())), width, 2)

    def _elided(self, painter: QPainter, box: QRectF, text: str) -> None:
        metrics = painter.fontMetrics()
        words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def _wrapped(text: str, metrics: QFontMetrics, width: int, most: int) -> list[str]:
    """The text in at most ``most`` lines; what doesn't fit stays in the last one."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and (len(lines) == most or metrics.horizontalAdvance(longer) <= width):
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
