"""What the atlas' kernels are given. Loads no Numba itself."""

from __future__ import annotations

from typing import NamedTuple

from deepfractals_gui.core.arrays import Array

LANES = 128
"""Positions of a tile."""


class Inputs(NamedTuple):
    """What positions are seen by.

    Attributes
    ----------
    capacity : N; position i + p N is position i under key p
    octaves : how many
    levels : int64 (L, 4), of table : (rows, F)
    keys : (P, K)   one key of no numbers for the master's own text
    """

    capacity: int
    octaves: int
    levels: Array
    table: Array
    keys: Array


class Net(NamedTuple):
    """Packed weights, flat, all of one type; (a, b) is the shape.

    D features, H hidden units, n of them updated in each of T steps, V symbols.

    Attributes
    ----------
    first (H, D), first_bias (H,), second (H, H), second_bias (H,)   of the MLP
    inject (H, D), block (T n, H), block_bias (H,)   of the shared block
    readout (V, H), readout_bias (V,)
    first_back (D, H), second_back (H, H), inject_back (D, H), block_back (T, H, n),
    readout_back (H, V)   the transposes
    zeros : no bias, for as many units as any product has
    units : int64 (T, n)   what each step updates
    shape : int64 (4,)   D, H, V, and how many symbols there really are
    rate : float (1,)   of the steps
    """

    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    inject: Array
    block: Array
    block_bias: Array
    readout: Array
    readout_bias: Array
    first_back: Array
    second_back: Array
    inject_back: Array
    block_back: Array
    readout_back: Array
    zeros: Array
    units: Array
    shape: Array
    rate: Array


class Sums(NamedTuple):
    """Gradients, laid out as the weights of `Net` are, to which a block of positions adds."""

    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    inject: Array
    block: Array
    block_bias: Array
    readout: Array
    readout_bias: Array
