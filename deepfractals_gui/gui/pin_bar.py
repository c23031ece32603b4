"""The pins as numbered discs in a row, and the disc itself, as it is on the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from deepfractals_gui.gui.controls import QuietButton, scaled_font
from deepfractals_gui.gui.curve_lines import series_color
from deepfractals_gui.gui.pins import Pin
from deepfractals_gui.gui.theme import theme

RADIUS = 8.0


def paint_disc(
    painter: QPainter, centre: QPointF, text: str, color: QColor, hollow: bool = False
) -> None:
    """Draw a numbered disc of `RADIUS`; a hollow one where nothing is known of the point."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(color, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else color)
    painter.drawEllipse(centre, RADIUS - 0.75, RADIUS - 0.75)
    painter.setFont(scaled_font(painter.font(), 0.9, bold=True))
    painter.setPen(color if hollow else theme().color("field"))
    box = QRectF(centre.x() - RADIUS, centre.y() - RADIUS, 2 * RADIUS, 2 * RADIUS)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def disc_icon(text: str, series: int | None, ratio: float) -> QIcon:
    """The disc of a pin, or an empty ring for a point that isn't pinned, as an icon."""
    side = 2 * RADIUS
    pixmap = QPixmap(QSize(round(side * ratio), round(side * ratio)))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    centre = QPointF(RADIUS, RADIUS)
    if series is None:
        paint_disc(painter, centre, "", series_color(None), hollow=True)
    else:
        paint_disc(painter, centre, text, series_color(series))
    painter.end()
    return QIcon(pixmap)


class PinDisc(QAbstractButton):
    """A pin: a click shows its point, Delete unpins it. A ring says that it is the one shown."""

    deleted = Signal()

    def __init__(self, pin: Pin, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pin = pin
        self.setCheckable(True)
        self.setAccessibleName(f"Pin {pin.number}")
        self.setAccessibleDescription(words)
        self.setToolTip(f"{words}\nClick to show this point, Delete to unpin it")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(24, 24)

    def nextCheckState(self) -> None:
        # Which pin is shown follows from the point shown, not from the click alone.
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        color, centre = series_color(self._pin.series), QPointF(self.rect().center()) + _HALF
        if self.hasFocus() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("selection" if self.hasFocus() else "raised"))
            painter.drawRoundedRect(self.rect(), 5, 5)
        if self.isChecked():
            painter.setPen(QPen(color, 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(centre, RADIUS + 2.5, RADIUS + 2.5)
        paint_disc(painter, centre, str(self._pin.number), color, hollow=self._pin.probe is None)
        painter.end()


_HALF = QPointF(0.5, 0.5)


class PinBar(QWidget):
    """A disc for each pin.

    Signals
    -------
    chosen(int)    a pin's point is to be shown, by its number
    removed(int)   a pin is to be removed
    cleared()      all are to be removed
    """

    chosen = Signal(int)
    removed = Signal(int)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.discs: dict[int, PinDisc] = {}
        self.setAccessibleName("Pinned points")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(1)
        self.clear_button = QuietButton("Unpin all", "Unpin every point")
        self.clear_button.clicked.connect(self.cleared)
        self._row.addWidget(self.clear_button)
        self._row.addStretch(1)
        self.hide()

    def show_pins(self, pins: Sequence[Pin], words: Sequence[str], shown: int | None) -> None:
        """Show pins, what is said of each, and the number of the one whose point is shown."""
        focused = next((number for number, disc in self.discs.items() if disc.hasFocus()), None)
        for disc in self.discs.values():
            self._row.removeWidget(disc)
            disc.hide()
            disc.deleteLater()
        self.discs = {}
        for place, (pin, text) in enumerate(zip(pins, words, strict=True)):
            disc = PinDisc(pin, text)
            disc.setChecked(pin.number == shown)
            disc.clicked.connect(partial(self.chosen.emit, pin.number))
            disc.deleted.connect(partial(self.removed.emit, pin.number))
            self._row.insertWidget(place, disc)
            self.discs[pin.number] = disc
        if focused is not None and self.discs:
            # The keyboard stays here while pins come and go.
            nearest = min(self.discs, key=lambda number: abs(number - focused))
            self.discs[nearest].setFocus()
        self.clear_button.setVisible(len(pins) > 1)
        self.setVisible(bool(pins))
