"""Sorting of numbers by their bits, for the quantiles that fix a range of colours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.color_math import Real
from deepfractals_gui.kernels.jit import inline, kernel

_BITS = 11
_BINS = 1 << _BITS


@inline
def _sort(numbers: Array, spare: Array, width: Real, one: Real) -> None:
    """Sort bit patterns of floats ``width`` bits wide; ``one`` is 1 in their type."""
    digits = (width + _BITS - 1) // _BITS
    digit = type(one)(_BINS - 1)
    side = type(one)(width - 1)
    sign = one << side
    rest = sign - one
    counts = np.zeros((digits, _BINS), np.int64)
    for i in range(numbers.size):
        pattern = numbers[i]
        # Rises with the number: the bits of negative ones turned round, after them the others.
        key = pattern ^ (((pattern >> side) * rest) | sign)
        numbers[i] = key
        for d in range(digits):
            counts[d, (key >> type(one)(_BITS * d)) & digit] += 1
    source, target = numbers, spare
    for d in range(digits):
        place = counts[d]
        total = 0
        for k in range(_BINS):
            here = place[k]
            place[k] = total
            total += here
        shift = type(one)(_BITS * d)
        for i in range(source.size):
            key = source[i]
            k = (key >> shift) & digit
            target[place[k]] = key
            place[k] += 1
        source, target = target, source
    for i in range(numbers.size):
        key = source[i]
        numbers[i] = key ^ (((one - (key >> side)) * rest) | sign)


@kernel
def sort_by_bits(numbers: Array, spare: Array) -> None:
    """Sort bit patterns of float32 numbers, uint32 (n,), in place; ``spare`` (n,) is overwritten.

    -0.0 comes before 0.0, and what isn't a number at either end, by its sign. One pass for each of
    three digits of 11 bits: a seventh of the time that comparing takes.
    """
    _sort(numbers, spare, 32, np.uint32(1))


@kernel
def sort_wide_by_bits(numbers: Array, spare: Array) -> None:
    """As `sort_by_bits`, but float64 numbers, uint64 (n,), in six passes."""
    _sort(numbers, spare, 64, np.uint64(1))


def _warm() -> tuple[tuple[str, Callable[[], None]], ...]:
    x, y = np.zeros(2, np.uint32), np.zeros(2, np.uint64)
    return (
        ("colours: ranks", lambda: sort_by_bits(x, x.copy())),
        ("colours: ranks of float64", lambda: sort_wide_by_bits(y, y.copy())),
    )


WARM = _warm()
