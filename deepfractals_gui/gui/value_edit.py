"""A line of text that stands for a value, and the button that puts the value back."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QSizePolicy, QWidget

from deepfractals_gui.gui.icons import pixmap
from deepfractals_gui.gui.theme import small_font, theme


class ValueEdit(QLineEdit):
    """A line of text that stands for a value: Enter takes it, Esc goes back to the last good one.

    ``submitted(text)`` comes when a changed text is to be taken, ``reverted()`` at Esc and
    ``nudged(steps)`` at the up and down keys.
    """

    submitted = Signal(str)
    reverted = Signal()
    nudged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._good = ""
        self._tried = ""
        self.returnPressed.connect(self._submit)

    def set_good(self, text: str) -> None:
        """Show the text of the value that is in force."""
        self._good = self._tried = text
        if self.text() != text:
            self.setText(text)
            self.setCursorPosition(0)

    def set_good_quietly(self, text: str) -> None:
        """Know the text of the value in force, but leave what is being typed."""
        self._good = text

    @property
    def dirty(self) -> bool:
        return self.text() != self._good

    def _submit(self) -> None:
        if self.text() == self._good:
            self._tried = self._good
            self.reverted.emit()
        elif self.text() != self._tried:
            self._tried = self.text()
            self.submitted.emit(self.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.dirty:
            self.set_good(self._good)
            self.reverted.emit()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            steps = 1 if fine else 10
            self.nudged.emit(steps if event.key() == Qt.Key.Key_Up else -steps)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._submit()


class HelpButton(QAbstractButton):
    """A quiet question mark that shows and hides an explanation."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(18, 18)

    def paintEvent(self, event: QPaintEvent) -> None:
        lit = self.underMouse() or self.hasFocus() or self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(2.5, 2.5, 13, 13)
        painter.setPen(QPen(theme().color("accent" if self.hasFocus() else "line"), 1))
        if lit:
            painter.drawEllipse(ring)
        painter.setFont(small_font(self.font()))
        painter.setPen(theme().color("text" if lit else "faint"))
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, "?")
        painter.end()


class ResetButton(QAbstractButton):
    """Puts one value back to its default; faint and idle where it already is."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def sizeHint(self) -> QSize:
        return QSize(20, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.isEnabled():
            return
        lit = self.underMouse() or self.hasFocus()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(3, 3, pixmap("reset", 14, ratio, "text" if lit else "muted"))
        if self.hasFocus():
            painter.setPen(QPen(theme().color("accent"), 1))
            painter.drawRoundedRect(QRectF(0.5, 0.5, 19, 19), 4, 4)
        painter.end()
