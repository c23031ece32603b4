"""What the README claims: its example runs, its files exist, its pictures are small."""

from __future__ import annotations

import re
import shlex
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from deepfractals_gui.__main__ import COMMANDS
from deepfractals_gui.cli.parser import build_parser, protect_negative_numbers
from deepfractals_gui.coloring import PALETTES, Scene, apply
from deepfractals_gui.core import CancelFlag, Raster, specs

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CODE = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """The README's System, as a module."""
    (code,) = (block for block in CODE if "class StepSize" in block)
    module = types.ModuleType("readme_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile(code, "README.md", "exec"), module.__dict__)
    return module


def test_example_system_samples_probes_and_colours(example):
    known = example.StepSize()
    params = known.Params()
    raster = Raster(known.home(params), (24, 32))
    rows, columns = np.indices((24, 32)).reshape(2, -1)
    points = raster.points(rows, columns)
    out = known.allocate(len(points), params)
    known.sample(points, params, None, out, CancelFlag())
    assert set(np.unique(out["status"])) == {int(status) for status in known.statuses}
    probe = known.probe(points.x[5], points.y[5], params, None)
    assert probe.status == out["status"][5]
    assert probe.values["loss"] == out["loss"][5]
    assert [spec.name for spec in specs(known.Params)] == ["target", "max_steps"]
    scene = Scene(known.channels(params), known.recipes(params))
    channels = {name: array.reshape(24, 32) for name, array in out.items()}
    picture = apply(channels, scene, known.default_coloring(params))
    assert picture.shape == (24, 32, 4)
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 8


def test_example_network_learns_the_digits(capsys):
    (code,) = (block for block in CODE if "Model()" in block)
    exec(compile(code, "README.md", "exec"), {})
    said = re.fullmatch(r"test accuracy (\d+\.\d)%\n", capsys.readouterr().out)
    assert float(said[1]) > 95


def test_files_it_names_exist():
    rows = re.findall(r"^\| `(\w+)/` \|.*\|(.*)\|$", README, re.MULTILINE)
    assert len(rows) >= 9
    for folder, names in rows:
        for name in re.findall(r"`([\w*]+\.py)`", names):
            assert list((ROOT / "deepfractals_gui" / folder).glob(name)), f"{folder}/{name}"


def test_pictures_exist_and_are_small():
    names = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert len(names) >= 4
    for name in names:
        assert (ROOT / name).stat().st_size <= 300_000, name


def test_commands_it_shows_are_understood():
    commands = [
        line.partition("#")[0]
        for line in README.splitlines()
        if re.match(rf"deepfractals ({'|'.join(COMMANDS)})", line)
    ]
    assert len(commands) >= 6
    for command in commands:
        arguments = shlex.split(command)[1:]
        build_parser().parse_args(protect_negative_numbers(arguments))


def test_number_of_palettes_is_true():
    (number,) = re.findall(r"(\d+) palettes", README)
    assert int(number) == len(PALETTES)


def test_no_figure_is_left_open():
    assert not re.findall(r"@\w+@", README)
