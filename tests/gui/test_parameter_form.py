"""The form follows the declarations and changes the model, never by halves."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from deepfractals_gui.core import specs
from deepfractals_gui.core.params import replace
from deepfractals_gui.gui.parameter_form import ParameterForm
from deepfractals_gui.systems import SYSTEMS

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def form(qtbot, model, controller):
    form = ParameterForm(model, controller)
    qtbot.addWidget(form)
    form.resize(330, 700)
    form.show()
    return form


def write(edit, text: str) -> None:
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, text)
    QTest.keyClick(edit, Qt.Key.Key_Return)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_every_declared_parameter_has_a_field_with_its_title_and_help(form, model, system) -> None:
    model.choose_system(system.key)
    assert list(form.fields) == [spec.name for spec in specs(system.Params)]
    for spec in specs(system.Params):
        field = form.fields[spec.name]
        assert field.title.text().startswith(spec.title)
        assert field.title.toolTip() == spec.help
        assert field.value == spec.default


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_fields_that_do_not_matter_are_hidden(form, model, system) -> None:
    model.choose_system(system.key)
    params = model.view.params
    for name, field in form.fields.items():
        assert field.isVisibleTo(form) == field.spec.applies(params), name


def test_choosing_a_plane_shows_its_parameters_and_goes_home(form, model) -> None:
    model.choose_system("forward_pass")
    model.replace(viewport=model.viewport.moved(1.0, 1.0, 0.01))
    assert not form.fields["weight"].isVisibleTo(form)
    segments = form.fields["plane"].segments
    QTest.mouseClick(segments, LEFT, pos=segments.box_of("input").center().toPoint())
    assert model.view.params.plane == "input"
    assert form.fields["weight"].isVisibleTo(form)
    assert model.viewport == model.fitted(model.system.home(model.view.params))
    model.undo()
    assert model.viewport.width < 0.2


def test_typing_changes_the_model_in_one_step_of_undo(form, model) -> None:
    steps = len(model.entries)
    write(form.fields["max_iterations"].edit, "321")
    assert model.view.params.max_iterations == 321
    assert len(model.entries) == steps + 1


def test_a_wrong_value_stays_beside_its_field_and_the_model_is_untouched(form, model) -> None:
    before = model.view
    field = form.fields["escape_radius"]
    write(field.edit, "0.5")
    assert model.view == before
    assert field.error_line.isVisibleTo(form)
    assert "at least 1.001" in field.error_line.text()
    write(field.edit, "5")
    assert model.view.params.escape_radius == 5.0
    assert not field.error_line.isVisibleTo(form)


def test_a_drag_is_one_step_of_undo_and_two_drags_are_two(form, model) -> None:
    slider = form.fields["max_iterations"].slider
    start = model.view.params.max_iterations
    values = [start]
    for target in (40, 200):
        QTest.mousePress(slider, LEFT, pos=QPoint(100, 10))
        for x in range(100, target, 10 if target > 100 else -10):
            QTest.mouseMove(slider, QPoint(x, 10))
        QTest.mouseRelease(slider, LEFT, pos=QPoint(target, 10))
        values.append(model.view.params.max_iterations)
    assert len(set(values)) == 3
    model.undo()
    assert model.view.params.max_iterations == values[1]
    model.undo()
    assert model.view.params.max_iterations == start


def test_scrubs_carry_the_name_of_their_parameter(form, model) -> None:
    merges = []
    model.changed.connect(lambda old, new: merges.append(model.merging))
    plane = form.fields["bias_coupling"].plane
    QTest.mousePress(plane, LEFT, pos=QPoint(30, 30))
    QTest.mouseMove(plane, QPoint(40, 40))
    QTest.mouseRelease(plane, LEFT, pos=QPoint(40, 40))
    assert len(merges) == 2
    assert all(merge.startswith("param:bias_coupling") for merge in merges)


def test_undo_and_redo_are_shown(form, model) -> None:
    write(form.fields["escape_radius"].edit, "7")
    model.undo()
    assert form.fields["escape_radius"].edit.text() == "4"
    model.redo()
    assert form.fields["escape_radius"].edit.text() == "7"


def test_what_is_being_typed_survives_a_change_elsewhere(form, model) -> None:
    edit = form.fields["escape_radius"].edit
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "12")
    model.replace(params=replace(model.view.params, max_iterations=77))
    assert edit.text() == "12"
    assert form.fields["max_iterations"].edit.text() == "77"


def test_reset_all_returns_to_the_defaults_in_one_step(form, model) -> None:
    assert not form.reset_all_button.isEnabled()
    write(form.fields["escape_radius"].edit, "7")
    write(form.fields["max_iterations"].edit, "99")
    form.reset_all_button.click()
    assert model.view.params == type(model.view.params)()
    model.undo()
    assert model.view.params.max_iterations == 99


def test_the_same_number_in_other_words_is_written_plainly(form, model) -> None:
    steps = len(model.entries)
    write(form.fields["escape_radius"].edit, "4.000")
    assert form.fields["escape_radius"].edit.text() == "4"
    assert len(model.entries) == steps


def test_tab_reaches_every_visible_editor(form, qtbot) -> None:
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    wanted = set()
    for field in form.fields.values():
        if field.isVisibleTo(form):
            for name in ("edit", "slider", "plane", "segments", "box", "switch"):
                editor = getattr(field, name, None)
                if editor is not None:
                    wanted.add(editor)
    form.fields["plane"].segments.setFocus()
    seen = set()
    for _ in range(80):
        seen.add(form.focusWidget())
        QTest.keyClick(form.focusWidget(), Qt.Key.Key_Tab)
    assert wanted <= seen


def test_text_that_was_refused_is_gone_when_one_comes_back_to_a_map(form, model) -> None:
    edit = form.fields["start"].edit
    good = edit.text()
    write(edit, "abc")
    assert form.fields["start"].error_line.text()
    model.choose_system("gradient_basins")
    model.choose_system("forward_pass")
    assert edit.text() == good
    assert form.fields["start"].error_line.text() == ""


def test_an_error_stands_above_a_tall_editor(form) -> None:
    field = form.fields["start"]
    write(field.edit, "abc")
    QTest.qWait(0)
    assert field.error_line.geometry().bottom() <= field.plane.geometry().top()
