"""Turning from page to page: what belongs to Explore alone leaves and comes back as it was."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QDockWidget, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.gui.rail.pages import PAGES

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow

EXPLORE = PAGES[0].key
EVERYWHERE = (
    "quit", "full_screen", "commands", "shortcuts", "log_folder", "about", "sample_cache",
    "essay",
)  # fmt: skip
"""Actions that mean the same on every page; all others are Explore's."""


class Pages(QStackedWidget):
    """The pages of the window, in the order of the rail.

    Those beside Explore are built when they are first turned to: the window opens no later for
    them. A page with a ``shut_down`` is told when the window closes.

    ``turned(key)`` follows every change of the page.
    """

    turned = Signal(str)

    def __init__(self, window: MainWindow, builders: Mapping[str, Callable[[], QWidget]]) -> None:
        super().__init__(window)
        self._window = window
        self._builders = dict(builders)
        self._built: dict[str, QWidget] = {}
        self._layout: QByteArray | None = None
        self._turning = False
        self._places = {page.key: QVBoxLayout() for page in PAGES}
        for place in self._places.values():
            place.setContentsMargins(0, 0, 0, 0)
            host = QWidget()
            host.setLayout(place)
            self.addWidget(host)
        self.page(EXPLORE)

    @property
    def key(self) -> str:
        """The page that is shown."""
        return PAGES[self.currentIndex()].key

    @property
    def explores(self) -> bool:
        return self.key == EXPLORE

    def page(self, key: str) -> QWidget:
        """The widget of a page, built if it hasn't been. Raises KeyError for an unknown one."""
        if key not in self._built:
            self._built[key] = self._builders[key]()
            self._places[key].addWidget(self._built[key])
        return self._built[key]

    def minimumSizeHint(self) -> QSize:
        # That of the page in front: a page that isn't shown must not take room from the panels,
        # nor must one that is about to leave.
        front = self.currentWidget()
        return QSize(0, 0) if self._turning or front is None else front.minimumSizeHint()

    def sizeHint(self) -> QSize:
        front = self.currentWidget()
        return super().sizeHint() if front is None else front.sizeHint()

    @property
    def explore_state(self) -> QByteArray:
        """The window's panels as they are, or were when Explore was left."""
        return self._window.saveState() if self._layout is None else self._layout

    @Slot(str)
    def turn(self, key: str) -> None:
        """Show a page."""
        if key == self.key:
            return
        page = self.page(key)
        if key == EXPLORE:
            self._enter_explore()
        elif self.explores:
            self._leave_explore()
        self.setCurrentIndex([page.key for page in PAGES].index(key))
        self._yield(False)
        self._enable(key == EXPLORE)
        self._name(key)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.turned.emit(key)

    @Slot()
    def explore(self) -> None:
        """Show Explore: something was asked for that is seen there."""
        self.turn(EXPLORE)

    def shut_down(self) -> None:
        """Stop what the pages do: the window closes."""
        for page in self._built.values():
            stop = getattr(page, "shut_down", None)
            if stop is not None:
                stop()

    def _leave_explore(self) -> None:
        window = self._window
        # Panels that are hidden for the picture's sake are to come back, too.
        window.actions_by_key["presentation"].setChecked(False)
        self._layout = window.saveState()
        for dock in window.findChildren(QDockWidget):
            dock.hide()
        window.toolbar.hide()
        window.statusBar().hide()

    def _enter_explore(self) -> None:
        window = self._window
        layout, self._layout = self._layout, None
        window.statusBar().show()
        if layout is not None:
            # The panels come first: the canvas then has its old size when it is seen again.
            self._yield(True)
            window.restoreState(layout)

    def _yield(self, turning: bool) -> None:
        """Take no room of one's own while pages change."""
        self._turning = turning
        self.updateGeometry()

    def _enable(self, enabled: bool) -> None:
        """Let Explore's actions work there alone: their shortcuts are free on other pages."""
        window = self._window
        for action in window.actions_by_key.all:
            if action.objectName() not in EVERYWHERE:
                action.setEnabled(enabled)
        for toggle in window.docks.toggles:
            toggle.setEnabled(enabled)
        window.enable_history()

    def _name(self, key: str) -> None:
        if key == EXPLORE:
            self._window.file.update_title()
            return
        title = next(page.title for page in PAGES if page.key == key)
        self._window.setWindowModified(False)
        self._window.setWindowTitle(f"{title}[*] — deepfractals")
