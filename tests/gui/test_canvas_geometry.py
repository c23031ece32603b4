"""Where things lie on the canvas, at every depth."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF

from deepfractals_gui.core import Raster, Viewport
from deepfractals_gui.gui.canvas_geometry import CanvasGeometry, between

AREA = QRectF(26, 10, 800, 500)
SHAPE = (500, 800)
DEEP = Viewport.at(
    "-0.74364388703715904752191506114774", "0.131825904205311970493132056385139", 1e-28
)


@pytest.fixture(autouse=True)
def _exact_sums():
    with localcontext(prec=900):
        yield


def geometry(viewport: Viewport, **options) -> CanvasGeometry:
    return CanvasGeometry(viewport, AREA, SHAPE, **options)


@pytest.mark.parametrize("viewport", [Viewport.at(0, 0, 5.0), DEEP, Viewport.at(3, -2, 1e-290)])
def test_a_point_and_its_place_belong_together(viewport):
    there = geometry(viewport)
    centre = there.scene(viewport.x, viewport.y)
    assert (centre.x(), centre.y()) == (AREA.center().x(), AREA.center().y())
    right = viewport.x + Decimal(viewport.width) / 4
    assert there.scene(right, viewport.y).x() == pytest.approx(AREA.center().x() + 200)
    up = viewport.y + Decimal(viewport.width) / 8
    assert there.scene(viewport.x, up).y() == pytest.approx(AREA.center().y() - 100)


def test_the_pixel_under_a_place_has_row_0_at_the_bottom_and_the_rasters_centre():
    viewport = Viewport.at(0.5, -0.25, 2.0)
    point = geometry(viewport).point(QPointF(AREA.left() + 3.7, AREA.bottom() - 1.2))
    assert (point.px, point.py) == (3, 1)
    raster = Raster(viewport, SHAPE)
    assert (point.x, point.y) == (raster.x[3], raster.y[1])


def test_there_is_no_pixel_outside_of_the_picture():
    there = geometry(Viewport.at(0, 0, 1.0))
    assert there.point(AREA.topLeft() - QPointF(1, 0)) is None
    assert there.point(AREA.bottomRight() + QPointF(0, 1)) is None


@pytest.mark.parametrize("viewport", [Viewport.at(0, 0, 5.0), DEEP])
@pytest.mark.parametrize("factor", [0.5, 2.0, 0.01])
def test_zooming_keeps_what_is_under_the_pointer(viewport, factor):
    place = QPointF(200, 420)
    before = geometry(viewport)
    after = geometry(before.zoomed(place, factor))
    dx, dy = before.offset(place)
    x, y = viewport.x + Decimal(dx), viewport.y + Decimal(dy)
    found = after.scene(x, y)
    assert abs(found.x() - place.x()) < 0.01
    assert abs(found.y() - place.y()) < 0.01


def test_zooming_in_and_out_has_no_end_that_raises():
    there = geometry(Viewport.at("0.1", "0.2", 1.0))
    for factor in (1e-3, 1e3):
        viewport = there.viewport
        for _ in range(250):
            viewport = geometry(viewport).zoomed(QPointF(300, 200), factor)
        # And back again, always.
        back = geometry(viewport).zoomed(QPointF(300, 200), 1 / factor)
        assert (back.width > viewport.width) == (factor < 1)


def test_a_picture_of_the_same_view_lies_exactly_on_the_canvas():
    there = geometry(DEEP)
    assert there.placed(DEEP, SHAPE).mapRect(QRectF(0, 0, 800, 500)) == AREA


def test_a_picture_panned_by_whole_pixels_lies_on_whole_pixels():
    there = geometry(DEEP)
    moved = there.panned(37, -12)
    rectangle = geometry(moved).placed(DEEP, SHAPE).mapRect(QRectF(0, 0, 800, 500))
    assert rectangle.topLeft() == AREA.topLeft() + QPointF(-37, -12)


@pytest.mark.parametrize("supersampling", [1, 2, 3, 4])
def test_pans_share_their_points_bit_for_bit(supersampling):
    viewport = Viewport.at("0.1234567890123456789", "0.3", 0.7)
    moved = geometry(viewport, supersampling=supersampling).panned(5, 3)
    finer = (SHAPE[0] * supersampling, SHAPE[1] * supersampling)
    old, new = Raster(viewport, finer), Raster(moved, finer)
    assert np.array_equal(old.x[5 * supersampling :], new.x[: -5 * supersampling])
    assert np.array_equal(old.y[3 * supersampling :], new.y[: -3 * supersampling])


def test_a_picture_that_cannot_be_seen_has_no_place():
    there = geometry(Viewport.at(0, 0, 1.0))
    assert there.placed(Viewport.at(5, 0, 1.0), SHAPE) is None
    assert there.placed(Viewport.at(0, 0, 1e-9), SHAPE) is None
    assert there.placed(Viewport.at(0, 0, 1e9), SHAPE) is None


def test_a_band_is_widened_to_the_canvass_aspect_around_its_centre():
    there = geometry(Viewport.at(0, 0, 1.0))
    drawn = QRectF(100, 100, 40, 200)
    widened = there.widened(drawn)
    assert widened.center() == drawn.center()
    assert widened.height() == pytest.approx(200)
    assert widened.width() == pytest.approx(320)
    assert widened.contains(drawn)


def test_a_band_becomes_the_view_that_it_encloses():
    there = geometry(Viewport.at(1, 2, 8.0))
    band = QRectF(AREA.left(), AREA.top(), 400, 250)
    viewport = there.banded(band)
    assert viewport.width == pytest.approx(4.0)
    assert float(viewport.x) == pytest.approx(-1.0, abs=1e-5)
    assert float(viewport.y) == pytest.approx(3.25, abs=1e-5)


def test_centring_moves_by_whole_pixels():
    there = geometry(Viewport.at(0, 0, 8.0))
    viewport = there.centred(QPointF(AREA.left() + 100.4, AREA.bottom() - 99.6))
    step = 8.0 / 800
    assert float(viewport.x) == pytest.approx((100 - 400) * step)
    assert float(viewport.y) == pytest.approx((99 - 250) * step)


def test_half_way_between_two_views_the_point_they_zoom_about_stays():
    there = geometry(DEEP)
    place = QPointF(700, 90)
    end = there.zoomed(place, 0.25)
    middle = between(DEEP, end, 0.5)
    assert middle.width == pytest.approx(DEEP.width / 2)
    dx, dy = there.offset(place)
    found = geometry(middle).scene(DEEP.x + Decimal(dx), DEEP.y + Decimal(dy))
    assert abs(found.x() - place.x()) < 0.05
    assert abs(found.y() - place.y()) < 0.05
    assert between(DEEP, end, 1.0) == end
