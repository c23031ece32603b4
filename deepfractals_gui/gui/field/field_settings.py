"""The column in which a digit is drawn and a field is set up."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core.params import spec as spec_of
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.gui.controls import SPACE, Scroll, SectionTitle
from deepfractals_gui.gui.fetch_dialog import offer_mnist
from deepfractals_gui.gui.field.draw_view import DrawView
from deepfractals_gui.gui.fields import DataField
from deepfractals_gui.gui.lab.run_fields import RunFields

SHOWN = ("gamma", "activation", "solver", "damping", "tolerance", "solver_steps")
"""Parameters that the field which is looked at takes over at once."""
_GROUPS = (
    ("Field", ("side", "pooled"), "Points, readout"),
    ("Solver", ("tolerance",), "Tolerance"),
    ("Training", ("gradient", "phantom_steps", "seed"), "Gradient, seed"),
    ("Data", ("labels", "test_share", "in_order"), "Labels, split"),
)
"""Groups of parameters, those that are shown on demand, and the words for these."""


class FieldSettings(QWidget):
    """The pad, and below it the parameters of a run.

    Signals, for changes made by a person, never by `set_params`
    -------
    changed(FieldRunParams, str)   the parameters, and the name of the one that has changed
    """

    changed = Signal(object, str)

    def __init__(self, params: FieldRunParams, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.params = params
        self.draw = DrawView()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(SectionTitle("Drawing"))
        column.addWidget(self.draw)
        self.groups: dict[str, RunFields] = {}
        for name, later, more in _GROUPS:
            group = RunFields(params, name, later, more)
            group.edited.connect(self._edited)
            self.groups[name] = group
            column.addSpacing(SPACE)
            column.addWidget(SectionTitle(name))
            column.addWidget(group)
        source = self.groups["Data"].fields["data"]
        assert isinstance(source, DataField)
        self.source = source
        offer_mnist(source)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.view = Scroll(content)
        outer.addWidget(self.view)
        # Room for the scroll bar, too: nothing is ever cut.
        self.setMinimumWidth(content.minimumSizeHint().width() + SPACE + SPACE // 2)

    def set_params(self, params: FieldRunParams) -> None:
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
    def _edited(self, params: FieldRunParams, name: str) -> None:
        changed = {name: getattr(params, name)}
        if name == "data":
            # The labels belong to the images that were there before.
            changed["labels"] = spec_of(FieldRunParams, "labels").default
        self.set_params(replace(self.params, **changed))
        self.changed.emit(self.params, name)
