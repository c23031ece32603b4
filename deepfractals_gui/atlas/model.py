"""The atlas' model: from a coordinate x in [0, 1] to logits over the alphabet.

What is seen of x, octaves and a hash grid, drives a hidden state of H units:

    h_0 = W_2 gelu(W_1 seen + K_1 z + b_1) + b_2
    h <- h + a m_t (tanh(B h + U seen + K_u z + c) - h),   t = 0 ... T - 1
    logits = W_o h_T + b_o

m_t is a mask that lets a step move a fixed share of the units, the same while the model learns and
while it is read; so only their rows of B are ever needed. z is a text's key, zero for the master's
own text. K_1 and K_u hold random signs: they needn't be kept, for a hash draws them.

References
----------
Sitzmann et al. 2020, arXiv:2006.09661, for signals as functions of a coordinate; Müller et al.
2022, arXiv:2201.05989, for the hash grid; Hendrycks and Gimpel 2016, arXiv:1606.08415, for GELU.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from deepfractals_gui.atlas.texts import MOST_CHARACTERS, MOST_SYMBOLS
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.initial import WEIGHTS, generator

ENCODINGS = ("both", "fourier", "hash")
MOST_UNITS, MOST_STEPS, MOST_LEVELS, MOST_KEY = 1024, 64, 32, 512
_GRID_START = 1e-4
"""Rows of the grid begin within ± this."""


@dataclass(frozen=True)
class AtlasSpec:
    """The shape of a model.

    Attributes
    ----------
    symbols : V, characters of the alphabet
    capacity : N, positions on the line from 0 to 1, fixed for good
    encoding : one of ENCODINGS, what is seen of a coordinate
    levels, coarsest, growth : of the grid: level l has round(coarsest growth^l) cells, N at most,
        and is the last where it has N
    table_bits, features : a level has at most 2^table_bits rows of so many numbers
    hidden : H, units
    steps : T, how often the shared block is applied
    rate : a of a step
    active : share of the units that a step moves
    key_size : numbers of a key, at most
    mixing : seed of the masks and of how a key enters

    Raises
    ------
    ValueError   one of these is out of range
    """

    symbols: int
    capacity: int
    encoding: str = "both"
    levels: int = 14
    coarsest: int = 16
    growth: float = 2.0
    table_bits: int = 18
    features: int = 4
    hidden: int = 64
    steps: int = 8
    rate: float = 0.5
    active: float = 0.25
    key_size: int = 128
    mixing: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("symbols", 1, MOST_SYMBOLS), ("capacity", 1, MOST_CHARACTERS),
            ("levels", 1, MOST_LEVELS), ("coarsest", 1, 1 << 16), ("table_bits", 1, 22),
            ("features", 1, 16), ("hidden", 1, MOST_UNITS), ("steps", 0, MOST_STEPS),
            ("key_size", 1, MOST_KEY), ("mixing", 0, 1 << 31),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} may be {low} to {high}, not {getattr(self, name)}")
        if self.encoding not in ENCODINGS:
            raise ValueError(
                f"an encoding is one of {', '.join(ENCODINGS)}, not {self.encoding[:40]!r}"
            )
        for name, low_, high_ in (("growth", 1.0, 4.0), ("rate", 0.0, 1.0), ("active", 0.0, 1.0)):
            value = getattr(self, name)
            if not low_ <= value <= high_ or (value == 0.0):
                raise ValueError(f"{name} may be above {low_:g}, up to {high_:g}, not {value}")
        if self.encoding != "fourier" and not self.rows < 1 << 24:
            raise ValueError(f"the grid would have {self.rows:,} rows; take fewer levels or bits")

    @cached_property
    def octaves(self) -> int:
        """Octaves that are seen, 2^k cycles over the line up to half of its positions."""
        if self.encoding == "hash":
            return 0
        return max(1, (self.capacity // 2).bit_length())

    @cached_property
    def grid(self) -> Array:
        """The grid's levels, int64 (L, 3): cells, first row of the table, bits of a hash or 0."""
        if self.encoding == "fourier":
            return np.zeros((0, 3), np.int64)
        found, row, most = [], 0, 1 << self.table_bits
        for level in range(self.levels):
            cells = min(round(self.coarsest * self.growth**level), self.capacity)
            dense = cells + 1 <= most
            found.append((cells, row, 0 if dense else self.table_bits))
            row += cells + 1 if dense else most
            if cells == self.capacity:
                # A cell for each position: nothing finer is to be told apart.
                break
        return np.array(found, np.int64)

    @property
    def rows(self) -> int:
        """Rows of the grid's table."""
        if not len(self.grid):
            return 0
        cells, first, bits = (int(one) for one in self.grid[-1])
        return first + (1 << bits if bits else cells + 1)

    @property
    def seen(self) -> int:
        """D, numbers that are seen of a coordinate."""
        return 2 * self.octaves + len(self.grid) * self.features

    @cached_property
    def moved(self) -> Array:
        """The masks m_t: the units that each step moves, int64 (T, A), all equally often."""
        order = np.argsort(_mixed(np.arange(self.hidden), self.mixing), kind="stable")
        count = max(1, round(self.active * self.hidden))
        places = np.arange(self.steps * count).reshape(self.steps, count) % self.hidden
        return np.asarray(order[places], np.int64).reshape(self.steps, count)

    def entry(self, part: int) -> Array:
        """K_1 (part 0) or K_u (part 1): signs over the root of the key's size, float64 (H, Z)."""
        count = self.hidden * self.key_size
        drawn = _mixed(np.arange(count) + (1 + part) * (1 << 24), self.mixing)
        signs = 1.0 - 2.0 * (drawn >> np.uint64(63)).astype(np.float64)
        return signs.reshape(self.hidden, self.key_size) / math.sqrt(self.key_size)


def _mixed(numbers: Array, seed: int) -> Array:
    """A hash of whole numbers, uint64: the finaliser of splitmix64 (Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) + np.uint64(seed + 1) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(z ^ (z >> np.uint64(31)))


@dataclass(frozen=True, eq=False)
class AtlasParams:
    """The parameters of a model, or one number for each of them, such as a gradient.

    Attributes
    ----------
    table : E, the grid, (rows, F)
    first, first_bias : W_1 (H, D) and b_1 (H,)
    second, second_bias : W_2 (H, H) and b_2 (H,)
    block : B (H, H)
    feed, feed_bias : U (H, D) and c (H,)
    last, last_bias : W_o (V, H) and b_o (V,)
    """

    table: Array
    first: Array
    first_bias: Array
    second: Array
    second_bias: Array
    block: Array
    feed: Array
    feed_bias: Array
    last: Array
    last_bias: Array

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        return ((one.name, getattr(self, one.name)) for one in fields(self))

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> AtlasParams:
        return cls(**arrays)

    def astype(self, dtype: type) -> AtlasParams:
        """The same numbers in another precision."""
        return AtlasParams.of({name: array.astype(dtype) for name, array in self})


NAMES = tuple(one.name for one in fields(AtlasParams))


def shapes(spec: AtlasSpec) -> dict[str, tuple[int, ...]]:
    """The shape of each array of parameters."""
    h, d, v = spec.hidden, spec.seen, spec.symbols
    return {
        "table": (spec.rows, spec.features), "first": (h, d), "first_bias": (h,),
        "second": (h, h), "second_bias": (h,), "block": (h, h), "feed": (h, d), "feed_bias": (h,),
        "last": (v, h), "last_bias": (v,),
    }  # fmt: skip


def count_parameters(spec: AtlasSpec) -> int:
    """Numbers that are learned; a key isn't among them."""
    return sum(math.prod(shape) for shape in shapes(spec).values())


def initial_params(spec: AtlasSpec, seed: int, dtype: type = np.float32) -> AtlasParams:
    """First parameters: matrices keep variances, rows of the grid are close to 0, biases are 0."""
    rng = generator(seed, WEIGHTS)
    found: dict[str, Array] = {}
    for name, shape in shapes(spec).items():
        if name == "table":
            array = rng.uniform(-_GRID_START, _GRID_START, shape)
        elif len(shape) == 2:
            array = rng.standard_normal(shape) / math.sqrt(shape[1])
        else:
            array = np.zeros(shape)
        found[name] = array.astype(dtype)
    return AtlasParams.of(found)
