"""The pictures on the canvas: the newest on top, older ones stretched beneath it."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem

from deepfractals_gui.core import Array
from deepfractals_gui.gui.canvas_geometry import CanvasGeometry
from deepfractals_gui.gui.frames import Frame

KEPT = 5
"""Pictures kept for stretching: enough that zooming out again finds one at every step."""


@dataclass(eq=False)
class _Layer:
    """A frame and its items: the picture and, of an unfinished one, what goes above the others."""

    frame: Frame
    item: pg.ImageItem
    above: pg.ImageItem | None

    @property
    def items(self) -> tuple[pg.ImageItem, ...]:
        return (self.item,) if self.above is None else (self.item, self.above)


class FrameStack:
    """Holds the frames last shown and lays them out under any view."""

    def __init__(self, clip: QGraphicsRectItem) -> None:
        self._clip = clip
        clip.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape)
        self._layers: list[_Layer] = []
        self._spare: list[pg.ImageItem] = []

    @property
    def newest(self) -> Frame | None:
        return self._layers[-1].frame if self._layers else None

    @property
    def frames(self) -> tuple[Frame, ...]:
        """Oldest first."""
        return tuple(layer.frame for layer in self._layers)

    def clear(self) -> None:
        for layer in list(self._layers):
            self._discard(layer)

    def add(self, frame: Frame) -> None:
        """Show a frame above the others; a whole one sends away what doesn't fit it."""
        for layer in list(self._layers):
            old = layer.frame
            same_place = (old.viewport, old.rgba.shape) == (frame.viewport, frame.rgba.shape)
            replaced = same_place or old.content != frame.content
            other_system = old.request.key != frame.request.key
            if other_system or (replaced and (frame.whole or not old.whole)):
                self._discard(layer)
        above = None if frame.fine is None else self._item(frame.fine)
        self._layers.append(_Layer(frame, self._item(frame.rgba), above))
        if len(self._layers) > KEPT:
            self._discard(self._least_wanted())
        self._stack()

    def lay_out(self, geometry: CanvasGeometry) -> None:
        """Stretch every picture to where it lies under the view; hide what can't be seen."""
        area, covered = geometry.area, False
        for layer in reversed(self._layers):
            transform = geometry.placed(layer.frame.viewport, layer.frame.rgba.shape[:2])
            for item in layer.items:
                item.setVisible(transform is not None and not covered)
                if transform is not None:
                    item.setTransform(transform)
            if layer.frame.whole and transform is not None:
                height, width = layer.frame.rgba.shape[:2]
                rectangle = transform.mapRect(QRectF(0, 0, width, height))
                covered = covered or rectangle.adjusted(-0.5, -0.5, 0.5, 0.5).contains(area)
        if covered and self._layers[-1].above is not None:
            self._layers[-1].item.setVisible(False)

    def _item(self, rgba: Array) -> pg.ImageItem:
        # Making an item and giving it a place in the scene costs more than a new picture in it.
        if self._spare:
            item = self._spare.pop()
        else:
            item = pg.ImageItem(axisOrder="row-major")
            item.setParentItem(self._clip)
        item.setImage(rgba[::-1], autoLevels=False)
        return item

    def _stack(self) -> None:
        """Order the items: misfits, coarse parts, whole pictures, fine parts."""
        newest = self._layers[-1]
        for height, layer in enumerate(self._layers):
            fits = layer.frame.content == newest.frame.content
            split = layer.above is not None
            layer.item.setZValue(height + (0 if not fits else 20 if split else 40))
            if layer.above is not None:
                layer.above.setZValue(height + (60 if fits else 0))
        if newest.above is None:
            newest.item.setZValue(80)

    def _discard(self, layer: _Layer) -> None:
        self._layers.remove(layer)
        for item in layer.items:
            # The picture's memory is given back, the item is kept for the next one.
            item.clear()
            item.setVisible(False)
            self._spare.append(item)

    def _least_wanted(self) -> _Layer:
        """The picture to forget: an unfinished one, or the oldest that isn't the widest."""
        older = self._layers[:-1]
        for layer in older:
            if not layer.frame.whole:
                return layer
        widest = max(older, key=lambda layer: layer.frame.viewport.width)
        return next(layer for layer in older if layer is not widest)
