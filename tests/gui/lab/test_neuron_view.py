"""Maps of hidden units: which are shown, chosen, enlarged and read."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from deepfractals_gui.gui.lab.colors import signed
from deepfractals_gui.gui.lab.neuron_view import MOST_UNITS, LayerMaps, NeuronView


@pytest.fixture
def view(qtbot):
    view = NeuronView()
    qtbot.addWidget(view)
    view.resize(330, 300)
    view.show()
    qtbot.waitExposed(view)
    view.set_layers(layers(6, 3))
    return view


def layers(*counts: int, size: int = 4) -> list[LayerMaps]:
    rng = np.random.default_rng(7)
    return [
        LayerMaps(f"Layer {n}", rng.normal(size=(count, size, size)))
        for n, count in enumerate(counts, start=1)
    ]


def test_every_unit_has_a_tile_and_none_covers_another(view) -> None:
    boxes = [view.maps.tile_of(0, unit) for unit in range(6)]
    boxes += [view.maps.tile_of(1, unit) for unit in range(3)]
    for number, box in enumerate(boxes):
        assert box.right() <= view.maps.width()
        assert not any(box.intersects(other) for other in boxes[:number])


def test_a_tile_shows_its_unit_with_the_smallest_y_at_the_bottom(view) -> None:
    values = layers(6, 3)[1].maps[2]
    colours = signed(values, float(np.abs(values).max()))
    picture = view.maps.picture(1, 2)
    assert picture.pixelColor(0, 3) == QColor(*colours[0, 0].tolist())
    assert picture.pixelColor(3, 0) == QColor(*colours[3, 3].tolist())


def test_many_units_scroll_and_the_rest_is_named(view) -> None:
    view.set_layers(layers(100))
    assert view.maps.height() > view.height()
    words = view.maps._heads[0][0]
    assert f"first {MOST_UNITS} of 100" in words
    view.maps.grab()


def test_a_click_enlarges_a_unit_and_another_goes_back(view) -> None:
    place = view.maps.tile_of(1, 1).center().toPoint()
    QTest.mouseClick(view.maps, Qt.MouseButton.LeftButton, pos=place)
    assert view.currentWidget() is view.large
    assert "Layer 2, unit 2" in view.large.title
    view.set_layers(layers(6, 3))
    assert view.currentWidget() is view.large
    QTest.mouseClick(view.large, Qt.MouseButton.LeftButton)
    assert view.currentWidget() is not view.large


def test_keys_choose_and_enlarge(view) -> None:
    view.maps.setFocus()
    across = sum(view.maps.tile_of(0, unit).top() == view.maps.tile_of(0, 0).top()
                 for unit in range(6))  # fmt: skip
    assert 1 < across < 6
    QTest.keyClick(view.maps, Qt.Key.Key_Right)
    assert view.maps.chosen == (0, 1)
    QTest.keyClick(view.maps, Qt.Key.Key_Down)
    assert view.maps.chosen == (0, 1 + across)
    QTest.keyClick(view.maps, Qt.Key.Key_Up)
    assert view.maps.chosen == (0, 1)
    QTest.keyClick(view.maps, Qt.Key.Key_Up)
    assert view.maps.chosen == (0, 1)
    QTest.keyClick(view.maps, Qt.Key.Key_Return)
    assert view.currentWidget() is view.large
    QTest.keyClick(view.large, Qt.Key.Key_Escape)
    assert view.currentWidget() is not view.large
    assert "unit 2" in view.maps.accessibleDescription()


def test_the_value_under_the_pointer_is_read(view, qtbot) -> None:
    view.maps.enlarged.emit((0, 0))
    values = layers(6, 3)[0].maps[0]
    box = view.large.box
    low_left = box.bottomLeft().toPoint()
    low_left.setX(low_left.x() + 3)
    low_left.setY(low_left.y() - 3)
    qtbot.mouseMove(view.large, low_left)
    qtbot.waitUntil(lambda: view.large.reading == f"{values[0, 0]:.4g}")


def test_an_enlarged_unit_that_is_no_longer_there_is_left(view) -> None:
    view.maps.enlarged.emit((1, 2))
    view.set_layers(layers(6, 2))
    assert view.currentWidget() is not view.large


def test_without_a_plane_it_says_why(view) -> None:
    view.show_nothing("Only two inputs make a plane.")
    assert view.currentWidget() is view.empty
    assert view.maps.chosen is None
