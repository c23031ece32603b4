"""A slider over a linear or logarithmic range whose value is a number, not a position."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from deepfractals_gui.gui.theme import theme

STEPS = 1000
_HANDLE = 6.0
_STEP_KEYS = {
    Qt.Key.Key_Left: -10,
    Qt.Key.Key_Down: -10,
    Qt.Key.Key_Right: 10,
    Qt.Key.Key_Up: 10,
    Qt.Key.Key_PageDown: -100,
    Qt.Key.Key_PageUp: 100,
}


class LogSlider(QSlider):
    """A slider that spans [low, high], by powers where ``log`` is true.

    The value may lie outside of the range (the handle then rests at the end) and is kept exactly;
    a value that the handle makes is rounded to the digits that the handle can resolve. Arrow keys
    move by a hundredth of the range (a thousandth with Shift), the page keys by a tenth.

    ``scrubbed(value)`` is emitted for moves made by a person, never by `set_number`.
    """

    scrubbed = Signal(float)

    def __init__(
        self,
        low: float,
        high: float,
        *,
        log: bool = False,
        whole: bool = False,
        default: float | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        if not low < high:
            raise ValueError(f"a slider needs a rising range, not {low} to {high}")
        self.low, self.high = float(low), float(high)
        self.log = log and low > 0
        self.whole = whole
        self.default = default
        self._number = self.low
        self._silent = False
        self.setRange(0, STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.valueChanged.connect(self._moved)

    @property
    def number(self) -> float:
        """The value shown, in the units of the range."""
        return self._number

    def set_number(self, number: float) -> None:
        """Show a value without emitting `scrubbed`."""
        self._number = float(number)
        self._silent = True
        self.setValue(round(self.position_of(number) * STEPS))
        self._silent = False
        self.update()

    def set_span(self, low: float, high: float) -> None:
        """Change the range; the value stays."""
        if not low < high:
            raise ValueError(f"a slider needs a rising range, not {low} to {high}")
        self.low, self.high = float(low), float(high)
        self.set_number(self._number)

    def position_of(self, number: float) -> float:
        """Where a value lies on the slider, in [0, 1]."""
        if not math.isfinite(number) or number <= self.low:
            return 0.0
        if number >= self.high:
            return 1.0
        if self.log:
            return math.log(number / self.low) / math.log(self.high / self.low)
        return (number - self.low) / (self.high - self.low)

    def number_at(self, position: float) -> float:
        """The value at a place in [0, 1], rounded to what the handle resolves."""
        position = min(max(position, 0.0), 1.0)
        number = self._exact(position)
        if self.whole:
            return float(round(number))
        if position in (0.0, 1.0):
            return number
        grain = abs(self._exact(min(position + 1 / STEPS, 1.0)) - self._exact(position))
        grain = grain or abs(number) * 1e-3
        return round(number, max(0, math.ceil(-math.log10(grain)))) if grain > 0 else number

    def _exact(self, position: float) -> float:
        if position == 0.0:
            return self.low
        if position == 1.0:
            return self.high
        if self.log:
            return self.low * math.exp(position * math.log(self.high / self.low))
        return self.low + position * (self.high - self.low)

    def _moved(self, position: int) -> None:
        if self._silent:
            return
        number = self.number_at(position / STEPS)
        if number != self._number:
            self._number = number
            self.scrubbed.emit(number)

    @Slot(int)
    def nudge(self, steps: int) -> None:
        """Move by thousandths of the range, as the keys do."""
        target = self.number_at(self.position_of(self._number) + steps / STEPS)
        if self.whole and target == self._number:
            # A hundredth of a logarithmic range may be less than one.
            target = min(max(self._number + math.copysign(1, steps), self.low), self.high)
        self._choose(target)

    def _choose(self, number: float) -> None:
        if number != self._number:
            self.set_number(number)
            self.scrubbed.emit(number)

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEP_KEYS:
            steps = _STEP_KEYS[key]
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.nudge(int(math.copysign(1, steps)) if fine else steps)
        elif key == Qt.Key.Key_Home:
            self._choose(self.number_at(0.0))
        elif key == Qt.Key.Key_End:
            self._choose(self.number_at(1.0))
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Scrolling a form must not change the values that pass under the pointer.
        if not self.hasFocus():
            event.ignore()
            return
        self.nudge(10 if event.angleDelta().y() > 0 else -10)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.setSliderDown(True)
        self._follow(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)

    def _follow(self, at: QPointF) -> None:
        self._choose(self.number_at((at.x() - _HANDLE) / max(self.width() - 2 * _HANDLE, 1.0)))

    # Appearance

    def sizeHint(self) -> QSize:
        return QSize(160, 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, 20)

    def handle_x(self) -> float:
        """Where the handle's middle is, in pixels from the left."""
        return _HANDLE + self.position_of(self._number) * (self.width() - 2 * _HANDLE)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, live = theme(), self.isEnabled()
        accent = colors.color("accent" if live else "faint")
        handle = colors.color("text" if live else "faint")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        middle, x = self.height() / 2, self.handle_x()
        span = self.width() - 2 * _HANDLE
        painter.setBrush(colors.color("line"))
        painter.drawRoundedRect(QRectF(_HANDLE, middle - 1.5, span, 3), 1.5, 1.5)
        painter.setBrush(accent)
        painter.drawRoundedRect(QRectF(_HANDLE, middle - 1.5, x - _HANDLE, 3), 1.5, 1.5)
        if self.default is not None:
            painter.setBrush(colors.color("faint"))
            default = _HANDLE + self.position_of(self.default) * span
            painter.drawRect(QRectF(default - 0.5, middle + 5, 1, 4))
        if self.hasFocus():
            painter.setBrush(colors.color("accent", 0.3))
            painter.drawEllipse(QPointF(x, middle), _HANDLE + 3, _HANDLE + 3)
        painter.setBrush(accent if self.isSliderDown() or self.hasFocus() else handle)
        painter.drawEllipse(QPointF(x, middle), _HANDLE - 1, _HANDLE - 1)
        painter.end()
