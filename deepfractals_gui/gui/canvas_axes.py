"""Ticks with true coordinates at every depth, drawn in pixel space beside the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QStaticText, QTransform
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject

from deepfractals_gui.core import Axis
from deepfractals_gui.gui.canvas_geometry import CanvasGeometry, difference
from deepfractals_gui.gui.theme import Theme, number_font, small_font

_EXACT = Context(prec=1200, Emax=99_999, Emin=-99_999)
LONG_LABEL = 7
"""Labels longer than this write what they have in common once, beside the axis."""
LABEL_GAP = 6.0
"""A label that would come nearer than this to the one before is left out."""
TEXTS_KEPT = 100


@dataclass(frozen=True)
class Ticks:
    """The marks of an axis.

    Attributes
    ----------
    offsets : plane units from the view's centre
    labels : what is written at each; ``…`` stands for ``common``
    common : the leading digits that every label shares, or ""
    suffix : a power of ten that every label shares, such as ``e-9``, or ""
    """

    offsets: tuple[float, ...]
    labels: tuple[str, ...]
    common: str = ""
    suffix: str = ""


def ticks(axis: Axis, centre: Decimal, extent: float, count: float) -> Ticks:
    """Round coordinates about ``count`` to an ``extent`` (plane units) around the centre."""
    step = _round_step(extent / max(count, 1.0))
    low = _EXACT.subtract(centre, Decimal(extent / 2))
    first = _EXACT.to_integral_value(_EXACT.divide(low, step))
    offsets, texts = [], []
    for number in range(math.ceil(extent / float(step)) + 2):
        value = _EXACT.multiply(_EXACT.add(first, Decimal(number)), step)
        offset = difference(value, centre)
        if abs(offset) <= extent / 2:
            offsets.append(offset)
            texts.append(axis.format(value, float(step)).replace("-", "\N{MINUS SIGN}"))
    return Ticks(tuple(offsets), *_shared(texts))


def _round_step(rough: float) -> Decimal:
    exponent = math.floor(math.log10(rough))
    mantissa = rough / 10.0**exponent if exponent > -300 else 1.0
    nice = next((n for n in (1, 2, 5) if mantissa <= n), 10)
    return Decimal(nice).scaleb(exponent)


def _shared(texts: list[str]) -> tuple[tuple[str, ...], str, str]:
    if len(texts) < 2 or max(map(len, texts)) <= LONG_LABEL:
        return tuple(texts), "", ""
    suffix = ""
    powers = {text.partition("e")[2] for text in texts if text != "0"}
    if len(powers) == 1 and "" not in powers:
        suffix = "e" + powers.pop()
        texts = [text.removesuffix(suffix) for text in texts]
    lengths = {len(text) for text in texts}
    common = _common_prefix(texts)
    # The last two digits stay, so that a label still looks like a number.
    common = common[: max(0, min(lengths) - 2)]
    if len(common) < 5:
        return tuple(texts), "", suffix
    return tuple("…" + text[len(common) :] for text in texts), common, suffix


def _common_prefix(texts: list[str]) -> str:
    shortest, longest = min(texts), max(texts)
    same = (a == b for a, b in zip(shortest, longest, strict=False))
    return shortest[: next((i for i, equal in enumerate(same) if not equal), len(shortest))]


class AxisStrip(QGraphicsObject):
    """One axis of the canvas: along the bottom, or rotated along the left."""

    THICKNESS = 26.0

    def __init__(self, vertical: bool, theme: Theme, font: QFont) -> None:
        super().__init__()
        self._vertical = vertical
        self._theme = theme
        self._font = number_font(small_font(font))
        self._geometry: CanvasGeometry | None = None
        self._axis: Axis | None = None
        self._pointer: QPointF | None = None
        self._ticks: Ticks | None = None
        self._written: dict[str, QStaticText] = {}
        # A new picture of the same view repaints the whole canvas: text is its slowest part.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def set_view(self, geometry: CanvasGeometry, axis: Axis) -> None:
        if (geometry, axis) == (self._geometry, self._axis):
            return
        self._geometry, self._axis, self._ticks = geometry, axis, None
        self.prepareGeometryChange()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_pointer(self, position: QPointF | None) -> None:
        """Mark where the pointer is along the axis."""
        if position != self._pointer:
            self._pointer = position
            self.update()

    def boundingRect(self) -> QRectF:
        if self._geometry is None:
            return QRectF()
        area, thick = self._geometry.area, self.THICKNESS
        if self._vertical:
            return QRectF(area.left() - thick, area.top(), thick, area.height())
        return QRectF(area.left(), area.bottom(), area.width(), thick)

    @property
    def marks(self) -> Ticks | None:
        """The ticks shown, found when first asked for."""
        geometry, axis = self._geometry, self._axis
        if geometry is None or axis is None:
            return None
        if self._ticks is None:
            view, area = geometry.viewport, geometry.area
            unit = view.width / area.width()
            length = area.height() if self._vertical else area.width()
            centre = view.y if self._vertical else view.x
            self._ticks = ticks(axis, centre, length * unit, length / 85)
        return self._ticks

    def paint(self, painter: QPainter, *_: object) -> None:
        marks, geometry, axis = self.marks, self._geometry, self._axis
        if marks is None or geometry is None or axis is None:
            return
        area = geometry.area
        length = area.height() if self._vertical else area.width()
        painter.save()
        if self._vertical:
            # From here on the axis runs rightwards, with the picture above it.
            painter.translate(area.left(), area.bottom())
            painter.rotate(-90)
            painter.scale(1, -1)
        else:
            painter.translate(area.left(), area.bottom())
        self._paint_along(painter, marks, axis, length, length * 0.5, geometry)
        painter.restore()

    def _paint_along(
        self,
        painter: QPainter,
        marks: Ticks,
        axis: Axis,
        length: float,
        middle: float,
        geometry: CanvasGeometry,
    ) -> None:
        theme = self._theme
        unit = geometry.viewport.width / geometry.area.width()
        painter.setFont(self._font)
        name = self._text(axis.label)
        common = f"{marks.common}…{marks.suffix}" if marks.common else marks.suffix
        common = common if marks.common else (f"×1{common}" if common else "")
        name_width = name.size().width() + 10
        left = self._text(common).size().width() + 14 if common else 0.0
        painter.setPen(theme.color("muted"))
        self._write(painter, name, length - name_width / 2)
        if common:
            painter.setPen(theme.color("accent"))
            self._write(painter, self._text(common), left / 2)
        labels = []
        free = left
        painter.setPen(QPen(theme.color("faint"), 1))
        for offset, label in zip(marks.offsets, marks.labels, strict=True):
            place = middle + offset / unit
            painter.drawLine(QPointF(place, 2), QPointF(place, 6))
            text = self._text(label)
            half = text.size().width() / 2
            if free <= place - half and place + half <= length - name_width:
                labels.append((text, place))
                free = place + half + LABEL_GAP
        painter.setPen(theme.color("muted"))
        for text, place in labels:
            self._write(painter, text, place)
        if self._pointer is not None:
            at = self._pointer - geometry.area.topLeft()
            place = geometry.area.height() - at.y() if self._vertical else at.x()
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawLine(QPointF(place, 1), QPointF(place, 7))

    def _text(self, text: str) -> QStaticText:
        """A text laid out once; most labels stay from one view to the next."""
        found = self._written.get(text)
        if found is None:
            if len(self._written) >= TEXTS_KEPT:
                self._written.clear()
            found = self._written[text] = QStaticText(text)
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.prepare(QTransform(), self._font)
        return found

    def _write(self, painter: QPainter, text: QStaticText, place: float) -> None:
        """Draw a text centred at a place along the axis."""
        size = text.size()
        if self._vertical:
            # The axis is drawn mirrored; letters aren't.
            painter.scale(1, -1)
            painter.drawStaticText(QPointF(place - size.width() / 2, -8 - size.height()), text)
            painter.scale(1, -1)
        else:
            painter.drawStaticText(QPointF(place - size.width() / 2, 8), text)
