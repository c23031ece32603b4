"""Files of the atlas: books, runs, exports and what is read of a text, each with its dialog."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from deepfractals_gui.atlas.exports import MAGIC, SUFFIX
from deepfractals_gui.gui.run_files import Entry, RunFiles

if TYPE_CHECKING:
    from deepfractals_gui.gui.atlas.atlas_page import AtlasPage

_BOOK = "Text (*.txt *.md);;All files (*)"
_RUN = "Run of the atlas (*.npz)"
_EXPORT = f"Export of the atlas (*{SUFFIX});;All files (*)"


class AtlasFiles(RunFiles):
    """What the menu of the page does with files."""

    def __init__(self, page: AtlasPage) -> None:
        super().__init__(page)
        self._page = page

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("Open a book…", "Ctrl+O", self.open_book),
            Entry("Open run…", "Ctrl+Shift+O", self.open_run),
            Entry("Save run…", "Ctrl+S", self.save_run),
            Entry(),
            Entry("Export the book…", "Ctrl+E", self.export),
            Entry("Decode an export…", "Ctrl+D", self.decode),
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


def _is_export(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False
