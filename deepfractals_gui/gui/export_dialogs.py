"""Export a picture of any size. The movie's dialog is in `export_movie_dialog`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

from deepfractals_gui.core import CancelFlag, Document
from deepfractals_gui.core.document import MAX_SIDE
from deepfractals_gui.core.viewport import SAFE_ULPS
from deepfractals_gui.export.stills import export_png
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.controls import SPACE, ErrorLine, MutedLabel, Segmented
from deepfractals_gui.gui.export_movie_dialog import ExportMovieDialog
from deepfractals_gui.gui.export_rows import (
    FileRow,
    Progress,
    Size,
    SizeRow,
    bytes_text,
    count_text,
    points_per_second,
    replace_question,
)
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.tasks import Tasks, duration_text
from deepfractals_gui.render import Renderer
from deepfractals_gui.systems import system

__all__ = ["ExportImageDialog", "ExportMovieDialog"]

_SIZES = (
    Size("Full HD", 1920, 1080),
    Size("4K", 3840, 2160),
    Size("8K", 7680, 4320),
    Size("Square", 2048, 2048),
    Size("Square", 4096, 4096),
    Size("Square", 8192, 8192),
    Size("Largest", MAX_SIDE, MAX_SIDE),
)
_BASE_BYTES = 200e6
_MOST_BYTES = 1.5e9
_PIXEL_BYTES = 24.0


class ExportImageDialog(QDialog):
    """Asks for size, samples and file; the export then runs beside the picture."""

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._rate: float | None = None
        self.setWindowTitle("Export image")
        request = controller.request
        height, width = request.shape if request is not None else (1080, 1920)
        shape = model.picture_shape
        opened = (Size("As opened", shape[1], shape[0]),) if shape is not None else ()
        self.size_row = SizeRow(
            [*opened, Size("As on screen", width, height), *_SIZES], 1, MAX_SIDE
        )
        self.supersampling = Segmented([(str(n), str(n)) for n in range(1, 5)])
        self.supersampling.setAccessibleName("Samples per pixel and axis")
        self.supersampling.set_key(str(model.view.supersampling))
        self.file = FileRow(model.view.key, ".png")
        self.estimate = MutedLabel()
        self.warning = ErrorLine()
        self.error_line = ErrorLine()
        form = QFormLayout()
        form.setSpacing(SPACE + SPACE // 2)
        form.addRow("Size", self.size_row)
        samples = QLabel("Samples")
        samples.setToolTip("Per pixel and axis: more smooth the finest detail")
        form.addRow(samples, self.supersampling)
        form.addRow("File", self.file)
        note = "The picture carries this view: drop it on the window to come back here."
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.export_button = buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self.export_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE + SPACE // 2)
        layout.addLayout(form)
        layout.addWidget(self.estimate)
        layout.addWidget(MutedLabel(note))
        layout.addWidget(self.warning)
        layout.addWidget(self.error_line)
        layout.addWidget(buttons)
        self.size_row.changed.connect(self._estimate)
        self.supersampling.chosen.connect(self._estimate)
        self.file.changed.connect(self._forget_error)
        self._tasks = Background(controller.renderer.background)
        self._tasks.done.connect(self._measured)
        self._tasks.failed.connect(self._not_measured)
        self._flag = CancelFlag()
        self.finished.connect(self._stop)
        self._tasks.start("rate", points_per_second, controller.renderer, model.view, self._flag)
        self._estimate()

    def document(self) -> Document:
        """What would be exported."""
        samples = int(self.supersampling.key)
        return replace(self._model.view, shape=self.size_row.shape, supersampling=samples)

    @Slot()
    def accept(self) -> None:
        try:
            path = self.file.path()
        except (ValueError, OSError) as error:
            text = str(error)
            self.error_line.set_text(sentence(text))
            return
        if self.file.asks(path):
            self.error_line.set_text(replace_question(path))
            return
        document = self.document()
        work = partial(_export, document, path, self._controller.renderer)
        Tasks.of(self._controller).start(path.name, work, path)
        super().accept()

    @Slot()
    def _estimate(self) -> None:
        document = self.document()
        assert document.shape is not None
        assert document.viewport is not None
        height, width = document.shape
        points = height * width * document.supersampling**2
        words = [f"{count_text(points)} points"]
        if self._rate is not None:
            words.append(f"about {duration_text(points / self._rate)}")
        words.append(f"at most {bytes_text(memory_of(document))} of memory")
        self.estimate.setText(", ".join(words))
        fine = (height * document.supersampling, width * document.supersampling)
        deep = document.viewport.pixel_ulps(fine) < SAFE_ULPS
        self.warning.set_text(
            "At this size the samples lie closer than float64 can tell well apart: fewer pixels "
            "or samples show the map more truly."
            if deep
            else ""
        )

    @Slot(object, object)
    def _measured(self, token: object, rate: float) -> None:
        self._rate = rate
        self._estimate()

    @Slot(object, str)
    def _not_measured(self, token: object, message: str) -> None:
        self.error_line.set_text(f"This view can't be computed: {message}")

    @Slot()
    def _stop(self) -> None:
        """Stop measuring: nobody will read it."""
        self._flag.set()
        self._tasks.drop_all()

    @Slot()
    def _forget_error(self) -> None:
        self.error_line.set_text("")


def _export(
    document: Document, path: Path, renderer: Renderer, progress: Progress, cancel: CancelFlag
) -> str:
    export_png(document, path, renderer=renderer, progress=progress, cancel=cancel)
    assert document.shape is not None
    height, width = document.shape
    size = path.stat().st_size
    return f"{width} × {height}, {bytes_text(size)}"


def memory_of(document: Document) -> float:
    """Bytes that an export needs at most, roughly: bands have a fixed size, pictures haven't."""
    assert document.shape is not None
    channels = system(document.key).channels(document.params)
    sample = sum(channel.numpy_dtype().itemsize for channel in channels)
    pixels = document.shape[0] * document.shape[1]
    whole = pixels * (document.supersampling**2 * sample + _PIXEL_BYTES)
    return float(min(_BASE_BYTES + whole, _MOST_BYTES))
