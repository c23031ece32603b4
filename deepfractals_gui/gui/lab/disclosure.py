"""A quiet line with an arrow that shows and hides what is seldom needed."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from deepfractals_gui.gui.theme import theme

_ARROW = 14.0


class Disclosure(QAbstractButton):
    """Shows ``shown`` while it is checked; flush with the fields above it."""

    def __init__(self, text: str, shown: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._shown = shown
        shown.hide()
        self.toggled.connect(self._show)

    @Slot(bool)
    def _show(self, shown: bool) -> None:
        self._shown.setVisible(shown)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(self.text()) + _ARROW + 8
        return QSize(round(wide), metrics.height() + 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        lit = self.underMouse() or self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(QPen(colors.color("accent"), 1))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.setPen(QPen(colors.color("text" if lit else "muted"), 1.4))
        painter.translate(_ARROW / 2 - 1, self.height() / 2)
        if self.isChecked():
            painter.rotate(90)
        painter.drawPolyline([QPointF(-2, -4), QPointF(2, 0), QPointF(-2, 4)])
        painter.resetTransform()
        painter.drawText(
            self.rect().adjusted(round(_ARROW), 0, 0, 0),
            int(Qt.AlignmentFlag.AlignVCenter),
            self.text(),
        )
        painter.end()
