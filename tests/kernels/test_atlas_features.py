"""Features of positions, and what the tables learn, against whole numbers and plain NumPy."""

from __future__ import annotations

from itertools import pairwise

import mpmath
import numpy as np
import pytest

from deepfractals_gui.atlas.encodings import (
    MOST_POSITIONS,
    grid_levels,
    octave_count,
    resolutions,
)
from deepfractals_gui.core import CancelFlag
from deepfractals_gui.kernels import atlas_features
from deepfractals_gui.kernels.atlas_shapes import LANES
from deepfractals_gui.kernels.jit import numba
from tests.reference import atlas as twin

CAPACITIES = [1, 2, 3, 1000, 1001, 152_089, MOST_POSITIONS - 1, MOST_POSITIONS]
KINDS = [np.float64, np.float32]


@numba.njit
def octaves_of(positions, capacity, octaves, rows):
    atlas_features.add_octaves(positions, capacity, octaves, rows)


@numba.njit
def cells_of(positions, capacity, levels, table, first, rows):
    atlas_features.add_cells(positions, capacity, levels, table, first, rows)


def some_positions(capacity, seed=1):
    """A tile with both ends of the line in it."""
    found = np.random.default_rng(seed).integers(0, capacity, LANES)
    found[:2] = 0, capacity - 1
    return found


@pytest.mark.parametrize("capacity", CAPACITIES)
def test_octaves_are_sines_of_exact_phases(capacity):
    count = octave_count(capacity)
    positions = some_positions(capacity)
    rows = {kind: np.zeros(2 * count * LANES, kind) for kind in KINDS}
    for found in rows.values():
        octaves_of(positions, capacity, count, found)
    with mpmath.workdps(40):
        expected = np.empty((2 * count, LANES))
        for lane, i in enumerate(positions):
            # Of x itself, without any remainder.
            x = (mpmath.mpf(int(i)) + mpmath.mpf(1) / 2) / capacity
            for k in range(count):
                expected[2 * k, lane] = mpmath.sinpi(2 * 2**k * x)
                expected[2 * k + 1, lane] = mpmath.cospi(2 * 2**k * x)
    for kind, most in ((np.float64, 1e-13), (np.float32, 4e-7)):
        assert np.abs(rows[kind].reshape(-1, LANES) - expected).max() <= most
    plain = twin.octaves(positions, capacity)
    assert np.abs(plain.T - expected).max() <= 1e-13


@pytest.mark.parametrize(
    ("capacity", "count"), [(1, 1), (2, 1), (3, 1), (4, 2), (1000, 9), (1024, 10), (1 << 24, 24)]
)
def test_octaves_go_up_to_half_the_capacity(capacity, count):
    assert octave_count(capacity) == count
    assert count == 1 or 2 ** (count - 1) <= capacity / 2 < 2**count


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("capacity", [1, 1001, MOST_POSITIONS])
def test_grids_are_interpolated_between_the_right_rows(capacity, kind):
    rows = 64
    cells = resolutions(min(7, capacity), capacity, 6)
    levels = grid_levels(cells, rows)
    assert {*levels[:, 3]} == ({0, 1} if capacity > 6 else {1})
    rng = np.random.default_rng(2)
    table = rng.standard_normal((int(levels[:, 2].sum()), 3)).astype(kind)
    positions = some_positions(capacity)
    found = np.zeros((2 + 18) * LANES, kind)
    cells_of(positions, capacity, levels, table, 2, found)
    found = found.reshape(20, LANES)
    assert not found[:2].any()
    expected = twin.grids(positions, capacity, cells, rows, table.astype(np.float64)).T
    assert np.abs(found[2:] - expected).max() <= (1e-14 if kind is np.float64 else 1e-6)


def test_a_grid_at_its_corners_is_its_rows_to_the_bit():
    # Position i of 2 N lies in the middle of a cell of N; an odd grid's corners are positions.
    capacity, cells = 50, 100
    levels = grid_levels([cells], 128)
    table = np.random.default_rng(1).standard_normal((101, 2))
    positions = np.arange(LANES) % capacity
    found = np.zeros(2 * LANES)
    cells_of(positions, capacity, levels, table, 0, found)
    assert np.array_equal(found.reshape(2, LANES), table[2 * positions + 1].T)


def test_resolutions_rise_from_the_coarsest_to_the_finest():
    for base, finest, levels in ((16, 152_089, 14), (1, 1, 14), (3, 9, 12), (5, 5, 1)):
        found = resolutions(base, finest, levels)
        assert len(found) == levels
        assert found[0] == (base if levels > 1 else finest)
        assert all(a < b for a, b in pairwise(found))
        if finest - base >= 10 * levels:
            growth = (finest / base) ** (1 / (levels - 1))
            assert found == [round(base * growth**level) for level in range(levels)]


def test_levels_that_fit_are_dense_and_lie_one_after_the_other():
    levels = grid_levels([3, 15, 16, 40], 16)
    assert levels.tolist() == [[3, 0, 4, 1], [15, 4, 16, 1], [16, 20, 16, 0], [40, 36, 16, 0]]


def scattered(kind, capacity=1001, tiles=3):
    cells = resolutions(3, capacity, 5)
    levels = grid_levels(cells, 64)
    rng = np.random.default_rng(3)
    positions = rng.integers(0, capacity, tiles * LANES)
    slopes = rng.standard_normal((tiles, 15, LANES)).astype(kind)
    return cells, levels, positions, slopes, np.zeros((int(levels[:, 2].sum()), 3), kind)


def scatter(levels, positions, slopes, gradient, flag, capacity=1001):
    for level in range(len(levels)):
        atlas_features.scatter(positions, capacity, levels, level, slopes, gradient, flag.array)


@pytest.mark.parametrize("kind", KINDS)
def test_scattering_is_the_transpose_of_looking_up(kind):
    cells, levels, positions, slopes, gradient = scattered(kind)
    scatter(levels, positions, slopes, gradient, CancelFlag())
    by_feature = slopes.astype(np.float64).transpose(0, 2, 1).reshape(len(positions), 15)
    expected = np.zeros(gradient.shape)
    begin = 0
    for level, count in enumerate(cells):
        left, right, w = twin.corners(positions, 1001, count, 64)
        for k in range(3):
            g = by_feature[:, 3 * level + k]
            for rows, share in ((left, 1 - w), (right, w)):
                expected[:, k] += np.bincount(begin + rows, share * g, len(expected))
        begin += min(count + 1, 64)
    error = np.abs(gradient - expected).max() / np.abs(expected).max()
    assert error <= (1e-14 if kind is np.float64 else 1e-6)


def test_a_raised_flag_ends_scattering_before_a_tile():
    _, levels, positions, slopes, gradient = scattered(np.float32)
    flag = CancelFlag()
    flag.set()
    scatter(levels, positions, slopes, gradient, flag)
    assert not gradient.any()


def adam(w, m, v, g, how):
    """One row, number by number, in float64. None of it moves where nothing pulls at the row."""
    rate, beta1, rest1, beta2, rest2, epsilon = how
    if not any(abs(one) > 1e-18 for one in g):
        return w, m, v
    moments = [beta1 * one + rest1 * slope for one, slope in zip(m, g, strict=True)]
    squares = [beta2 * one + rest2 * slope * slope for one, slope in zip(v, g, strict=True)]
    moved = [
        one - rate * moment / (square**0.5 + epsilon)
        for one, moment, square in zip(w, moments, squares, strict=True)
    ]
    return moved, moments, squares


def tables(kind, rows=5000):
    rng = np.random.default_rng(4)
    w, m, g = (rng.standard_normal((rows, 3)).astype(kind) for _ in range(3))
    v = (m * m + kind(0.1)).astype(kind)
    g[rng.random(rows) < 0.5] = 0.0
    g[7], g[8] = [0.0, 0.25, 0.0], [1e-19, 0.0, -1e-19]
    return w, m, v, g


@pytest.mark.parametrize("kind", KINDS)
def test_rows_with_a_gradient_move_as_adam_has_it_and_others_stay(kind):
    w, m, v, g = tables(kind)
    how = np.array([0.03, 0.9, 0.1, 0.99, 0.01, 1e-15], kind)
    before = [one.copy() for one in (w, m, v, g)]
    most = 1e-13 if kind is np.float64 else 2e-6
    assert atlas_features.adam_rows(w, m, v, g, 2, 4000, how, CancelFlag().array)
    for row in range(len(w)):
        old = [one[row] for one in before]
        still = not 2 <= row < 4000 or not np.any(np.abs(old[3]) > 1e-18)
        if still:
            assert all(np.array_equal(a[row], b) for a, b in zip((w, m, v), old, strict=False))
        else:
            assert np.array_equal(w[row] != old[0], [True] * 3)
            for found, expected in zip((w, m, v), adam(*old, how), strict=True):
                assert np.allclose(found[row], expected, rtol=most, atol=most)
        assert not g[row].any() or not 2 <= row < 4000
    assert np.array_equal(g[4000:], before[3][4000:])


@pytest.mark.parametrize(("value", "rate"), [(1e21, 0.03), (np.nan, 0.03), (1.0, np.inf)])
def test_rows_that_do_not_stay_finite_are_told_of(value, rate):
    w, m, v, g = tables(np.float32, 50)
    g[20] = [1.0, value, 1.0]
    how = np.array([rate, 0.9, 0.1, 0.99, 0.01, 1e-15], np.float32)
    assert not atlas_features.adam_rows(w, m, v, g, 0, 50, how, CancelFlag().array)
    w, m, v, g = tables(np.float32, 50)
    assert atlas_features.adam_rows(w, m, v, g, 30, 50, how, CancelFlag().array) == (rate == 0.03)


def test_a_raised_flag_ends_adam_within_1024_rows():
    w, m, v, g = tables(np.float32)
    flag = CancelFlag()
    flag.set()
    before = w.copy()
    how = np.ones(6, np.float32)
    atlas_features.adam_rows(w, m, v, g, 0, 5000, how, flag.array)
    assert np.array_equal(w, before)
    atlas_features.adam_rows(w, m, v, g, 1, 5000, how, flag.array)
    changed = np.flatnonzero((w != before).any(axis=1))
    assert 0 < changed.max() < 1024
