"""The column in which a run is set up: what is at its head, and groups of parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.controls import SPACE, Scroll, SectionTitle
from deepfractals_gui.gui.lab.run_fields import RunFields
from deepfractals_gui.gui.run_columns import uncut_width


class Group(NamedTuple):
    """A group of parameters, those that are shown on demand, and the words for these."""

    name: str
    later: tuple[str, ...] = ()
    more: str = ""


class RunSettings(QWidget):
    """A widget with its title, and below it the parameters of a run.

    Signals, for changes made by a person, never by `set_params`
    -------
    changed(params, str)   the parameters, and the name of the one that has changed
    """

    changed = Signal(object, str)

    def __init__(
        self,
        params: Any,
        groups: Sequence[Group],
        title: str,
        head: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.params = params
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(SectionTitle(title))
        column.addWidget(head)
        self.groups: dict[str, RunFields] = {}
        for name, later, more in groups:
            group = RunFields(params, name, later, more)
            group.edited.connect(self._edited)
            self.groups[name] = group
            column.addSpacing(SPACE)
            column.addWidget(SectionTitle(name))
            column.addWidget(group)
        self._finish(content)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.view = Scroll(content)
        outer.addWidget(self.view)
        self.setMinimumWidth(uncut_width(content))

    def _finish(self, content: QWidget) -> None:
        """Add to the fields what a page needs beside them."""

    def _also_changed(self, params: Any, name: str) -> dict[str, Any]:
        """Values that change along with a parameter that a person has changed."""
        return {}

    def set_params(self, params: Any) -> None:
        """Show the parameters of a run; emits nothing."""
        self.params = params
        for group in self.groups.values():
            group.set_params(params)

    def show_error(self, name: str, message: str) -> bool:
        """Say beside a field what is wrong; False where no field is meant."""
        for group in self.groups.values():
            if group.show_error(name, message):
                self.view.ensureWidgetVisible(group.fields[name])
                return True
        return False

    def clear_errors(self) -> None:
        for group in self.groups.values():
            group.clear_errors()

    @Slot(object, str)
    def _edited(self, params: Any, name: str) -> None:
        changed = {name: getattr(params, name), **self._also_changed(params, name)}
        self.set_params(replace(self.params, **changed))
        self.changed.emit(self.params, name)
