"""The steps of a field as pictures, and the way through them."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from deepfractals_gui.experiments.field_views import grey_rgb, phase_rgb
from deepfractals_gui.gui.field.evolution_view import EvolutionView
from deepfractals_gui.gui.field.field_pictures import (
    ALL,
    Colouring,
    mosaic,
    strip_steps,
)


@pytest.fixture
def view(qtbot, evolution):
    view = EvolutionView()
    qtbot.addWidget(view)
    view.resize(700, 480)
    view.show()
    qtbot.waitExposed(view)
    view.set_evolution(evolution)
    return view


def shown(raster) -> np.ndarray:
    image = raster.image
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_the_mean_is_drawn_with_one_brightness_for_all_steps(view, evolution) -> None:
    view.go(2)
    sizes = np.abs(evolution.frames).mean(axis=1, dtype=np.float64)
    assert (shown(view.magnitude) == grey_rgb(sizes[2], sizes.max())).all()
    scale = float(np.abs(evolution.frames.mean(axis=1)).max())
    assert (shown(view.phase) == phase_rgb(evolution.frames[2], None, scale)).all()


def test_a_channel_is_drawn_alone_and_all_of_them_side_by_side(view, evolution) -> None:
    view.channels.setCurrentIndex(view.channels.findData("2"))
    sizes = np.abs(evolution.frames[:, 2]).astype(np.float64)
    assert (shown(view.magnitude) == grey_rgb(sizes[view.step], sizes.max())).all()
    view.channels.setCurrentIndex(view.channels.findData(ALL))
    assert shown(view.magnitude).shape == (57, 57, 3)
    scale = float(np.abs(evolution.frames).max())
    last = phase_rgb(evolution.frames[-1], 3, scale)
    assert (shown(view.phase)[29:, 29:] == last).all()


def test_a_mosaic_has_a_line_between_its_pictures() -> None:
    ones = [np.full((2, 3, 3), value, np.uint8) for value in (10, 20, 30)]
    whole = mosaic(ones)
    assert whole.shape == (5, 7, 3)
    assert whole[0, :, 0].tolist() == [10, 10, 10, 0, 20, 20, 20]
    assert whole[3, :, 0].tolist() == [30, 30, 30, 0, 0, 0, 0]
    assert not whole[2].any()


def test_an_evolution_is_first_seen_at_its_end(view, evolution) -> None:
    last = len(evolution.frames) - 1
    assert view.step == last > 5
    assert view.words.text().startswith(f"step {last} of {last}")
    assert f"{evolution.residuals[-1]:.2e}" in view.words.text()
    assert view.outcome.startswith(f"Settled after {last} steps")


def test_keys_go_through_the_steps(view, evolution) -> None:
    last = len(evolution.frames) - 1
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.step == 0
    QTest.keyClick(view, Qt.Key.Key_Left)
    assert view.step == 0
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.step == 1
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.step == last
    QTest.keyClick(view.slider, Qt.Key.Key_Left)
    assert view.step == last - 1


def test_it_plays_from_the_first_to_the_last_step(view, evolution, qtbot) -> None:
    seen = []
    view.stepped.connect(seen.append)
    QTest.keyClick(view, Qt.Key.Key_Space)
    assert view.playing
    qtbot.waitUntil(lambda: not view.playing, timeout=30_000)
    assert seen == list(range(len(evolution.frames)))
    view.play()
    view.pause()
    assert not view.playing


def test_who_looks_at_a_step_goes_on_looking_at_it(view, evolution) -> None:
    view.go(3)
    view.set_evolution(evolution)
    assert view.step == 3
    view.go(10**6)
    view.set_evolution(evolution)
    assert view.step == len(evolution.frames) - 1


def test_bars_show_the_softmax_of_the_step(view, evolution) -> None:
    view.go(1)
    said = np.exp(evolution.logits[1]) / np.exp(evolution.logits[1]).sum()
    assert view.bars.probabilities == pytest.approx(said)
    assert view.bars.best == evolution.logits[1].argmax()
    assert view.probabilities.sum(axis=1) == pytest.approx(1.0)


def test_a_strip_takes_early_steps_densely_and_no_step_twice() -> None:
    assert strip_steps(4) == [0, 1, 2, 3]
    for count in (11, 12, 31, 400):
        steps = strip_steps(count)
        assert len(set(steps)) == len(steps) == 10
        assert (steps[0], steps[-1]) == (0, count - 1)
        assert steps == sorted(steps)
    assert strip_steps(31)[:3] == [0, 1, 2]


def test_a_pair_has_magnitudes_above_phases(evolution) -> None:
    colouring = Colouring(evolution)
    pair = colouring.pair(4, 2)
    assert pair.shape == (2 * 28 + 2 + 2 * 28, 56, 3)
    assert (pair[:56:2, ::2] == colouring.magnitude(4)).all()
    assert (pair[58::2, ::2] == colouring.phase(4)).all()


def test_a_click_on_the_strip_shows_its_step(view, evolution) -> None:
    strip = view.strip
    assert strip.steps == strip_steps(len(evolution.frames))
    upper, lower = strip.boxes()[2]
    assert lower.top() > upper.bottom()
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=upper.center().toPoint())
    assert view.step == strip.steps[2]
