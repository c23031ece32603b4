"""Files of the lab: data, runs, pictures and tables, each with its dialog."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from deepfractals_gui.gui.lab.exports import export_curves, export_view
from deepfractals_gui.gui.run_files import Entry, RunFiles

if TYPE_CHECKING:
    from deepfractals_gui.gui.lab.lab_page import LabPage

_DATA = "Data (*.csv *.tsv *.txt *.npz *.gz *-ubyte *.idx *.idx3-ubyte);;All files (*)"
_RUN = "Training run (*.npz)"


class LabFiles(RunFiles):
    """What the menu of the lab does with files."""

    def __init__(self, page: LabPage) -> None:
        super().__init__(page)
        self._page = page

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("Open data…", "Ctrl+O", self.open_data),
            Entry("Open run…", "Ctrl+Shift+O", self.open_run),
            Entry("Save run…", "Ctrl+S", self.save_run),
            Entry(),
            Entry("Export this view…", "Ctrl+E", self.export_view),
            Entry("Export curves as picture…", "", self.export_plots),
            Entry("Export curves as CSV…", "Ctrl+Shift+E", self.export_curves),
        )

    def take(self, path: Path) -> None:
        """Use a file that was dropped: a run, or data."""
        self._folder = str(path.parent)
        if is_run(path):
            self._page.trainer.open(path)
        else:
            self._page.settings.data.take_file("data", path)

    @Slot()
    def open_data(self) -> None:
        if path := self._asked_to_open("Open data", _DATA):
            self.take(path)

    @Slot()
    def open_run(self) -> None:
        if path := self._asked_to_open("Open a training run", _RUN):
            self._page.trainer.open(path)

    @Slot()
    def save_run(self) -> None:
        if path := self._asked_to_save("Save this run", "run.npz", _RUN):
            self._page.trainer.save(path)

    @Slot()
    def export_view(self) -> None:
        key = self._page.sights.key
        path = self._asked_to_save("Export this view", f"{key}.png", "Picture (*.png *.svg)")
        if path:
            self._write(path, lambda: export_view(self._page.sights.front, path))

    @Slot()
    def export_plots(self) -> None:
        path = self._asked_to_save("Export the curves", "curves.png", "Picture (*.png *.svg)")
        if path:
            self._write(path, lambda: export_view(self._page.side.curves, path))

    @Slot()
    def export_curves(self) -> None:
        look = self._page.look
        if look is None:
            return
        path = self._asked_to_save("Export the curves", "curves.csv", "Table (*.csv)")
        if path:
            self._write(path, lambda: export_curves(look, path))

    def _write(self, path: Path, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            self._page.bar.say(str(error), "error")
        else:
            self._page.bar.say(f"Wrote {path.name}", "good")


def is_run(path: Path) -> bool:
    """Whether a file holds a network with its run, rather than data."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {"spec.npy", "state.npy"} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
