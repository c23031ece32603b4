"""What is drawn over the picture: the rubber band, an orbit, pins, a System's overlays."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsObject

from deepfractals_gui.core import Array, Overlay
from deepfractals_gui.gui.canvas_geometry import CanvasGeometry
from deepfractals_gui.gui.curve_lines import series_color
from deepfractals_gui.gui.pin_bar import RADIUS, paint_disc
from deepfractals_gui.gui.pins import Pin
from deepfractals_gui.gui.theme import Theme, small_font

_SHADE = QColor(0, 0, 0, 90)
_HALO = QColor(0, 0, 0, 170)
ORBIT_POINTS = 4000
"""Points of an orbit that are drawn; more can't be told apart."""


class BandItem(QGraphicsObject):
    """The rubber band, with what will be left out in the shade; or a crosshair."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._area = QRectF()
        self.drawn: QRectF | None = None
        self.widened: QRectF | None = None
        self.cross: QPointF | None = None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_area(self, area: QRectF) -> None:
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def set_band(self, drawn: QRectF | None, widened: QRectF | None) -> None:
        """Show the rectangle being drawn and the view it will become; None hides them."""
        self.drawn, self.widened = drawn, widened
        self.update()

    def set_cross(self, position: QPointF | None) -> None:
        """Show a crosshair that the keyboard moves; None hides it."""
        self.cross = position
        self.update()

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(self, painter: QPainter, *_: object) -> None:
        accent = self._theme.color("accent")
        if self.widened is not None and self.drawn is not None:
            outside = QPainterPath()
            outside.addRect(self._area)
            outside.addRect(self.widened)
            painter.fillPath(outside, _SHADE)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(255, 255, 255, 120), 1, Qt.PenStyle.DotLine))
            painter.drawRect(self.drawn)
            painter.setPen(QPen(accent, 1.5))
            painter.drawRect(self.widened)
        if self.cross is not None:
            x, y = self.cross.x(), self.cross.y()
            for pen in (QPen(_HALO, 3), QPen(accent, 1)):
                painter.setPen(pen)
                for reach in (-18, 18):
                    start = reach // 4
                    painter.drawLine(QPointF(x + start, y), QPointF(x + reach, y))
                    painter.drawLine(QPointF(x, y + start), QPointF(x, y + reach))


class _Mark(QGraphicsObject):
    """Something over the picture whose points the geometry puts into their places."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._geometry: CanvasGeometry | None = None

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.update()

    def set_geometry(self, geometry: CanvasGeometry) -> None:
        self.prepareGeometryChange()
        self._geometry = geometry
        self.update()

    def boundingRect(self) -> QRectF:
        return QRectF() if self._geometry is None else self._geometry.area


class OrbitItem(_Mark):
    """An orbit as a line that fades towards its end, with its start ringed."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme)
        self._orbit: Array | None = None
        self._places: list[QPointF] = []
        self._hide_if_empty()

    def set_orbit(self, points: Array | None) -> None:
        """Take an orbit, complex128 (N,); it ends at its first non-finite point."""
        if points is not None:
            points = np.asarray(points, dtype=np.complex128)[:ORBIT_POINTS]
            lost = np.flatnonzero(~np.isfinite(points))
            points = points[: lost[0]] if len(lost) else points
        self._orbit = points if points is not None and len(points) else None
        self._hide_if_empty()

    def set_geometry(self, geometry: CanvasGeometry) -> None:
        super().set_geometry(geometry)
        self._places = []
        if self._orbit is not None:
            self._places = [geometry.scene(float(z.real), float(z.imag)) for z in self._orbit]

    def paint(self, painter: QPainter, *_: object) -> None:
        if not self._places:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QPolygonF(self._places)
        painter.setPen(QPen(_HALO, 3.0, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(line)
        painter.setPen(QPen(self._theme.color("accent", 0.75), 1.2))
        painter.drawPolyline(line)
        painter.setPen(QPen(_HALO, 1))
        painter.setBrush(QBrush(QColor(255, 255, 255, 230)))
        for place in self._places[1:]:
            painter.drawEllipse(place, 2.2, 2.2)
        painter.setBrush(QBrush(self._theme.color("accent")))
        painter.setPen(QPen(QColor(255, 255, 255), 1.5))
        painter.drawEllipse(self._places[0], 4.0, 4.0)

    def _hide_if_empty(self) -> None:
        self.setVisible(self._orbit is not None)


class PinItem(_Mark):
    """Pinned points: a ring about each, and its numbered disc beside it."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        super().__init__(theme)
        self._font = small_font(font)
        self._pins: tuple[Pin, ...] = ()
        self.setVisible(False)

    def set_pins(self, pins: tuple[Pin, ...]) -> None:
        self._pins = pins
        self.setVisible(bool(pins))

    @property
    def places(self) -> dict[int, QPointF]:
        """Where the pins lie in the scene, by their numbers."""
        if self._geometry is None:
            return {}
        return {pin.number: self._geometry.scene(pin.x, pin.y) for pin in self._pins}

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        for pin, place in zip(self._pins, self.places.values(), strict=True):
            color = series_color(pin.series)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for halo in (QPen(_HALO, 4), QPen(color, 1.8)):
                painter.setPen(halo)
                painter.drawEllipse(place, 4.5, 4.5)
            beside = place + QPointF(RADIUS + 3, -RADIUS - 3)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_HALO)
            painter.drawEllipse(beside, RADIUS + 1.2, RADIUS + 1.2)
            paint_disc(painter, beside, str(pin.number), color)


class OverlayItem(_Mark):
    """A System's marks: dots or joined lines with small labels."""

    def __init__(self, theme: Theme, font: QFont) -> None:
        super().__init__(theme)
        self._font = small_font(font)
        self._overlays: tuple[Overlay, ...] = ()

    def set_overlays(self, overlays: tuple[Overlay, ...]) -> None:
        self._overlays = overlays
        self.setVisible(bool(overlays))

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._geometry is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        for number, overlay in enumerate(self._overlays):
            color = QColor(self._theme.series[number % len(self._theme.series)])
            places = [self._geometry.scene(float(x), float(y)) for x, y in overlay.points]
            if overlay.joined:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                for pen in (QPen(_HALO, 4.0), QPen(color, 1.8)):
                    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                    painter.setPen(pen)
                    painter.drawPolyline(QPolygonF(places))
            labels = (*overlay.labels, *[""] * len(places))
            for place, text in zip(places, labels, strict=False):
                # A line shows only those of its points that have a name.
                if overlay.joined and not text:
                    continue
                painter.setPen(QPen(_HALO, 1.2))
                painter.setBrush(QBrush(color))
                painter.drawEllipse(place, 3.4, 3.4)
                if text:
                    self._label(painter, place, text)

    def _label(self, painter: QPainter, place: QPointF, text: str) -> None:
        at = place + QPointF(7, 4)
        painter.setPen(_HALO)
        painter.drawText(at + QPointF(1, 1), text)
        painter.setPen(QColor(255, 255, 255))
        painter.drawText(at, text)
