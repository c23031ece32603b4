"""The menu bar: the declared actions, and the lists that grow while one works."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from deepfractals_gui.gui.actions import ACTIONS, MENUS, SEPARATOR
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.theme import CHOICES, appearance
from deepfractals_gui.systems import SYSTEMS

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow


class Menus(QObject):
    """Fills the window's menu bar."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        bar = window.menuBar()
        self._menus = {title: bar.addMenu(f"&{title}") for title in MENUS}
        for declared in ACTIONS:
            menu = self._menus[declared.menu]
            if declared.key == SEPARATOR:
                menu.addSeparator()
            else:
                menu.addAction(window.actions_by_key[declared.key])
        self._recent = QMenu("Open recent", window)
        self._recent.aboutToShow.connect(self._fill_recent)
        file_menu = self._menus["File"]
        file_menu.insertMenu(window.actions_by_key["save"], self._recent)
        self._bookmarks = QMenu("Bookmarks", window)
        self._bookmarks.aboutToShow.connect(self._fill_bookmarks)
        view_menu = self._menus["View"]
        view_menu.insertMenu(window.actions_by_key["clear_orbit"], self._bookmarks)
        self._add_pages(view_menu)
        self._add_panels(view_menu)
        self._add_themes(view_menu)
        self._add_systems(self._menus["Systems"])

    def _add_pages(self, menu: QMenu) -> None:
        self._pages = QActionGroup(self)
        first = menu.actions()[0]
        for number, page in enumerate(PAGES, start=1):
            action = QAction(page.title, self)
            action.setCheckable(True)
            action.setChecked(number == 1)
            action.setData(page.key)
            action.setToolTip(page.tooltip)
            action.setShortcut(QKeySequence(f"Ctrl+{number}"))
            self._pages.addAction(action)
            menu.insertAction(first, action)
            action.triggered.connect(partial(self._window.pages.turn, page.key))
        menu.insertSeparator(first)
        self._window.pages.turned.connect(self._check_page)

    @Slot(str)
    def _check_page(self, key: str) -> None:
        for action in self._pages.actions():
            action.setChecked(action.data() == key)

    @property
    def pages(self) -> tuple[QAction, ...]:
        """One action per page, to turn to it."""
        return tuple(self._pages.actions())

    def _add_panels(self, menu: QMenu) -> None:
        panels = QMenu("Panels", self._window)
        panels.addActions(self._window.docks.toggles)
        menu.insertMenu(self._window.actions_by_key["axes"], panels)

    def _add_themes(self, menu: QMenu) -> None:
        themes = QMenu("Theme", self._window)
        titles = {"system": "As the system", "dark": "Dark", "light": "Light"}
        self._themes = QActionGroup(self)
        for choice in CHOICES:
            action = themes.addAction(titles[choice])
            action.setCheckable(True)
            action.setChecked(choice == appearance.choice)
            action.setData(choice)
            self._themes.addAction(action)
            action.triggered.connect(partial(self._window.view.choose_theme, choice))
        menu.insertMenu(self._window.actions_by_key["axes"], themes)
        appearance.changed.connect(self._check_theme)

    @property
    def themes(self) -> tuple[QAction, ...]:
        """One action per theme, to use it."""
        return tuple(self._themes.actions())

    def _add_systems(self, menu: QMenu) -> None:
        self._systems = QActionGroup(self)
        for number, system in enumerate(SYSTEMS, start=1):
            action = menu.addAction(system.title)
            action.setCheckable(True)
            action.setData(system.key)
            action.setToolTip(system.summary)
            if number <= 9:
                action.setShortcut(QKeySequence(f"Alt+{number}"))
            self._systems.addAction(action)
            action.triggered.connect(partial(self._window.model.choose_system, system.key))
        self._window.model.changed.connect(self._check_system)
        self._check_system()

    @Slot()
    def _check_system(self) -> None:
        for action in self._systems.actions():
            action.setChecked(action.data() == self._window.model.view.key)

    @Slot()
    def _check_theme(self) -> None:
        for action in self._themes.actions():
            action.setChecked(action.data() == appearance.choice)

    @Slot()
    def _fill_recent(self) -> None:
        self._recent.clear()
        entries = self._window.file.recent.entries
        for entry in entries:
            action = self._recent.addAction(entry.path.name)
            action.setToolTip(str(entry.path))
            action.setEnabled(entry.exists)
            action.triggered.connect(partial(self._window.file.open_path, entry.path))
        if not entries:
            self._recent.addAction("Nothing yet").setEnabled(False)

    @Slot()
    def _fill_bookmarks(self) -> None:
        self._bookmarks.clear()
        entries = self._window.bookmarks.entries
        for entry in entries:
            action = self._bookmarks.addAction(entry.name)
            action.triggered.connect(partial(self._window.model.open_view, entry.document))
        if not entries:
            self._bookmarks.addAction("Nothing yet").setEnabled(False)
