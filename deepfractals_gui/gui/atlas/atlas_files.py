"""Files of the atlas: books, runs, exports and what is read of a text, each with its dialog."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog, QMenu

from deepfractals_gui.atlas.exports import MAGIC, SUFFIX

if TYPE_CHECKING:
    from deepfractals_gui.gui.atlas.atlas_page import AtlasPage

_BOOK = "Text (*.txt *.md);;All files (*)"
_RUN = "Run of the atlas (*.npz)"
_EXPORT = f"Export of the atlas (*{SUFFIX});;All files (*)"


class AtlasFiles(QObject):
    """What the menu of the page does with files."""

    def __init__(self, page: AtlasPage) -> None:
        super().__init__(page)
        self._page = page
        self._folder = str(Path.home())

    def fill(self, menu: QMenu) -> None:
        """Put everything that has to do with files into a menu."""
        keys = {act: key for key, act in self.shortcuts}
        for words, act in (
            ("Open a book…", self.open_book),
            ("Open run…", self.open_run),
            ("Save run…", self.save_run),
            ("", None),
            ("Export the book…", self.export),
            ("Decode an export…", self.decode),
        ):
            if act is None:
                menu.addSeparator()
                continue
            # The page has the shortcut: that of a menu which is closed isn't heard everywhere.
            menu.addAction(f"{words}\t{keys[act]}", act)

    @property
    def shortcuts(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        """Keys, and what they do."""
        return (
            ("Ctrl+O", self.open_book),
            ("Ctrl+Shift+O", self.open_run),
            ("Ctrl+S", self.save_run),
            ("Ctrl+E", self.export),
            ("Ctrl+D", self.decode),
        )

    def take(self, path: Path) -> None:
        """Use a file that was dropped: a run, an export, or a book."""
        self._folder = str(path.parent)
        if zipfile.is_zipfile(path):
            self._page.trainer.open(path)
        elif _is_export(path):
            self._decode(path)
        else:
            self._page.settings.source.take_file(path)

    @Slot()
    def open_book(self) -> None:
        if path := self._asked_to_open("Open a book", _BOOK):
            self._page.settings.source.take_file(path)

    @Slot()
    def open_run(self) -> None:
        if path := self._asked_to_open("Open a run of the atlas", _RUN):
            self._page.trainer.open(path)

    @Slot()
    def save_run(self) -> None:
        if path := self._asked_to_save("Save this run", "atlas.npz", _RUN):
            self._page.trainer.save(path)

    @Slot()
    def export(self) -> None:
        look = self._page.look
        if look is None:
            return
        name = f"{Path(look.state.book.name).stem}{SUFFIX}"
        if path := self._asked_to_save("Export the book", name, _EXPORT):
            self._page.jobs.export(look.state, *self._page.exporting.choice, path)
            self._page.turn("export")

    @Slot()
    def decode(self) -> None:
        if path := self._asked_to_open("Decode an export", _EXPORT):
            self._decode(path)

    def _decode(self, source: Path) -> None:
        if path := self._asked_to_save("Save its text", f"{source.stem}.txt", _BOOK):
            self._page.jobs.decode(source, path)

    def _asked_to_open(self, title: str, kinds: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._page, title, self._folder, kinds)
        if not name:
            return None
        self._folder = str(Path(name).parent)
        return Path(name)

    def _asked_to_save(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(Path(self._folder) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._page, title, start, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        self._folder = str(path.parent)
        return path if path.suffix else path.with_suffix(Path(name).suffix)


def _is_export(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
