"""A slim column of buttons that turns from page to page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QToolBar, QToolButton, QWidget

from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.rail.pages import PageSpec
from deepfractals_gui.gui.theme import appearance, small_font


class Rail(QToolBar):
    """One button per page; ``turned(str)`` gives the key of the page chosen."""

    turned = Signal(str)

    def __init__(self, pages: Sequence[PageSpec], parent: QWidget | None = None) -> None:
        super().__init__("Pages", parent)
        self.setObjectName("rail")
        self.setOrientation(Qt.Orientation.Vertical)
        self.setMovable(False)
        self.setFloatable(False)
        self.setIconSize(QSize(22, 22))
        self._pages = tuple(pages)
        self._buttons = QButtonGroup(self)
        self._buttons.setExclusive(True)
        for number, page in enumerate(self._pages):
            button = QToolButton(self)
            button.setText(page.title)
            button.setToolTip(f"{page.tooltip}  (Ctrl+{number + 1})")
            button.setAccessibleName(page.title)
            button.setCheckable(True)
            button.setChecked(number == 0)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFont(small_font(button.font()))
            button.setFixedWidth(62)
            self._buttons.addButton(button, number)
            self.addWidget(button)
        self._buttons.idClicked.connect(self._turn)
        appearance.changed.connect(self._draw_icons)
        self._draw_icons()

    @Slot(str)
    def show_page(self, key: str) -> None:
        """Mark the page that is shown; emits nothing."""
        for number, page in enumerate(self._pages):
            if page.key == key:
                self._buttons.button(number).setChecked(True)

    @Slot(int)
    def _turn(self, number: int) -> None:
        self.turned.emit(self._pages[number].key)

    @Slot()
    def _draw_icons(self) -> None:
        for number, page in enumerate(self._pages):
            self._buttons.button(number).setIcon(icon(page.icon, "muted"))
