"""Which mode shows what, and what its legend says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from deepfractals_gui import coloring as look
from deepfractals_gui.coloring import MODES, NEUTRAL, Scene
from deepfractals_gui.core import Coloring, Status
from tests.coloring.conftest import BANDS, CHANNELS, RAYS, REGIMES, samples

SCENE = Scene(CHANNELS, {"classic": BANDS, "regime": REGIMES})
BARE = Scene(CHANNELS[:1])


def shown(mode: str, scene: Scene = SCENE) -> tuple[str, ...]:
    return MODES[mode].channels_for(scene.channels, scene.recipes)


def test_the_modes_that_the_program_names_are_there():
    assert {
        "classic", "channel", "smooth", "equalized", "trap", "angle", "domain", "basin", "status",
        "slope", "regime",
    } <= set(MODES)  # fmt: skip
    for key, mode in MODES.items():
        assert mode.key == key
        assert mode.title
        assert mode.help.endswith(".")


@pytest.mark.parametrize(
    ("mode", "names"),
    [
        ("classic", ("smooth",)),
        ("channel", ("smooth", "gain", "steps", "lyapunov", "trap", "angle", "basin")),
        ("smooth", ("smooth",)),
        ("equalized", ("smooth", "gain", "steps", "lyapunov", "trap")),
        ("signed", ("gain", "lyapunov")),
        ("trap", ("trap",)),
        ("angle", ("angle", "limit")),
        ("domain", ("limit", "angle")),
        ("basin", ("basin",)),
        ("status", ("status",)),
        ("slope", ("smooth", "gain", "steps", "lyapunov", "trap")),
        ("regime", ("gain",)),
    ],
)
def test_a_mode_lists_the_channels_it_can_show_best_first(mode, names):
    assert shown(mode) == names
    if mode != "status":
        assert shown(mode, BARE) == ()


def test_the_classic_mode_needs_a_recipe_and_all_of_its_channels():
    assert shown("classic", Scene(CHANNELS, {"classic": RAYS})) == ("limit",)
    assert shown("classic", Scene(CHANNELS)) == ()
    assert shown("classic", Scene(CHANNELS[:3], {"classic": BANDS})) == ()
    assert shown("regime", Scene(CHANNELS, {"regime": BANDS})) == ()


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"status"}))
def test_a_mode_with_nothing_to_show_says_so(mode):
    coloring = Coloring(mode, levels=(0.0, 1.0), knots=(0.0, 1.0))
    with pytest.raises(ValueError, match=f"mode '{mode}' has nothing to show here"):
        look.apply(samples((4, 4)), BARE, coloring)


def test_an_unknown_mode_or_channel_is_named():
    with pytest.raises(ValueError, match="no colouring mode 'sepia'; the modes are classic"):
        look.apply(samples((4, 4)), SCENE, Coloring("sepia"))
    with pytest.raises(ValueError, match="no channel 'mass' here; the channels are status"):
        look.apply(samples((4, 4)), SCENE, Coloring("channel", channel="mass"))


def test_a_channel_of_another_mode_gives_way_to_the_mode_s_choice():
    channels = samples((6, 6))
    one = look.apply(channels, SCENE, Coloring("trap", channel="gain"))
    assert (one == look.apply(channels, SCENE, Coloring("trap"))).all()


def test_turning_to_another_mode_drops_ranges_and_brings_what_suits():
    start = Coloring(channel="", levels=(0.1, 0.9), glow=0.2)
    named = look.suited(start, "basin")
    assert (named.palette, named.glow, named.vignette, named.levels) == ("distinct", 0, 0, None)
    assert look.suited(replace(named, palette="safe"), "basin").palette == "safe"
    assert look.suited(start, "angle").palette == "wheel"
    assert look.suited(replace(start, palette="tide"), "angle").palette == "tide"
    assert look.suited(start, "signed").palette == "polar"
    home = Coloring(palette="error_flow", glow=0.25)
    back = look.suited(named, "classic", home)
    assert (back.palette, back.glow, back.vignette) == ("error_flow", 0.25, 0.45)
    assert look.suited(start, "smooth").glow == 0.2
    with pytest.raises(ValueError, match="no colouring mode"):
        look.suited(start, "sepia")


def test_a_status_legend_names_what_occurs():
    channels = samples((20, 20))
    labels = [label for label, _ in look.legend(SCENE, Coloring("status"), channels)]
    assert labels == ["escaped", "bounded", "converged", "max steps", "non-finite"]
    listed = Scene(CHANNELS, {}, (Status.ESCAPED, Status.BOUNDED))
    assert [label for label, _ in look.legend(listed, Coloring("status"))] == ["escaped", "bounded"]
    every = look.legend(SCENE, Coloring("status"))
    assert len({rgb for _, rgb in every}) == len(every) == len(Status) - 1


def test_a_regime_legend_names_the_regimes():
    found = look.legend(SCENE, Coloring("regime"))
    assert [label for label, _ in found] == [
        "exploded", "near the unit circle", "vanishing", "bounded",
    ]  # fmt: skip


def test_a_basin_legend_lists_the_labels_seen_with_their_colours():
    channels = samples((30, 30), troubled=False)
    channels["basin"][:] = 7
    channels["basin"][:3] = 2
    channels["basin"][5] = 65535
    channels["steps"][:] = 0
    coloring = Coloring("basin", "distinct", glow=0.0, vignette=0.0)
    found = look.legend(SCENE, coloring, channels)
    assert [label for label, _ in found] == ["2", "7", "none", "outside the catalogue"]
    image = look.apply(channels, SCENE, coloring)
    assert tuple(image[0, 0, :3]) == found[0][1]
    assert tuple(image[9, 9, :3]) == found[1][1]
    assert tuple(image[5, 5, :3]) == found[3][1]


@pytest.mark.parametrize("mode", ["channel", "smooth", "trap", "slope", "equalized", "signed"])
def test_a_scale_s_legend_has_the_colours_of_its_numbers(mode):
    channels = samples((30, 30), troubled=False)
    channels["status"][:] = Status.ESCAPED
    coloring = look.suited(Coloring(relief=0.0), mode)
    coloring = replace(coloring, glow=0.0, vignette=0.0)
    coloring = look.locked(channels, SCENE, coloring)
    name = MODES[mode].channel(SCENE, coloring).name
    found = look.legend(SCENE, coloring)
    assert found[-1] == ("no value", NEUTRAL)
    for text, rgb in found[:-1]:
        channels[name][:] = float(text.split()[0])
        image = look.apply(channels, SCENE, coloring)[0, 0, :3].astype(int)
        assert abs(image - rgb).max() <= 6, text


def test_unknown_ranges_are_called_low_and_high():
    found = look.legend(SCENE, Coloring("smooth"))
    assert [label for label, _ in found] == ["low", "high", "no value"]


@pytest.mark.parametrize("palette", ["wheel", "fire"])
def test_an_angle_s_legend_has_the_picture_s_colours(palette):
    channels = samples((4, 4), troubled=False)
    channels["status"][:] = Status.ESCAPED
    coloring = Coloring("angle", palette, glow=0.0, vignette=0.0)
    for text, rgb in look.legend(SCENE, coloring)[:-1]:
        channels["angle"][:] = float(text.rstrip("°")) / 180 * 3.14159265
        image = look.apply(channels, SCENE, coloring)[0, 0, :3].astype(int)
        assert abs(image - rgb).max() <= 2, text


def test_importing_it_loads_neither_numba_nor_qt():
    code = "import sys, deepfractals_gui.coloring; print({'numba', 'PySide6'} & set(sys.modules))"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"
