"""Where the parts of a page go on which something learns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.lab.train_bar import TrainBar

COMPACT = 1240
"""Below this width the columns are as narrow as they can be."""


def beside(first: QWidget, second: QWidget, stretched: int = 0) -> QSplitter:
    """Two widgets, neither of which can be pushed away; one takes the room that is gained."""
    found = QSplitter(Qt.Orientation.Horizontal)
    found.addWidget(first)
    found.addWidget(second)
    found.setStretchFactor(stretched, 1)
    found.setStretchFactor(1 - stretched, 0)
    found.setChildrenCollapsible(False)
    found.setHandleWidth(5)
    return found


def under_bar(bar: TrainBar, view: QWidget, foot: QWidget | None = None) -> QWidget:
    """A bar over what is looked at."""
    found = QWidget()
    rows = QVBoxLayout(found)
    rows.setContentsMargins(SPACE, SPACE + SPACE // 2, 0, 0)
    rows.setSpacing(SPACE)
    bar.setContentsMargins(SPACE, 0, 2 * SPACE, 0)
    rows.addWidget(bar)
    rows.addWidget(view, 1)
    if foot is not None:
        rows.addWidget(foot)
    return found


def uncut_width(content: QWidget) -> int:
    """How wide what scrolls must be to show all of it beside its scroll bar, in pixels."""
    return content.minimumSizeHint().width() + SPACE + SPACE // 2


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
        middle = QWidget()
        inner = QVBoxLayout(middle)
        inner.setContentsMargins(SPACE, 0, SPACE, 2 * SPACE)
        inner.addWidget(view)
        self._view = beside(middle, side)
        self._columns = beside(settings, under_bar(bar, self._view, foot), stretched=1)
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
