"""One layer of a network, to edit: its kind, what matters most, and the rest on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPointF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE, ChoiceBox, ErrorLine, QuietButton, Switch
from deepfractals_gui.gui.icons import icon
from deepfractals_gui.gui.lab.words import layer_words, title
from deepfractals_gui.gui.number_box import NumberBox
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.theme import Theme, appearance, theme
from deepfractals_gui.nn import (
    ACTIVATIONS,
    INITS,
    ActivationSpec,
    BatchNormSpec,
    DenseSpec,
    DropoutSpec,
    LayerSpec,
)
from deepfractals_gui.nn.spec import MAX_UNITS

KINDS: dict[type[Any], str] = {
    DenseSpec: "Dense",
    ActivationSpec: "Activation",
    DropoutSpec: "Dropout",
    BatchNormSpec: "Batch norm",
}
_NARROW = 56


class Grip(QWidget):
    """Six dots by which a row is dragged; ``dragged(y)`` is in the screen's pixels."""

    dragged = Signal(float)
    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(12, 24)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag, or press Alt+Up and Alt+Down, to move this layer")
        self.setAccessibleName("Move this layer")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.globalPosition().y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.dropped.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color("faint"))
        for column in (3.0, 8.0):
            for row in (7.0, 12.0, 17.0):
                painter.drawEllipse(QPointF(column, row), 1.1, 1.1)
        painter.end()


class LayerRow(QWidget):
    """Edits one layer.

    ``edited(LayerSpec)`` is emitted for changes made by a person, never by `set_layer`. Of the
    output layer the width belongs to the data, and it can't be removed.
    """

    edited = Signal(object)
    removed = Signal()
    dragged = Signal(float)
    dropped = Signal()

    def __init__(self, layer: LayerSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layer = layer
        self._showing = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.grip = Grip()
        self.grip.dragged.connect(self.dragged)
        self.grip.dropped.connect(self.dropped)
        self.kind_label = QLabel(KINDS[type(layer)])
        self.more_button = QuietButton("", "More of this layer")
        self.more_button.setCheckable(True)
        self.more_button.setIconSize(QSize(15, 15))
        self.remove_button = QuietButton("", "Remove this layer")
        self.remove_button.setIconSize(QSize(13, 13))
        for button in (self.more_button, self.remove_button):
            button.setFixedWidth(21)
        self.remove_button.clicked.connect(self.removed)
        self.error_line = ErrorLine()
        self.details = QWidget()
        self.details.hide()
        self.more_button.toggled.connect(self.details.setVisible)
        self.head = QHBoxLayout()
        self.head.setSpacing(SPACE // 2)
        self.head.addWidget(self.grip)
        self.head.addWidget(self.kind_label)
        self.head.addStretch(1)
        self._build()
        self.head.addWidget(self.more_button)
        self.head.addWidget(self.remove_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 1, 0, 1)
        column.setSpacing(2)
        column.addLayout(self.head)
        column.addWidget(self.error_line)
        column.addWidget(self.details)
        appearance.changed.connect(self._restyle)
        self._restyle(theme())
        self.set_layer(layer)

    # Building

    def _build(self) -> None:
        if isinstance(self.layer, DenseSpec):
            self._build_dense()
            return
        self.more_button.hide()
        if isinstance(self.layer, ActivationSpec):
            self.activation = self._choice("Activation", ACTIVATIONS, self._name_chosen)
            self.head.addWidget(self.activation)
        elif isinstance(self.layer, DropoutSpec):
            self.rate = self._number("Dropout rate", 0.0, 0.99, 0.05, 4)
            self.rate.changed.connect(self._rate_changed)
            self.head.addWidget(self.rate)
        else:
            self.momentum = self._number("Momentum of the running mean", 0.0, 1.0, 0.01, 4)
            self.momentum.changed.connect(self._momentum_changed)
            self.head.addWidget(self.momentum)

    def _build_dense(self) -> None:
        self.units = self._number("Units", 1, MAX_UNITS, 1, 0)
        self.units.changed.connect(self._units_changed)
        self.activation = self._choice("Activation", ACTIVATIONS, self._activation_chosen)
        self.head.addWidget(self.units)
        self.head.addWidget(self.activation)
        self.init = self._choice("Initial weights", INITS, self._init_chosen)
        self.gain = self._number("Gain of the initial weights", 0.0, 1e6, 0.1, 6)
        self.gain.changed.connect(self._gain_changed)
        self.scale = self._number("Fixed factor of the product", -1e6, 1e6, 0.1, 6)
        self.scale.changed.connect(self._scale_changed)
        self.bias, self.residual = Switch(), Switch()
        self.bias.setAccessibleName("Bias")
        self.residual.setAccessibleName("Residual")
        self.bias.clicked.connect(self._bias_clicked)
        self.residual.clicked.connect(self._residual_clicked)
        grid = QGridLayout(self.details)
        grid.setContentsMargins(16, 2, 0, SPACE)
        grid.setHorizontalSpacing(SPACE)
        grid.setVerticalSpacing(SPACE // 2)
        grid.setColumnStretch(0, 1)
        tips = {
            "Weights": "How the weights are drawn, and a factor of their size",
            "Fixed scale": "A constant factor of the product, such as 1/n; 1 for ordinary layers",
            "Bias": "Add a learned number to every unit",
            "Residual": "Add what went in to what comes out, over √2; the width must stay",
        }
        parts: list[Sequence[QWidget]] = [
            (self.init, self.gain), (self.scale,), (self.bias,), (self.residual,)
        ]  # fmt: skip
        for row, ((words, tip), widgets) in enumerate(zip(tips.items(), parts, strict=True)):
            label = QLabel(words)
            label.setProperty("role", "caption")
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            for column, widget in enumerate(widgets):
                widget.setToolTip(tip)
                place = 1 + column + (2 - len(widgets))
                grid.addWidget(widget, row, place, Qt.AlignmentFlag.AlignRight)

    def _number(self, name: str, low: float, high: float, step: float, digits: int) -> NumberBox:
        box = NumberBox(name, low, high, low, decimals=digits, step=step)
        box.setMinimumWidth(_NARROW)
        box.setMaximumWidth(_NARROW)
        box.setAlignment(Qt.AlignmentFlag.AlignRight)
        return box

    def _choice(self, name: str, choices: Sequence[str], chosen: Any) -> ChoiceBox:
        box = ChoiceBox()
        box.setAccessibleName(name)
        box.setToolTip(name)
        for choice in choices:
            box.addItem(title(choice), choice)
        box.setFixedWidth(100)
        box.activated.connect(chosen)
        return box

    @Slot(object)
    def _restyle(self, colors: Theme) -> None:
        self.more_button.setIcon(icon("more", "muted"))
        self.remove_button.setIcon(icon("close", "faint"))

    # Showing

    def set_layer(self, layer: LayerSpec) -> None:
        """Show a layer of the same kind; emits nothing."""
        self.layer = layer
        self._showing = True
        if isinstance(layer, DenseSpec):
            self.units.set_value(layer.units)
            self.activation.setCurrentIndex(ACTIVATIONS.index(layer.activation))
            self.init.setCurrentIndex(INITS.index(layer.init))
            self.gain.set_value(layer.gain)
            self.scale.set_value(layer.scale)
            self.bias.setChecked(layer.bias)
            self.residual.setChecked(layer.residual)
        elif isinstance(layer, ActivationSpec):
            self.activation.setCurrentIndex(ACTIVATIONS.index(layer.name))
        elif isinstance(layer, DropoutSpec):
            self.rate.set_value(layer.rate)
        else:
            self.momentum.set_value(layer.momentum)
        self._showing = False

    def set_place(self, number: int, output: bool) -> None:
        """Tell the row which layer it is, counted from 1, and whether it gives the outputs."""
        self.setAccessibleName(f"Layer {number}: {layer_words(self.layer)}")
        self.remove_button.setAccessibleName(f"Remove layer {number}")
        self.more_button.setAccessibleName(f"More of layer {number}")
        if isinstance(self.layer, DenseSpec):
            self.kind_label.setText("Output" if output else "Dense")
            self.units.setEnabled(not output)
            self.units.setToolTip("As many as the data asks for" if output else "Units")
            self.units.setAccessibleName(f"Units of layer {number}")
            self.activation.setAccessibleName(f"Activation of layer {number}")
        # Where the cross would be stays room, so that the fields stand in one line.
        self.remove_button.setEnabled(not output)

    def set_error(self, message: str) -> None:
        """Say below the layer what is wrong with it; "" clears it."""
        self.error_line.set_text(sentence(message))

    # Edits

    def _edit(self, **values: Any) -> None:
        if self._showing:
            return
        layer: Any = replace(self.layer, **values)
        if layer != self.layer:
            self.layer = layer
            self.edited.emit(layer)

    @Slot(float)
    def _units_changed(self, value: float) -> None:
        self._edit(units=round(value))

    @Slot(int)
    def _activation_chosen(self, index: int) -> None:
        self._edit(activation=ACTIVATIONS[index])

    @Slot(int)
    def _name_chosen(self, index: int) -> None:
        self._edit(name=ACTIVATIONS[index])

    @Slot(int)
    def _init_chosen(self, index: int) -> None:
        self._edit(init=INITS[index])

    @Slot(float)
    def _gain_changed(self, value: float) -> None:
        self._edit(gain=value)

    @Slot(float)
    def _scale_changed(self, value: float) -> None:
        self._edit(scale=value)

    @Slot(bool)
    def _bias_clicked(self, on: bool) -> None:
        self._edit(bias=on)

    @Slot(bool)
    def _residual_clicked(self, on: bool) -> None:
        self._edit(residual=on)

    @Slot(float)
    def _rate_changed(self, value: float) -> None:
        self._edit(rate=value)

    @Slot(float)
    def _momentum_changed(self, value: float) -> None:
        self._edit(momentum=value)
