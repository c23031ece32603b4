"""What coding knows of an alphabet before it has seen the text.

The rules are fixed here and don't follow Python's Unicode tables, which change between versions:
what one version writes, any other must read. A rule that doesn't fit a script costs a little size,
never a character.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from deepfractals_gui.atlas.texts import Alphabet
from deepfractals_gui.core.arrays import Array

_FREQUENT = frozenset(" etaoinshr")
_CAPITALS = ((0x41, 0x5A, 32), (0xC0, 0xDE, 32), (0x391, 0x3A9, 32), (0x410, 0x42F, 32),
             (0x400, 0x40F, 80))  # fmt: skip
"""First and last code points, and how far away their lower case is."""
_APOSTROPHES = (0x27, 0x2019)
"""They are within words more often than around them: don't."""
_SIGNS = ((0x5B, 0x60), (0x7B, 0xBF), (0xD7, 0xD7), (0xF7, 0xF7), (0x2000, 0x2BFF),
          (0x3000, 0x303F), (0xFE00, 0xFE2F), (0xFEFF, 0xFF0F))  # fmt: skip
"""First and last code points of what parts words, from 0x5B on."""


@dataclass(frozen=True, eq=False)
class Script:
    """An alphabet as coding sees it.

    Attributes
    ----------
    weights : int64 (V,)   how often a symbol is expected, roughly; only speed depends on it much
    letters : int32 (V,)   the code point of a letter's lower case, 0 for what is no letter, and -1
        for what ends a line
    """

    weights: Array
    letters: Array

    def __len__(self) -> int:
        return len(self.weights)


@lru_cache(maxsize=16)
def script_of(alphabet: Alphabet) -> Script:
    """The script of a text."""
    return Script(
        np.array([_weight(one) for one in alphabet.characters], np.int64),
        np.array([_letter(ord(one)) for one in alphabet.characters], np.int32),
    )


@lru_cache(maxsize=4)
def numbers(size: int) -> Script:
    """The script of plain numbers below size, such as bytes."""
    return Script(np.ones(size, np.int64), np.zeros(size, np.int32))


def _weight(character: str) -> int:
    if character in _FREQUENT:
        return 32
    return 12 if "a" <= character <= "z" else 2


def _letter(point: int) -> int:
    if point == 0x0A:
        return -1
    if point in _APOSTROPHES:
        return _APOSTROPHES[0]
    if point < 0x41 or any(first <= point <= last for first, last in _SIGNS):
        return 0
    for first, last, away in _CAPITALS:
        if first <= point <= last:
            return point + away
    # Most letters with other marks come in pairs.
    return point | 1 if 0x100 <= point < 0x180 else point
