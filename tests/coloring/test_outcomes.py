"""Maps whose float64 values say by their sign what came of a run, and by their size how slowly."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import MODES, NEUTRAL, Scene, ranges
from deepfractals_gui.coloring.lights import STATUS_COLOURS
from deepfractals_gui.coloring.wide import wide_equalisation
from deepfractals_gui.core import Channel, ChannelKind, Coloring, Status
from tests.coloring.conftest import TRAINED, trained
from tests.coloring.test_pictures import compared
from tests.reference import coloring as twin

SCENE = Scene(TRAINED)
PAPER = Coloring("signed", "spectral", "value", reverse=True, glow=0.0, vignette=0.0)
SHAPE = (120, 160)
EVERY = [
    pytest.param(replace(look.suited(Coloring(), key), channel=name), id=f"{key}-{name}")
    for key, mode in MODES.items()
    for name in mode.channels_for(TRAINED, {})
]


def known(channels) -> np.ndarray:
    value = channels["value"]
    return np.where(np.abs(value) <= 1e307, value, np.nan)


def ranked(knots: tuple[float, ...], values: np.ndarray) -> np.ndarray:
    """What the kernel makes of numbers, float32 of their shape."""
    from deepfractals_gui.kernels.color_wide import equalize_wide

    line = np.array(values, np.float64).reshape(1, -1)
    out = np.empty(line.shape, np.float32)
    found = wide_equalisation(knots)
    status = np.ones(line.shape, np.uint8)
    equalize_wide(status, line, 2, *found.search, *found.pieces, out)
    return out.reshape(np.shape(values))


@pytest.mark.parametrize("s", [1, 2])
def test_the_published_colours_are_those_of_ranks_by_sorting(s):
    channels = trained(SHAPE)
    value = (1 - twin.signed_ranks(known(channels))) / 2
    pending = channels["status"] == Status.PENDING
    straight = replace(PAPER, reverse=False)
    light = twin.decode(twin.looked_up(value, straight))
    ours = look.apply(channels, SCENE, PAPER, supersampling=s)
    theirs = twin.painted_light(light, pending, straight, s)
    # A knot stands for 1/384 of a sign's points, a 1024th of the palette: one level, two at most.
    assert np.array_equal(ours[..., 3], theirs[..., 3])
    assert np.abs(ours.astype(int) - theirs).max() <= 2
    assert np.abs(ours.astype(int) - theirs).mean() < 0.3


def test_ranks_are_within_a_knot_of_those_by_sorting():
    channels = trained((300, 400))
    exact = (twin.signed_ranks(known(channels)) + 1) / 2
    knots = look.locked(channels, SCENE, PAPER).knots
    ours = ranked(knots, channels["value"])
    shown = np.isfinite(exact) & (channels["status"] != Status.PENDING)
    step = 1 / (ranges.WIDE_KNOTS - 1)
    assert np.abs(ours - exact)[shown].max() < 1.1 * step


def test_ranks_of_a_thinned_image_are_near_those_of_all_its_points():
    channels = trained((1030, 1030))
    assert ranges.stride_of(channels["value"]) == 2
    exact = (twin.signed_ranks(known(channels)) + 1) / 2
    ours = ranked(look.locked(channels, SCENE, PAPER).knots, channels["value"])
    # Kolmogorov's distance of 1.6 / sqrt(m) is passed once in a hundred, of m = 2^17 a sign.
    bound = 0.375 * 1.6 / 2**8.5 + 1 / (ranges.WIDE_KNOTS - 1)
    shown = np.isfinite(exact) & (channels["status"] != Status.PENDING)
    assert np.abs(ours - exact)[shown].max() < bound


def test_equal_values_have_one_colour_and_larger_ones_never_a_lower_place():
    channels = trained(SHAPE)
    channels["status"][:] = Status.DIVERGED
    image = look.apply(channels, SCENE, PAPER)
    pixels = image.view(np.uint32)[..., 0]
    # The same number must not be -0 and 0 to the map.
    value = channels["value"] + 0.0
    order = np.argsort(value, axis=None)
    flat, seen = value.ravel()[order], pixels.ravel()[order]
    for (a, first), (b, second) in pairwise(zip(flat, seen, strict=True)):
        if a == b:
            assert first == second
    places = ranked(look.locked(channels, SCENE, PAPER).knots, flat[np.isfinite(flat)])
    assert (np.diff(places[places <= 1]) >= 0).all()


def test_the_sign_keeps_half_of_the_palette_free_around_its_middle():
    channels = trained(SHAPE, troubled=False)
    places = ranked(look.locked(channels, SCENE, PAPER).knots, channels["value"])
    below = channels["value"] < 0
    assert places[below].max() == pytest.approx(0.375, abs=1e-3)
    assert places[~below].min() == pytest.approx(0.625, abs=0.06)
    assert (places[below].min(), places[~below].max()) == (0.0, 1.0)


def test_a_lock_keeps_the_table_from_value_to_rank():
    channels = trained(SHAPE, troubled=False)
    fixed = look.locked(channels, SCENE, PAPER)
    image = look.apply(channels, SCENE, PAPER)
    part = {name: array[20:50, 30:90] for name, array in channels.items()}
    assert np.array_equal(look.apply(part, SCENE, fixed), image[20:50, 30:90])
    assert not np.array_equal(look.apply(part, SCENE, PAPER), image[20:50, 30:90])
    again = Coloring.from_json(json.loads(json.dumps(fixed.to_json())))
    assert again == fixed
    assert len(json.dumps(fixed.to_json())) < 40_000


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_view_with_one_outcome_keeps_to_its_half(sign):
    channels = trained(SHAPE, troubled=False)
    channels["value"] = sign * np.abs(channels["value"])
    places = ranked(look.locked(channels, SCENE, PAPER).knots, channels["value"])
    assert (places <= 0.376).all() if sign < 0 else (places >= 0.62).all()


def test_neighbouring_float64_numbers_are_ranked_apart():
    base = 1.000499
    value = base + np.arange(40_000).reshape(200, 200) * np.spacing(base)
    channels = trained((200, 200), troubled=False) | {"value": value}
    places = ranked(look.locked(channels, SCENE, PAPER).knots, value).ravel()
    assert len(np.unique(value.astype(np.float32))) == 1
    assert np.abs(places - (0.625 + 0.375 * np.linspace(0, 1, places.size))).max() < 1e-3


KNOT = st.floats(-1e300, 1e300).filter(lambda x: x == 0 or abs(x) > 1e-290)


@given(
    knots=st.lists(KNOT, min_size=2, max_size=60),
    values=st.lists(st.floats(-1e306, 1e306), min_size=1, max_size=30),
)
def test_the_search_finds_the_piece_of_every_number(knots, values):
    knots = tuple(sorted(knots))
    line = np.concatenate([knots, np.nextafter(knots, np.inf), np.nextafter(knots, -np.inf)])
    line = np.concatenate([line, values])
    found = wide_equalisation(knots)
    starts = found.starts[: len(found.values)]
    piece = np.searchsorted(starts, line, "right") - 1
    with np.errstate(over="ignore", invalid="ignore"):
        inside = found.values[piece] + (line - starts[piece]) * found.slopes[piece]
    expected = np.where(piece == 0, 0.0, np.clip(inside, 0, 1))
    assert np.abs(ranked(knots, line) - expected).max() < 1e-6


@pytest.mark.parametrize("count", [2, 3, 17, 1025, 4097])
def test_crowded_knots_are_found_in_few_steps(count):
    rng = np.random.default_rng(count)
    knots = np.sort(1.000499 + 10.0 ** rng.uniform(-12, 8, count))
    found = wide_equalisation(tuple(knots))
    assert len(found.strides) <= 3
    middle = (knots[:-1] + knots[1:]) / 2
    expected = (np.arange(count - 1) + 0.5) / (count - 1)
    assert np.abs(ranked(tuple(knots), middle) - expected).max() < 1e-3


@pytest.mark.parametrize("coloring", EVERY)
@pytest.mark.parametrize("lens", [0.0, 0.3], ids=["flat", "glow"])
def test_float64_channels_are_shown_in_every_mode(coloring, lens):
    channels = trained((24, 36))
    coloring = replace(coloring, glow=lens, vignette=lens)
    image = look.apply(channels, SCENE, coloring)
    pending = channels["status"] == Status.PENDING
    assert np.array_equal(image[..., 3], np.where(pending, 0, 255))
    assert len(np.unique(image.view(np.uint32))) > 2
    fixed = look.locked(channels, SCENE, coloring)
    assert np.array_equal(look.apply(channels, SCENE, fixed), image)
    found = look.histogram(channels, SCENE, coloring)
    assert np.isfinite(found.edges).all()
    assert (np.diff(found.edges) > 0).all()
    assert all("inf" not in label and "nan" not in label for label, _ in legend(coloring, channels))


def legend(coloring, channels=None):
    return [entry for entry in look.legend(SCENE, coloring, channels) if entry[0] != "non-finite"]


@pytest.mark.parametrize("coloring", EVERY)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 0.0, 1e-310, -3.0, 1.7e308])
def test_flat_float64_images_of_any_number_are_painted(coloring, number):
    channels = {c.name: np.full((5, 7), number, c.numpy_dtype()) for c in TRAINED[1:]}
    channels["status"] = np.full((5, 7), Status.DIVERGED, np.uint8)
    image = look.apply(channels, SCENE, coloring)
    assert (image[..., 3] == 255).all()
    assert look.histogram(channels, SCENE, coloring).counts.sum() <= 35
    assert look.legend(SCENE, coloring, channels)
    if not np.isfinite(number) and coloring.mode not in ("status", "domain"):
        assert (image[..., :3] == NEUTRAL).all() or coloring.vignette


@pytest.mark.parametrize("gamma", [1.0, 1.7])
def test_logarithms_span_hundreds_of_decades(gamma):
    channels = trained(SHAPE)
    coloring = Coloring(
        "log", "dusk", "loss", gamma=gamma, levels=(1e-200, 1e200), glow=0.0, vignette=0.0
    )
    loss = channels["loss"]
    defined = np.isin(channels["status"], [Status.CONVERGED, Status.DIVERGED])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.clip((np.log10(loss) + 200) / 400, 0, 1)
    value = np.where(loss > 0, share, 0.0)
    value = np.where(defined & (np.abs(loss) <= 1e307), value, np.nan)
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring)
    compared(look.apply(channels, SCENE, coloring), expected)


def test_logarithms_of_float32_are_those_of_float64():
    channel = Channel("loss", "Loss", "float32", ChannelKind.SCALAR, low=0.0)
    narrow, wide = (
        Scene((TRAINED[0], channel)),
        Scene((TRAINED[0], replace(channel, dtype="float64"))),
    )
    channels = trained(SHAPE, troubled=False)
    channels["loss"] = 10.0 ** np.random.default_rng(3).uniform(-30, 30, SHAPE)
    coloring = Coloring("log", "dusk", levels=(1e-20, 1e20), glow=0.0, vignette=0.0)
    one = look.apply(channels, narrow, coloring).astype(int)
    assert np.abs(one - look.apply(channels, wide, coloring)).max() <= 1


def test_levels_tell_numbers_apart_that_float32_cannot():
    value = 1.0 + np.arange(100).reshape(10, 10) * 1e-12
    channels = trained((10, 10), troubled=False) | {"value": value}
    coloring = Coloring("channel", "graphite", "value", glow=0.0, vignette=0.0)
    image = look.apply(channels, SCENE, coloring)
    assert len(np.unique(image[..., 0])) > 90


def test_outcomes_alone_are_the_status_colours():
    channels = trained(SHAPE, troubled=False)
    image = look.apply(channels, SCENE, Coloring("status", glow=0.0, vignette=0.0))
    for status in (Status.CONVERGED, Status.DIVERGED):
        assert (image[channels["status"] == status, :3] == STATUS_COLOURS[status]).all()


def test_the_legend_reads_from_slow_over_fast_to_slow():
    labels = ["converged, slow", "converged, fast", "diverged, fast", "diverged, slow", "no value"]
    assert [label for label, _ in look.legend(SCENE, PAPER)] == labels
    channels = trained(SHAPE, troubled=False)
    fixed = look.locked(channels, SCENE, PAPER)
    found = look.legend(SCENE, PAPER, channels)
    assert found == look.legend(SCENE, fixed)
    for (label, rgb), words in zip(found[:-1], labels, strict=False):
        assert label.startswith(f"{words}: ")
        channels["value"][:] = float(label.split()[-1])
        image = look.apply(channels, SCENE, fixed)[0, 0, :3].astype(int)
        assert np.abs(image - rgb).max() <= 6, label
    # Spectral, its sign turned: what converges is blue, what diverges red.
    assert found[0][1][2] > found[0][1][0]
    assert found[3][1][0] > found[3][1][2]


def test_a_centred_palette_stays_with_signed_values_and_goes_with_them():
    assert look.suited(replace(PAPER, mode="channel"), "signed").palette == "spectral"
    plain = look.suited(PAPER, "log", PAPER)
    assert (plain.palette, plain.reverse) == ("forward_pass", False)
