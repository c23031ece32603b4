"""Where to go: the Systems, the named places of the one at hand, and the bookmarks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

from PySide6.QtCore import QPoint, Qt, Slot
from PySide6.QtGui import QAction, QImage, QKeySequence
from PySide6.QtWidgets import QGridLayout, QInputDialog, QMenu, QVBoxLayout, QWidget

from deepfractals_gui.core import Coloring, Document, Preset
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.gui.background import message_of
from deepfractals_gui.gui.bookmark_list import BookmarkList
from deepfractals_gui.gui.controls import (
    SPACE,
    ErrorLine,
    MutedLabel,
    Scroll,
    SectionTitle,
    clear_layout,
    open_dialog,
)
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.thumbnails import Thumbnails
from deepfractals_gui.gui.tile import Tile
from deepfractals_gui.session.bookmarks import Bookmark
from deepfractals_gui.systems import SYSTEMS, system

log = logging.getLogger(__name__)
COLUMNS = 2


class Gallery(QWidget):
    """Tiles with thumbnails; a click goes there.

    Thumbnails are rendered when the canvas is done, and kept on disk.
    """

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._thumbnails = Thumbnails.of(controller)
        self._bookmarks = BookmarkList.of(model)
        self._places: dict[str, tuple[QWidget, dict[str, Tile]]] = {}
        self.systems: dict[str, Tile] = {}
        self.presets: dict[str, Tile] = {}
        self.bookmarks: dict[str, Tile] = {}
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(SPACE, SPACE // 2, SPACE, 2 * SPACE)
        column.setSpacing(SPACE // 2)
        self._system_column = QVBoxLayout()
        self._system_column.setSpacing(2)
        self._preset_title = SectionTitle("Places")
        self._preset_column = QVBoxLayout()
        self._bookmark_title = SectionTitle("Bookmarks")
        self._bookmark_grid = _grid()
        keys = QKeySequence("Ctrl+D").toString(QKeySequence.SequenceFormat.NativeText)
        self.no_bookmarks = MutedLabel(f"{keys} keeps the view at hand here.")
        self.error_line = ErrorLine()
        column.addLayout(self._system_column)
        column.addSpacing(SPACE)
        column.addWidget(self._preset_title)
        column.addLayout(self._preset_column)
        column.addSpacing(SPACE)
        column.addWidget(self._bookmark_title)
        column.addWidget(self.no_bookmarks)
        column.addLayout(self._bookmark_grid)
        column.addWidget(self.error_line)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(Scroll(content))
        self._add_systems()
        self._show_bookmarks()
        self._show_system()
        self._thumbnails.ready.connect(self._thumbnail_ready)
        self._bookmarks.changed.connect(self._show_bookmarks)
        model.changed.connect(self._changed)

    # Building

    def _add_systems(self) -> None:
        for each in SYSTEMS:
            tile = Tile(home_view(each.key), each.title, each.summary, wide=True)
            tile.setToolTip(each.summary)
            tile.clicked.connect(partial(self._choose_system, each.key))
            self.systems[each.key] = tile
            self._system_column.addWidget(tile)
            self._fetch(tile)

    def _show_system(self) -> None:
        """Mark the System at hand and lay out its places."""
        key = self._model.view.key
        for each, tile in self.systems.items():
            tile.setChecked(each == key)
        if key not in self._places:
            self._add_places(key)
        for each, (grid, tiles) in self._places.items():
            grid.setVisible(each == key)
            if each == key:
                self.presets = tiles
        self._preset_title.setVisible(bool(self.presets))
        self._mark_place()

    def _add_places(self, key: str) -> None:
        tiles: dict[str, Tile] = {}
        for preset in system(key).presets:
            tile = Tile(preset_view(key, preset), preset.title)
            tile.setToolTip(f"{preset.title}. {preset.note}".rstrip(" ."))
            tile.setAccessibleDescription(preset.note)
            tile.clicked.connect(partial(self._open_preset, preset))
            tiles[preset.key] = tile
            self._fetch(tile)
        widget = QWidget()
        widget.hide()
        grid = _grid(widget)
        grid.setContentsMargins(0, 0, 0, 0)
        _fill(grid, list(tiles.values()))
        self._preset_column.addWidget(widget)
        self._places[key] = (widget, tiles)

    @Slot()
    def _show_bookmarks(self) -> None:
        clear_layout(self._bookmark_grid)
        self.bookmarks.clear()
        for bookmark in self._bookmarks.entries:
            title = system(bookmark.document.key).title
            tile = Tile(complete_view(bookmark.document), bookmark.name)
            # A name is a person's own words, not a rich text.
            tile.setToolTip(f"<qt>{escape(bookmark.name)} ({title})</qt>")
            tile.clicked.connect(partial(self._open_bookmark, bookmark))
            tile.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            tile.customContextMenuRequested.connect(partial(self._show_menu, tile, bookmark))
            for action in self._bookmark_actions(bookmark):
                tile.addAction(action)
            self.bookmarks[bookmark.name] = tile
        _fill(self._bookmark_grid, list(self.bookmarks.values()))
        for tile in self.bookmarks.values():
            self._fetch(tile)
        self.no_bookmarks.setVisible(not self.bookmarks)
        self.error_line.set_text(self._bookmarks.message)
        self._mark_place()

    def _bookmark_actions(self, bookmark: Bookmark) -> tuple[QAction, ...]:
        rename = QAction("Rename…", self)
        rename.setShortcut(QKeySequence(Qt.Key.Key_F2))
        rename.triggered.connect(partial(self.ask_name, bookmark.name))
        delete = QAction("Delete", self)
        delete.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        delete.triggered.connect(partial(self.delete, bookmark.name))
        for action in (rename, delete):
            # F2 and Delete mean the tile that has the focus.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        return rename, delete

    def _show_menu(self, tile: Tile, bookmark: Bookmark, at: QPoint) -> None:
        menu = QMenu(tile)
        menu.addActions(tile.actions())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(tile.mapToGlobal(at))

    def _mark_place(self) -> None:
        """Mark the tiles that show the view at hand."""
        view = self._model.view
        for tile in (*self.presets.values(), *self.bookmarks.values()):
            viewport = tile.view.viewport
            tile.setChecked(
                viewport is not None
                and view.viewport is not None
                and (tile.view.key, tile.view.params) == (view.key, view.params)
                and tile.view.coloring == view.coloring
                and view.viewport in (viewport, self._model.fitted(viewport))
            )

    # Thumbnails

    def _fetch(self, tile: Tile) -> None:
        image = self._thumbnails.request(tile.view)
        if image is not None:
            tile.set_image(image)

    @Slot(object, QImage)
    def _thumbnail_ready(self, view: Document, image: QImage) -> None:
        places = (tiles for _, tiles in self._places.values())
        for group in (self.systems, self.bookmarks, *places):
            for tile in group.values():
                if replace(tile.view, shape=None, supersampling=1) == view:
                    tile.set_image(image)

    # Going there

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        self._show_system()

    def _choose_system(self, key: str) -> None:
        self._model.choose_system(key)
        self._show_system()

    def _open_preset(self, preset: Preset) -> None:
        self._model.open_preset(self._model.view.key, preset)
        self._mark_place()

    def _open_bookmark(self, bookmark: Bookmark) -> None:
        try:
            self._model.open_view(bookmark.document)
        except ValueError as error:
            self.error_line.set_text(f"{bookmark.name} can't be opened: {error}")
        self._mark_place()

    # Bookmarks

    def ask_name(self, name: str) -> None:
        """Ask for another name of a bookmark."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle("Rename bookmark")
        dialog.setLabelText("Name")
        dialog.setTextValue(name)
        # Wide enough for its own title.
        dialog.resize(380, dialog.sizeHint().height())
        dialog.textValueSelected.connect(partial(self.rename, name))
        open_dialog(dialog)

    def rename(self, old: str, new: str) -> None:
        """Rename a bookmark; what stands in the way is said below the tiles."""
        try:
            self._bookmarks.rename(old, new)
        except (KeyError, ValueError, OSError) as error:
            self.error_line.set_text(f"{old} can't be renamed: {message_of(error)}")
            return
        tile = self.bookmarks.get(new.strip())
        if tile is not None:
            # Tiles are made anew: the keyboard goes on with this one.
            tile.setFocus()

    def delete(self, name: str) -> None:
        """Delete a bookmark; what stands in the way is said below the tiles."""
        try:
            self._bookmarks.remove(name)
        except (KeyError, OSError) as error:
            self.error_line.set_text(f"{name} can't be deleted: {message_of(error)}")


def _grid(parent: QWidget | None = None) -> QGridLayout:
    grid = QGridLayout(parent) if parent is not None else QGridLayout()
    grid.setSpacing(SPACE // 2)
    for column in range(COLUMNS):
        grid.setColumnStretch(column, 1)
    return grid


def _fill(grid: QGridLayout, tiles: Sequence[Tile]) -> None:
    for index, tile in enumerate(tiles):
        # A title of two lines makes its tile higher than its neighbour.
        grid.addWidget(tile, index // COLUMNS, index % COLUMNS, Qt.AlignmentFlag.AlignTop)


def home_view(key: str) -> Document:
    """A System as it comes, at home, in its default colours."""
    found = system(key)
    params = found.Params()
    return Document(key, params, found.home(params), found.default_coloring(params))


def preset_view(key: str, preset: Preset) -> Document:
    """The view that a preset opens, in the preset's own aspect."""
    found = system(key)
    params = with_values(found.Params(), **preset.params)
    coloring: Coloring = preset.coloring or found.default_coloring(params)
    return Document(key, params, preset.viewport, coloring)


def complete_view(document: Document) -> Document:
    """A bookmark's document with the view and the colours that it leaves to its System."""
    found = system(document.key)
    return replace(
        document,
        viewport=document.viewport or found.home(document.params),
        coloring=document.coloring or found.default_coloring(document.params),
        shape=None,
    )
