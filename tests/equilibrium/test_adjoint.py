"""Gradients through the fixed point and through the norm, against central differences."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.adjoint import (
    Adjoint,
    gradient,
    implicit,
    phantom,
    products,
    through_iterates,
    unrolled,
)
from deepfractals_gui.equilibrium.field import FieldSpec, initial_params, read_out
from deepfractals_gui.equilibrium.iteration import solve
from deepfractals_gui.equilibrium.maps import field_map
from deepfractals_gui.equilibrium.planes import from_planes, to_planes, zeros
from deepfractals_gui.equilibrium.solvers import SOLVERS, Anderson, Naive
from tests.equilibrium.cases import normal
from tests.reference import field as twin

BAR = 1e-7
STEP = 2e-5
EXACT = Naive(tolerance=1e-14, max_steps=150)
LABELS = np.array([2, 0])
PATH_SEED = 2
"""None of whose iterates comes near a kink."""


def problem(activation, gamma=0.8, seed=3):
    """A small field with two images, away from the kinks of modReLU."""
    spec = FieldSpec(
        channels=3, height=8, width=12, inputs=2, classes=4, activation=activation, gamma=gamma,
        pooled=1,
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    params = initial_params(spec, seed)
    params = replace(
        params, bias=0.3 * normal(rng, 3), input_bias=0.3 * normal(rng, 3),
        raw=rng.uniform(-2.0, -1.0, 3),
    )  # fmt: skip
    return spec, params, rng.standard_normal((2, 2, 8, 12))


def mapped(spec, params, images):
    peak = spectral.exact(params.weights, spec.height, spec.width)
    kernel = spectral.normalised(params.weights, spec.height, spec.width, peak)
    return field_map(spec, params, kernel, images), peak


def differences(function, params):
    """Central differences by the real and the imaginary part of every number."""
    found = {}
    for name, array in params:
        numeric = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            for unit in (1.0, 1j) if np.iscomplexobj(array) else (1.0,):
                ends = []
                for sign in (1.0, -1.0):
                    moved = array.copy()
                    moved[index] += sign * STEP * unit
                    ends.append(function(replace(params, **{name: moved})))
                numeric[index] += unit * (ends[0] - ends[1]) / (2 * STEP)
        found[name] = numeric
    return found


def error(found, numeric):
    return np.linalg.norm(found - numeric) / np.linalg.norm(numeric)


def away_from_kinks(f, z, beta):
    """Whether no point comes to |u| = -β when a number moves by STEP."""
    u = f.gamma[0] * twin.convolve_directly(from_planes(z, 3), f.kernel.weights)
    u = u + from_planes(f.drive, 3)
    return np.abs(np.abs(u) + beta[:, None, None]).min() > 1e-4


@cache
def equilibrium(activation):
    """A problem, its fixed points, and the central differences of the loss there."""
    spec, params, images = problem(activation)
    f, peak = mapped(spec, params, images)
    z = solve(EXACT, f).z

    def loss(moved):
        own, _ = mapped(spec, moved, images)
        found = solve(EXACT, own, z)
        assert found.residual.max() < 1e-13
        return read_out(spec, moved, found.z, LABELS, 0.5).losses.mean()

    return spec, params, images, f, peak, z, differences(loss, params)


@pytest.mark.parametrize("activation", ["modrelu", "cardioid"])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_gradient_is_that_of_central_differences(activation, solver):
    spec, params, images, f, peak, z, numeric = equilibrium(activation)
    if activation == "modrelu":
        assert away_from_kinks(f, z, params.beta)
        value = np.abs(from_planes(f.value(z), 3))
        # Something is shut and something is open.
        assert 0.02 < np.mean(value == 0.0) < 0.7
    readout = read_out(spec, params, z, LABELS, 0.5)
    adjoint = implicit(f, z, readout.by_state, SOLVERS[solver](tolerance=1e-13, max_steps=400))
    assert adjoint.solution.converged
    found = gradient(spec, params, peak, products(f, z, adjoint, images), readout)
    for name, array in found:
        if activation == "cardioid" and name == "raw":
            assert not array.any()
            continue
        assert error(array, numeric[name]) < BAR, name


def test_backpropagation_through_iterates_is_that_of_central_differences():
    spec, params, images = problem("modrelu", seed=PATH_SEED)
    steps, damping = 6, 0.7
    f, peak = mapped(spec, params, images)

    def iterates(f):
        z, found = zeros(f.shape), []
        for _ in range(steps):
            found.append(z)
            z = (1.0 - damping) * z + damping * f.value(z)
        return found, z

    def loss(moved):
        own, _ = mapped(spec, moved, images)
        return read_out(spec, moved, iterates(own)[1], LABELS, 0.5).losses.mean()

    path, end = iterates(f)
    assert all(away_from_kinks(f, z, params.beta) for z in path)
    readout = read_out(spec, params, end, LABELS, 0.5)
    sums = through_iterates(f, path, readout.by_state, damping, images)
    found = gradient(spec, params, peak, sums, readout)
    numeric = differences(loss, params)
    for name, array in found:
        assert error(array, numeric[name]) < BAR, name


def test_iterates_that_are_found_again_give_what_kept_ones_give():
    spec, params, images = problem("modrelu")
    f, _ = mapped(spec, params, images)
    g = to_planes(normal(np.random.default_rng(7), 2, 3, 8, 12))
    damping, steps = 0.7, (11, 4)
    kept = []
    for row, count in enumerate(steps):
        own = slice(row, row + 1)
        one, z, path = f.part(own), zeros((1, *f.shape[1:])), []
        for _ in range(count):
            path.append(z)
            z = z + damping * (one.value(z) - z)
        kept.append(through_iterates(one, path, g[own], damping, images[own]))
    expected = kept[0] + kept[1]
    found = unrolled(f, np.array(steps), g, damping, images)
    for name in ("kernel", "drive", "input_kernel", "beta"):
        numbers = getattr(expected, name)
        assert np.abs(getattr(found, name) - numbers).max() < 1e-14 * np.abs(numbers).max(), name
    nothing = unrolled(f, np.array([0, 0]), g, damping, images)
    assert not nothing.kernel.any()
    assert not nothing.drive.any()


def test_going_back_far_keeps_few_iterates():
    spec, params, images = problem("cardioid")
    f, _ = mapped(spec, params, images)
    g = to_planes(normal(np.random.default_rng(7), 2, 3, 8, 12))
    unrolled(f, np.array([2, 2]), g, 0.9, images)
    peaks = []
    for count in (25, 400):
        tracemalloc.start()
        unrolled(f, np.array([count, 0]), g, 0.9, images)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    plane = g[:1].nbytes
    # Four times the root: some thirty planes more, where all would be 375.
    assert peaks[1] - peaks[0] < 60 * plane


def test_gradients_through_many_steps_are_the_implicit_ones():
    spec, params, images = problem("modrelu")
    f, peak = mapped(spec, params, images)
    z = solve(EXACT, f).z
    readout = read_out(spec, params, z, LABELS, 0.5)
    adjoint = implicit(f, z, readout.by_state, Anderson(tolerance=1e-13))
    true = gradient(spec, params, peak, products(f, z, adjoint, images), readout)
    sums = unrolled(f, np.array([150, 150]), readout.by_state, 0.9, images)
    for name, array in gradient(spec, params, peak, sums, readout):
        assert error(array, getattr(true, name)) < 1e-9, name


def test_the_adjoint_is_the_solution_of_the_transposed_system():
    spec, params, images = problem("cardioid")
    f, _ = mapped(spec, params, images)
    z = solve(EXACT, f).z
    g = normal(np.random.default_rng(5), 2, 3, 8, 12)
    adjoint = implicit(f, z, to_planes(g), Anderson(tolerance=1e-13))
    w = from_planes(adjoint.w, 3)
    kernel = 0.8 * f.kernel.weights
    u = twin.convolve_directly(from_planes(z, 3), kernel) + from_planes(f.drive, 3)
    back = twin.transposed(twin.pull_back(u, w, "cardioid"), kernel)
    assert np.linalg.norm(w - g - back) < 1e-12 * np.linalg.norm(w)
    # (w, J h) = (Jᵀ w, h), in the real inner product.
    h = normal(np.random.default_rng(6), 2, 3, 8, 12)
    t = 1e-6
    moved = [twin.convolve_directly(from_planes(z, 3) + s * t * h, kernel) for s in (1, -1)]
    ends = [twin.activate(m + from_planes(f.drive, 3), "cardioid") for m in moved]
    along = np.vdot(w, (ends[0] - ends[1]) / (2 * t)).real
    assert along == pytest.approx(np.vdot(back, h).real, rel=1e-7)


@pytest.mark.parametrize("damping", [1.0, 0.5])
def test_phantom_gradients_approach_the_implicit_one(damping):
    spec, params, images = problem("modrelu")
    f, _ = mapped(spec, params, images)
    z = solve(EXACT, f).z
    g = read_out(spec, params, z, LABELS, 0.5).by_state
    true = implicit(f, z, g, Anderson(tolerance=1e-13)).w
    gaps = [np.linalg.norm(phantom(f, z, g, k, damping).w - true) for k in (1, 2, 5, 20, 120)]
    assert all(later < sooner for sooner, later in pairwise(gaps))
    assert gaps[-1] < 1e-7 * np.linalg.norm(true)
    # Written out: λ Σ_j ((1 - λ) + λ Jᵀ)^j g.
    back = f.transposed(f.slopes_at(z), zeros(f.shape))
    term, total = g, np.zeros_like(g)
    for _ in range(3):
        total = total + damping * term
        term = (1.0 - damping) * term + damping * back.value(term)
    assert np.allclose(phantom(f, z, g, 3, damping).w, total, atol=1e-14 * np.abs(g).max())


def test_the_jacobian_free_gradient_solves_nothing():
    spec, params, images = problem("modrelu")
    f, _ = mapped(spec, params, images)
    z = solve(EXACT, f).z
    g = read_out(spec, params, z, LABELS, 0.5).by_state
    free = phantom(f, z, g, 1)
    assert np.array_equal(free.w, g)
    assert free.solution is None
    with pytest.raises(ValueError, match="phantom gradient of 0 steps"):
        phantom(f, z, g, 0)
    with pytest.raises(ValueError, match="no iterates"):
        through_iterates(f, [], g, 1.0, images)


def test_arrays_that_do_not_fit_a_map_are_refused():
    spec, params, images = problem("modrelu")
    f, _ = mapped(spec, params, images)
    z = zeros(f.shape)
    with pytest.raises(ValueError, match="don't fit a map"):
        f.value(z[:1])
    with pytest.raises(ValueError, match="don't fit a map"):
        f.slopes_at(zeros((2, 8, 12, 2, 16)))
    adjoint = Adjoint(z, f.slopes_at(z), None)
    with pytest.raises(ValueError, match="don't fit a map"):
        products(f, z[:1], adjoint, images)
    with pytest.raises(ValueError, match="don't drive a map"):
        products(f, z, adjoint, images[:1])
    for values, words in (
        ({"gamma": np.ones(3)}, "of a map isn't"), ({"beta": np.ones(3)}, "of a map isn't"),
        ({"slopes": adjoint.slopes[:1]}, "1 samples have slopes, of 2"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            replace(f, **values)


def test_products_of_groups_add_up():
    spec, params, images = problem("modrelu")
    f, _ = mapped(spec, params, images)
    z = solve(EXACT, f).z
    g = read_out(spec, params, z, LABELS, 0.5).by_state
    whole = products(f, z, Adjoint(g, f.slopes_at(z), None), images)
    parts = []
    for n in (0, 1):
        own = slice(n, n + 1)
        one = f.part(own)
        adjoint = Adjoint(g[own], one.slopes_at(z[own]), None)
        parts.append(products(one, z[own], adjoint, images[own]))
    total = parts[0] + parts[1]
    for name in ("kernel", "drive", "input_kernel", "beta"):
        assert np.allclose(getattr(total, name), getattr(whole, name), atol=1e-13), name


def test_a_full_sized_field_has_right_gradients_too():
    spec = FieldSpec()
    params = initial_params(spec, 1)
    images = np.random.default_rng(2).standard_normal((2, 1, 28, 28))
    f, peak = mapped(spec, params, images)
    solver = Anderson(tolerance=1e-13)
    z = solve(solver, f).z
    readout = read_out(spec, params, z, LABELS, 0.5)
    adjoint = implicit(f, z, readout.by_state, solver)
    found = gradient(spec, params, peak, products(f, z, adjoint, images), readout)

    def loss(moved):
        own, _ = mapped(spec, moved, images)
        return read_out(spec, moved, solve(solver, own, z).z, LABELS, 0.5).losses.mean()

    rng = np.random.default_rng(3)
    for name in ("weights", "input_weights", "raw"):
        array = getattr(params, name)
        way = normal(rng, *array.shape) if np.iscomplexobj(array) else rng.normal(size=array.shape)
        t = 1e-5 / np.linalg.norm(way)
        ends = [loss(replace(params, **{name: array + sign * t * way})) for sign in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * t)
        assert slope == pytest.approx(np.vdot(way, getattr(found, name)).real, rel=1e-5), name
