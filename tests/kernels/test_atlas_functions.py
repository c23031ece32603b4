"""The atlas' own tanh, GELU and exp against many digits, in both precisions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from deepfractals_gui.kernels.atlas_functions import add_exp, apply_gelu, apply_tanh
from deepfractals_gui.kernels.jit import numba

KINDS = [np.float32, np.float64]
COUNT = 512


@numba.njit(error_model="numpy")
def tanh_of(z):
    apply_tanh(z, z.size)


@numba.njit(error_model="numpy")
def gelu_of(z, a):
    apply_gelu(z, a, z.size)


@numba.njit(error_model="numpy")
def exp_of(logits, top, weights, sums):
    add_exp(logits, 0, top, weights, sums, logits.size)


def arguments(kind, low, high, seed=1):
    """Of every size, in order, of both signs."""
    rng = np.random.default_rng(seed)
    found = 10.0 ** rng.uniform(np.log10(low), np.log10(high), COUNT) * rng.choice([-1, 1], COUNT)
    return np.sort(found).astype(kind)


def aligned(array):
    """A copy that begins where vectors are loaded from, as a kernel's own arrays do."""
    room = np.zeros(array.nbytes + 64, np.uint8)
    start = -room.ctypes.data % 64
    found = room[start : start + array.nbytes].view(array.dtype)
    found[:] = array
    return found


def many_digits(function, x):
    with mpmath.workdps(60):
        return [function(mpmath.mpf(float(one))) for one in x]


def ulps(found, expected):
    """The largest distance, in units of the last place of what is expected."""
    most = 0.0
    for one, true in zip(found, expected, strict=True):
        unit = mpmath.mpf(float(np.spacing(np.abs(found.dtype.type(float(true))))))
        most = max(most, float(abs(mpmath.mpf(float(one)) - true) / unit))
    return most


@pytest.mark.parametrize("kind", KINDS)
def test_tanh_is_right_to_three_ulp(kind):
    x = arguments(kind, 1e-30, 30.0)
    found = aligned(x)
    tanh_of(found)
    assert ulps(found, many_digits(mpmath.tanh, x)) <= 3.0
    assert np.array_equal(found, np.sort(found))
    assert np.abs(found).max() == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_tanh_ends_at_one_and_keeps_what_is_no_number(kind):
    x = aligned(np.zeros(32, kind))
    x[:7] = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30]
    tanh_of(x)
    assert x[:2].tolist() == [0.0, 0.0]
    assert x[2:4].tolist() == [1.0, -1.0]
    assert np.isnan(x[4])
    assert x[5:7].tolist() == [1.0, -1.0]


def gelu(z):
    root = mpmath.sqrt(2 / mpmath.pi)
    return z * (1 + mpmath.tanh(root * (z + mpmath.mpf("0.044715") * z**3))) / 2


@pytest.mark.parametrize(("kind", "most"), [(np.float32, 2e-7), (np.float64, 4e-16)])
def test_gelu_and_its_slope_are_the_tanh_forms(kind, most):
    z = arguments(kind, 1e-6, 30.0)
    slope, value = aligned(z), aligned(z)
    gelu_of(slope, value)
    with mpmath.workdps(60):
        values = np.array(many_digits(gelu, z), float)
        slopes = np.array(many_digits(lambda one: mpmath.diff(gelu, one), z), float)
    assert np.all(np.abs(value - values) <= most * np.maximum(np.abs(z), 1e-6))
    # The slope's terms reach z² where they cancel.
    assert np.all(np.abs(slope - slopes) <= 6 * most)
    assert slope[0] == value[0] == 0.0
    assert slope[-1] == 1.0


@pytest.mark.parametrize(("kind", "low"), [(np.float32, 40.0), (np.float64, 700.0)])
def test_exp_below_nought_is_right_to_two_ulp_and_is_added_up(kind, low):
    x = -np.abs(arguments(kind, 1e-10, low))
    top, sums = (aligned(np.full(COUNT, one, kind)) for one in (2.5, 0.25))
    logits = aligned(x + top)
    weights = aligned(x)
    exp_of(logits, top, weights, sums)
    assert ulps(weights, many_digits(mpmath.exp, logits - top)) <= 2.0
    assert np.array_equal(sums, weights + kind(0.25))


@pytest.mark.parametrize("kind", KINDS)
def test_exp_of_what_is_far_below_is_as_good_as_nought_and_of_nought_one(kind):
    logits = aligned(np.full(32, -1e30, kind))
    logits[0], logits[1], logits[2] = 0.0, -np.inf, np.nan
    weights, top, sums = (aligned(np.zeros(32, kind)) for _ in range(3))
    exp_of(logits, top, weights, sums)
    assert weights[0] == 1.0
    assert np.isnan(weights[2])
    assert 0.0 <= weights[1] == weights[3] < 5e-18
