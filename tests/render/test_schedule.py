"""Portions follow the cost of a point, and passes come when they are worth it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.schedule import FIRST_POINTS, TASK_SECONDS, Schedule
from deepfractals_gui.render.tiling import Panel, Rect, first_stride


def schedule(shape=(700, 1000), threads=2, batch=1, **options) -> Schedule:
    panels = [Panel(Rect(0, shape[0], 0, shape[1]))]
    account = Account(shape, shape[0] * shape[1], threads, batch)
    return Schedule(shape, panels, account, **options)


def play(plan: Schedule, cost, threads=2, limit=None):
    """Let ``threads`` workers compute in virtual time; yields (end, portion) as they end."""
    running, now, count = [], 0.0, 0
    while True:
        while len(running) < threads and (portion := plan.take()) is not None:
            spent = portion.points * cost(now, portion)
            running.append((now + spent, count, spent, portion))
            count += 1
        if not running or (limit is not None and now > limit):
            return
        running.sort(key=lambda entry: entry[:2])
        now, _, spent, portion = running.pop(0)
        plan.finished(portion, portion.points, spent)
        yield now, portion


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    threads=st.integers(1, 5),
    cost=st.floats(-8, -1),
    seed=st.integers(0, 1000),
)
def test_every_sample_is_handed_out_once(shape, threads, cost, seed):
    plan = schedule(shape, threads)
    dice = random.Random(seed)
    running = []
    while True:
        while len(running) < threads and (portion := plan.take()) is not None:
            assert portion.points > 0
            running.append(portion)
        if not running:
            break
        portion = running.pop(dice.randrange(len(running)))
        spent = portion.points * 10**cost * dice.uniform(0.1, 10)
        plan.finished(portion, portion.points, spent)
    assert plan.exhausted
    assert plan.done == plan.total == shape[0] * shape[1]


def test_no_finer_tile_is_handed_out_where_a_coarser_one_is_still_painted():
    plan = schedule((64, 64), threads=3)
    first = plan.take()
    while (portion := plan.take()) is not None:
        plan.finished(portion, portion.points, 1e-9 * portion.points)
        for tile in portion.tiles:
            if portion.sweep.stride < first.sweep.stride:
                area = portion.sweep.area(tile)
                assert not any(first.sweep.area(other).meets(area) for other in first.tiles)
    assert not plan.exhausted
    plan.finished(first, first.points, 1e-6)
    for _, _ in play(plan, lambda now, portion: 1e-9):
        pass
    assert plan.exhausted


def test_a_slow_system_has_its_coarse_pass_within_300_ms():
    plan = schedule()
    coarse = first_stride([Panel(Rect(0, 700, 0, 1000))])
    end = max(
        now
        for now, portion in play(plan, lambda now, portion: 0.010, limit=1.0)
        if portion.sweep.stride == coarse
    )
    assert end <= 0.3


def test_tasks_of_a_slow_system_are_a_point_or_two():
    plan = schedule()
    sizes = [portion.points for _, portion in play(plan, lambda now, p: 0.010, limit=3.0)]
    assert max(sizes[8:]) <= 2


@pytest.mark.parametrize("cost", [1e-7, 1e-6, 1e-5, 1e-4])
def test_tasks_take_about_15_ms(cost):
    plan = schedule((1400, 2000))
    spent = [
        portion.points * cost
        for _, portion in play(plan, lambda now, p: cost + 6e-5 / p.points, limit=3.0)
    ]
    middle = sorted(spent[8:])[len(spent[8:]) // 2]
    assert 0.3 * TASK_SECONDS <= middle <= 1.5 * TASK_SECONDS
    assert max(spent[8:]) <= 4 * TASK_SECONDS


def test_a_slow_first_call_does_not_spoil_the_rest():
    """Kernels are loaded in the first call, which then says nothing about the cost."""
    plan = schedule()
    first = []

    def cost(now, portion):
        first.append(portion)
        return 0.1 / portion.points if len(first) <= 2 else 2e-7

    history = list(play(plan, cost))
    assert history[-1][0] <= 0.1 + 1.2 * 700_000 * 2e-7 / 2
    assert len(history) <= 100


def test_the_time_left_allows_for_a_dear_middle():
    """Passes go from the centre outwards: the mean cost would promise too much half-way."""
    shape = (350, 500)
    plan = schedule(shape)

    def cost(now, portion):
        points = spent = 0
        for tile, area in zip(portion.tiles, portion.areas, strict=True):
            top, bottom, left, right = area
            dear = abs(top + bottom - 350) < 160 and abs(left + right - 500) < 160
            count = portion.sweep.count(tile)
            points, spent = points + count, spent + count * (2e-3 if dear else 1e-4)
        return spent / points

    history = [(now, plan._account.seconds_left) for now, _ in play(plan, cost)]
    end = history[-1][0]
    for now, left in history:
        if now > 0.03 * end:
            assert 0.5 < (left + 0.1) / (end - now + 0.1) < 1.6
        if now > 0.85 * end:
            assert left == pytest.approx(end - now, rel=0.15, abs=0.1)


@pytest.mark.parametrize("cost", [1e-4, 1e-3, 1e-2])
def test_points_are_handed_out_in_whole_batches(cost):
    """Eight points computed side by side take as long as one: a rest of them is lost."""
    plan = schedule((60, 80), batch=8)
    sizes = []
    running = [plan.take(), plan.take()]
    while running:
        portion = running.pop(0)
        sizes.append(portion.points)
        plan.finished(portion, portion.points, -(-portion.points // 8) * 8 * cost)
        while len(running) < 2 and (found := plan.take()) is not None:
            running.append(found)
    full = sum(size for size in sizes if size % 8 == 0)
    assert full >= 0.9 * sum(sizes)
    assert plan._account.cost.mean == pytest.approx(cost, rel=0.1)


def test_threads_end_together():
    plan = schedule()
    ends = [now for now, _ in play(plan, lambda now, p: 3e-7)]
    assert ends[-1] - ends[-2] <= 0.003


def test_a_fast_system_makes_few_passes():
    strides = {portion.sweep.stride for _, portion in play(schedule(), lambda now, p: 1e-7)}
    assert strides <= {128, 8, 4, 2, 1}
    assert len(strides) <= 4


def test_a_slow_system_makes_every_pass():
    plan = schedule((60, 60))
    strides = {portion.sweep.stride for _, portion in play(plan, lambda now, p: 0.01)}
    assert strides == {8, 4, 2, 1}


def test_the_first_portion_is_small_while_nothing_is_known():
    portion = schedule().take()
    assert portion.points <= FIRST_POINTS


def test_a_dear_middle_does_not_get_the_tasks_of_a_cheap_rim():
    """Points inside a set may cost a thousand times those around it, where the passes end."""
    plan = schedule()

    def cost(now, portion):
        dear = 0.0
        for tile in portion.tiles:
            top, bottom, left, right = tile.rect
            rows = max(0, min(bottom, 450) - max(top, 250)) / (bottom - top)
            columns = max(0, min(right, 600) - max(left, 400)) / (right - left)
            dear += portion.sweep.count(tile) * rows * columns
        return 1e-7 + 1e-4 * dear / portion.points

    spent = [p.points * cost(now, p) for now, p in play(plan, cost)]
    assert plan.exhausted
    # A cell of the cost map holds 2700 points: what is dear in it can only show once.
    assert max(spent) <= 0.3
    assert sorted(spent)[len(spent) // 2] >= 0.003
