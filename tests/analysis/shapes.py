"""Shapes whose boundary has a known dimension, as outcomes bool (side, side)."""

from __future__ import annotations

import numpy as np


def half_plane(side: int, turn: float = 0.4) -> np.ndarray:
    """Everything on one side of a straight line through the centre: dimension 1."""
    y, x = (np.indices((side, side)) + 0.5) / side - 0.5
    return np.cos(turn) * y > np.sin(turn) * x


def carpet(side: int, level: int) -> np.ndarray:
    """Sierpinski's carpet, sampled at pixel centres: dimension ln 8 / ln 3 = 1.8928."""
    place = (np.arange(side) + 0.5) / side
    inside = np.ones((side, side), bool)
    for _ in range(level):
        place = place * 3
        middle = np.floor(place).astype(int) % 3 == 1
        inside &= ~(middle[:, None] & middle)
    return inside


def koch(side: int, level: int) -> np.ndarray:
    """What lies below Koch's curve across the image: dimension ln 4 / ln 3 = 1.2619."""
    curve = np.array([0.0, 1.0 + 0j])
    turn = np.exp(1j * np.pi / 3)
    for _ in range(level):
        a, b = curve[:-1], curve[1:]
        third = (b - a) / 3
        parts = np.stack([a, a + third, a + third + third * turn, b - third], axis=1)
        curve = np.append(parts.ravel(), curve[-1])
    x, y = curve.real * side, curve.imag * side + side / 3
    inside = np.zeros((side, side), bool)
    for row in range(side):
        height = row + 0.5
        a, b = y[:-1], y[1:]
        crosses = (a <= height) != (b <= height)
        share = (height - a[crosses]) / (b[crosses] - a[crosses])
        at = np.sort(x[:-1][crosses] + share * (x[1:][crosses] - x[:-1][crosses]))
        crossed = np.searchsorted(at, np.arange(side) + 0.5) % 2 == 1
        # Above its ends the row begins outside; below them the whole row lies inside.
        inside[row] = crossed if height > side / 3 else ~crossed
    return inside
