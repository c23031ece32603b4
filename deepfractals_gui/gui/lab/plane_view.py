"""A plane of two inputs: what the network says everywhere, and the data points over it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.axes import linear_ticks, tick_text
from deepfractals_gui.gui.lab.colors import (
    draw_image,
    draw_point,
    frame,
    image,
    regions,
    signed,
)
from deepfractals_gui.gui.theme import Theme, appearance, number_font, small_font, theme

_NEAR = 9.0
_HEAD = 22.0


@dataclass(frozen=True, eq=False)
class Points:
    """Data points over the plane.

    Attributes
    ----------
    x, y : float64 (N,)
    labels : int (N,), the class of each; or ``values`` float64 (N,), what each is to be
    test : bool (N,), True for those the network doesn't learn from
    """

    x: Array
    y: Array
    test: Array
    labels: Array | None = None
    values: Array | None = None


class PlaneView(QWidget):
    """The plane as an image, row 0 at the smallest y, with points, axes and a reading.

    It shows either class probabilities (H, W, k), as soft colours, or values (H, W).
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: tuple[str, ...] = ()
        self.axes = ("x", "y")
        self._span = ((-1.0, 1.0), (-1.0, 1.0))
        self._grid: Array | None = None
        self._most = 1.0
        self._picture: QImage | None = None
        self._points: Points | None = None
        self._layer: QPixmap | None = None
        self._at: tuple[float, float] | None = None
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setMinimumSize(200, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Decision plane")
        appearance.changed.connect(self._restyle)

    # What is shown

    def set_span(
        self, x: tuple[float, float], y: tuple[float, float], axes: tuple[str, str] = ("x", "y")
    ) -> None:
        """The part of the plane that is shown."""
        if (x, y) != self._span or axes != self.axes:
            self._span, self.axes = (x, y), axes
            self._layer = None
            self.update()

    def set_points(self, points: Points | None, names: tuple[str, ...] = ()) -> None:
        """Show data points; ``names`` are those of the classes."""
        self._points, self.names = points, names
        self._layer = None
        self._describe()
        self.update()

    def set_probabilities(self, grid: Array | None) -> None:
        """Show class probabilities (H, W, k); None takes the image away."""
        self._grid = grid
        self._paint_grid()

    def set_values(self, grid: Array | None, most: float) -> None:
        """Show values (H, W) whose colours reach to ``most``."""
        self._grid, self._most = grid, most
        self._paint_grid()

    def _paint_grid(self) -> None:
        grid = self._grid
        if grid is None:
            self._picture = None
        elif grid.ndim == 3:
            self._picture = image(regions(grid))
        else:
            self._picture = image(signed(0.6 * grid, self._most))
        self.update()

    @property
    def picture(self) -> QImage | None:
        """The image of the plane, the largest y at its top."""
        return self._picture

    def _describe(self) -> None:
        points = self._points
        if points is None:
            self.setAccessibleDescription("no points")
            return
        counts = ""
        if points.labels is not None:
            found = np.bincount(points.labels.astype(np.int64), minlength=1)
            counts = ", " + ", ".join(f"{self.name(c)} {n}" for c, n in enumerate(found) if n)
        held = int(points.test.sum())
        self.setAccessibleDescription(f"{len(points.x)} points, {held} of them held back{counts}")

    def name(self, label: int) -> str:
        return self.names[label] if label < len(self.names) else f"class {label}"

    @Slot(object)
    def _restyle(self, colors: Theme) -> None:
        self._layer = None
        self._paint_grid()

    # Geometry

    @property
    def box(self) -> QRectF:
        """Where the plane is, in pixels: a unit is as long on both axes."""
        (left, right), (low, high) = self._span
        metrics = self.fontMetrics()
        margin_x, below = metrics.horizontalAdvance("−0.00") + 8.0, metrics.height() + 6.0
        room = QRectF(
            margin_x, _HEAD, self.width() - margin_x - 8.0, self.height() - _HEAD - below - 2.0
        )
        unit = min(room.width() / (right - left), room.height() / (high - low))
        wide, tall = unit * (right - left), unit * (high - low)
        x = round(room.left() + (room.width() - wide) / 2)
        return QRectF(x, round(room.top()), round(wide), round(tall))

    def place_of(self, x: float, y: float) -> QPointF:
        """The pixel of a point of the plane."""
        (left, right), (low, high) = self._span
        box = self.box
        return QPointF(
            box.left() + (x - left) / (right - left) * box.width(),
            box.bottom() - (y - low) / (high - low) * box.height(),
        )

    def point_at(self, at: QPointF) -> tuple[float, float] | None:
        """The point of the plane at a pixel; None beside it."""
        (left, right), (low, high) = self._span
        box = self.box
        if not box.contains(at):
            return None
        return (
            left + (at.x() - box.left()) / box.width() * (right - left),
            low + (box.bottom() - at.y()) / box.height() * (high - low),
        )

    # Reading

    @property
    def reading(self) -> str:
        """What is known where the pointer is."""
        if self._at is None:
            return ""
        x, y = self._at
        words = [f"{self.axes[0]} {x:.3g}   {self.axes[1]} {y:.3g}"]
        said = self._said(x, y)
        if said:
            words.append(said)
        if (near := self._near(x, y)) is not None:
            words.append(near)
        return "   ·   ".join(words)

    def _said(self, x: float, y: float) -> str:
        grid = self._grid
        if grid is None:
            return ""
        (left, right), (low, high) = self._span
        row = min(int((y - low) / (high - low) * grid.shape[0]), grid.shape[0] - 1)
        column = min(int((x - left) / (right - left) * grid.shape[1]), grid.shape[1] - 1)
        value = grid[row, column]
        if not np.isfinite(value).all():
            return "not finite"
        if grid.ndim == 2:
            return f"{float(value):.4g}"
        label = int(value.argmax())
        return f"{self.name(label)} {100 * float(value[label]):.1f} %"

    def _near(self, x: float, y: float) -> str | None:
        """The data point within a few pixels of a place, in words."""
        points = self._points
        if points is None or not len(points.x):
            return None
        (left, right), (low, high) = self._span
        box = self.box
        away = np.hypot(
            (points.x - x) * box.width() / (right - left),
            (points.y - y) * box.height() / (high - low),
        )
        index = int(away.argmin())
        if away[index] > _NEAR:
            return None
        kind = "test point" if points.test[index] else "training point"
        if points.labels is not None:
            return f"{kind} of {self.name(int(points.labels[index]))}"
        if points.values is not None:
            return f"{kind}, {float(points.values[index]):.4g}"
        return kind

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = self.point_at(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._at = None
        self.update()

    # Drawing

    def sizeHint(self) -> QSize:
        return QSize(520, 520)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._layer = None

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self.box
        if box.width() < 8 or box.height() < 8:
            return
        if self._picture is None:
            painter.fillRect(box, theme().color("field"))
        else:
            draw_image(painter, box, self._picture, True)
        frame(painter, box)
        if self._layer is None or self._layer.devicePixelRatio() != self.devicePixelRatioF():
            self._layer = self._drawn_points()
        painter.drawPixmap(0, 0, self._layer)
        self._paint_axes(painter, box)
        self._paint_head(painter, box)
        painter.end()

    def _drawn_points(self) -> QPixmap:
        """The points on a transparent ground: they change seldom, the image often."""
        ratio = self.devicePixelRatioF()
        layer = QPixmap(self.size() * ratio)
        layer.setDevicePixelRatio(ratio)
        layer.fill(Qt.GlobalColor.transparent)
        points = self._points
        if points is None:
            return layer
        painter = QPainter(layer)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self.box.adjusted(-4, -4, 4, 4))
        radius = 4.2 if len(points.x) <= 400 else 3.2 if len(points.x) <= 1500 else 2.2
        if points.values is not None:
            tints = signed(points.values, self._most)
        # Test points lie above the others: there are fewer of them.
        for index in np.argsort(points.test, kind="stable").tolist():
            at = self.place_of(float(points.x[index]), float(points.y[index]))
            held = bool(points.test[index])
            if points.labels is not None:
                draw_point(painter, at, int(points.labels[index]), radius, not held)
            else:
                color = QColor(theme().text)
                if points.values is not None:
                    color = QColor(*(int(part) for part in tints[index]))
                painter.setBrush(color)
                painter.setPen(QPen(theme().color("text" if held else "field"), 1.2))
                painter.drawEllipse(at, radius, radius)
        painter.end()
        return layer

    def _paint_axes(self, painter: QPainter, box: QRectF) -> None:
        colors, metrics = theme(), self.fontMetrics()
        (left, right), (low, high) = self._span
        painter.setPen(colors.color("muted"))
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        aside = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in linear_ticks(left, right, max(2, int(box.width() / 90))):
            x = self.place_of(tick, low).x()
            painter.drawText(QRectF(x - 30, box.bottom() + 4, 60, 20), centre, tick_text(tick))
        for tick in linear_ticks(low, high, max(2, int(box.height() / 70))):
            y = self.place_of(left, tick).y()
            high_text = metrics.height()
            place = QRectF(box.left() - 60, y - high_text / 2, 54, high_text)
            painter.drawText(place, aside, tick_text(tick))

    def _paint_head(self, painter: QPainter, box: QRectF) -> None:
        """The reading, or else what the points mean."""
        metrics, colors = self.fontMetrics(), theme()
        middle = metrics.height() / 2 + 1
        if self.reading:
            painter.setPen(colors.color("text"))
            line = QRectF(box.left(), 0, self.width() - box.left(), metrics.height() + 2)
            end = Qt.TextElideMode.ElideRight
            words = metrics.elidedText(self.reading, end, int(line.width()))
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), words)
            return
        points = self._points
        if points is None or points.labels is None:
            return
        x = box.left()
        for label in range(len(self.names)):
            draw_point(painter, QPointF(x + 5, middle), label, 4.2, True)
            painter.setPen(colors.color("muted"))
            x = self._word(painter, x + 14, self.name(label))
        if points.test.any():
            draw_point(painter, QPointF(x + 5, middle), 0, 4.2, False)
            painter.setPen(colors.color("muted"))
            self._word(painter, x + 14, "held back for the test")

    def _word(self, painter: QPainter, x: float, text: str) -> float:
        """Write a word of the legend; the place after it."""
        metrics = self.fontMetrics()
        wide = metrics.horizontalAdvance(text)
        box = QRectF(x, 0, wide + 2, metrics.height() + 2)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter), text)
        return x + wide + 14
