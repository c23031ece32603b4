"""Looking elsewhere and at other things: zoom, panels, theme, help."""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QMenu

from deepfractals_gui.core import Overlay, Probe, System, Viewport
from deepfractals_gui.gui.about_dialog import AboutDialog
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.command_palette import CommandPalette
from deepfractals_gui.gui.controls import open_dialog
from deepfractals_gui.gui.gallery import Gallery
from deepfractals_gui.gui.goto_dialog import GoToDialog
from deepfractals_gui.gui.help_panel import EssayWindow
from deepfractals_gui.gui.inspector import Inspector
from deepfractals_gui.gui.places import place_text
from deepfractals_gui.gui.rail.pages import PAGES
from deepfractals_gui.gui.shortcut_sheet import ShortcutSheet
from deepfractals_gui.gui.theme import Choice, appearance
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.history import View
from deepfractals_gui.session.preferences import load_preferences, save_preferences

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow

_log = logging.getLogger(__name__)

_WAY_BACK = "Esc brings everything back"


class ViewCommands(QObject):
    """What the View and Help menus do for one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._hidden: list[QDockWidget] = []
        self._fronts: list[QDockWidget] = []
        self._sheet: ShortcutSheet | None = None
        self._essay: EssayWindow | None = None
        self._overlays_chosen: dict[str, bool] = {}
        self._menu: QMenu | None = None
        self._tasks = Background(window.controller.renderer.background)
        self._tasks.done.connect(self._overlays_found)
        self._tasks.failed.connect(self._overlays_failed)

    # The view.

    @Slot(object, str)
    def look(self, viewport: Viewport, merge: str) -> None:
        """Show the viewport that a gesture asked for."""
        self._window.model.replace(viewport=viewport, merge=merge)

    @Slot()
    def zoom_in(self) -> None:
        self._zoom(0.5)

    @Slot()
    def zoom_out(self) -> None:
        self._zoom(2.0)

    def _zoom(self, factor: float) -> None:
        geometry = self._window.canvas.geometry_now
        centre: QPointF = geometry.area.center()
        self._window.model.replace(viewport=geometry.zoomed(centre, factor), merge="zoom")

    @Slot(object, QPoint)
    def show_menu(self, point: CanvasPoint, place: QPoint) -> None:
        """Offer what can be done at a pixel."""
        self._menu = menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        canvas, model = self._window.canvas, self._window.model
        geometry = canvas.geometry_now
        position = geometry.scene(point.x, point.y)
        linked = model.system.linked(point.x, point.y, model.view.params)
        menu.addAction("Draw the orbit", partial(canvas.clicked.emit, point))
        if linked is not None:
            params, viewport = linked
            look = partial(model.replace, params=params, viewport=model.fitted(viewport))
            menu.addAction("Open the linked plane", look)
        if self._window.bridges.leads_to_run():
            train = partial(self._window.bridges.open_run, point.x, point.y)
            menu.addAction("Open its run in the lab", train)
        menu.addSeparator()
        for title, viewport in (
            ("Centre here", geometry.centred(position)),
            ("Zoom in here", geometry.zoomed(position, 0.25)),
            ("Zoom out", geometry.zoomed(position, 4.0)),
        ):
            menu.addAction(title, partial(model.replace, viewport=viewport))
        menu.addSeparator()
        here = replace(model.viewport, x=Decimal(repr(point.x)), y=Decimal(repr(point.y)))
        copy = partial(QGuiApplication.clipboard().setText, place_text(here))
        menu.addAction("Copy the coordinates of this point", copy)
        menu.popup(place)

    @Slot(object)
    def show_probe(self, probe: Probe | None) -> None:
        """Draw the orbit behind a point, or mark it where there is none; None takes it away."""
        if probe is None:
            self._window.canvas.show_orbit(None)
            return
        start = np.array([complex(probe.x, probe.y)])
        self._window.canvas.show_orbit(start if probe.orbit is None else probe.orbit)

    @property
    def _inspector(self) -> Inspector:
        inspector = self._window.docks.panels["inspector"]
        assert isinstance(inspector, Inspector)
        return inspector

    @Slot()
    def clear_orbit(self) -> None:
        self._inspector.clear()

    @Slot()
    def toggle_pin(self) -> None:
        self._inspector.toggle_pin()

    @Slot()
    def unpin_all(self) -> None:
        self._inspector.pins.clear()

    def stop_probing(self) -> bool:
        """Stop what is being probed; False when nothing is."""
        return self._inspector.stop()

    @Slot(object, object)
    def on_changed(self, old: View, new: View) -> None:
        """Keep the marks of the System up to date."""
        self._window.canvas.supersampling = new.supersampling
        self._window.actions_by_key["overlays"].setChecked(self._overlays_wanted)
        if self._overlays_wanted:
            self._ask_overlays()

    # Marks.

    @property
    def _overlays_wanted(self) -> bool:
        """Whether the marks of the system at hand are shown: as chosen for it, or as it begins."""
        system = self._window.model.system
        return self._overlays_chosen.get(system.key, system.marked)

    @Slot(bool)
    def set_axes(self, shown: bool) -> None:
        self._window.canvas.set_axes_visible(shown)

    @Slot(bool)
    def set_overlays(self, shown: bool) -> None:
        self._overlays_chosen[self._window.model.system.key] = shown
        if shown:
            self._ask_overlays()
        else:
            self._tasks.drop("overlays")
            self._window.canvas.show_overlays(())

    def _ask_overlays(self) -> None:
        model = self._window.model
        self._tasks.start(
            "overlays",
            _overlays,
            self._window.controller.renderer,
            model.system,
            model.viewport,
            model.view.params,
        )

    @Slot(object, object)
    def _overlays_found(self, token: object, overlays: tuple[Overlay, ...]) -> None:
        if self._overlays_wanted:
            self._window.canvas.show_overlays(overlays)

    @Slot(object, str)
    def _overlays_failed(self, token: object, message: str) -> None:
        self._window.show_error(f"The marks can't be found: {message}")

    # The window.

    def choose_theme(self, choice: Choice) -> None:
        """Use a theme from now on, also the next time."""
        appearance.choose(choice)
        path = self._window.data_folder / "preferences.json"
        try:
            save_preferences(replace(load_preferences(path).preferences, theme=choice), path)
        except OSError as error:
            self._window.show_error(f"The theme can't be kept: {error}")

    def leave_special_modes(self) -> None:
        """Bring everything back from full screen and from the picture alone."""
        for key in ("presentation", "full_screen"):
            self._window.actions_by_key[key].setChecked(False)

    @Slot(bool)
    def set_full_screen(self, wanted: bool) -> None:
        window = self._window
        window.showFullScreen() if wanted else window.showNormal()

    @Slot(bool)
    def set_presentation(self, wanted: bool) -> None:
        """Show nothing but the picture; the menu comes back with the shortcut."""
        window = self._window
        if wanted:
            docks = window.findChildren(QDockWidget)
            self._hidden = [dock for dock in docks if dock.isVisible()]
            # Of docks that share a place, the one in front is the one that can be seen.
            self._fronts = [dock for dock in docks if not dock.visibleRegion().isEmpty()]
        for dock in self._hidden:
            dock.setVisible(not wanted)
        window.tasks.set_wanted(not wanted)
        for part in (window.menuBar(), window.statusBar(), window.toolbar, window.rail):
            part.setVisible(not wanted)
        window.canvas.set_axes_visible(not wanted and window.actions_by_key["axes"].isChecked())
        if wanted:
            window.canvas.setFocus()
            window.show_info(_WAY_BACK)
            return
        for dock in self._fronts:
            dock.raise_()
        if window.banner.text == _WAY_BACK:
            window.banner.dismiss()

    @Slot()
    def reset_layout(self) -> None:
        self._window.docks.arrange()

    @Slot()
    def go_to(self) -> None:
        open_dialog(GoToDialog(self._window.model, self._window))

    @Slot()
    def bookmark(self) -> None:
        """Keep the view at hand under a name of its own."""
        model = self._window.model
        try:
            kept = self._window.bookmarks.add(f"{model.system.title}", model.view)
        except (ValueError, OSError) as error:
            self._window.show_error(f"{error}")
            return
        gallery = self._window.docks.panels["gallery"]
        assert isinstance(gallery, Gallery)
        self._window.banner.say(
            f"Kept as {kept.name!r}",
            action="Rename…",
            callback=partial(gallery.ask_name, kept.name),
        )

    # Help.

    @Slot()
    def show_about(self) -> None:
        open_dialog(AboutDialog(self._window))

    @Slot()
    def show_essay(self) -> None:
        pages = self._window.pages
        if not pages.explores:
            if self._essay is None:
                self._essay = EssayWindow(self._window)
            title = next(page.title for page in PAGES if page.key == pages.key)
            self._essay.show_essay(pages.key, title)
        elif "help" in self._window.docks:
            self._window.docks.show("help")

    @Slot()
    def show_shortcuts(self) -> None:
        if self._sheet is None:
            self._sheet = ShortcutSheet(self._window)
        self._sheet.show()
        self._sheet.raise_()

    @Slot()
    def show_commands(self) -> None:
        CommandPalette.open_over(self._window)


def _overlays(
    renderer: Renderer, system: System[Any], viewport: Viewport, params: Any
) -> tuple[Overlay, ...]:
    return system.overlays(viewport, params, renderer.prepared(system, params))
