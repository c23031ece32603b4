"""A small drawing of a network: its layers as bars as tall as they are wide, and their widths."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepfractals_gui.gui.lab.words import count_words, layer_words, parameter_count, title
from deepfractals_gui.gui.theme import number_font, small_font, theme
from deepfractals_gui.nn import ActivationSpec, BatchNormSpec, DenseSpec, DropoutSpec, NetSpec

_BAR = 10.0
_MOST_DOTS = 16
_TALLEST = 10.0
"""log2 of the width that is drawn as tall as there is room."""


@dataclass(frozen=True)
class Stop:
    """A bar of the drawing: a width, and what lies between it and the bar before.

    Attributes
    ----------
    signs : short words for the layers that don't change the width, such as "drop"
    note : the tooltip
    """

    width: int
    signs: tuple[str, ...] = ()
    note: str = ""
    residual: bool = False
    activation: str = ""


def stops_of(spec: NetSpec) -> tuple[Stop, ...]:
    """The bars of a network: its input, then one for each dense layer.

    Layers that keep the width belong to the bar before them.
    """
    found = [Stop(spec.inputs, note=f"input: {count_words(spec.inputs, 'number')}")]
    for layer in spec.layers:
        if isinstance(layer, DenseSpec):
            shown = "" if layer.activation == "identity" else title(layer.activation)
            found.append(Stop(layer.units, (), layer_words(layer), layer.residual, shown))
            continue
        last = found.pop()
        note = f"{last.note}\n{layer_words(layer)}"
        if isinstance(layer, ActivationSpec):
            found.append(Stop(last.width, last.signs, note, last.residual, title(layer.name)))
        else:
            sign = "drop" if isinstance(layer, DropoutSpec) else "norm"
            assert isinstance(layer, (DropoutSpec, BatchNormSpec))
            signs = (*last.signs, sign)
            found.append(Stop(last.width, signs, note, last.residual, last.activation))
    return tuple(found)


class NetworkView(QWidget):
    """Draws a network from the left to the right; the layer under the pointer is described."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stops: tuple[Stop, ...] = ()
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Network")

    def set_spec(self, spec: NetSpec) -> None:
        """Draw a network."""
        self.stops = stops_of(spec)
        words = " to ".join(str(stop.width) for stop in self.stops)
        learned = count_words(parameter_count(spec), "parameter")
        self.setAccessibleDescription(f"widths {words}; {learned}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, 92)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 92)

    # Geometry

    def bar_of(self, index: int) -> QRectF:
        """Where a bar is drawn, in pixels."""
        metrics = self.fontMetrics()
        room = self.height() - 2.0 * metrics.height() - 6.0
        left, right = 16.0, self.width() - 16.0
        count = max(len(self.stops) - 1, 1)
        x = left + (right - left) * index / count
        share = min(math.log2(self.stops[index].width + 1) / _TALLEST, 1.0)
        tall = max(6.0, share * room)
        middle = metrics.height() + 3.0 + room / 2
        wide = min(_BAR, max(3.0, (right - left) / count - 4.0))
        return QRectF(x - wide / 2, middle - tall / 2, wide, tall)

    def index_at(self, x: float) -> int | None:
        """The bar nearest to a place; None beside the drawing."""
        if not self.stops:
            return None
        places = [abs(self.bar_of(index).center().x() - x) for index in range(len(self.stops))]
        nearest = min(range(len(places)), key=places.__getitem__)
        return nearest if places[nearest] < 24 else None

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self.index_at(event.position().x())
        if index is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self.stops[index].note, self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        QToolTip.hideText()

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.stops:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        bars = [self.bar_of(index) for index in range(len(self.stops))]
        for index in range(1, len(bars)):
            self._paint_link(painter, bars[index - 1], bars[index], self.stops[index].residual)
        for index, bar in enumerate(bars):
            self._paint_bar(painter, bar, self.stops[index], index in (0, len(bars) - 1))
        self._paint_words(painter, bars)
        painter.end()

    def _paint_link(self, painter: QPainter, before: QRectF, after: QRectF, around: bool) -> None:
        colors = theme()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("muted", 0.16))
        painter.drawPolygon(
            QPolygonF(
                [before.topRight(), after.topLeft(), after.bottomLeft(), before.bottomRight()]
            )
        )
        if around:
            # A residual layer: what went in also goes around it.
            painter.setPen(QPen(colors.color("accent"), 1.2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            top = min(before.top(), after.top()) - 3
            middle = (before.center().x() + after.center().x()) / 2
            reach = after.center().x() - middle
            painter.drawArc(QRectF(middle - reach, top - 5, 2 * reach, 12), 0, 180 * 16)

    def _paint_bar(self, painter: QPainter, bar: QRectF, stop: Stop, end: bool) -> None:
        colors = theme()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colors.color("muted" if end else "accent"))
        apart = bar.height() / max(stop.width, 1)
        if stop.width <= _MOST_DOTS and apart >= 3.4:
            radius = min(apart * 0.36, bar.width() / 2, 3.4)
            for unit in range(stop.width):
                y = bar.top() + (unit + 0.5) * apart
                painter.drawEllipse(QPointF(bar.center().x(), y), radius, radius)
        else:
            painter.drawRoundedRect(bar, 2.5, 2.5)
        if stop.signs:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            dashed = QPen(colors.color("muted"), 1.2, Qt.PenStyle.DotLine)
            painter.setPen(dashed)
            x = bar.right() + 4
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, bar.bottom()))

    def _paint_words(self, painter: QPainter, bars: list[QRectF]) -> None:
        """Widths below, activations above; what would run into its neighbour is left out."""
        metrics, colors = self.fontMetrics(), theme()
        below = [str(stop.width) for stop in self.stops]
        above = [stop.activation for stop in self.stops]
        if len(set(above[1:-1])) == 1 and len(above) > 3:
            # One name for all hidden layers.
            above = ["", above[1], *("" for _ in above[2:])]
        for texts, y in ((below, self.height() - metrics.height()), (above, 0)):
            painter.setPen(colors.color("text" if y else "muted"))
            # The width of the output is said in any case.
            order = [len(texts) - 1, *range(len(texts) - 1)]
            taken: list[tuple[float, float]] = []
            for index in order:
                wide = metrics.horizontalAdvance(texts[index])
                left = bars[index].center().x() - wide / 2
                left = min(max(left, 0.0), self.width() - wide - 1.0)
                clear = all(left > b + 4 or left + wide < a - 4 for a, b in taken)
                if texts[index] and clear:
                    taken.append((left, left + wide))
                    box = QRectF(left, y, wide + 2, metrics.height())
                    painter.drawText(box, Qt.AlignmentFlag.AlignLeft, texts[index])
