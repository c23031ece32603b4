"""Fields with their titles beside them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QFormLayout, QWidget

from deepfractals_gui.gui.controls import SPACE, MutedLabel


def labelled(fields: Iterable[tuple[str, QWidget]]) -> QFormLayout:
    """Rows of a quiet title and the field that it is the label of."""
    form = QFormLayout()
    form.setHorizontalSpacing(2 * SPACE)
    for title, field in fields:
        label = MutedLabel(title)
        label.setBuddy(field)
        form.addRow(label, field)
    return form
