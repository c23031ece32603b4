"""The panels around the canvas: which there are, and where they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QWidget,
)

from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.panels import PANELS, Panel
from deepfractals_gui.gui.render_controller import RenderController
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.theme import Theme, appearance, small_font, theme

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow

_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class DockTitle(QWidget):
    """A quiet title bar: the panel's name and a cross."""

    def __init__(self, dock: QDockWidget, title: str) -> None:
        super().__init__(dock)
        self._label = QLabel(title)
        self._label.setFont(small_font(self._label.font()))
        self._close = QToolButton()
        self._close.setToolTip(f"Close {title}")
        self._close.setAccessibleName(f"Close {title}")
        self._close.setFixedSize(20, 20)
        self._close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 5, 3)
        row.addWidget(self._label, 1)
        row.addWidget(self._close)
        appearance.changed.connect(self._restyle)
        self._restyle(theme())

    @Slot(object)
    def _restyle(self, theme: Theme) -> None:
        self._label.setStyleSheet(f"color: {theme.muted}; font-weight: 600;")
        self._close.setIcon(icon("close", "faint"))


class Docks(QObject):
    """Builds every panel of `panels.PANELS` into a dock of the window."""

    def __init__(
        self, window: MainWindow, model: SessionModel, controller: RenderController
    ) -> None:
        super().__init__(window)
        self._window = window
        self._docks: dict[str, QDockWidget] = {}
        self.panels: dict[str, QWidget] = {}
        window.setCorner(Qt.Corner.BottomLeftCorner, _AREAS["left"])
        window.setCorner(Qt.Corner.BottomRightCorner, _AREAS["right"])
        for panel in PANELS:
            widget = panel.build(model, controller)
            self.panels[panel.key] = widget
            self._docks[panel.key] = self._dock(panel, widget)

    def __getitem__(self, key: str) -> QDockWidget:
        return self._docks[key]

    def __contains__(self, key: str) -> bool:
        return key in self._docks

    @property
    def toggles(self) -> tuple[QAction, ...]:
        """One action per panel, to show and hide it."""
        return tuple(dock.toggleViewAction() for dock in self._docks.values())

    def arrange(self) -> None:
        """Put every panel where it begins."""
        window = self._window
        for panel in PANELS:
            window.removeDockWidget(self._docks[panel.key])
        # Tabs come after all splits: a dock that has tabs can't be split any more.
        fronts = [panel for panel in PANELS if not panel.tabbed]
        for area in _AREAS:
            docks = [self._docks[panel.key] for panel in fronts if panel.area == area]
            for number, dock in enumerate(docks):
                window.addDockWidget(_AREAS[area], dock)
                if number:
                    window.splitDockWidget(docks[number - 1], dock, Qt.Orientation.Vertical)
        front: Panel | None = None
        for panel in PANELS:
            dock = self._docks[panel.key]
            if panel.tabbed and front is not None:
                window.addDockWidget(_AREAS[panel.area], dock)
                window.tabifyDockWidget(self._docks[front.key], dock)
            else:
                front = panel
            dock.setFloating(False)
            dock.setVisible(panel.shown)
        for panel in fronts:
            self._docks[panel.key].raise_()
        self._size(Qt.Orientation.Horizontal, {p.key: p.width for p in fronts})
        self._size(Qt.Orientation.Vertical, {p.key: p.height for p in fronts})

    def _size(self, orientation: Qt.Orientation, sizes: dict[str, int]) -> None:
        docks = [self._docks[key] for key, size in sizes.items() if size]
        self._window.resizeDocks(docks, [size for size in sizes.values() if size], orientation)

    def show(self, key: str) -> None:
        """Bring a panel to the front."""
        dock = self._docks[key]
        dock.show()
        dock.raise_()

    def close(self) -> None:
        """Let panels that run something stop it."""
        for widget in self.panels.values():
            stop = getattr(widget, "shut_down", None)
            if stop is not None:
                stop()

    def _dock(self, panel: Panel, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"dock_{panel.key}")
        dock.setTitleBarWidget(DockTitle(dock, panel.title))
        widget.setAccessibleName(panel.title)
        # What a panel shows must never push the canvas into another size: it scrolls instead.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setMinimumSize(160, 96)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(widget)
        dock.setWidget(scroll)
        dock.toggleViewAction().setIcon(icon(panel.icon) if panel.icon else dock.windowIcon())
        return dock
