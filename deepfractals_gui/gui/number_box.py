"""A number with its unit in a line of text, kept within a range."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class NumberBox(QLineEdit):
    """A whole or decimal number within [low, high].

    What is typed is taken at Enter and when the box is left: brought into the range, or dropped
    where it is no number. The up and down keys and the wheel (while focused) change it by
    ``step``. ``changed(value)`` is emitted for every other value, also those set by `set_value`.
    """

    changed = Signal(float)

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        value: float,
        *,
        decimals: int = 0,
        step: float = 1.0,
        unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.low, self.high, self.step = low, high, step
        self._decimals = decimals
        self._unit = unit
        self._value = math.nan
        self.setAccessibleName(name)
        self.setToolTip(f"{name}, {low:g} to {high:g}")
        self.setMinimumWidth(84)
        self.editingFinished.connect(self._take)
        self.set_value(value)

    @property
    def value(self) -> float:
        return self._value

    @property
    def whole(self) -> int:
        """The value as a whole number."""
        return round(self._value)

    def set_value(self, value: float) -> None:
        """Show a number, brought into the range."""
        value = round(min(max(value, self.low), self.high), self._decimals)
        text = f"{value:.{self._decimals}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        self.setText(f"{text} {self._unit}".strip())
        self.setCursorPosition(0)
        if value != self._value:
            self._value = value
            self.changed.emit(value)

    @Slot()
    def _take(self) -> None:
        text = self.text().strip().removesuffix(self._unit).strip().replace("−", "-")
        try:
            value = float(text)
        except ValueError:
            value = self._value
        self.set_value(value if math.isfinite(value) else self._value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._take()
            self.set_value(self._value + math.copysign(self.step, _sign(event.key())))
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus():
            event.ignore()
            return
        self.set_value(self._value + math.copysign(self.step, event.angleDelta().y()))
        event.accept()


def _sign(key: int) -> int:
    return 1 if key == Qt.Key.Key_Up else -1
