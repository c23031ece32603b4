"""The kernels' channels agree with plain NumPy, at their float64 values before storage."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Points, Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.systems import system
from tests.reference import complex_maps as twin

QUICK = 140
FULL = 1200
SIZES = [QUICK, pytest.param(FULL, marks=pytest.mark.long)]


def home(size):
    line = np.linspace(-2.5, 2.5, size)
    x, y = np.meshgrid(line, line)
    return x.ravel(), y.ravel()


def moved_one_ulp(x):
    return np.nextafter(x, np.inf)


def sampled(key, x, y, **values):
    """The channels of a System at float64, and its parameters."""
    chosen = system(key)
    p = replace(chosen.Params(), **values)
    out = {
        c.name: np.zeros(len(x), "f8" if c.dtype == "float32" else c.dtype)
        for c in chosen.channels(p)
    }
    chosen.sample(Points.absolute(x, y), p, chosen.prepare(p, CancelFlag()), out, CancelFlag())
    return out, p


def assert_agreement(wrong, self_wrong, count, fraction):
    """No more points differ than the fraction allows, nor than 1.5 times what one ulp does."""
    # In a small sample of a chaotic boundary the count itself scatters.
    slack = 0 if count >= FULL**2 else 3 * np.sqrt((1 - fraction) * count) + 2
    assert wrong <= (1 - fraction) * count + slack
    assert wrong <= 1.5 * self_wrong + 2 + slack


@pytest.mark.parametrize("size", SIZES)
def test_forward_pass_agrees_with_numpy(size):
    x, y = home(size)
    out, _ = sampled("forward_pass", x, y)
    w, v = x + 1j * y, moved_one_ulp(x) + 1j * moved_one_ulp(y)
    start = np.full(len(x), 0.3 + 0j)
    settle = size == QUICK
    mine = twin.forward_pass(w, 0.3j * w, start, settle=settle)
    other = twin.forward_pass(v, 0.3j * v, start, settle=False)

    escaped = out["status"] == Status.ESCAPED
    assert_agreement(
        np.sum(escaped != mine.escaped), np.sum(mine.escaped != other.escaped), len(x), 0.9997
    )
    differ = np.abs(out["smooth"] - mine.smooth) >= 1e-6
    assert_agreement(
        np.sum(differ), np.sum(np.abs(other.smooth - mine.smooth) >= 1e-6), len(x), 0.998
    )
    same = escaped == mine.escaped
    both = escaped & mine.escaped & ~differ
    turns = np.abs(np.exp(1j * out["angle"][both]) - np.exp(1j * mine.angle[both]))
    assert np.median(turns) < 1e-14
    assert np.mean(turns < 1e-5) > 0.99
    trap = np.abs(out["trap"] - mine.trap) < 1e-9
    assert np.mean(trap[same]) > 0.997
    if settle:
        bounded = ~escaped & ~mine.escaped
        assert np.mean((out["period"] == mine.period)[bounded]) > 0.999
        settled = bounded & (out["period"] == mine.period) & (mine.period > 0)
        assert np.allclose(out["multiplier"][settled], mine.multiplier[settled], atol=1e-7)


@pytest.mark.parametrize("name", ["sigmoid", "silu", "gelu", "sin", "cubic"])
def test_other_activations_agree_with_numpy(name):
    x, y = home(61)
    out, _ = sampled("forward_pass", x, y, activation=name)
    w = x + 1j * y
    mine = twin.forward_pass(w, 0.3j * w, np.full(len(x), 0.3 + 0j), name=name)
    escaped = out["status"] == Status.ESCAPED
    assert np.mean(escaped == mine.escaped) > 0.998
    assert np.mean(np.abs(out["smooth"] - mine.smooth) < 1e-6) > 0.99
    assert np.mean(np.abs(out["trap"] - mine.trap) < 1e-9) > 0.98
    settled = ~escaped & ~mine.escaped & (out["period"] == mine.period) & (mine.period > 0)
    assert settled.sum() > 400
    assert np.allclose(out["multiplier"][settled], mine.multiplier[settled], atol=1e-7)


def test_the_input_plane_agrees_with_numpy():
    x, y = home(81)
    weight, coupling = -0.3 - 1.1j, 0.2 + 0.1j
    out, _ = sampled("forward_pass", x, y, plane="input", weight=weight, bias_coupling=coupling)
    w = np.full(len(x), weight)
    mine = twin.forward_pass(w, coupling * w, x + 1j * y)
    assert np.mean((out["status"] == Status.ESCAPED) == mine.escaped) > 0.995
    assert np.mean(np.abs(out["smooth"] - mine.smooth) < 1e-6) > 0.98


def test_a_chaotic_input_plane_agrees_as_far_as_numpy_agrees_with_itself():
    # At the default weight inputs are torn apart so fast that NumPy itself changes its mind at a
    # hundredth of them when the map's constant, the weight that is held, moves by one ulp.
    chosen = system("forward_pass")
    p = replace(chosen.Params(), plane="input")
    view = chosen.home(p)
    half = view.width / 2
    line = np.linspace(-half, half, 160)
    x, y = np.meshgrid(line + float(view.x), line + float(view.y))
    x, y = x.ravel(), y.ravel()
    out, _ = sampled("forward_pass", x, y, plane="input")
    w = np.full(len(x), p.weight)
    mine = twin.forward_pass(w, p.bias_coupling * w, x + 1j * y)
    wrong = np.sum((out["status"] == Status.ESCAPED) != mine.escaped)
    own = []
    for moved in (
        complex(moved_one_ulp(p.weight.real), p.weight.imag),
        complex(p.weight.real, moved_one_ulp(p.weight.imag)),
    ):
        v = np.full(len(x), moved)
        other = twin.forward_pass(v, p.bias_coupling * v, x + 1j * y)
        own.append(np.sum(mine.escaped != other.escaped))
    assert min(own) > 100
    assert wrong <= 1.5 * min(own) + 2


@pytest.mark.parametrize("size", SIZES)
def test_error_flow_agrees_with_numpy(size):
    x, y = home(size)
    out, _ = sampled("error_flow", x, y)
    w, v = x + 1j * y, moved_one_ulp(x) + 1j * moved_one_ulp(y)
    start = np.full(len(x), 0.1 + 0j)
    mine = twin.error_flow(w, w, start)
    other = twin.error_flow(v, v, start, gain=False)

    escaped = out["status"] == Status.ESCAPED
    assert_agreement(
        np.sum(escaped != mine.escaped), np.sum(mine.escaped != other.escaped), len(x), 0.993
    )
    differ = np.abs(out["smooth"] - mine.smooth) >= 1e-6
    assert_agreement(
        np.sum(differ), np.sum(np.abs(other.smooth - mine.smooth) >= 1e-6), len(x), 0.979
    )
    trap = np.abs(out["trap"] - mine.trap) < 1e-9
    assert np.mean(trap) > 0.97
    assert np.median(np.abs(out["gain"] - mine.gain)) < 1e-13
    assert np.mean(np.abs(out["gain"] - mine.gain) < 1e-9) > 0.95


@pytest.mark.parametrize("plane", ["input", "start"])
def test_the_other_planes_of_error_flow_agree_with_numpy(plane):
    x, y = home(81)
    weight, scale = 0.9 + 0.7j, 0.5 + 0.25j
    out, _ = sampled("error_flow", x, y, plane=plane, weight=weight, input_scale=scale)
    w, points = np.full(len(x), weight), x + 1j * y
    if plane == "input":
        mine = twin.error_flow(w, points, np.full(len(x), 0.1 + 0j))
    else:
        mine = twin.error_flow(w, np.full(len(x), scale * weight), points)
    # Half of these planes is chaotic; what ends soon doesn't depend on rounding.
    soon = mine.escaped & (mine.smooth < 12)
    assert soon.sum() > 500
    assert (out["status"][soon] == Status.ESCAPED).all()
    assert np.allclose(out["smooth"][soon], mine.smooth[soon], atol=1e-4)
    assert np.mean((out["status"] == Status.ESCAPED) == mine.escaped) > 0.93


def test_an_error_without_input_decays():
    x, y = home(21)
    # About the imaginary axis tanh' is greater than 1.
    inside = np.abs(x) > np.abs(y)
    x, y = x[inside], y[inside]
    out, _ = sampled("error_flow", x, y, input_scale=0j, start=0.1 + 0j)
    assert (out["status"] == Status.BOUNDED).all()
    assert (out["gain"] < 0).all()
    # The gain of an orbit that has gone to 0 is that of tanh'(0) = 1, approached from the start.
    mine = twin.error_flow(x + 1j * y, np.zeros(len(x), complex), np.full(len(x), 0.1 + 0j))
    assert np.allclose(out["gain"], mine.gain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", SIZES)
def test_gradient_basins_agree_with_numpy(size):
    x, y = home(size)
    out, p = sampled("gradient_basins", x, y)
    mine = twin.gradient_basins(x + 1j * y, p.data)
    v = moved_one_ulp(x) + 1j * moved_one_ulp(y)
    other = twin.gradient_basins(v, p.data) if size == FULL else mine

    ended = np.isin(out["status"], (Status.CONVERGED, Status.STALLED))
    wrong, self_wrong = np.sum(ended != mine.converged), np.sum(mine.converged != other.converged)
    assert wrong <= 1.5 * self_wrong + 2
    assert wrong <= 0.00005 * len(x) + 2
    assert np.sum(out["steps"] != mine.steps) <= 1.5 * np.sum(mine.steps != other.steps) + 2
    assert np.mean(np.abs(out["limit"] - mine.limit) < 1e-6) > 0.999
    assert np.mean(np.abs(out["lyapunov"] - mine.lyapunov) < 1e-9) > 0.99


def test_momentum_agrees_with_numpy():
    x, y = home(61)
    out, p = sampled("gradient_basins", x, y, optimizer="momentum", momentum=0.7)
    mine = twin.gradient_basins(x + 1j * y, p.data, momentum=0.7)
    ended = np.isin(out["status"], (Status.CONVERGED, Status.STALLED))
    assert np.mean(ended == mine.converged) > 0.999
    assert np.mean(out["steps"] == mine.steps) > 0.999
    assert np.mean(np.abs(out["limit"] - mine.limit) < 1e-6) > 0.99


def test_any_training_set_agrees_with_numpy():
    rng = np.random.default_rng(5)
    data = tuple(map(tuple, rng.uniform(-1.5, 1.5, (7, 2))))
    x, y = home(41)
    out, _ = sampled("gradient_basins", x, y, data=data)
    mine = twin.gradient_basins(x + 1j * y, data)
    assert np.mean(out["steps"] == mine.steps) > 0.999
    assert np.mean(np.abs(out["limit"] - mine.limit) < 1e-6) > 0.999
