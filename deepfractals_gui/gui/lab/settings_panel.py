"""The column in which a run is set up: its data, its network, and when it stops."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.core.params import spec as spec_of
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.controls import SPACE, Scroll, SectionTitle
from deepfractals_gui.gui.fetch_dialog import offer_mnist
from deepfractals_gui.gui.fields import DataField
from deepfractals_gui.gui.lab.builder import Builder
from deepfractals_gui.gui.lab.run_fields import RunFields
from deepfractals_gui.gui.run_columns import uncut_width
from deepfractals_gui.nn import NetSpec

ENDS = ("epochs", "target", "patience")
"""Parameters that only say when training stops: they may change while it goes on."""
_SELDOM = ("labels", "in_order", "scaling", "weights", "sampling", "draws", "patience", "target")


class SettingsPanel(QWidget):
    """Edits the parameters of a run.

    Signals, for changes made by a person, never by `set_params`
    -------
    changed(LabParams, str)   the parameters, and which kind has changed: data, network or ends
    exampleChosen(Example)
    """

    changed = Signal(object, str)
    exampleChosen = Signal(object)

    def __init__(self, params: LabParams, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.params = params
        self.data = RunFields(params, "Data", _SELDOM, "Scaling, split, labels")
        source = self.data.fields["data"]
        assert isinstance(source, DataField)
        source.title.setText("Data set")
        offer_mnist(source)
        self.builder = Builder(params.spec)
        self.run = RunFields(params, "Training", _SELDOM, "Target, patience, sampling")
        self.data.edited.connect(self._data_edited)
        self.run.edited.connect(self._run_edited)
        self.builder.changed.connect(self._network_edited)
        self.builder.exampleChosen.connect(self.exampleChosen)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, 2 * SPACE)
        column.setSpacing(SPACE)
        column.addWidget(SectionTitle("Data"))
        column.addWidget(self.data)
        column.addSpacing(SPACE)
        column.addWidget(self.builder)
        column.addSpacing(SPACE)
        column.addWidget(SectionTitle("Stopping"))
        column.addWidget(self.run)
        column.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.view = Scroll(content)
        outer.addWidget(self.view)
        self.setMinimumWidth(uncut_width(content))

    def set_params(self, params: LabParams) -> None:
        """Show the parameters of a run; emits nothing."""
        self.params = params
        self.data.set_params(params)
        self.run.set_params(params)
        self.builder.set_spec(params.spec)

    def fit(self, spec: NetSpec) -> None:
        """Take over the widths and the loss that the data ask for; emits nothing."""
        if spec.loss != self.builder.spec.loss:
            self.builder.set_loss(spec.loss)
        self.builder.set_shape(spec.inputs, spec.outputs)
        self._take(replace(self.params, spec=self.builder.spec))

    def show_error(self, name: str, message: str) -> bool:
        """Say beside a field what is wrong; False where no field is meant."""
        shown = self.data.show_error(name, message) or self.run.show_error(name, message)
        if shown:
            fields = {**self.data.fields, **self.run.fields}
            self.view.ensureWidgetVisible(fields[name])
        return shown

    def clear_errors(self) -> None:
        self.data.clear_errors()
        self.run.clear_errors()

    def _take(self, params: LabParams) -> None:
        self.params = params
        self.data.set_params(params)
        self.run.set_params(params)

    @Slot(object, str)
    def _data_edited(self, params: LabParams, name: str) -> None:
        changed = {name: getattr(params, name)}
        if name == "data" and isinstance(params.data, str):
            # The labels belong to the images that were there before.
            changed["labels"] = spec_of(LabParams, "labels").default
        self._take(replace(self.params, **changed))
        self.changed.emit(self.params, "data")

    @Slot(object, str)
    def _run_edited(self, params: LabParams, name: str) -> None:
        self._take(replace(self.params, **{name: getattr(params, name)}))
        self.changed.emit(self.params, "ends" if name in ENDS else "network")

    @Slot(object)
    def _network_edited(self, spec: NetSpec) -> None:
        self._take(replace(self.params, spec=spec))
        self.changed.emit(self.params, "network")
