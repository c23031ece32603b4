"""The plain NumPy twin of the training kernels is right by itself, before anything is held to it.

Gradients are those of finite differences, updates those of recurrences written out for single
numbers, and what is said of a run is checked on losses made by hand.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from deepfractals_gui.core import Status
from tests.reference import training as twin

ACTIVATIONS = ("tanh", "relu", "identity", "sigmoid", "gelu", "sin")
OPTIMIZERS = ("sgd", "nesterov", "adam", "adamw")
WIDTH, OUTPUTS, POINTS = 3, 2, 5


def network(activation="tanh", loss="mse", residual=False, bias=False, depth=1, **other):
    """A net of random weights, and data that suit its loss."""
    rng = np.random.default_rng([depth, bias])
    widths = [WIDTH] * (depth + 1) + [OUTPUTS]
    weights = []
    for ins, outs in itertools.pairwise(widths):
        weights += [rng.standard_normal((ins, outs))] + [rng.standard_normal(outs)] * bias
    net = twin.Net(
        weights, [activation] * depth + ["identity"], [0.9 - 0.1 * k for k in range(depth + 1)],
        bias, [residual] * depth + [False], loss, **other,
    )  # fmt: skip
    y = rng.standard_normal((POINTS, OUTPUTS))
    if loss == "cross_entropy":
        y = np.eye(OUTPUTS)[rng.integers(0, OUTPUTS, POINTS)]
    return net, rng.standard_normal((POINTS, WIDTH)), y


def rates(*columns, **values):
    """Rows of nine rates (P, 9) that do nothing but what is asked for."""
    row = {"lr_input": 0.0, "lr_output": 0.0, "momentum": 0.0, "beta1": 0.9, "beta2": 0.999,
           "decay": 0.0, "weight_scale": 1.0, "output_scale": 1.0, "offset": 0.0}  # fmt: skip
    assert set(values) <= set(row)
    return (
        np.stack(np.broadcast_arrays(*(row | values).values()), axis=-1)
        .reshape(-1, 9)
        .astype(float)
    )


def run(net, x, y, hyper, steps, batches=None):
    """`twin.run` of a net that is already described."""
    return twin.run(
        hyper, x, y, net.weights, net.activation, net.bias, net.residual, net.scale, net.loss,
        net.optimizer, steps, batches, int(net.every_step), np.ones(x.shape[1]),
    )  # fmt: skip


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_step_follows_the_finite_differences_of_the_loss(activation, loss, residual, bias, depth):
    net, x, y = network(activation, loss, residual, bias, depth)
    few = np.array([[1, 3, 3]])
    for batches, seen in ((None, slice(None)), (few, few[0])):
        hyper = rates(lr_input=1.0, lr_output=1.0, output_scale=1.7)
        moved = run(net, x, y, hyper, 1, batches).weights
        for k, weight in enumerate(net.weights):
            # All changes of one array at once, each its own pixel.
            shifts = 1e-5 * np.eye(weight.size).reshape(weight.size, *weight.shape)
            ends = []
            for sign in (1, -1):
                stacked = [np.repeat(w[np.newaxis], weight.size, axis=0) for w in net.weights]
                stacked[k] = stacked[k] + sign * shifts
                output = 1.7 * twin.forward(net, stacked, x[seen])[0]
                ends.append(twin.loss_and_slope(net, output, y[seen])[0])
            numeric = ((ends[0] - ends[1]) / 2e-5).reshape(weight.shape)
            gradient = weight - moved[k][0]
            assert np.max(np.abs(numeric)) > 1e-4
            assert np.max(np.abs(gradient - numeric)) <= 1e-6 * np.max(np.abs(numeric))


def test_losses_are_means_over_points_and_outputs_written_out():
    for loss in ("mse", "cross_entropy"):
        net, x, y = network("sin", loss, bias=True)
        w0, b0, w1, b1 = (array.tolist() for array in net.weights)
        total = 0.0
        for point, target in zip(x.tolist(), y.tolist(), strict=True):
            h = [
                math.sin(0.9 * sum(point[i] * w0[i][j] for i in range(WIDTH)) + b0[j])
                for j in range(WIDTH)
            ]
            out = [
                1.7 * (0.8 * sum(h[i] * w1[i][j] for i in range(WIDTH)) + b1[j])
                for j in range(OUTPUTS)
            ]
            if loss == "mse":
                total += sum((o - t) ** 2 for o, t in zip(out, target, strict=True)) / OUTPUTS
            else:
                mass = sum(math.exp(o) for o in out)
                total -= sum(t * (o - math.log(mass)) for o, t in zip(out, target, strict=True))
        found = run(net, x, y, rates(output_scale=1.7), 1).losses[0, 0]
        assert found == pytest.approx(total / POINTS, rel=1e-13)


def test_a_residual_layer_halves_the_variance_of_the_sum():
    net, x, _ = network("relu", residual=True)
    stacked = [w[np.newaxis] for w in net.weights]
    h = (x + np.maximum(0.9 * x @ net.weights[0], 0)) / math.sqrt(2)
    assert np.allclose(twin.forward(net, stacked, x)[0][0], 0.8 * h @ net.weights[1], rtol=1e-13)


def recurrence(optimizer, hyper, start, steps, every_step):
    """Losses and last (w0, b0, w1, b1) of o (s1 (s0 x w0 + b0) w1 + b1), number by number."""
    rate0, rate1, momentum, beta1, beta2, decay, weight_scale, o, offset = hyper.tolist()
    x, y, s0, s1 = 0.7, -0.4, 0.9, 0.6
    w = [start[0] * weight_scale, start[1], start[2] * weight_scale, start[3]]
    if not every_step:
        w[0] += offset
    m, s = [0.0] * 4, [0.0] * 4
    losses = []
    for step in range(1, steps + 1):
        if every_step:
            w[0] += offset
        h = s0 * x * w[0] + w[1]
        error = o * (s1 * h * w[2] + w[3]) - y
        losses.append(error**2)
        outer = 2 * error * o
        slopes = [outer * s1 * w[2] * s0 * x, outer * s1 * w[2], outer * s1 * h, outer]
        for k in range(4):
            rate = rate0 if k < 2 else rate1
            shrink = decay if k in (0, 2) else 0.0
            g = slopes[k]
            if optimizer == "adamw":
                w_decay = rate * shrink * w[k]
            else:
                w_decay = 0.0
                g += shrink * w[k]
            if optimizer == "sgd":
                m[k] = momentum * m[k] + g
                w[k] -= rate * m[k]
            elif optimizer == "nesterov":
                m[k] = momentum * m[k] + g
                w[k] -= rate * (g + momentum * m[k])
            else:
                m[k] = beta1 * m[k] + (1 - beta1) * g
                s[k] = beta2 * s[k] + (1 - beta2) * g * g
                ahead = (m[k] / (1 - beta1**step)) / (math.sqrt(s[k] / (1 - beta2**step)) + 1e-8)
                w[k] -= rate * ahead + w_decay
    return losses, w


@pytest.mark.parametrize("every_step", [False, True])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_updates_are_those_of_recurrences_written_out(optimizer, every_step):
    """Every rate differs from pixel to pixel, and none of them is at its neutral value."""
    start = [0.8, -0.3, 1.1, 0.2]
    net = twin.Net(
        [np.full(shape, value) for shape, value in zip([(1, 1), 1, (1, 1), 1], start, strict=True)],
        ["identity", "identity"], [0.9, 0.6], True, [False, False], "mse", optimizer, every_step,
    )  # fmt: skip
    hyper = rates(
        lr_input=[0.02, 0.05, 0.11], lr_output=[0.07, 0.01, 0.03], momentum=[0.5, 0.9, 0.3],
        beta1=[0.8, 0.9, 0.95], beta2=[0.99, 0.9, 0.999], decay=[0.1, 0.02, 0.3],
        weight_scale=[1.2, 0.7, 2.0], output_scale=[1.1, 1.6, 0.8], offset=[0.01, -0.02, 0.03],
    )  # fmt: skip
    found = run(net, np.array([[0.7]]), np.array([[-0.4]]), hyper, 40)
    for pixel in range(3):
        losses, weights = recurrence(optimizer, hyper[pixel], start, 40, every_step)
        assert np.allclose(found.losses[pixel], losses, rtol=1e-9, atol=1e-16)
        ended = [array[pixel].item() for array in found.weights]
        assert np.allclose(ended, weights, rtol=1e-11)
    # What the recurrences share with the twin would go unseen if they were all alike.
    assert len({f"{one:.3e}" for one in found.losses[:, 4]}) == 3


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_slopes_are_those_of_the_functions_and_finite_at_huge_arguments(name):
    z = np.linspace(-4, 4, 400)
    numeric = (twin.function(name, z + 1e-6) - twin.function(name, z - 1e-6)) / 2e-6
    assert np.allclose(twin.derivative(name, z), numeric, atol=1e-8)
    ends = {"tanh": (0, 0), "relu": (0, 1), "identity": (1, 1), "sigmoid": (0, 0), "gelu": (0, 1)}
    if name in ends:
        with np.errstate(over="ignore"):
            found = twin.derivative(name, np.array([[-1e3, 1e3], [-1e200, 1e200]]))
        assert np.array_equal(found, [ends[name]] * 2)


@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_weight_that_is_nan_makes_every_loss_and_its_own_gradient_nan(activation, loss):
    """So that a pixel may be left out from there on. Its inputs and other weights may be 0."""
    net, x, y = network(activation, loss, residual=True, bias=True, depth=2)
    x[:] = 0.0
    for k, weight in enumerate(net.weights):
        stacked = [np.zeros((1, *w.shape)) for w in net.weights]
        stacked[k].flat[weight.size - 1] = np.nan
        output, inputs, products = twin.forward(net, stacked, x)
        value, slope = twin.loss_and_slope(net, output, y)
        assert np.isnan(value[0])
        assert np.isnan(twin.gradients(net, stacked, inputs, products, slope)[k].flat[-1])


def test_pixels_do_not_change_each_other_even_where_some_are_lost():
    net, x, y = network("identity", depth=2)
    # Largest rates first: those that stay move up in the lists.
    exponents = np.linspace(4, -3, 70)
    hyper = rates(lr_input=10.0**exponents, lr_output=10.0**exponents, momentum=0.5)
    together = run(net, x, y, hyper, 60)
    assert {Status(one) for one in together.status} >= {Status.CONVERGED, Status.NON_FINITE}
    lost = np.isnan(together.losses[:, -1])
    assert 5 < lost.sum() < 65
    for pixel in range(0, 70, 6):
        alone = run(net, x, y, hyper[pixel : pixel + 1], 60)
        assert np.allclose(
            alone.losses[0], together.losses[pixel], rtol=1e-6, atol=1e-14, equal_nan=True
        )
        assert alone.status[0] == together.status[pixel]
        for one, array in zip(alone.weights, together.weights, strict=True):
            assert np.isnan(one[0]).any() == np.isnan(array[pixel]).any()


def test_minibatches_move_the_weights_and_all_data_give_the_loss():
    net, x, y = network("tanh", depth=2)
    hyper = rates(lr_input=0.3, lr_output=0.2)
    everything = run(net, x, y, hyper, 6)
    in_turn = run(net, x, y, hyper, 6, np.tile(np.arange(POINTS)[::-1], (6, 1)))
    assert np.allclose(in_turn.losses, everything.losses, rtol=1e-12)
    few = np.array([[0, 2], [4, 4], [1, 0]])
    found = run(net, x, y, hyper, 3, few)
    weights = net.weights
    for step in range(3):
        here = twin.Net(weights, net.activation, net.scale, False, net.residual)
        assert found.losses[0, step] == pytest.approx(
            run(here, x, y, hyper, 1).losses[0, 0], rel=1e-12
        )
        weights = [w[0] for w in run(here, x[few[step]], y[few[step]], hyper, 1).weights]
    for mine, theirs in zip(found.weights, weights, strict=True):
        assert np.allclose(mine[0], theirs, rtol=1e-12)
    assert not np.allclose(found.losses[0, 1:], everything.losses[0, 1:3], rtol=1e-3)


def said(*losses):
    """(value, status, step of divergence) of one run."""
    one = np.array([losses], float)
    return twin.measure(one)[0], twin.outcome(one)[0], twin.step_of_divergence(one)[0]


def test_the_value_of_falling_losses_is_minus_their_sum():
    value, status, step = said(4.0, *[2.0] * 5, *[1.0] * 20)
    assert (value, status) == (-(1 + 5 * 0.5 + 20 * 0.25), Status.CONVERGED)
    assert np.isnan(step)


def test_the_value_of_rising_losses_is_the_sum_of_inverses():
    assert said(0.5, *[1.0] * 20) == (1 + 20 / 2, Status.DIVERGED, 21)
    # Three steps at the cap, the first at index 2.
    assert said(1.0, 2.0, 1e6, 1e7, 1e300, *[2.0] * 20) == (
        pytest.approx(1 + 0.5 + 3e-6 + 10), Status.DIVERGED, 2,
    )  # fmt: skip


def test_a_mean_of_exactly_one_has_diverged():
    assert said(*[3.0] * 30) == (30, Status.DIVERGED, 30)
    below = np.nextafter(3.0, 0.0)
    assert said(*[3.0] * 10, *[below] * 20)[1] == Status.CONVERGED
    # 0.5 and 1.5 alternate: the mean over the last 20 is 1, over the last 19 it isn't.
    assert said(1.0, *[1.5, 0.5] * 12)[1] == Status.DIVERGED
    assert said(1.0, *[1.5] * 5, *[0.5] * 20)[1] == Status.CONVERGED
    assert said(1.0, *[0.5] * 5, *[1.5] * 1, *[0.5] * 19)[1] == Status.CONVERGED
    assert said(1.0, *[0.5] * 25, *[1.5] * 11, *[0.5] * 9)[1] == Status.DIVERGED


def test_a_run_that_overshoots_and_returns_has_converged():
    """The cap is of each step by itself, and so is a loss that overflows."""
    value, status, _ = said(2.0, 1e9, math.inf, math.nan, *[1.0] * 20)
    # What isn't finite counts as 1e6 before the division, a large loss as 1e6 after it.
    assert value == -(1 + 1e6 + 5e5 + 5e5 + 20 * 0.5)
    assert status == Status.CONVERGED
    value, status, step = said(2.0, math.inf, *[4.0] * 20)
    assert value == pytest.approx(1 + 2e-6 + 20 / 2, rel=1e-15)
    assert (status, step) == (Status.NON_FINITE, 1)


def test_a_first_loss_that_is_not_finite_or_zero_has_a_value_too():
    for first in (math.inf, -math.inf, math.nan):
        assert said(first, *[first] * 29) == (30, Status.NON_FINITE, 0)
        value, status, _ = said(first, *[5.0] * 29)
        assert value == pytest.approx(-(1 + 29 * 5e-6), rel=1e-14)
        assert status == Status.CONVERGED
    # 0 / 0 and 1 / 0 both count as the cap.
    assert said(*[0.0] * 15, *[1.0] * 15) == (pytest.approx(30e-6), Status.DIVERGED, 0)
    assert said(1e-3, *[math.nan] * 29)[0] == pytest.approx(1 + 29e-6)


def test_what_is_said_of_a_run_follows_from_its_losses_and_weights():
    net, x, y = network("identity", depth=1)
    hyper = rates(lr_input=[1e-2, 1e3, 1e5], lr_output=[1e-2, 1e3, 1e5], output_scale=1.3)
    found = run(net, x, y, hyper, 30)
    assert found.losses.shape == (3, 30)
    assert found.status.dtype == np.uint8
    assert found.status.tolist() == [Status.CONVERGED, Status.NON_FINITE, Status.NON_FINITE]
    assert found.final_loss[0] == found.losses[0, -1]
    assert np.isnan(found.final_loss[1:]).all()
    assert found.least_loss[0] == found.losses[0].min()
    assert np.array_equal(found.least_loss[1:], np.nanmin(found.losses[1:], axis=1))
    assert np.isnan(found.divergence[0])
    for pixel in (1, 2):
        step = int(found.divergence[pixel])
        assert (found.losses[pixel, :step] < 1e6 * found.losses[pixel, 0]).all()
        assert not found.losses[pixel, step] < 1e6 * found.losses[pixel, 0]
    w0, w1 = (array[0] for array in found.weights)
    assert found.probe_output[0] == pytest.approx(
        1.3 * 0.8 * (0.9 * np.ones(WIDTH) @ w0) @ w1[:, 0]
    )
    assert np.isnan(found.probe_output[1:]).all()
    scaled = run(net, x, y, rates(weight_scale=1e200, output_scale=2.0), 25)
    assert (scaled.status[0], scaled.divergence[0]) == (Status.NON_FINITE, 0)
    assert np.isnan(scaled.least_loss[0])
