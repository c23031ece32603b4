"""Small controls that the panels share: sections, errors, a switch, a segmented choice."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDialog,
    QFrame,
    QLabel,
    QLayout,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.gui.theme import number_font, theme

SPACE = 8
"""The grid of the panels, in pixels: gaps are multiples or halves of it."""


def faint(color: QColor, alpha: int) -> QColor:
    """The colour with an opacity in [0, 255]."""
    result = QColor(color)
    result.setAlpha(alpha)
    return result


def scaled_font(base: QFont, factor: float, *, bold: bool = False) -> QFont:
    """The font at ``factor`` times its size."""
    font = QFont(base)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * factor)
    else:
        font.setPixelSize(max(1, round(font.pixelSize() * factor)))
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def clear_layout(layout: QLayout) -> None:
    """Take every widget out of a layout and let it go."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear_layout(inner)


def open_dialog(dialog: QDialog) -> None:
    """Show a dialog that leaves nothing behind when it closes."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


class Scroll(QScrollArea):
    """A column that scrolls vertically, without a frame, its content as wide as the view."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)
        # Focus belongs to what is inside.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)


class SectionTitle(QLabel):
    """The quiet heading of a group of controls."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "heading")
        self.setContentsMargins(0, SPACE // 2, 0, 0)


class MutedLabel(QLabel):
    """Secondary words; they wrap."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setProperty("role", "caption")
        self.setWordWrap(True)


class FittedLabel(MutedLabel):
    """Secondary words that wrap and claim the height that this takes, also in a scrolled column."""

    def setText(self, text: str) -> None:
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(self.heightForWidth(max(self.width(), 40)) if self.text() else 0)


class ElidedLabel(QWidget):
    """One line of secondary words; what doesn't fit is cut, and the tooltip has all of it."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self.setFont(number_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:
        self._text = text
        self.setToolTip(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self._text) + 4, metrics.height() + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme().color("muted"))
        end = Qt.TextElideMode.ElideRight
        words = self.fontMetrics().elidedText(self._text, end, self.width())
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()


class EmptyState(QWidget):
    """What to do first, where there is nothing to show yet."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = MutedLabel(text)
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * SPACE, 2 * SPACE, 3 * SPACE, 2 * SPACE)
        layout.addStretch(1)
        layout.addWidget(self.label)
        layout.addStretch(1)


class ErrorLine(QWidget):
    """One line that says in words what is wrong, with a mark, so that it isn't colour alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Error")
        self.hide()

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        """Show a message; an empty one hides the line."""
        if text == self._text:
            return
        self._text = text
        self.setToolTip(text)
        self.setAccessibleDescription(text)
        self.setVisible(bool(text))
        self._fit()
        self.update()

    def _indent(self) -> int:
        return self.fontMetrics().height() + SPACE // 2

    def _fit(self) -> None:
        width = max(40, self.width() - self._indent())
        flags = int(Qt.TextFlag.TextWordWrap)
        box = QFontMetrics(self.font()).boundingRect(0, 0, width, 10_000, flags, self._text)
        self.setFixedHeight(box.height() + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._text and event.oldSize().width() != event.size().width():
            self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        color = theme().color("danger")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        size = self.fontMetrics().height() - 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawPolygon([QPointF(size / 2, 2), QPointF(size, size), QPointF(0, size)])
        painter.setPen(QPen(theme().color("surface"), 1.6))
        painter.drawLine(QPointF(size / 2, size * 0.42), QPointF(size / 2, size * 0.68))
        painter.drawPoint(QPointF(size / 2, size * 0.86))
        painter.setPen(color)
        box = QRectF(self.rect()).adjusted(self._indent(), 0, 0, 0)
        painter.drawText(box, int(Qt.TextFlag.TextWordWrap), self._text)
        painter.end()


class Switch(QAbstractButton):
    """A switch for something that is on or off; its knob shows which, Space turns it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(34, 20)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, live = theme(), self.isEnabled()
        accent = colors.color("accent" if live else "line")
        text = colors.color("text" if live else "faint")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1.5, 1.5, 31, 17)
        on = self.isChecked()
        painter.setPen(QPen(accent if self.hasFocus() or on else faint(text, 120), 1.2))
        painter.setBrush(accent if on else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("on_accent") if on else faint(text, 190))
        painter.drawEllipse(QPointF(24 if on else 10, 10), 5.5, 5.5)
        if self.hasFocus():
            painter.setPen(QPen(faint(accent, 90), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 10, 10)
        painter.end()


class Segmented(QWidget):
    """A few choices side by side, one of them chosen. Arrow keys move the choice.

    ``chosen(key)`` is emitted for choices made by a person, never by `set_key`.
    """

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = tuple(choices)
        self._key = self._choices[0][0] if self._choices else ""
        self._pressed = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._describe()

    @property
    def key(self) -> str:
        return self._key

    def keys(self) -> tuple[str, ...]:
        return tuple(key for key, _ in self._choices)

    def set_key(self, key: str) -> None:
        """Show a choice without emitting `chosen`."""
        if key not in self.keys():
            raise ValueError(f"{key!r} is not one of {', '.join(self.keys())}")
        self._key = key
        self._describe()
        self.update()

    def _describe(self) -> None:
        self.setAccessibleDescription(f"{dict(self._choices).get(self._key, '')} chosen")

    def _choose(self, key: str) -> None:
        if key != self._key:
            self.set_key(key)
            self.chosen.emit(key)

    def box_of(self, key: str) -> QRectF:
        """The part of the widget, in pixels, that shows one choice."""
        width = self.width() / max(1, len(self._choices))
        return QRectF(self.keys().index(key) * width, 0, width, self.height())

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(title) for _, title in self._choices), default=0)
        return QSize((widest + 2 * SPACE) * len(self._choices), metrics.height() + SPACE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        for key in self.keys():
            if self.box_of(key).contains(event.position()):
                self._choose(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = self.keys()
        at = keys.index(self._key)
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._choose(keys[max(0, at - 1)])
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._choose(keys[min(len(keys) - 1, at + 1)])
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        text, accent, usable = colors.color("text"), colors.color("accent"), self.isEnabled()
        quiet = colors.color("muted" if usable else "faint")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(accent if self.hasFocus() else colors.color("line"), 1))
        painter.setBrush(colors.color("field"))
        painter.drawRoundedRect(frame, 5, 5)
        for key, title in self._choices:
            box = self.box_of(key).adjusted(3, 3, -3, -3)
            if key == self._key and usable:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.color("selection"))
                painter.drawRoundedRect(box, 3, 3)
            painter.setPen(text if key == self._key and usable else quiet)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, title)
        painter.end()


class ChoiceBox(QComboBox):
    """A list to choose from, drawn as quietly as the other fields."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # Scrolling a form must not change the values that pass under the pointer.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.fontMetrics().height() + SPACE + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(colors.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(colors.color("raised" if self.underMouse() else "field"))
        painter.drawRoundedRect(frame, 5, 5)
        middle, right = self.height() / 2, self.width() - 14.0
        painter.setPen(QPen(colors.color("muted"), 1.4))
        tip = [QPointF(right - 4, middle - 2), QPointF(right, middle + 2)]
        painter.drawPolyline([*tip, QPointF(right + 4, middle - 2)])
        words = QRectF(8, 0, self.width() - 34, self.height())
        painter.setPen(colors.color("text" if self.isEnabled() else "faint"))
        text = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.end()


class QuietButton(QToolButton):
    """A small flat button with a word or a sign."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAutoRaise(True)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
