"""Palettes as swatches to hover and to choose."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLineEdit, QVBoxLayout, QWidget

from deepfractals_gui.coloring import PALETTES
from deepfractals_gui.coloring.palette import Palette
from deepfractals_gui.gui.controls import SPACE, EmptyState, MutedLabel, Scroll
from deepfractals_gui.gui.pictures import image_of
from deepfractals_gui.gui.theme import small_font, theme

FAMILIES = (
    ("classic", "Classic"),
    ("perceptual", "Perceptually uniform"),
    ("cyclic", "Cyclic"),
    ("categorical", "Categorical"),
)
COLUMNS = 3
_BAR = 18
_MOVES = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_Up: -COLUMNS,
    Qt.Key.Key_Down: COLUMNS,
}


class Swatch(QAbstractButton):
    """One palette: a bar of its colours and its title."""

    entered = Signal(str)
    left = Signal()
    moved = Signal(int)

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = palette.key
        self.family = palette.family
        self.note = "colour-blind safe" if palette.dichromat_safe else ""
        self._image = image_of(palette.lut(256)[None, :, :])
        self.setText(palette.title)
        self.setCheckable(True)
        self.setFont(small_font(self.font()))
        self.setAccessibleName(f"Palette {palette.title}")
        self.setAccessibleDescription(self.note)
        self.setToolTip(f"{palette.title}: {self.note}" if self.note else palette.title)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def sizeHint(self) -> QSize:
        return QSize(72, _BAR + self.fontMetrics().height() + 8)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.entered.emit(self.key)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.entered.emit(self.key)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.moved.emit(_MOVES[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        chosen = self.isChecked()
        bar = QRectF(3, 3, self.width() - 6, _BAR)
        path = QPainterPath()
        path.addRoundedRect(bar, 3, 3)
        painter.setClipPath(path)
        painter.drawImage(bar, self._image)
        painter.setClipping(False)
        if chosen or self.hasFocus():
            painter.setPen(QPen(colors.color("accent"), 2))
            painter.drawRoundedRect(bar.adjusted(-2, -2, 2, 2), 4, 4)
        words = QRectF(3, _BAR + 6, self.width() - 6, self.height() - _BAR - 6)
        lit = chosen or self.underMouse() or self.hasFocus()
        painter.setPen(colors.color("text" if lit else "muted"))
        title = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, int(words.width())
        )
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.end()


class PaletteGallery(QWidget):
    """All palettes by family, with a search.

    ``hovered(key)`` names the palette under the pointer or the keyboard's focus, "" when there is
    none; ``chosen(key)`` the one that was clicked. Arrow keys move, Enter or Space chooses.
    """

    hovered = Signal(str)
    chosen = Signal(str)

    def __init__(
        self, palettes: Iterable[Palette] | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search palettes")
        self.search.setAccessibleName("Search palettes")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.swatches: list[Swatch] = []
        self._sections: list[tuple[str, MutedLabel, QWidget, QGridLayout]] = []
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        known = tuple(PALETTES.values() if palettes is None else palettes)
        for family, title in FAMILIES:
            members = [palette for palette in known if palette.family == family]
            if not members:
                continue
            label, grid_widget = MutedLabel(title), QWidget()
            grid = QGridLayout(grid_widget)
            grid.setContentsMargins(0, 0, 0, SPACE // 2)
            grid.setSpacing(2)
            for index in range(COLUMNS):
                grid.setColumnStretch(index, 1)
            for palette in members:
                self._add(palette)
            self._sections.append((family, label, grid_widget, grid))
            column.addWidget(label)
            column.addWidget(grid_widget)
        self.nothing = EmptyState("No palette has this in its name.")
        self.nothing.hide()
        column.addWidget(self.nothing)
        column.addStretch(1)
        self._scroll = Scroll(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.search)
        layout.addWidget(self._scroll, 1)
        self._filter("")

    def _add(self, palette: Palette) -> None:
        swatch = Swatch(palette)
        swatch.entered.connect(self.hovered)
        swatch.left.connect(self._left)
        swatch.clicked.connect(self._clicked)
        swatch.moved.connect(self._moved)
        self.swatches.append(swatch)

    @property
    def shown(self) -> list[Swatch]:
        """The swatches that the search leaves, in order."""
        return [swatch for swatch in self.swatches if not swatch.isHidden()]

    def set_key(self, key: str) -> None:
        """Mark a palette as the one in use; an unknown key marks none."""
        for swatch in self.swatches:
            swatch.setChecked(swatch.key == key)
        self._rove()

    def swatch(self, key: str) -> Swatch:
        """The swatch of a palette. Raises KeyError."""
        for swatch in self.swatches:
            if swatch.key == key:
                return swatch
        raise KeyError(key)

    @Slot(str)
    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for family, label, widget, grid in self._sections:
            while grid.count():
                grid.takeAt(0)
            members = []
            for swatch in self.swatches:
                if swatch.family != family:
                    continue
                name = f"{swatch.text()} {swatch.key} {family} {swatch.note}".lower()
                if all(word in name for word in words):
                    members.append(swatch)
                else:
                    swatch.hide()
            for index, swatch in enumerate(members):
                grid.addWidget(swatch, index // COLUMNS, index % COLUMNS)
                swatch.show()
            label.setVisible(bool(members))
            widget.setVisible(bool(members))
        self.nothing.setVisible(not self.shown)
        self._rove()

    def _rove(self) -> None:
        """One swatch alone takes part in the Tab order: the chosen one, else the first."""
        shown = self.shown
        chosen = [swatch for swatch in shown if swatch.isChecked()] or shown[:1]
        for swatch in self.swatches:
            first = bool(chosen) and swatch is chosen[0]
            swatch.setFocusPolicy(
                Qt.FocusPolicy.StrongFocus if first else Qt.FocusPolicy.ClickFocus
            )

    @Slot()
    def _left(self) -> None:
        self.hovered.emit("")

    @Slot()
    def _clicked(self) -> None:
        swatch = self.sender()
        assert isinstance(swatch, Swatch)
        self.set_key(swatch.key)
        self.chosen.emit(swatch.key)

    @Slot(int)
    def _moved(self, by: int) -> None:
        swatch, shown = self.sender(), self.shown
        if swatch in shown:
            target = shown[min(max(shown.index(swatch) + by, 0), len(shown) - 1)]
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.ensureWidgetVisible(target)
