"""The grammar: numbers that look like options, and one clear line for what is wrong."""

from __future__ import annotations

import argparse
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui import __version__
from deepfractals_gui.__main__ import COMMANDS
from deepfractals_gui.cli import parser, picture
from deepfractals_gui.cli.parser import Usage, build_parser, protect_negative_numbers
from deepfractals_gui.core import Document


def parsed(*arguments: str) -> argparse.Namespace:
    return build_parser().parse_args(protect_negative_numbers(arguments))


def described(*arguments: str) -> Document:
    return picture.document_of(parsed("render", *arguments))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("-1e-5", "0"),
        ("-.5", "-1E-3"),
        ("-1.", "-0"),
        ("-1e+2", "-12"),
        ("0.1", "-0." + "1234567890" * 8),
    ],
)
def test_negative_coordinates_are_not_options(x, y):
    assert parsed("render", "forward_pass", "--center", x, y).center == [Decimal(x), Decimal(y)]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200))
def test_any_number_can_be_a_centre(number):
    options = parsed("render", "forward_pass", "--center", repr(number), f"{number:e}")
    assert float(options.center[0]) == number


@pytest.mark.parametrize(
    ("text", "shape"), [("640x480", (480, 640)), ("1X2", (2, 1)), ("16384×1", (1, 16384))]
)
def test_size_is_width_by_height(text, shape):
    assert parsed("render", "forward_pass", "--size", text).size == shape


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["paint"], "invalid choice: 'paint'"),
        (["render"], "SYSTEM|FILE"),
        (["render", "forward_pass", "--size", "640"], "not a size such as 1920x1080"),
        (["render", "forward_pass", "--size", "0x5"], "from 1 to 16384"),
        (["render", "forward_pass", "--size", "99999x5"], "from 1 to 16384"),
        (["render", "forward_pass", "--center", "0"], "expected 2 arguments"),
        (["render", "forward_pass", "--center", "a", "0"], "'a' is not a number"),
        (["render", "forward_pass", "--center", "-inf", "0"], "must be finite"),
        (["render", "forward_pass", "--center", "nan", "0"], "must be finite"),
        (["render", "forward_pass", "--width", "-1"], "positive"),
        (["render", "forward_pass", "--width", "0"], "positive"),
        (["render", "forward_pass", "--width", "nan"], "positive"),
        (["render", "forward_pass", "--width", "1e999"], "positive"),
        (["render", "forward_pass", "--set", "max_iterations"], "not of the form NAME=VALUE"),
        (["render", "forward_pass", "--supersample", "5"], "from 1 to 4"),
        (["render", "forward_pass", "--threads", "0"], "from 1 to 1024"),
        (["render", "forward_pass", "--threads", "two"], "not a whole number"),
        (["render", "forward_pass", "--colour"], "unrecognized arguments: --colour"),
        (["render", "forward_pass", "--sam", "x.npz"], "unrecognized arguments"),
        (["movie", "forward_pass", "-o", "x.mp4"], "--width-from, --width-to"),
        (["movie", "forward_pass", "--fps", "0"], "from 1 to 120"),
        (["movie", "forward_pass", "--seconds", "1e9"], "from 0.1 to 3600"),
    ],
)
def test_wrong_usage_is_status_2_and_one_line(command, arguments, words):
    outcome = command(*arguments)
    assert outcome.status == 2
    assert outcome.out == ""
    assert words in outcome.line
    assert "--help" in outcome.line


def test_usage_error_does_not_exit_the_process():
    with pytest.raises(Usage):
        build_parser().parse_args(["render", "--nonsense"])


def test_no_command_is_taken_for_a_document():
    commands = build_parser()._subparsers._group_actions[0].choices
    assert set(commands) == set(COMMANDS)


@pytest.mark.parametrize("name", [None, *COMMANDS])
def test_help_explains_with_examples(command, name):
    outcome = command(*([name] if name else []), "--help")
    assert outcome.status == 0
    assert outcome.out.startswith("usage: deepfractals")
    assert "examples:" in outcome.out
    assert max(map(len, outcome.out.splitlines())) <= 100


def test_entry_point_knows_every_command():
    assert tuple(command.NAME for command in parser.COMMANDS) == COMMANDS


def test_version_is_the_package_version(command):
    assert command("--version").out == f"deepfractals {__version__}\n"


def test_settings_change_the_parameters_they_name():
    document = described(
        "forward_pass", "--set", "max_iterations=1e3", "--set", "bias_coupling=-1e-3+2i"
    )
    assert document.params.max_iterations == 1000
    assert document.params.bias_coupling == complex(-1e-3, 2)


def test_home_follows_the_parameters():
    assert described("forward_pass").viewport == described("forward_pass").viewport
    document = described("forward_pass", "--center", "0.25", "-1e-30", "--width", "1e-9")
    assert str(document.viewport.x) == "0.25"
    assert str(document.viewport.y) == "-1E-30"
    assert document.viewport.width == 1e-9


def test_new_mode_forgets_ranges_of_the_old_one():
    document = described(
        "forward_pass", "--mode", "trap", "--palette", "#000000,#ffffff", "--color", "glow=0"
    )
    assert document.coloring.mode == "trap"
    assert document.coloring.palette == "#000000,#ffffff"
    assert document.coloring.glow == 0
    assert document.coloring.levels is None


def test_details_of_the_colouring_are_read():
    coloring = described(
        "forward_pass",
        *("--mode", "channel"),
        *("--color", "channel=trap"),
        *("--color", "levels=-1e-3,2"),
        *("--color", "reverse=true"),
        *("--color", "gamma=2.5"),
    ).coloring
    assert (coloring.channel, coloring.levels) == ("trap", (-1e-3, 2.0))
    assert coloring.reverse
    assert coloring.gamma == 2.5


def test_preset_brings_its_view_and_parameters():
    from deepfractals_gui.systems import SYSTEMS

    known = SYSTEMS[0]
    preset = known.presets[-1]
    document = described(known.key, "--preset", preset.key)
    assert document.viewport == preset.viewport
    for name, value in preset.params.items():
        assert getattr(document.params, name) == value
