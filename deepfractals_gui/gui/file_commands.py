"""Opening, saving, copying, pasting and exporting."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMessageBox

from deepfractals_gui.core import Document
from deepfractals_gui.gui.controls import open_dialog
from deepfractals_gui.gui.export_dialogs import ExportImageDialog
from deepfractals_gui.gui.export_movie_dialog import ExportMovieDialog
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.logs import log_folder
from deepfractals_gui.gui.places import parse_place, place_text
from deepfractals_gui.gui.sample_cache_dialog import SampleCacheDialog
from deepfractals_gui.session import store
from deepfractals_gui.session.documents import (
    SUFFIX,
    document_from_json,
    read_document,
    write_document,
)
from deepfractals_gui.session.recent import RecentFiles

if TYPE_CHECKING:
    from deepfractals_gui.gui.main_window import MainWindow

_log = logging.getLogger(__name__)
_OPENED = f"Views and pictures (*{SUFFIX} *.json *.png);;All files (*)"
_SAVED = f"View (*{SUFFIX})"


class FileCommands(QObject):
    """What the File and Edit menus do for one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.path: Path | None = None
        self._saved: Document | None = None
        folder = window.data_folder
        self.recent = RecentFiles(folder / "recent.json")
        self._last = folder / f"last{SUFFIX}"

    # Opening.

    @Slot()
    def open(self) -> None:
        """Ask for a file and open it."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open", self._folder(), _OPENED)
        if name:
            self.open_path(Path(name))

    def open_path(self, path: Path) -> bool:
        """Open a document, or a PNG that carries one; what can't be used is said in one line."""
        try:
            document = read_document(path)
            self._window.model.open_view(document)
        except ValueError as error:
            self._window.show_error(f"{error}")
            return False
        picture = path.suffix.lower() == ".png"
        self.path = None if picture else path
        self._saved = self._window.model.view
        self._note(path)
        self.update_title()
        self._window.show_info(f"Opened {path.name}")
        return True

    @Slot()
    def open_last(self) -> None:
        """Show what was looked at when the last window closed."""
        if self._last.is_file():
            try:
                self._window.model.open_view(read_document(self._last))
            except ValueError as error:
                self._window.show_error(f"{error}")
        else:
            self._window.show_info("There is no last session yet")

    def take(self, data: QMimeData) -> bool:
        """Use what was dropped or pasted: a file, a view as text, or coordinates."""
        for url in data.urls():
            if url.isLocalFile():
                return self.open_path(Path(url.toLocalFile()))
        if data.hasText():
            return self._take_text(data.text().strip())
        self._window.show_error("There is no view and there are no coordinates in that")
        return False

    def _take_text(self, text: str) -> bool:
        model = self._window.model
        try:
            if text.startswith("{"):
                model.open_view(document_from_json(text))
            else:
                model.replace(viewport=parse_place(text, model.viewport))
        except ValueError as error:
            self._window.show_error(f"That can't be pasted: {error}")
            return False
        return True

    # Saving.

    @Slot()
    def save(self) -> None:
        if self.path is None:
            self.save_as()
        else:
            self.save_to(self.path)

    @Slot()
    def save_as(self) -> None:
        """Ask for a file name and save there."""
        model = self._window.model
        start = self.path or Path(self._folder()) / f"{model.view.key}{SUFFIX}"
        name, _ = QFileDialog.getSaveFileName(self._window, "Save", str(start), _SAVED)
        if name:
            path = Path(name)
            self.save_to(path if path.suffix else path.with_suffix(SUFFIX))

    def save_to(self, path: Path) -> bool:
        """Write the view at hand; what stands in the way is said in one line."""
        view = self._window.model.view
        try:
            write_document(path, view)
        except OSError as error:
            self._window.show_error(f"{error}")
            return False
        self.path, self._saved = path, view
        self._note(path)
        self.update_title()
        self._window.show_info(f"Saved {path.name}")
        return True

    def may_close(self) -> bool:
        """Keep the view for the next time; ask only where a file would be left behind."""
        view = self._window.model.view
        if self.path is not None and self._saved != view:
            answer = QMessageBox.question(
                self._window,
                "deepfractals",
                f"Save the changes to {self.path.name}?",
                QMessageBox.StandardButton.Save
                | QMessageBox.StandardButton.Discard
                | QMessageBox.StandardButton.Cancel,
            )
            if answer == QMessageBox.StandardButton.Cancel:
                return False
            if answer == QMessageBox.StandardButton.Save and not self.save_to(self.path):
                return False
        try:
            store.make_folder(self._last.parent)
            write_document(self._last, view)
        except OSError as error:
            _log.warning("the last session can't be kept: %s", error)
        return True

    def update_title(self) -> None:
        """Name the file, or else the System, in the window's title."""
        window = self._window
        name = self.path.name if self.path is not None else window.model.system.title
        window.setWindowTitle(f"{name}[*] — deepfractals")
        window.setWindowModified(self.path is not None and self._saved != window.model.view)

    # Exports.

    @Slot()
    def export_image(self) -> None:
        """Ask for size and file, and export beside the picture."""
        open_dialog(ExportImageDialog(self._window.model, self._window.controller, self._window))

    @Slot()
    def export_movie(self) -> None:
        """Ask for a clip, and make it beside the picture."""
        open_dialog(ExportMovieDialog(self._window.model, self._window.controller, self._window))

    # The clipboard.

    @Slot()
    def copy_image(self) -> None:
        """Copy the picture at hand, as it is on the canvas."""
        frame = self._window.canvas.frames.newest
        if frame is None or not frame.final:
            self._window.show_info("The picture isn't finished yet")
            return
        QGuiApplication.clipboard().setImage(image_of(frame))
        self._window.show_info("The picture is on the clipboard")

    @Slot()
    def copy_coordinates(self) -> None:
        """Copy centre and width, every digit of them."""
        QGuiApplication.clipboard().setText(place_text(self._window.model.viewport))

    @Slot()
    def copy_document(self) -> None:
        """Copy the view as the text of a document."""
        QGuiApplication.clipboard().setText(self._window.model.view.to_json())

    @Slot()
    def paste(self) -> None:
        self.take(QGuiApplication.clipboard().mimeData())

    # Elsewhere.

    @Slot()
    def show_sample_cache(self) -> None:
        """Show how much room the samples on the disk take."""
        open_dialog(SampleCacheDialog(self._window.controller.renderer, self._window))

    @Slot()
    def open_log_folder(self) -> None:
        folder = log_folder()
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._window.show_info(f"The log is in {folder}")

    def _note(self, path: Path) -> None:
        try:
            self.recent.add(path)
        except OSError as error:
            _log.warning("the list of recent files can't be written: %s", error)

    def _folder(self) -> str:
        for entry in self.recent.entries:
            if entry.path.parent.is_dir():
                return str(entry.path.parent)
        return str(Path.home())


def image_of(frame: Frame) -> QImage:
    """A copy of a frame as a QImage."""
    rows = frame.rgba[::-1]
    height, width = rows.shape[:2]
    image = QImage(rows.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.copy()
