"""Ways to the fixed point: how many evaluations they need, and where they end."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Status
from deepfractals_gui.equilibrium.iteration import EXPLOSION, group_size, solve
from deepfractals_gui.equilibrium.maps import FieldMap, Kernel
from deepfractals_gui.equilibrium.planes import from_planes, to_planes
from deepfractals_gui.equilibrium.solvers import SOLVERS, Anderson, Multigrid, Naive
from deepfractals_gui.kernels.field_torus import LINEAR
from tests.equilibrium.cases import CASES, RANDOM, SMOOTH, field, normal
from tests.reference import field as twin

# Evaluations that Anderson's method of a well-known library needs in the four cases.
LIBRARY = dict(zip(CASES, (41, 38, 74, 160), strict=True))


@pytest.mark.parametrize(("kind", "gamma"), CASES)
def test_anderson_needs_six_tenths_of_a_librarys_evaluations(kind, gamma):
    f, plain = field(kind, gamma)
    found = solve(Anderson(), f)
    assert found.converged
    assert found.evaluations.max() <= 0.6 * LIBRARY[kind, gamma]
    if gamma == 0.9:
        # The library's method on this very field.
        assert found.evaluations[0] < 0.7 * twin.bordered_anderson(plain[0])


@pytest.mark.parametrize(("kind", "gamma"), CASES)
def test_multigrid_and_anderson_end_at_the_same_point(kind, gamma):
    f, plain = field(kind, gamma)
    one, other = (solve(solver(tolerance=1e-11), f) for solver in (Anderson, Multigrid))
    assert one.converged
    assert other.converged
    gap = np.linalg.norm(one.z - other.z) / np.linalg.norm(one.z)
    assert gap < 1e-8
    z = from_planes(one.z, 16)
    for n, twin_map in enumerate(plain):
        assert twin.residual(twin_map(z[n : n + 1]), z[n : n + 1]) < 2e-11
    if kind == SMOOTH:
        plainly = solve(Naive(max_steps=400), f).evaluations.max()
        assert solve(Multigrid(), f).evaluations.max() < 0.85 * plainly


@pytest.mark.parametrize("mixing", [1.0, 0.6])
def test_anderson_is_the_twins(mixing):
    f, plain = field(RANDOM, 0.9, 1, channels=5, height=14, width=7)
    found = solve(Anderson(tolerance=1e-11, mixing=mixing, growth=np.inf), f)
    z, residuals = twin.anderson(plain[0], 5, mixing, 1e-11, 200)
    count = min(12, len(residuals))
    assert np.allclose(found.history[:count, 0], residuals[:count], rtol=1e-4)
    assert abs(len(found.history) - len(residuals)) <= 2
    assert np.linalg.norm(from_planes(found.z, 5) - z) < 1e-9 * np.linalg.norm(z)


def test_each_sample_has_its_own_damping_and_gamma():
    f, _ = field(SMOOTH, 0.9, 6, channels=3, height=8, width=8)
    gamma, damping = np.linspace(0.3, 0.95, 6), np.linspace(1.0, 0.4, 6)
    f = replace(f, gamma=gamma)
    found = solve(Naive(damping=damping), f)
    drive = from_planes(f.drive, 3)
    for n in range(6):
        plain = twin.Map(gamma[n] * f.kernel.weights, drive[n : n + 1], "modrelu", f.beta[:3])
        z, residuals = twin.naive(plain, damping[n], 1e-6, 400)
        assert found.steps[n] == len(residuals) - 1
        assert found.evaluations[n] == len(residuals)
        assert np.allclose(found.history[: len(residuals), n], residuals, rtol=1e-6)
        assert np.isnan(found.history[len(residuals) :, n]).all()
        assert np.allclose(from_planes(found.z, 3)[n], z[0], atol=1e-11)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("activation", ["modrelu", "cardioid"])
@pytest.mark.parametrize("kind", [RANDOM, SMOOTH])
def test_nothing_diverges_up_to_gamma_of_093(name, activation, kind):
    gamma = np.array([0.5, 0.8, 0.93, 0.93, 0.93])
    for seed in range(3):
        f, _ = field(
            kind, 0.93, 5, seed, channels=8, height=14, width=14, activation=activation, beta=-1e-3
        )
        found = solve(SOLVERS[name](max_steps=1000), replace(f, gamma=gamma))
        assert found.converged, (seed, found.status)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_samples_bits_depend_on_neither_company_nor_threads(name):
    size = group_size((1, 14, 28, 2, 8))
    f, _ = field(RANDOM, 0.9, size + 3, channels=3, height=14, width=28)
    together = solve(SOLVERS[name](), f)
    with ThreadPoolExecutor(2) as pool:
        threaded = solve(SOLVERS[name](), f, pool=pool)
    watched = solve(SOLVERS[name](), f, watch=lambda state: None)
    alone = solve(SOLVERS[name](), f.part(slice(size, size + 1)))
    for other in (threaded, watched):
        for part in ("z", "residual", "status", "steps", "evaluations", "history"):
            assert getattr(other, part).tobytes() == getattr(together, part).tobytes(), part
    assert alone.z[0].tobytes() == together.z[size].tobytes()


@pytest.mark.parametrize("name", SOLVERS)
def test_every_iterate_can_be_watched(name):
    f, _ = field(SMOOTH, 0.9, 2, channels=3, height=8, width=8)
    seen = []
    found = solve(
        SOLVERS[name](), f, watch=lambda state: seen.append((state.z.copy(), state.residual.copy()))
    )
    assert len(seen) == len(found.history) == found.steps.max() + 1
    assert not seen[0][0].any()
    for n in range(2):
        for (z, residual), noted in zip(
            seen[: found.steps[n] + 1], found.history[:, n], strict=False
        ):
            value = f.value(z)[n]
            gap = np.linalg.norm(value - z[n]) / (np.linalg.norm(value) + 1e-9)
            assert gap == pytest.approx(noted, rel=1e-9)
            assert residual[n] == noted


def test_the_best_iterate_is_returned():
    # γ is too large for the plain iteration, which comes close and leaves again.
    f, _ = field(RANDOM, 1.5, 1, channels=4, height=7, width=7)
    found = solve(Naive(max_steps=60), f)
    assert found.status[0] != Status.CONVERGED
    best = np.nanmin(found.history)
    assert found.residual[0] == best
    value = f.value(found.z)
    assert np.linalg.norm(value - found.z) / np.linalg.norm(value) == pytest.approx(best, rel=1e-6)


def linear(eigenvalue, drive):
    """z -> λ z + drive, point by point."""
    kernel = np.zeros((1, 1, 3, 3), complex)
    kernel[0, 0, 1, 1] = eigenvalue
    none = np.zeros((0, 7, 7, 4, 8))
    return FieldMap(
        Kernel(kernel, 7, 7), to_planes(drive), np.ones(len(drive)), LINEAR, np.zeros(8), none
    )


@pytest.mark.parametrize("turn", [1.0, 0.8, 0.3, 0.0])
@pytest.mark.parametrize("damping", [0.2, 0.7, 1.0])
def test_a_mode_dies_out_where_the_stability_curve_says_so(turn, damping):
    drive = normal(np.random.default_rng(1), 1, 1, 7, 7)
    for size in (0.5, 0.97, 1.1, 1.6):
        eigenvalue = size * np.exp(1j * np.pi * turn)
        found = solve(Naive(damping=damping, max_steps=3000), linear(eigenvalue, drive))
        factor = abs(1.0 - damping + damping * eigenvalue)
        expected = Status.CONVERGED if factor < 1.0 else Status.DIVERGED
        assert found.status[0] == expected, (size, factor)
        if factor < 1.0:
            true = drive / (1.0 - eigenvalue)
            assert np.allclose(from_planes(found.z, 1), true, atol=1e-4 * np.abs(true).max())


@pytest.mark.parametrize("order", [2, 3, 5])
def test_a_cycle_is_told_from_slow_convergence(order):
    drive = normal(np.random.default_rng(2), 1, 1, 7, 7)
    turning = np.exp(2j * np.pi / order)
    assert solve(Naive(), linear(turning, drive)).status[0] == Status.CYCLE
    slow = solve(Naive(max_steps=200), linear(0.999 * turning, drive))
    assert slow.status[0] == Status.MAX_STEPS
    # Where the turn is no part of a circle nothing ever comes back.
    assert solve(Naive(max_steps=200), linear(np.exp(1j), drive)).status[0] == Status.MAX_STEPS


def test_statuses_say_what_happened():
    drive = normal(np.random.default_rng(3), 3, 1, 7, 7)
    drive[1, 0, 3, 3] = np.nan
    found = solve(Naive(max_steps=500), linear(1.2, drive))
    assert found.status.tolist() == [Status.DIVERGED, Status.NON_FINITE, Status.DIVERGED]
    assert found.steps[1] == 0
    assert 1.2 ** found.steps[0] > 0.01 * EXPLOSION
    assert solve(Naive(max_steps=0), linear(0.5, drive[:1])).status[0] == Status.MAX_STEPS
    assert solve(Naive(), linear(0.5, np.zeros((1, 1, 7, 7)))).steps[0] == 0
    with pytest.raises(ValueError, match="no samples"):
        solve(Naive(), linear(0.5, drive[:0]))


def test_anderson_starts_anew_where_the_residual_grows():
    f, _ = field(SMOOTH, 0.9, 1, channels=3, height=7, width=7)
    solver = Anderson(growth=2.0)
    state = solver.init(f)
    for _ in range(4):
        solver.step(f, state)
    assert state.memory.steps[0] == 4
    state.residual[0] = 3.0 * state.memory.lowest[0]
    value = state.f.copy()
    solver.step(f, state)
    assert state.memory.steps[0] == 1
    # Nothing is remembered: the step is a plain one.
    assert state.z.tobytes() == value.tobytes()


@pytest.mark.parametrize("name", SOLVERS)
def test_a_solution_is_where_a_solver_stops_at_once(name):
    f, _ = field(SMOOTH, 0.9, 2, channels=3, height=8, width=8)
    found = solve(SOLVERS[name](tolerance=1e-9), f)
    again = solve(SOLVERS[name](), f, found.z)
    assert again.steps.tolist() == [0, 0]
    assert again.evaluations.tolist() == [1, 1]
    with pytest.raises(ValueError, match="doesn't fit"):
        solve(SOLVERS[name](), f, found.z[:1])


def test_coarse_evaluations_count_by_their_points():
    f, _ = field(SMOOTH, 0.9, 1, channels=3, height=28, width=28)
    solver = Multigrid(grids=3, after=2, coarse_steps=4)
    state = solver.init(f)
    solver.step(f, state)
    # One at the start; four on the finest grid, as many on the second, four on the coarsest.
    assert state.evaluations[0] == 1 + 4 + 4 / 4 + 4 / 16
    odd, _ = field(SMOOTH, 0.9, 1, channels=3, height=7, width=7)
    assert solve(Multigrid(), odd).converged


@pytest.mark.parametrize("name", SOLVERS)
def test_a_raised_flag_ends_a_solve(name):
    f, _ = field(SMOOTH, 0.9, 8, channels=16)
    solver = SOLVERS[name](tolerance=0.0, max_steps=100_000)
    flag, outcome = CancelFlag(), []
    started = threading.Event()

    def run():
        try:
            solve(solver, f, cancel=flag, watch=lambda state: started.set())
        except Cancelled as raised:
            outcome.append(raised)

    thread = threading.Thread(target=run)
    thread.start()
    started.wait(timeout=60)
    flag.set()
    thread.join(timeout=60)
    assert not thread.is_alive()
    assert isinstance(outcome[0], Cancelled)


@pytest.mark.parametrize(
    ("solver", "values", "words"),
    [
        (Naive, {"damping": 1.2}, "damping is above 0"),
        (Naive, {"damping": np.array([0.5, 0.0])}, "damping is above 0"),
        (Naive, {"tolerance": float("nan")}, "tolerance is 0 or more"),
        (Naive, {"max_steps": -1}, "-1 steps"),
        (Anderson, {"memory": 0}, "1 to 20 differences"),
        (Anderson, {"mixing": 0.0}, "β may be above 0"),
        (Anderson, {"growth": 1.0}, "growth is above 1"),
        (Multigrid, {"grids": 1}, "2 grids or more"),
        (Multigrid, {"damping": 0.0}, "damping is above 0"),
    ],
    ids=str,
)
def test_a_solver_out_of_range_is_refused(solver, values, words):
    with pytest.raises(ValueError, match=words):
        solver(**values)
