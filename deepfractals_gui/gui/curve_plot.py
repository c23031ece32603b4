"""Curves over the step number, drawn quietly."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TypeVar

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepfractals_gui.core import STEP_NUMBER, Array, Curve
from deepfractals_gui.gui.axes import linear_ticks, log_ticks, tick_text
from deepfractals_gui.gui.curve_lines import MOST_POINTS, Drawn, Key, Line, sample
from deepfractals_gui.gui.theme import number_font, small_font, theme

_Value = TypeVar("_Value", float, Array)
_LABEL_ROOM = 30
_SAMPLE = 16.0
_KEY_GAP = 10.0
_MOST_LEGEND_ROWS = 3
MOST_ABOVE = 12.0
"""Decades that a log axis goes on above the lowest curve: a run that explodes flattens no other."""


class CurvePlot(QWidget):
    """One or several curves with a name above them; values under the pointer are read out.

    The value of a single curve is written beside its name, those of several in a tooltip. Values
    that aren't finite, or that a logarithmic axis can't show, are gaps.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[Line, ...] = ()
        self.legend: tuple[Key, ...] = ()
        self.title = ""
        self.most_points = MOST_POINTS
        self._drawn: tuple[Drawn, ...] = ()
        self._log = False
        self._ends = (0.0, 1.0)
        self._range = (0.0, 1.0)
        self._pointed: float | None = None
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setMinimumSize(118, 72)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def points(self) -> tuple[Array, Array]:
        """What is drawn of the first curve: x, and y with NaN at gaps, on a log axis its log10."""
        return (self._drawn[0].x, self._drawn[0].y) if self._drawn else (np.zeros(0), np.zeros(0))

    @property
    def _known(self) -> bool:
        return any(np.isfinite(drawn.y).any() for drawn in self._drawn)

    def values(self) -> list[tuple[Key, str]]:
        """The value of every curve where the pointer is, as text; "–" beyond a curve's ends."""
        found: list[tuple[Key, str]] = []
        if self._pointed is None:
            return found
        for drawn in self._drawn:
            curve = drawn.line.curve
            text = "–"
            if len(curve.x) and curve.x.min() <= self._pointed <= curve.x.max():
                text = f"{float(curve.y[drawn.nearest(self._pointed)]):.5g}"
            found.append((drawn.line.key, text))
        return found

    @property
    def reading(self) -> str:
        """The values under the pointer in words, or why there is no curve."""
        if not self.lines:
            return ""
        if not self._known:
            return "no finite value"
        values = self.values()
        if not values:
            return ""
        if len(values) == 1:
            return f"{self._place()}   {values[0][1]}"
        return "   ".join([self._place(), *(f"{key.text} {text}" for key, text in values)])

    def _place(self) -> str:
        against = self.lines[0].curve.against
        return f"{'n' if against == STEP_NUMBER else against} = {self._pointed:.5g}"

    def set_curve(self, curve: Curve, series: int) -> None:
        """Show a curve in the colour of a series."""
        self.set_lines(curve.name, [Line(curve, Key(curve.name, series))])

    def set_lines(
        self,
        title: str,
        lines: Sequence[Line],
        legend: Sequence[Key] = (),
        span: tuple[float, float] | None = None,
    ) -> None:
        """Show curves in one plot; the legend says what the title doesn't.

        ``span`` is the range of a linear vertical axis; None fits it to the values.
        """
        self.lines, self.legend, self._pointed = tuple(lines), tuple(legend), None
        first = self.lines[0].curve
        self._log = first.log
        self.title = f"{title} [{first.unit}]" if first.unit else title
        if first.against != STEP_NUMBER:
            self.title += f" over {first.against}"
        self._drawn = tuple(Drawn(line, self._log, self.most_points) for line in self.lines)
        self._ends = _ends([drawn.x for drawn in self._drawn])
        self._range = span or _padded([drawn.y for drawn in self._drawn], self._log)
        self.setAccessibleName(f"{title} against the {first.against}")
        self.setAccessibleDescription(
            "; ".join(
                (f"{line.key.text}: " if len(self.lines) > 1 else "") + _summary(line.curve)
                for line in self.lines
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 140)

    # The pointer

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        box = self._box(self._labels())
        if not self._known or not box.contains(event.position()):
            self._point_at(None)
            return
        low, high = self._ends
        x = low + (event.position().x() - box.left()) / box.width() * (high - low)
        near = [
            float(drawn.line.curve.x[drawn.nearest(x)])
            for drawn in self._drawn
            if len(drawn.line.curve.x)
        ]
        self._point_at(min(near, key=lambda place: abs(place - x)))
        if len(self.lines) > 1:
            QToolTip.showText(event.globalPosition().toPoint(), self._tip(), self)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point_at(None)

    def _point_at(self, x: float | None) -> None:
        if x != self._pointed:
            self._pointed = x
            if x is None:
                QToolTip.hideText()
            self.update()

    def _tip(self) -> str:
        """The values under the pointer as a table."""
        rows = "".join(
            f'<tr><td style="color: {key.color.name()}">■</td><td>{escape(key.text)}</td>'
            f'<td align="right">&nbsp;{text}</td></tr>'
            for key, text in self.values()
        )
        return f"{escape(self._place())}<table>{rows}</table>"

    # Layout

    def _labels(self) -> list[tuple[float, str]]:
        """Places on the vertical axis and what they say."""
        low, high = self._range
        wanted = max(2, min(5, (self.height() - 40) // _LABEL_ROOM))
        if self._log:
            return [(tick, _power_text(tick)) for tick in log_ticks(low, high, wanted)]
        return [(tick, tick_text(tick)) for tick in linear_ticks(low, high, wanted)]

    def _legend_rows(self) -> tuple[bool, list[list[tuple[float, Key]]]]:
        """Whether the legend stands beside the title, and its rows of (left edge, key)."""
        metrics = self.fontMetrics()
        wide = [_SAMPLE + 4 + metrics.horizontalAdvance(key.text) for key in self.legend]
        whole = sum(wide) + _KEY_GAP * max(0, len(wide) - 1)
        room = self.width() - 4.0
        beside = whole + 2 * _KEY_GAP + metrics.horizontalAdvance(self.title) <= room
        left = room - whole if beside else 0.0
        rows: list[list[tuple[float, Key]]] = [[]]
        for key, width in zip(self.legend, wide, strict=True):
            if rows[-1] and left + width > room + 0.5:
                rows.append([])
                left = 0.0
            rows[-1].append((left, key))
            left += width + _KEY_GAP
        return beside, rows[:_MOST_LEGEND_ROWS]

    def _box(self, labels: list[tuple[float, str]]) -> QRectF:
        """Where the curves go, in pixels."""
        metrics = self.fontMetrics()
        widest = max([metrics.horizontalAdvance(text) for _, text in labels], default=0)
        left, top = widest + 8.0, metrics.height() + 6.0
        if self.legend:
            beside, rows = self._legend_rows()
            top += 0 if beside else len(rows) * metrics.height()
        marks = [metrics.horizontalAdvance(line.mark) for line in self.lines if line.mark]
        right = 6 + max(marks, default=0)
        below = metrics.height() + 5.0
        return QRectF(left, top, self.width() - left - right, self.height() - top - below)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, metrics = theme(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head = QRectF(0, 0, self.width() - 4, metrics.height())
        painter.setPen(colors.color("muted"))
        title = metrics.elidedText(self.title, Qt.TextElideMode.ElideRight, int(head.width()))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, title)
        beside, rows = self._legend_rows()
        pointed = self._pointed is not None
        if self._known and len(self.lines) > 1:
            reading = self._place() if pointed else ""
        else:
            reading = self.reading
        painter.setPen(colors.color("text"))
        if not self.legend or not beside or pointed:
            rest = head.adjusted(metrics.horizontalAdvance(self.title) + _KEY_GAP, 0, 0, 0)
            if metrics.horizontalAdvance(reading) <= rest.width():
                painter.drawText(head, Qt.AlignmentFlag.AlignRight, reading)
        if self.legend and not (beside and pointed):
            self._paint_legend(painter, rows, 0.0 if beside else metrics.height() + 2.0)
        if self._known:
            labels = self._labels()
            box = self._box(labels)
            if box.height() > 4 and box.width() > 4:
                self._paint_axes(painter, box, labels)
                self._paint_lines(painter, box)
        painter.end()

    def _paint_legend(
        self, painter: QPainter, rows: list[list[tuple[float, Key]]], top: float
    ) -> None:
        high = self.fontMetrics().height()
        lines = {line.key.pattern: line for line in self.lines}
        for number, row in enumerate(rows):
            for left, key in row:
                y = top + number * high
                start = QPointF(left, y + high / 2)
                sample(painter, lines.get(key.pattern), key, start, _SAMPLE)
                painter.setPen(key.color)
                place = QRectF(left + _SAMPLE + 4, y, self.width() - left, high)
                painter.drawText(place, Qt.AlignmentFlag.AlignLeft, key.text)

    def _paint_axes(self, painter: QPainter, box: QRectF, labels: list[tuple[float, str]]) -> None:
        colors, metrics = theme(), self.fontMetrics()
        line, words = QPen(colors.color("line"), 1), colors.color("muted")
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for value, text in labels:
            y = round(self._to_y(box, value)) + 0.5
            painter.setPen(line)
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            painter.setPen(words)
            high = metrics.height()
            painter.drawText(QRectF(0, y - high / 2, box.left() - 6, high), right, text)
        low, high_x = self._ends
        ticks, wanted = linear_ticks(low, high_x, max(2, int(box.width() / 56))), 3
        while len(ticks) < 2 and wanted < 6:
            # In a narrow plot the round numbers may all lie just beyond the ends.
            ticks, wanted = linear_ticks(low, high_x, wanted), wanted + 1
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        for tick in ticks:
            x = box.left() + (tick - low) / (high_x - low) * box.width()
            painter.setPen(line)
            painter.drawLine(QPointF(x, box.bottom()), QPointF(x, box.bottom() + 3))
            painter.setPen(words)
            text = tick_text(tick)
            half = metrics.horizontalAdvance(text) / 2 + 1
            # The last number stands at the edge, and must not be cut by it.
            middle = min(x, self.width() - half)
            painter.drawText(QRectF(middle - half, box.bottom() + 4, 2 * half, 20), centre, text)

    def _paint_lines(self, painter: QPainter, box: QRectF) -> None:
        low, high = self._ends
        unit = box.width() / (high - low)
        if self._pointed is not None:
            at = box.left() + (self._pointed - low) * unit
            painter.setPen(QPen(theme().color("faint"), 1))
            painter.drawLine(QPointF(at, box.top()), QPointF(at, box.bottom()))
        painter.save()
        painter.setClipRect(box.adjusted(-3, -3, 3, 3))
        ends: list[tuple[float, Line]] = []
        for drawn in self._drawn:
            x, y = box.left() + (drawn.x - low) * unit, self._to_y(box, drawn.y)
            drawn.paint(painter, x, y)
            last = y[np.isfinite(y)]
            if drawn.line.mark and len(last):
                ends.append((min(max(float(last[-1]), box.top()), box.bottom()), drawn.line))
        painter.restore()
        self._paint_marks(painter, box, ends)

    def _paint_marks(self, painter: QPainter, box: QRectF, ends: list[tuple[float, Line]]) -> None:
        """Name the lines at their right ends, none over another."""
        if not ends:
            return
        high = self.fontMetrics().ascent()
        ends.sort(key=lambda end: end[0])
        places = spread([y for y, _ in ends], high, box.top(), box.bottom())
        centre = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for place, (_, line) in zip(places, ends, strict=True):
            painter.setPen(line.key.color)
            painter.drawText(QRectF(box.right() + 3, place - 10, 24, 20), centre, line.mark)

    def _to_y(self, box: QRectF, value: _Value) -> _Value:
        low, high = self._range
        return box.bottom() - (value - low) * (box.height() / (high - low))


def spread(places: Sequence[float], apart: float, top: float, bottom: float) -> list[float]:
    """Ascending places moved as little as needed to be ``apart``, within [top, bottom].

    Those that don't fit go on below ``bottom``.
    """
    found: list[float] = []
    for place in places:
        found.append(place if not found else max(place, found[-1] + apart))
    # What was pushed below pushes the others up again.
    lowest = max(bottom, top + apart * (len(found) - 1))
    for index in reversed(range(len(found))):
        found[index] = min(found[index], lowest)
        lowest = found[index] - apart
    return found


def _power_text(tick: float) -> str:
    """The number 10**tick, which may lie beyond float64."""
    if -300 < tick < 300:
        return tick_text(10.0**tick)
    return f"1e{round(tick)}"


def _padded(curves: Sequence[Array], log: bool) -> tuple[float, float]:
    """The range of the finite values with a little room; never empty.

    A logarithmic axis of several curves ends `MOST_ABOVE` the least of their greatest values.
    """
    finite = [y[np.isfinite(y)] for y in curves]
    finite = [y for y in finite if len(y)]
    if not finite:
        return (0.0, 1.0)
    low, high = min(float(y.min()) for y in finite), max(float(y.max()) for y in finite)
    if log:
        high = min(high, min(float(y.max()) for y in finite) + MOST_ABOVE)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    return low - room, high + room


def _ends(places: Sequence[Array]) -> tuple[float, float]:
    """The least and the greatest x; never equal."""
    known = [x for x in places if len(x)]
    if not known:
        return (0.0, 1.0)
    low, high = min(float(x.min()) for x in known), max(float(x.max()) for x in known)
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _summary(curve: Curve) -> str:
    values = np.asarray(curve.y, dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return "no finite value"
    steps = "steps" if curve.against == STEP_NUMBER else "points"
    return (
        f"{len(curve.y)} {steps}, from {values[0]:.4g} to {values[-1]:.4g}, "
        f"least {values.min():.4g}, greatest {values.max():.4g}"
    )
