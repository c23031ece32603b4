"""The critical points that name the basins."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Points, Status
from deepfractals_gui.kernels import critical_points
from deepfractals_gui.systems import system
from deepfractals_gui.systems.catalogue import catalogue, merged, sums
from deepfractals_gui.systems.gradient_basins import DATA, OUTSIDE

BASINS = system("gradient_basins")


@pytest.fixture(scope="module")
def found():
    return catalogue(DATA, CancelFlag())


def test_mirrored_points_are_one_of_greater_weight():
    x, y, counts = merged(DATA)
    assert x.tolist() == [0.3, 0.5, 0.8, 1.0]
    assert y.tolist() == [0.4, 0.8, 0.5, 0.6]
    assert counts.tolist() == [1, 2, 1, 2]


def test_merging_keeps_the_loss(found):
    rng = np.random.default_rng(1)
    w = rng.normal(size=9) + 1j * rng.normal(size=9)
    plain = sum((np.tanh(w * x) - y) ** 2 for x, y in DATA)
    assert np.allclose(found.loss(w)[0], plain, rtol=1e-13)


def test_derivatives_of_the_loss_are_its_slopes(found):
    w, h = np.array([0.4 + 0.3j, -1.1 + 0.2j]), 1e-6
    loss, slope, bend = found.loss(w)
    after, slope_after, _ = found.loss(w + h)
    before, slope_before, _ = found.loss(w - h)
    assert np.allclose(slope, (after - before) / (2 * h), rtol=1e-7)
    assert np.allclose(bend, (slope_after - slope_before) / (2 * h), rtol=1e-7)
    assert loss.shape == (2,)


def test_sums_are_found_and_are_exact_to_one_ulp():
    x = np.array([0.3, 0.5, 0.8, 1.0])
    assert sums(x).reshape(-1, 2).tolist() == [[-1, -1], [-1, -1], [0, 1], [1, 1]]
    rng = np.random.default_rng(2)
    assert (sums(np.sort(rng.uniform(0, 1, 20))) == -1).all()


def test_every_root_is_a_critical_point_inside_the_square(found):
    assert len(found.roots) > 50
    assert np.abs(found.loss(found.roots)[1]).max() < 1e-9
    assert np.abs(found.roots.real).max() <= critical_points.REACH
    assert np.abs(found.roots.imag).max() <= critical_points.REACH


def test_no_root_is_missing(found):
    """By the argument principle: zeros of L' minus its poles inside a rectangle."""
    width, height = 15.0, 19.7
    corners = np.array([-width - 1j * height, width - 1j * height, width + 1j * height])
    corners = np.append(corners, -width + 1j * height)
    t = np.linspace(0, 1, 400_000)[:, None]
    path = (corners[None] + t * (np.roll(corners, -1) - corners)[None]).T.ravel()
    # On the sides tanh is 1 to the last bit; exponentials tell L' there.
    slope = np.zeros_like(path)
    for x, y, count in zip(found.x, found.y, found.counts, strict=True):
        sign = np.where(path.real < 0, -1, 1)
        small = np.exp(-2 * sign * path * x)
        tanh = sign * (1 - small) / (1 + small)
        slope += 2 * count * x * (tanh - y) * 4 * small / (1 + small) ** 2
    turns = np.sum(np.angle(slope[1:] / slope[:-1])) / (2 * np.pi)
    # tanh'(w x) (tanh(w x) - y) has a pole of order 3 at each w x = i pi (k + 1/2); those of two
    # data points may coincide.
    odd = np.arange(-399, 400, 2)
    places = np.round(np.concatenate([np.pi * odd / (2 * x) for x in found.x]), 9)
    poles = 3 * len(np.unique(places[np.abs(places) < height]))
    inside = (np.abs(found.roots.real) < width) & (np.abs(found.roots.imag) < height)
    assert round(turns) + poles == np.sum(inside)


def test_roots_are_sorted_and_come_with_their_conjugates(found):
    heights = np.round(np.abs(found.losses), 9)
    assert (np.diff(heights) >= 0).all()
    conjugates = found.roots[found.roots.imag != 0]
    gaps = np.abs(conjugates[:, None] - conjugates.conj()[None, :]).min(axis=1)
    assert gaps.max() < 1e-9
    keys = np.stack([heights, np.round(found.roots.real, 6), np.round(found.roots.imag, 6)], 1)
    assert [tuple(key) for key in keys] == sorted(tuple(key) for key in keys)


def test_the_grid_holds_every_root_that_is_near_a_place(found):
    rng = np.random.default_rng(3)
    away = 0.02 * (rng.uniform(-1, 1, 400) + 1j * rng.uniform(-1, 1, 400))
    places = found.roots[rng.integers(len(found.roots), size=400)] + away
    for place in places:
        near = np.flatnonzero(np.abs(found.roots - place) <= critical_points.NEAR)
        cell = critical_points.cell_of(place.real, place.imag)
        members = found.members[found.cells[cell] : found.cells[cell + 1]]
        assert set(near) <= set(members)


def test_a_label_is_the_same_in_every_view(found):
    p = BASINS.Params()
    wide = np.linspace(-2.5, 2.5, 60)
    x, y = (a.ravel() for a in np.meshgrid(wide, wide))
    out = BASINS.allocate(len(x), p)
    BASINS.sample(Points.absolute(x, y), p, found, out, CancelFlag())
    settled = out["status"] == Status.CONVERGED
    labels = out["basin"][settled]
    assert (labels > 0).all()
    named = labels != OUTSIDE
    assert np.abs(found.roots[labels[named] - 1] - out["limit"][settled][named]).max() < 1e-2
    assert (out["basin"][~settled] == 0).all()


def test_descent_on_a_plateau_is_stalled_not_converged(found):
    p = BASINS.Params()
    out = BASINS.allocate(1, p)
    BASINS.sample(Points.absolute(np.array([40.0]), np.array([0.3])), p, found, out, CancelFlag())
    assert out["status"][0] == Status.STALLED
    assert out["basin"][0] == 0
    assert out["steps"][0] == 0


def test_a_step_that_is_not_finite_is_not_convergence(found):
    p = BASINS.Params()
    x, y = np.array([np.inf, 0.0]), np.array([0.0, np.nan])
    out = BASINS.allocate(2, p)
    BASINS.sample(Points(x, y, x, y, BASINS.home(p)), p, found, out, CancelFlag())
    assert (out["status"] == Status.NON_FINITE).all()
    assert np.isnan(out["limit"]).all()
    assert np.isnan(out["lyapunov"]).all()


def test_the_catalogue_is_made_once_for_a_training_set():
    assert catalogue(DATA, CancelFlag()) is catalogue(DATA, CancelFlag())


def test_a_raised_flag_stops_the_search():
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        catalogue(((0.123, 0.456),), flag)


def test_minima_are_marked_where_they_are_seen(found):
    p = BASINS.Params()
    marks = {m.name: m for m in BASINS.overlays(BASINS.home(p), p, found)}
    minima = marks["minima"]
    places = minima.points[:, 0] + 1j * minima.points[:, 1]
    assert len(minima.labels) == len(places)
    assert np.abs(places - 1.1367).min() < 1e-3
    for label, place in zip(minima.labels, places, strict=True):
        assert found.roots[int(label) - 1] == place
