"""Go to coordinates that are typed."""

from __future__ import annotations

import math

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.controls import SPACE, ErrorLine, MutedLabel, Segmented
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.session_model import SessionModel


class GoToDialog(QDialog):
    """Asks for a centre, as exact text, and a width or a zoom; Enter goes there."""

    def __init__(self, model: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setWindowTitle("Go to coordinates")
        horizontal, vertical = model.system.axes(model.view.params)
        viewport = model.viewport
        self._home_width = model.fitted(model.system.home(model.view.params)).width
        self.x_edit = QLineEdit(str(viewport.x))
        self.y_edit = QLineEdit(str(viewport.y))
        self.size_edit = QLineEdit(repr(viewport.width))
        for edit, name in (
            (self.x_edit, horizontal.label),
            (self.y_edit, vertical.label),
            (self.size_edit, "Width or zoom"),
        ):
            edit.setAccessibleName(name)
            edit.setMinimumWidth(320)
        self.unit = Segmented([("width", "Width"), ("zoom", "Zoom")])
        self.unit.setAccessibleName("Width or zoom")
        self.unit.chosen.connect(self._unit_chosen)
        self.error_line = ErrorLine()
        form = QFormLayout()
        form.setSpacing(SPACE)
        form.addRow(horizontal.label, self.x_edit)
        form.addRow(vertical.label, self.y_edit)
        form.addRow(self.unit, self.size_edit)
        log = [axis.name for axis in (horizontal, vertical) if axis.scale == "log10"]
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("Go")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.setSpacing(SPACE + SPACE // 2)
        layout.addLayout(form)
        if log:
            layout.addWidget(MutedLabel(f"{', '.join(log)}: the power of ten"))
        layout.addWidget(self.error_line)
        layout.addWidget(buttons)
        self.x_edit.selectAll()

    def viewport(self) -> Viewport:
        """The view that the texts ask for.

        Raises
        ------
        ValueError   a text can't be used
        """
        size = _positive(self.size_edit.text(), self.unit.key)
        width = size if self.unit.key == "width" else self._home_width / size
        return Viewport.at(_plain(self.x_edit.text()), _plain(self.y_edit.text()), width)

    @Slot()
    def accept(self) -> None:
        try:
            self._model.replace(viewport=self.viewport())
        except ValueError as error:
            text = str(error)
            self.error_line.set_text(sentence(text))
            return
        super().accept()

    @Slot(str)
    def _unit_chosen(self, unit: str) -> None:
        """Write the same size in the other unit."""
        try:
            size = _positive(self.size_edit.text(), unit)
        except ValueError:
            return
        self.size_edit.setText(f"{self._home_width / size:.10g}")


def _plain(text: str) -> str:
    return text.strip().replace("−", "-")


def _positive(text: str, name: str) -> float:
    try:
        number = float(_plain(text))
    except ValueError:
        raise ValueError(f"the {name} is not a number: {text.strip()[:40]!r}") from None
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"the {name} must be a positive number, not {number:g}")
    return number
