"""The layers of a network in their order: add, remove and move them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from deepfractals_gui.gui.controls import SPACE, QuietButton
from deepfractals_gui.gui.lab.layer_row import KINDS, LayerRow
from deepfractals_gui.nn import ActivationSpec, BatchNormSpec, DenseSpec, DropoutSpec, LayerSpec

NEW: tuple[LayerSpec, ...] = (
    DenseSpec(16, "tanh", init="glorot"),
    ActivationSpec("relu"),
    DropoutSpec(0.2),
    BatchNormSpec(),
)
"""What is added, by kind."""


class LayerList(QWidget):
    """Edits a list of layers; ``edited()`` is emitted for changes made by a person.

    The width of the last dense layer belongs to the data. Where another becomes the last, the two
    exchange their widths, so that moving a layer to and fro changes nothing.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[LayerRow] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(2)
        self.add_button = QuietButton("+ Add layer", "Add a layer before the output")
        self.add_button.setPopupMode(QuietButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.add_button)
        for new in NEW:
            menu.addAction(KINDS[type(new)], partial(self.add, new))
        self.add_button.setMenu(menu)
        self.up_button = QuietButton("Up", "Move the layer up (Alt+Up)")
        self.down_button = QuietButton("Down", "Move the layer down (Alt+Down)")
        self.up_button.clicked.connect(self.move_up)
        self.down_button.clicked.connect(self.move_down)
        # A button that takes the focus would no longer know which layer is meant.
        for button in (self.up_button, self.down_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE // 2)
        foot.addWidget(self.add_button)
        foot.addStretch(1)
        foot.addWidget(self.up_button)
        foot.addWidget(self.down_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addLayout(self._column)
        layout.addLayout(foot)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, move in (("Alt+Up", self.move_up), ("Alt+Down", self.move_down)):
            shortcut = QShortcut(QKeySequence(keys), self, context=inside)
            shortcut.activated.connect(move)

    @property
    def layers(self) -> tuple[LayerSpec, ...]:
        return tuple(row.layer for row in self.rows)

    @property
    def current(self) -> int | None:
        """The layer in which the focus is; None where it is elsewhere."""
        focused = QApplication.focusWidget()
        for index, row in enumerate(self.rows):
            if focused is not None and (row is focused or row.isAncestorOf(focused)):
                return index
        return None

    def set_layers(self, layers: Sequence[LayerSpec]) -> None:
        """Show layers; emits nothing. Rows of the same kind are kept, and the focus with them."""
        same = [type(row.layer) for row in self.rows] == [type(layer) for layer in layers]
        if not same:
            for row in self.rows:
                self._drop(row)
            self.rows = []
            for layer in layers:
                self._insert(len(self.rows), layer)
        for row, layer in zip(self.rows, layers, strict=True):
            row.set_layer(layer)
        self._number()

    def set_error(self, index: int | None, message: str) -> None:
        """Say beside one layer what is wrong, and beside no other."""
        for number, row in enumerate(self.rows):
            row.set_error(message if number == index else "")

    # Changes

    def add(self, layer: LayerSpec) -> None:
        """Add a layer below the one with the focus, or before the output."""
        output, at = self._output, self.current
        index = output if at is None or at >= output else at + 1
        row = self._insert(index, layer)
        self._changed()
        if isinstance(layer, DenseSpec):
            row.units.setFocus(Qt.FocusReason.OtherFocusReason)
            row.units.selectAll()

    @Slot()
    def move_up(self) -> None:
        if (at := self.current) is not None:
            self.move_layer(at, at - 1)

    @Slot()
    def move_down(self) -> None:
        if (at := self.current) is not None:
            self.move_layer(at, at + 1)

    def move_layer(self, index: int, to: int) -> bool:
        """Move a layer to another place; False where there is none such."""
        if not (0 <= to < len(self.rows)) or to == index:
            return False
        before = self._output
        output = self.rows[before]
        row = self.rows.pop(index)
        self.rows.insert(to, row)
        self._column.removeWidget(row)
        self._column.insertWidget(to, row)
        last = self.rows[self._output]
        if last is not output:
            # Widths belong to places, not to what stands there.
            a, b = last.layer, output.layer
            assert isinstance(a, DenseSpec) and isinstance(b, DenseSpec)  # noqa: PT018
            last.set_layer(replace(a, units=b.units))
            output.set_layer(replace(b, units=a.units))
        self._changed()
        return True

    def _remove(self, row: LayerRow) -> None:
        index = self.rows.index(row)
        self.rows.pop(index)
        self._drop(row)
        self._changed()
        if self.rows:
            near = self.rows[min(index, len(self.rows) - 1)]
            near.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def _output(self) -> int:
        """Index of the last dense layer, or how many layers there are."""
        dense = [i for i, row in enumerate(self.rows) if isinstance(row.layer, DenseSpec)]
        return dense[-1] if dense else len(self.rows)

    def _insert(self, index: int, layer: LayerSpec) -> LayerRow:
        row = LayerRow(layer)
        row.edited.connect(self._changed)
        row.removed.connect(partial(self._remove, row))
        row.dragged.connect(partial(self._drag, row))
        self.rows.insert(index, row)
        self._column.insertWidget(index, row)
        return row

    def _drop(self, row: LayerRow) -> None:
        self._column.removeWidget(row)
        row.hide()
        row.setParent(None)
        row.deleteLater()

    def _drag(self, row: LayerRow, y: float) -> None:
        """Let a row follow the pointer: it changes places with those it has half passed."""
        at = self.rows.index(row)
        here = self.mapFromGlobal(QPoint(0, round(y))).y()
        for index, other in enumerate(self.rows):
            middle = other.geometry().center().y()
            if (index < at and here < middle) or (index > at and here > middle):
                self.move_layer(at, index)
                self._column.activate()
                return

    @Slot()
    def _changed(self) -> None:
        self._number()
        self.edited.emit()

    def _number(self) -> None:
        output = self._output
        for index, row in enumerate(self.rows):
            row.set_place(index + 1, index == output)
        before: QWidget | None = None
        for row in self.rows:
            # The Tab key follows the order of the layers, not that of their making.
            for widget in _stops(row):
                if before is not None:
                    QWidget.setTabOrder(before, widget)
                before = widget


def _stops(row: LayerRow) -> list[QWidget]:
    """What the Tab key visits in a row."""
    names = ("units", "activation", "rate", "momentum", "more_button", "init", "gain", "scale",
             "bias", "residual", "remove_button")  # fmt: skip
    return [getattr(row, name) for name in names if hasattr(row, name)]
