"""The confusion matrix and the worst mistakes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from deepfractals_gui.gui.lab.confusion_view import ConfusionView
from deepfractals_gui.gui.lab.worst_view import Mistake, WorstView, words_of

COUNTS = np.array([[8, 2, 0], [0, 5, 0], [0, 0, 0]])


@pytest.fixture
def view(qtbot):
    view = ConfusionView()
    qtbot.addWidget(view)
    view.resize(420, 420)
    view.show()
    qtbot.waitExposed(view)
    view.set_counts(COUNTS, ("zero", "one", "two"))
    return view


def test_recall_is_the_share_of_a_class_that_is_found(view) -> None:
    assert view.recall[:2].tolist() == [0.8, 1.0]
    assert np.isnan(view.recall[2])
    assert view.accessibleDescription() == "13 of 15 right; zero: 80% found; one: 100% found"


def test_the_pointer_reads_which_is_taken_for_which(view, qtbot) -> None:
    assert view.reading == "13 of 15 right"
    qtbot.mouseMove(view, view.cell_of(0, 1).center().toPoint())
    qtbot.waitUntil(lambda: view.reading == "zero taken for one: 2 of 10")
    qtbot.mouseMove(view, view.cell_of(1, 1).center().toPoint())
    qtbot.waitUntil(lambda: view.reading == "one found: 5 of 5")


def test_rows_are_the_truth_and_mistakes_are_shaded(view) -> None:
    assert view.cell_of(1, 0).top() > view.cell_of(0, 0).top()
    assert view.cell_of(0, 1).left() > view.cell_of(0, 0).left()
    shot = view.grab().toImage()

    def corner(true: int, guessed: int) -> QColor:
        box = view.cell_of(true, guessed)
        return shot.pixelColor(round(box.left()) + 5, round(box.top()) + 5)

    assert corner(0, 1).red() > corner(0, 1).green()
    assert corner(0, 0).green() > corner(0, 0).red()
    assert corner(1, 0) == corner(2, 1)


@pytest.mark.parametrize("count", [1, 2, 10, 64])
def test_a_matrix_of_any_size_fits(view, count) -> None:
    view.set_counts(np.eye(count, dtype=np.int64) * 1000)
    last = view.cell_of(count - 1, count - 1)
    assert last.bottom() <= view.height()
    assert last.right() <= view.width()
    view.grab()


def test_mistakes_are_shown_as_images_from_the_top_down(qtbot) -> None:
    view = WorstView()
    qtbot.addWidget(view)
    view.resize(300, 300)
    picture = np.zeros((2, 2))
    picture[0, 0] = 1.0
    worst = [Mistake(41, "4", "9", 0.987, picture), Mistake(3, "1", "7", 0.9, picture)]
    view.set_mistakes(worst)
    assert words_of(worst[0]) == "test sample 42: 4 taken for 9, 98.7 % sure"
    assert view.accessibleDescription().startswith("test sample 42")
    box = view.box_of(0)
    shot = view.grab().toImage()
    assert shot.pixelColor(round(box.left()) + 10, round(box.top()) + 10).lightness() > 240
    assert shot.pixelColor(round(box.left()) + 60, round(box.top()) + 60).lightness() < 15
    assert not view.box_of(0).intersects(view.box_of(1))


def test_mistakes_without_images_are_lines_and_none_is_said(qtbot) -> None:
    view = WorstView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.set_mistakes([Mistake(0, "setosa", "virginica", 0.6)] * 3)
    assert view.box_of(1).top() >= view.box_of(0).bottom()
    view.grab()
    view.set_mistakes([])
    assert view.accessibleDescription() == "none"
    view.grab()
