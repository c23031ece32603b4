"""Small pictures made outside of the canvas, and arrays as Qt images."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from deepfractals_gui.coloring import Scene, apply
from deepfractals_gui.core import Array, CancelFlag, Coloring
from deepfractals_gui.render import Renderer
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.session.history import View
from deepfractals_gui.systems import system

THUMBNAIL_SIZE = (96, 60)
"""Width and height, in logical pixels, of the pictures of a view that has been seen."""
THUMBNAIL_SHARPNESS = 2


def image_of(rgb: Array) -> QImage:
    """An image that owns a copy of uint8 (H, W, 3) or (H, W, 4); row 0 is the top."""
    rgb = np.ascontiguousarray(rgb)
    height, width, depth = rgb.shape
    form = QImage.Format.Format_RGB888 if depth == 3 else QImage.Format.Format_RGBA8888
    return QImage(rgb.data, width, height, depth * width, form).copy()


def image_of_raster(rgba: Array) -> QImage:
    """An image of uint8 (H, W, 4) whose row 0 has the smallest y: the image's lowest row."""
    return image_of(rgba[::-1])


def thumbnail(rgba: Array) -> QImage:
    """The middle of a picture, uint8 (H, W, 4) with row 0 at the bottom, made small."""
    width, height = (THUMBNAIL_SHARPNESS * side for side in THUMBNAIL_SIZE)
    rows, columns = rgba.shape[:2]
    wide = min(columns, max(1, round(rows * width / height)))
    high = min(rows, max(1, round(columns * height / width)))
    top, left = (rows - high) // 2, (columns - wide) // 2
    # A stride first: scaling a large picture smoothly would cost milliseconds.
    stride = max(1, min(high // height, wide // width) // 2)
    part = rgba[top : top + high : stride, left : left + wide : stride]
    smooth = Qt.TransformationMode.SmoothTransformation
    ratio = Qt.AspectRatioMode.IgnoreAspectRatio
    return image_of_raster(part).scaled(width, height, ratio, smooth)


def scene_of(key: str, params: Any) -> Scene:
    """What colouring needs to know about a System with these parameters."""
    chosen = system(key)
    return Scene(
        tuple(chosen.channels(params)), dict(chosen.recipes(params)), tuple(chosen.statuses)
    )


def render_picture(
    renderer: Renderer,
    view: View,
    shape: tuple[int, int],
    supersampling: int = 1,
    cancel: CancelFlag | None = None,
    precision: str = "float64",
) -> QImage:
    """Render and colour a view as (H, W) pixels; blocks.

    Raises
    ------
    Cancelled   the flag went up
    """
    assert view.viewport is not None
    request = RenderRequest(
        view.key,
        view.params,
        view.viewport,
        shape,
        supersampling,
        "float32" if precision == "float32" else "float64",
    )
    samples = renderer.render(request, cancel=cancel)
    coloring = view.coloring or Coloring()
    scene = scene_of(view.key, view.params)
    rgba = apply(samples.channels, scene, coloring, supersampling=supersampling, cancel=cancel)
    return image_of_raster(rgba)
