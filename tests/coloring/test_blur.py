"""A blur is the twin's Gaussian, by halves or not, whichever rows are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.coloring.blur import HALVED_FROM, Blur
from tests.reference import coloring as twin

WIDE = 3e-4
"""An eighth of a level of 255 in the blur, of which a glow adds a share."""
EXACT = 1e-6


def blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
    blur = Blur(sigma, plane.shape)
    lines = np.empty((plane.shape[0], blur.width), np.float32)
    blur.lines(plane, lines)
    out = np.empty((1, *lines.shape), np.float32)
    blur.columns(lines, 0, 0, out[0])
    return blur.pixels(out)[0]


def patterns(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """What a grid of half the pixels holds worst: single pixels, edges, waves near its limit."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    found = {
        "noise": np.random.default_rng(2).random(shape) > 0.5,
        "checkerboard": (x + y) % 2,
        "stripes": x % 2,
        "rows": y % 2,
        "edge": x + 2 * y > sum(shape) / 2,
        "one pixel": (x == shape[1] // 3) & (y == shape[0] // 2),
        "white": np.ones(shape),
    }
    for turns in (0.02, 0.05, 0.07, 0.12, 0.24, 0.26, 0.4, 0.45, 0.48):
        found[f"wave of {turns}"] = 0.5 + 0.5 * np.sin(2 * np.pi * turns * (x + 0.1 * y))
    return {name: np.asarray(plane, np.float32) for name, plane in found.items()}


@pytest.mark.parametrize("sigma", [0.6, 3.9, HALVED_FROM, 5.4, 9.0, 40.0])
@pytest.mark.parametrize("shape", [(96, 131), (97, 130), (5, 4), (1, 1), (2, 3)])
def test_a_blur_is_a_gaussian(shape, sigma):
    for name, plane in patterns(shape).items():
        expected = twin.blurred(plane.astype(np.float64), sigma)
        error = np.abs(blurred(plane, sigma) - expected).max()
        assert error < (WIDE if sigma >= HALVED_FROM else EXACT), name


@pytest.mark.parametrize("sigma", [2.0, 6.0])
def test_what_is_no_light_counts_as_dark(sigma):
    plane = np.random.default_rng(3).random((40, 50)).astype(np.float32)
    dark = plane.copy()
    for number in (np.nan, np.inf, -1.0, 2.0, 3.0):
        hidden = np.random.default_rng(4).random(plane.shape) < 0.1
        plane[hidden], dark[hidden] = number, 0.0
    assert np.array_equal(blurred(plane, sigma), blurred(dark, sigma))


@given(
    sigma=st.sampled_from([1.0, 4.0, 5.0, 7.5]),
    rows=st.integers(1, 70),
    columns=st.integers(1, 9),
    data=st.data(),
)
def test_any_rows_have_the_same_bits(sigma, rows, columns, data):
    plane = np.random.default_rng(rows).random((rows, columns)).astype(np.float32)
    whole = blurred(plane, sigma)
    first = data.draw(st.integers(0, rows - 1))
    last = data.draw(st.integers(first + 1, rows))
    blur = Blur(sigma, plane.shape)
    # No more rows than a row is said to need, and lines made one by one.
    top, bottom = max(0, first - blur.reach), min(rows, last + blur.reach)
    lines = np.empty((bottom - top, blur.width), np.float32)
    for row in range(top, bottom):
        blur.lines(plane[row : row + 1], lines[row - top : row - top + 1])
    out = np.empty((1, last - first, blur.width), np.float32)
    for column in range(blur.width):
        one = np.empty((last - first, 1), np.float32)
        blur.columns(np.ascontiguousarray(lines[:, column : column + 1]), top, first, one)
        out[0, :, column] = one[:, 0]
    assert np.array_equal(blur.pixels(out)[0], whole[first:last])
