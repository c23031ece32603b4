"""The page as a whole: draw, watch, race, train, interrupt, save, resume."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.export.encode import count_frames
from deepfractals_gui.gui.field import solving
from deepfractals_gui.gui.field.drawing import shipped_digit
from deepfractals_gui.gui.field.field_exports import (
    FPS,
    HELD,
    film_frame,
    strip,
    write_film,
    write_strip,
)
from deepfractals_gui.gui.field.field_page import FieldPage
from deepfractals_gui.gui.field.field_pictures import Colouring, strip_steps
from deepfractals_gui.gui.field.field_sentences import WORDS
from deepfractals_gui.gui.field.solving import Answer, Question, answer
from deepfractals_gui.gui.run_plots import smoothed

PATIENCE = 120_000
SMALL = FieldRunParams(channels=2, side=8, pooled=4, epochs=2, batch=128)


@pytest.fixture
def run() -> FieldRunParams:
    return SMALL


@pytest.fixture
def page(qtbot, run):
    page = FieldPage(run)
    qtbot.addWidget(page)
    page.resize(1300, 800)
    page.show()
    qtbot.waitExposed(page)
    qtbot.waitUntil(lambda: page.answer is not None, timeout=PATIENCE)
    yield page
    page.shut_down()


@pytest.fixture
def after(qtbot, page):
    """Do something, and wait for an answer that fits."""

    def wait(act: Callable[[], object], fits: Callable[[Answer], bool] = lambda _: True) -> Answer:
        found: list[Answer] = []
        page.solved.connect(found.append)
        act()
        qtbot.waitUntil(lambda: bool(found) and fits(found[-1]), timeout=PATIENCE)
        page.solved.disconnect()
        return found[-1]

    return wait


def test_a_drawing_is_answered_by_the_field_of_the_run(page, after) -> None:
    digits = page.settings.draw.digits
    found = after(digits[5].click, lambda one: one.question.number == page._number)
    state = page.look.state
    assert (found.question.image == state.data.drawing(shipped_digit(5))).all()
    assert found.question.model.params is state.model.params
    alone = answer(found.question)
    assert (page.evolution.evolution.frames == alone.evolution.frames).all()
    assert page.evolution.bars.names == tuple("0123456789")


def test_another_gamma_does_not_need_another_norm(page, after, qtbot) -> None:
    page.bar.batch_button.click()
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    known = page.look.state.training.peak
    gamma = page.settings.groups["Field"].fields["gamma"]
    found = after(
        lambda: gamma.edited.emit("gamma", 0.6, False),
        lambda one: one.question.model.spec.gamma == 0.6,
    )
    assert page.look.state.step == 1
    assert found.question.model.known is known
    assert found.question.model.sigma == known.sigma


def test_it_is_watched_as_soon_as_the_pen_is_lifted(page, after, qtbot) -> None:
    pad = page.settings.draw.pad
    page.evolution.pause()
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=pad.pixel_of(8, 8).toPoint())
    QTest.mouseMove(pad, pad.pixel_of(20, 8).toPoint())
    qtbot.waitUntil(lambda: page.answer.question.number == page._number, timeout=PATIENCE)
    assert not page.evolution.playing
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=pad.pixel_of(20, 8).toPoint())
    qtbot.waitUntil(lambda: page.evolution.playing, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not page.evolution.playing, timeout=PATIENCE)
    assert page.evolution.step == len(page.evolution.evolution.frames) - 1
    assert (page.curves.residual.lines[1].curve.x == page.evolution.step).all()


def test_a_newcomer_is_told_that_the_field_is_prepared(qtbot, monkeypatch) -> None:
    go_on = threading.Event()

    def slow(asked: Question, cancel: CancelFlag) -> Answer:
        go_on.wait(PATIENCE / 1000)
        return answer(asked)

    monkeypatch.setattr(solving, "answer", slow)
    page = FieldPage(SMALL)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: page.bar.words == WORDS.preparing, timeout=PATIENCE)
    assert page.evolution.magnitude.image is None
    go_on.set()
    qtbot.waitUntil(lambda: page.answer is not None, timeout=PATIENCE)
    assert page.bar.words == WORDS.ready
    page.shut_down()


def test_gamma_and_solver_are_taken_over_at_once(page, after) -> None:
    field = page.settings.groups["Field"].fields["gamma"]
    field.edited.emit("gamma", 0.6, False)
    found = after(lambda: None, lambda one: one.question.model.spec.gamma == 0.6)
    solver = page.settings.groups["Solver"].fields["solver"]
    found = after(
        lambda: solver.edited.emit("solver", "multigrid", False),
        lambda one: one.question.solver == "multigrid",
    )
    assert found.question.model.spec.gamma == 0.6
    assert page.evolution.outcome.startswith("Settled")


def test_solvers_race_on_the_drawing_while_the_race_is_in_front(page, qtbot) -> None:
    page.sights.chosen.emit("race")
    page.sights.set_key("race")
    page.settings.draw.digits[1].click()
    qtbot.waitUntil(lambda: len(page.race.races) == 3, timeout=PATIENCE)
    assert len(page.race.plot.lines) == 3


def test_a_run_is_interrupted_saved_and_resumed_as_if_nothing_had_happened(
    page, qtbot, tmp_path
) -> None:
    page.start()
    qtbot.waitUntil(lambda: page.look.state.step >= 2, timeout=PATIENCE)
    page.pause()
    qtbot.waitUntil(lambda: not page.look.running, timeout=PATIENCE)
    held = page.look.state
    page.trainer.save(tmp_path / "run.npz")
    qtbot.waitUntil(lambda: page.bar.words == "Saved run.npz", timeout=PATIENCE)
    page.rewind()
    qtbot.waitUntil(lambda: page.look.state.step == 0, timeout=PATIENCE)
    page.files.take(tmp_path / "run.npz")
    qtbot.waitUntil(lambda: page.look.state.step == held.step, timeout=PATIENCE)
    page.start()
    qtbot.waitUntil(lambda: bool(page.look.state.stopped), timeout=PATIENCE)
    alone = Field().start(SMALL)
    while not alone.stopped:
        alone = Field().epoch(alone)
    for (_, mine), (_, other) in zip(
        page.look.state.training.params, alone.training.params, strict=True
    ):
        assert (mine == other).all()
    assert page.training.plots["loss"].lines
    assert "all 2 epochs are done" in page.bar.words.lower()


def test_latest_or_best_answers_also_of_a_saved_run(page, after, qtbot, tmp_path) -> None:
    draw = page.settings.draw
    assert not draw.model.isEnabled()
    QTest.keyClick(page, Qt.Key.Key_M)
    assert draw.model.key == "latest"
    page.start()
    qtbot.waitUntil(lambda: bool(page.look.state.stopped), timeout=PATIENCE)
    state = page.look.state
    # Two epochs at this rate aren't sure to differ in accuracy: the first is made the best.
    first = Field().epoch(Field().start(SMALL))
    state = replace(state, best=first.training.params, best_epoch=1)
    Field().save(state, tmp_path / "run.npz")
    page.files.take(tmp_path / "run.npz")
    qtbot.waitUntil(lambda: page.look.state.best_epoch == 1, timeout=PATIENCE)

    def asked(params):
        return lambda one: all(
            (mine == other).all()
            for (_, mine), (_, other) in zip(one.question.model.params, params, strict=True)
        )

    after(lambda: QTest.keyClick(page, Qt.Key.Key_M), asked(state.best))
    assert draw.model.key == "best"
    assert "epoch 1" in draw.model.toolTip()
    after(lambda: QTest.keyClick(draw.model, Qt.Key.Key_Left), asked(state.training.params))
    page.rewind()
    qtbot.waitUntil(lambda: page.look.state.step == 0, timeout=PATIENCE)
    assert not draw.model.isEnabled()


@pytest.mark.parametrize("run", [replace(SMALL, side=4)], ids=["tiny"])
def test_after_its_last_epoch_it_trains_as_many_again(page, qtbot) -> None:
    page.start()
    qtbot.waitUntil(lambda: page.look.state.epoch == 2 and not page.look.running, timeout=PATIENCE)
    page.start()
    qtbot.waitUntil(lambda: page.look.state.epoch == 4, timeout=PATIENCE)
    assert page.params.epochs == 4


def test_settings_that_need_another_run_wait_for_rewind(page, qtbot) -> None:
    page.trainer.step_batch()
    qtbot.waitUntil(lambda: page.look.state.step == 1, timeout=PATIENCE)
    channels = page.settings.groups["Field"].fields["channels"]
    channels.edited.emit("channels", 3, False)
    assert "Rewind" in page.bar.words
    assert page.look.state.spec.channels == 2
    page.rewind()
    qtbot.waitUntil(lambda: page.look.state.spec.channels == 3, timeout=PATIENCE)


def test_what_can_not_be_used_is_told_beside_its_field(page, qtbot) -> None:
    side = page.settings.groups["Field"].fields["side"]
    side.edited.emit("side", 11, False)
    qtbot.waitUntil(lambda: "see the settings" in page.bar.words, timeout=PATIENCE)
    # Eleven points aren't four blocks, either: the blocks are named.
    blocks = page.settings.groups["Field"].fields["pooled"]
    assert "11 points" in blocks.error_line.text()
    assert page.look.state.params.side == 8
    side.edited.emit("side", 12, False)
    qtbot.waitUntil(lambda: page.look.state.params.side == 12, timeout=PATIENCE)
    assert not blocks.error_line.text()


def test_a_strip_holds_chosen_steps(evolution, tmp_path) -> None:
    colouring = Colouring(evolution)
    steps = strip_steps(len(evolution.frames))
    write_strip(colouring, tmp_path / "strip.png")
    found = np.asarray(Image.open(tmp_path / "strip.png").convert("RGB"))
    assert (found == strip(colouring)).all()
    assert found.shape == (4 * 57, len(steps) * 116 - 4, 3)
    assert (found[:112:4, 116:228:4] == colouring.magnitude(steps[1])).all()


def test_a_film_shows_every_step_and_rests_at_both_ends(evolution, tmp_path) -> None:
    colouring = Colouring(evolution)
    write_film(colouring, tmp_path / "film.mp4")
    assert count_frames(tmp_path / "film.mp4") == len(evolution.frames) - 2 + 2 * HELD
    assert FPS > 0
    height, width = film_frame(colouring, 0).shape[:2]
    assert height % 2 == width % 2 == 0
    assert height >= 448


def test_the_menu_writes_in_the_background(page, qtbot, tmp_path) -> None:
    page.files.write(tmp_path / "a.png", write_strip, page.evolution.colouring)
    qtbot.waitUntil(lambda: page.bar.words == "Wrote a.png", timeout=PATIENCE)
    page.files.write(tmp_path / "none" / "a.png", write_strip, page.evolution.colouring)
    qtbot.waitUntil(lambda: "folder" in page.bar.words, timeout=PATIENCE)


def test_smoothing_is_the_mean_of_the_last_values() -> None:
    values = np.arange(30.0) ** 2
    found = smoothed(values, 4)
    assert found == pytest.approx([values[max(i - 3, 0) : i + 1].mean() for i in range(30)])
