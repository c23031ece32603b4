"""The pad on which a digit is drawn."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.controls import SPACE, QuietButton, Segmented
from deepfractals_gui.gui.field.drawing import SIDE, Drawing, shipped_digit
from deepfractals_gui.gui.theme import theme

_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


EDGE = 2
"""Points of the ground around the image: digits may fill it from top to bottom, as those do that
a field is trained on."""


class Pad(QWidget):
    """28 x 28 points under a soft brush.

    Arrow keys move a pen, with Shift they draw; Space draws a dot, Delete clears, Ctrl+Z undoes,
    a digit is put there by its key, another one of them by the same key again.

    Signals
    -------
    drawn(image)   follows every change: float64 (28, 28), 0 to 1, row 0 the upper one
    lifted()       a stroke is over, or a digit is there
    """

    drawn = Signal(object)
    lifted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = Drawing()
        self._last: tuple[float, float] | None = None
        self._pen = (SIDE // 2 + 0.5, SIDE // 2 + 0.5)
        self._digit = (-1, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription(
            "Draw with the mouse; arrow keys move the pen, with Shift they draw; 0 to 9 put a "
            "digit there, Delete clears, Ctrl+Z undoes"
        )

    @property
    def image(self) -> Array:
        return self.drawing.image

    @Slot(int)
    def put_digit(self, label: int) -> None:
        """Show a shipped digit; the next one where that label was put there last."""
        number = self._digit[1] + 1 if self._digit[0] == label else 0
        self._digit = (label, number)
        self.drawing.replace(shipped_digit(label, number))
        self._tell()
        self.lifted.emit()

    @Slot()
    def clear(self) -> None:
        self.drawing.clear()
        self._tell()

    @Slot()
    def undo(self) -> None:
        """Take the last stroke back."""
        if self.drawing.undo():
            self._tell()

    def _tell(self) -> None:
        self.update()
        self.drawn.emit(self.image)

    # Geometry

    def frame(self) -> QRectF:
        """Where the image with its edge is, in pixels."""
        side = float(min(self.width(), self.height()))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def box(self) -> QRectF:
        """Where the image is, in pixels."""
        frame = self.frame()
        edge = round(frame.width() * EDGE / (SIDE + 2 * EDGE))
        return frame.adjusted(edge, edge, -edge, -edge)

    def pixel_of(self, x: float, y: float) -> QPointF:
        """Where a place of the drawing is, in pixels."""
        box = self.box()
        return QPointF(box.left() + x / SIDE * box.width(), box.top() + y / SIDE * box.height())

    def _place_of(self, at: QPointF) -> tuple[float, float]:
        box = self.box()
        unit = SIDE / max(box.width(), 1.0)
        return (at.x() - box.left()) * unit, (at.y() - box.top()) * unit

    def sizeHint(self) -> QSize:
        return QSize(224, 224)

    def minimumSizeHint(self) -> QSize:
        return QSize(140, 140)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, 260)

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self.drawing.begin()
        self._last = self._place_of(event.position())
        self.drawing.line(self._last, self._last)
        self._tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is None:
            return
        place = self._place_of(event.position())
        self.drawing.line(self._last, place)
        self._last = place
        self._tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._last is not None:
            self._last = None
            self.lifted.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~(
            Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        )
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif not plain:
            super().keyPressEvent(event)
        elif key in _STEPS:
            draws = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._move_pen(*_STEPS[key], draws)
        elif key == Qt.Key.Key_Space:
            self._move_pen(0, 0, True)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        elif len(event.text()) == 1 and event.text() in "0123456789":
            self.put_digit(int(event.text()))
        else:
            super().keyPressEvent(event)

    def _move_pen(self, right: int, down: int, draws: bool) -> None:
        x, y = self._pen
        self._pen = (
            min(max(x + right, 0.5), SIDE - 0.5),
            min(max(y + down, 0.5), SIDE - 0.5),
        )
        if draws:
            self.drawing.begin()
            self.drawing.line((x, y), self._pen)
            self._tell()
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._last = None

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, frame, box = theme(), self.frame(), self.box()
        painter = QPainter(self)
        painter.fillRect(frame, Qt.GlobalColor.black)
        # Light on black in every theme: this is what the field is given.
        bytes_ = (255.0 * self.drawing.image).round().astype("uint8").tobytes()
        painter.drawImage(box, QImage(bytes_, SIDE, SIDE, SIDE, QImage.Format.Format_Grayscale8))
        if self.drawing.empty:
            painter.setPen(colors.color("faint"))
            words = "Draw a digit here"
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(colors.color("accent"), 1.2))
            painter.drawEllipse(self.pixel_of(*self._pen), 5.0, 5.0)
        painter.end()


MODELS = (("latest", "Latest"), ("best", "Best"))
"""What can answer: the parameters as they are now, or those of the best epoch so far."""


class DrawView(QWidget):
    """The pad, with the ten digits below it, what takes back, and which model answers.

    Signals
    -------
    drawn(image)       as the pad's
    modelChosen(key)   one of MODELS, chosen by a person
    """

    drawn = Signal(object)
    modelChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pad = Pad()
        self.pad.drawn.connect(self._changed)
        self.digits = [QuietButton(str(label), f"Put a {label} on the pad") for label in range(10)]
        grid = QGridLayout()
        grid.setSpacing(2)
        for label, button in enumerate(self.digits):
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setMinimumWidth(18)
            button.clicked.connect(lambda _=False, label=label: self.pad.put_digit(label))
            grid.addWidget(button, 0, label)
        self.undo_button = QuietButton("Undo", "Take the last stroke back (Ctrl+Z)")
        self.clear_button = QuietButton("Clear", "Empty the pad (Delete)")
        self.undo_button.clicked.connect(self.pad.undo)
        self.clear_button.clicked.connect(self.pad.clear)
        self.model = Segmented(MODELS)
        self.model.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.model.setAccessibleName("Model that answers")
        self.model.chosen.connect(self.modelChosen)
        row = QHBoxLayout()
        row.setSpacing(SPACE // 2)
        row.addWidget(self.model)
        row.addStretch(1)
        row.addWidget(self.undo_button)
        row.addWidget(self.clear_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addWidget(self.pad)
        column.addLayout(grid)
        column.addLayout(row)
        self._show_buttons()
        self.set_best(0, 0.0)

    @property
    def image(self) -> Array:
        return self.pad.image

    def set_best(self, epoch: int, accuracy: float) -> None:
        """Tell which epoch was the best so far, and how many answers were right; 0: none yet."""
        words = "Which parameters answer (M): those of now, or the best so far"
        known = f"epoch {epoch}, {accuracy:.1%} right" if epoch else "none before an epoch is over"
        self.model.setToolTip(f"{words}: {known}")
        self.model.setEnabled(epoch > 0)
        if not epoch:
            self.model.set_key("latest")

    @Slot()
    def turn_model(self) -> None:
        """Let the other model answer."""
        if self.model.isEnabled():
            key = "best" if self.model.key == "latest" else "latest"
            self.model.set_key(key)
            self.modelChosen.emit(key)

    @Slot(object)
    def _changed(self, image: Array) -> None:
        self._show_buttons()
        self.drawn.emit(image)

    def _show_buttons(self) -> None:
        self.undo_button.setEnabled(self.pad.drawing.can_undo)
        self.clear_button.setEnabled(not self.pad.drawing.empty)
