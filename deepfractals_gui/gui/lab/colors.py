"""Colours and shapes of classes, and colours of signed values, in the theme in use."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from deepfractals_gui.core import Array
from deepfractals_gui.gui.theme import Theme, theme

CLASS_SERIES = (1, 2, 0, 3, 4, 5)
"""Series of the theme by class: those of the first three are told apart by dichromats."""
SHAPES = ("circle", "square", "triangle", "diamond")
"""Shapes of points by class, so that colour never tells it alone."""
_SOFTEST, _FIRMEST = 0.14, 0.5
"""How much of a class's colour a region has where nothing, and where everything, is decided."""
_CENTRE = 128


def class_color(label: int) -> QColor:
    """The colour of a class; the seventh has that of the first."""
    return QColor(theme().series[CLASS_SERIES[label % len(CLASS_SERIES)]])


def shape_of(label: int) -> str:
    return SHAPES[label % len(SHAPES)]


def draw_point(painter: QPainter, at: QPointF, label: int, radius: float, filled: bool) -> None:
    """A point of a class: filled, or as an outline; a halo keeps it readable on any region."""
    colors = theme()
    color = class_color(label)
    halo = colors.color("field")
    if filled:
        painter.setPen(QPen(halo, 1.2))
        painter.setBrush(color)
        draw_shape(painter, at, shape_of(label), radius)
        return
    painter.setBrush(halo)
    painter.setPen(QPen(halo, 4.0))
    draw_shape(painter, at, shape_of(label), radius - 0.3)
    painter.setPen(QPen(color, 1.7))
    draw_shape(painter, at, shape_of(label), radius - 0.3)


def draw_shape(painter: QPainter, at: QPointF, shape: str, radius: float) -> None:
    """A shape about a point, in the painter's pen and brush; all cover about the same area."""
    x, y = at.x(), at.y()
    if shape == "circle":
        painter.drawEllipse(at, radius, radius)
    elif shape == "square":
        half = radius * 0.86
        painter.drawRect(QRectF(x - half, y - half, 2 * half, 2 * half))
    elif shape == "triangle":
        side = radius * 1.18
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(x, y - side),
                    QPointF(x + side, y + 0.8 * side),
                    QPointF(x - side, y + 0.8 * side),
                ]
            )
        )
    else:
        far = radius * 1.25
        painter.drawPolygon(
            QPolygonF(
                [QPointF(x, y - far), QPointF(x + far, y), QPointF(x, y + far), QPointF(x - far, y)]
            )
        )


def regions(probabilities: Array) -> Array:
    """Soft colours, uint8 (H, W, 3), of class probabilities (H, W, k); what isn't finite is bare.

    The colours of the classes are mixed by their probabilities; the surer, the firmer.
    """
    colors = theme()
    count = probabilities.shape[2]
    ground = _rgb(colors.color("field"))
    classes = np.stack([_rgb(class_color(label)) for label in range(count)])
    known = np.asarray(np.isfinite(probabilities).all(axis=2))
    shares = np.where(known[..., None], probabilities, 1.0 / count)
    sure = (shares.max(axis=2) - 1.0 / count) / (1.0 - 1.0 / count) if count > 1 else 1.0
    strength = np.where(known, _SOFTEST + (_FIRMEST - _SOFTEST) * np.clip(sure, 0.0, 1.0), 0.0)
    # No matrix product: BLAS would wait for the one that the training thread computes.
    mixed = (shares[..., np.newaxis] * classes).sum(axis=2)
    return _bytes(ground + strength[..., None] * (mixed - ground))


def signed(values: Array, most: float) -> Array:
    """Colours, uint8 (..., 3), of values in [-most, most]; zero is the ground, NaN a grey."""
    table = _signed_table(theme())
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.clip(np.nan_to_num(values / most if most > 0 else values * 0.0), -1.0, 1.0)
    found = table[np.rint(_CENTRE + scaled * _CENTRE).astype(np.int64)]
    unknown = ~np.isfinite(values)
    if unknown.any():
        found[unknown] = _rgb(theme().color("faint"))
    return found


def signed_ink(share: float) -> QColor:
    """A colour of writing that is read upon the colour of a value at ``share`` of the greatest."""
    red, green, blue = _signed_table(theme())[round(_CENTRE + min(max(share, -1.0), 1.0) * _CENTRE)]
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 140
    return QColor("#16181b") if light else QColor("#f2f3f5")


def image(rgb: Array) -> QImage:
    """An image of colours uint8 (H, W, 3), whose row 0 is the lowest."""
    rows = np.ascontiguousarray(rgb[::-1])
    height, width = rows.shape[:2]
    return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def draw_image(painter: QPainter, box: QRectF, picture: QImage, smooth: bool) -> None:
    """Draw an image into a box, its pixels blended or as they are."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.drawImage(box, picture)
    painter.restore()


def frame(painter: QPainter, box: QRectF) -> None:
    """A hairline around a picture."""
    painter.setPen(QPen(theme().color("line"), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))


@lru_cache(maxsize=4)
def _signed_table(colors: Theme) -> Array:
    """Colours uint8 (257, 3) from the greatest negative value over zero to the greatest."""
    ground = _rgb(colors.color("field"))
    ends = [_rgb(QColor(colors.series[CLASS_SERIES[label]])) for label in (1, 0)]
    ramp = np.linspace(0.0, 1.0, _CENTRE + 1)[:, None] ** 0.8
    below, above = (ground + ramp * (end - ground) for end in ends)
    return _bytes(np.concatenate([below[::-1], above[1:]]))


def _rgb(color: QColor) -> Array:
    return np.array([color.red(), color.green(), color.blue()], dtype=np.float64)


def _bytes(rgb: Array) -> Array:
    found: Array = np.rint(np.clip(rgb, 0.0, 255.0)).astype(np.uint8)
    return found
