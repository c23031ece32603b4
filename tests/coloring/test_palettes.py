"""The palettes: what they promise, measured in OKLab."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from deepfractals_gui.coloring import PALETTES, palette, swatch
from deepfractals_gui.coloring.lights import OUTSIDE_COLOUR, REGIME_COLOURS, STATUS_COLOURS
from deepfractals_gui.coloring.oklab import (
    linear_from_oklab,
    linear_from_srgb,
    oklab_from_linear,
    srgb_from_linear,
)
from deepfractals_gui.core import Coloring

SHIPPED = list(PALETTES.values())
PERCEPTUAL = [p for p in SHIPPED if p.family == "perceptual"]
RAMPS = [p for p in PERCEPTUAL if not p.centred]
CENTRED = [p for p in SHIPPED if p.centred]
CYCLIC = [p for p in SHIPPED if p.family == "cyclic"]
CATEGORICAL = [p for p in SHIPPED if p.family == "categorical"]
CLASSIC = {
    "forward_pass": "000000 03000f 0d0030 2a0060 6600bb cc00ff ff44aa ff8800 ffdd00 fff8cc ffffff",
    "gradient_basins": "000000 000820 001845 003366 006699 00aacc 00ddaa 66ff88 ddffcc ffffff",
    "error_flow": "000000 000510 001830 003355 005588 0088bb 00bbdd 44eeff aaffee eeffff ffffff",
}

# Dichromats' colours in linear light; Viénot, Brettel and Mollon 1999, "Digital video colourmaps
# for checking the legibility of displays by dichromats".
DICHROMATS = {
    "protanope": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranope": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}


def oklab(srgb: np.ndarray) -> np.ndarray:
    return oklab_from_linear(linear_from_srgb(srgb))


def steps(lab: np.ndarray) -> np.ndarray:
    return np.sqrt((np.diff(lab, axis=0) ** 2).sum(axis=1))


def ids(palettes):
    return [p.key for p in palettes]


def test_there_are_enough_of_every_family():
    assert 20 <= len(SHIPPED) <= 32
    assert {p.family for p in SHIPPED} == {"classic", "perceptual", "cyclic", "categorical"}
    assert list(PALETTES) == [p.key for p in SHIPPED]
    assert len({p.title for p in SHIPPED}) == len(SHIPPED)


@pytest.mark.parametrize("shown", SHIPPED, ids=ids(SHIPPED))
def test_a_table_is_bytes_from_end_to_end(shown):
    for n in (2, 256, 4096):
        table = shown.lut(n)
        assert table.dtype == np.uint8
        assert table.shape == (n, 3)
    assert palette(shown.key) is shown
    assert all(len(stop) == 7 and stop[0] == "#" for stop in shown.stops)


@pytest.mark.parametrize("key", CLASSIC)
def test_the_classic_palettes_are_straight_lines_between_even_stops(key):
    stops = CLASSIC[key].split()
    colours = np.array([list(bytes.fromhex(stop)) for stop in stops], float)
    place = np.linspace(0, len(stops) - 1, 4096)
    expected = np.stack([np.interp(place, range(len(stops)), colours[:, k]) for k in range(3)], -1)
    assert np.abs(PALETTES[key].lut() - expected).max() <= 0.5 + 1e-9
    assert PALETTES[key].stops == tuple(f"#{stop}" for stop in stops)


@pytest.mark.parametrize("shown", RAMPS, ids=ids(RAMPS))
def test_perceptual_ramps_rise_in_lightness(shown):
    lightness = oklab(shown.srgb(512))[:, 0]
    assert (np.diff(lightness) > 0).all()
    assert lightness[-1] - lightness[0] > 0.7


@pytest.mark.parametrize("shown", PERCEPTUAL + CYCLIC, ids=ids(PERCEPTUAL + CYCLIC))
def test_perceptual_steps_are_even(shown):
    taken = steps(oklab(shown.srgb(257)))
    for half in (taken[:128], taken[128:]) if shown.centred else (taken,):
        assert half.max() / half.min() < 1.05


@pytest.mark.parametrize("shown", CENTRED, ids=ids(CENTRED))
def test_centred_palettes_are_neutral_in_the_middle_and_alike_at_both_ends(shown):
    lab = oklab(shown.srgb(513))
    # Spectral, which was chosen by eye, is a pale yellow there.
    assert np.hypot(*lab[256, 1:]) < (0.02 if shown.family == "perceptual" else 0.1)
    turning = np.diff(lab[:, 0])
    assert (turning[:250] > 0).all() == (turning[-250:] < 0).all()
    assert np.abs(lab[::-1, 0] - lab[:, 0]).max() < 0.1


@pytest.mark.parametrize("shown", CYCLIC, ids=ids(CYCLIC))
def test_cyclic_palettes_meet_at_their_ends(shown):
    table = shown.lut().astype(int)
    assert np.abs(table[0] - table[-1]).max() <= 1
    lab = oklab(shown.srgb(257))
    closing = np.concatenate([lab, lab[1:3]])
    # No corner where the ends meet that is sharper than those inside.
    turns = steps(np.diff(closing, axis=0))
    assert turns[-2:].max() <= turns.max()


@pytest.mark.parametrize("shown", CATEGORICAL, ids=ids(CATEGORICAL))
def test_categorical_colours_are_distinct(shown):
    lab = oklab(shown.srgb(len(shown.stops)))[:10]
    apart = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(lab, 2))
    assert apart > 0.045
    assert len(set(shown.stops)) == len(shown.stops)


def seen_by(who: str, rgb: np.ndarray) -> np.ndarray:
    linear = linear_from_srgb(np.asarray(rgb) / 255) @ np.array(DICHROMATS[who]).T
    return oklab_from_linear(np.clip(linear, 0, 1))


@pytest.mark.parametrize("who", DICHROMATS)
@pytest.mark.parametrize(
    "colours",
    [
        np.array(PALETTES["safe"].lut(8)),
        np.array([*STATUS_COLOURS.values()]),
        np.array([*REGIME_COLOURS.values(), OUTSIDE_COLOUR]),
    ],
    ids=["safe", "status", "regime"],
)
def test_named_colours_are_told_apart_by_dichromats(colours, who):
    lab = seen_by(who, colours)
    apart = min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(lab, 2))
    assert apart > 0.05


def sides_apart(who: str, shown) -> float:
    """The least OKLab distance between what signed equalisation shows of either sign."""
    colours = shown.lut(513).astype(float)
    below, above = seen_by(who, colours[:193]), seen_by(who, colours[-193:])
    return float(np.linalg.norm(below[:, None] - above, axis=-1).min())


@pytest.mark.parametrize("who", DICHROMATS)
@pytest.mark.parametrize("key", ["lantern", "iris", "fjord"])
def test_sides_of_marked_palettes_are_told_apart_by_dichromats(key, who):
    # About six of the steps that people just notice.
    assert sides_apart(who, PALETTES[key]) > 0.125


def test_palettes_are_marked_for_dichromats_by_what_they_see():
    marked = {shown.key for shown in SHIPPED if shown.dichromat_safe}
    assert marked == {"lantern", "iris", "fjord"}
    assert all(PALETTES[key].centred for key in marked)
    assert max(sides_apart(who, PALETTES["spectral"]) for who in DICHROMATS) < 0.05


SPECTRAL = (
    (0.6196078431372549, 0.0039215686274509803, 0.2588235294117647),
    (0.8352941176470589, 0.24313725490196078, 0.30980392156862746),
    (0.9568627450980393, 0.42745098039215684, 0.2627450980392157),
    (0.9921568627450981, 0.6823529411764706, 0.3803921568627451),
    (0.996078431372549, 0.8784313725490196, 0.5450980392156862),
    (1.0, 1.0, 0.7490196078431373),
    (0.9019607843137255, 0.9607843137254902, 0.596078431372549),
    (0.6705882352941176, 0.8666666666666667, 0.6431372549019608),
    (0.4, 0.7607843137254902, 0.6470588235294118),
    (0.19607843137254902, 0.5333333333333333, 0.7411764705882353),
    (0.3686274509803922, 0.30980392156862746, 0.6352941176470588),
)


def test_spectral_is_matplotlib_s_line_through_colorbrewer_s_classes():
    place = np.linspace(0, 10, 256)
    expected = np.stack([np.interp(place, range(11), np.array(SPECTRAL)[:, k]) for k in range(3)])
    assert np.abs(PALETTES["spectral"].srgb(256) - expected.T).max() < 1e-12


@pytest.mark.parametrize("who", DICHROMATS)
def test_harbour_is_as_even_to_dichromats(who):
    taken = steps(seen_by(who, PALETTES["harbour"].lut(33).astype(float)))
    assert taken.max() / taken.min() < 2.0


def test_own_colours_are_read():
    own = palette("#000000, #f80 ,ffffff")
    assert own.stops == ("#000000", "#ff8800", "#ffffff")
    assert palette(own.key).stops == own.stops
    assert own.lut(3).tolist() == [[0, 0, 0], [255, 136, 0], [255, 255, 255]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("viridis-ish", "there is no palette 'viridis-ish'; the palettes are forward_pass"),
        ("", "there is no palette"),
        ("#ffffff", "2 to 64 colours, not 1"),
        (",".join(["#000"] * 65), "2 to 64 colours, not 65"),
        ("#ggg,#000", "'#ggg' is not a colour"),
        ("#ffff,#000", "'#ffff' is not a colour"),
        ("#000,,#fff", "'' is not a colour"),
    ],
)
def test_what_is_no_palette_is_refused_in_one_line(text, message):
    with pytest.raises(ValueError, match=r"colour|palette") as caught:
        palette(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_swatch_shows_the_walk_along_the_palette():
    plain = swatch(Coloring(palette="fire"), 300, 4)
    assert plain.shape == (4, 300, 3)
    assert np.array_equal(
        plain[0], PALETTES["fire"].lut(4096)[np.linspace(0, 4095, 300).round().astype(int)]
    )
    assert np.array_equal(swatch(Coloring(palette="fire", reverse=True), 300)[0], plain[0, ::-1])
    there_and_back = swatch(Coloring(palette="fire", cycles=2.0), 301)[0]
    assert np.array_equal(there_and_back, there_and_back[::-1])
    turned = swatch(Coloring(palette="tide", shift=0.5), 301)[0].astype(int)
    assert np.abs(turned[0] - PALETTES["tide"].lut(4096)[2048]).max() <= 1
    whole_turn = swatch(Coloring(palette="fire", shift=1.0), 300, 4)
    assert np.array_equal(whole_turn, plain)


def test_a_swatch_has_the_picture_s_gamma():
    assert swatch(Coloring(palette="graphite", gamma=2.0), 3)[0, 1, 0] == pytest.approx(
        PALETTES["graphite"].lut(4096)[1024, 0], abs=1
    )


def test_colour_spaces_are_read_back():
    rng = np.random.default_rng(0)
    srgb = rng.random((200, 3))
    linear = linear_from_srgb(srgb)
    assert np.abs(srgb_from_linear(linear) - srgb).max() < 1e-12
    assert np.abs(linear_from_oklab(oklab_from_linear(linear)) - linear).max() < 1e-9
    white = oklab_from_linear(np.ones(3))
    assert white == pytest.approx([1, 0, 0], abs=1e-3)
