"""The landscape's kernel: what it computes, that it is vector code, and that it ends."""

from __future__ import annotations

import itertools
import math
import re
import threading

import mpmath
import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Status
from deepfractals_gui.kernels import landscape
from deepfractals_gui.kernels import landscape_functions as functions
from deepfractals_gui.kernels.emit import Value, intrinsic, types
from deepfractals_gui.kernels.jit import numba
from deepfractals_gui.kernels.landscape_network import (
    ACTIVATIONS,
    LOSSES,
    _stride,
    pack,
)
from deepfractals_gui.nn import ActivationSpec, BatchNormSpec, DenseSpec, DropoutSpec, NetSpec
from deepfractals_gui.systems.landscape_file import MOST_WEIGHTS, TrainedNetwork
from deepfractals_gui.systems.landscape_plan import LandscapePlan, stages_of
from deepfractals_gui.systems.training_data import TrainingData
from tests.reference import landscape as twin


class Case:
    """A network of random weights and directions, with data that suits its loss."""

    def __init__(self, spec: NetSpec, count: int = 21, spread: float = 1.0) -> None:
        rng = np.random.default_rng([count, len(spec.layers)])
        self.spec = spec

        def weights(ins, layer):
            size = spread / math.sqrt(ins)
            bias = rng.standard_normal(layer.units) if layer.bias else None
            return rng.standard_normal((ins, layer.units)) * size, bias

        sets, norms = ([], [], []), []
        width = spec.inputs
        for layer in spec.layers:
            if isinstance(layer, DenseSpec):
                for one in sets:
                    one.append(weights(width, layer))
                width = layer.units
            elif isinstance(layer, BatchNormSpec):
                draws = rng.standard_normal((3, width))
                norms.append((*draws, rng.uniform(0.1, 2.0, width)))
        self.dense, self.first, self.second = sets
        self.norms = norms
        self.x = rng.standard_normal((count, spec.inputs))
        y = rng.standard_normal((count, width))
        if spec.loss == "cross_entropy":
            y = np.eye(width)[rng.integers(0, width, count)]
        elif spec.loss == "binary_cross_entropy":
            y = (y > 0).astype(float)
        self.y = y

    def plan(self):
        """The same as the System plans it."""
        trained = TrainedNetwork(
            "test", self.spec, tuple(self.dense), tuple(self.norms), None, None
        )
        flat = [
            np.concatenate([part.ravel() for pair in one for part in pair if part is not None])
            for one in (self.first, self.second)
        ]
        data = TrainingData(self.x, self.y)
        return LandscapePlan(trained, data, *flat, np.zeros((0, 2)), (), 1.0)

    def network(self, level: float = 0.5):
        """The same laid out for the kernel."""
        inputs, stages = stages_of(self.plan())
        return pack(
            inputs, self.y, stages, loss=self.spec.loss, l1=self.spec.l1, l2=self.spec.l2,
            level=level,
        )  # fmt: skip

    def expected(self, a, b):
        """(losses, accuracies) of the twin."""
        found = [
            twin.point(
                self.spec, self.dense, self.norms, self.x, self.y, self.first, self.second, *place
            )
            for place in zip(a, b, strict=True)
        ]
        return np.array(found).T


def sampled(network, a, b, outputs=None):
    """(status, loss, log_loss, accuracy) by the kernel."""
    a, b = (np.ascontiguousarray(one, dtype=np.float64) for one in (a, b))
    out = (np.zeros(len(a), np.uint8), *(np.zeros(len(a)) for _ in range(3)))
    answers = np.zeros((0, 1)) if outputs is None else outputs
    landscape.sample(a, b, network, *out, np.zeros(1, np.uint8), answers)
    return out


def places(count=9, reach=1.5):
    rng = np.random.default_rng(2)
    a, b = rng.uniform(-reach, reach, (2, count))
    a[0] = b[0] = 0.0
    return a, b


def agree(case, reach=1.5):
    a, b = places(reach=reach)
    losses, accuracies = case.expected(a, b)
    level = float(np.median(losses))
    status, loss, log_loss, accuracy = sampled(case.network(level), a, b)
    assert np.allclose(loss, losses, rtol=1e-12, atol=0)
    assert np.array_equal(accuracy, accuracies, equal_nan=True)
    clear = np.abs(losses / level - 1) > 1e-9
    sides = np.where(losses < level, Status.BELOW, Status.ABOVE)
    assert np.array_equal(status[clear], sides[clear])
    assert np.allclose(log_loss, np.log10(losses / level), rtol=0, atol=1e-11)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_network_agrees_with_plain_numpy(activation, loss):
    for residual, bias in itertools.product((False, True), repeat=2):
        layers = (
            DenseSpec(6, activation, bias, scale=0.8),
            DenseSpec(6, activation, bias, residual=residual, scale=1.3),
            DenseSpec(3, "identity", bias),
        )
        agree(Case(NetSpec(4, layers, loss)))


@pytest.mark.parametrize(
    "layers",
    [
        (DenseSpec(4, "tanh", residual=True), DenseSpec(2)),
        (DenseSpec(1, "identity"),),
        (DenseSpec(5, "tanh"), DenseSpec(4, "sigmoid"), DenseSpec(2, "softplus")),
        (DenseSpec(6), BatchNormSpec(), ActivationSpec("relu"), DropoutSpec(0.3), DenseSpec(2)),
        (DenseSpec(6, "relu"), BatchNormSpec(), DenseSpec(3, "sin"), BatchNormSpec()),
        (BatchNormSpec(), ActivationSpec("gelu"), DropoutSpec(), DenseSpec(3, "tanh")),
        (ActivationSpec("softplus"), DenseSpec(3, "tanh"), DenseSpec(2)),
        (*[DenseSpec(9, "leaky_relu")] * 12, DenseSpec(2)),
        (DenseSpec(4, "tanh"), *[DenseSpec(4, "relu", residual=True)] * 6, DenseSpec(2)),
    ],
    ids=range(9),
)  # fmt: skip
def test_layers_of_every_kind_agree_with_plain_numpy(layers):
    losses = LOSSES if layers[-1] != BatchNormSpec() else ("mse",)
    for loss in losses:
        if len(layers) > 1 or loss != "cross_entropy":
            agree(Case(NetSpec(4, layers, loss)))


@pytest.mark.parametrize("count", [1, 7, 8, 33, 520, 1797])
def test_data_of_any_length_agrees_with_plain_numpy(count):
    spec = NetSpec(5, (DenseSpec(70, "tanh"), DenseSpec(10, "tanh"), DenseSpec(10)), LOSSES[1])
    agree(Case(spec, count))


def test_penalties_are_added_and_spare_biases():
    layers = (DenseSpec(5, "tanh"), BatchNormSpec(), DenseSpec(2))
    agree(Case(NetSpec(3, layers, "mse", l1=0.01, l2=0.03)))
    case = Case(NetSpec(3, layers, "mse", l2=0.5))
    plain = Case(NetSpec(3, layers, "mse"))
    at = np.zeros(1)
    more = sampled(case.network(), at, at)[1] - sampled(plain.network(), at, at)[1]
    assert more[0] == pytest.approx(0.5 * sum((w**2).sum() for w, _ in case.dense), rel=1e-12)


def test_shares_of_classes_are_targets_too():
    case = Case(NetSpec(4, (DenseSpec(5, "tanh"), DenseSpec(3)), "cross_entropy"))
    rng = np.random.default_rng(9)
    case.y = rng.dirichlet([1.0, 1.0, 1.0], len(case.x))
    case.y[0] = [0.0, 1.0, 0.0]
    agree(case)


def test_sure_answers_keep_their_relative_accuracy():
    """A loss of 1e-30 is the sum of exponentials that a logarithm of 1 + x would swallow."""
    layers = (DenseSpec(3, "identity", bias=False),)
    for loss in LOSSES[1:]:
        case = Case(NetSpec(3, layers, loss), count=3)
        case.dense = [(70.0 * np.eye(3), None)]
        case.first = case.second = [(np.zeros((3, 3)), None)]
        case.x = case.y = np.eye(3)
        if loss == "binary_cross_entropy":
            case.x = 2 * np.eye(3) - 1
        found = sampled(case.network(), np.zeros(1), np.zeros(1))[1][0]
        exact = 2 * math.exp(-70) if loss == "cross_entropy" else math.exp(-70)
        assert found == pytest.approx(exact, rel=1e-13)


def test_answers_to_the_data_are_given():
    case = Case(NetSpec(4, (DenseSpec(80, "tanh"), DenseSpec(3)), "mse"), count=150)
    outputs = np.zeros((150, 3))
    sampled(case.network(), np.zeros(1), np.zeros(1), outputs)
    expected = twin.outputs(case.spec, case.dense, case.norms, case.x)
    assert np.allclose(outputs, expected, rtol=1e-12, atol=1e-14)


def test_what_overflows_is_not_finite_and_has_no_values():
    layers = (DenseSpec(4, "relu"), DenseSpec(4, "relu"), DenseSpec(2))
    for loss in LOSSES:
        case = Case(NetSpec(3, layers, loss))
        status, *values = sampled(case.network(), [1e200, 0.0, np.inf, np.nan], [1e10, 0, 0, 0])
        assert status.tolist()[:1] + status.tolist()[2:] == [Status.NON_FINITE] * 3
        assert status[1] in (Status.BELOW, Status.ABOVE)
        for value in values:
            assert np.isnan(value[[0, 2, 3]]).all()
        assert np.isfinite(values[0][1])


@pytest.mark.parametrize("level", [0.0, 1e-310, 1e308])
def test_any_level_has_two_sides(level):
    case = Case(NetSpec(3, (DenseSpec(2),), "mse"))
    status, _, log_loss, _ = sampled(case.network(level), *places())
    assert set(status) == {Status.BELOW if level > 1 else Status.ABOVE}
    assert np.isfinite(log_loss).all()


def test_a_loss_at_the_level_is_above():
    case = Case(NetSpec(3, (DenseSpec(2),), "mse"))
    loss = float(sampled(case.network(), np.zeros(1), np.zeros(1))[1][0])
    for level, side in ((loss, Status.ABOVE), (np.nextafter(loss, 9), Status.BELOW)):
        assert sampled(case.network(level), np.zeros(1), np.zeros(1))[0][0] == side


def test_bits_depend_on_no_other_point_and_no_other_chunk():
    spec = NetSpec(5, (DenseSpec(20, "gelu"), DenseSpec(20, "sin"), DenseSpec(3)), LOSSES[1])
    network = Case(spec, 700).network()
    assert len(network.counts) > 3
    a, b = places(30, reach=40.0)
    whole = sampled(network, a, b)
    order = np.random.default_rng(3).permutation(30)
    shuffled = sampled(network, a[order], b[order])
    for one, other in zip(whole, shuffled, strict=True):
        assert one[order].tobytes() == other.tobytes()
    for place in range(0, 30, 7):
        alone = sampled(network, a[place : place + 1], b[place : place + 1])
        for one, other in zip(whole, alone, strict=True):
            assert one[place : place + 1].tobytes() == other.tobytes()


def applied(formula):
    """A vector formula at one float."""

    def generate(context, builder, signature, values):
        return formula(Value(builder, values[0])).value

    @intrinsic
    def apply(typing_context, z):
        return types.float64(types.float64), generate

    return numba.njit(error_model="numpy")(lambda z: apply(z))


def exactly(truth, z):
    with mpmath.workdps(60):
        return float(truth(mpmath.mpf(float(z))))


def test_exp_log_and_sine_are_right_to_a_few_ulp():
    rng = np.random.default_rng(5)
    exp = applied(functions.exp_below)
    for z in [*-rng.uniform(0, 700, 200), *-rng.uniform(0, 1, 50), -0.0, -708.0]:
        assert exp(z) == pytest.approx(exactly(mpmath.exp, z), rel=5e-16, abs=0)
    assert exp(-708.1) == exp(-np.inf) == 0.0
    log = applied(functions.log1p_above)
    for z in [*np.logspace(-300, 5, 300), *rng.uniform(0, 3, 200), 0.0, 1.0]:
        assert log(z) == pytest.approx(exactly(mpmath.log1p, z), rel=6e-16, abs=0)
    sine = applied(functions.sine)
    for z in [*rng.normal(0, 5, 300), *rng.uniform(-1e12, 1e12, 100), 1e-300, math.pi, 355.0]:
        assert abs(sine(z) - exactly(mpmath.sin, z)) <= 2.3e-16
    for z in np.logspace(-200, 0, 50):
        assert sine(z) == pytest.approx(exactly(mpmath.sin, z), rel=4e-16)


@pytest.mark.parametrize("kind", [functions.LEAKY_RELU, functions.SOFTPLUS])
def test_the_other_activations_are_right_to_a_few_ulp(kind):
    f = applied(functions.VALUES[kind])
    truths = {
        functions.LEAKY_RELU: lambda z: z if z > 0 else z * mpmath.mpf(0.01),
        functions.SOFTPLUS: lambda z: mpmath.log1p(mpmath.exp(z)),
    }
    for z in [*np.random.default_rng(6).normal(0, 10, 300), -700.0, 700.0, 0.0, 1e300]:
        if z < 1e6 or kind == functions.LEAKY_RELU:
            assert f(z) == pytest.approx(exactly(truths[kind], z), rel=8e-16, abs=0)
    assert kind != functions.SOFTPLUS or f(1e300) == 1e300


@pytest.mark.parametrize("kind", range(len(ACTIVATIONS)), ids=ACTIVATIONS)
def test_what_is_not_a_number_stays_so(kind):
    assert np.isnan(applied(functions.VALUES[kind])(float("nan")))


def test_sines_of_huge_angles_are_the_librarys():
    room = np.zeros(8 * 3 + 8)
    z = room[(-room.ctypes.data % 64) // 8 :][:24]
    angles = np.concatenate([np.linspace(-3, 3, 8), [1e13, -1e15, 1e300, 2.0**40, 5, 6, 7, np.inf]])
    evaluate = numba.njit(error_model="numpy")(
        lambda z, units: functions.evaluate(functions.SIN, z, units, 8, 8)
    )
    z[:16] = angles
    evaluate(z, 2)
    with np.errstate(invalid="ignore"):
        assert np.allclose(z[:16], np.sin(angles), rtol=0, atol=3e-16, equal_nan=True)
    near = z[:8].copy()
    z[:8] = angles[:8]
    evaluate(z, 1)
    assert z[:8].tobytes() == near.tobytes()


def test_passes_over_the_data_are_vector_code():
    def work(z, targets, classes):
        functions.evaluate(functions.SOFTPLUS, z, 4, 64, 64)
        return landscape.entropies(z, targets, classes, 4, 64, 64, 64)

    fresh = numba.njit(error_model="numpy")(work)
    rooms = []
    for _ in range(3):
        room = np.zeros(4 * 64 + 8)
        rooms.append(room[(-room.ctypes.data % 64) // 8 :][: 4 * 64])
    fresh(*rooms)
    text = next(iter(fresh.inspect_asm().values()))
    packed = len(re.findall(r"vf[n]?m(?:add|sub)\w*pd\b.*[yz]mm|fml[as]\s+v", text))
    assert packed >= 30
    features = numba.core.codegen.get_host_cpu_features()
    if "+avx512f" in features:
        assert "zmm" in text


def test_little_is_done_between_two_looks_at_the_flag():
    """A layer of a chunk is at most 2^27 products: some 10 ms, far from the 50 allowed."""
    for ins in (1, 64, 2048, 65_536):
        outs = min(65_536, MOST_WEIGHTS // ins)
        assert _stride(100_000, max(ins, outs)) * ins * outs <= 2**27


def test_a_flag_raised_in_the_middle_ends_sampling():
    """Unstopped, this takes hours."""
    spec = NetSpec(100, (DenseSpec(500, "tanh"), DenseSpec(2000, "tanh"), DenseSpec(2)), "mse")
    network = Case(spec, 3000).network()
    flag = np.zeros(1, np.uint8)
    count = 20_000
    out = (np.zeros(count, np.uint8), *(np.zeros(count) for _ in range(3)))
    started = threading.Event()

    def run():
        started.set()
        landscape.sample(np.zeros(count), np.zeros(count), network, *out, flag, np.zeros((0, 1)))

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    threading.Timer(0.05, flag.fill, (1,)).start()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert not out[0].any()


def test_a_raised_flag_stops_the_laying_out():
    case = Case(NetSpec(3, (DenseSpec(3), DenseSpec(2)), "mse"))
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        pack(case.x, case.y, stages_of(case.plan())[1], loss="mse", cancel=flag)


def test_the_first_stage_must_be_dense():
    case = Case(NetSpec(3, (DenseSpec(3), ActivationSpec("tanh")), "mse"))
    with pytest.raises(ValueError, match="dense"):
        pack(case.x, case.y, stages_of(case.plan())[1][1:], loss="mse")
