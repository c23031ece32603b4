"""The canvas: the picture under a view, what is drawn over it, and where the pointer is."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsObject, QGraphicsRectItem, QGraphicsView, QWidget

from deepfractals_gui.core import Array, Axis, Overlay, Viewport
from deepfractals_gui.gui.canvas_axes import AxisStrip
from deepfractals_gui.gui.canvas_geometry import CanvasGeometry, CanvasPoint, between
from deepfractals_gui.gui.canvas_gestures import Gestures
from deepfractals_gui.gui.canvas_layers import FrameStack
from deepfractals_gui.gui.canvas_marks import BandItem, OrbitItem, OverlayItem, PinItem
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.gui.pins import Pin
from deepfractals_gui.gui.theme import Theme, appearance, theme

MAX_PIXELS = 3840 * 2160
GLIDE_MS = 110
"""How long the picture takes to follow a jump of the view, such as one click of the wheel."""
TICK_MS = 16


class Canvas(pg.GraphicsView):  # type: ignore[misc]
    """Shows frames under a viewport and turns gestures into wished-for viewports.

    Signals
    -------
    viewWished(Viewport, str)   a gesture asks for a view; the text is its merge word
    hovered(CanvasPoint | None) the pixel under the pointer
    clicked(CanvasPoint)        a press and release without a drag
    shapeChanged(int, int)      (H, W) in device pixels that a picture should have now
    homeWished()                the Home key
    menuWished(CanvasPoint, QPoint)   a menu about a pixel, at a place of the screen
    painted()                   after each repaint
    """

    viewWished = Signal(object, str)
    hovered = Signal(object)
    clicked = Signal(object)
    shapeChanged = Signal(int, int)
    homeWished = Signal()
    menuWished = Signal(object, QPoint)
    painted = Signal()

    def __init__(self, viewport: Viewport, parent: QWidget | None = None) -> None:
        super().__init__(parent, background=None)
        self.setAccessibleName("Canvas")
        self.setAccessibleDescription(
            "The picture. Arrows pan, plus and minus zoom, R draws a rubber band, X a crosshair."
        )
        self.setMouseTracking(True)
        # What is dropped is the window's, not the scene's.
        self.setAcceptDrops(False)
        self.setCacheMode(self.CacheModeFlag.CacheNone)
        self.setMinimumSize(QSize(240, 180))
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.scene().removeItem(self.centralWidget)
        self._viewport = viewport
        self._shown = viewport
        self._axes: tuple[Axis, Axis] = (Axis("x"), Axis("y"))
        self._axes_visible = True
        self._pointer: QPointF | None = None
        self.supersampling = 1
        self.glides = True
        """Whether the next change of the view may be shown as a movement."""
        self._shape = (0, 0)
        self._area = QRectF(0, 0, 1, 1)
        self._clip = QGraphicsRectItem()
        self._clip.setPen(QPen(Qt.PenStyle.NoPen))
        self.scene().addItem(self._clip)
        self.frames = FrameStack(self._clip)
        self._overlays = OverlayItem(theme(), self.font())
        self._orbit = OrbitItem(theme())
        self.pins = PinItem(theme(), self.font())
        self.band = BandItem(theme())
        marks: tuple[QGraphicsObject, ...] = (self._overlays, self._orbit, self.pins, self.band)
        for height, item in enumerate(marks, start=100):
            item.setParentItem(self._clip)
            item.setZValue(height)
        self._strips = tuple(AxisStrip(v, theme(), self.font()) for v in (False, True))
        for strip in self._strips:
            self.scene().addItem(strip)
        self._glide_from = viewport
        self._glide_ms = 0
        self._glide = QTimer(self)
        self._glide.setTimerType(Qt.TimerType.PreciseTimer)
        self._glide.setInterval(TICK_MS)
        self._glide.timeout.connect(self._glide_on)
        self.gestures = Gestures(self)
        self._restyle(theme())
        appearance.changed.connect(self._restyle)

    # What is shown.

    @property
    def geometry_now(self) -> CanvasGeometry:
        """The view asked for, laid out on the canvas: what gestures refer to."""
        return CanvasGeometry(self._viewport, self._area, self._shape, self.supersampling)

    @property
    def shown(self) -> Viewport:
        """The view drawn at this moment, on its way to the one asked for."""
        return self._shown

    @property
    def picture_shape(self) -> tuple[int, int]:
        """(H, W) of a picture that fills the canvas; (0, 0) before there is a layout."""
        return self._shape

    def set_viewport(self, viewport: Viewport, glide: bool = True) -> None:
        """Show another view at once with the pictures in hand, gliding if it is near."""
        if viewport == self._viewport:
            return
        self._viewport = viewport
        if glide and _near(self._shown, viewport) and self.isVisible():
            self._glide_from, self._glide_ms = self._shown, 0
            self._glide.start()
            # The first step is drawn at once: a click of the wheel must be felt.
            self._glide_on()
        else:
            self._glide.stop()
            self._show(viewport)
        # The pointer stays, but there is another point under it now.
        self.hover(self._pointer)

    def set_axes(self, axes: tuple[Axis, Axis]) -> None:
        self._axes = axes
        self._lay_out()

    def set_axes_visible(self, visible: bool) -> None:
        self._axes_visible = visible
        self._resize_area()

    def show_frame(self, frame: Frame) -> None:
        self.frames.add(frame)
        self._lay_out()

    def show_orbit(self, points: Array | None) -> None:
        """Draw an orbit, complex128 (N,), over the picture; None takes it away."""
        self._orbit.set_orbit(points)
        self._lay_out()

    @property
    def orbit_shown(self) -> bool:
        return self._orbit.isVisible()

    @Slot(object)
    def show_pins(self, pins: tuple[Pin, ...]) -> None:
        """Mark pinned points with their colours and numbers."""
        self.pins.set_pins(pins)
        self._lay_out()

    def show_overlays(self, overlays: Sequence[Overlay]) -> None:
        self._overlays.set_overlays(tuple(overlays))
        self._lay_out()

    def point_at(self, position: QPointF) -> CanvasPoint | None:
        """The CanvasPoint under a widget position, or None outside of the picture."""
        return self.geometry_now.point(position)

    def hover(self, position: QPointF | None) -> None:
        """Tell everyone what the pointer is at, a position in the widget."""
        self._pointer = position
        inside = position is not None and self._area.contains(position)
        for strip in self._strips:
            strip.set_pointer(position if inside else None)
        self.hovered.emit(self.point_at(position) if inside and position is not None else None)

    # Layout.

    def _show(self, viewport: Viewport) -> None:
        self._shown = viewport
        self._lay_out()

    @Slot()
    def _glide_on(self) -> None:
        self._glide_ms += TICK_MS
        part = min(self._glide_ms / GLIDE_MS, 1.0)
        if part >= 1.0:
            self._glide.stop()
        self._show(between(self._glide_from, self._viewport, 1 - (1 - part) ** 2))

    def _lay_out(self) -> None:
        if not self._shape[0]:
            return
        geometry = CanvasGeometry(self._shown, self._area, self._shape)
        self._clip.setRect(self._area)
        self.frames.lay_out(geometry)
        self._overlays.set_geometry(geometry)
        self._orbit.set_geometry(geometry)
        self.pins.set_geometry(geometry)
        self.band.set_area(self._area)
        for strip, axis in zip(self._strips, self._axes, strict=True):
            strip.setVisible(self._axes_visible)
            strip.set_view(geometry, axis)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if hasattr(self, "gestures"):
            self._resize_area()

    def _resize_area(self) -> None:
        strip = AxisStrip.THICKNESS if self._axes_visible else 0.0
        rest = 10.0 if self._axes_visible else 0.0
        area = QRectF(self.rect()).adjusted(strip, rest, -rest, -strip)
        if area.width() < 16 or area.height() < 16:
            return
        self._area = area
        ratio = self.devicePixelRatioF()
        pixels = area.width() * area.height() * ratio**2
        ratio *= min(1.0, (MAX_PIXELS / pixels) ** 0.5)
        shape = (max(1, round(area.height() * ratio)), max(1, round(area.width() * ratio)))
        changed = shape != self._shape
        self._shape = shape
        self._lay_out()
        if changed:
            self.shapeChanged.emit(*shape)

    @Slot(object)
    def _restyle(self, theme: Theme) -> None:
        self.setBackgroundBrush(theme.color("canvas"))
        for strip in self._strips:
            strip.set_theme(theme)
        for mark in (self._orbit, self._overlays, self.pins, self.band):
            mark.set_theme(theme)
        self.viewport().update()

    def close(self) -> bool:
        """Close as any widget: the base class would tear its scene down while events come."""
        return QGraphicsView.close(self)

    # Events.

    def viewportEvent(self, event: QEvent) -> bool:
        if hasattr(self, "gestures") and self.gestures.handle(event):
            return True
        done = bool(super().viewportEvent(event))
        if event.type() == QEvent.Type.Paint:
            self.painted.emit()
        return done

    def event(self, event: QEvent) -> bool:
        if hasattr(self, "gestures") and self.gestures.handle_key(event):
            return True
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._resize_area()
        return bool(super().event(event))


def _near(a: Viewport, b: Viewport) -> bool:
    """True when gliding from one view to the other looks like one movement."""
    wide = max(a.width, b.width)
    limit = Decimal(wide) * 2
    return 1 / 64 < a.width / b.width < 64 and abs(a.x - b.x) < limit and abs(a.y - b.y) < limit
