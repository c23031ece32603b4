"""Leaving an orbit early, on an exact cycle, changes no channel."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Points, Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.kernels import traces
from deepfractals_gui.systems import system
from deepfractals_gui.systems.forward_pass import ACTIVATIONS


def sampled(key, points, **values):
    chosen = system(key)
    p = replace(chosen.Params(), **values)
    out = {
        c.name: np.zeros(len(points), "f8" if c.dtype == "float32" else c.dtype)
        for c in chosen.channels(p)
    }
    points = Points.absolute(points.real, points.imag)
    chosen.sample(points, p, chosen.prepare(p, CancelFlag()), out, CancelFlag())
    return out, p


def layer_orbit(c, p):
    states = np.zeros(p.max_iterations + 1, complex)
    count = traces.layer_orbit(
        c, 0, ACTIVATIONS.index(p.activation), p.weight, p.bias_coupling, p.start, p.escape_radius,
        states,
    )  # fmt: skip
    return states[:count]


def error_orbit(c, p):
    states = np.zeros(p.max_iterations + 1, complex)
    count = traces.error_orbit(
        c, 0, p.weight, p.input_scale, p.start, p.escape_radius, states
    )  # fmt: skip
    return states[:count]


def settled_period(orbit):
    last = orbit[-1]
    for period in range(1, min(64, len(orbit) - 1) + 1):
        if abs(last - orbit[-1 - period]) <= 1e-9 * max(1, abs(last)):
            return period
    return 0


def some_points(count, seed=11):
    rng = np.random.default_rng(seed)
    return rng.uniform(-2.2, 2.2, count) + 1j * rng.uniform(-2.2, 2.2, count)


# Real weights of the cubic map without bias, whose attracting cycles have 72 to 192 states.
LONG_CYCLES = np.array([2.337726, 2.322434, 2.358244, 2.30965, 2.302268, 2.309654]) + 0j


# A block has 8 steps: the last one is cut at every length, and periods reach back to z0.
@pytest.mark.parametrize("iterations", [1, 2, 7, 8, 9, 63, 65, 200, 203, 1001])
def test_forward_pass_equals_its_whole_orbit(iterations):
    points = some_points(120)
    out, p = sampled("forward_pass", points, max_iterations=iterations)
    for k, c in enumerate(points):
        orbit = layer_orbit(c, p)
        escaped = len(orbit) <= iterations or not abs(orbit[-1]) <= p.escape_radius
        assert (out["status"][k] == Status.ESCAPED) == escaped
        assert abs(out["trap"][k] - np.abs(np.abs(orbit[1:]) - 1).min()) < 1e-14
        if escaped:
            assert out["angle"][k] == pytest.approx(np.angle(orbit[-1]), abs=1e-15)
            assert out["period"][k] == 0
        else:
            assert out["period"][k] == settled_period(orbit)


@pytest.mark.parametrize("iterations", [1, 3, 8, 13, 250, 1003])
def test_error_flow_equals_its_whole_orbit(iterations):
    points = some_points(120)
    out, p = sampled("error_flow", points, max_iterations=iterations)
    for k, c in enumerate(points):
        orbit = error_orbit(c, p)
        escaped = len(orbit) <= iterations or not abs(orbit[-1]) <= p.escape_radius
        assert (out["status"][k] == Status.ESCAPED) == escaped
        assert abs(out["trap"][k] - np.abs(np.abs(orbit[1:]) - 1).min()) < 1e-14 * abs(orbit).max()
        gain = np.mean(-2 * np.log(np.abs(np.cosh(c * orbit[:-1]))))
        assert out["gain"][k] == pytest.approx(gain, rel=1e-11, abs=1e-12)


def test_a_cycle_too_long_to_look_up_is_left_with_the_right_channels():
    out, p = sampled(
        "forward_pass", LONG_CYCLES, activation="cubic", bias_coupling=0j, max_iterations=60_011,
        start=0.31 + 0j,
    )  # fmt: skip
    assert (out["status"] == Status.BOUNDED).all()
    assert (out["period"] == 0).all()
    for k, c in enumerate(LONG_CYCLES):
        orbit = layer_orbit(c, p)
        assert abs(out["trap"][k] - np.abs(np.abs(orbit[1:]) - 1).min()) < 1e-14
        longest = next(
            n for n in range(1, 4000) if orbit[-1] == orbit[-1 - n] and orbit[-2] == orbit[-2 - n]
        )
        assert longest > 64


def test_exact_cycles_save_most_of_the_work():
    """Over the home view fewer than half of the steps are left to do."""
    chosen = system("forward_pass")
    p = chosen.Params()
    from deepfractals_gui.systems.storage import Workspace

    points = some_points(20_000)
    work = Workspace(chosen.allocate(len(points), p), np.float64)
    chosen._fill(Points.absolute(points.real, points.imag), p, work, CancelFlag())
    steps = work.blocks[0] * 64 * 8
    assert steps < 0.5 * p.max_iterations * len(points)
