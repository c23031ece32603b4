"""What a colouring takes from the image: levels, knots, counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import Scene, ranges
from deepfractals_gui.coloring.equalize import equalisation
from deepfractals_gui.core import Coloring, Status
from tests.coloring.conftest import BANDS, CHANNELS, RAYS, REGIMES, samples
from tests.reference import coloring as twin

SCENE = Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES})


def gain() -> dict[str, np.ndarray]:
    channels = samples((300, 400), troubled=False)
    return channels


def test_levels_leave_out_half_a_per_cent_on_either_side():
    channels = gain()
    channels["gain"].ravel()[:100] = 1e30
    channels["gain"].ravel()[100:200] = np.nan
    channels["gain"].ravel()[200:300] = np.inf
    low, high = look.locked(channels, SCENE, Coloring("channel", channel="gain")).levels
    rest = channels["gain"].ravel()[300:]
    assert low == pytest.approx(np.quantile(rest, 0.005), abs=0.02)
    assert high == pytest.approx(np.quantile(rest, 0.995), abs=0.02)


def test_levels_count_only_points_that_have_the_channel():
    channels = gain()
    channels["smooth"] = np.where(channels["status"] == Status.ESCAPED, 50, 0).astype(np.float32)
    channels["smooth"][0, 0] = 51
    low, high = look.locked(channels, SCENE, Coloring("smooth")).levels
    assert 49 < low < 50 < high < 52


@pytest.mark.parametrize("mode", sorted(look.MODES))
def test_locking_keeps_the_picture_and_locking_again_changes_nothing(mode):
    channels = gain()
    coloring = look.suited(Coloring(), mode)
    fixed = look.locked(channels, SCENE, coloring)
    assert look.locked(channels, SCENE, fixed) == fixed
    one, other = (look.apply(channels, SCENE, shown) for shown in (coloring, fixed))
    assert np.array_equal(one, other)
    assert Coloring.from_json(fixed.to_json()) == fixed


@pytest.mark.parametrize("mode", ["classic", "channel", "smooth", "trap", "slope", "equalized"])
def test_a_locked_colouring_says_so(mode):
    assert look.locked(gain(), SCENE, Coloring(mode)).locked


def test_equalisation_spreads_an_image_evenly_over_the_palette():
    channels = gain()
    coloring = Coloring("equalized", "graphite", "gain", glow=0.0, vignette=0.0)
    image = look.apply(channels, SCENE, coloring)
    low, middle, high = np.quantile(image[..., 0], [0.25, 0.5, 0.75])
    line = look.swatch(coloring, 5)[0, :, 0].astype(int)
    assert np.abs(np.array([low, middle, high]) - line[1:4]).max() <= 3


def test_signed_equalisation_ranks_each_sign_alone():
    channels = gain()
    channels["gain"] = np.where(channels["gain"] < 0.4, -1e-20 * channels["gain"] ** 2 - 1e-22, 7.0)
    channels["gain"] = channels["gain"].astype(np.float32)
    fixed = look.locked(channels, SCENE, Coloring("signed", channel="gain"))
    value = twin.ranks(channels["gain"], fixed.knots)
    negative = value[channels["gain"] < 0]
    assert negative.max() <= 0.376
    assert 0.15 < np.median(negative) < 0.22
    assert value[channels["gain"] > 0].min() >= 0.62
    assert twin.ranks(np.zeros(1), fixed.knots)[0] == pytest.approx(0.5)


@pytest.mark.parametrize("sign", [-1, 1])
def test_signed_equalisation_of_one_sign_keeps_to_its_half(sign):
    channels = gain()
    channels["gain"] = (sign * (np.abs(channels["gain"]) + 0.1)).astype(np.float32)
    fixed = look.locked(channels, SCENE, Coloring("signed", channel="gain"))
    value = twin.ranks(channels["gain"], fixed.knots)
    assert (value <= 0.376).all() if sign < 0 else (value >= 0.62).all()


@given(
    values=st.lists(st.floats(-(2.0**99), 2.0**99, width=32), min_size=1, max_size=60),
    scale=st.sampled_from([1.0, 1e-60, 1.0 + 1e-12]),
)
def test_quantiles_are_those_of_numpy_bit_for_bit(values, scale):
    # Scaled, the values are beyond float32.
    values = np.array(values) * scale
    for count in (2, 97, ranges.KNOTS):
        ranks = np.linspace(0.0, 1.0, count)
        found = ranges._quantiles(ranges._ranked(values), ranks)
        assert np.array_equal(found, np.quantile(values, ranks))


# Slopes between knots less than 1e-38 apart are beyond float32.
KNOT = st.floats(-(2.0**99), 2.0**99, width=32).filter(lambda x: x == 0 or abs(x) > 1e-20)
KNOTS = st.lists(KNOT, min_size=2, max_size=40)


@given(
    knots=KNOTS,
    values=st.lists(st.floats(-(2.0**100), 2.0**100, width=32), min_size=1, max_size=30),
)
def test_equalisation_is_the_exact_piecewise_linear_map(knots, values):
    from deepfractals_gui.kernels.color_values import equalize

    knots = tuple(sorted(knots))
    # Every knot and its neighbours, besides numbers at random.
    near = np.array(knots, np.float32)
    line = np.concatenate([near, np.nextafter(near, np.float32(np.inf)), values])
    line = line.astype(np.float32)[None]
    ours = np.empty_like(line)
    equalize(np.ones(line.shape, np.uint8), line, 2, *equalisation(knots).arguments, ours)
    assert np.abs(ours - twin.ranks(line, knots)).max() < 2e-5


def test_crowded_knots_beside_an_outlier_are_followed_exactly():
    knots = (-1e30, *np.linspace(1000.0, 1000.01, 200), 1e30)
    found = equalisation(tuple(knots))
    assert found.pairs == 0
    assert 0 < len(found.strides) <= 10
    test_equalisation_is_the_exact_piecewise_linear_map.hypothesis.inner_test(
        list(map(float, np.float32(knots))), [1000.002, 1000.0075, -5.0, 1e20]
    )


def test_a_histogram_counts_what_is_shown():
    channels = gain()
    found = look.histogram(channels, SCENE, Coloring("channel", channel="gain"), bins=64)
    assert found.channel == "gain"
    assert len(found.counts) == 64
    assert len(found.edges) == 65
    assert (np.diff(found.edges) > 0).all()
    assert 0.9 < found.counts.sum() / ranges.known_values(channels, CHANNELS[4]).size <= 1
    assert found.edges[0] <= found.levels[0] < found.levels[1] <= found.edges[-1]


def test_a_histogram_keeps_locked_levels():
    coloring = Coloring("channel", channel="gain", levels=(-0.2, 0.1))
    assert look.histogram(gain(), SCENE, coloring).levels == (-0.2, 0.1)


def test_the_classic_histogram_counts_the_recipe_s_value():
    for recipe in (BANDS, RAYS):
        scene = Scene(CHANNELS, {"classic": recipe})
        found = look.histogram(gain(), scene, Coloring(levels=(0.2, 0.6)), bins=10)
        assert found.channel == ""
        assert (found.edges[0], found.edges[-1]) == (0.0, 1.0)
        assert found.levels == (0.2, 0.6)
        assert found.counts.sum() > 0
