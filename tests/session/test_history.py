"""Undo, redo, back and forward."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import pytest

from deepfractals_gui.core import Coloring, Document, Viewport, param
from deepfractals_gui.session.history import History


@dataclass(frozen=True)
class Params:
    start: float = param(0.3, "the start")


HOME = Document("a_map", Params(), Viewport.at(0, 0, 5.0), Coloring())


def zoomed(view: Document, width: float) -> Document:
    return replace(view, viewport=Viewport.at(0, 0, width))


def started(view: Document, start: float) -> Document:
    return replace(view, params=Params(start))


def test_undo_returns_every_step_and_redo_repeats_it() -> None:
    history = History(HOME)
    views = [zoomed(HOME, 5.0 / (i + 2)) for i in range(300)]
    for view in views:
        assert history.push(view)
    seen = []
    while history.can_undo:
        seen.append(history.undo())
    assert seen == [*views[-2::-1], HOME]
    while history.can_redo:
        last = history.redo()
    assert last == views[-1]
    assert history.undo() == views[-2]


def test_equal_view_is_no_step() -> None:
    history = History(HOME)
    assert not history.push(replace(HOME, shape=(10, 20)))
    assert not history.can_undo
    assert history.current.shape is None


def test_push_after_undo_drops_what_was_undone() -> None:
    history = History(HOME)
    history.push(zoomed(HOME, 1.0))
    history.undo()
    history.push(zoomed(HOME, 2.0))
    assert not history.can_redo
    assert history.entries == (HOME, zoomed(HOME, 2.0))


def test_same_word_within_a_second_is_one_step() -> None:
    history = History(HOME)
    for i in range(10):
        history.push(started(HOME, i), merge="start", now=0.9 * i)
    assert len(history) == 2
    assert history.undo() == HOME


@pytest.mark.parametrize(
    ("merge", "now"), [("other", 0.5), ("", 0.5), ("start", 1.6), ("start", -5.0)]
)
def test_other_word_or_a_pause_begins_a_new_step(merge: str, now: float) -> None:
    history = History(HOME)
    history.push(started(HOME, 1), merge="start", now=0.5)
    history.push(started(HOME, 2), merge=merge, now=now)
    assert len(history) == 3


def test_undo_ends_a_merge() -> None:
    history = History(HOME)
    history.push(started(HOME, 1), merge="start", now=0.0)
    history.push(zoomed(HOME, 1.0), now=0.1)
    history.undo()
    history.push(started(HOME, 2), merge="start", now=0.2)
    assert [view.params.start for view in history.entries] == [0.3, 1, 2]


def test_scrub_back_to_its_beginning_leaves_no_step() -> None:
    history = History(HOME)
    history.push(started(HOME, 1), merge="start", now=0.0)
    history.push(HOME, merge="start", now=0.1)
    assert not history.can_undo
    history.push(started(HOME, 2), merge="start", now=0.2)
    assert history.undo() == HOME


def test_amend_changes_the_present_view_without_a_step() -> None:
    history = History(HOME)
    history.push(zoomed(HOME, 1.0))
    history.undo()
    history.amend(zoomed(HOME, 6.0))
    assert history.entries == (zoomed(HOME, 6.0), zoomed(HOME, 1.0))
    assert history.redo() == zoomed(HOME, 1.0)


def test_back_keeps_parameters_and_colours_chosen_since() -> None:
    history = History(HOME)
    history.push(zoomed(HOME, 1.0))
    blue = replace(started(zoomed(HOME, 1.0), 0.7), coloring=Coloring(palette="error_flow"))
    history.push(blue)
    assert history.back() == replace(blue, viewport=HOME.viewport)
    assert history.forward() == blue
    assert not history.can_forward


def test_back_restores_parameters_that_changed_together_with_the_place() -> None:
    history = History(HOME)
    history.push(started(zoomed(HOME, 2.0), 0.9))
    assert history.back() == HOME
    assert history.forward() == started(zoomed(HOME, 2.0), 0.9)


def test_back_over_another_system_restores_its_whole_view() -> None:
    other = Document("b_map", Params(0.1), Viewport.at(0, 0, 9.0), Coloring(palette="other"))
    history = History(HOME)
    history.push(other)
    assert history.back() == HOME
    assert history.forward() == other


def test_walking_back_is_a_step_of_undo() -> None:
    history = History(HOME)
    history.push(zoomed(HOME, 1.0))
    history.back()
    assert history.current == HOME
    assert history.undo() == zoomed(HOME, 1.0)
    assert history.can_back


def test_recolouring_leaves_no_place_on_the_trail() -> None:
    history = History(HOME)
    history.push(replace(HOME, coloring=Coloring(gamma=2.0)))
    assert not history.can_back
    assert history.can_undo


def test_merged_wheel_zoom_is_one_place() -> None:
    history = History(HOME)
    for i in range(5):
        history.push(zoomed(HOME, 4.0 - 0.5 * i), merge="wheel", now=0.1 * i)
    assert history.back() == HOME
    assert not history.can_back


def test_going_to_an_entry_keeps_the_others() -> None:
    history = History(HOME)
    views = [zoomed(HOME, w) for w in (4.0, 3.0, 2.0)]
    for view in views:
        history.push(view)
    assert history.go_to(1) == views[0]
    assert history.position == 1
    assert len(history) == 4
    with pytest.raises(IndexError, match="4 entries"):
        history.go_to(4)


def test_restored_history_has_the_same_steps() -> None:
    history = History(HOME)
    for w in (4.0, 3.0, 2.0):
        history.push(zoomed(HOME, w))
    history.undo()
    again = History.restored(history.entries, history.position)
    assert (again.entries, again.position) == (history.entries, history.position)
    assert again.redo() == zoomed(HOME, 2.0)
    with pytest.raises(ValueError, match="at least one view"):
        History.restored((), 0)


def test_tail_holds_the_present_entry() -> None:
    history = History(HOME)
    for i in range(50):
        history.push(zoomed(HOME, 4.0 / (i + 1)))
    for position in (0, 1, 25, 49, 50):
        history.go_to(position)
        entries, index = history.tail(10)
        assert len(entries) == 10
        assert entries[index] == history.current


def test_random_walks_agree_with_a_plain_list_of_steps() -> None:
    chance = random.Random(5)
    history = History(HOME)
    steps, at = [HOME], 0
    for _ in range(3000):
        what = chance.choice(("push", "push", "undo", "redo", "go", "back", "forward"))
        before = history.current
        if what == "push":
            view = zoomed(started(HOME, chance.randrange(3)), 1.0 + chance.randrange(4))
            history.push(view)
        elif what in ("back", "forward"):
            view = getattr(history, what)()
        elif what == "go":
            at = chance.randrange(len(steps))
            assert history.go_to(at) == steps[at]
            continue
        else:
            at = max(0, at - 1) if what == "undo" else min(len(steps) - 1, at + 1)
            assert getattr(history, what)() == steps[at]
            continue
        if view != before:
            steps = [*steps[: at + 1], view]
            at += 1
        assert list(history.entries) == steps
        assert history.position == at
