"""What this is, and which versions it runs on."""

from __future__ import annotations

import importlib.metadata
import platform

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt, Slot, qVersion
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui import __version__
from deepfractals_gui.gui.controls import SPACE, MutedLabel, scaled_font
from deepfractals_gui.gui.readout import Readout, Row

_PACKAGES = ("numpy", "numba", "llvmlite", "pyqtgraph", "av", "platformdirs")


def versions() -> list[tuple[str, str]]:
    """Names and versions of what this process runs on; nothing is imported for it."""
    rows = [
        ("deepfractals", __version__),
        ("Python", platform.python_version()),
        ("Qt", qVersion() or "unknown"),
        ("PySide6", pyside_version),
    ]
    for name in _PACKAGES:
        try:
            rows.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            rows.append((name, "not installed"))
    rows.append(("System", f"{platform.system()} {platform.release()} ({platform.machine()})"))
    return rows


class AboutDialog(QDialog):
    """Name, version, licence and the versions underneath, to be copied into a report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About deepfractals")
        self.title = QLabel("deepfractals")
        self.title.setFont(scaled_font(self.font(), 1.7, bold=True))
        version = MutedLabel(f"Version {__version__}")
        summary = QLabel("An instrument for learning dynamics seen as fractals.")
        summary.setWordWrap(True)
        self.table = Readout("Versions")
        self.table.set_rows(Row(name, version) for name, version in versions())
        self.table.setMinimumWidth(340)
        licence = MutedLabel("Free software under the MIT licence.")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy_button = buttons.addButton(
            "Copy versions", QDialogButtonBox.ButtonRole.ActionRole
        )
        self.copy_button.setAutoDefault(False)
        self.copy_button.clicked.connect(self.copy)
        buttons.rejected.connect(self.reject)
        head = QHBoxLayout()
        head.setSpacing(2 * SPACE)
        picture = QApplication.windowIcon()
        if not picture.isNull():
            head.addWidget(_picture(picture), 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(SPACE // 2)
        words.addWidget(self.title)
        words.addWidget(version)
        head.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 3 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.setSpacing(2 * SPACE)
        layout.addLayout(head)
        layout.addWidget(summary)
        layout.addWidget(self.table)
        layout.addWidget(licence)
        layout.addWidget(buttons)

    @Slot()
    def copy(self) -> None:
        """Put the versions on the clipboard, a line each."""
        text = "\n".join(f"{name} {version}" for name, version in versions())
        QGuiApplication.clipboard().setText(text + "\n")


def _picture(icon: QIcon) -> QLabel:
    label = QLabel()
    label.setPixmap(icon.pixmap(56, 56))
    return label
