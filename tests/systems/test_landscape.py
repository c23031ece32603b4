"""The loss landscape: shipped networks, directions, level, marks and probe."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Points, Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.nn import NetSpec
from deepfractals_gui.systems.landscape_file import shipped_network
from deepfractals_gui.systems.landscape_plan import NETWORKS, chance_loss, landscape_plan
from deepfractals_gui.systems.loss_landscape import LandscapeParams, LossLandscape
from tests.reference import landscape as twin

SYSTEM = LossLandscape()
SCRIPT = Path(__file__).parents[2] / "packaging" / "landscapes.py"
EVERY_NETWORK = pytest.mark.parametrize("name", NETWORKS)
PLANES = pytest.mark.parametrize("directions", ["random", "pca"])


def params(**values) -> LandscapeParams:
    return replace(LandscapeParams(), **values)


def sampled(p, x, y):
    points = Points.absolute(np.array(x, float), np.array(y, float))
    out = SYSTEM.allocate(len(points), p)
    SYSTEM.sample(points, p, SYSTEM.prepare(p, CancelFlag()), out, CancelFlag())
    return out


def expected(p, a, b):
    """(loss, accuracy) of the twin at one point, from the file's own arrays."""
    plan = landscape_plan(p)
    network = plan.network
    return twin.point(
        network.spec, network.dense, network.norms, *plan.data, network.split(plan.first),
        network.split(plan.second), a, b,
    )  # fmt: skip


@EVERY_NETWORK
def test_shipped_networks_are_what_their_script_trains(name):
    script = runpy.run_path(str(SCRIPT))
    arrays = script["arrays_of"](script["RECIPES"][name])
    network = shipped_network(name)
    for k, (weights, bias) in enumerate(network.dense):
        assert np.allclose(weights, arrays[f"W{k}"], rtol=1e-8, atol=1e-10)
        assert np.allclose(bias, arrays[f"b{k}"], rtol=1e-8, atol=1e-10)
    assert np.allclose(network.trajectory, arrays["trajectory"], rtol=1e-6, atol=1e-7)
    assert np.array_equal(network.data.inputs, arrays["X"])
    assert np.array_equal(network.data.targets[:, 0], arrays["Y"])
    assert network.spec == NetSpec.from_json(arrays["spec"].tobytes())


def test_the_scripts_gradients_are_those_of_finite_differences():
    script = runpy.run_path(str(SCRIPT))
    for name, recipe in script["RECIPES"].items():
        x, label = script["moons"](20, 0.1, 1)
        rng = np.random.default_rng(3)
        # Biases of 0 lie on the kink of a ReLU whose inputs are silent.
        weights = [w + 0.1 * rng.standard_normal(w.shape) for w in script["begin"](recipe.spec)]
        loss, _, gradients = script["loss_and_gradients"](recipe.spec, weights, x, label)
        dense = list(zip(weights[::2], weights[1::2], strict=True))
        z = twin.outputs(recipe.spec, dense, (), x)
        assert loss == pytest.approx(twin.loss_of("cross_entropy", z, np.eye(2)[label]), rel=1e-12)
        for k in range(0, len(weights), 5):
            step = rng.standard_normal(weights[k].shape)
            ends = []
            for sign in (1, -1):
                moved = list(weights)
                moved[k] = weights[k] + sign * 1e-6 * step
                ends.append(script["loss_and_gradients"](recipe.spec, moved, x, label)[0])
            slope = (ends[0] - ends[1]) / 2e-6
            assert slope == pytest.approx(np.sum(gradients[k] * step), rel=1e-5, abs=1e-8), name


@EVERY_NETWORK
def test_shipped_networks_have_learned(name):
    loss, accuracy = expected(params(network=name), 0.0, 0.0)
    assert loss < 0.08
    assert accuracy >= 0.97


@PLANES
@EVERY_NETWORK
def test_the_centre_is_the_trained_network_and_other_points_are_on_the_plane(name, directions):
    p = params(network=name, directions=directions)
    x, y = [0.0, 0.4, -1.1], [0.0, -0.7, 0.3]
    out = sampled(p, x, y)
    for k, place in enumerate(zip(x, y, strict=True)):
        loss, accuracy = expected(p, *place)
        assert out["loss"][k] == pytest.approx(loss, rel=1e-12)
        assert out["accuracy"][k] == np.float32(accuracy)
        assert out["status"][k] == (Status.BELOW if loss < np.log(2) else Status.ABOVE)


@EVERY_NETWORK
def test_random_directions_have_the_norms_of_the_trained_units(name):
    plan = landscape_plan(params(network=name))
    assert not np.allclose(plan.first, plan.second)
    for direction in (plan.first, plan.second):
        for (weights, _), (drawn, shift) in zip(
            plan.network.dense, plan.network.split(direction), strict=True
        ):
            for unit in range(weights.shape[1]):
                norm = np.linalg.norm(weights[:, unit])
                assert np.linalg.norm(drawn[:, unit]) == pytest.approx(norm, rel=1e-12)
            assert not shift.any()


def test_random_directions_depend_on_the_seed_alone():
    one, again = (landscape_plan(params(seed=5, level=level)) for level in (1.0, 2.0))
    other = landscape_plan(params(seed=6))
    assert np.array_equal(one.first, again.first)
    assert not np.allclose(one.first, other.first)
    drawn = np.random.Generator(np.random.PCG64(5)).standard_normal((2, 8))
    weights = one.network.dense[0][0]
    scaled = drawn * np.linalg.norm(weights, axis=0) / np.linalg.norm(drawn, axis=0)
    assert np.allclose(one.first[:16].reshape(2, 8), scaled, rtol=1e-12)


@EVERY_NETWORK
def test_principal_directions_span_most_of_the_trajectory(name):
    plan = landscape_plan(params(network=name, directions="pca"))
    spread = plan.network.trajectory - plan.network.flat
    _, sizes, axes = np.linalg.svd(spread, full_matrices=False)
    for direction, axis in ((plan.first, axes[0]), (plan.second, axes[1])):
        assert np.linalg.norm(direction) == pytest.approx(1, rel=1e-12)
        assert np.allclose(direction * np.sign(direction @ axis), axis, rtol=0, atol=1e-10)
    assert abs(plan.first @ plan.second) < 1e-12
    assert plan.shares == pytest.approx(sizes[:2] ** 2 / np.sum(sizes**2), rel=1e-10)
    assert sum(plan.shares) > 0.9


@EVERY_NETWORK
def test_the_trajectory_ends_at_the_centre_and_starts_at_the_upper_left(name):
    plan = landscape_plan(params(network=name, directions="pca"))
    assert np.abs(plan.path[-1]).max() < 1e-6
    assert plan.path[0, 0] < -1
    assert plan.path[0, 1] > 0
    rest = plan.network.trajectory - plan.network.flat
    rest = rest - plan.path @ np.stack([plan.first, plan.second])
    assert np.abs(rest @ plan.first).max() < 1e-9
    assert np.abs(rest @ plan.second).max() < 1e-9


def test_on_a_random_plane_the_trajectory_is_its_shadow():
    """The nearest points, also where the two directions aren't at right angles."""
    plan = landscape_plan(params(network="moons"))
    plane = np.stack([plan.first, plan.second])
    rest = plan.network.trajectory - plan.network.flat - plan.path @ plane
    assert np.abs(plane @ rest.T).max() < 1e-9
    assert np.abs(plan.path).max() < 1


@EVERY_NETWORK
def test_home_shows_the_whole_trajectory_and_the_marks_name_its_ends(name):
    p = params(network=name, directions="pca")
    home = SYSTEM.home(p)
    (mark,) = SYSTEM.overlays(home, p, SYSTEM.prepare(p, CancelFlag()))
    assert mark.joined
    assert (mark.labels[0], mark.labels[-1]) == ("start", "end")
    assert set(mark.labels[1:-1]) == {""}
    away = np.abs(mark.points - [float(home.x), float(home.y)])
    assert away.max() < 0.45 * home.width
    assert away.max() > 0.2 * home.width


def test_the_level_is_a_multiple_of_chance():
    chance = landscape_plan(params()).chance
    assert chance == pytest.approx(np.log(2), rel=1e-12)
    x, y = np.linspace(-1, 1, 40), np.zeros(40)
    loss = sampled(params(), x, y)["loss"]
    for level in (0.1, 1.0, 3.0):
        out = sampled(params(level=level), x, y)
        assert np.array_equal(out["loss"], loss)
        assert np.array_equal(out["status"] == Status.BELOW, loss < level * chance)
        assert np.array_equal(SYSTEM.outcome(out["status"]), loss < level * chance)
        assert np.allclose(out["log_loss"], np.log10(loss / (level * chance)), atol=1e-12)


def test_chance_is_the_best_constant_answer():
    rng = np.random.default_rng(1)
    y = rng.standard_normal((50, 2))
    assert chance_loss("mse", y) == pytest.approx(np.var(y, axis=0).mean())
    labels = np.eye(3)[rng.integers(0, 3, 50)]
    shares = labels.mean(axis=0)
    for kind, answer in (
        ("cross_entropy", np.log(shares)), ("binary_cross_entropy", np.log(shares / (1 - shares)))
    ):  # fmt: skip
        best = twin.loss_of(kind, np.tile(answer, (50, 1)), labels)
        assert chance_loss(kind, labels) == pytest.approx(best, rel=1e-12)
        for _ in range(20):
            worse = np.tile(answer + 0.1 * rng.standard_normal(3), (50, 1))
            assert twin.loss_of(kind, worse, labels) > best
    assert chance_loss("cross_entropy", np.eye(2)[[1, 1]]) == 0.0


def test_a_probe_tells_the_way_the_weights_and_the_answers():
    p = params(network="moons")
    probe = SYSTEM.probe(0.7, -0.4, p, SYSTEM.prepare(p, CancelFlag()))
    curves = {curve.name: curve for curve in probe.curves}
    ray = curves["loss"].y
    assert ray[0] == sampled(p, [0], [0])["loss"][0]
    assert ray[-1] == probe.values["loss"]
    middle = sampled(p, [0.35], [-0.2])
    assert ray[len(ray) // 2] == middle["loss"][0]
    assert np.float32(curves["accuracy"].y[len(ray) // 2]) == middle["accuracy"][0]
    network = landscape_plan(p).network
    trained = [np.linalg.norm(weights) for weights, _ in network.dense]
    assert np.allclose(curves["|W| trained"].y, trained)
    plan = landscape_plan(p)
    here = network.split(network.flat + 0.7 * plan.first - 0.4 * plan.second)
    assert np.allclose(curves["|W| here"].y, [np.linalg.norm(w) for w, _ in here])
    table = dict(probe.table)
    right = sum(int(table[f"class {k}"].split(f" as {k}")[0].split(", ")[-1]) for k in (0, 1)
                if f" as {k}" in table[f"class {k}"])  # fmt: skip
    assert right == round(probe.values["accuracy"] * 200)
    assert "trajectory's spread along either" not in table
    assert probe.message.startswith("With these weights")


def test_moving_inputs_by_one_ulp_moves_the_loss_a_little():
    p = params(network="moons")
    prepared = SYSTEM.prepare(p, CancelFlag())
    points = Points.absolute(np.linspace(-1, 1, 30), np.linspace(1, -1, 30))
    for name in SYSTEM.inputs(p):
        _, moved = SYSTEM.nudged(p, prepared, [name], CancelFlag())
        losses = []
        for one in (prepared, moved):
            out = SYSTEM.allocate(30, p)
            SYSTEM.sample(points, p, one, out, CancelFlag())
            losses.append(out["loss"])
        assert not np.array_equal(*losses)
        assert np.allclose(*losses, rtol=1e-12)
