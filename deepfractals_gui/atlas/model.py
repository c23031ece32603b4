"""The model: a position's features, a first state of hidden units, T shared steps, logits.

h_0 = W2 gelu(W1 [φ; s z] + b1) + b2, then for t = 0 .. T - 1 the units of the fixed mask m_t move
by h += a (tanh(B h + U [φ; s z] + c) - h), all others stay; logits = V h_T + d. φ are the features
of a position, z a key, which the text that the model is trained on has none of; s are fixed signs,
one for each number of a key and each position. Beside a key φ are the octaves alone: the grids hold
the master's own text.

References
----------
Müller et al. 2022, arXiv:2201.05989, for the grids. Mordvintsev et al. 2020, "Growing neural
cellular automata", for shared steps that update a part of the units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np

from deepfractals_gui.atlas.encodings import (
    ENCODINGS,
    MOST_POSITIONS,
    grid_levels,
    octave_count,
    resolutions,
)
from deepfractals_gui.core.arrays import Array
from deepfractals_gui.nn.initial import WEIGHTS, generator

MOST_SYMBOLS = 1024
MOST_KEY = 128
"""Numbers of a key."""
MOST_NUMBERS = 1 << 25
"""Of a model, in all: what files hold, too."""


@dataclass(frozen=True)
class AtlasSpec:
    """What a model is made of.

    Attributes
    ----------
    capacity : N, positions; a text may be shorter
    symbols : of the alphabet
    encoding : octaves and grids, or one of them
    levels, base, finest : grids, the cells of the coarsest and of the finest; 0 cells: as many as
        there are positions
    features : F, numbers of a table's row
    table : log2 of the most rows of a level
    hidden : units, a multiple of 4
    steps : T
    share : of the units that a step updates, in fours
    rate : a, of a step
    key : numbers of a key, at most

    Raises
    ------
    ValueError   one of these is out of range
    """

    capacity: int
    symbols: int
    encoding: str = "both"
    levels: int = 14
    base: int = 16
    finest: int = 0
    features: int = 4
    table: int = 18
    hidden: int = 64
    steps: int = 8
    share: float = 0.25
    rate: float = 0.5
    key: int = 128

    def __post_init__(self) -> None:
        if self.encoding not in ENCODINGS:
            known = ", ".join(ENCODINGS)
            raise ValueError(f"an encoding is one of {known}, not {self.encoding[:40]!r}")
        for name, low, high in (
            ("capacity", 1, MOST_POSITIONS), ("symbols", 1, MOST_SYMBOLS), ("levels", 1, 24),
            ("base", 1, MOST_POSITIONS), ("finest", 0, MOST_POSITIONS), ("features", 1, 8),
            ("table", 4, 24), ("hidden", 8, 512), ("steps", 1, 64), ("key", 16, MOST_KEY),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name} may be {low} to {high}, not {getattr(self, name)}")
        if self.hidden % 4:
            raise ValueError(f"hidden units come in fours, not {self.hidden}")
        for name in ("share", "rate"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ValueError(f"{name} may be above 0, up to 1, not {getattr(self, name)}")
        if self.count > MOST_NUMBERS:
            raise ValueError(f"a model of {self.count:,} numbers is above {MOST_NUMBERS:,}")

    @property
    def octaves(self) -> int:
        return 0 if self.encoding == "hash" else octave_count(self.capacity)

    @cached_property
    def grids(self) -> Array:
        """The levels of the table, int64 (L, 4); none without grids."""
        if self.encoding == "fourier":
            return grid_levels([], 1)
        finest = self.finest or self.capacity
        return grid_levels(
            resolutions(min(self.base, finest), finest, self.levels), 1 << self.table
        )

    @property
    def rows(self) -> int:
        """Of the table."""
        return int(self.grids[:, 2].sum())

    @property
    def inputs(self) -> int:
        """D, the features of a position."""
        return 2 * self.octaves + len(self.grids) * self.features

    @property
    def updated(self) -> int:
        """Units of a step, a multiple of 4."""
        return min(4 * math.ceil(self.share * self.hidden / 4), self.hidden)

    @cached_property
    def mask(self) -> Array:
        """m_t as lists of units, int64 (T, n): always the same, each unit as often as the others.

        The units are put into a scrambled order once; the steps take the next n of it in turns.
        """
        order = sorted(range(self.hidden), key=lambda unit: (_scrambled(unit), unit))
        turns = np.arange(self.steps * self.updated).reshape(self.steps, self.updated)
        return np.sort(np.array(order, np.int64)[turns % self.hidden], axis=1)

    @cached_property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array, by name."""
        h, d, k, v = self.hidden, self.inputs, self.key, self.symbols
        return {
            "table": (self.rows, self.features),
            "first": (h, d), "first_key": (h, k), "first_bias": (h,),
            "second": (h, h), "second_bias": (h,),
            "inject": (h, d), "inject_key": (h, k), "block": (h, h), "block_bias": (h,),
            "readout": (v, h), "readout_bias": (v,),
        }  # fmt: skip

    @property
    def count(self) -> int:
        """Numbers of the model, without a key."""
        return sum(math.prod(shape) for shape in self.shapes.values())


def _scrambled(unit: int) -> int:
    """Knuth's multiplicative hash of 32 bits, after which neighbours lie far apart."""
    return ((unit + 1) * 2654435761) & 0xFFFFFFFF


@dataclass(frozen=True, eq=False)
class AtlasParams:
    """Everything that is learned, float32, or float64 where derivatives are checked.

    Attributes
    ----------
    table : (rows, F)   of all levels, one after the other
    first (H, D), first_key (H, K), first_bias (H,) : W1, its columns for a key, b1
    second (H, H), second_bias (H,) : W2, b2
    inject (H, D), inject_key (H, K), block (H, H), block_bias (H,) : U, its columns for a key, B, c
    readout (V, H), readout_bias (V,)
    """

    table: Array
    first: Array
    first_key: Array
    first_bias: Array
    second: Array
    second_bias: Array
    inject: Array
    inject_key: Array
    block: Array
    block_bias: Array
    readout: Array
    readout_bias: Array

    @classmethod
    def of(cls, arrays: Mapping[str, Array]) -> AtlasParams:
        return cls(**{name: arrays[name] for name in NAMES})

    def __iter__(self) -> Iterator[tuple[str, Array]]:
        return ((name, getattr(self, name)) for name in NAMES)

    def astype(self, kind: type) -> AtlasParams:
        return AtlasParams.of({name: array.astype(kind) for name, array in self})


NAMES = tuple(one.name for one in fields(AtlasParams))
KEYED = ("first_key", "inject_key")
"""The columns that a key is multiplied with."""


def initial_params(spec: AtlasSpec, seed: int) -> AtlasParams:
    """First parameters, float32: the table within ±1e-4, weights of variance 1 / inputs.

    The columns for a key have variance 1 / key.
    """
    rng = generator(seed, WEIGHTS)
    found = {}
    for name, shape in spec.shapes.items():
        if name == "table":
            array = rng.uniform(-1e-4, 1e-4, shape)
        elif len(shape) == 1:
            array = np.zeros(shape)
        else:
            array = rng.standard_normal(shape) / math.sqrt(max(shape[1], 1))
        found[name] = array.astype(np.float32)
    return AtlasParams.of(found)
