"""One editor for each kind of parameter, made from the parameter's declaration."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import DataRef, ParamError, ParamSpec
from deepfractals_gui.gui.complex_editor import ComplexPlane
from deepfractals_gui.gui.controls import (
    SPACE,
    ChoiceBox,
    ErrorLine,
    MutedLabel,
    Segmented,
    Switch,
)
from deepfractals_gui.gui.log_slider import LogSlider
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.table_editor import TableEditor
from deepfractals_gui.gui.value_edit import HelpButton, ResetButton, ValueEdit

_MOST_SEGMENTS = 4
_SEGMENT_LETTERS = 26
_VALUE_WIDTH = 104


class Field(QWidget):
    """A parameter's title, help, editor, reset and error line.

    ``edited(name, value, scrubbing)`` carries a checked value; ``scrubbing`` is true while more
    of the same are to be expected. ``rested(name)`` follows when a scrub has ended.
    """

    edited = Signal(str, object, bool)
    rested = Signal(str)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.value: Any = spec.default
        self.title = QLabel(f"{spec.title} [{spec.unit}]" if spec.unit else spec.title)
        self.title.setToolTip(spec.help)
        self.help_button = HelpButton(f"What is {spec.title}?")
        self.help_button.setToolTip(spec.help)
        self.help_button.toggled.connect(self._show_help)
        self.reset_button = ResetButton(f"Reset {spec.title} to {spec.format(spec.default)[:40]}")
        self.reset_button.clicked.connect(self._reset)
        self.help_text = MutedLabel(spec.help)
        self.help_text.hide()
        self.error_line = ErrorLine()
        self.head = QHBoxLayout()
        self.head.setSpacing(SPACE // 2)
        self.head.addWidget(self.title)
        self.head.addWidget(self.help_button)
        self.head.addStretch(1)
        self.head.addWidget(self.reset_button)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(SPACE // 4)
        self.body.addLayout(self.head)
        # Right below the title: under a tall editor they would be out of sight.
        self.body.addWidget(self.error_line)
        self.body.addWidget(self.help_text)
        self._build()
        self.set_value(spec.default)

    def _build(self) -> None:
        """Add the editor to `head` and `body`."""
        raise NotImplementedError

    def _display(self, value: Any) -> None:
        """Show a value in the editor."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show the value in force; emits nothing and clears the error."""
        self.value = value
        self.reset_button.setEnabled(value != self.spec.default)
        self._display(value)
        self.set_error("")

    def set_error(self, message: str) -> None:
        """Say beside the field what is wrong; "" clears it."""
        self.error_line.set_text(sentence(message))

    def _name(self, widget: QWidget, part: str = "") -> None:
        widget.setAccessibleName(f"{self.spec.title} {part}".strip())
        widget.setAccessibleDescription(self.spec.help)
        if not widget.toolTip():
            widget.setToolTip(self.spec.help)

    def _take(self, value: Any, scrubbing: bool = False) -> None:
        try:
            checked = self.spec.check(value)
        except ParamError as error:
            self.set_error(error.message)
            return
        self.edited.emit(self.spec.name, checked, scrubbing)

    @Slot(str)
    def _take_text(self, text: str) -> None:
        try:
            value = self.spec.parse(text)
        except ParamError as error:
            self.set_error(error.message)
            return
        self._take(value)

    @Slot()
    def _forget_error(self) -> None:
        self.set_error("")

    @Slot()
    def _rest(self) -> None:
        self.rested.emit(self.spec.name)

    @Slot()
    def _reset(self) -> None:
        self.edited.emit(self.spec.name, self.spec.default, False)

    @Slot(bool)
    def _show_help(self, shown: bool) -> None:
        self.help_text.setVisible(shown)


class NumberField(Field):
    """An int or a float: a slider and the exact number."""

    def _build(self) -> None:
        self.edit = ValueEdit()
        self.edit.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.edit.setFixedWidth(_VALUE_WIDTH)
        self._name(self.edit)
        low, high = slider_span(self.spec)
        self.slider = LogSlider(
            low,
            high,
            log=self.spec.log,
            whole=self.spec.kind == "int",
            default=float(self.spec.default),
        )
        self._name(self.slider, "slider")
        self.head.addWidget(self.edit)
        self.body.addWidget(self.slider)
        self.edit.submitted.connect(self._take_text)
        self.edit.reverted.connect(self._forget_error)
        self.edit.nudged.connect(self.slider.nudge)
        self.slider.scrubbed.connect(self._scrubbed)
        self.slider.sliderReleased.connect(self._rest)

    @Slot(float)
    def _scrubbed(self, number: float) -> None:
        self._take(int(number) if self.spec.kind == "int" else number, scrubbing=True)

    def _display(self, value: Any) -> None:
        self.edit.set_good(self.spec.format(value))
        self.slider.set_number(float(value))


class ComplexField(Field):
    """A complex number: a point to drag and the exact text."""

    def _build(self) -> None:
        spec = self.spec
        if spec.slider is not None:
            extent = max(abs(spec.slider[0]), abs(spec.slider[1]))
        else:
            extent = 2.0 if spec.high is None else min(spec.high, 2.0)
        self.plane = ComplexPlane(extent, limit=spec.high, default=spec.default)
        self._name(self.plane, "plane")
        self.edit = ValueEdit()
        self._name(self.edit)
        self.polar = MutedLabel()
        column = QVBoxLayout()
        column.setSpacing(SPACE // 2)
        column.addWidget(self.edit)
        column.addWidget(self.polar)
        column.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.plane)
        row.addLayout(column, 1)
        self.body.addLayout(row)
        self.edit.submitted.connect(self._take_text)
        self.edit.reverted.connect(self._forget_error)
        self.plane.scrubbed.connect(self._scrubbed)
        self.plane.released.connect(self._rest)

    @Slot(complex)
    def _scrubbed(self, number: complex) -> None:
        self._take(number, scrubbing=True)

    def _display(self, value: Any) -> None:
        self.edit.set_good(self.spec.format(value))
        self.plane.set_number(value)
        turn = math.degrees(cmath.phase(value)) if value else 0.0
        self.polar.setText(f"modulus {abs(value):.4g}\nangle {turn:.4g}°")


class ChoiceField(Field):
    """One of a few words: side by side where they fit, in a list otherwise."""

    def _build(self) -> None:
        choices = [(key, key.replace("_", " ")) for key in self.spec.choices]
        letters = sum(len(title) for _, title in choices)
        self.segments: Segmented | None = None
        self.box: ChoiceBox | None = None
        if len(choices) <= _MOST_SEGMENTS and letters <= _SEGMENT_LETTERS:
            self.segments = Segmented(choices)
            self._name(self.segments)
            self.body.addWidget(self.segments)
            self.segments.chosen.connect(self._take_text)
            return
        self.box = ChoiceBox()
        for key, title in choices:
            self.box.addItem(title, key)
        self._name(self.box)
        self.body.addWidget(self.box)
        self.box.activated.connect(self._activated)

    @Slot(int)
    def _activated(self, index: int) -> None:
        self._take_text(self.spec.choices[index])

    def _display(self, value: Any) -> None:
        if self.segments is not None:
            self.segments.set_key(value)
        if self.box is not None:
            self.box.setCurrentIndex(self.spec.choices.index(value))


class SwitchField(Field):
    """True or false."""

    def _build(self) -> None:
        self.switch = Switch()
        self._name(self.switch)
        self.head.addWidget(self.switch)
        self.switch.clicked.connect(self._clicked)

    @Slot(bool)
    def _clicked(self, on: bool) -> None:
        self._take(on)

    def _display(self, value: Any) -> None:
        self.switch.setChecked(value)


class TextField(Field):
    """A line of text."""

    def _build(self) -> None:
        self.edit = ValueEdit()
        self._name(self.edit)
        self.body.addWidget(self.edit)
        self.edit.submitted.connect(self._take_text)
        self.edit.reverted.connect(self._forget_error)

    def _display(self, value: Any) -> None:
        self.edit.set_good(value)


class TableField(Field):
    """Rows of numbers."""

    def _build(self) -> None:
        self.editor = TableEditor(self.spec)
        self.body.addWidget(self.editor)
        self.editor.edited.connect(self._take)
        self.editor.failed.connect(self.set_error)

    def _display(self, value: Any) -> None:
        self.editor.set_rows(value)


class DataField(Field):
    """Data by its name, or a file, or what is offered beside these."""

    def _build(self) -> None:
        self._offers: list[tuple[str, Callable[[], object]]] = []
        self.box = ChoiceBox()
        self._name(self.box)
        self.body.addWidget(self.box)
        self.box.activated.connect(self._activated)

    @Slot(int)
    def _activated(self, index: int) -> None:
        if index < len(self.spec.choices):
            self._take_text(self.spec.choices[index])
            return
        files = self.box.count() - 1 - len(self._offers)
        self._display(self.value)
        if index == files:
            self.choose_file()
        elif index > files:
            self._offers[index - files - 1][1]()

    def offer(self, words: str, act: Callable[[], object]) -> None:
        """Add a way to get data at the end of the list."""
        self._offers.append((words, act))
        self._display(self.value)

    def choose_file(self) -> None:
        """Ask for a file and take it."""
        name, _ = QFileDialog.getOpenFileName(
            self.window(),
            self.spec.title,
            "",
            "Data (*.csv *.npz *.json *.txt *.gz *-ubyte);;All files (*)",
        )
        if name:
            self._take_text(name)

    def take_file(self, path: Path) -> None:
        """Take a file; one that can't be read is explained beside the field."""
        self._take_text(str(path))

    def _display(self, value: Any) -> None:
        self.box.clear()
        self.box.addItems([choice.replace("_", " ") for choice in self.spec.choices])
        if isinstance(value, DataRef):
            self.box.addItem(value.name)
            self.box.setItemData(self.box.count() - 1, value.path, Qt.ItemDataRole.ToolTipRole)
        self.box.addItems(["A file…", *(words for words, _ in self._offers)])
        chosen = len(self.spec.choices)
        self.box.setCurrentIndex(
            chosen if isinstance(value, DataRef) else self.spec.choices.index(value)
        )


_FIELDS: dict[str, type[Field]] = {
    "int": NumberField,
    "float": NumberField,
    "complex": ComplexField,
    "choice": ChoiceField,
    "bool": SwitchField,
    "text": TextField,
    "table": TableField,
    "data": DataField,
}


def field_for(spec: ParamSpec) -> Field:
    """The editor that a declaration asks for."""
    return _FIELDS[spec.kind](spec)


def slider_span(spec: ParamSpec) -> tuple[float, float]:
    """The range a slider spans: what the declaration says, else its bounds, else a decade."""
    if spec.slider is not None:
        return float(spec.slider[0]), float(spec.slider[1])
    default = float(spec.default)
    reach = max(abs(default), 1.0)
    low = spec.low if spec.low is not None else min(0.0, default - 10 * reach)
    high = spec.high if spec.high is not None else default + 10 * reach
    if spec.log and low <= 0:
        low = min(default / 100, high / 1e6) if default > 0 else high / 1e6
    return float(low), float(high if high > low else low + 1)
