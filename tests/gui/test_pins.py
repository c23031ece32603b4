"""Probes that take their time, and pinned points."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from deepfractals_gui.core import Cancelled, Probe, Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.comparison import HERE
from deepfractals_gui.gui.curve_lines import series_color
from deepfractals_gui.gui.pin_bar import RADIUS
from deepfractals_gui.gui.pins import MOST_PINS
from tests.gui.inspecting import PATIENCE, point, render

# Slow probes


class SlowProbe:
    """In place of a System's probe: waits until it is let go or cancelled, and keeps count."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun: list[tuple[float, float]] = []
        self.cancelled: list[tuple[float, float]] = []

    def __call__(self, x, y, p, prepared, cancel=None) -> Probe:
        self.begun.append((x, y))
        while not self.go.wait(0.002):
            if cancel.is_set:
                self.cancelled.append((x, y))
                raise Cancelled
        return Probe(x, y, Status.BOUNDED, {"status": int(Status.BOUNDED)})


@pytest.fixture
def slow(inspector, monkeypatch):
    slow = SlowProbe()
    monkeypatch.setattr(
        type(inspector._model.system), "probe", lambda self, *a, **named: slow(*a, **named)
    )
    yield slow
    slow.go.set()


def test_a_slow_probe_says_that_it_is_under_way(inspector, controller, qtbot, slow) -> None:
    render(qtbot, controller)
    inspector.point_clicked(point(controller, 5, 5))
    assert not inspector.pane.probing.isVisible()
    qtbot.waitUntil(lambda: inspector.pane.probing.isVisible(), timeout=PATIENCE)
    assert inspector.pane.probing.bar.accessibleName()
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        slow.go.set()
    assert not inspector.pane.probing.isVisible()


def test_another_click_cancels_the_probe_before(inspector, controller, qtbot, slow) -> None:
    render(qtbot, controller)
    first, second = point(controller, 5, 5), point(controller, 9, 9)
    inspector.point_clicked(first)
    qtbot.waitUntil(lambda: len(slow.begun) == 1, timeout=PATIENCE)
    inspector.point_clicked(second)
    qtbot.waitUntil(lambda: slow.cancelled == [(first.x, first.y)], timeout=PATIENCE)
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE) as announced:
        slow.go.set()
    assert (announced.args[0].x, announced.args[0].y) == (second.x, second.y)


@pytest.mark.parametrize("way", ["escape", "button"])
def test_a_probe_is_stopped_and_what_was_there_stays(
    inspector, controller, qtbot, slow, way
) -> None:
    render(qtbot, controller)
    slow.go.set()
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, 5, 5))
    before = inspector.probe
    slow.go.clear()
    inspector.point_clicked(point(controller, 9, 9))
    qtbot.waitUntil(lambda: inspector.pane.probing.isVisible(), timeout=PATIENCE)
    if way == "escape":
        QTest.keyClick(inspector, Qt.Key.Key_Escape)
    else:
        QTest.mouseClick(inspector.pane.probing.stop_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(slow.cancelled) == 1, timeout=PATIENCE)
    assert not inspector.pane.probing.isVisible()
    assert inspector.probe is before
    assert inspector.pane.currentIndex() == 1
    assert not inspector.stop()


def test_escape_over_the_canvas_stops_a_probe_first(window, finished, qtbot, monkeypatch) -> None:
    finished(window)
    slow = SlowProbe()
    monkeypatch.setattr(
        type(window.model.system), "probe", lambda self, *a, **named: slow(*a, **named)
    )
    window.actions_by_key["presentation"].trigger()
    window.canvas.clicked.emit(window.canvas.point_at(window.canvas.geometry_now.area.center()))
    qtbot.waitUntil(lambda: bool(slow.begun), timeout=PATIENCE)
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: bool(slow.cancelled), timeout=PATIENCE)
    assert not window.menuBar().isVisible()
    QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
    assert window.menuBar().isVisible()


# Pins


def click(qtbot, inspector, controller, row: int, column: int) -> Probe:
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(point(controller, row, column))
    return inspector.probe


def pin(qtbot, inspector, controller, *places: tuple[int, int]) -> None:
    for row, column in places:
        click(qtbot, inspector, controller, row, column)
        QTest.mouseClick(inspector.pane.pin_button, Qt.MouseButton.LeftButton)


def test_pinned_points_are_compared_in_plots_and_table(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    assert not inspector.pane.pin_button.isEnabled()
    pin(qtbot, inspector, controller, (24, 40), (10, 12))
    here = click(qtbot, inspector, controller, 30, 20)
    assert [column.name for column in inspector.columns] == ["1", "2", HERE]
    assert len(inspector.pane.curves[0].lines) == 3
    table = inspector.pane.comparison
    assert table.isVisibleTo(inspector)
    heads = [table.horizontalHeaderItem(place).text() for place in range(table.columnCount())]
    assert heads == ["pin 1", "pin 2", HERE]
    names = [table.verticalHeaderItem(line).text() for line in range(table.rowCount())]
    assert set(names) >= {name for name, _ in here.table}
    QTest.mouseClick(inspector.pane.copy_button, Qt.MouseButton.LeftButton)
    text = QGuiApplication.clipboard().text()
    assert text.startswith(f"\tpin 1\tpin 2\t{HERE}\n")


def test_a_disc_shows_its_point_and_delete_unpins_it(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    pin(qtbot, inspector, controller, (24, 40), (10, 12))
    bar = inspector.pane.pin_bar
    assert [disc.isChecked() for disc in bar.discs.values()] == [False, True]
    assert all(disc.accessibleName() and disc.toolTip() for disc in bar.discs.values())
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE) as shown:
        QTest.mouseClick(bar.discs[1], Qt.MouseButton.LeftButton)
    assert shown.args[0] is inspector.pins.get(1).probe
    assert [disc.isChecked() for disc in bar.discs.values()] == [True, False]
    assert inspector.pane.pin_button.text() == "Unpin"
    QTest.keyClick(bar.discs[2], Qt.Key.Key_Delete)
    assert list(bar.discs) == [1]
    QTest.mouseClick(inspector.pane.pin_button, Qt.MouseButton.LeftButton)
    assert not bar.isVisibleTo(inspector)
    assert inspector.pane.pin_button.text() == "Pin"
    assert inspector.probe is shown.args[0]


def test_clearing_the_point_leaves_the_pins(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    pin(qtbot, inspector, controller, (24, 40), (10, 12))
    inspector.clear()
    assert inspector.probe is None
    assert [column.name for column in inspector.columns] == ["1", "2"]
    assert inspector.pane.currentIndex() == 1
    QTest.mouseClick(inspector.pane.pin_bar.clear_button, Qt.MouseButton.LeftButton)
    assert inspector.pane.currentIndex() == 0


def test_a_seventh_pin_is_refused_in_one_line(inspector, controller, qtbot) -> None:
    render(qtbot, controller)
    pin(qtbot, inspector, controller, *((10, 5 + 8 * n) for n in range(MOST_PINS + 1)))
    assert len(inspector.pins) == MOST_PINS
    assert f"{MOST_PINS} points are pinned" in inspector.pane.error_line.text()
    inspector.pins.remove(2)
    assert inspector.pane.error_line.text() == ""


def test_pins_follow_parameters_and_go_with_their_plane(
    inspector, model, controller, qtbot
) -> None:
    render(qtbot, controller)
    pin(qtbot, inspector, controller, (24, 40), (10, 12))
    before = [pinned.probe for pinned in inspector.pins.all]
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        model.replace(params=replace(model.view.params, bias_coupling=0.1j))
    after = [pinned.probe for pinned in inspector.pins.all]
    for old, new in zip(before, after, strict=True):
        assert (new.x, new.y) == (old.x, old.y)
        assert not np.array_equal(new.orbit, old.orbit)
    assert inspector.probe is after[1]
    model.choose_system("error_flow")
    assert len(inspector.pins) == 0
    assert inspector.pane.nothing_probed.isVisibleTo(inspector)


def test_pins_that_were_not_probed_again_say_so_and_can_be(
    inspector, model, controller, qtbot, slow
) -> None:
    render(qtbot, controller)
    slow.go.set()
    pin(qtbot, inspector, controller, (24, 40), (10, 12))
    slow.go.clear()
    model.replace(params=replace(model.view.params, bias_coupling=0.1j))
    assert inspector.stop()
    # Histories of other parameters must not be taken for those at hand.
    assert [pinned.probe for pinned in inspector.pins.all] == [None, None]
    assert inspector.columns == ()
    assert "not probed" in inspector.pane.pin_bar.discs[1].toolTip()
    slow.go.set()
    with qtbot.waitSignal(controller.probeReady, timeout=PATIENCE):
        QTest.mouseClick(inspector.pane.pin_bar.discs[1], Qt.MouseButton.LeftButton)
    assert [column.name for column in inspector.columns] == ["1"]


def test_the_canvas_marks_pins_where_they_are(window, finished, qtbot) -> None:
    finished(window)
    inspector = window.docks.panels["inspector"]
    geometry = window.canvas.geometry_now
    place = geometry.area.center() + QPointF(60, -30)
    with qtbot.waitSignal(window.controller.probeReady, timeout=PATIENCE):
        inspector.point_clicked(window.canvas.point_at(place))
    window.actions_by_key["pin"].trigger()
    marked = window.canvas.pins.places[1]
    assert abs(marked.x() - place.x()) <= 1
    assert abs(marked.y() - place.y()) <= 1
    window.actions_by_key["clear_orbit"].trigger()
    shot = window.canvas.grab().toImage()
    ratio = window.canvas.devicePixelRatioF()
    # Beside the number in the disc.
    spot = (marked + QPointF(RADIUS + 3 - 6, -RADIUS - 3)) * ratio
    assert shot.pixelColor(spot.toPoint()) == series_color(0)
    window.actions_by_key["unpin_all"].trigger()
    assert not window.canvas.pins.isVisible()


def test_a_point_without_an_orbit_is_marked_too(window, finished, monkeypatch, qtbot) -> None:
    finished(window)
    slow = SlowProbe()
    slow.go.set()
    monkeypatch.setattr(
        type(window.model.system), "probe", lambda self, *a, **named: slow(*a, **named)
    )
    with qtbot.waitSignal(window.controller.probeReady, timeout=PATIENCE):
        window.canvas.clicked.emit(window.canvas.point_at(window.canvas.geometry_now.area.center()))
    assert window.canvas.orbit_shown
