"""``deepfractals dimension`` and ``audit``."""

from __future__ import annotations

import csv
import json
import os
import signal

import numpy as np
import pytest

from deepfractals_gui.analysis import rounding
from deepfractals_gui.analysis.store import FrameStore
from deepfractals_gui.cli.parser import build_parser

SMALL = ("--paths", 3, "--levels", 2, "--size", 48)


def interrupted_after(function):
    """The function, with one Ctrl-C, after its first call; a second would stop the process."""
    calls = []

    def wrapped(*arguments):
        result = function(*arguments)
        calls.append(arguments)
        if len(calls) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return result

    return wrapped


def test_dimension_is_never_a_bare_number(command):
    outcome = command("dimension", "error_flow", *SMALL)
    assert outcome.status == 0
    assert outcome.err == ""
    assert outcome.out.count("\npath ") == 2
    assert "inter-quartile range" in outcome.out
    assert "over 3 paths" in outcome.out
    assert "as published; frames of 48x48, seed 0" in outcome.out


def test_dimension_as_json_and_csv_agree(command, in_folder):
    outcome = command(
        *("dimension", "error_flow", *SMALL, "--estimator", "dyadic", "--boxes", 1, 16),
        *("--csv", "levels.csv", "--json", "--seed", 5),
    )
    assert outcome.status == 0
    data = json.loads(outcome.out)
    assert (data["system"], data["estimator"], data["boxes"]) == ("error_flow", "dyadic", [1, 16])
    assert (data["size"], data["levels"], data["seed"]) == (48, 2, 5)
    assert data["quartiles"][0] <= data["median"] <= data["quartiles"][1]
    assert all(path["standard_error"] > 0 for path in data["paths"])
    with open("levels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    for path in data["paths"]:
        own = [row for row in rows if int(row["path"]) == path["path"]]
        assert [row["x"] for row in own] == [path["x"]] * 2
        assert [float(row["width"]) for row in own] == [5.0, 2.5]
    assert sorted(path.name for path in in_folder.iterdir()) == ["levels.csv"]


def test_measurement_goes_on_from_its_frames(command, in_folder):
    first = command("dimension", "error_flow", *SMALL, "--frames", "kept", "--json")
    files = sorted(path.name for path in (in_folder / "kept").iterdir())
    assert len(files) == 7
    assert "dimension.json" in files
    again = command("dimension", "error_flow", *SMALL, "--frames", "kept", "--json")
    assert again.out == first.out
    other = command("dimension", "forward_pass", *SMALL, "--frames", "kept")
    assert other.status == 2
    assert "kept holds files of another measurement" in other.line


def test_an_interrupted_measurement_keeps_its_frames_and_writes_no_table(
    command, in_folder, monkeypatch
):
    line = ("dimension", "error_flow", *SMALL, "--frames", "kept", "--csv", "l.csv", "--json")
    with monkeypatch.context() as patch:
        patch.setattr(FrameStore, "write", interrupted_after(FrameStore.write))
        outcome = command(*line)
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.line == "deepfractals: interrupted; no file is left half written"
    kept = sorted(path.name for path in (in_folder / "kept").iterdir())
    assert kept == ["dimension.json", "path_000_level_000.npz"]
    assert not (in_folder / "l.csv").exists()
    whole = command("dimension", "error_flow", *SMALL, "--json")
    assert command(*line).out == whole.out
    assert (in_folder / "l.csv").exists()


def test_the_end_of_float64_is_noted(command):
    outcome = command(
        *("dimension", "error_flow", "--paths", 2, "--levels", 60, "--size", 16),
    )
    assert outcome.status == 0
    assert outcome.err.count("float64 ends there") == 2


def test_a_failure_to_find_a_boundary_is_one_line(command):
    outcome = command("dimension", "error_flow", "--center", 0, 0, "--width", "1e-3")
    assert outcome.status == 1
    assert "no boundary found" in outcome.line
    assert outcome.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--paths", "1"], "must be from 2 to 999"),
        (["--size", "8"], "size must be from 16"),
        (["--size", "64x64"], "'64x64' is not a whole number"),
        (["--estimator", "guess"], "one of published, dyadic"),
        (["--boxes", "2", "16"], "--boxes belongs to the dyadic estimator"),
        (["--estimator", "dyadic", "--boxes", "16", "2"], "must rise within [1, 127]"),
        (["--csv", "levels.txt"], "must end in .csv"),
        (["--csv", "gone/levels.csv"], "gone/levels.csv"),
        (["--frames", "gone/kept"], "its folder does not exist"),
        (["--seed", "-1"], "must be from 0"),
    ],
)
def test_dimension_refuses(command, in_folder, arguments, words):
    outcome = command("dimension", "error_flow", *arguments)
    assert outcome.status == 2
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


def test_audit_tells_a_share_with_its_interval(command):
    outcome = command("audit", "error_flow", "--size", "60x40")
    assert outcome.status == 0
    assert outcome.err == ""
    assert "of 2,400 pixels changed" in outcome.out
    assert "95 % interval" in outcome.out
    assert "coordinates, start, input_scale" in outcome.out


def test_audit_warns_of_rounding(command):
    outcome = command("audit", "error_flow", "--preset", "frost", "--size", "40x40")
    assert outcome.status == 0
    assert "part of this picture is rounding" in outcome.line


def test_audit_writes_the_pixels_that_changed(command, in_folder):
    outcome = command(
        *("audit", "error_flow", "--preset", "frost", "--size", "40x30", "--share", "0.5"),
        *("--inputs", "start, coordinates", "--seed", 3, "--json", "-o", "changed.npz"),
    )
    data = json.loads(outcome.out)
    assert data["inputs"] == ["coordinates", "start"]
    assert data["pixels"] == 600
    assert data["interval"][0] < data["fraction"] < data["interval"][1]
    assert data["rounding"]
    with np.load("changed.npz", allow_pickle=False) as arrays:
        assert arrays["mask"].shape == arrays["examined"].shape == (30, 40)
        assert arrays["mask"].sum() == arrays["changed"].sum() == data["changed"]
        assert arrays["examined"].sum() == 600
        assert not (arrays["mask"] & ~arrays["examined"]).any()
        assert json.loads(str(arrays["document"]))["key"] == "error_flow"


def test_an_interrupted_audit_writes_nothing(command, in_folder, monkeypatch):
    monkeypatch.setattr(rounding, "sample_points", interrupted_after(rounding.sample_points))
    outcome = command("audit", "error_flow", "--size", "24x24", "-o", "changed.npz")
    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.line == "deepfractals: interrupted; no file is left half written"
    assert list(in_folder.iterdir()) == []


def test_audit_of_the_weights_leaves_the_coordinates(command):
    view = ("audit", "error_flow", "--preset", "frost", "--size", "24x24", "--json", "--inputs")
    found = json.loads(command(*view, "weights").out)
    assert found["inputs"] == ["start", "input_scale"]
    assert found == json.loads(command(*view, "start,input_scale").out)


def test_audit_looks_at_a_pictures_own_pixels(command):
    command("render", "error_flow", "--size", "24x16", "-o", "a.png")
    assert json.loads(command("audit", "a.png", "--json").out)["pixels"] == 24 * 16


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--share", "0"], "must be from 1e-09 to 1"),
        (["--share", "1.1"], "must be from 1e-09 to 1"),
        (["--inputs", "W0"], "has no input 'W0' here; there are coordinates, start"),
        (["--inputs", ","], "name at least one input"),
        (["--size", "8000x8000"], "at most 16,777,216 pixels"),
        (["-o", "mask.png"], "must end in .npz"),
    ],
)
def test_audit_refuses(command, in_folder, arguments, words):
    outcome = command("audit", "error_flow", *arguments)
    assert outcome.status == 2
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


def test_default_size_is_the_measurements_own():
    options = build_parser().parse_args(["dimension", "error_flow"])
    assert (options.size, options.paths, options.levels) == (None, 8, 8)
