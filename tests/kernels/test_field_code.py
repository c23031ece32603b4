"""The field's hot loops become vector code."""

from __future__ import annotations

import re

import mpmath
import numpy as np
import pytest

from deepfractals_gui.kernels import (
    field_activations,
    field_gradients,
    field_mixing,
    field_products,
    field_transform,
)
from deepfractals_gui.kernels.emit import Value, of_two
from deepfractals_gui.kernels.jit import numba


def room(size=60_000):
    whole = np.zeros(size + 8)
    start = (-whole.ctypes.data % 64) // 8
    return whole[start : start + size]


def rows(a, b, places):
    field_transform._forward_7(a, 0, 32, b, 0, 32, places, 0, 4, 16)


def columns(a, b, c, places, turns):
    field_products.multiply_column(a, b, c, 0, places, turns, 14, 16)


def ends(a, b, c, d, e, f):
    field_activations.finish_modrelu(a, b, 0, c, 0, d, 0, 1.0, e, f, 28, 16)


def outer(a, b, turns, c):
    field_gradients._add_column(a, b, turns, 28, c, 0, 16)


def dots(a, secants, few):
    return field_mixing._two_dots(secants, 0, 512, few, 512)


PLACES = np.arange(64) % 28
CASES = {
    "transform": (rows, (room(), room(), PLACES), 25),
    "product": (columns, (room(), room(), room(), PLACES, np.ones(64)), 28),
    "activation": (ends, tuple(room() for _ in range(6)), 15),
    "outer": (outer, (room(), room(), room(), room()), 24),
    "dots": (dots, (room(), np.zeros(2048, np.float32), room()), 4),
}


@pytest.mark.parametrize("name", CASES)
def test_the_hot_loop_is_vector_code(name):
    function, arguments, least = CASES[name]
    fresh = numba.njit(error_model="numpy")(function)
    fresh(*arguments)
    text = next(iter(fresh.inspect_asm().values()))
    packed = len(re.findall(r"vf[n]?m(?:add|sub)\w*p[sd]\b.*[yz]mm|fml[as]\s+v", text))
    scalar = len(re.findall(r"vf[n]?m(?:add|sub)\w*s[sd]\b|\bfn?m(?:add|sub)\s+[sd]", text))
    assert packed >= least
    assert scalar == 0
    features = numba.core.codegen.get_host_cpu_features()
    if "+avx512f" in features:
        assert "zmm" in text
    elif "+avx2" in features:
        assert "ymm" in text


def root(x: Value, y: Value) -> tuple[Value]:
    return (field_activations.over_root(x),)


def test_the_reciprocal_root_is_right_to_two_ulp():
    step = of_two(root)
    apply = numba.njit(error_model="numpy")(lambda x: step(x, x))
    rng = np.random.default_rng(1)
    for x in np.concatenate([10.0 ** rng.uniform(-279, 279, 500), rng.uniform(0.25, 4.0, 500)]):
        with mpmath.workdps(30):
            true = 1 / mpmath.sqrt(mpmath.mpf(float(x)))
            assert abs(mpmath.mpf(apply(float(x))[0]) / true - 1) < 2 * 2.3e-16
    assert apply(0.0)[0] == pytest.approx(1e140)
    assert apply(np.inf)[0] == pytest.approx(1e-140)
    # What is not a number is kept so by what is multiplied with this.
    assert apply(np.nan)[0] == pytest.approx(1e140)
