"""The colour panel changes the colouring; nothing is rendered for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.coloring import MODES
from deepfractals_gui.gui.colour_panel import ColourPanel

LEFT = Qt.MouseButton.LeftButton
PATIENCE = 30_000


@pytest.fixture
def panel(qtbot, model, controller):
    panel = ColourPanel(model, controller)
    qtbot.addWidget(panel)
    panel.resize(330, 900)
    panel.show()
    return panel


@pytest.fixture
def rendered(panel, controller, qtbot):
    """The panel with a finished picture and its histogram."""
    controller.set_canvas_shape(60, 80)
    controller.start()
    qtbot.waitUntil(lambda: panel.levels.found is not None, timeout=PATIENCE)
    return panel


def choose_mode(panel, key: str) -> None:
    index = panel.mode_box.findData(key)
    panel.mode_box.setCurrentIndex(index)
    panel.mode_box.activated.emit(index)


def write(edit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


@pytest.mark.parametrize("key", ["forward_pass", "error_flow", "gradient_basins"])
def test_only_modes_that_the_system_can_show_are_listed(panel, model, controller, key) -> None:
    model.choose_system(key)
    listed = [panel.mode_box.itemData(i) for i in range(panel.mode_box.count())]
    scene = controller.scene
    assert listed == [
        mode for mode in MODES if MODES[mode].channels_for(scene.channels, scene.recipes)
    ]
    assert panel.mode_box.currentData() == model.coloring.mode


def test_choosing_a_mode_changes_the_colouring_in_one_step(panel, model) -> None:
    model.replace(coloring=replace(model.coloring, levels=(0.1, 0.9)))
    choose_mode(panel, "smooth")
    assert model.coloring.mode == "smooth"
    assert model.coloring.levels is None
    model.undo()
    assert model.coloring.levels == (0.1, 0.9)


def test_the_channel_is_chosen_where_there_are_several(panel, model) -> None:
    choose_mode(panel, "channel")
    assert panel.channel_box.isVisibleTo(panel)
    index = panel.channel_box.findData("trap")
    panel.channel_box.activated.emit(index)
    assert model.coloring.channel == "trap"
    choose_mode(panel, "status")
    assert not panel.channel_box.isVisibleTo(panel)


def test_status_has_a_legend_in_words_and_no_levels(panel) -> None:
    choose_mode(panel, "status")
    labels = [label for label, _ in panel.legend.entries]
    assert "escaped" in labels
    assert "bounded" in labels
    assert panel.legend.isVisibleTo(panel)
    assert not panel.levels.isVisibleTo(panel)
    assert not panel.gallery.isVisibleTo(panel)
    choose_mode(panel, "classic")
    assert panel.gallery.isVisibleTo(panel)
    assert not panel.legend.isVisibleTo(panel)
    assert panel.levels.isVisibleTo(panel)


def test_slope_alone_has_a_light_and_a_relief(panel) -> None:
    assert not panel.fields["relief"].isVisibleTo(panel)
    choose_mode(panel, "slope")
    assert panel.fields["relief"].isVisibleTo(panel)
    assert panel.fields["light"].isVisibleTo(panel)


def test_a_click_on_a_palette_is_a_step_of_undo(panel, model) -> None:
    QTest.mouseClick(panel.gallery.swatch("error_flow"), LEFT)
    assert model.coloring.palette == "error_flow"
    model.undo()
    assert model.coloring.palette == "forward_pass"
    assert panel.gallery.swatch("forward_pass").isChecked()


def test_hovering_a_palette_shows_it_on_the_canvas_without_a_step(
    rendered, model, controller, qtbot
) -> None:
    steps = len(model.entries)
    with qtbot.waitSignal(
        controller.frameReady,
        timeout=PATIENCE,
        check_params_cb=lambda f: f.coloring.palette == "error_flow",
    ):
        rendered.gallery.hovered.emit("error_flow")
    with qtbot.waitSignal(
        controller.frameReady,
        timeout=PATIENCE,
        check_params_cb=lambda f: f.coloring.palette == "forward_pass",
    ):
        rendered.gallery.hovered.emit("")
    assert len(model.entries) == steps


def test_an_own_palette_is_typed(panel, model) -> None:
    write(panel.stops_edit, "#000, #ff8800 ,#ffffff")
    assert model.coloring.palette == "#000000,#ff8800,#ffffff"
    assert panel.stops_edit.text() == "#000000,#ff8800,#ffffff"


@pytest.mark.parametrize("text", ["#12345,#ffffff", "#000000", "nothing", ",".join(["#000"] * 99)])
def test_a_wrong_palette_is_explained_and_changes_nothing(panel, model, text: str) -> None:
    before = model.view
    write(panel.stops_edit, text)
    assert model.view == before
    assert panel.stops_error.isVisibleTo(panel)
    assert panel.stops_error.text()
    QTest.keyClick(panel.stops_edit, Qt.Key.Key_Escape)
    assert not panel.stops_error.isVisibleTo(panel)


@pytest.mark.parametrize("name", ["gamma", "cycles", "shift", "glow", "vignette"])
def test_sliders_scrub_the_colouring_in_one_step(panel, model, name: str) -> None:
    slider, before = panel.fields[name].slider, getattr(model.coloring, name)
    steps = len(model.entries)
    QTest.mousePress(slider, LEFT, pos=QPoint(40, 10))
    for x in (60, 80, 120):
        QTest.mouseMove(slider, QPoint(x, 10))
    QTest.mouseRelease(slider, LEFT, pos=QPoint(120, 10))
    assert getattr(model.coloring, name) != before
    assert len(model.entries) == steps + 1


def test_reverse_is_a_switch(panel, model) -> None:
    panel.fields["reverse"].switch.click()
    assert model.coloring.reverse


def test_supersampling_is_chosen(panel, model) -> None:
    box = panel.supersampling.box_of("3").center().toPoint()
    QTest.mouseClick(panel.supersampling, LEFT, pos=box)
    assert model.view.supersampling == 3


def test_reset_returns_to_the_systems_own_colours(panel, model) -> None:
    assert not panel.reset_button.isEnabled()
    QTest.mouseClick(panel.gallery.swatch("error_flow"), LEFT)
    panel.fields["reverse"].switch.click()
    panel.reset_button.click()
    assert model.coloring == model.system.default_coloring(model.view.params)


# Levels


def test_levels_wait_for_the_picture_in_words(panel) -> None:
    assert panel.levels.found is None
    panel.levels.lock_switch.click()
    assert "Wait for the picture" in panel.levels.error_line.text()
    assert not panel.levels.lock_switch.isChecked()


def test_dragging_a_level_locks_it(rendered, model) -> None:
    view = rendered.levels.view
    QTest.mousePress(view, LEFT, pos=QPoint(int(view.x_of(view.levels[0])) + 1, 30))
    QTest.mouseMove(view, QPoint(60, 30))
    QTest.mouseRelease(view, LEFT, pos=QPoint(60, 30))
    assert model.coloring.levels is not None
    assert model.coloring.levels[0] == pytest.approx(view.value_at(60), abs=1e-3)
    assert rendered.levels.lock_switch.isChecked()


def test_locking_takes_the_range_shown_and_unlocking_lets_it_go(rendered, model, qtbot) -> None:
    choose_mode(rendered, "smooth")
    qtbot.waitUntil(lambda: rendered.levels.found is not None, timeout=PATIENCE)
    shown = rendered.levels.found.levels
    rendered.levels.lock_switch.click()
    qtbot.waitUntil(lambda: model.coloring.locked, timeout=PATIENCE)
    assert model.coloring.levels == pytest.approx(shown)
    rendered.levels.lock_switch.click()
    assert model.coloring.levels is None


def test_an_equalisation_is_locked_by_its_knots(rendered, model, qtbot) -> None:
    choose_mode(rendered, "equalized")
    assert not rendered.levels.low_edit.isVisibleTo(rendered)
    rendered.levels.lock_switch.click()
    qtbot.waitUntil(lambda: bool(model.coloring.knots), timeout=PATIENCE)
    rendered.levels.lock_switch.click()
    assert model.coloring.knots == ()


def test_levels_are_typed_exactly(rendered, model) -> None:
    write(rendered.levels.low_edit, "0.125")
    assert model.coloring.levels == (0.125, 1.0)
    write(rendered.levels.high_edit, "0.75")
    assert model.coloring.levels == (0.125, 0.75)


@pytest.mark.parametrize(
    ("text", "words"),
    [("x", "'x' is not a number"), ("5", "two rising numbers"), ("nan", "rising")],
)
def test_wrong_levels_are_explained(rendered, model, text: str, words: str) -> None:
    before = model.coloring
    write(rendered.levels.low_edit, text)
    assert words in rendered.levels.error_line.text()
    assert model.coloring == before


def test_the_histogram_follows_the_view(rendered, model, qtbot) -> None:
    old = rendered.levels.found
    model.replace(viewport=model.viewport.moved(0.5, 0.5, 0.3))
    qtbot.waitUntil(lambda: rendered.levels.found is not old, timeout=PATIENCE)
    assert rendered.levels.found.counts.sum() > 0
