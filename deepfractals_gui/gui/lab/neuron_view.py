"""What each hidden unit answers over the plane of the inputs, as small maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.controls import SPACE, EmptyState, Scroll
from deepfractals_gui.gui.lab.colors import draw_image, frame, image, signed
from deepfractals_gui.gui.theme import Theme, appearance, number_font, small_font, theme

_TILES = (132.0, 116.0, 100.0, 88.0, 76.0, 66.0)
"""Edges of tiles: the largest with which all of them are in sight is taken, or else the last."""
_GAP = 7.0
_HEAD = 24.0
MOST_UNITS = 64
"""Maps drawn of a layer."""


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Answers of one layer: float (units, H, W), row 0 at the smallest y.

    Of a layer of ``count`` units the maps may be those of the first alone.
    """

    title: str
    maps: Array
    count: int = 0

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return max(self.count, len(self.maps))


class NeuronMaps(QWidget):
    """Tiles in rows, layer by layer; a click or Enter enlarges one, Esc or a click goes back.

    Arrow keys move the choice. Colours reach to the greatest magnitude of each unit.
    """

    enlarged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerMaps, ...] = ()
        self._pictures: list[list[QImage]] = []
        self._tiles: list[tuple[int, int, QRectF]] = []
        self._heads: list[tuple[str, QRectF]] = []
        self._chosen = 0
        self._room = 0
        self._pointed: int | None = None
        self.setFont(small_font(self.font()))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName("Answers of the hidden units")
        appearance.changed.connect(self._restyle)

    def set_layers(self, layers: Sequence[LayerMaps]) -> None:
        """Show layers of maps; the choice stays where it is."""
        same = [len(one.maps) for one in layers] == [len(one.maps) for one in self._layers]
        self._layers = tuple(layers)
        self._draw()
        if not same:
            self._chosen = 0
            self._arrange()
        self._describe()
        self.update()

    @property
    def chosen(self) -> tuple[int, int] | None:
        """Layer and unit of the tile that the keys have chosen."""
        return self._tiles[self._chosen][:2] if self._tiles else None

    def tile_of(self, layer: int, unit: int) -> QRectF:
        """Where a unit is drawn, in pixels. Raises StopIteration for one that isn't."""
        return next(box for a, b, box in self._tiles if (a, b) == (layer, unit))

    def picture(self, layer: int, unit: int) -> QImage:
        return self._pictures[layer][unit]

    def _draw(self) -> None:
        self._pictures = [
            [image(signed(unit, greatest(unit))) for unit in layer.maps[:MOST_UNITS]]
            for layer in self._layers
        ]

    def _restyle(self, colors: Theme) -> None:
        self._draw()
        self.update()

    def _describe(self) -> None:
        if (chosen := self.chosen) is None:
            self.setAccessibleDescription("nothing yet")
            return
        layer, unit = chosen
        self.setAccessibleDescription(f"{unit_words(self._layers[layer], unit)}; Enter enlarges it")

    # Layout

    def set_room(self, height: int) -> None:
        """How many pixels of the column are in sight at once."""
        if height != self._room:
            self._room = height
            self._arrange()
            self.update()

    def _tall_with(self, tile: float) -> float:
        across = max(1, int((self.width() + _GAP) // (tile + _GAP)))
        counts = [min(len(layer.maps), MOST_UNITS) for layer in self._layers]
        return sum(_HEAD + -(-n // across) * (tile + _GAP) + _GAP for n in counts)

    def _arrange(self) -> None:
        self._tiles, self._heads = [], []
        fitting = [tile for tile in _TILES if self._tall_with(tile) <= self._room]
        tile = fitting[0] if fitting else _TILES[-1]
        across = max(1, int((self.width() + _GAP) // (tile + _GAP)))
        y = 0.0
        for number, layer in enumerate(self._layers):
            count = min(len(layer.maps), MOST_UNITS)
            words = layer.title
            if count < layer.units:
                words += f"  (the first {count} of {layer.units})"
            self._heads.append((words, QRectF(0, y, self.width(), _HEAD)))
            y += _HEAD
            for unit in range(count):
                row, column = divmod(unit, across)
                left, top = column * (tile + _GAP), y + row * (tile + _GAP)
                self._tiles.append((number, unit, QRectF(left, top, tile, tile)))
            y += -(-count // across) * (tile + _GAP) + _GAP
        self._tall = round(y)
        self.setMinimumHeight(self._tall)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(500, max(120, getattr(self, "_tall", 120)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()

    # Choice

    def _index_at(self, at: QPointF) -> int | None:
        for index, (_, _, box) in enumerate(self._tiles):
            if box.contains(at):
                return index
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = self._index_at(event.position())
        if self._pointed is None:
            self.setToolTip("")
        else:
            layer, unit, _ = self._tiles[self._pointed]
            self.setToolTip(unit_words(self._layers[layer], unit))
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._pointed = None
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or index is None:
            event.ignore()
            return
        self._choose(index)
        self.enlarged.emit(self.chosen)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if not self._tiles:
            event.ignore()
        elif key in steps:
            self._choose(min(max(self._chosen + steps[key], 0), len(self._tiles) - 1))
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._choose(self._beside(down=key == Qt.Key.Key_Down))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enlarged.emit(self.chosen)
        else:
            event.ignore()

    def _beside(self, down: bool) -> int:
        """The tile above or below the one chosen; that one itself at the end."""
        here = self._tiles[self._chosen][2].center()
        places = [
            (abs(box.center().y() - here.y()) + 0.01 * abs(box.center().x() - here.x()), index)
            for index, (_, _, box) in enumerate(self._tiles)
            if (box.center().y() - here.y() > 1) == down and abs(box.center().y() - here.y()) > 1
        ]
        return min(places)[1] if places else self._chosen

    def _choose(self, index: int) -> None:
        self._chosen = index
        self._describe()
        self.update()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("muted"))
        for words, box in self._heads:
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), words)
        seen = QRectF(event.rect())
        for index, (layer, unit, box) in enumerate(self._tiles):
            if not box.intersects(seen):
                continue
            draw_image(painter, box, self._pictures[layer][unit], True)
            frame(painter, box)
            marked = self.hasFocus() and index == self._chosen
            if marked or index == self._pointed:
                painter.setPen(QPen(colors.color("accent"), 2 if marked else 1.4))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()


class LargeMap(QWidget):
    """One unit's answers, with the value under the pointer; a click or Esc goes back."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ""
        self._values: Array = np.zeros((1, 1))
        self._picture: QImage | None = None
        self._at: QPointF | None = None
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("One hidden unit")
        appearance.changed.connect(self._restyle)

    def set_map(self, title: str, values: Array) -> None:
        """Show values (H, W), row 0 at the smallest y."""
        self.title, self._values = title, values
        self.setAccessibleDescription(f"{title}; Esc goes back")
        self._picture = image(signed(values, greatest(values)))
        self.update()

    def _restyle(self, colors: Theme) -> None:
        self._picture = image(signed(self._values, greatest(self._values)))
        self.update()

    @property
    def box(self) -> QRectF:
        side = max(8.0, min(self.width() - 2.0, self.height() - _HEAD - 2.0))
        return QRectF((self.width() - side) / 2, _HEAD, side, side)

    @property
    def reading(self) -> str:
        """The value under the pointer, or "" beside the map."""
        box = self.box
        if self._at is None or not box.contains(self._at):
            return ""
        rows, columns = self._values.shape
        row = min(int((box.bottom() - self._at.y()) / box.height() * rows), rows - 1)
        column = min(int((self._at.x() - box.left()) / box.width() * columns), columns - 1)
        return f"{float(self._values[row, column]):.4g}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = event.position()
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.left.emit()
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.box
        head = QRectF(box.left(), 0, box.width(), _HEAD)
        painter.setPen(theme().color("muted"))
        painter.drawText(head, int(Qt.AlignmentFlag.AlignVCenter), self.title)
        painter.setPen(theme().color("text"))
        aside = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(head, aside, self.reading or "Esc: all units")
        draw_image(painter, box, self._picture, True)
        frame(painter, box)
        painter.end()


class NeuronView(QStackedWidget):
    """All units in a column that scrolls, or one of them enlarged."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layers: tuple[LayerMaps, ...] = ()
        self._enlarged: tuple[int, int] | None = None
        self.empty = EmptyState("")
        self.maps = NeuronMaps()
        self.large = LargeMap()
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, SPACE, 0)
        column.addWidget(self.maps)
        column.addStretch(1)
        self._scroll = Scroll(content)
        for part in (self.empty, self._scroll, self.large):
            self.addWidget(part)
        self.maps.enlarged.connect(self._enlarge)
        self.large.left.connect(self._go_back)

    def set_layers(self, layers: Sequence[LayerMaps]) -> None:
        """Show what the hidden layers answer; an enlarged unit stays enlarged."""
        self._layers = tuple(layers)
        self.maps.set_layers(layers)
        if self._enlarged is not None:
            layer, unit = self._enlarged
            if layer < len(self._layers) and unit < len(self._layers[layer].maps):
                one = self._layers[layer]
                self.large.set_map(unit_words(one, unit), one.maps[unit])
            else:
                self._enlarged = None
        self.setCurrentWidget(self._scroll if self._enlarged is None else self.large)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.maps.set_room(self.height())

    def show_nothing(self, why: str) -> None:
        """Turn to a sentence that says why there are no maps."""
        self._layers, self._enlarged = (), None
        self.maps.set_layers(())
        self.empty.label.setText(why)
        self.setCurrentWidget(self.empty)

    def _enlarge(self, chosen: tuple[int, int]) -> None:
        self._enlarged = chosen
        self.set_layers(self._layers)
        self.large.setFocus(Qt.FocusReason.OtherFocusReason)

    def _go_back(self) -> None:
        self._enlarged = None
        self.setCurrentWidget(self._scroll)
        self.maps.setFocus(Qt.FocusReason.OtherFocusReason)


def greatest(values: Array) -> float:
    """The greatest magnitude among the finite values; 0 without one."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def unit_words(layer: LayerMaps, unit: int) -> str:
    """A unit and the range of its answers, in words."""
    values = layer.maps[unit]
    finite = values[np.isfinite(values)]
    span = f", {finite.min():.3g} to {finite.max():.3g}" if finite.size else ", nowhere finite"
    return f"{layer.title}, unit {unit + 1} of {layer.units}{span}"
