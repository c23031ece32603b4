"""Whole orbits of single points, computed by the very code that fills the lanes of a raster."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from deepfractals_gui.kernels import activations as act
from deepfractals_gui.kernels import backward, basins, forward
from deepfractals_gui.kernels.exact import tanh_slope
from deepfractals_gui.kernels.jit import kernel
from deepfractals_gui.kernels.lane import aligned, fill, next_first, square
from deepfractals_gui.kernels.lanes import BLOCK, FIELDS, NARROWEST, RING, ROW, STRIDE

_advance_layer = forward.advance
_advance_error = backward.advance
_descend = basins.advance
_layer_parameters = forward.parameters
_error_parameters = backward.parameters
_FARTHEST = forward.FARTHEST


@kernel
def layer_orbit(
    point: complex,
    plane: int,
    activation: int,
    weight: complex,
    coupling: complex,
    start: complex,
    radius: float,
    states: Any,
) -> int:
    """Write the orbit of one point, as `forward.sample` computes it in float64.

    Parameters
    ----------
    states : complex128 (N + 1,)   filled with z0, z1, ... until the orbit has escaped

    Returns
    -------
    How many states were written.
    """
    w, b, z = _layer_parameters(point, plane, weight, coupling, start)
    states[0] = z
    last = int(states.size) - 1
    reach = max(radius, math.hypot(z.real, z.imag))
    if math.hypot(w.real, w.imag) * reach + math.hypot(b.real, b.imag) > _FARTHEST:
        for step in range(1, last + 1):
            z = act.exact(activation, w * z + b)
            states[step] = z
            if not math.hypot(z.real, z.imag) <= radius:
                return step + 1
        return last + 1
    example = np.zeros(1)
    fields = aligned(FIELDS * STRIDE, example)
    orbits = aligned((RING + 1) * ROW, example)
    first: Any = np.int64(0)
    width: Any = np.int64(NARROWEST)
    lane: Any = np.int64(0)
    fill(fields, orbits, first, lane, w, b, z)
    peak = radius * radius
    step = 0
    while step < last:
        _advance_layer(activation, fields, orbits, first, width)
        for k in range(1, min(BLOCK, last - step) + 1):
            place = (first + k) * ROW
            re, im = orbits[place], orbits[place + STRIDE]
            states[step + k] = complex(re, im)
            if not square(re, im) <= peak:
                states[step + k] = act.exact(activation, w * states[step + k - 1] + b)
                return step + k + 1
        step += BLOCK
        first = next_first(orbits, first)
    return last + 1


@kernel
def error_orbit(
    point: complex,
    plane: int,
    weight: complex,
    scale: complex,
    start: complex,
    radius: float,
    states: Any,
) -> int:
    """Write the orbit of one point, as `backward.sample` computes it in float64.

    Parameters
    ----------
    states : complex128 (N + 1,)   filled with d0, d1, ... until the orbit has escaped

    Returns
    -------
    How many states were written.
    """
    w, c, d = _error_parameters(point, plane, weight, scale, start)
    states[0] = d
    last = int(states.size) - 1
    if math.hypot(w.real, w.imag) * max(radius, math.hypot(d.real, d.imag)) > _FARTHEST:
        for number in range(1, last + 1):
            d = tanh_slope(w * d) * d + c
            states[number] = d
            if not math.hypot(d.real, d.imag) <= radius:
                return number + 1
        return last + 1
    example = np.zeros(1)
    fields = aligned(FIELDS * STRIDE, example)
    orbits = aligned((RING + 1) * ROW, example)
    first: Any = np.int64(0)
    width: Any = np.int64(NARROWEST)
    lane: Any = np.int64(0)
    fill(fields, orbits, first, lane, w, c, d)
    peak = radius * radius
    number = 0
    while number < last:
        _advance_error(fields, orbits, first, width)
        for k in range(1, min(BLOCK, last - number) + 1):
            place = (first + k) * ROW
            re, im = orbits[place], orbits[place + STRIDE]
            states[number + k] = complex(re, im)
            if not square(re, im) <= peak:
                d = states[number + k - 1]
                states[number + k] = tanh_slope(w * d) * d + c
                return number + k + 1
        number += BLOCK
        first = next_first(orbits, first)
    return last + 1


@kernel
def descent(
    point: complex,
    data: Any,
    parts: Any,
    rate: float,
    momentum: float,
    tolerance: float,
    states: Any,
) -> int:
    """Write the descent from one point, as `basins.sample` computes it in float64.

    Parameters
    ----------
    data, parts : as for `sample`, in float64
    states : complex128 (N + 1,)   filled with w0, w1, ... until a step is short or not finite

    Returns
    -------
    How many states were written.
    """
    fields = aligned(FIELDS * STRIDE, data)
    weights = aligned((BLOCK + 1) * ROW, data)
    powers = aligned((parts.size // 2) * ROW, data)
    width: Any = np.int64(NARROWEST)
    weights[0] = point.real
    weights[STRIDE] = point.imag
    states[0] = point
    last = int(states.size) - 1
    number = 0
    while number < last:
        _descend(fields, weights, powers, data, parts, rate, momentum, width)
        for k in range(1, min(BLOCK, last - number) + 1):
            re, im = weights[k * ROW], weights[k * ROW + STRIDE]
            states[number + k] = complex(re, im)
            step = states[number + k] - states[number + k - 1]
            if not square(step.real, step.imag) >= tolerance * tolerance:
                return number + k + 1
        number += BLOCK
        for place in range(ROW):
            weights[place] = weights[BLOCK * ROW + place]
    return last + 1


def _compile_layer() -> None:
    layer_orbit(0j, 0, 0, 0j, 0j, 0j, 4.0, np.zeros(2, np.complex128))


def _compile_error() -> None:
    error_orbit(0j, 0, 0j, 0j, 0j, 4.0, np.zeros(2, np.complex128))


def _compile_descent() -> None:
    descent(0j, np.zeros(3), np.full(2, -1), 0.1, 0.0, 1e-5, np.zeros(2, np.complex128))


WARM = (
    ("orbit of the forward map", _compile_layer),
    ("orbit of the backward map", _compile_error),
    ("gradient descent", _compile_descent),
)
