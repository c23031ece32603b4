"""Where, how deep, how exact, how far."""

from __future__ import annotations

import pytest

from deepfractals_gui.core import Viewport
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.status_line import PrecisionMeter, StatusLine, duration
from deepfractals_gui.render.request import Audit, Draft


@pytest.fixture
def line(qtbot, model):
    line = StatusLine(model)
    qtbot.addWidget(line)
    line.show()
    line.set_shape(600, 800)
    return line


@pytest.mark.parametrize(
    ("ulps", "level"),
    [
        (2.0**40, "good"),
        (64.0, "good"),
        (63.9, "warning"),
        (8.0, "warning"),
        (7.9, "danger"),
        (1e-9, "danger"),
    ],
)
def test_the_meter_warns_before_pixels_fall_below_8_ulp(qtbot, ulps, level):
    meter = PrecisionMeter()
    qtbot.addWidget(meter)
    meter.set_ulps(ulps)
    assert meter.level == level
    assert meter.accessibleName()
    # State is never colour alone.
    assert ("deep" in meter.text or "limit" in meter.text) == (level != "good")


def test_the_meter_follows_the_view(line, model):
    model.replace(viewport=Viewport.at("0.7", "0.3", 1e-2))
    assert line.meter.level == "good"
    # A pixel of 800 is then 2^-45, and the last place of 0.7 is 2^-53.
    model.replace(viewport=Viewport.at("0.7", "0.3", 800 * 2.0**-48))
    assert line.meter.level == "warning"
    model.replace(viewport=Viewport.at("0.7", "0.3", 1e-15))
    assert line.meter.level == "danger"


def test_the_zoom_is_a_power_of_two_of_the_whole(line, model):
    home = model.viewport
    model.replace(viewport=home.moved(0.0, 0.0, 2.0**-10))
    assert line.zoom.text() == "zoom 2¹⁰"
    model.replace(viewport=home.moved(0.0, 0.0, 2.0**1.5))
    assert line.zoom.text() == "zoom 2⁻¹·⁵"


def test_coordinates_have_the_digits_that_a_pixel_warrants(line, model):
    model.replace(viewport=Viewport.at("0.5", "0", 8e-6))
    line.show_point(CanvasPoint(3, 4, 0.5000000123456, -0.25))
    assert "0.50000001" in line.place.text()
    assert "0.5000000123" not in line.place.text()
    line.show_point(None)
    assert line.place.text().startswith("centre")


def test_progress_appears_only_for_work_that_takes_a_while(line):
    line.show_progress(0.1, None, "Rendering")
    assert not line.progress.isVisible()
    line.show_progress(0.2, 0.1, "Rendering")
    assert not line.progress.isVisible()
    line.show_progress(0.25, 8.0, "Rendering")
    assert line.progress.isVisible()
    assert line.work.text() == "25%  8 s left"
    line.show_progress(1.0, None, "")
    assert not line.progress.isVisible()


def test_showing_progress_keeps_the_height(line):
    before = line.sizeHint().height(), line.height()
    line.show_progress(0.25, 8.0, "Rendering")
    assert (line.sizeHint().height(), line.height()) == before


def test_work_can_be_stopped(line, qtbot):
    with qtbot.waitSignal(line.cancelWished):
        line.stop.click()


def test_work_can_be_paused_and_goes_on(line, qtbot):
    line.show_progress(0.25, 8.0, "Rendering")
    assert line.pause.isVisible()
    assert line.pause.accessibleName() == "Pause computing this picture"
    with qtbot.waitSignal(line.pauseWished):
        line.pause.click()
    line.show_progress(0.25, None, "Paused")
    assert line.work.text() == "25%  paused"
    assert line.pause.accessibleName() == "Go on computing this picture"
    line.show_progress(0.3, 8.0, "Rendering")
    assert line.pause.accessibleName() == "Pause computing this picture"


def test_a_coarse_picture_offers_the_rest(line, qtbot):
    assert not line.full.isVisible()
    line.show_draft(Draft(4, 0.0625, 720.0, None))
    assert line.draft.text() == "coarse preview: 6% computed"
    assert "4 pixels apart" in line.draft.toolTip()
    assert line.full.text() == "Render fully (est. 12 min)"
    with qtbot.waitSignal(line.fullWished):
        line.full.click()
    line.show_draft(None)
    assert not line.draft.isVisible()
    assert not line.full.isVisible()


def test_a_refined_picture_says_what_its_audit_found(line):
    line.show_draft(Draft(1, 0.38, 40.0, Audit(21000, 210, 0, (0.0, 0.01796))))
    assert line.draft.text() == "refined preview: 38% computed, 0 of 210 filled pixels wrong"
    assert "between 0.00% and 1.80%" in line.draft.toolTip()
    assert line.full.text() == "Render fully (est. 40 s)"


def test_an_offer_keeps_the_height(line):
    before = line.sizeHint().height(), line.height()
    line.show_draft(Draft(4, 0.0625, 720.0, None))
    assert (line.sizeHint().height(), line.height()) == before


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (42, "42 s"), (150, "2 min"), (9000, "2.5 h")]
)
def test_time_spans_are_for_people(seconds, text):
    assert duration(seconds) == text
