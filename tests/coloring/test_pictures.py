"""Every mode's pixels against plain NumPy in float64.

One level of difference is allowed: values in float32 may fall on the neighbouring entry of a
palette of 4096 colours, whose neighbours are at most one level apart, and light is encoded from
16 bits, a sixteenth of a level at most.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import lights
from deepfractals_gui.core import Coloring, Status
from tests.coloring.conftest import BANDS, RAYS, REGIMES, samples
from tests.reference import coloring as twin

SHAPE = (48, 72)
GAMMA = (1.0, 1.7)


def compared(ours: np.ndarray, theirs: np.ndarray, flips: float = 0.0) -> None:
    assert ours.shape == theirs.shape
    assert np.array_equal(ours[..., 3], theirs[..., 3])
    difference = np.abs(ours.astype(int) - theirs.astype(int)).max(axis=-1)
    assert (difference > 1).mean() <= flips, f"largest difference {difference.max()}"


def nan_where_undefined(channels, name, *, statuses=None):
    values = channels[name].astype(np.float64)
    known = np.isfinite(values)
    if statuses is not None:
        known &= np.isin(channels["status"], [int(status) for status in statuses])
    return np.where(known, values, np.nan)


def status_light(channels):
    table = np.zeros((len(Status), 3))
    for status, rgb in lights.STATUS_COLOURS.items():
        table[status] = rgb
    return twin.decode(table[channels["status"]])


@pytest.fixture(params=[1, 2, 3], ids=["plain", "of 2 x 2", "of 3 x 3"])
def s(request):
    return request.param


@pytest.fixture(params=[0.0, 0.3], ids=["no glow", "glow"])
def base(request):
    return Coloring(glow=request.param, glow_sigma=40.0)


@pytest.mark.parametrize("gamma", GAMMA)
@pytest.mark.parametrize("levels", [None, (0.1, 0.7)])
def test_classic_bands(bands_scene, s, base, gamma, levels):
    channels = samples(SHAPE)
    coloring = replace(base, gamma=gamma, levels=levels)
    value = twin.escape_bands(
        channels["status"], channels["smooth"], channels["angle"], channels["trap"], BANDS
    )
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(twin.levelled(value, levels), pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


@pytest.mark.parametrize("mode", ["channel", "status"])
def test_a_wide_glow_is_the_twin_s(bands_scene, mode):
    channels = samples((160, 140), 3)
    coloring = Coloring(mode, "dusk", "gain", levels=(-0.4, 0.5), glow=0.8, glow_sigma=40.0)
    pending = channels["status"] == Status.PENDING
    if mode == "channel":
        value = np.clip((nan_where_undefined(channels, "gain") + 0.4) / 0.9, 0, 1)
        expected = twin.painted_values(value, pending, coloring)
    else:
        expected = twin.painted_light(status_light(channels), pending, coloring)
    compared(look.apply(channels, bands_scene, coloring), expected)


@pytest.mark.parametrize("palette", ["gradient_basins", "dusk", "#000,#fff"])
def test_classic_rays(rays_scene, s, base, palette):
    channels = samples(SHAPE, 1)
    coloring = replace(base, palette=palette, reverse=palette == "dusk")
    value = twin.limit_rays(
        channels["status"], channels["limit"], channels["steps"], channels["lyapunov"], RAYS
    )
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring, s)
    compared(look.apply(channels, rays_scene, coloring, supersampling=s), expected)


def test_plain_channel(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="channel", channel="gain", levels=(-0.4, 0.5))
    value = np.clip((nan_where_undefined(channels, "gain") + 0.4) / 0.9, 0, 1)
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_smooth_escape_is_logarithmic_and_undefined_where_nothing_escaped(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="smooth", levels=(10.0, 90.0))
    smooth = nan_where_undefined(channels, "smooth", statuses=[Status.ESCAPED])
    low, high = np.log1p(10.0), np.log1p(90.0)
    value = np.clip((np.log1p(smooth) - low) / (high - low), 0, 1)
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_trap_is_brightest_at_the_lower_level(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="trap", levels=(0.05, 2.0))
    trap = nan_where_undefined(channels, "trap")
    with np.errstate(divide="ignore"):
        value = np.clip(np.log(2.0 / trap) / np.log(2.0 / 0.05), 0, 1)
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_equalized_follows_its_knots(bands_scene, s, base):
    channels = samples(SHAPE)
    knots = (5.0, 20.0, 21.0, 60.0, 60.0, 60.0, 100.0)
    coloring = replace(base, mode="equalized", channel="smooth", knots=knots)
    smooth = nan_where_undefined(channels, "smooth", statuses=[Status.ESCAPED])
    value = np.where(np.isnan(smooth), np.nan, twin.ranks(smooth, knots))
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_signed_is_light_from_a_centred_palette(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="signed", channel="gain", palette="polar")
    coloring = look.locked(channels, bands_scene, coloring)
    gain = nan_where_undefined(channels, "gain")
    value = np.where(np.isnan(gain), np.nan, twin.ranks(gain, coloring.knots))
    light = twin.decode(twin.looked_up(value, coloring))
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_light(light, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


@pytest.mark.parametrize("palette", ["wheel", "forward_pass"])
@pytest.mark.parametrize("name", ["angle", "limit"])
def test_angle_walks_a_closed_palette(bands_scene, s, base, palette, name):
    channels = samples(SHAPE)
    coloring = replace(base, mode="angle", channel=name, palette=palette, shift=0.2)
    if name == "limit":
        angle = np.angle(np.where(np.isfinite(channels["limit"]), channels["limit"], np.nan))
    else:
        angle = nan_where_undefined(channels, "angle", statuses=[Status.ESCAPED])
    turn = (angle + np.pi) / (2 * np.pi)
    light = twin.decode(twin.looked_up(turn, coloring, twice=True))
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_light(light, pending, coloring, s)
    # At the turn's end a palette starts anew, and neighbours in float32 may be on either side.
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected, 0.003)


@pytest.mark.parametrize("name", ["limit", "angle"])
def test_domain_has_rings(bands_scene, s, base, name):
    channels = samples(SHAPE)
    coloring = replace(base, mode="domain", channel=name, palette="wheel")
    if name == "limit":
        limit = np.where(np.isfinite(channels["limit"]), channels["limit"], np.nan)
        angle, rings = np.angle(limit), np.log2(np.abs(limit))
    else:
        angle = nan_where_undefined(channels, "angle", statuses=[Status.ESCAPED])
        rings = nan_where_undefined(channels, "smooth")
    light = twin.decode(twin.looked_up((angle + np.pi) / (2 * np.pi), coloring))
    dark = np.nan_to_num(0.55 * (1 - (rings - np.floor(rings))))
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_light(light * (1 - dark)[..., None], pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected, 0.003)


@pytest.mark.parametrize("palette", ["distinct", "safe", "forward_pass", "wheel"])
def test_basins_have_their_label_s_colour_shaded_by_steps(bands_scene, s, base, palette):
    channels = samples(SHAPE)
    coloring = replace(base, mode="basin", palette=palette)
    label = channels["basin"].astype(int)
    steps = nan_where_undefined(channels, "steps")
    shade = np.where(np.isnan(steps), 1, 1 - 0.7 * np.clip(np.nan_to_num(steps) / 150, 0, 1))
    light = twin.decode(lights.label_colours(coloring, 31)[label])
    light *= np.where(label == 0, 1, shade)[..., None]
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_light(light, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_statuses_have_colours(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="status")
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_light(status_light(channels), pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


def test_regimes_have_colours(bands_scene, s, base):
    channels = samples(SHAPE)
    coloring = replace(base, mode="regime")
    status, trap, gain = (channels[name] for name in ("status", "trap", "gain"))
    finite = np.isfinite(trap) & np.isfinite(gain) & (status != Status.NON_FINITE)
    regime = np.where(gain < REGIMES.gain_below, 2, 3)
    regime = np.where(trap < REGIMES.trap_below, 1, regime)
    regime = np.where(finite, regime, 4)
    regime = np.where(status == Status.ESCAPED, 0, regime)
    table = np.array(list(lights.REGIME_COLOURS.values()), float)
    expected = twin.painted_light(twin.decode(table[regime]), status == Status.PENDING, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


@pytest.mark.parametrize("direction", [135.0, 20.0])
def test_slopes_are_lit(bands_scene, s, base, direction):
    channels = samples(SHAPE)
    coloring = replace(
        base, mode="slope", channel="gain", levels=(-0.5, 0.5), light=direction, relief=0.4
    )
    value = np.clip(nan_where_undefined(channels, "gain") + 0.5, 0, 1)
    pending = channels["status"] == Status.PENDING
    value[pending] = np.nan
    light = twin.decode(twin.looked_up(value, coloring))
    light = np.clip(light * twin.relief(value, coloring)[..., None], 0, 1)
    expected = twin.painted_light(light, pending, coloring, s)
    compared(look.apply(channels, bands_scene, coloring, supersampling=s), expected)


@pytest.mark.parametrize(("cycles", "shift"), [(2.5, 0.0), (1.0, 0.3), (3.0, -0.4)])
@pytest.mark.parametrize("palette", ["fire", "tide"])
def test_cycles_and_shift_walk_the_palette(bands_scene, cycles, shift, palette):
    channels = samples(SHAPE)
    coloring = Coloring(
        "channel", palette, "gain", cycles=cycles, shift=shift, levels=(-0.5, 0.5), glow=0.0
    )
    value = np.clip(nan_where_undefined(channels, "gain") + 0.5, 0, 1)
    pending = channels["status"] == Status.PENDING
    expected = twin.painted_values(value, pending, coloring)
    # Three cycles make steps of three entries where float32 and float64 round apart.
    compared(look.apply(channels, bands_scene, coloring), expected, 0.01)
