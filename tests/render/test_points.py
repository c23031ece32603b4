"""Flat lists of points in parallel."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Points
from deepfractals_gui.render import sample_points


@pytest.fixture
def points() -> Points:
    dice = np.random.default_rng(7)
    return Points.absolute(dice.normal(size=5000), dice.normal(size=5000))


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 9, 5000])
def test_any_cut_gives_the_bits_of_one_call(bench, same_bits, points, threads, count):
    part = Points(
        points.x[:count], points.y[:count], points.dx[:count], points.dy[:count], points.viewport
    )
    params = bench.request().params
    expected = bench.plain.allocate(count, params)
    bench.plain.sample(part, params, None, expected, CancelFlag())
    renderer = bench.renderer(threads)
    got = sample_points(bench.plain, params, None, part, CancelFlag(), renderer.run)
    same_bits(got, expected)


def test_each_point_is_sampled_once(bench, points):
    renderer = bench.renderer()
    sample_points(bench.plain, bench.request().params, None, points, CancelFlag(), renderer.run)
    assert bench.plain.sampled == len(points)


def test_a_plain_map_will_do(bench, points):
    def run(function, sequence):
        return [function(item) for item in sequence]

    got = sample_points(bench.plain, bench.request().params, None, points, CancelFlag(), run)
    assert np.all(got["status"] > 0)


def test_the_first_chunks_are_small_while_the_cost_is_not_known(bench, points):
    renderer = bench.renderer()
    sample_points(bench.plain, bench.request().params, None, points, CancelFlag(), renderer.run)
    assert max(bench.plain.calls[:16]) <= 8


def test_a_flag_that_is_up_stops_it(bench, points):
    flag = CancelFlag()
    flag.set()
    params = bench.request().params
    with pytest.raises(Cancelled):
        sample_points(bench.plain, params, None, points, flag, bench.renderer().run)
    assert bench.plain.sampled == 0


def test_a_flag_that_goes_up_stops_running_chunks(bench, points):
    flag, params = CancelFlag(), bench.request().params

    def raise_it():
        assert bench.gated.waiting.acquire(timeout=20)
        flag.set()

    other = threading.Thread(target=raise_it)
    other.start()
    with pytest.raises(Cancelled):
        sample_points(bench.gated, params, None, points, flag, bench.renderer().run)
    other.join()
    assert bench.gated.stopped >= 1


def test_an_error_of_the_system_is_raised(bench, points):
    params = bench.request().params
    with pytest.raises(ArithmeticError, match="don't add up"):
        sample_points(bench.failing, params, None, points, CancelFlag(), bench.renderer().run)
