"""The maps' formulas become vector code, and their values are right to a few ulp."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest

from deepfractals_gui.kernels import activations, backward, basins, exact, forward
from deepfractals_gui.kernels.elementary import tanh_parts
from deepfractals_gui.kernels.emit import of_two
from deepfractals_gui.kernels.jit import numba


def compiled(function):
    return numba.njit(error_model="numpy")(function)


def assembly(function, *arguments):
    fresh = compiled(function)
    fresh(*arguments)
    return next(iter(fresh.inspect_asm().values()))


def scratch(kind):
    return np.zeros(4000, kind), np.zeros(16000, kind)


def run_layer(fields, orbits):
    forward._TANH(fields, orbits, 0, 64)


def run_error(fields, orbits):
    backward.advance(fields, orbits, 0, 64)


def run_descent(fields, orbits, powers, data, parts, number):
    basins.advance(fields, orbits, powers, data, parts, number, number, 64)


@pytest.mark.parametrize("kind", [np.float64, np.float32], ids=lambda t: t.__name__)
@pytest.mark.parametrize("which", ["layer", "error", "descent"])
def test_the_hot_loop_is_vector_code(which, kind):
    # The arrays start on a cache line, as the kernels' own do.
    fields, orbits = (a[(-a.ctypes.data % 64) // a.itemsize :] for a in scratch(kind))
    if which == "descent":
        powers = scratch(kind)[1]
        powers = powers[(-powers.ctypes.data % 64) // powers.itemsize :]
        text = assembly(
            run_descent, fields, orbits, powers, np.ones(3, kind), np.full(2, -1), kind(0.1)
        )
    else:
        text = assembly({"layer": run_layer, "error": run_error}[which], fields, orbits)
    features = numba.core.codegen.get_host_cpu_features()
    packed = len(re.findall(r"vf[n]?m(?:add|sub)\w*p[sd]\b.*[yz]mm|fml[as]\s+v", text))
    scalar = len(re.findall(r"vf[n]?m(?:add|sub)\w*s[sd]\b|\bfn?m(?:add|sub)\s+[sd]", text))
    assert packed >= (30 if kind is np.float64 else 20)
    assert scalar == 0
    if "+avx512f" in features:
        assert "zmm" in text
    elif "+avx2" in features:
        assert "ymm" in text


def nearest(function, x, y):
    with mpmath.workdps(40):
        return complex(function(mpmath.mpc(float(x), float(y))))


def mp_sigmoid(u):
    return 1 / (1 + mpmath.exp(-u))


def mp_gelu(u):
    return u * mp_sigmoid(2 * mpmath.sqrt(2 / mpmath.pi) * (u + mpmath.mpf("0.044715") * u**3))


TRUTH = {
    "tanh": mpmath.tanh,
    "sigmoid": mp_sigmoid,
    "silu": lambda u: u * mp_sigmoid(u),
    "gelu": mp_gelu,
    "sin": mpmath.sin,
    "cubic": lambda u: u - u**3 / 3,
}
PLACES = np.random.default_rng(7).normal(0, [1.2, 2.0], (300, 2))


@pytest.mark.parametrize("name", activations.NAMES)
def test_activations_are_right_to_a_few_ulp(name):
    step = of_two(activations.STEPS[activations.NAMES.index(name)])
    apply = compiled(lambda x, y: step(x, y))
    for x, y in PLACES:
        true = nearest(TRUTH[name], x, y)
        wrong = abs(complex(*apply(x, y)) - true)
        # Near a pole of f an error of the argument counts |f|^2 times, in u as in exp(2 u).
        assert wrong < 4e-15 * max(1, abs(true) ** 2) * max(1, abs(complex(x, y)) ** 2)


@pytest.mark.parametrize("name", activations.NAMES)
def test_exact_activations_keep_relative_accuracy(name):
    number = activations.NAMES.index(name)
    apply = compiled(lambda u: activations.exact(number, u))
    for x, y in PLACES:
        true = nearest(TRUTH[name], x, y)
        assert abs(apply(complex(x, y)) - true) < 2e-14 * abs(true)


@pytest.mark.parametrize("distance", [1e-3, 1e-7, 1e-11])
def test_exact_tanh_keeps_relative_accuracy_at_a_pole(distance):
    apply = compiled(lambda u: exact.tanh(u))
    slope = compiled(lambda u: exact.tanh_slope(u))
    for turn in np.linspace(0, 2 * np.pi, 7):
        u = complex(0, np.pi / 2) + distance * np.exp(1j * turn)
        true = nearest(mpmath.tanh, u.real, u.imag)
        assert abs(apply(u) / true - 1) < 1e-14
        true = nearest(lambda v: mpmath.sech(v) ** 2, u.real, u.imag)
        assert abs(slope(u) / true - 1) < 1e-13


def test_tanh_saturates_without_overflow():
    parts = of_two(tanh_parts)
    apply = compiled(lambda x, y: parts(x, y))
    truth = compiled(lambda u: exact.tanh(u))
    for x in (30.0, 300.0, 1e5, 1e300, -1e300):
        assert apply(x, 0.7)[:2] == pytest.approx((np.sign(x), 0), abs=1e-20)
        assert truth(complex(x, 0.7)) == pytest.approx(np.sign(x), abs=1e-20)


def test_previews_have_float32_accuracy():
    kind = np.float32
    parts = of_two(tanh_parts)
    apply = compiled(lambda x, y: parts(x, y))
    for x, y in PLACES:
        re, im, g = apply(kind(x), kind(y))
        true = nearest(mpmath.tanh, kind(x), kind(y))
        assert abs(complex(re, im) - true) < 2e-6 * max(1, abs(true) ** 2)
        assert isinstance(g, float)
