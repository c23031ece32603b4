"""What the pointer reads, and the history behind the point that is clicked."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea

from deepfractals_gui.core import Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.values import NOT_DEFINED, value_text
from deepfractals_gui.systems import SYSTEMS
from tests.gui.inspecting import PATIENCE, point, render
from tests.systems.short import short_params


def test_it_says_what_to_do_first(inspector) -> None:
    assert "Click a point" in inspector.pane.nothing_probed.label.text()
    assert inspector.pane.nothing_probed.isVisibleTo(inspector)
    assert inspector.pixel.nothing_here.isVisibleTo(inspector)


@pytest.mark.parametrize("key", [system.key for system in SYSTEMS])
def test_hovering_shows_the_raster_value_of_every_channel(
    inspector, model, controller, qtbot, key
) -> None:
    model.choose_system(key)
    model.replace(params=short_params(model.system))
    render(qtbot, controller)
    channels = model.system.channels(model.view.params)
    samples = controller.samples.channels
    for row, column in ((10, 12), (24, 32), (40, 60)):
        inspector.point_hovered(point(controller, row, column))
        status = Status(int(samples["status"][row, column]))
        assert inspector.pixel.status.text().lower() == status.label
        assert inspector.pixel.status_help.text() == inspector._model.system.meaning(status)
        for channel in channels[1:]:
            expected = value_text(channel, samples[channel.name][row, column])
            assert inspector.pixel.channels.value(channel.title) == expected
    x, y = model.system.axes(model.view.params)
    assert [r.name for r in inspector.pixel.place.rows] == [x.label, y.label]


def test_a_supersampled_picture_is_read_in_the_middle_of_its_pixels(
    inspector, model, controller, qtbot
) -> None:
    model.replace(supersampling=3)
    render(qtbot, controller)
    inspector.point_hovered(CanvasPoint(5, 7, 0.0, 0.0))
    trap = controller.samples.channels["trap"][7 * 3 + 1, 5 * 3 + 1]
    channel = next(c for c in controller.scene.channels if c.name == "trap")
    assert inspector.pixel.channels.value(channel.title) == value_text(channel, trap)


def test_before_the_picture_is_there_the_point_is_pending(inspector, controller) -> None:
    inspector.point_hovered(CanvasPoint(3, 3, 0.1, 0.2))
    assert inspector.pixel.status.text() == "Pending"
    assert inspector.pixel.channels.rows == ()
    inspector.point_hovered(None)
    assert inspector.pixel.place.rows[0].value


@pytest.mark.parametrize("key", [system.key for system in SYSTEMS])
def test_a_click_probes_the_pixel_and_announces_the_orbit(
    inspector, model, controller, qtbot, key
) -> None:
    model.choose_system(key)
    model.replace(params=short_params(model.system))
    render(qtbot, controller)
    place = point(controller, 20, 17)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE) as announced:
        inspector.point_clicked(place)
    (probe,) = announced.args
    assert probe is inspector.probe
    assert probe.status == controller.samples.channels["status"][20, 17]
    assert (probe.x, probe.y) == (place.x, place.y)
    shown = [plot for plot in inspector.pane.curves if plot.isVisibleTo(inspector)]
    assert len(shown) == len({curve.group or curve.name for curve in probe.curves})
    drawn = [(plot, line.curve) for plot in shown for line in plot.lines]
    assert [curve for _, curve in drawn] == list(probe.curves)
    for plot, curve in drawn:
        assert plot.title.startswith(curve.group or curve.name)
        assert curve.group == "" or curve.name in [key.text for key in plot.legend]


def test_the_orbit_follows_its_parameters_and_goes_with_its_plane(
    inspector, model, controller, qtbot
) -> None:
    render(qtbot, controller)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, 24, 40))
    first = inspector.probe
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        model.replace(params=replace(model.view.params, bias_coupling=0.1j))
    assert inspector.probe is not first
    assert not np.array_equal(inspector.probe.orbit, first.orbit)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE) as cleared:
        model.choose_system("error_flow")
    assert cleared.args == [None]
    assert inspector.probe is None
    assert inspector.pane.nothing_probed.isVisibleTo(inspector)


def test_the_orbit_is_cleared_from_either_side(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    for clear in (inspector.pane.clear_button.click, lambda: controller.probeReady.emit(None)):
        with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
            inspector.point_clicked(point(controller, 24, 40))
        clear()
        assert inspector.probe is None
        assert inspector.pane.nothing_probed.isVisibleTo(inspector)


def test_a_failing_probe_says_so_in_one_line(inspector, controller, qtbot, monkeypatch) -> None:
    render(qtbot, controller)

    def broken(*arguments: object, **named: object) -> None:
        raise ValueError("the point is\nout of reach")

    monkeypatch.setattr(type(inspector._model.system), "probe", broken)
    inspector.point_clicked(point(controller, 5, 5))
    qtbot.waitUntil(lambda: bool(inspector.pane.error_line.text()), timeout=PATIENCE)
    assert inspector.pane.error_line.text() == (
        "This point couldn't be probed: the point is out of reach"
    )


def test_copying_gives_values_and_curves_as_text(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, 24, 40))
    QTest.mouseClick(inspector.pane.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    probe = inspector.probe
    assert f"x\t{probe.x!r}" in text
    assert f"n\t{probe.curves[0].name}" in text
    assert f"{probe.curves[0].x[1]:g}\t{float(probe.curves[0].y[1])!r}" in text


@pytest.mark.parametrize(("width", "wide"), [(900, True), (320, False)])
def test_a_narrow_panel_stacks_its_parts(inspector, qtbot, width: int, wide: bool) -> None:
    inspector.resize(width, 500)
    qtbot.waitUntil(lambda: (inspector.pane.x() > inspector.pixel.x() + 50) == wide)
    assert (inspector.pane.y() > inspector.pixel.y() + 50) != wide
    assert inspector.width() == width


def test_a_low_dock_holds_it_without_another_scroll_bar(inspector, qtbot, controller) -> None:
    render(qtbot, controller)
    inspector.point_hovered(point(controller, 24, 40))
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, 24, 40))
    around = QScrollArea()
    around.setWidgetResizable(True)
    around.setWidget(inspector)
    around.resize(900, 170)
    around.show()
    try:
        qtbot.waitUntil(lambda: inspector.height() == around.viewport().height())
        assert around.verticalScrollBar().maximum() == 0
    finally:
        around.takeWidget()
        around.close()


# Values in words


def test_values_are_written_in_words_and_units(model) -> None:
    channels = {c.name: c for c in model.system.channels(model.view.params)}
    assert value_text(channels["status"], 1) == "escaped"
    assert value_text(channels["status"], 99) == "unknown status 99"
    assert value_text(channels["angle"], np.float32("nan")) == NOT_DEFINED
    assert value_text(channels["angle"], np.pi / 2) == "1.5708 rad (90.0°)"
    assert value_text(channels["period"], 0) == "none"
    basins = {c.name: c for c in SYSTEMS[2].channels(SYSTEMS[2].Params())}
    assert value_text(basins["limit"], 1.5 - 2j) == "1.5-2i"
    assert value_text(basins["limit"], complex("nan+nanj")) == NOT_DEFINED


def test_another_view_forgets_the_pixel_that_was_pointed_at(
    inspector, model, controller, qtbot
) -> None:
    render(qtbot, controller)
    inspector.point_hovered(point(controller, 10, 20))
    assert inspector.pixel.currentIndex() == 1
    model.replace(viewport=model.viewport.moved(0.1, 0.0, 0.5))
    qtbot.waitUntil(lambda: controller.samples is not None, timeout=PATIENCE)
    assert inspector.pixel.currentIndex() == 0


def test_many_curves_are_scrolled_to_instead_of_squeezed(
    inspector, model, controller, qtbot
) -> None:
    model.choose_system("gradient_basins")
    render(qtbot, controller)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, 20, 20))
    shown = [plot for plot in inspector.pane.curves if plot.isVisible()]
    assert len(shown) == 5
    least = shown[0].minimumWidth()
    qtbot.waitUntil(lambda: all(plot.width() >= least for plot in shown))
