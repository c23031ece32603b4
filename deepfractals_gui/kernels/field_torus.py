"""The tables with which the kernels work on a torus. Loads no Numba itself.

A side of n points, whose prime powers q are at most 9, is the product of cyclic groups Z_q. A
Fourier transform along it is then one along each of them, without twiddle factors, and in place:
the point with the residues n mod q ends as the frequency Σ (n mod q) n / q. Frequencies stay in
that order; what multiplies them is made to match.

References
----------
Good 1958, "The interaction algorithm and practical Fourier analysis".
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from deepfractals_gui.core.arrays import Array

POINTS = 8
"""Channels of a vector."""
PRIME_POWERS = (2, 3, 4, 5, 7, 8, 9)
LINEAR, MODRELU, CARDIOID = 0, 1, 2
"""What follows the convolution: nothing, z max(1 + β / |z|, 0), z (1 + cos arg z) / 2."""


class Side(NamedTuple):
    """How a side of n points is transformed.

    Attributes
    ----------
    factors : int64 (k,)   coprime prime powers whose product is n
    places : int64 (k, n)   for each factor q, n / q lists of the q points that differ in its
        residue alone, in the order of that residue
    frequency : int64 (n,)   which frequency stands where after the transform
    """

    factors: Array
    places: Array
    frequency: Array


def prime_powers(n: int) -> tuple[int, ...]:
    """The coprime prime powers whose product is n. Raises ValueError where one is too large."""
    left, found = n, []
    for prime in (2, 3, 5, 7):
        power = 1
        while left > 1 and left % prime == 0:
            left //= prime
            power *= prime
        if power > 1:
            found.append(power)
    if n < 2 or left > 1 or not set(found) <= set(PRIME_POWERS):
        raise ValueError(
            f"a side of {n} points can't be transformed: it must be a product of a power of 2 up "
            "to 8, one of 3 up to 9, 5 and 7, such as 7, 14, 20, 24 or 28"
        )
    return tuple(found)


@lru_cache(maxsize=64)
def side(n: int) -> Side:
    """The tables of a side. Raises ValueError for one that can't be transformed."""
    factors = prime_powers(n)
    points = np.arange(n)
    places = np.zeros((len(factors), n), np.int64)
    frequency = np.zeros(n, np.int64)
    for row, q in zip(places, factors, strict=True):
        # By the residue of everything else first, by that of q within.
        row[:] = np.lexsort((points % q, points % (n // q)))
        frequency += points % q * (n // q)
    return Side(np.array(factors, np.int64), places, frequency % n)


def symbols(kernel: Array, across: Side, padded: int, factor: float) -> Array:
    """The kernel summed along x, for each frequency in the order of the transform.

    Parameters
    ----------
    kernel : complex128 (O, C, 3, 3)
    across : the side W
    padded : number of channels with those that are only there to fill vectors
    factor : what the result is multiplied by, such as 1 / (H W)

    Returns
    -------
    float64 (W, padded, 3, 2, padded)   by frequency, input channel, A, P, Q, part, output channel
    """
    out, into = kernel.shape[:2]
    angle = 2.0 * np.pi * across.frequency / len(across.frequency)
    turns = np.exp(1j * angle[:, np.newaxis] * np.arange(-1, 2))
    along = np.einsum("ocyk,xk->xcyo", kernel * factor, turns, optimize=False)
    first, middle, last = (along[:, :, k] for k in range(3))
    found = np.zeros((len(angle), padded, 3, 2, padded))
    for k, term in enumerate((middle, first + last, 1j * (last - first))):
        found[:, :into, k, 0, :out] = term.real
        found[:, :into, k, 1, :out] = term.imag
    return found


def pairs(down: Side) -> tuple[Array, Array]:
    """Frequencies in pairs whose matrices are A + P u ± B v, with few operations for both.

    Returns
    -------
    where : int64 (m, 3)   where the two stand, and which of A, P, Q is B
    turns : float64 (m, 2)   u and v: cosine and sine of ω, with B = Q, for ω and -ω; 0 and 1,
        with B = P, for 0 and π
    """
    n = len(down.frequency)
    place = np.argsort(down.frequency)
    low = np.arange((n + 1) // 2)
    where = np.stack([place[low], place[-low % n], np.full(len(low), 2)], axis=1)
    turns = circle(low, n)
    if n % 2 == 0:
        where[0] = place[0], place[n // 2], 1
        turns[0] = 0.0, 1.0
    return where.astype(np.int64), turns


def circle(number: Array, n: int) -> Array:
    """cos and sin of 2π number / n, float64 (m, 2), without rounding errors at right angles."""
    angle = 2.0 * np.pi * number / n
    found = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.where(np.abs(found) < 1e-15, 0.0, found)


class Convolution(NamedTuple):
    """A kernel prepared for a torus of H x W points; see `convolution`."""

    symbol: Array
    where: Array
    turns: Array
    down_factors: Array
    down_places: Array
    across_factors: Array
    across_places: Array


def convolution(weights: Array, height: int, width: int) -> Convolution:
    """Prepare a kernel complex128 (O, C, 3, 3) for a torus.

    Raises
    ------
    ValueError   a side can't be transformed
    """
    down, across = side(height), side(width)
    padded = -(-max(weights.shape[:2]) // POINTS) * POINTS
    where, turns = pairs(down)
    return Convolution(
        symbols(weights, across, padded, 1.0 / (height * width)).reshape(-1),
        where.reshape(-1),
        turns.reshape(-1),
        down.factors,
        down.places,
        across.factors,
        across.places,
    )


class Sides(NamedTuple):
    """The tables of both sides of a torus; ``turns`` are cos ω and sin ω down a column, flat."""

    turns: Array
    down_factors: Array
    down_places: Array
    across_factors: Array
    across_places: Array


def sides(height: int, width: int) -> Sides:
    """Raises ValueError where a side can't be transformed."""
    down, across = side(height), side(width)
    turns = circle(down.frequency, height).reshape(-1)
    return Sides(turns, down.factors, down.places, across.factors, across.places)


def kernel_gradient(totals: Array, out: int, into: int, height: int) -> Array:
    """gW, complex128 (out, into, 3, 3), from the sums (W, C, 3, 2, C) that `add_products` made."""
    width = len(totals)
    parts = totals[:, :into, :, 0, :out] + 1j * totals[:, :into, :, 1, :out]
    plain, even, odd = (parts[:, :, k] for k in range(3))
    down = np.stack([even + 1j * odd, plain, even - 1j * odd])
    angle = 2.0 * np.pi * side(width).frequency / width
    turns = np.exp(-1j * angle[:, np.newaxis] * np.arange(-1, 2)) / (height * width)
    found: Array = np.einsum("yxco,xk->ocyk", down, turns, optimize=False)
    return found
