"""The canvas driven by mouse, wheel and keys; what it shows and what it asks for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from deepfractals_gui.core import Coloring, Overlay, Viewport
from deepfractals_gui.gui.canvas import Canvas
from deepfractals_gui.gui.frames import Frame
from deepfractals_gui.render.request import RenderRequest
from deepfractals_gui.systems import SYSTEMS

HOME = Viewport.at(0, 0, 4.0)
LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
KEY = Qt.Key


class Wishes:
    """Collects what a canvas asks for, and grants it at once."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.views: list[tuple[Viewport, str]] = []
        self.clicks: list[object] = []
        canvas.viewWished.connect(self.grant)
        canvas.clicked.connect(self.clicks.append)

    def grant(self, viewport: Viewport, merge: str) -> None:
        self.views.append((viewport, merge))
        self.canvas.set_viewport(viewport)


@pytest.fixture
def canvas(qtbot):
    canvas = Canvas(HOME)
    qtbot.addWidget(canvas)
    canvas.resize(436, 336)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


@pytest.fixture
def wishes(canvas):
    return Wishes(canvas)


def frame(viewport: Viewport, shape=(300, 400), color=(10, 200, 30), **options) -> Frame:
    rgba = np.zeros((*shape, 4), np.uint8)
    rgba[..., :3] = color
    rgba[..., 3] = 255
    request = RenderRequest(SYSTEMS[0].key, SYSTEMS[0].Params(), viewport, shape)
    options = {"final": True, "samples": None, **options}
    return Frame(rgba, request, options.pop("coloring", Coloring()), **options)


def at(canvas: Canvas, x: float, y: float) -> QPoint:
    """A place in shares of the picture's width and height, from its upper left corner."""
    area = canvas.geometry_now.area
    return QPointF(area.left() + x * area.width(), area.top() + y * area.height()).toPoint()


def drag(canvas: Canvas, start: QPoint, end: QPoint, button=LEFT, release: bool = True) -> None:
    port = canvas.viewport()
    QTest.mousePress(port, button, pos=start)
    for step in range(1, 7):
        QTest.mouseMove(port, start + (end - start) * step / 6)
    if release:
        QTest.mouseRelease(port, button, pos=end)


def wheel(canvas: Canvas, place: QPoint, notches: float) -> None:
    none = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPointF(place),
        QPointF(canvas.viewport().mapToGlobal(place)),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.viewport(), event)


def color_at(canvas: Canvas, place: QPoint) -> tuple[int, int, int]:
    color = canvas.grab().toImage().pixelColor(place)
    return color.red(), color.green(), color.blue()


# The rubber band.


def test_a_rubber_band_asks_for_what_it_encloses(canvas, wishes):
    area = canvas.geometry_now.area
    drag(canvas, at(canvas, 0.5, 0.0), at(canvas, 1.0, 0.5))
    [(viewport, merge)] = wishes.views
    assert merge == ""
    assert viewport.width == pytest.approx(2.0, rel=0.02)
    assert float(viewport.x) == pytest.approx(1.0, abs=0.03)
    assert float(viewport.y) == pytest.approx(
        HOME.width * area.height() / area.width() / 4, abs=0.03
    )


def test_the_band_follows_the_pointer_in_the_canvass_aspect(canvas):
    drag(canvas, at(canvas, 0.2, 0.2), at(canvas, 0.4, 0.7), release=False)
    area, band = canvas.geometry_now.area, canvas.band.widened
    assert band.width() / band.height() == pytest.approx(area.width() / area.height())
    assert band.contains(canvas.band.drawn)
    before = band.width()
    QTest.mouseMove(canvas.viewport(), at(canvas, 0.4, 0.9))
    assert canvas.band.widened.width() > before


@pytest.mark.parametrize("how", ["escape", "right button"])
def test_a_band_can_be_called_off(canvas, wishes, how):
    drag(canvas, at(canvas, 0.2, 0.2), at(canvas, 0.6, 0.7), release=False)
    if how == "escape":
        QTest.keyClick(canvas, KEY.Key_Escape)
    else:
        QTest.mouseClick(canvas.viewport(), RIGHT, pos=at(canvas, 0.6, 0.7))
    assert canvas.band.widened is None
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=at(canvas, 0.6, 0.7))
    assert wishes.views == []
    assert wishes.clicks == []


def test_a_press_without_a_drag_is_a_click_on_a_pixel(canvas, wishes):
    place = at(canvas, 0.25, 0.75)
    QTest.mouseClick(canvas.viewport(), LEFT, pos=place)
    assert wishes.views == []
    assert wishes.clicks == [canvas.geometry_now.point(QPointF(place))]


# The wheel, panning, centring.


def test_the_wheel_zooms_about_the_pointer(canvas, wishes):
    place = at(canvas, 0.8, 0.3)
    before = canvas.point_at(QPointF(place))
    wheel(canvas, place, 1)
    after = canvas.point_at(QPointF(place))
    assert canvas.geometry_now.viewport.width < HOME.width
    step = HOME.width / 400
    assert (after.x, after.y) == (
        pytest.approx(before.x, abs=step),
        pytest.approx(before.y, abs=step),
    )
    assert wishes.views[0][1] == "zoom"


def test_zooming_out_always_works(canvas, wishes):
    for _ in range(60):
        wheel(canvas, at(canvas, 0.5, 0.5), 20)
    deepest = canvas.geometry_now.viewport.width
    assert deepest < 1e-80
    wheel(canvas, at(canvas, 0.5, 0.5), -1)
    assert canvas.geometry_now.viewport.width > deepest


def test_the_picture_glides_to_the_view_that_the_wheel_asks_for(canvas, wishes, qtbot):
    wheel(canvas, at(canvas, 0.5, 0.5), 1)
    target = canvas.geometry_now.viewport
    # The first step is drawn at once, the rest follows.
    assert target.width < canvas.shown.width < HOME.width
    qtbot.waitUntil(lambda: canvas.shown == target)


@pytest.mark.parametrize("hold", ["middle button", "space"])
def test_dragging_moves_the_picture_by_whole_pixels(canvas, wishes, hold):
    if hold == "space":
        QTest.keyPress(canvas, KEY.Key_Space)
    start, end = at(canvas, 0.5, 0.5), at(canvas, 0.5, 0.5) + QPoint(60, -36)
    drag(canvas, start, end, LEFT if hold == "space" else MIDDLE)
    viewport, merge = wishes.views[-1]
    assert merge == "pan"
    assert viewport == canvas.geometry_now.panned(-60, -36, HOME)
    assert canvas.band.widened is None


def test_escape_returns_a_pan_to_where_it_began(canvas, wishes):
    drag(canvas, at(canvas, 0.5, 0.5), at(canvas, 0.7, 0.5), MIDDLE, release=False)
    QTest.keyClick(canvas, KEY.Key_Escape)
    assert wishes.views[-1][0] == HOME


def test_a_double_click_centres_a_point(canvas, wishes):
    place = at(canvas, 0.75, 0.25)
    point = canvas.point_at(QPointF(place))
    QTest.mouseDClick(canvas.viewport(), LEFT, pos=place)
    viewport = wishes.views[-1][0]
    step = HOME.width / 400
    assert float(viewport.x) == pytest.approx(point.x, abs=step)
    assert float(viewport.y) == pytest.approx(point.y, abs=step)
    assert viewport.width == HOME.width


def test_a_double_click_does_not_draw_an_orbit_twice(canvas, wishes):
    QTest.mouseDClick(canvas.viewport(), LEFT, pos=at(canvas, 0.75, 0.25))
    QTest.mouseRelease(canvas.viewport(), LEFT, pos=at(canvas, 0.75, 0.25))
    assert len(wishes.clicks) <= 1


# The keyboard.


def test_arrows_pan_and_shift_makes_small_steps(canvas, wishes):
    QTest.keyClick(canvas, KEY.Key_Right)
    coarse = float(canvas.geometry_now.viewport.x)
    assert coarse == pytest.approx(0.5, rel=0.02)
    QTest.keyClick(canvas, KEY.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert 0 < float(canvas.geometry_now.viewport.y) < coarse / 4


def test_plus_and_minus_zoom_about_the_middle(canvas, wishes):
    QTest.keyClick(canvas, KEY.Key_Plus)
    assert canvas.geometry_now.viewport.width == pytest.approx(2.0)
    QTest.keyClick(canvas, KEY.Key_Minus)
    assert canvas.geometry_now.viewport.width == pytest.approx(4.0)
    assert float(canvas.geometry_now.viewport.x) == pytest.approx(0.0, abs=1e-5)


def test_the_home_key_asks_for_home(canvas, qtbot):
    with qtbot.waitSignal(canvas.homeWished):
        QTest.keyClick(canvas, KEY.Key_Home)


def test_a_band_can_be_drawn_with_the_keyboard_alone(canvas, wishes):
    QTest.keyClick(canvas, KEY.Key_R)
    QTest.keyClick(canvas, KEY.Key_Plus)
    QTest.keyClick(canvas, KEY.Key_Right)
    assert canvas.band.widened is not None
    QTest.keyClick(canvas, KEY.Key_Return)
    [(viewport, _)] = wishes.views
    assert viewport.width == pytest.approx(HOME.width * 0.45, rel=0.01)
    assert float(viewport.x) > 0
    assert canvas.band.widened is None


def test_a_crosshair_clicks_with_the_keyboard_alone(canvas, wishes):
    QTest.keyClick(canvas, KEY.Key_X)
    for _ in range(3):
        QTest.keyClick(canvas, KEY.Key_Right)
    QTest.keyClick(canvas, KEY.Key_Return)
    [point] = wishes.clicks
    assert point.x > 0.3
    QTest.keyClick(canvas, KEY.Key_Escape)
    assert canvas.band.cross is None


# What is shown.


def test_a_frame_is_shown_with_row_0_at_the_bottom(canvas):
    shown = frame(HOME)
    shown.rgba[:150] = (200, 0, 0, 255)
    canvas.show_frame(shown)
    assert color_at(canvas, at(canvas, 0.5, 0.9)) == (200, 0, 0)
    assert color_at(canvas, at(canvas, 0.5, 0.1)) == (10, 200, 30)


def test_the_old_picture_is_stretched_under_a_new_view_at_once(canvas):
    old = frame(HOME)
    old.rgba[:, 200:] = (0, 0, 250, 255)
    canvas.show_frame(old)
    canvas.set_viewport(HOME.moved(-0.5, 0.0, 0.5), glide=False)
    # The edge at x = 0 now lies three quarters to the right.
    assert color_at(canvas, at(canvas, 0.7, 0.5)) == (10, 200, 30)
    assert color_at(canvas, at(canvas, 0.8, 0.5)) == (0, 0, 250)


def test_zooming_out_shows_the_older_wider_picture_around_the_newer_one(canvas):
    canvas.show_frame(frame(HOME, color=(90, 0, 0)))
    inside = HOME.moved(0.0, 0.0, 0.25)
    canvas.set_viewport(inside, glide=False)
    canvas.show_frame(frame(inside, color=(0, 90, 0)))
    canvas.set_viewport(HOME, glide=False)
    assert color_at(canvas, at(canvas, 0.5, 0.5)) == (0, 90, 0)
    assert color_at(canvas, at(canvas, 0.1, 0.1)) == (90, 0, 0)


def test_an_unfinished_frame_covers_only_what_it_knows(canvas):
    canvas.show_frame(frame(HOME, color=(90, 0, 0)))
    partial = frame(HOME, color=(0, 90, 0), final=False)
    partial.rgba[:, :200, 3] = 0
    canvas.show_frame(partial)
    assert color_at(canvas, at(canvas, 0.2, 0.5)) == (90, 0, 0)
    assert color_at(canvas, at(canvas, 0.8, 0.5)) == (0, 90, 0)


def test_coarse_samples_stay_beneath_a_finer_stretched_picture(canvas):
    canvas.show_frame(frame(HOME, color=(90, 0, 0)))
    coarse = frame(HOME.moved(0.0, 0.0, 2.0), color=(0, 90, 0), final=False)
    fine = coarse.rgba.copy()
    fine[:, :, 3] = 0
    canvas.set_viewport(coarse.viewport, glide=False)
    canvas.show_frame(replace(coarse, fine=fine))
    assert color_at(canvas, at(canvas, 0.5, 0.5)) == (90, 0, 0)
    assert color_at(canvas, at(canvas, 0.1, 0.1)) == (0, 90, 0)


def test_a_finished_frame_sends_away_pictures_of_another_colouring(canvas):
    canvas.show_frame(frame(HOME))
    canvas.show_frame(frame(HOME.moved(1.0, 0.0), coloring=Coloring(gamma=2.0)))
    assert len(canvas.frames.frames) == 1


def test_pictures_of_another_system_go_at_once(canvas):
    canvas.show_frame(frame(HOME))
    other = RenderRequest(SYSTEMS[1].key, SYSTEMS[1].Params(), HOME, (300, 400))
    canvas.show_frame(replace(frame(HOME, final=False), request=other))
    assert [f.request.key for f in canvas.frames.frames] == [SYSTEMS[1].key]


def test_few_pictures_are_kept_and_the_widest_is_among_them(canvas):
    canvas.show_frame(frame(HOME))
    for depth in range(1, 12):
        canvas.show_frame(frame(HOME.moved(0.0, 0.0, 0.7**depth)))
    kept = canvas.frames.frames
    assert len(kept) == 5
    assert kept[0].viewport == HOME


def test_an_orbit_lies_over_its_points_and_survives_infinities(canvas):
    canvas.show_frame(frame(HOME, color=(0, 0, 0)))
    canvas.show_orbit(np.array([0.5 + 0.5j, -0.5 - 0.5j, complex("inf"), 1.0]))
    place = canvas.geometry_now.scene(0.5, 0.5).toPoint()
    assert color_at(canvas, place) != (0, 0, 0)
    canvas.show_orbit(None)
    assert color_at(canvas, place) == (0, 0, 0)


def test_overlays_are_drawn_where_they_lie(canvas):
    canvas.show_frame(frame(HOME, color=(0, 0, 0)))
    canvas.show_overlays((Overlay("minima", np.array([[1.0, 0.5]]), ("A",)),))
    assert color_at(canvas, canvas.geometry_now.scene(1.0, 0.5).toPoint()) != (0, 0, 0)


def test_a_joined_overlay_is_a_line_whose_named_points_are_marked(canvas):
    def lit(x, y, near):
        """How many pixels of a square about a point aren't black."""
        centre = canvas.geometry_now.scene(x, y).toPoint()
        image = canvas.grab().toImage()
        line = range(-near, near + 1)
        colors = [image.pixelColor(centre.x() + dx, centre.y() + dy) for dx in line for dy in line]
        return sum(color.value() > 40 for color in colors)

    canvas.show_frame(frame(HOME, color=(0, 0, 0)))
    points = np.array([[-0.9, 0.5], [0.0, 0.5], [0.9, 0.5]])
    canvas.show_overlays((Overlay("path", points, ("start", "", "end"), joined=True),))
    assert color_at(canvas, canvas.geometry_now.scene(-0.45, 0.5).toPoint()) != (0, 0, 0)
    assert color_at(canvas, canvas.geometry_now.scene(0.45, 0.5).toPoint()) != (0, 0, 0)
    plain = lit(0.0, 0.5, 5)
    assert plain == lit(0.45, 0.5, 5)
    for x in (-0.9, 0.9):
        assert lit(x, 0.5, 5) > 1.5 * plain


def test_hovering_tells_the_pixel_and_leaving_tells_none(canvas, qtbot):
    place = at(canvas, 0.3, 0.6)
    with qtbot.waitSignal(canvas.hovered) as caught:
        QTest.mouseMove(canvas.viewport(), place)
    assert caught.args == [canvas.geometry_now.point(QPointF(place))]
    with qtbot.waitSignal(canvas.hovered) as caught:
        canvas.hover(None)
    assert caught.args == [None]


def test_the_picture_asked_for_fills_the_canvas_in_device_pixels(canvas, qtbot):
    with qtbot.waitSignal(canvas.shapeChanged) as caught:
        canvas.resize(536, 436)
    area = canvas.geometry_now.area
    ratio = canvas.devicePixelRatioF()
    assert caught.args == [round(area.height() * ratio), round(area.width() * ratio)]


def test_without_axes_the_picture_fills_the_widget(canvas):
    canvas.set_axes_visible(False)
    assert canvas.geometry_now.area.width() == canvas.width()
