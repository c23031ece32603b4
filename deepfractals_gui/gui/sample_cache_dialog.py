"""What is kept on the disk of pictures that took long."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.controls import SPACE, MutedLabel
from deepfractals_gui.gui.readout import Readout, Row
from deepfractals_gui.render import DiskCache, Renderer


class SampleCacheDialog(QDialog):
    """How much room the samples take, where they are, and a way to remove them.

    The disk is looked at on the renderer's threads.
    """

    def __init__(self, renderer: Renderer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Samples on the disk")
        self._disk = renderer.disk
        self._work = Background(renderer.background)
        self._work.done.connect(self._counted)
        self._work.failed.connect(self._failed)
        words = QLabel(
            "A picture that took more than a second is kept, so that it is there at once the next "
            "time, and one that was interrupted goes on where it was."
        )
        words.setWordWrap(True)
        self.table = Readout("Samples on the disk")
        self.table.setMinimumWidth(380)
        self.message = MutedLabel("")
        self.message.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self.clear_button = buttons.addButton("Remove all", role)
        self.clear_button.clicked.connect(self.clear)
        self.folder_button = buttons.addButton("Open the folder", role)
        self.folder_button.clicked.connect(self.open_folder)
        for button in (self.clear_button, self.folder_button):
            button.setAutoDefault(False)
            button.setEnabled(False)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        for widget in (words, self.table, self.message, buttons):
            layout.addWidget(widget)
        if self._disk is None:
            self.message.setText("Nothing is kept: the preferences give it no room.")
        else:
            self._show(None, None)
            self._work.start("count", _count, self._disk)

    @Slot()
    def clear(self) -> None:
        """Remove all samples from the disk."""
        if self._disk is not None:
            self.clear_button.setEnabled(False)
            self._work.start("count", _clear, self._disk)

    @Slot()
    def open_folder(self) -> None:
        if self._disk is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._disk.folder)))

    def done(self, result: int) -> None:
        self._work.drop_all()
        super().done(result)

    def _show(self, count: int | None, size: int | None) -> None:
        assert self._disk is not None
        folder: Path = self._disk.folder
        self.table.set_rows(
            (
                Row("Pictures", "…" if count is None else str(count)),
                Row("Room taken", "…" if size is None else megabytes(size)),
                Row("At most", megabytes(self._disk.budget)),
                Row("Folder", str(folder)),
            )
        )

    @Slot(object, object)
    def _counted(self, token: object, found: tuple[int, int]) -> None:
        count, size = found
        self._show(count, size)
        self.clear_button.setEnabled(count > 0 or size > 0)
        self.folder_button.setEnabled(size > 0)

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        self.message.setText(message)


def megabytes(count: int) -> str:
    """Bytes for a person, in megabytes."""
    return f"{count / 1e6:,.1f} MB" if count < 1e8 else f"{count / 1e6:,.0f} MB"


def _count(disk: DiskCache) -> tuple[int, int]:
    return len(disk.entries()), disk.nbytes


def _clear(disk: DiskCache) -> tuple[int, int]:
    disk.clear()
    return _count(disk)
