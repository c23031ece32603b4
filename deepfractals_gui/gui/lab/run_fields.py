"""Fields of a run's parameters, made from their declarations: data, and when to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core import ParamError, ParamSpec
from deepfractals_gui.core.params import replace, specs
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.fields import DataField, Field, field_for
from deepfractals_gui.gui.lab.disclosure import Disclosure


class RunFields(QWidget):
    """Edits the parameters of one group.

    ``edited(params, name)`` carries the parameters with one of them changed by a person. The fields
    in ``later`` are shown on demand, which the line ``more`` is for.
    """

    edited = Signal(object, str)

    def __init__(
        self,
        params: Any,
        group: str,
        later: tuple[str, ...] = (),
        more: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.params = params
        self.fields: dict[str, Field] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        chosen = [spec for spec in specs(type(params)) if spec.group == group]
        for spec in chosen:
            if spec.name not in later:
                column.addWidget(self._field(spec))
        self._later = QWidget()
        self.more_button = Disclosure(more, self._later)
        inner = QVBoxLayout(self._later)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACE)
        for spec in chosen:
            if spec.name in later:
                inner.addWidget(self._field(spec))
        self.more_button.setVisible(bool(later))
        column.addWidget(self.more_button)
        column.addWidget(self._later)
        self.set_params(params)

    def _field(self, spec: ParamSpec) -> Field:
        field = field_for(spec)
        field.edited.connect(self._edited)
        self.fields[spec.name] = field
        return field

    def set_params(self, params: Any) -> None:
        """Show parameters; emits nothing."""
        self.params = params
        for name, field in self.fields.items():
            value = getattr(params, name)
            if value != field.value or type(value) is not type(field.value):
                field.set_value(value)
            field.setVisible(field.spec.applies(params))

    def take_file(self, name: str, path: Path) -> None:
        """Put a file into a field, as a person would."""
        field = self.fields[name]
        assert isinstance(field, DataField)
        field.take_file(path)

    def show_error(self, name: str, message: str) -> bool:
        """Say what is wrong beside a field; False where there is none of that name."""
        field = self.fields.get(name)
        if field is None:
            return False
        field.set_error(message)
        if name not in (spec.name for spec in self._shown()):
            self.more_button.setChecked(True)
        return True

    def clear_errors(self) -> None:
        for field in self.fields.values():
            field.set_error("")

    def _shown(self) -> list[ParamSpec]:
        return [f.spec for f in self.fields.values() if not self._later.isAncestorOf(f)]

    @Slot(str, object, bool)
    def _edited(self, name: str, value: Any, scrubbing: bool) -> None:
        field = self.fields[name]
        try:
            params = replace(self.params, **{name: value})
        except ParamError as error:
            field.set_error(error.message)
            return
        field.set_value(value)
        self.set_params(params)
        self.edited.emit(params, name)
