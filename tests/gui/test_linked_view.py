"""The plane that belongs to the point under the pointer."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.linked_view import LinkedView

PATIENCE = 30_000


@pytest.fixture
def linked(qtbot, model, controller):
    linked = LinkedView(model, controller)
    qtbot.addWidget(linked)
    linked.resize(220, 280)
    linked.show()
    return linked


def at(x: float, y: float) -> CanvasPoint:
    return CanvasPoint(0, 0, x, y)


@pytest.mark.parametrize("key", ["forward_pass", "error_flow"])
def test_hovering_shows_the_plane_of_the_point(linked, model, qtbot, key: str) -> None:
    model.choose_system(key)
    assert linked.pane.image is None
    assert not linked.open_button.isEnabled()
    linked.point_hovered(at(0.5, 1.25))
    qtbot.waitUntil(lambda: linked.pane.image is not None, timeout=PATIENCE)
    assert linked.view.params.weight == 0.5 + 1.25j
    assert linked.view.params.plane != model.view.params.plane
    assert "0.5" in linked.caption.text()
    assert linked.pane.image.width() >= 100


def test_the_newest_of_many_points_is_shown_in_the_end(linked, qtbot) -> None:
    for step in range(30):
        linked.point_hovered(at(0.02 * step, 1.0))
    shown = linked.view

    def settled() -> bool:
        return linked._tasks.waiting == 0 and not linked._fine.isActive()

    qtbot.waitUntil(settled, timeout=PATIENCE)
    assert linked.view == shown
    assert linked.view.params.weight == pytest.approx(0.58 + 1.0j)
    assert linked.pane.image is not None


def test_it_opens_as_the_main_view_and_back_returns(linked, model) -> None:
    before = model.view
    linked.point_hovered(at(0.5, 1.25))
    wanted = linked.view
    QTest.mouseClick(linked.open_button, Qt.MouseButton.LeftButton)
    assert model.view.params == wanted.params
    assert model.viewport == model.fitted(wanted.viewport)
    model.back()
    assert model.view == before


def test_a_double_click_opens_it_too(linked, model) -> None:
    linked.point_hovered(at(0.5, 1.25))
    QTest.mouseDClick(linked.pane, Qt.MouseButton.LeftButton)
    assert model.view.params.plane == "input"


def test_a_plane_without_another_says_so(linked, model) -> None:
    model.choose_system("gradient_basins")
    linked.point_hovered(at(0.5, 1.25))
    assert linked.view is None
    assert "No other plane" in linked.pane._words


def test_other_parameters_ask_for_another_point(linked, model, qtbot) -> None:
    linked.point_hovered(at(0.5, 1.25))
    qtbot.waitUntil(lambda: linked.pane.image is not None, timeout=PATIENCE)
    model.choose_system("error_flow")
    assert linked.view is None
    assert linked.pane.image is None


def test_a_hidden_view_computes_nothing(linked) -> None:
    linked.hide()
    linked.point_hovered(at(0.5, 1.25))
    assert linked.view is None


def test_a_resting_pointer_gets_a_finer_picture(linked, qtbot) -> None:
    linked.point_hovered(at(0.5, 1.25))
    qtbot.waitUntil(lambda: linked.pane.image is not None, timeout=PATIENCE)
    quick = linked.pane.image.width()
    qtbot.waitUntil(lambda: linked.pane.image.width() > quick, timeout=PATIENCE)
    assert linked.pane.image.width() == min(linked.pane.width(), linked.pane.height())
