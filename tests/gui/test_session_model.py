"""One model holds the view: every change goes through it, and can be undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deepfractals_gui.core import Document, ParamError, Viewport
from deepfractals_gui.core.params import replace as with_values
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.systems import SYSTEMS

THERE = Viewport.at("0.25", "-0.5", 0.125)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def model(qapp, clock):
    return SessionModel(clock=clock)


def test_a_change_is_announced_with_the_old_and_the_new_view(model, qtbot):
    old = model.view
    with qtbot.waitSignal(model.changed) as caught:
        model.replace(viewport=THERE)
    assert caught.args == [old, model.view]
    assert model.viewport == THERE


def test_an_equal_change_is_no_change(model, qtbot):
    with qtbot.assertNotEmitted(model.changed), qtbot.assertNotEmitted(model.historyChanged):
        model.replace(viewport=model.viewport, coloring=model.coloring)
    assert not model.can_undo


def test_undo_and_redo_walk_over_view_parameters_and_colour(model):
    start = model.view
    model.replace(viewport=THERE)
    model.replace(params=with_values(model.view.params, max_iterations=50))
    model.replace(coloring=replace(model.coloring, palette="#000000,#ffffff"))
    end = model.view
    for _ in range(3):
        model.undo()
    assert model.view == start
    assert not model.can_undo
    for _ in range(3):
        model.redo()
    assert model.view == end
    assert not model.can_redo


def test_a_scrub_is_one_step_of_undo(model, clock):
    start = model.view
    for count in range(20, 60, 4):
        clock.now += 0.1
        model.replace(
            params=with_values(start.params, max_iterations=count), merge="max_iterations"
        )
    model.undo()
    assert model.view == start


def test_a_pause_ends_a_scrub(model, clock):
    model.replace(params=with_values(model.view.params, max_iterations=30), merge="n")
    middle = model.view
    clock.now += 1.5
    model.replace(params=with_values(model.view.params, max_iterations=40), merge="n")
    model.undo()
    assert model.view == middle


def test_merging_is_known_while_a_scrub_is_announced_and_only_then(model):
    seen = []
    model.changed.connect(lambda old, new: seen.append(model.merging))
    model.replace(viewport=THERE, merge="zoom")
    model.replace(viewport=THERE.moved(1.0, 0.0))
    assert seen == ["zoom", ""]
    assert model.merging == ""


def test_back_and_forward_walk_over_the_places(model):
    home = model.viewport
    model.replace(viewport=THERE)
    model.replace(coloring=replace(model.coloring, gamma=2.0))
    model.back()
    assert model.viewport == home
    model.forward()
    assert model.viewport == THERE
    assert not model.can_forward


def test_invalid_parameters_are_refused_before_anything_changes(model, qtbot):
    old = model.view
    with qtbot.assertNotEmitted(model.changed), pytest.raises(ParamError, match="max_iterations"):
        model.replace(params=replace(old.params, max_iterations=-3))
    assert model.view == old
    assert not model.can_undo


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_every_system_begins_at_home_in_its_own_colours(model, system):
    model.choose_system(system.key)
    params = system.Params()
    assert model.system is system
    assert model.viewport == model.fitted(system.home(params))
    assert model.coloring == system.default_coloring(params)


def test_a_system_is_found_again_where_it_was_left(model):
    first, second = SYSTEMS[0].key, SYSTEMS[1].key
    model.replace(viewport=THERE)
    model.choose_system(second)
    model.choose_system(first)
    assert model.viewport == THERE


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
def test_every_preset_can_be_opened(model, system):
    for preset in system.presets:
        model.open_preset(system.key, preset)
        assert model.view.key == system.key
        assert (model.viewport.x, model.viewport.y) == (preset.viewport.x, preset.viewport.y)


def test_a_wide_canvas_shows_the_whole_home_square(model):
    home = model.viewport.width
    model.set_aspect(2.0)
    assert model.viewport.width == pytest.approx(2 * home)
    assert not model.can_undo


def test_a_view_away_from_home_keeps_its_width_when_the_canvas_changes(model):
    model.replace(viewport=THERE)
    model.set_aspect(2.0)
    assert model.viewport == THERE


def test_a_document_is_opened_without_its_shape_but_the_shape_is_remembered(model):
    document = Document(
        SYSTEMS[1].key, SYSTEMS[1].Params(), THERE, model.coloring, shape=(30, 40), supersampling=2
    )
    model.open_view(document)
    assert model.view == replace(document, shape=None)
    assert model.picture_shape == (30, 40)


def test_a_document_without_view_and_colours_gets_those_of_its_system(model):
    model.open_view(Document(SYSTEMS[2].key, SYSTEMS[2].Params()))
    assert model.viewport == model.fitted(SYSTEMS[2].home(SYSTEMS[2].Params()))
    assert model.coloring == SYSTEMS[2].default_coloring(SYSTEMS[2].Params())


def test_going_to_an_entry_keeps_the_others(model):
    model.replace(viewport=THERE)
    model.replace(viewport=THERE.moved(1.0, 0.0))
    model.go_to(0)
    assert model.position == 0
    assert len(model.entries) == 3
    model.go_to(7)
    assert model.position == 0
