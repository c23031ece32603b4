"""Where things of the plane lie on the canvas, at every depth.

Scene coordinates are logical pixels of the widget with y downwards; raster coordinates are
pixels of the rendered picture with row 0 at the bottom. Positions come from differences of exact
decimals: a float64 coordinate would lose its digits long before the zoom ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QTransform

from deepfractals_gui.core import Raster, Viewport
from deepfractals_gui.core.viewport import MAX_WIDTH, MIN_WIDTH

_EXACT = Context(prec=1200, Emax=99_999, Emin=-99_999)


@dataclass(frozen=True)
class CanvasPoint:
    """A pixel of the picture: indices (row 0 at the bottom), its centre's plane coordinates."""

    px: int
    py: int
    x: float
    y: float


@dataclass(frozen=True)
class CanvasGeometry:
    """A viewport laid out on the canvas.

    Attributes
    ----------
    area : the part of the widget that shows the picture, in logical pixels
    shape : (H, W) of the picture rendered for it; its pixels are square
    supersampling : samples per pixel and axis: pans go by whole samples, exactly
    """

    viewport: Viewport
    area: QRectF
    shape: tuple[int, int]
    supersampling: int = 1

    @property
    def scale(self) -> float:
        """Raster pixels per logical pixel."""
        return self.shape[1] / self.area.width()

    def raster(self, position: QPointF) -> tuple[float, float]:
        """Continuous raster coordinates of a scene position; pixel j spans [j, j + 1]."""
        column = (position.x() - self.area.left()) * self.scale
        row = (self.area.bottom() - position.y()) * self.scale
        return column, row

    def point(self, position: QPointF) -> CanvasPoint | None:
        """The pixel under a scene position, or None outside of the picture."""
        column, row = (math.floor(value) for value in self.raster(position))
        if not (0 <= column < self.shape[1] and 0 <= row < self.shape[0]):
            return None
        centres = self.centres
        return CanvasPoint(column, row, float(centres.x[column]), float(centres.y[row]))

    @cached_property
    def centres(self) -> Raster:
        """The pixel centres, found once per view."""
        return Raster(self.viewport, self.shape)

    def offset(self, position: QPointF) -> tuple[float, float]:
        """Plane units from the viewport's centre to a scene position."""
        unit = self.viewport.width / self.area.width()
        centre = self.area.center()
        return (position.x() - centre.x()) * unit, (centre.y() - position.y()) * unit

    def scene(self, x: Decimal | float, y: Decimal | float) -> QPointF:
        """Scene position of a point of the plane; far away ones are held at a million pixels."""
        unit = self.viewport.width / self.area.width()
        centre = self.area.center()
        across = difference(x, self.viewport.x) / unit
        upwards = difference(y, self.viewport.y) / unit
        return QPointF(centre.x() + _held(across), centre.y() - _held(upwards))

    def placed(self, viewport: Viewport, shape: tuple[int, int]) -> QTransform | None:
        """How a picture of another view lies on the canvas; None if it can't be seen.

        The transform takes the picture's pixels, row 0 at the top, to the scene.
        """
        unit = self.viewport.width / self.area.width()
        factor = viewport.step(shape[1]) / unit
        if not 1e-4 < factor < 1e4:
            return None
        centre = self.area.center()
        across = difference(viewport.x, self.viewport.x) / unit
        upwards = difference(viewport.y, self.viewport.y) / unit
        width, height = shape[1] * factor, shape[0] * factor
        left = centre.x() + across - width / 2
        top = centre.y() - upwards - height / 2
        area = self.area
        if left > area.right() or top > area.bottom():
            return None
        if left + width < area.left() or top + height < area.top():
            return None
        if abs(factor * self.scale - 1) < 1e-9:
            # The same pixel size: whole pixels stay sharp only at whole places.
            factor = 1 / self.scale
            left = area.left() + round((left - area.left()) * self.scale) / self.scale
            top = area.top() + round((top - area.top()) * self.scale) / self.scale
        return QTransform(factor, 0.0, 0.0, factor, left, top)

    # New views.

    def zoomed(self, position: QPointF, factor: float) -> Viewport:
        """Multiply the width; what lies under the position stays there."""
        dx, dy = self.offset(position)
        low = MIN_WIDTH * 1e8 / self.viewport.width
        high = MAX_WIDTH * 1e-8 / self.viewport.width
        factor = min(max(factor, low), high)
        return self.viewport.moved(dx * (1 - factor), dy * (1 - factor), factor)

    def centred(self, position: QPointF) -> Viewport:
        """Move what lies under the position to the centre, by whole pixels."""
        column, row = self.raster(position)
        columns = math.floor(column) - self.shape[1] // 2
        rows = math.floor(row) - self.shape[0] // 2
        return self.panned(columns, rows)

    def panned(self, columns: int, rows: int, start: Viewport | None = None) -> Viewport:
        """Move the view, or ``start``, by whole pixels, so that shared samples are the same."""
        finer = self.supersampling
        start = start or self.viewport
        return start.panned(columns * finer, rows * finer, self.shape[1] * finer)

    def banded(self, band: QRectF) -> Viewport:
        """The view that a rubber band of the canvas's aspect encloses."""
        dx, dy = self.offset(band.center())
        return self.viewport.moved(dx, dy, max(band.width() / self.area.width(), 1e-6))

    def widened(self, drawn: QRectF) -> QRectF:
        """The smallest rectangle of the canvas's aspect around a drawn one, centred on it."""
        aspect = self.area.width() / self.area.height()
        width = max(drawn.width(), drawn.height() * aspect)
        height = width / aspect
        centre = drawn.center()
        return QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)


def difference(a: Decimal | float, b: Decimal) -> float:
    """The float64 nearest to a - b."""
    exact = a if isinstance(a, Decimal) else Decimal(a)
    return float(_EXACT.subtract(exact, b))


def between(start: Viewport, end: Viewport, part: float) -> Viewport:
    """The view a share of the way from one to the other: a point that both zoom about stays."""
    if part >= 1:
        return end
    if start.width == end.width:
        rest = 1 - part
        width = end.width
    else:
        width = start.width * (end.width / start.width) ** part
        rest = (width - end.width) / (start.width - end.width)
    x = _EXACT.add(end.x, Decimal(difference(start.x, end.x) * rest))
    y = _EXACT.add(end.y, Decimal(difference(start.y, end.y) * rest))
    return Viewport(x, y, end.width).moved(0.0, 0.0, width / end.width)


def _held(value: float) -> float:
    return min(max(value, -1e6), 1e6)
