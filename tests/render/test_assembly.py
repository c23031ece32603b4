"""Tiles come back into the right places, whatever the order."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfractals_gui.core import CancelFlag, Cancelled, Viewport
from deepfractals_gui.render.assembly import Assembly
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.request import UNKNOWN
from deepfractals_gui.render.schedule import Schedule


def finish(assembly, reuse=None, *, seed=0, cost=1e-5, threads=3, stop=None):
    """Compute what ``adopt`` leaves, several portions at once that end in any order."""
    dice = random.Random(seed)
    panels, total = assembly.adopt(reuse, CancelFlag())
    plan = Schedule(assembly.shape, panels, Account(assembly.shape, total, threads))
    running = []
    while stop is None or plan.done < stop:
        while len(running) < threads and (portion := plan.take()) is not None:
            running.append(portion)
        if not running:
            assert plan.exhausted
            break
        portion = running.pop(dice.randrange(len(running)))
        points, _ = assembly.compute(portion, None, CancelFlag())
        plan.finished(portion, points, points * cost * dice.uniform(0.5, 2))
        yield plan
    assert stop is not None or plan.done == total


def exhaust(steps):
    for _ in steps:
        pass


def panned(bench, request, columns, rows):
    view = request.viewport.panned(columns, rows, request.grid[1])
    return bench.request(
        request.key, request.shape, viewport=view, supersampling=request.supersampling
    )


@pytest.mark.parametrize("paints", [True, False])
@pytest.mark.parametrize("cost", [1e-8, 1e-5, 2e-3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (7, 9), (61, 83)])
def test_any_order_gives_the_bits_of_one_flat_call(bench, same_bits, paints, cost, shape):
    request = bench.request(shape=shape)
    expected = bench.expected(request)
    for seed in range(3):
        assembly = Assembly(request, bench.plain, paints=paints)
        exhaust(finish(assembly, seed=seed, cost=cost))
        same_bits(assembly.samples(complete=True).channels, expected)


def test_each_sample_is_computed_once(bench):
    assembly = Assembly(bench.request(), bench.plain, paints=True)
    exhaust(finish(assembly, cost=1e-3))
    assert bench.plain.sampled == 60 * 83


def test_the_picture_is_complete_after_the_coarse_pass(bench):
    assembly = Assembly(bench.request(), bench.plain, paints=True)
    lattice = 4 * 6
    plan = next(p for p in finish(assembly, cost=1e-2, threads=1) if p.done == lattice)
    assert plan.total == 60 * 83
    assert np.all(assembly.channels["status"] > 0)
    assert set(np.unique(assembly.level)) == {0, 4}


def test_a_coarse_cell_never_covers_a_finer_one(bench):
    """With running tasks of several passes: the level of a sample only falls."""
    for seed in range(4):
        assembly = Assembly(bench.request(), bench.plain, paints=True)
        before = assembly.level.copy()
        for _ in finish(assembly, seed=seed, cost=1e-4, threads=4):
            assert np.all(assembly.level <= before)
            before = assembly.level.copy()


def test_the_level_says_what_is_known(bench):
    request = bench.request()
    expected = bench.expected(request)
    assembly = Assembly(request, bench.plain, paints=True)
    for _ in finish(assembly, cost=1e-3):
        exact, unknown = assembly.level == 0, assembly.level == UNKNOWN
        assert np.all((assembly.channels["status"] == 0) == unknown)
        for name, channel in assembly.channels.items():
            assert np.array_equal(channel[exact], expected[name][exact])
    assert np.all(assembly.level == 0)


def test_painted_cells_show_the_nearest_lattice_point(bench):
    request = bench.request(shape=(64, 64))
    expected = bench.expected(request)
    assembly = Assembly(request, bench.plain, paints=True)
    lines = np.arange(64)
    for plan in finish(assembly, cost=2e-3, threads=1):
        if plan.done % 16:
            continue
        for level in range(1, 4):
            stride = 1 << level
            near = np.minimum((lines + stride // 2) // stride * stride, 63 // stride * stride)
            cells = assembly.level == level
            shown = assembly.channels["number"][cells]
            assert np.array_equal(shown, expected["number"][np.ix_(near, near)][cells])


@settings(max_examples=30)
@given(
    columns=st.integers(-60, 60),
    rows=st.integers(-50, 50),
    share=st.floats(0, 1),
    samples=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_a_pan_takes_over_what_is_known_and_computes_the_rest(
    make_bench, columns, rows, share, samples, seed
):
    bench = make_bench()
    old = bench.request(shape=(20, 27), supersampling=samples)
    total = old.grid[0] * old.grid[1]
    source = Assembly(old, bench.plain, paints=True)
    exhaust(finish(source, seed=seed, cost=1e-4, stop=int(share * total)))
    known = source.level == 0
    new = panned(bench, old, columns, rows)
    height, width = new.grid
    shared = known[max(0, rows) : height + min(0, rows), max(0, columns) : width + min(0, columns)]
    shared = shared if abs(rows) < height and abs(columns) < width else np.zeros(0)
    before = bench.plain.sampled
    target = Assembly(new, bench.plain, paints=True)
    exhaust(finish(target, source.samples(complete=bool(known.all())), seed=seed, cost=1e-4))
    assert bench.plain.sampled - before == total - np.count_nonzero(shared)
    for name, array in bench.expected(new).items():
        assert target.channels[name].tobytes() == array.tobytes()


def test_another_view_is_not_taken_over(bench):
    source = Assembly(bench.request(), bench.plain, paints=True)
    exhaust(finish(source))
    other = bench.request(viewport=Viewport.at(0, 0, 1.0))
    target = Assembly(other, bench.plain, paints=True)
    assert target.adopt(source.samples(complete=True), CancelFlag())[1] == 60 * 83


def test_a_band_holds_the_rows_of_the_whole(bench, same_bits):
    request = bench.request(supersampling=2)
    expected = bench.expected(request)
    for first, rows in ((0, 1), (7, 31), (119, 1), (0, 120)):
        band = Assembly(request, bench.plain, first_row=first, rows=rows)
        exhaust(finish(band, cost=1e-6))
        wanted = {name: array[first : first + rows] for name, array in expected.items()}
        same_bits(band.channels, wanted)


@pytest.mark.parametrize(("first", "rows"), [(-1, 5), (0, 61), (60, 1), (5, 0)])
def test_rows_outside_the_grid_are_refused(bench, first, rows):
    with pytest.raises(ValueError, match=r"within \[0, 59\]"):
        Assembly(bench.request(), bench.plain, first_row=first, rows=rows)


def test_a_cancelled_tile_writes_nothing(bench):
    assembly = Assembly(bench.request(), bench.plain, paints=True)
    panels, total = assembly.adopt(None, CancelFlag())
    portion = Schedule(assembly.shape, panels, Account(assembly.shape, total, 1)).take()
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        assembly.compute(portion, None, flag)
    assert not assembly.channels["status"].any()


def test_what_is_given_out_can_not_be_written(bench):
    samples = Assembly(bench.request(), bench.plain).samples(complete=True)
    with pytest.raises(ValueError, match="read-only"):
        samples.channels["status"][0, 0] = 1


def test_painting_notices_a_flag_that_goes_up(bench, monkeypatch):
    """A coarse tile of a huge picture paints millions of cells."""
    monkeypatch.setattr("deepfractals_gui.render.assembly.BAND_CELLS", 100)
    assembly = Assembly(bench.request(), bench.plain, paints=True)
    panels, total = assembly.adopt(None, CancelFlag())
    portion = Schedule(assembly.shape, panels, Account(assembly.shape, total, 1)).take()
    flag = CancelFlag()
    sample = bench.plain.sample
    bench.plain.sample = lambda *arguments: (sample(*arguments), flag.set())
    with pytest.raises(Cancelled):
        assembly.compute(portion, None, flag)
    assert np.count_nonzero(assembly.channels["status"]) == portion.points
