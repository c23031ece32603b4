"""Elementary functions in float32, against NumPy in float64."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from deepfractals_gui.kernels import color_math


def over(function, *arrays: np.ndarray) -> np.ndarray:
    """Apply an inlined function to float32 arrays, in a loop as the kernels have it."""

    @numba.njit(error_model="numpy")
    def unary(x, out):
        for i in range(x.size):
            out[i] = function(x[i])

    @numba.njit(error_model="numpy")
    def binary(x, y, out):
        for i in range(x.size):
            out[i] = function(x[i], y[i])

    arrays = tuple(np.asarray(array, np.float32) for array in arrays)
    out = np.empty(arrays[0].shape, np.float32)
    (unary if len(arrays) == 1 else binary)(*arrays, out)
    return out


def test_sine_of_turns():
    x = np.linspace(-40, 40, 100_001).astype(np.float32)
    assert np.abs(over(color_math.sin_turns, x) - np.sin(2 * np.pi * x.astype(float))).max() < 5e-7
    wild = over(color_math.sin_turns, np.array([1e10, -1e30, np.inf, np.nan]))
    assert (np.abs(wild) <= 1).all()


def test_turn_of_a_complex_number():
    angle = np.linspace(-np.pi, np.pi, 20_001)
    for radius in (1e-30, 1.0, 1e30):
        re, im = radius * np.cos(angle), radius * np.sin(angle)
        exact = np.arctan2(im.astype(np.float32), re.astype(np.float32)) / (2 * np.pi)
        # Half a turn either way is the same direction.
        apart = np.abs(over(color_math.turn_of, re, im) - exact)
        assert np.minimum(apart, 1 - apart).max() < 2e-7
    corners = over(color_math.turn_of, np.array([0, 1, 0, -1, 0]), np.array([0, 0, 1, 0, -1]))
    assert corners == pytest.approx([0, 0, 0.25, 0.5, -0.25])


def test_binary_logarithm():
    x = np.exp(np.linspace(-80, 80, 100_001)).astype(np.float32)
    exact = np.log2(x.astype(float))
    assert (np.abs(over(color_math.log2, x) - exact) / np.maximum(1, np.abs(exact))).max() < 2e-7
    assert over(color_math.log2, np.ones(1))[0] == 0
    assert over(color_math.log2, np.array([0.0, -1.0, 1e-45])) == pytest.approx(
        [-126.0] * 3, abs=0.1
    )


def test_power_of_two():
    x = np.linspace(-120, 120, 100_001).astype(np.float32)
    assert np.abs(over(color_math.exp2, x) / np.exp2(x.astype(float)) - 1).max() < 3e-7


def test_powers_of_values():
    x = np.linspace(0, 1, 10_001).astype(np.float32)
    for exponent in (0.1, 0.55, 1.0, 2.0, 10.0):
        power = over(color_math.power, x, np.full_like(x, exponent))
        assert np.abs(power - x.astype(float) ** np.float32(exponent)).max() < 1e-6
    assert power[0] == 0


def test_clipping_to_the_unit_interval():
    x = np.array([-1, -0.0, 0.25, 1, 2, np.inf, -np.inf, np.nan])
    assert over(color_math.unit, x).tolist() == [0, 0, 0.25, 1, 1, 1, 0, 0]
