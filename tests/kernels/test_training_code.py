"""What the training kernels promise beyond their values: vector code, the same bits, an end."""

from __future__ import annotations

import re
import threading

import mpmath
import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Points, Status
from deepfractals_gui.core.params import replace
from deepfractals_gui.kernels import training, training_identity, training_shallow
from deepfractals_gui.kernels.emit import Value, intrinsic, types
from deepfractals_gui.kernels.jit import numba
from deepfractals_gui.kernels.training_functions import FORMULAS
from deepfractals_gui.kernels.training_network import ACTIVATIONS, CHUNK, RATES, pack
from deepfractals_gui.systems import system, training_run
from deepfractals_gui.systems.training_rates import rate_plane, rates_of
from deepfractals_gui.systems.training_run import History, Results, Way, way_of

LINEAR = {"activation": "identity", "data": "paper:identity"}
WAYS = {
    "shallow": {"data": "matching", "width": 6},
    "minibatch": {"data": "matching", "width": 6, "batch": 5},
    "deep": {"data": "matching", "width": 5, "depth": 3, "residual": True, "bias": True},
    "adam": {"data": "matching", "width": 6, "optimizer": "adam"},
    "single": {"data": "paper:single"},
    "linear": LINEAR,
}
EVERY_WAY = pytest.mark.parametrize("way", WAYS)
STEPS = 150
"""More than two blocks of the kernels that train eight pixels together."""


def chosen(**values):
    found = system("trainability")
    p = replace(found.Params(), **{"steps": STEPS, **values})
    return found, p, found.prepare(p, CancelFlag())


def sampled(found, p, prepared, x, y):
    out = {c.name: np.zeros(len(x), c.numpy_dtype()) for c in found.channels(p)}
    found.sample(Points.absolute(x, y), p, prepared, out, CancelFlag())
    return out


def grid(size=7):
    """Runs that converge, diverge and overflow, side by side."""
    line = np.linspace(-2.9, 5.9, size)
    return tuple(one.ravel() for one in np.meshgrid(line, line))


def same(one, other):
    return all(one[name].tobytes() == other[name].tobytes() for name in one)


@EVERY_WAY
def test_a_pixels_bits_depend_on_no_other(way):
    found, p, prepared = chosen(**WAYS[way])
    x, y = grid()
    whole = sampled(found, p, prepared, x, y)
    outcomes = {int(s) for s in whole["status"]}
    assert outcomes >= {Status.CONVERGED, Status.DIVERGED if way == "adam" else Status.NON_FINITE}
    order = np.random.default_rng(4).permutation(len(x))
    shuffled = sampled(found, p, prepared, x[order], y[order])
    assert same(shuffled, {name: array[order] for name, array in whole.items()})
    for place in range(0, len(x), 5):
        here = slice(place, place + 1)
        alone = sampled(found, p, prepared, x[here], y[here])
        assert same(alone, {name: array[here] for name, array in whole.items()})


def by_kernel(way, prepared, rates, recorded):
    """Results and history of one run by a kernel, which need not be the one it is meant for."""
    results = Results.of(1)
    history = History.of(prepared.plan, way, STEPS if recorded else 0)
    training_run._run(way, rates, prepared, results, history, CancelFlag())
    return results, history


@EVERY_WAY
def test_recording_changes_no_bit(way):
    _found, p, prepared = chosen(**WAYS[way])
    plane = rate_plane(p)
    x, y = grid()
    kernel = way_of(prepared.plan, plane)
    assert kernel is {"single": Way.SINGLE, "linear": Way.LINEAR}.get(way, Way.GENERAL)
    for place in range(0, len(x), 2):
        rates = rates_of(x[place : place + 1], y[place : place + 1], plane)
        plain, _ = by_kernel(kernel, prepared, rates, False)
        recorded, run = by_kernel(kernel, prepared, rates, True)
        for one, other in zip(plain, recorded, strict=True):
            assert one.tobytes() == other.tobytes()
        assert run.losses[0] > 0


@pytest.mark.parametrize(
    ("values", "way"),
    [
        ({}, Way.SINGLE),
        ({"activation": "gelu"}, Way.SINGLE),
        ({"activation": "sin"}, Way.GENERAL),
        ({"data": "paper:matching"}, Way.GENERAL),
        (LINEAR, Way.LINEAR),
        ({**LINEAR, "lr": 0.5, "x_axis": "weight_scale", "y_axis": "lr"}, Way.LINEAR),
        ({**LINEAR, "momentum": 0.5}, Way.GENERAL),
        ({**LINEAR, "weight_decay": 0.5}, Way.GENERAL),
        ({**LINEAR, "offset": 0.5}, Way.GENERAL),
        ({**LINEAR, "x_axis": "offset", "y_axis": "lr"}, Way.GENERAL),
        ({**LINEAR, "x_axis": "momentum"}, Way.GENERAL),
        ({**LINEAR, "optimizer": "nesterov"}, Way.GENERAL),
        ({**LINEAR, "batch": 4}, Way.GENERAL),
        ({"activation": "identity", "data": "identity", "bias": True}, Way.GENERAL),
        ({"activation": "identity", "data": "identity", "depth": 2}, Way.GENERAL),
        ({"activation": "identity", "data": "identity", "residual": True}, Way.GENERAL),
    ],
    ids=str,
)
def test_short_cuts_are_taken_where_they_apply_exactly(values, way):
    values = {**values, **({"data": "matching"} if values.get("data") == "identity" else {})}
    _found, p, prepared = chosen(**values)
    assert way_of(prepared.plan, rate_plane(p)) is way


@pytest.mark.parametrize(
    "values",
    [
        LINEAR,
        {"activation": "identity", "data": "matching", "width": 9},
        *({"data": "single", "activation": name, "width": 5} for name in ACTIVATIONS[:5]),
    ],
    ids=str,
)
def test_short_cuts_agree_with_the_general_kernel(values):
    _found, p, prepared = chosen(**values, output_scale=1.5, weight_scale=0.8)
    plane = rate_plane(p)
    way = way_of(prepared.plan, plane)
    assert way is not Way.GENERAL
    x, y = grid(6)
    agreed, tame = 0, 0
    for place in range(len(x)):
        rates = rates_of(x[place : place + 1], y[place : place + 1], plane)
        short, run = by_kernel(way, prepared, rates, True)
        general, whole = by_kernel(Way.GENERAL, prepared, rates, True)
        tiny = 1e-13 * whole.losses[0]
        if not np.all(whole.losses[1:] <= whole.losses[:-1] + tiny):
            # Where losses rise or swing, rounding may grow; the outcome hangs on no bit here.
            agreed += np.sign(short[1][0]) == np.sign(general[1][0])
            continue
        tame += 1
        assert short[0][0] == general[0][0]
        assert short[1][0] == pytest.approx(general[1][0], rel=1e-9)
        assert np.allclose(run.losses, whole.losses, rtol=1e-6, atol=tiny)
        assert short[5][0] == pytest.approx(general[5][0], rel=1e-6, abs=1e-9)
        if way is Way.LINEAR:
            assert np.allclose(run.weights, whole.weights, rtol=1e-8, atol=1e-10)
            assert np.allclose(run.weight_norms, whole.weight_norms, rtol=1e-9)
            assert np.allclose(run.gradient_norms, whole.gradient_norms, rtol=1e-5, atol=1e-9)
        agreed += 1
    assert agreed >= len(x) - 1
    assert tame >= 5


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("count", [5, 8, CHUNK + 3])
def test_an_infinite_weight_behind_a_saturated_unit_harms_nothing(count, bias):
    """Padding holds zeros, of which an infinite weight makes NaN."""
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal((count, 3)), rng.standard_normal((count, 1))
    first, second = rng.standard_normal((3, 2)), rng.standard_normal((2, 1))
    weights = (first, np.zeros(2), second, np.zeros(1)) if bias else (first, second)
    infinite = first.copy()
    infinite[0, 0] = np.inf
    found = []
    for start in (infinite, np.where(np.isinf(infinite), 1e300, infinite)):
        network = pack(
            x, y, [3, 2, 1], (start, *weights[1:]), bias=[bias, bias], residual=[False, False],
            activation=["tanh", "identity"], scale=[1.0, 1.0], loss="mse", optimizer="sgd",
            steps=30, batches=np.zeros((0, 0), np.int64), probe=np.ones(3), every_step=False,
        )  # fmt: skip
        hyper = np.zeros((1, len(RATES)))
        hyper[0, [0, 1, 6, 7]] = 0.1, 0.1, 1.0, 1.0
        results = (np.zeros(1, np.uint8), *(np.zeros(1) for _ in range(5)))
        losses, norms = np.zeros(30), (np.zeros((30, 2)), np.zeros((30, 2)))
        last = np.zeros(len(network.weights))
        training.sample(hyper, network, *results, CancelFlag().array, losses, *norms, last)
        found.append(losses)
    assert np.isfinite(found[0]).all()
    assert found[0].tobytes() == found[1].tobytes()


def test_a_last_layer_that_is_not_linear_is_refused():
    one = np.ones((1, 1))
    given = {"bias": [False], "scale": [1.0], "loss": "mse", "optimizer": "sgd", "steps": 20,
             "batches": np.zeros((0, 0), np.int64), "probe": np.ones(1),
             "every_step": False}  # fmt: skip
    with pytest.raises(ValueError, match="linear"):
        pack(one, one, [1, 1], (one,), residual=[False], activation=["tanh"], **given)
    with pytest.raises(ValueError, match="residual"):
        pack(one, one, [1, 1], (one,), residual=[True], activation=["identity"], **given)


def vector_code(function, *arguments):
    """(vector, scalar) fused operations of a function compiled afresh, and its assembly."""
    fresh = numba.njit(error_model="numpy")(function)
    fresh(*arguments)
    text = next(iter(fresh.inspect_asm().values()))
    packed = len(re.findall(r"vf[n]?m(?:add|sub)\w*p[sd]\b.*[yz]mm|fml[as]\s+v", text))
    scalar = len(re.findall(r"vf[n]?m(?:add|sub)\w*s[sd]\b|\bfn?m(?:add|sub)\s+[sd]", text))
    return packed, scalar, text


def room(size=4096):
    whole = np.zeros(size + 8)
    start = (-whole.ctypes.data % 64) // 8
    return whole[start : start + size]


def test_the_hot_loops_are_vector_code():
    def one_pass(a, b, c, d, e, f, g, h, i, j):
        return training_shallow.shallow_pass(
            0, a, b, c, d, e, f, g, h, i, j, 8, 8, 16, 16, 1.0, 1.0, 1.0, True
        )

    def linear(a, b, c, d, e, f):
        training_identity._advance(a, b, c, d, e, f, 8, 8, 8, 0, 1, 20)

    for function, count in ((one_pass, 10), (linear, 6)):
        packed, scalar, text = vector_code(function, *(room() for _ in range(count)))
        # Tiles of 4 x 4, 4 x 2 and 4 in products and gradients, tiles of 8 in the linear network.
        assert packed >= 40
        assert scalar == 0
        features = numba.core.codegen.get_host_cpu_features()
        if "+avx512f" in features:
            assert "zmm" in text
        elif "+avx2" in features:
            assert "ymm" in text


def applied(kind):
    """(f(z), f'(z)) of a training activation at a float."""

    def generate(context, builder, signature, values):
        found = FORMULAS[kind](Value(builder, values[0]))
        return context.make_tuple(builder, signature.return_type, [one.value for one in found])

    @intrinsic
    def apply(typing_context, z):
        return types.UniTuple(types.float64, 2)(types.float64), generate

    return numba.njit(error_model="numpy")(lambda z: apply(z))


TRUTH = {
    "tanh": mpmath.tanh,
    "relu": lambda z: z if z > 0 else mpmath.mpf(0),
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z / 2 * (
        1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (z + mpmath.mpf("0.044715") * z**3))
    ),
}  # fmt: skip
PLACES = np.concatenate(
    [np.random.default_rng(8).normal(0, 3, 300), [1e-9, -1e-300, 0.17, -0.35, 21.99, -22.0, 30.0]]
)


@pytest.mark.parametrize("kind", range(len(FORMULAS)))
def test_activations_and_slopes_are_right_to_a_few_ulp(kind):
    f, truth = applied(kind), TRUTH[ACTIVATIONS[kind]]
    for z in PLACES:
        value, slope = f(float(z))
        with mpmath.workdps(60):
            exact = float(truth(mpmath.mpf(float(z))))
            bend = float(mpmath.diff(truth, mpmath.mpf(float(z)))) if abs(z) > 1e-8 else None
        assert abs(value - exact) <= 3.4e-16 * max(1.0, abs(z))
        if bend is not None:
            assert abs(slope - bend) <= 1e-15 * max(1.0, abs(z))


@pytest.mark.parametrize("kind", range(len(FORMULAS)))
def test_what_is_not_a_number_stays_so(kind):
    assert np.isnan(applied(kind)(float("nan"))[0])


def test_tanh_keeps_its_relative_accuracy_near_zero():
    f = applied(0)
    for z in np.logspace(-300, 0, 200):
        with mpmath.workdps(40):
            exact = float(mpmath.tanh(mpmath.mpf(float(z))))
        assert f(float(z))[0] == pytest.approx(exact, rel=1e-15)


def test_little_is_done_between_two_looks_at_the_flag():
    """A layer of a chunk, or a block of eight linear networks: far from the 50 ms allowed."""
    from deepfractals_gui.systems.training_data import MAX_COLUMNS
    from deepfractals_gui.systems.training_plan import LARGEST_WIDTH

    assert CHUNK * LARGEST_WIDTH * MAX_COLUMNS <= 2**26
    assert training_identity.WORK <= 2**21
    assert 2 * training_identity.MOST_POINTS * MAX_COLUMNS <= 2**23


@pytest.mark.parametrize(
    "values",
    [
        {"activation": "identity", "data": "matching", "width": 16},
        {"data": "matching", "width": 64, "depth": 4, "batch": 4096, "steps": 4000},
        {"data": "matching", "width": 64, "activation": "sin", "depth": 4},
    ],
    ids=str,
)
def test_a_flag_raised_in_the_middle_ends_training(values):
    """Unstopped, each of these takes minutes to hours."""
    found, p, prepared = chosen(**{"steps": 1_000_000, **values})
    count = 2000
    out = {c.name: np.zeros(count, c.numpy_dtype()) for c in found.channels(p)}
    flag, outcome = CancelFlag(), []
    started = threading.Event()

    def run():
        started.set()
        try:
            found.sample(Points.absolute(np.full(count, -2.0), np.full(count, -2.0)), p, prepared,
                         out, flag)  # fmt: skip
        except Cancelled as raised:
            outcome.append(raised)

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    threading.Timer(0.05, flag.set).start()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert isinstance(outcome[0], Cancelled)
