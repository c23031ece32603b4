"""The convergence map: its courses against the solvers and a twin, its curve, its field."""

from __future__ import annotations

import threading
from dataclasses import replace as plainly

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, DataRef, ParamError, Points, Status
from deepfractals_gui.core.params import params_from_json, params_to_json, replace
from deepfractals_gui.core.resources import resource
from deepfractals_gui.equilibrium import spectral
from deepfractals_gui.equilibrium.checkpoints import checkpoint_bytes, field_bytes, field_in
from deepfractals_gui.equilibrium.field import FieldSpec, initial_params
from deepfractals_gui.equilibrium.images import Standard, pictures
from deepfractals_gui.equilibrium.iteration import solve
from deepfractals_gui.equilibrium.planes import from_planes
from deepfractals_gui.equilibrium.solvers import Anderson, Naive
from deepfractals_gui.equilibrium.training import TrainingSpec, begin
from deepfractals_gui.nn.datasets import dataset
from deepfractals_gui.systems.convergence_plan import eigenvalues, largest_damping
from deepfractals_gui.systems.field_convergence import ConvergenceParams, FieldConvergence
from tests.reference import field as twin

SYSTEM = FieldConvergence()
ACTIVATIONS = pytest.mark.parametrize("activation", ["modrelu", "cardioid"])


def params(**values) -> ConvergenceParams:
    return replace(ConvergenceParams(), **values)


def sampled(p, x, y):
    points = Points.absolute(np.array(x, float), np.array(y, float))
    out = {c.name: np.zeros(len(points), "f8") for c in SYSTEM.channels(p)}
    out["status"] = np.zeros(len(points), "u1")
    SYSTEM.sample(points, p, SYSTEM.prepare(p, CancelFlag()), out, CancelFlag())
    return out


def twin_of(p, gamma):
    plan = SYSTEM.prepare(p, CancelFlag())
    drive = from_planes(plan.field.drive, p.channels)
    return twin.Map(
        gamma * plan.field.kernel.weights, drive, p.activation, np.full(p.channels, p.beta)
    )


@ACTIVATIONS
def test_damped_courses_are_those_of_the_twin(activation):
    p = params(activation=activation, side=6, channels=3, steps=60)
    x, y = [0.3, 1.0, 1.3, 0.1], [0.9, -0.8, 0.5, 0.4]
    out = sampled(p, x, y)
    for k, (a, gamma) in enumerate(zip(x, y, strict=True)):
        _, residuals = twin.naive(twin_of(p, gamma), a, p.tolerance, p.steps + 1)
        assert out["evaluations"][k] == len(residuals)
        assert out["residual"][k] == pytest.approx(np.log10(residuals[-1]), abs=1e-6)
        converged = residuals[-1] <= p.tolerance
        assert out["status"][k] == (Status.CONVERGED if converged else Status.MAX_STEPS)


@pytest.mark.parametrize("solver", ["naive", "anderson"])
def test_courses_end_where_the_solvers_end(solver):
    p = params(side=6, solver=solver, steps=80)
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0.05, 1.0, 24), rng.uniform(-3.0, 3.0, 24)
    out = sampled(p, x, y)
    field = SYSTEM.prepare(p, CancelFlag()).field
    for k in range(len(x)):
        one = Naive(p.tolerance, p.steps, x[k]) if solver == "naive" else None
        one = one or Anderson(p.tolerance, p.steps, mixing=x[k])
        found = solve(one, replaced(field, y[k]))
        assert out["status"][k] == found.status[0]
        assert out["evaluations"][k] == found.evaluations[0]
        last = found.history[found.steps[0], 0]
        assert out["residual"][k] == pytest.approx(np.log10(last), abs=1e-9)
    other = Status.DIVERGED if solver == "naive" else Status.MAX_STEPS
    assert {Status.CONVERGED, other} <= {Status(s) for s in out["status"]}


def replaced(field, gamma):
    return plainly(field, gamma=np.array([gamma]))


def test_speed_is_continuous_across_whole_evaluations():
    x = np.linspace(0.5, 0.9, 400)
    out = sampled(params(side=4), x, np.full(len(x), 0.5))
    assert len(np.unique(out["evaluations"])) > 3
    assert np.abs(np.diff(out["value"])).max() < 0.3
    assert np.all(np.ceil(-out["value"]) <= out["evaluations"])


@ACTIVATIONS
def test_eigenvalues_are_those_of_the_whole_jacobian(activation):
    p = params(activation=activation, side=4, channels=2)
    field = replaced(SYSTEM.prepare(p, CancelFlag()).field, 0.8)
    z = solve(Anderson(1e-12, 200), field).z
    f, start = twin_of(p, 0.8), from_planes(z, p.channels)
    columns = []
    for k in range(start.size):
        for unit in (1.0, 1j):
            step = np.zeros(start.size, complex)
            step[k] = 1e-6 * unit
            step = step.reshape(start.shape)
            slope = ((f(start + step) - f(start - step)) / 2e-6).ravel()
            columns.append(np.concatenate([slope.real, slope.imag]))
    order = np.argsort(np.tile([0, 1], start.size), kind="stable")
    expected = np.linalg.eigvals(np.array(columns)[order].T)
    found = eigenvalues(field, z, 2 * start.size)
    assert len(found) == len(expected)
    for one in found:
        assert np.abs(expected - one).min() < 1e-6
    for one in expected:
        assert np.abs(found - one).min() < 1e-6
    few = eigenvalues(field, z, 40)
    assert largest_damping(few) == pytest.approx(largest_damping(expected), rel=1e-3)


def test_the_largest_damping_is_where_a_mode_stops_dying_out():
    values = np.array([0.5 + 0.7j, -0.9, 0.2 - 1.1j])
    a = largest_damping(values)
    assert np.abs(1.0 - a + a * values).max() == pytest.approx(1.0, abs=1e-14)
    assert np.abs(1.0 - 0.99 * a + 0.99 * a * values).max() < 1.0
    assert largest_damping(np.array([1.2 + 0.1j])) < 0.0


@ACTIVATIONS
def test_damped_steps_converge_on_one_side_of_the_curve(activation):
    p = params(activation=activation, side=6, steps=2000)
    edge = SYSTEM.prepare(p, CancelFlag()).edge
    assert np.all(np.diff(edge[:, 1]) >= 0.0)
    gamma = np.linspace(-1.0, 1.0, 21)
    most = np.interp(gamma, edge[:, 1], edge[:, 0])
    inside, outside = (sampled(p, share * most, gamma)["status"] for share in (0.97, 1.03))
    assert np.all(inside == Status.CONVERGED)
    assert not np.any(outside == Status.CONVERGED)


def test_the_curve_is_drawn_over_the_view():
    p = params(side=4)
    (mark,) = SYSTEM.overlays(SYSTEM.home(p), p, SYSTEM.prepare(p, CancelFlag()))
    assert mark.joined
    assert len(mark.labels) == len(mark.points)
    assert mark.points[mark.points[:, 1] == 0.0][0, 0] == 2.0


def test_a_flag_stops_a_course_on_its_way():
    p = params(side=28, steps=10_000, tolerance=1e-13)
    plan, flag = SYSTEM.prepare(p, CancelFlag()), CancelFlag()
    many = Points.absolute(np.full(100_000, 1e-4), np.full(100_000, 0.9))
    out = SYSTEM.allocate(len(many), p)
    raised = []

    def work():
        try:
            SYSTEM.sample(many, p, plan, out, flag)
        except Cancelled as error:
            raised.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    flag.set()
    thread.join(120)
    assert raised


def test_a_course_is_left_within_one_evaluation():
    """What is written of a point that was cut short is nothing."""
    p = params(side=4)
    flag = CancelFlag()
    flag.set()
    out = SYSTEM.allocate(3, p)
    with pytest.raises(Cancelled):
        SYSTEM.sample(
            Points.absolute(np.ones(3), np.ones(3)), p, SYSTEM.prepare(p, CancelFlag()), out, flag
        )
    assert not out["status"].any()


def test_a_side_that_cant_be_transformed_is_refused():
    with pytest.raises(ParamError, match="side"):
        SYSTEM.check(params(side=11))


# Trained kernels


def saved(tmp_path, content, name="own.npz"):
    path = tmp_path / name
    path.write_bytes(content)
    return DataRef.of_file(path)


def own_field(**shape):
    spec = FieldSpec(**{"channels": 3, "height": 8, "width": 8, "pooled": 2, **shape})
    return spec, initial_params(spec, 5)


def test_the_field_that_ships_is_one_that_has_learned():
    content = resource("data/field_digits.npz").read_bytes()
    assert len(content) < 48 * 1024
    spec, learned = field_in(content, "field_digits.npz")
    assert (spec.channels, spec.height, spec.width, spec.activation) == (16, 28, 28, "modrelu")
    first = initial_params(spec, 0)
    # Training starts at biases of 0 and at a norm of about 2.
    assert np.abs(learned.bias).min() > 0.0
    assert spectral.exact(learned.weights, 28, 28).sigma > 2.0 * spectral.exact(
        first.weights, 28, 28
    ).sigma  # fmt: skip


def test_the_field_that_ships_settles_as_its_own_map_says():
    """Against a twin that is driven by a digit as training standardises it."""
    p = params(kernel="trained", side=28, digit=3, steps=40)
    x, y = [0.5, 1.0], [0.9, -0.6]
    out = sampled(p, x, y)
    _, learned = field_in(resource("data/field_digits.npz").read_bytes(), "field_digits.npz")
    image = pictures(dataset("digits"), FieldSpec()).batch(np.array([3]))
    drive = twin.convolve_directly(image, learned.input_weights)
    drive = drive + (learned.input_bias + learned.bias)[:, None, None]
    peak = np.linalg.svd(twin.symbol(learned.weights, 28, 28), compute_uv=False).max()
    for k, (a, gamma) in enumerate(zip(x, y, strict=True)):
        f = twin.Map(gamma * learned.weights / peak, drive, "modrelu", learned.beta)
        _, residuals = twin.naive(f, a, p.tolerance, p.steps + 1)
        assert out["evaluations"][k] == len(residuals)
        assert out["residual"][k] == pytest.approx(np.log10(residuals[-1]), abs=1e-6)


def test_a_run_of_ones_own_is_mapped_with_its_own_channels_and_activation(tmp_path):
    spec, _ = own_field(activation="cardioid")
    state = begin(spec, TrainingSpec(), 5)
    standard = Standard.of(dataset("digits"))
    run = saved(tmp_path, checkpoint_bytes(state, standard))
    alone = saved(tmp_path, field_bytes(spec, state.params), "field.npz")
    # What doesn't belong to it counts no more.
    p = params(kernel=run, side=6, seed=3, channels=12, beta=-7.0)
    found = sampled(p, [0.7], [0.8])
    plan = SYSTEM.prepare(p, CancelFlag())
    assert (plan.spec.channels, plan.spec.activation) == (3, "cardioid")
    assert SYSTEM.home(p) == SYSTEM.home(params(activation="cardioid"))
    other = sampled(params(kernel=alone, side=6), [0.7], [0.8])
    for name, values in found.items():
        assert np.array_equal(values, other[name]), name
    again = params_from_json(ConvergenceParams, params_to_json(replace(p, kernel=alone)))
    assert again.kernel.read() == alone.read()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no archive at all", "own.npz is not a readable .npz file"),
        (field_bytes(*own_field())[:600], "own.npz is not a readable .npz file"),
        (field_bytes(*own_field(inputs=2)), "own.npz: grey images don't drive 2 channels"),
    ],
    ids=["foreign", "truncated", "two-inputs"],
)
def test_files_without_a_field_are_refused_in_one_line(tmp_path, content, words):
    p = params(kernel=saved(tmp_path, content))
    with pytest.raises(ParamError, match=words) as caught:
        SYSTEM.check(p)
    assert caught.value.name == "kernel"
    assert "\n" not in str(caught.value)
    # A view is to be had all the same.
    assert SYSTEM.home(p).width == 3.6


def test_a_file_of_something_else_or_of_no_kernel_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", X=np.ones(3))
    with pytest.raises(ParamError, match=r"x\.npz has no array state; it has X"):
        SYSTEM.check(params(kernel=DataRef.of_file(tmp_path / "x.npz")))
    spec, first = own_field()
    nothing = plainly(first, weights=np.zeros_like(first.weights))
    with pytest.raises(ParamError, match="its kernel is 0"):
        SYSTEM.check(params(kernel=saved(tmp_path, field_bytes(spec, nothing))))


def test_preparing_a_large_kernel_is_left_when_the_flag_goes_up():
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        SYSTEM.prepare(params(kernel="trained", side=28), flag)


def test_an_audit_of_a_trained_field_keeps_its_biases():
    p = params(kernel="trained", side=4)
    plan = SYSTEM.prepare(p, CancelFlag())
    assert SYSTEM.inputs(p) == ("weights", "pixels")
    moved, other = SYSTEM.nudged(p, plan, SYSTEM.inputs(p), CancelFlag())
    assert moved == p
    assert np.array_equal(other.field.beta, plan.field.beta)
    assert not np.array_equal(other.field.drive, plan.field.drive)
    assert np.allclose(other.field.drive, plan.field.drive, rtol=1e-12, atol=1e-14)


def test_an_audit_moves_what_the_field_is_made_of():
    p = params(side=4)
    plan = SYSTEM.prepare(p, CancelFlag())
    moved, other = SYSTEM.nudged(p, plan, SYSTEM.inputs(p), CancelFlag())
    assert moved.beta == np.nextafter(p.beta, np.inf)
    assert np.array_equal(other.field.beta[:8], np.full(8, moved.beta))
    before, after = (each.field.kernel.weights for each in (plan, other))
    assert np.array_equal(after.real, np.nextafter(before.real, np.inf))
    assert not np.array_equal(other.field.drive, plan.field.drive)
    assert np.allclose(other.field.drive, plan.field.drive, rtol=1e-12, atol=1e-14)
