"""The panel that measures the view at hand."""

from __future__ import annotations

import pytest

from deepfractals_gui.core import Viewport
from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.measure_panel import MeasurePanel

PATIENCE = 30_000


@pytest.fixture
def panel(model, controller, qtbot):
    made = MeasurePanel(model, controller)
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    for box, value in ((made.paths, 2), (made.levels, 2), (made.side, 48)):
        box.set_value(value)
    yield made
    made.shut_down()


def idle(panel) -> bool:
    return panel.measure_button.isEnabled()


def test_a_dimension_is_given_with_its_spread_and_its_plot(panel, qtbot):
    assert not panel.result.isVisible()
    panel.measure_button.click()
    assert panel.stop_button.isVisible()
    assert not panel.measure_button.isEnabled()
    qtbot.waitUntil(lambda: idle(panel), timeout=PATIENCE)
    found = panel.dimension
    assert found is not None
    assert len(found.paths) == 2
    assert f"D = {found.median:.2f}" in panel.result.text()
    assert f"{found.lower:.2f} to {found.upper:.2f}" in panel.result.text()
    assert "2 of 2 paths" in panel.detail.text()
    assert len(panel.plot.points[0]) > 3
    assert panel.warning.text() == ""


def test_an_audit_says_what_it_moved_and_shows_where(panel, qtbot):
    panel.audit_button.click()
    qtbot.waitUntil(lambda: idle(panel), timeout=PATIENCE)
    assert panel.verdict.text() == "This structure is real"
    assert "coordinates" in panel.verdict_detail.text()
    assert "2304 pixels" in panel.verdict_detail.text()
    assert panel.pane.image.width() == panel.pane.image.height() == 48


def test_rounding_is_called_rounding(panel, model, qtbot):
    model.choose_system("error_flow")
    frost = next(one for one in model.system.presets if one.key == "frost")
    params = replace(model.view.params, **frost.params)
    model.replace(params=params, viewport=frost.viewport)
    panel.audit_button.click()
    qtbot.waitUntil(lambda: idle(panel), timeout=PATIENCE)
    assert "are rounding" in panel.verdict.text()
    assert panel.audit.suspect


def test_stopping_leaves_nothing_behind(panel, qtbot):
    panel.side.set_value(1024)
    panel.measure_button.click()
    panel.stop_button.click()
    assert idle(panel)
    assert panel.dimension is None
    assert not panel.stop_button.isVisible()


def test_figures_of_another_view_are_taken_away(panel, model, qtbot):
    panel.audit_button.click()
    qtbot.waitUntil(lambda: idle(panel), timeout=PATIENCE)
    model.replace(viewport=Viewport.at("0", "0", 1.0))
    assert panel.audit is None
    assert not panel.verdict.isVisible()


def test_a_view_without_a_boundary_is_refused_in_one_line(panel, model, qtbot):
    model.replace(viewport=Viewport.at("0", "0", 0.01))
    panel.measure_button.click()
    qtbot.waitUntil(lambda: idle(panel), timeout=PATIENCE)
    assert panel.error_line.text()
    assert "\n" not in panel.error_line.text()
    assert panel.dimension is None
