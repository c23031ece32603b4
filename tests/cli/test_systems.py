"""``deepfractals systems``."""

from __future__ import annotations

import json

import pytest

from deepfractals_gui.coloring import MODES, PALETTES
from deepfractals_gui.core import specs
from deepfractals_gui.core.params import params_from_json
from deepfractals_gui.systems import SYSTEMS, system

KEYS = [known.key for known in SYSTEMS]


def test_the_three_maps_are_listed(command):
    data = json.loads(command("systems", "--json").out)
    keys = [described["key"] for described in data["systems"]]
    assert keys == KEYS
    assert {"forward_pass", "error_flow", "gradient_basins"} <= set(keys)
    assert [mode["key"] for mode in data["modes"]] == list(MODES)
    assert [palette["key"] for palette in data["palettes"]] == list(PALETTES)


@pytest.mark.parametrize("key", KEYS)
def test_description_holds_all_that_a_program_needs(command, key):
    data = json.loads(command("systems", "--json").out)
    described = next(item for item in data["systems"] if item["key"] == key)
    known = system(key)
    declared = {spec.name: spec for spec in specs(known.Params)}
    assert [item["name"] for item in described["parameters"]] == list(declared)
    for item in described["parameters"]:
        assert {"type", "default", "range", "help", "title", "choices"} <= set(item)
        assert item["help"]
    # The defaults read back as the default parameters.
    defaults = {item["name"]: item["default"] for item in described["parameters"]}
    assert params_from_json(known.Params, defaults) == known.Params()
    assert described["channels"][0]["name"] == "status"
    codes = {item["code"]: item["label"] for item in described["statuses"]}
    assert codes == {int(status): status.label for status in known.statuses}
    assert all(item["message"] for item in described["statuses"])
    scales = [axis.scale for axis in known.axes(known.Params())]
    assert [axis["scale"] for axis in described["axes"]] == scales
    assert described["home"]["width"] > 0
    assert isinstance(described["home"]["x"], str)
    for preset, item in zip(known.presets, described["presets"], strict=True):
        assert item["key"] == preset.key
        assert item["viewport"]["width"] == preset.viewport.width
        params_from_json(known.Params, item["params"])
    assert known.default_coloring(known.Params()).mode in described["modes"]


def test_json_has_no_words_outside_the_standard(command):
    def refuse(word):
        raise AssertionError(word)

    json.loads(command("systems", "--json").out, parse_constant=refuse)


def test_text_names_every_parameter_channel_and_place(command):
    outcome = command("systems")
    assert outcome.status == 0
    assert outcome.err == ""
    for known in SYSTEMS:
        assert known.key in outcome.out
        for spec in specs(known.Params):
            assert f"--set {spec.name} " in outcome.out
        for channel in known.channels(known.Params()):
            assert channel.name in outcome.out
        for preset in known.presets:
            assert f"--preset {preset.key} " in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100
