"""Widgets that lie over the canvas, so that showing them never resizes the picture."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

MARGIN = 14


class Floating(QObject):
    """Keeps a widget at an edge of another one, centred, and as high as it wants to be."""

    def __init__(
        self, widget: QWidget, over: QWidget, edge: Literal["top", "bottom"], width: int
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._over = over
        self._edge = edge
        self._width = width
        widget.setParent(over)
        widget.setAutoFillBackground(True)
        widget.hide()
        over.installEventFilter(self)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        moved = watched is self._over and event.type() == QEvent.Type.Resize
        wanted = (QEvent.Type.LayoutRequest, QEvent.Type.Show)
        if moved or (watched is self._widget and event.type() in wanted):
            self._place()
        return False

    def _place(self) -> None:
        widget, over = self._widget, self._over
        width = max(1, min(self._width, over.width() - 6 * MARGIN))
        height = widget.sizeHint().height()
        if widget.hasHeightForWidth():
            height = widget.heightForWidth(width)
        top = 2 * MARGIN if self._edge == "top" else over.height() - height - 4 * MARGIN
        widget.setGeometry((over.width() - width) // 2, top, width, height)
        widget.raise_()
