"""The column in which a book is chosen and a model is set up."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core.params import replace
from deepfractals_gui.experiments.atlas_params import PRESETS, AtlasRunParams
from deepfractals_gui.gui.controls import SPACE, ChoiceBox, MutedLabel
from deepfractals_gui.gui.fields import DataField
from deepfractals_gui.gui.run_settings import Group, RunSettings

_GROUPS = (
    Group("Book", ("characters", "capacity", "alphabet"), "Length, alphabet"),
    Group("Model", ("levels", "table", "features", "share", "rate"), "Grids, active share"),
    Group("Training", ("decay", "weight_decay", "batch", "seed"), "Decay, batch, seed"),
)
_NOTES = {
    "memory": "Large tables: remembers nearly every character.",
    "compact": "A few thousand weights: a small export, few characters right by themselves.",
    "shared": "As memory, but the finer grids share rows by a hash.",
}
OWN = "own"
"""The key of settings that are no preset's."""
_NO_PRESET = ("book", "characters", "capacity", "seed")
"""Parameters that a preset leaves as they are."""


class Presets(QWidget):
    """Named models to begin with; `chosen(key)` follows a person's choice."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.keys = (*PRESETS, OWN)
        self.choice = ChoiceBox()
        self.choice.addItems([key.capitalize() for key in self.keys])
        self.choice.setAccessibleName("Model to begin with")
        self.choice.activated.connect(self._activated)
        self._shown = 0
        self.note = MutedLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.choice)
        column.addWidget(self.note)

    def show_of(self, params: AtlasRunParams) -> None:
        """Show which preset parameters are."""
        key = preset_of(params)
        self._shown = self.keys.index(key)
        self.choice.setCurrentIndex(self.keys.index(key))
        self.note.setText(_NOTES.get(key, "Settings of your own."))

    @Slot(int)
    def _activated(self, index: int) -> None:
        if self.keys[index] == OWN:
            # It says what settings are, and can't be asked for.
            self.choice.setCurrentIndex(self._shown)
        else:
            self.chosen.emit(self.keys[index])


class AtlasSettings(RunSettings):
    """Presets, and below them the parameters of a run; ``changed`` carries AtlasRunParams.

    Ctrl+Z takes a change back, Ctrl+Shift+Z makes it again.
    """

    def __init__(self, params: AtlasRunParams, parent: QWidget | None = None) -> None:
        self.presets = Presets()
        super().__init__(params, _GROUPS, "Model to begin with", self.presets, parent)
        self._past: list[AtlasRunParams] = []
        self._future: list[AtlasRunParams] = []
        self.presets.chosen.connect(self._use)
        self.set_params(params)

    @property
    def source(self) -> DataField:
        """The field of the book."""
        field = self.groups["Book"].fields["book"]
        assert isinstance(field, DataField)
        return field

    def set_params(self, params: AtlasRunParams) -> None:
        super().set_params(params)
        self.presets.show_of(params)

    @Slot(object, str)
    def _edited(self, params: Any, name: str) -> None:
        self._note_change()
        super()._edited(params, name)

    @Slot(str)
    def _use(self, key: str) -> None:
        self._note_change()
        self.set_params(with_preset(self.params, key))
        self.changed.emit(self.params, "")

    # Taking changes back

    def _note_change(self) -> None:
        self._past.append(self.params)
        del self._past[:-100]
        self._future.clear()

    @property
    def can_undo(self) -> bool:
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        return bool(self._future)

    @Slot()
    def undo(self) -> None:
        """Take the last change back."""
        self._go(self._past, self._future)

    @Slot()
    def redo(self) -> None:
        self._go(self._future, self._past)

    def _go(self, source: list[AtlasRunParams], target: list[AtlasRunParams]) -> None:
        if source:
            target.append(self.params)
            self.clear_errors()
            self.set_params(source.pop())
            self.changed.emit(self.params, "")


def with_preset(params: AtlasRunParams, key: str) -> AtlasRunParams:
    """The parameters of a preset for the same book. Raises KeyError."""
    kept = {name: getattr(params, name) for name in _NO_PRESET}
    found: AtlasRunParams = replace(AtlasRunParams(), **{**PRESETS[key], **kept})
    return found


def preset_of(params: AtlasRunParams) -> str:
    """The preset that parameters are, whatever their book and their epochs; else `OWN`."""
    for key in PRESETS:
        epochs = {"epochs": params.epochs}
        if replace(with_preset(params, key), **epochs) == params:
            return key
    return OWN
