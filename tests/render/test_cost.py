"""What a point costs, and where."""

from __future__ import annotations

import sys

import pytest

from deepfractals_gui.render.cost import CELLS, CROWDED, CostMap, Effort
from deepfractals_gui.render.tiling import Rect

WHOLE = Rect(0, 700, 0, 1000)


def test_nothing_is_known_at_first():
    assert not CostMap((700, 1000)).known


def test_what_was_measured_in_a_place_is_found_there():
    costs = CostMap((700, 1000))
    costs.note([Rect(0, 100, 0, 100)], 1e-3)
    costs.note([Rect(300, 400, 500, 600)], 1e-6)
    assert costs.known
    assert costs.at(Rect(10, 20, 10, 20)) == 1e-3
    assert costs.at(Rect(320, 330, 540, 550)) == 1e-6
    assert 1e-6 < costs.at(Rect(650, 660, 10, 20)) < 1e-3


def test_the_dearest_place_counts():
    costs = CostMap((700, 1000))
    costs.note([WHOLE], 1e-6)
    costs.note([Rect(310, 320, 505, 515)], 1e-3)
    assert costs.at(WHOLE) == 1e-3
    assert costs.low == pytest.approx(1e-6)
    assert costs.mean == pytest.approx((1e-3 + (CELLS**2 - 1) * 1e-6) / CELLS**2)


def test_the_latest_measurement_counts():
    costs = CostMap((700, 1000))
    costs.note([WHOLE], 1e-2)
    costs.note([WHOLE], 1e-6)
    assert [costs.at(WHOLE), costs.mean, costs.low] == pytest.approx([1e-6] * 3)


def test_what_took_no_time_still_costs_something():
    costs = CostMap((700, 1000))
    costs.note([WHOLE], 0.0)
    assert costs.mean > 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 3)])
def test_every_place_of_any_shape_has_a_cost(shape):
    costs = CostMap(shape)
    for row in {0, shape[0] - 1}:
        for column in {0, shape[1] - 1}:
            costs.note([Rect(row, row + 1, column, column + 1)], 1e-3)
            assert costs.at(Rect(row, row + 1, column, column + 1)) == 1e-3


@pytest.mark.skipif(sys.platform == "win32", reason="the wall's time counts there")
def test_time_that_a_thread_was_kept_waiting_counts_for_less(monkeypatch):
    wall, own = [10.0], [1.0]
    monkeypatch.setattr("deepfractals_gui.render.cost.time.perf_counter", lambda: wall[0])
    monkeypatch.setattr("deepfractals_gui.render.cost.time.thread_time", lambda: own[0])
    effort = Effort()
    wall[0], own[0] = 10.020, 1.015
    assert effort.seconds == pytest.approx(0.015)
    wall[0] = 10.120
    assert effort.seconds == pytest.approx(0.120 / CROWDED)
