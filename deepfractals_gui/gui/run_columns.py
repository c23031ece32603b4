"""Where the parts of a page go on which something learns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.lab.train_bar import TrainBar

COMPACT = 1240
"""Below this width the columns are as narrow as they can be."""


class RunColumns(QWidget):
    """Settings at the left; a bar over what is looked at and over what is told of it.

    Parameters
    ----------
    view, side : what is looked at, and what is told of it
    foot : what lies below both, if anything
    widths : of the settings and of the column at the right, in pixels
    narrow : the same where the page is narrower than COMPACT
    """

    def __init__(
        self,
        settings: QWidget,
        bar: TrainBar,
        view: QWidget,
        side: QWidget,
        foot: QWidget | None = None,
        widths: tuple[int, int] = (300, 360),
        narrow: tuple[int, int] = (250, 250),
    ) -> None:
        super().__init__()
        self._bar = bar
        self._widths, self._narrow = widths, narrow
        self._roomy: bool | None = None
        middle, right = QWidget(), QWidget()
        inner = QVBoxLayout(middle)
        inner.setContentsMargins(SPACE, 0, SPACE, 2 * SPACE)
        inner.addWidget(view)
        self._view = QSplitter(Qt.Orientation.Horizontal)
        self._view.addWidget(middle)
        self._view.addWidget(side)
        self._view.setStretchFactor(0, 1)
        rows = QVBoxLayout(right)
        rows.setContentsMargins(SPACE, SPACE + SPACE // 2, 0, 0)
        rows.setSpacing(SPACE)
        bar.setContentsMargins(SPACE, 0, 2 * SPACE, 0)
        rows.addWidget(bar)
        rows.addWidget(self._view, 1)
        if foot is not None:
            rows.addWidget(foot)
        self._columns = QSplitter(Qt.Orientation.Horizontal)
        self._columns.addWidget(settings)
        self._columns.addWidget(right)
        self._columns.setStretchFactor(1, 1)
        for splitter in (self._view, self._columns):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(5)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        roomy = self.width() >= COMPACT
        if roomy != self._roomy:
            self._roomy = roomy
            self._bar.set_compact(not roomy)
            left, told = self._widths if roomy else self._narrow
            self._columns.setSizes([left, self.width() - left])
            self._view.setSizes([self.width() - left - told, told])
