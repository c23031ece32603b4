"""Parts that the export dialogs share: a size, a file, and what the work will take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QStandardPaths, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.gui.controls import SPACE, ChoiceBox, Switch
from deepfractals_gui.gui.number_box import NumberBox
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.session.files import check_target
from deepfractals_gui.session.history import View

Progress = Callable[[float], None]
CUSTOM = "Custom"
_MEASURED_SIDE = 160


@dataclass(frozen=True)
class Size:
    """A size to choose, (W, H) in pixels."""

    title: str
    width: int
    height: int

    @property
    def label(self) -> str:
        return f"{self.title}   {self.width} × {self.height}"


class SizeRow(QWidget):
    """A choice of sizes, and width and height to be typed; the aspect may be kept.

    ``changed`` is emitted whenever the size is another.
    """

    changed = Signal()

    def __init__(
        self,
        sizes: Sequence[Size],
        least: int,
        most: int,
        step: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._sizes = tuple(sizes)
        self._aspect = sizes[0].width / sizes[0].height
        self._silent = False
        self._step = step
        self.preset = ChoiceBox()
        self.preset.setAccessibleName("Size")
        for size in self._sizes:
            self.preset.addItem(size.label)
        self.preset.addItem(CUSTOM)
        self.preset.activated.connect(self._preset_chosen)
        self.width_box, self.height_box = (
            NumberBox(f"{name} in pixels", least, most, side, step=step, unit="px")
            for name, side in (("Width", sizes[0].width), ("Height", sizes[0].height))
        )
        self.width_box.changed.connect(self._width_changed)
        self.height_box.changed.connect(self._height_changed)
        self.keep = Switch()
        self.keep.setAccessibleName("Keep the aspect")
        self.keep.setToolTip("Keep the aspect while one side is changed")
        self.keep.setChecked(True)
        self.keep.clicked.connect(self._keep_clicked)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.width_box, 1)
        row.addWidget(QLabel("×"))
        row.addWidget(self.height_box, 1)
        row.addSpacing(SPACE)
        row.addWidget(QLabel("Keep aspect"))
        row.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.preset)
        layout.addLayout(row)
        self.set_size(sizes[0].width, sizes[0].height)

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.height_box.whole, self.width_box.whole

    def set_size(self, width: int, height: int) -> None:
        self._silent = True
        self.width_box.set_value(width)
        self.height_box.set_value(height)
        self._silent = False
        self._aspect = self.width_box.value / self.height_box.value
        self._name()
        self.changed.emit()

    @Slot(int)
    def _preset_chosen(self, index: int) -> None:
        if index < len(self._sizes):
            self.set_size(self._sizes[index].width, self._sizes[index].height)
        else:
            self.width_box.setFocus()
            self.width_box.selectAll()

    @Slot(float)
    def _width_changed(self, width: float) -> None:
        self._other(self.height_box, width / self._aspect)

    @Slot(float)
    def _height_changed(self, height: float) -> None:
        self._other(self.width_box, height * self._aspect)

    def _other(self, box: NumberBox, value: float) -> None:
        if self._silent:
            return
        if self.keep.isChecked():
            self._silent = True
            box.set_value(round(value / self._step) * self._step)
            self._silent = False
        else:
            self._aspect = self.width_box.value / self.height_box.value
        self._name()
        self.changed.emit()

    @Slot()
    def _keep_clicked(self) -> None:
        self._aspect = self.width_box.value / self.height_box.value

    def _name(self) -> None:
        now = (self.width_box.whole, self.height_box.whole)
        known = [(size.width, size.height) for size in self._sizes]
        self.preset.setCurrentIndex(known.index(now) if now in known else len(known))


class FileRow(QWidget):
    """Where something is written: a path to type or to choose."""

    changed = Signal()

    def __init__(
        self, name: str, suffix: str, folder_wanted: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._suffix = suffix
        self._replaced: Path | None = None
        self.folder_wanted = folder_wanted
        self.edit = QLineEdit(str(free_path(export_folder(), name, suffix)))
        self.edit.setAccessibleName("File")
        self.edit.setMinimumWidth(300)
        self.edit.textChanged.connect(self._changed)
        self.browse_button = QPushButton("Browse…")
        # Enter exports; it doesn't browse.
        self.browse_button.setAutoDefault(False)
        self.browse_button.clicked.connect(self.browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE)
        row.addWidget(self.edit, 1)
        row.addWidget(self.browse_button)

    def set_kind(self, suffix: str, folder_wanted: bool) -> None:
        """Ask for another kind of target, keeping its name."""
        path = Path(self.edit.text())
        self._suffix, self.folder_wanted = suffix, folder_wanted
        self.edit.setText(str(path.with_suffix(suffix)) if path.name else "")

    def path(self) -> Path:
        """The target, with its suffix, checked.

        Raises
        ------
        ValueError   no file is named
        FileError    it can't be written
        """
        text = self.edit.text().strip()
        if not text:
            raise ValueError("name the folder to write to" if self.folder_wanted else "name a file")
        path = Path(text).expanduser()
        if not self.folder_wanted and path.suffix.lower() != self._suffix:
            path = path.with_name(path.name + self._suffix)
        if not path.is_absolute():
            path = export_folder() / path
        return path if self.folder_wanted else check_target(path)

    def asks(self, path: Path) -> bool:
        """True the first time a file that is there already would be replaced."""
        if self.folder_wanted or path == self._replaced or not path.exists():
            return False
        self._replaced = path
        return True

    @Slot()
    def browse(self) -> None:
        start = self.edit.text() or str(export_folder())
        if self.folder_wanted:
            chosen = QFileDialog.getExistingDirectory(self, "Export to folder", start)
        else:
            kinds = f"*{self._suffix}"
            chosen, _ = QFileDialog.getSaveFileName(self, "Export", start, f"({kinds})")
        if chosen:
            self.edit.setText(chosen)
            # The system's dialog has asked already.
            self._replaced = None if self.folder_wanted else Path(chosen)

    @Slot()
    def _changed(self) -> None:
        self._replaced = None
        self.changed.emit()


def export_folder() -> Path:
    """Where exports go unless a person says otherwise."""
    place = QStandardPaths.StandardLocation.PicturesLocation
    pictures = Path(QStandardPaths.writableLocation(place) or Path.home())
    return pictures if pictures.is_dir() else Path.home()


def replace_question(path: Path) -> str:
    """What stands in the dialog while it waits for a second press of Export."""
    return f"{path.name} is there already. Export again to replace it, or give another name."


def free_path(folder: Path, name: str, suffix: str) -> Path:
    """A path in the folder that doesn't exist yet: the name, or the name with a number."""
    path, number = folder / f"{name}{suffix}", 2
    while path.exists():
        path = folder / f"{name}-{number}{suffix}"
        number += 1
    return path


def points_per_second(renderer: Renderer, view: View, flag: CancelFlag | None = None) -> float:
    """How fast this view is computed here, measured on a small picture of it; blocks.

    Raises
    ------
    Cancelled   the flag went up
    """
    assert view.viewport is not None
    shape = (_MEASURED_SIDE, _MEASURED_SIDE)
    renderer.prepared(_system(view), view.params, flag)
    best = float("inf")
    for factor in (0.999, 0.998, 0.997):
        # A width of its own each time, so that nothing of it is in the cache already.
        viewport = replace(view.viewport, width=view.viewport.width * factor)
        began = time.perf_counter()
        renderer.render(RenderRequest(view.key, view.params, viewport, shape), cancel=flag)
        best = min(best, time.perf_counter() - began)
    return shape[0] * shape[1] / max(best, 1e-4)


def _system(view: View) -> Any:
    from deepfractals_gui.systems import system

    return system(view.key)


def count_text(number: float) -> str:
    """A large number with its unit: 12.3 million."""
    for size, unit in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:,.0f}"


def bytes_text(number: float) -> str:
    """Bytes as a person reads them: 131 kB, 340 MB, 1.2 GB."""
    if number >= 1e9:
        return f"{number / 1e9:.2g} GB"
    return f"{number / 1e6:.0f} MB" if number >= 1e6 else f"{number / 1e3:.0f} kB"
