"""A small picture, and its pixels, for tests of the inspector."""

from __future__ import annotations

from deepfractals_gui.gui.canvas_geometry import CanvasPoint

PATIENCE = 30_000
SHAPE = (48, 64)


def render(qtbot, controller) -> None:
    controller.set_canvas_shape(*SHAPE)
    controller.start()
    qtbot.waitUntil(lambda: controller.samples is not None, timeout=PATIENCE)


def point(controller, row: int, column: int) -> CanvasPoint:
    raster = controller.request.raster
    return CanvasPoint(column, row, float(raster.x[column]), float(raster.y[row]))
