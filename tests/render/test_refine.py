"""Where a boundary may be, and how sure the rest is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import Viewport
from deepfractals_gui.render.cost import Account
from deepfractals_gui.render.refine import Points, audited, unsettled, verdict, wilson
from deepfractals_gui.render.request import UNKNOWN


def expected(outcome, level, stride):
    """The definition, sample by sample."""
    coarse = outcome[:: 2 * stride, :: 2 * stride]
    height, width = coarse.shape

    def around(row, column):
        for r in range(max(0, row - 1), min(height, row + 2)):
            for c in range(max(0, column - 1), min(width, column + 2)):
                yield r, c

    touching = {
        (r, c)
        for r in range(height)
        for c in range(width)
        if len({bool(coarse[place]) for place in around(r, c)}) > 1
    }
    near = {place for touched in touching for place in around(*touched)}
    found = set()
    for row in range(0, outcome.shape[0], stride):
        for column in range(0, outcome.shape[1], stride):
            i, j = row // stride, column // stride
            beside = {
                (min(r, height - 1), min(c, width - 1))
                for r in (i // 2, (i + 1) // 2)
                for c in (j // 2, (j + 1) // 2)
            }
            open_ = level[row, column] > 0 and beside & near
            if open_ or level[row, column] == UNKNOWN:
                found.add((row, column))
    return found


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    stride=st.sampled_from([1, 2, 4]),
    seed=st.integers(0, 1000),
)
def test_samples_beside_a_boundary_are_unsettled(shape, stride, seed):
    dice = np.random.default_rng(seed)
    outcome = np.kron(dice.random((5, 5)) < 0.2, np.ones((9, 9), bool))[: shape[0], : shape[1]]
    level = dice.choice([0, 1, 3, UNKNOWN], shape, p=[0.3, 0.3, 0.38, 0.02]).astype(np.uint8)
    rows, columns = unsettled(outcome[:: 2 * stride, :: 2 * stride], level, stride)
    assert len(rows) == len(set(zip(rows, columns, strict=True)))
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == expected(
        outcome, level, stride
    )


def test_a_picture_of_one_outcome_has_no_boundary():
    level = np.full((30, 40), 2, np.uint8)
    for outcome in (np.zeros((30, 40), bool), np.ones((30, 40), bool)):
        assert len(unsettled(outcome[::4, ::4], level, 2)[0]) == 0


def test_an_audit_looks_at_filled_samples_once_each(bench):
    level = np.zeros((200, 300), np.uint8)
    level[50:, 100:] = 2
    rows, columns = audited(bench.request(), level)
    assert len(rows) == 150 * 200 // 100
    assert len(set(zip(rows, columns, strict=True))) == len(rows)
    assert np.all(level[rows, columns] == 2)
    # Not from one corner of it.
    assert abs(rows.mean() - 125) < 15
    assert abs(columns.mean() - 200) < 20


def test_an_audit_is_the_same_for_equal_requests_alone(bench):
    level = np.ones((200, 300), np.uint8)
    first, again = (audited(bench.request(), level) for _ in range(2))
    other = audited(bench.request(viewport=Viewport.at(0, 0, 1)), level)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("filled", [0, 1, 50])
def test_few_filled_samples_are_all_audited(bench, filled):
    level = np.zeros((10, 10), np.uint8)
    level.ravel()[:filled] = 1
    assert len(audited(bench.request(), level)[0]) == filled


def test_a_verdict_counts_what_differs():
    before = np.array([True, False, True, True])
    found = verdict(before, ~before, 400)
    assert (found.filled, found.computed, found.wrong) == (400, 4, 4)
    assert verdict(before, before, 400).wrong == 0


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (0, 210, 0.0, 0.01796),
        (10, 100, 0.05523, 0.17437),
        (100, 100, 0.96301, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=1e-5)


@pytest.mark.parametrize("batch", [1, 8])
def test_points_are_handed_out_once_and_in_whole_batches(batch):
    rows, columns = np.divmod(np.arange(1000), 40)
    account = Account((25, 40), 1000, 2, batch)
    plan = Points((25, 40), rows, columns, 1, account)
    seen = []
    while (portion := plan.take()) is not None:
        assert portion.points % batch == 0
        seen += zip(portion.rows.tolist(), portion.columns.tolist(), strict=True)
        plan.finished(portion, portion.points, portion.points * 0.004)
    assert plan.exhausted
    assert sorted(seen) == list(zip(rows.tolist(), columns.tolist(), strict=True))
    middle = np.hypot(*(np.array(seen) - (12.5, 20)).T)
    assert np.all(np.diff(middle) >= 0)
