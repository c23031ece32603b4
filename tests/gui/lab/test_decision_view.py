"""The plane of two inputs and the function of one: colours, points, what the pointer reads."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from deepfractals_gui.coloring.oklab import linear_from_srgb, oklab_from_linear
from deepfractals_gui.gui.lab.colors import CLASS_SERIES, SHAPES, class_color, regions, signed
from deepfractals_gui.gui.lab.decision_view import DecisionView
from deepfractals_gui.gui.lab.plane_view import Points
from deepfractals_gui.gui.theme import DARK, LIGHT, appearance

DICHROMATS = {
    "protanope": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranope": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}
"""What they see of linear sRGB: Viénot, Brettel and Mollon 1999."""


@pytest.fixture
def view(qtbot):
    view = DecisionView()
    qtbot.addWidget(view)
    view.resize(400, 420)
    view.show()
    qtbot.waitExposed(view)
    return view


def rgb(color: QColor) -> np.ndarray:
    return np.array([color.red(), color.green(), color.blue()])


def two_points() -> Points:
    return Points(
        np.array([-0.5, 0.5]), np.array([-0.5, 0.5]), np.array([False, True]), np.array([0, 1])
    )


def halves(low: float, high: float) -> np.ndarray:
    """Probabilities (4, 6, 2): the first class below, the second above."""
    grid = np.empty((4, 6, 2))
    grid[:2], grid[2:] = (low, 1 - low), (high, 1 - high)
    return grid


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("who", DICHROMATS)
def test_colours_of_three_classes_are_told_apart_by_dichromats(theme, who) -> None:
    seen = []
    for series in CLASS_SERIES[:3]:
        linear = linear_from_srgb(rgb(QColor(theme.series[series])) / 255)
        seen.append(oklab_from_linear(np.clip(np.array(DICHROMATS[who]) @ linear, 0, 1)))
    apart = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(seen, 2))
    assert apart > 0.09


def test_neighbouring_classes_differ_in_shape_too() -> None:
    assert len(set(SHAPES)) == len(SHAPES) == 4


def test_regions_mix_the_colours_of_the_classes_by_their_probabilities(qapp) -> None:
    grid = np.array([[[1.0, 0.0], [0.5, 0.5], [0.0, 1.0], [np.nan, 1.0]]])
    found = regions(grid)[0].astype(float)
    ground = rgb(appearance.theme.color("field")).astype(float)
    ends = [rgb(class_color(label)).astype(float) for label in (0, 1)]
    assert np.allclose(found[0], ground + 0.5 * (ends[0] - ground), atol=1)
    assert np.allclose(found[2], ground + 0.5 * (ends[1] - ground), atol=1)
    assert np.allclose(found[1], ground + 0.14 * (0.5 * (ends[0] + ends[1]) - ground), atol=1)
    assert np.allclose(found[3], ground, atol=1)


def test_signed_colours_meet_at_the_ground(qapp) -> None:
    found = signed(np.array([-2.0, 0.0, 2.0, 5.0]), 2.0)
    assert (found[1] == rgb(appearance.theme.color("field"))).all()
    assert (found[2] == rgb(class_color(0))).all()
    assert (found[0] == rgb(class_color(1))).all()
    assert (found[3] == found[2]).all()
    assert (signed(np.zeros(3), 0.0) == found[1]).all()


def test_row_zero_of_the_grid_is_the_smallest_y(view) -> None:
    view.show_plane(two_points(), (-1.0, 1.0), (-1.0, 1.0), ("inner", "outer"))
    view.plane.set_probabilities(halves(1.0, 0.0))
    picture = view.plane.picture
    assert picture.pixelColor(0, 3) == QColor(*regions(halves(1.0, 0.0))[0, 0].tolist())
    assert picture.pixelColor(0, 0) != picture.pixelColor(0, 3)
    assert view.plane.place_of(0.0, 1.0).y() < view.plane.place_of(0.0, -1.0).y()
    view.grab()


def test_a_point_lies_where_its_coordinates_say_and_in_its_colour(view) -> None:
    view.show_plane(two_points(), (-1.0, 1.0), (-1.0, 1.0), ("inner", "outer"))
    view.plane.set_probabilities(halves(0.0, 1.0))
    shot = view.plane.grab().toImage()
    at = view.plane.place_of(-0.5, -0.5).toPoint()
    assert shot.pixelColor(at) == class_color(0)
    # A point held back is hollow: its middle is the ground, not its colour.
    hollow = view.plane.place_of(0.5, 0.5).toPoint()
    assert shot.pixelColor(hollow) == appearance.theme.color("field")


def test_the_pointer_reads_coordinates_class_and_point(view, qtbot) -> None:
    view.show_plane(two_points(), (-1.0, 1.0), (-1.0, 1.0), ("inner", "outer"))
    view.plane.set_probabilities(halves(0.875, 0.25))
    qtbot.mouseMove(view.plane, view.plane.place_of(0.5, 0.5).toPoint())
    qtbot.waitUntil(lambda: "outer 75.0 %" in view.plane.reading)
    assert view.plane.reading.endswith("test point of outer")
    assert view.plane.reading.startswith("x 0.")
    qtbot.mouseMove(view.plane, view.plane.place_of(0.5, -0.5).toPoint())
    qtbot.waitUntil(lambda: "inner 87.5 %" in view.plane.reading)
    assert "point of" not in view.plane.reading
    QApplication.sendEvent(view.plane, QEvent(QEvent.Type.Leave))
    assert view.plane.reading == ""
    qtbot.mouseMove(view.plane, QPoint(1, 1))
    assert view.plane.reading == ""


def test_values_of_a_plane_are_shown_and_read(view, qtbot) -> None:
    points = Points(np.array([0.0]), np.array([0.0]), np.array([False]), values=np.array([1.5]))
    view.show_plane(points, (-1.0, 1.0), (-1.0, 1.0))
    view.plane.set_values(np.full((2, 2), 0.25), 2.0)
    qtbot.mouseMove(view.plane, view.plane.place_of(0.01, 0.01).toPoint())
    qtbot.waitUntil(lambda: "0.25" in view.plane.reading)
    assert view.plane.reading.endswith("training point, 1.5")
    view.grab()


def test_units_are_equally_long_on_both_axes(view) -> None:
    view.show_plane(two_points(), (-2.0, 2.0), (-1.0, 1.0))
    box = view.plane.box
    assert box.width() == pytest.approx(2 * box.height(), abs=2)


def test_a_function_is_drawn_over_its_data(view) -> None:
    x = np.array([2.0, 0.0, 1.0])
    view.show_function(x, x**2, np.array([False, True, False]))
    view.set_function(np.linspace(0, 2, 5), np.linspace(0, 4, 5))
    names = [line.key.text for line in view.function.lines]
    assert names == ["data", "test", "network"]
    assert [line.curve.joined for line in view.function.lines] == [False, False, True]
    assert view.function.lines[0].curve.x.tolist() == [1.0, 2.0]
    assert view.function.lines[0].curve.y.tolist() == [1.0, 4.0]
    view.grab()


def test_data_without_a_plane_says_what_to_look_at_instead(view) -> None:
    view.show_nothing("This data has 64 inputs: look at Confusion.")
    assert view.currentWidget() is view.empty
    assert "64 inputs" in view.empty.label.text()


def test_the_plane_follows_the_theme(view) -> None:
    view.show_plane(two_points(), (-1.0, 1.0), (-1.0, 1.0))
    view.plane.set_probabilities(halves(1.0, 0.0))
    dark = view.plane.picture.pixelColor(0, 0)
    appearance.choose("light")
    assert view.plane.picture.pixelColor(0, 0) != dark
    assert "2 points, 1 of them held back" in view.plane.accessibleDescription()
