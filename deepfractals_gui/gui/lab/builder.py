"""Where a network is put together: its layers, and how it is trained."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from deepfractals_gui.experiments.lab_examples import EXAMPLES, Example
from deepfractals_gui.gui.controls import (
    SPACE,
    ErrorLine,
    MutedLabel,
    QuietButton,
    SectionTitle,
)
from deepfractals_gui.gui.lab.layer_list import LayerList
from deepfractals_gui.gui.lab.network_view import NetworkView
from deepfractals_gui.gui.lab.training_fields import TrainingFields
from deepfractals_gui.gui.lab.words import count_words, parameter_count
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.nn import DenseSpec, LayerSpec, NetSpec, SpecError

_WHERE = re.compile(r"layer (\d+): (.*)", re.DOTALL)


class Builder(QWidget):
    """Edits a NetSpec.

    ``changed(NetSpec)`` is emitted when a person has changed it and it can be built; a list of
    layers that can't be is kept on the screen with the reason beside its row, and `spec` stays the
    last good one. ``exampleChosen(Example)`` asks for a network together with its data.
    """

    changed = Signal(object)
    exampleChosen = Signal(object)

    def __init__(self, spec: NetSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._inputs = spec.inputs
        self.example_button = QuietButton(
            "Examples ▾", "Networks to begin with, each with its data"
        )
        self.example_button.setPopupMode(QuietButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.example_button)
        menu.setToolTipsVisible(True)
        for example in EXAMPLES:
            action = menu.addAction(example.title, partial(self._choose, example))
            action.setToolTip(example.note)
        self.example_button.setMenu(menu)
        head = QHBoxLayout()
        head.addWidget(SectionTitle("Network"), 1)
        head.addWidget(self.example_button)
        self.view = NetworkView()
        self.summary = MutedLabel()
        self.layers = LayerList()
        self.layers.edited.connect(self._edited)
        self.error_line = ErrorLine()
        self.training = TrainingFields()
        self.training.edited.connect(self._edited)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addLayout(head)
        column.addWidget(self.view)
        column.addWidget(self.summary)
        column.addWidget(self.layers)
        column.addWidget(self.error_line)
        column.addSpacing(SPACE)
        column.addWidget(SectionTitle("Training"))
        column.addWidget(self.training)
        self.set_spec(spec)

    @property
    def message(self) -> str:
        """Why what is on the screen can't be built; "" when it can."""
        rows = [row.error_line.text() for row in self.layers.rows]
        return next((text for text in (*rows, self.error_line.text()) if text), "")

    def set_spec(self, spec: NetSpec) -> None:
        """Show a network; emits nothing."""
        self.spec, self._inputs = spec, spec.inputs
        self.layers.set_layers(spec.layers)
        self.training.set_spec(spec)
        self._say(None, "")
        self._show(spec)

    def set_shape(self, inputs: int, outputs: int) -> None:
        """Fit the first and the last width to the data; emits nothing.

        A list of layers that couldn't be built is tried again with them.
        """
        self._inputs = inputs
        layers = fitted(self.layers.layers, outputs)
        self.layers.set_layers(layers)
        spec = self._built(layers)
        if spec is not None:
            self.spec = spec
            self._show(spec)
        else:
            # The last good network still has the old widths; it, too, must fit the data.
            self.spec = replace(self.spec, inputs=inputs, layers=fitted(self.spec.layers, outputs))

    def set_loss(self, loss: str) -> None:
        """Use a loss that fits the data; emits nothing."""
        self.spec = replace(self.spec, loss=loss)
        self.training.set_spec(self.spec)

    def _choose(self, example: Example) -> None:
        self.exampleChosen.emit(example)

    @Slot()
    def _edited(self) -> None:
        spec = self._built(self.layers.layers)
        if spec is not None and spec != self.spec:
            self.spec = spec
            self._show(spec)
            self.changed.emit(spec)

    def _built(self, layers: tuple[LayerSpec, ...]) -> NetSpec | None:
        """The network on the screen, or None and the reason beside its row."""
        try:
            spec = replace(self.training.apply(self.spec), inputs=self._inputs, layers=layers)
        except SpecError as error:
            where = _WHERE.fullmatch(str(error))
            if where is not None and int(where[1]) <= len(layers):
                self._say(int(where[1]) - 1, where[2])
            else:
                self._say(None, str(error))
            return None
        self._say(None, "")
        return spec

    def _say(self, index: int | None, message: str) -> None:
        self.layers.set_error(index, message)
        self.error_line.set_text("" if index is not None else sentence(message))

    def _show(self, spec: NetSpec) -> None:
        self.view.set_spec(spec)
        self.summary.setText(count_words(parameter_count(spec), "parameter"))


def fitted(layers: tuple[LayerSpec, ...], outputs: int) -> tuple[LayerSpec, ...]:
    """Layers whose last dense one has so many units."""
    found = list(layers)
    for index in reversed(range(len(found))):
        layer = found[index]
        if isinstance(layer, DenseSpec):
            found[index] = replace(layer, units=outputs)
            break
    return tuple(found)
