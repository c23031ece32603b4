"""Files of the field's page: runs, strips and films, each with its dialog."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.fetch_dialog import OFFER, ask_for_mnist
from deepfractals_gui.gui.field.field_exports import write_film, write_strip
from deepfractals_gui.gui.field.field_pictures import Colouring
from deepfractals_gui.gui.run_files import Entry, RunFiles

if TYPE_CHECKING:
    from deepfractals_gui.gui.field.field_page import FieldPage

_RUN = "Run of the field (*.npz)"


class FieldFiles(RunFiles):
    """What the menu of the page does with files."""

    def __init__(self, page: FieldPage) -> None:
        super().__init__(page)
        self._page = page
        self._writer = ThreadPoolExecutor(1, "field files")
        self._background = Background(self._writer.submit)
        self._background.done.connect(self._wrote)
        self._background.failed.connect(self._failed)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("Open run…", "Ctrl+O", self.open_run),
            Entry("Save run…", "Ctrl+S", self.save_run),
            Entry(OFFER, "", self.fetch_mnist),
            Entry(),
            Entry("Export strip of steps…", "Ctrl+E", self.export_strip),
            Entry("Export film…", "Ctrl+Shift+E", self.export_film),
        )

    @Slot()
    def open_run(self) -> None:
        if path := self._asked_to_open("Open a run of the field", _RUN):
            self.take(path)

    def take(self, path: Path) -> None:
        """Go on with a run from its file."""
        self._folder = str(path.parent)
        self._page.trainer.open(path)

    @Slot()
    def save_run(self) -> None:
        if path := self._asked_to_save("Save this run", "field.npz", _RUN):
            self._page.trainer.save(path)

    @Slot()
    def fetch_mnist(self) -> None:
        """Ask for the digits of MNIST, which the settings then take."""
        ask_for_mnist(self._page.settings.source)

    @Slot()
    def export_strip(self) -> None:
        self._export("Export a strip of steps", "field.png", "Picture (*.png)", write_strip)

    @Slot()
    def export_film(self) -> None:
        self._export("Export a film of the evolution", "field.mp4", "Film (*.mp4)", write_film)

    def _export(
        self, title: str, name: str, kinds: str, write: Callable[[Colouring, Path], None]
    ) -> None:
        colouring = self._page.evolution.colouring
        if colouring is None:
            return
        if path := self._asked_to_save(title, name, kinds):
            self.write(path, write, colouring)

    def write(
        self, path: Path, write: Callable[[Colouring, Path], None], colouring: Colouring
    ) -> None:
        """Write a file in the background, and say so."""
        self._page.bar.say(f"Writing {path.name}…")
        self._background.start(path, write, colouring, path)

    @Slot(object, object)
    def _wrote(self, path: object, _: object) -> None:
        assert isinstance(path, Path)
        self._page.bar.say(f"Wrote {path.name}", "good")

    @Slot(object, str)
    def _failed(self, path: object, message: str) -> None:
        self._page.bar.say(message, "error")

    def shut_down(self) -> None:
        """Finish what is being written; nobody is told any more."""
        self._background.drop_all()
        self._writer.shutdown()
