"""Panels, passes and tiles cover every sample once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.render.tiling import (
    MAX_TILES,
    Panel,
    Pass,
    Rect,
    Tile,
    around,
    first_stride,
    lattice_size,
    tiles,
)

sides = st.integers(1, 70)


@given(sides, sides, st.data())
def test_the_panels_around_a_hole_cover_the_rest_once(height, width, data):
    top = data.draw(st.integers(0, height))
    left = data.draw(st.integers(0, width))
    hole = Rect(top, data.draw(st.integers(top, height)), left, data.draw(st.integers(left, width)))
    count = np.zeros((height, width), int)
    for panel in around((height, width), hole):
        count[panel.rect.slices] += 1
    if not hole.empty:
        count[hole.slices] += 1
    assert np.all(count == 1)


@given(sides, sides, st.integers(0, 6), st.integers(1, 5000), st.integers(0, 9), st.integers(0, 9))
def test_tiles_of_a_pass_paint_every_cell_once(height, width, power, points, top, left):
    panel = Panel(Rect(top, top + height, left, left + width))
    sweep = Pass(1 << power, 0)
    count = np.zeros((top + height, left + width), int)
    for tile in tiles([panel], sweep.stride, points, (height / 2, width / 2)):
        count[sweep.area(tile).slices] += 1
    assert np.all(count[panel.rect.slices] == 1)
    assert count.sum() == height * width


@given(sides, sides, st.integers(0, 5), st.integers(0, 6))
def test_halves_hold_the_samples_of_the_whole(height, width, power, further):
    panel = Panel(Rect(3, 3 + height, 5, 5 + width))
    sweep = Pass(1 << power, (2 << power) << further if further else 0)
    pending = [Tile(panel, panel.rect)]
    leaves = 0
    while pending:
        tile = pending.pop()
        halves = sweep.split(tile)
        if halves is None:
            leaves += sweep.count(tile)
            continue
        assert sum(map(sweep.count, halves)) == sweep.count(tile)
        pending += halves
    known = lattice_size([panel], sweep.previous) if sweep.previous else 0
    assert leaves == lattice_size([panel], sweep.stride) - known


def test_tiles_come_centre_first():
    panel = Panel(Rect(0, 200, 0, 300))
    found = tiles([panel], 1, 64, (100, 150))
    distance = [
        np.hypot((t.rect.top + t.rect.bottom) / 2 - 100, (t.rect.left + t.rect.right) / 2 - 150)
        for t in found
    ]
    assert distance == sorted(distance)
    assert distance[0] < 10


def test_a_huge_grid_has_a_bounded_number_of_tiles():
    panel = Panel(Rect(0, 65536, 0, 65536))
    assert len(tiles([panel], 1, 8, (0, 0))) <= 2 * MAX_TILES


@pytest.mark.parametrize(
    ("shape", "stride"), [((700, 1000), 128), ((8, 8), 1), ((9, 3), 2), ((1, 1), 1), ((64, 64), 8)]
)
def test_the_first_pass_has_about_eight_samples_a_side(shape, stride):
    assert first_stride([Panel(Rect(0, shape[0], 0, shape[1]))]) == stride


def test_nothing_to_render_has_no_tiles():
    assert first_stride([]) == 1
    assert tiles([], 1, 8, (0, 0)) == []
