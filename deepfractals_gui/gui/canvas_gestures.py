"""Mouse, trackpad and keyboard upon the canvas, as wishes for a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)

from deepfractals_gui.core import Viewport

if TYPE_CHECKING:
    from deepfractals_gui.gui.canvas import Canvas

DRAG_PIXELS = 4
"""A press that moves less than this is a click."""
WHEEL_OCTAVES = 0.3
"""Octaves of zoom per click of the wheel (120 units)."""
TRACKPAD_OCTAVES = 1 / 180
"""Octaves of zoom per pixel that two fingers move."""
_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
"""With one of these a key belongs to a shortcut: Alt+Left is Back."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_PLUS = (Qt.Key.Key_Plus, Qt.Key.Key_Equal)
_MINUS = (Qt.Key.Key_Minus, Qt.Key.Key_Underscore)


class Gestures(QObject):
    """Follows one gesture at a time: a rubber band, a pan, or nothing."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._pressed: QPointF | None = None
        self._band = False
        self._pan_from: tuple[QPointF, Viewport] | None = None
        self._space = False
        self._key_band: QRectF | None = None
        self._called_off = False

    @property
    def busy(self) -> bool:
        """True while a band is drawn or the picture is dragged."""
        return self._band or self._pan_from is not None or self._key_band is not None

    def handle(self, event: QEvent) -> bool:
        """Take an event of the viewport; True when it is used up."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            return self._mouse(kind, event)
        if isinstance(event, QWheelEvent):
            return self._wheel(event)
        if isinstance(event, QNativeGestureEvent):
            return self._native(event)
        if isinstance(event, QContextMenuEvent):
            self._menu(event)
            return True
        if kind == QEvent.Type.Leave:
            self._canvas.hover(None)
        return False

    def cancel(self) -> None:
        """Forget the gesture; a pan returns to where it began."""
        if self._pan_from is not None:
            self._canvas.viewWished.emit(self._pan_from[1], "pan")
        self._pressed, self._pan_from, self._key_band = None, None, None
        self._band = False
        self._canvas.band.set_band(None, None)
        self._canvas.band.set_cross(None)
        self._set_cursor()

    # Mouse.

    def _mouse(self, kind: QEvent.Type, event: QMouseEvent) -> bool:
        position = event.position()
        if kind == QEvent.Type.MouseButtonPress:
            self._press(event, position)
        elif kind == QEvent.Type.MouseMove:
            self._move(position)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(event, position)
        elif kind == QEvent.Type.MouseButtonDblClick:
            if event.button() == Qt.MouseButton.LeftButton and not self._space:
                self.cancel()
                self._wish(self._canvas.geometry_now.centred(position))
            else:
                self._press(event, position)
        event.accept()
        return True

    def _press(self, event: QMouseEvent, position: QPointF) -> None:
        canvas = self._canvas
        canvas.setFocus(Qt.FocusReason.MouseFocusReason)
        if event.button() == Qt.MouseButton.RightButton:
            # The press that calls a gesture off opens no menu.
            self._called_off = self.busy or self._pressed is not None
            if self._called_off:
                self.cancel()
            return
        if self._key_band is not None:
            self.cancel()
        middle = event.button() == Qt.MouseButton.MiddleButton
        left = event.button() == Qt.MouseButton.LeftButton
        if middle or (left and self._space):
            self._pan_from = (position, canvas.geometry_now.viewport)
            self._set_cursor()
        elif left:
            self._pressed = position

    def _move(self, position: QPointF) -> None:
        canvas = self._canvas
        canvas.hover(position)
        if self._pan_from is not None:
            start, viewport = self._pan_from
            geometry = canvas.geometry_now
            columns = -round((position.x() - start.x()) * geometry.scale)
            rows = round((position.y() - start.y()) * geometry.scale)
            self._wish(geometry.panned(columns, rows, viewport), "pan", glide=False)
            return
        if self._pressed is None:
            return
        drawn = QRectF(self._pressed, position).normalized()
        if self._band or max(drawn.width(), drawn.height()) >= DRAG_PIXELS:
            self._band = True
            canvas.band.set_band(drawn, canvas.geometry_now.widened(drawn))

    def _release(self, event: QMouseEvent, position: QPointF) -> None:
        canvas = self._canvas
        if self._pan_from is not None:
            self._pan_from = None
            self._set_cursor()
            return
        if event.button() != Qt.MouseButton.LeftButton or self._pressed is None:
            return
        band, self._pressed, drawn = self._band, None, canvas.band.widened
        self._band = False
        canvas.band.set_band(None, None)
        if band and drawn is not None:
            self._wish(canvas.geometry_now.banded(drawn))
        elif not band:
            point = canvas.point_at(position)
            if point is not None:
                canvas.clicked.emit(point)

    def _menu(self, event: QContextMenuEvent) -> None:
        called_off, self._called_off = self._called_off, False
        point = self._canvas.point_at(QPointF(event.pos()))
        if point is not None and not called_off:
            self._canvas.menuWished.emit(point, event.globalPos())

    def _wheel(self, event: QWheelEvent) -> bool:
        if self._band or self._pan_from is not None:
            return True
        pixels, angle = event.pixelDelta().y(), event.angleDelta().y()
        trackpad = pixels != 0 and event.phase() != Qt.ScrollPhase.NoScrollPhase
        octaves = pixels * TRACKPAD_OCTAVES if trackpad else angle / 120 * WHEEL_OCTAVES
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            octaves /= 4
        if octaves:
            self._zoom(event.position(), octaves, glide=not trackpad)
        event.accept()
        return True

    def _native(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(event.position(), event.value() * 1.5, glide=False)
            return True
        return False

    def _zoom(self, position: QPointF, octaves: float, glide: bool = True) -> None:
        factor = 2.0 ** -max(-8.0, min(8.0, octaves))
        self._wish(self._canvas.geometry_now.zoomed(position, factor), "zoom", glide)

    def _wish(self, viewport: Viewport, merge: str = "", glide: bool = True) -> None:
        self._canvas.glides = glide
        self._canvas.viewWished.emit(viewport, merge)

    def _set_cursor(self) -> None:
        canvas = self._canvas
        if self._pan_from is not None:
            canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._space:
            canvas.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
        else:
            canvas.viewport().setCursor(Qt.CursorShape.CrossCursor)

    # Keyboard.

    def handle_key(self, event: QEvent) -> bool:
        """Take a key event of the canvas; True when it is used up."""
        if event.type() == QEvent.Type.FocusOut:
            # The release of the space bar would go elsewhere.
            self._space = False
            self._set_cursor()
        if not isinstance(event, QKeyEvent):
            return False
        pressed, released = QEvent.Type.KeyPress, QEvent.Type.KeyRelease
        if event.key() == Qt.Key.Key_Space and event.type() in (pressed, released):
            if not event.isAutoRepeat():
                self._space = event.type() == pressed
                self._set_cursor()
            return True
        if event.type() == QEvent.Type.ShortcutOverride:
            # The canvas wants its plain keys before any shortcut sees them.
            if not event.modifiers() & _HELD and self._knows(event):
                event.accept()
                return True
            return False
        if event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        return False

    def _knows(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            return self.busy or self._pressed is not None or self._canvas.band.cross is not None
        plain = (Qt.Key.Key_Home, Qt.Key.Key_R, Qt.Key.Key_X, Qt.Key.Key_Space)
        return key in _ARROWS or key in _PLUS or key in _MINUS or key in plain

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.modifiers() & _HELD or not self._knows(event):
            return False
        if key == Qt.Key.Key_Escape:
            self.cancel()
        elif key == Qt.Key.Key_Home:
            self._canvas.homeWished.emit()
        elif key == Qt.Key.Key_R:
            self._start_band()
        elif key == Qt.Key.Key_X:
            cross = self._canvas.band.cross
            self._move_cross(None if cross is not None else self._canvas.geometry_now.area.center())
        elif key in _ARROWS:
            self._arrow(*_ARROWS[key], fine=shift)
        elif key in _PLUS or key in _MINUS:
            self._plus_minus(1 if key in _PLUS else -1, fine=shift and key == Qt.Key.Key_Underscore)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        return True

    def _arrow(self, right: int, up: int, fine: bool) -> None:
        canvas = self._canvas
        geometry = canvas.geometry_now
        reach = 2.0 if fine else 16.0
        if self._key_band is not None:
            self._key_band = self._key_band.translated(right * reach, -up * reach)
            canvas.band.set_band(self._key_band, geometry.widened(self._key_band))
        elif canvas.band.cross is not None:
            moved = canvas.band.cross + QPointF(right * reach, -up * reach)
            if geometry.area.contains(moved):
                self._move_cross(moved)
        else:
            height, width = geometry.shape
            share = 64 if fine else 8
            columns, rows = right * max(1, width // share), up * max(1, height // share)
            self._wish(geometry.panned(columns, rows), "arrows")

    def _plus_minus(self, sign: int, fine: bool) -> None:
        canvas = self._canvas
        area = canvas.geometry_now.area
        if self._key_band is None:
            self._zoom(canvas.band.cross or area.center(), sign * (0.25 if fine else 1.0))
            return
        factor = 0.9 if sign > 0 else 1 / 0.9
        band, centre = self._key_band, self._key_band.center()
        width = min(max(band.width() * factor, 8.0), area.width())
        height = width * area.height() / area.width()
        self._key_band = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
        canvas.band.set_band(self._key_band, canvas.geometry_now.widened(self._key_band))

    def _start_band(self) -> None:
        area = self._canvas.geometry_now.area
        if self._key_band is not None:
            self.cancel()
            return
        width, height = area.width() / 2, area.height() / 2
        centre = area.center()
        self._key_band = QRectF(centre.x() - width / 2, centre.y() - height / 2, width, height)
        self._canvas.band.set_band(self._key_band, self._key_band)

    def _move_cross(self, position: QPointF | None) -> None:
        self._canvas.band.set_cross(position)
        self._canvas.hover(position)

    def _enter(self) -> None:
        canvas = self._canvas
        if self._key_band is not None:
            band = canvas.geometry_now.widened(self._key_band)
            self.cancel()
            self._wish(canvas.geometry_now.banded(band))
        elif canvas.band.cross is not None:
            point = canvas.point_at(canvas.band.cross)
            if point is not None:
                canvas.clicked.emit(point)
