"""Box counting, calibrated on shapes of known dimension."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.analysis import (
    box_count,
    dyadic_dimension,
    dyadic_sizes,
    edge_pixels,
    published_dimension,
    published_sizes,
)
from tests.analysis import shapes

SIDE = 1024


def published(outcome):
    edges = edge_pixels(outcome)
    return published_dimension([box_count(edges, published_sizes(edges))])


def dyadic(outcome, low=1, high=None):
    edges = edge_pixels(outcome)
    return dyadic_dimension([box_count(edges, dyadic_sizes(edges))], low, high)


@pytest.mark.parametrize(
    ("name", "outcome", "theory", "by_published", "by_all", "by_default"),
    [
        ("line", shapes.half_plane(SIDE), 1.0, 1.00, 1.00, 1.01),
        ("Koch curve, level 7", shapes.koch(SIDE, 7), np.log(4) / np.log(3), 1.20, 1.22, 1.26),
        ("carpet, level 6", shapes.carpet(SIDE, 6), np.log(8) / np.log(3), 1.93, 1.84, 1.88),
    ],
)
def test_estimators_are_calibrated(name, outcome, theory, by_published, by_all, by_default):
    """What they give at 1024 px: the published one, dyadic over all sizes, and over 2..256."""
    whole, usual = dyadic(outcome), dyadic(outcome, 2, SIDE // 4)
    print(
        f"{name}: theory {theory:.4f}, published {published(outcome):.3f}, dyadic over "
        f"{whole.low}..{whole.high} px {whole.dimension:.3f} ± {whole.error:.3f}, over "
        f"{usual.low}..{usual.high} px {usual.dimension:.3f} ± {usual.error:.3f}"
    )
    assert published(outcome) == pytest.approx(by_published, abs=0.006)
    assert whole.dimension == pytest.approx(by_all, abs=0.006)
    assert usual.dimension == pytest.approx(by_default, abs=0.01)
    assert abs(usual.dimension - theory) < 0.02


@pytest.mark.parametrize(
    ("side", "by_published", "by_dyadic"), [(128, 0.86, 1.01), (512, 1.00, 1.00)]
)
def test_small_frames_bias_the_published_estimator(side, by_published, by_dyadic):
    """Of straight lines in all directions, whose dimension is 1."""
    turns = (np.arange(24) + 0.5) * np.pi / 24
    lines = [shapes.half_plane(side, turn) for turn in turns]
    assert np.median([published(line) for line in lines]) == pytest.approx(by_published, abs=0.006)
    fits = [dyadic(line, 2, side // 4).dimension for line in lines]
    assert np.median(fits) == pytest.approx(by_dyadic, abs=0.006)


def test_an_edge_pixel_is_a_block_with_both_outcomes():
    outcome = np.zeros((4, 5), bool)
    outcome[1, 2] = True
    expected = np.zeros((3, 4), bool)
    expected[0:2, 1:3] = True
    np.testing.assert_array_equal(edge_pixels(outcome), expected)
    assert not edge_pixels(np.ones((3, 3), bool)).any()


def test_counts_equal_those_of_a_plain_loop():
    generator = np.random.Generator(np.random.PCG64(3))
    edges = generator.random((37, 53)) < 0.2
    edges[8:16, 8:16] = True
    edges[36, :] = True
    sizes = [1, 2, 4, 5, 9, 37]
    found = box_count(edges, sizes)
    for size, count, mixed in zip(sizes, found.counts, found.mixed, strict=True):
        boxes = [
            edges[row : row + size, column : column + size]
            for row in range(0, 37, size)
            for column in range(0, 53, size)
        ]
        assert count == sum(box.any() for box in boxes)
        assert mixed == sum(box.any() and not box.all() for box in boxes)


def test_published_sizes_and_slopes_are_those_of_the_paper():
    edges = edge_pixels(shapes.half_plane(256))
    sizes = published_sizes(edges)
    np.testing.assert_array_equal(
        sizes, np.unique(np.array(10 ** np.linspace(1, np.log10(255), 10), int))
    )
    found = box_count(edges, sizes)
    np.testing.assert_array_equal(
        found.published_slopes, -np.gradient(np.log(found.mixed), np.log(sizes))
    )
    twice = published_dimension([found, found])
    assert twice == published_dimension([found]) == np.median(found.published_slopes)


def test_local_slopes_lie_between_neighbouring_sizes():
    edges = np.zeros((64, 64), bool)
    edges[20] = True
    found = box_count(edges, dyadic_sizes(edges))
    np.testing.assert_array_equal(found.counts, [64, 32, 16, 8, 4, 2, 1])
    np.testing.assert_allclose(found.slopes, np.ones(6))


def test_frames_share_the_slope_and_not_the_amount():
    few, many = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    few[20] = True
    many[::32] = True
    counts = [box_count(edges, dyadic_sizes(edges)) for edges in (few, many)]
    fit = dyadic_dimension(counts, 1, 16)
    assert fit.dimension == pytest.approx(1.0)
    assert fit.error == pytest.approx(0.0, abs=1e-12)
    assert (fit.low, fit.high) == (1, 16)


def test_standard_error_is_that_of_the_textbook():
    edges = edge_pixels(shapes.carpet(128, 4))
    count = box_count(edges, dyadic_sizes(edges))
    fit = dyadic_dimension([count])
    x, y = np.log(count.sizes), np.log(count.counts)
    slope, covariance = np.polyfit(x, y, 1, cov="unscaled")
    residual = np.sum((np.polyval(slope, x) - y) ** 2) / (len(x) - 2)
    assert fit.dimension == pytest.approx(-slope[0])
    assert fit.error == pytest.approx(np.sqrt(covariance[0, 0] * residual))


def test_a_frame_without_boundary_has_no_slope():
    empty = np.zeros((63, 63), bool)
    none = box_count(empty, published_sizes(empty))
    assert np.isnan(none.published_slopes).all()
    assert np.isnan(published_dimension([none]))
    assert dyadic_dimension([box_count(empty, dyadic_sizes(empty))]) is None
    line = edge_pixels(shapes.half_plane(64))
    some = box_count(line, published_sizes(line))
    assert published_dimension([none, some]) == published_dimension([some])


@pytest.mark.parametrize("sizes", [[0, 1], [1, 64], [2, 2], [4, 2], []])
def test_sizes_out_of_range_are_refused(sizes):
    with pytest.raises(ValueError, match=r"must rise within \[1, 63\]"):
        box_count(np.zeros((63, 63), bool), sizes)


def test_images_that_hold_no_blocks_are_refused():
    with pytest.raises(ValueError, match="at least 2 x 2"):
        edge_pixels(np.zeros((1, 9), bool))
    with pytest.raises(ValueError, match="two-dimensional"):
        box_count(np.zeros(9, bool), [1])
    with pytest.raises(ValueError, match="at least 12"):
        published_sizes(np.zeros((11, 11), bool))
