"""Plots of curves: gaps, several lines, legends, marks, what the pointer reads, axes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtWidgets import QApplication

from deepfractals_gui.core import Curve
from deepfractals_gui.gui.axes import linear_ticks, log_ticks, round_step, tick_text
from deepfractals_gui.gui.curve_lines import Key, Line, envelope, segments, series_color
from deepfractals_gui.gui.curve_plot import CurvePlot, spread


@pytest.fixture
def plot(qtbot):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    plot.resize(240, 140)
    plot.show()
    return plot


def test_values_that_no_logarithm_has_are_left_out(plot) -> None:
    y = np.array([1.0, 0.0, -2.0, np.inf, np.nan, 10.0])
    plot.set_curve(Curve("step size", np.arange(6), y, log=True), 0)
    assert np.isfinite(plot.points[1]).tolist() == [True, False, False, False, False, True]
    assert plot.points[1][-1] == 1.0
    plot.grab()


def test_a_curve_without_a_finite_value_says_so(plot) -> None:
    plot.set_curve(Curve("|z|", np.arange(3), np.full(3, np.nan), log=True), 0)
    assert plot.reading == "no finite value"
    plot.grab()


def test_the_value_under_the_pointer_is_read(plot, qtbot) -> None:
    plot.set_curve(Curve("|z|", np.arange(11), np.arange(11) ** 2.0), 0)
    box = plot._box(plot._labels())
    qtbot.mouseMove(plot, QPoint(round(box.left() + 0.5 * box.width()), 70))
    qtbot.waitUntil(lambda: plot.reading == "n = 5   25")
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert plot.reading == ""


def norms(*ends: float) -> list[Line]:
    n = np.arange(50.0)
    return [
        Line(Curve(f"|W{index}|", n, 1 + (end - 1) * n / 49), Key(f"|W{index}|", index, index), "x")
        for index, end in enumerate(ends)
    ]


def test_the_pointer_reads_every_curve(plot, qtbot) -> None:
    plot.set_lines("norms", [*norms(50.0, 99.0), Line(Curve("|W2|", np.arange(10.0), np.zeros(10)),
                                                      Key("|W2|", 2, 2))])  # fmt: skip
    box = plot._box(plot._labels())
    qtbot.mouseMove(plot, QPoint(round(box.left() + 0.5 * box.width()), 70))
    qtbot.waitUntil(lambda: plot.reading != "")
    n = int(plot.reading.split()[2])
    assert abs(n - 24.5) < 2
    assert plot.reading == f"n = {n}   |W0| {1 + n}   |W1| {1 + 2 * n}   |W2| –"
    assert plot.accessibleDescription().count("steps") == 3


def test_marks_of_curves_that_end_together_stay_apart(plot) -> None:
    assert spread([50.0] * 3, 10.0, 0.0, 100.0) == [50.0, 60.0, 70.0]
    assert spread([98.0, 99.0, 100.0], 10.0, 0.0, 100.0) == [80.0, 90.0, 100.0]
    assert spread([5.0, 40.0, 95.0], 10.0, 0.0, 100.0) == [5.0, 40.0, 95.0]
    assert spread([3.0] * 4, 10.0, 0.0, 20.0) == [0.0, 10.0, 20.0, 30.0]
    plot.set_lines("norms", norms(*[2.0] * 6))
    plot.grab()


def test_a_legend_moves_below_the_title_where_there_is_no_room(plot) -> None:
    lines = norms(2.0, 3.0)
    plot.set_lines("weight norms", lines, [line.key for line in lines])
    tops = []
    for width in (400, 130):
        plot.resize(width, 140)
        tops.append(plot._box(plot._labels()).top())
        plot.grab()
    assert tops[1] > tops[0]


def test_a_run_that_explodes_flattens_no_other(plot) -> None:
    n = np.arange(100.0)
    calm, wild = (Curve("loss", n, 10.0**exponents, log=True) for exponents in (-n / 50, 3 * n))
    plot.set_lines("loss", [Line(calm, Key("1")), Line(wild, Key("2", 1))])
    low, high = plot._range
    assert low < -1.9
    assert 11 < high < 14
    plot.set_lines("loss", [Line(wild, Key("2", 1))])
    assert plot._range[1] > 290
    plot.grab()


def test_dots_are_drawn_where_a_curve_is_not_joined(plot) -> None:
    x = np.arange(5.0)
    scattered = Curve("output", x, x, against="target", joined=False)
    plot.set_lines("learned function", [Line(scattered, Key("output", 0))])
    assert plot.title == "learned function over target"
    box = plot._box(plot._labels())
    shot = plot.grab().toImage()
    between = QPointF(box.left() + 0.375 * box.width(), plot._to_y(box, 1.5))
    assert shot.pixelColor(between.toPoint()) != series_color(0)


def test_a_long_curve_is_drawn_by_its_extremes() -> None:
    x = np.arange(100_000.0)
    y = np.sin(x)
    y[[1234, 77_777]] = 9.0, -9.0
    few, drawn = envelope(x, y, 1000)
    assert len(few) <= 1002
    assert (np.diff(few) >= 0).all()
    assert drawn.max() == 9.0
    assert drawn.min() == -9.0
    y[20_000:40_000] = np.nan
    gap = np.isnan(envelope(x, y, 1000)[1])
    assert 0.15 < gap.mean() < 0.25


def test_a_line_is_drawn_in_pieces_of_its_dashes() -> None:
    x = np.array([0.0, 3.0, 3.0, 10.0])
    y = np.array([0.0, 4.0, 10.0, 10.0])
    whole = segments(x, y, np.zeros(0))
    assert whole.tolist() == [[0, 0, 3, 4], [3, 4, 3, 10], [3, 10, 10, 10]]
    pieces = segments(x, y, np.array([2.0, 1.0]))
    lengths = np.hypot(pieces[:, 2] - pieces[:, 0], pieces[:, 3] - pieces[:, 1])
    # The line is 18 long: six times a dash of 2 and a gap of 1.
    assert lengths.sum() == pytest.approx(12.0)
    assert pieces[0].tolist() == pytest.approx([0, 0, 1.2, 1.6])
    # The first corner lies 5 along the line, at the end of the second dash: [3, 5].
    assert pieces[1].tolist() == pytest.approx([1.8, 2.4, 3, 4])
    # The second lies 11 along, in the gap [11, 12]: the next dash begins behind it.
    assert [4, 10, 6, 10] in [pytest.approx(piece) for piece in pieces.tolist()]
    assert segments(x[:1], y[:1], np.zeros(0)).shape == (0, 4)


def test_axes_have_few_round_labels() -> None:
    assert linear_ticks(0.0, 10.0, 5) == [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]
    assert linear_ticks(-0.3, 0.7, 3) == pytest.approx([0.0, 0.5])
    assert [tick_text(v) for v in (0.25, 1e-9, 300000.0, 0.0)] == ["0.25", "1e-9", "3e5", "0"]


def test_steps_are_round() -> None:
    steps = [round_step(least) for least in (0.9, 1.0, 1.1, 3.0, 6e-5, 0.0)]
    assert steps == pytest.approx([1.0, 1.0, 2.0, 5.0, 1e-4, 1.0])


def test_logarithmic_labels_are_few_and_inside() -> None:
    wide = [(0, 8), (-12, 1), (-0.6, 1.5), (-0.9, 1.9), (-300, 3)]
    for low, high in (*wide, (0, 1), (0.3, 0.9), (0, 0.02), (2, 2.3)):
        for wanted in (2, 4):
            ticks = log_ticks(low, high, wanted)
            assert 2 <= len(ticks) <= 9, (low, high)
            assert ticks == sorted(ticks)
            assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
