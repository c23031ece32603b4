"""``deepfractals train``."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui import nn
from deepfractals_gui.experiments import lab_data
from deepfractals_gui.experiments.lab import Lab
from deepfractals_gui.experiments.lab_examples import EXAMPLES
from deepfractals_gui.experiments.lab_params import LabParams

SPEC = nn.NetSpec(
    2, (nn.DenseSpec(8, "tanh", init="glorot"), nn.DenseSpec(2)), "cross_entropy",
    nn.OptimizerSpec("adam", 0.02), batch=16,
)  # fmt: skip


def test_five_folds_of_the_digits_are_97_percent_right_on_average(command):
    outcome = command("train", "--example", "digits", "--folds", 5, "--json")
    assert outcome.status == 0
    data = json.loads(outcome.out)
    assert data["folds"] == len(data["test_accuracy"]) == 5
    assert data["mean_test_accuracy"] == pytest.approx(np.mean(data["test_accuracy"]))
    assert data["mean_test_accuracy"] >= 0.97


def test_two_spirals_are_98_percent_right(command):
    data = json.loads(command("train", "--example", "spirals", "--json").out)
    assert data["test_accuracy"] >= 0.98
    assert data["epochs"] == 300
    assert len(data["history"]["test_loss"]) == 301


def test_a_network_and_data_from_files(command, in_folder):
    (in_folder / "net.json").write_text(SPEC.to_json())
    rng = np.random.default_rng(0)
    rows = [f"{x},{y},{'up' if y > 0 else 'down'}" for x, y in rng.standard_normal((80, 2))]
    (in_folder / "table.csv").write_text("x,y,side\n" + "\n".join(rows))
    line = ("train", "--spec", "net.json", "--data", "table.csv", "--epochs", 60)
    outcome = command(*line, "-o", "run.npz")
    assert outcome.status == 0
    assert "table.csv (60 rows, 20 for the test)" in outcome.out
    assert "test accuracy" in outcome.out
    state = Lab().load(in_folder / "run.npz")
    assert state.epoch == 60
    assert state.data.train.classes == ("down", "up")
    assert state.params.spec == SPEC


def test_a_run_goes_on_where_it_was(command, in_folder):
    line = ("train", "--data", "moons", "--set", "count=80", "--json")
    whole = json.loads(command(*line, "--epochs", 8).out)
    command(*line, "--epochs", 5, "-o", "run.npz")
    rest = json.loads(command("train", "--resume", "run.npz", "--epochs", 8, "--json").out)
    assert rest["history"] == whole["history"]
    refused = command("train", "--resume", "run.npz", "--set", "noise=0.5")
    assert refused.status == 2
    assert "--resume changes only epochs" in refused.line


def test_a_run_that_is_done_is_not_trained_further(command, in_folder):
    line = ("train", "--data", "moons", "--set", "count=80", "--json")
    done = json.loads(command(*line, "--epochs", 5, "-o", "run.npz").out)
    for more in ((), ("--epochs", 5), ("--epochs", 2), ("--set", "target=0.1")):
        again = json.loads(command("train", "--resume", "run.npz", *more, "--json").out)
        assert again["history"] == done["history"]
        assert again["stopped"]


def test_what_went_on_after_an_explosion_is_told(command, in_folder):
    p = LabParams(count=60, spec=replace(SPEC, loss="mse", optimizer=nn.OptimizerSpec("sgd", 1e9)))
    state = Lab().advance(Lab().start(p))
    assert state.exploded
    Lab().save(replace(state, model=Lab().start(p).model), in_folder / "run.npz")
    outcome = command("train", "--resume", "run.npz", "--epochs", 500)
    assert outcome.status == 2
    assert "run.npz can't go on: the loss" in outcome.line


def test_data_that_were_changed_do_not_go_on(command, in_folder):
    rows = "\n".join(f"{k},{-k},{k % 2}" for k in range(9000))
    (in_folder / "table.csv").write_text(rows)
    command("train", "--data", "table.csv", "--epochs", 1, "-o", "run.npz")
    lab_data._dataset.cache_clear()
    (in_folder / "table.csv").write_text(rows.replace("7,-7,1", "7,-7,0"))
    outcome = command("train", "--resume", "run.npz", "--epochs", 2)
    assert outcome.status == 2
    assert "table.csv has changed since it was used" in outcome.line


def test_a_fold_that_explodes_is_told(command, in_folder):
    (in_folder / "table.csv").write_text("\n".join(f"{k},{k % 3},{k / 7}" for k in range(30)))
    spec = nn.NetSpec(2, (nn.DenseSpec(1),), optimizer=nn.OptimizerSpec("sgd", 1e200))
    (in_folder / "net.json").write_text(spec.to_json())
    line = ("train", "--data", "table.csv", "--spec", "net.json", "--folds", 3, "--json")
    outcome = command(*line)
    assert outcome.status == 1
    assert "training stopped in fold 1: the loss became infinite" in outcome.line
    assert outcome.out == ""
    (in_folder / "net.json").write_text(json.dumps(json.loads(spec.to_json()) | {"optimizer": {}}))
    data = json.loads(command(*line, "--epochs", 2).out)
    assert len(data["test_loss"]) == data["folds"] == 3


def test_images_bring_a_network_of_their_own(command, in_folder):
    rng = np.random.default_rng(0)
    labels = np.arange(60, dtype=np.uint8) % 10
    images = np.clip(20 * labels[:, None, None] + rng.integers(0, 9, (60, 6, 6)), 0, 255)
    header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (60, 6, 6))
    (in_folder / "t-images-idx3-ubyte").write_bytes(header + images.astype(np.uint8).tobytes())
    header = b"\0\0\x08\x01" + (60).to_bytes(4, "big")
    (in_folder / "t-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    outcome = command("train", "--data", "t-images-idx3-ubyte", "--epochs", 2, "--json")
    data = json.loads(outcome.out)
    assert data["network"]["inputs"] == 36
    assert data["rows"] == {"train": 48, "test": 12}
    (in_folder / "t-labels-idx1-ubyte").write_bytes(header + labels[:50].tobytes())
    assert "t-labels-idx1-ubyte" in command("train", "--data", "t-images-idx3-ubyte").line


def test_examples_are_listed(command):
    outcome = command("train", "--example", "?")
    assert [line.split()[0] for line in outcome.out.splitlines()] == [one.key for one in EXAMPLES]


def test_gradients_vanish_in_ten_sigmoids_and_not_in_ten_relus():
    def first_to_last(key):
        params = next(one.params for one in EXAMPLES if one.key == key)
        norms = Lab().epoch(Lab().start(params)).trace[-1].gradient_norm
        return norms[0] / norms[-1]

    assert first_to_last("vanishing") < 1e-4
    assert first_to_last("relu") > 0.1
    assert first_to_last("normalised") > 0.1


def test_a_loss_that_explodes_is_one_line_and_keeps_the_old_file(command, in_folder):
    spec = json.loads(SPEC.to_json())
    spec["loss"], spec["optimizer"] = "mse", {"kind": "sgd", "lr": 1e200}
    (in_folder / "net.json").write_text(json.dumps(spec))
    (in_folder / "run.npz").write_bytes(b"old")
    outcome = command("train", "--spec", "net.json", "--data", "moons", "-o", "run.npz")
    assert outcome.status == 1
    assert "the loss" in outcome.line
    assert "learning rate" in outcome.line
    assert (in_folder / "run.npz").read_bytes() == b"old"


def test_ctrl_c_leaves_no_file(command, in_folder, monkeypatch):
    advance = Lab.advance

    def interrupted(self, *arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        return advance(self, *arguments, **options)

    monkeypatch.setattr(Lab, "advance", interrupted)
    outcome = command("train", "--data", "moons", "-o", "run.npz")
    assert outcome.status == 1
    assert "interrupted" in outcome.line
    assert list(in_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "say what to learn"),
        (("--data", "nothing"), "no data set and no file 'nothing'"),
        (("--example", "nothing"), "no example 'nothing'; there are spirals"),
        (("--example", "digits", "--spec", "net.json"), "--spec has no place"),
        (("--data", "moons", "--spec", "absent.json"), "absent.json: No such file"),
        (("--data", "moons", "--spec", "broken.json"), "broken.json is not valid JSON"),
        (("--data", "moons", "--spec", "shapes.json"), "shapes.json: layer 1: units must be"),
        (("--data", "digits", "--spec", "net.json"), "digits has 64 inputs; the network takes 2"),
        (("--data", "ragged.csv"), "ragged.csv, line 3"),
        (("--data", "words.csv"), "words.csv, line 2"),
        (("--data", "moons", "--set", "speed=3"), "no such parameter"),
        (("--data", "moons", "--set", "noise=loud"), "'loud' is not"),
        (("--data", "moons", "--set", "test_share=2"), "test_share"),
        (("--labels", "net.json"), "say what to learn"),
        (("--example", "spirals", "--labels", "net.json"), "--labels belong to IDX images"),
        (("--data", "moons", "--labels", "net.json"), "--labels belong to IDX images; moons has"),
        (("--data", ""), "no data set and no file ''"),
        (("--data", "moons", "--folds", 3, "--spec", "digits.json"), "the network takes 64"),
        (("--data", "ragged.csv", "--folds", 3), "ragged.csv, line 3"),
        (("--data", "three.csv", "--folds", 5), "three.csv: 3 rows make 2 to 3 folds, not 5"),
        (("--data", "folder.csv"), "folder.csv is not a regular file"),
        (("--resume", "folder.csv"), "folder.csv: Is a directory"),
        (("--data", "moons", "-o", "absent/run.npz"), "its folder does not exist"),
        (("--data", "cut-images-idx3-ubyte"), "ends after 6 bytes, within the number of images"),
        (("--resume", "net.json"), "net.json is not a readable .npz"),
        (("--data", "moons", "-o", "run.txt"), "run.txt"),
        (("--data", "moons", "--folds", 3, "-o", "run.npz"), "-o keeps one"),
    ],
)
def test_bad_input_is_one_line(command, in_folder, arguments, said):
    (in_folder / "net.json").write_text(SPEC.to_json())
    (in_folder / "broken.json").write_text("{")
    (in_folder / "shapes.json").write_text(SPEC.to_json().replace('"units": 8', '"units": 0'))
    (in_folder / "ragged.csv").write_text("1,2,0\n3,4,1\n5,6\n")
    (in_folder / "words.csv").write_text("1,2,0\n3,four,1\n")
    (in_folder / "three.csv").write_text("1,2,0\n3,4,1\n5,6,1\n")
    (in_folder / "folder.csv").mkdir()
    (in_folder / "digits.json").write_text(SPEC.to_json().replace('"inputs": 2', '"inputs": 64'))
    (in_folder / "cut-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    (in_folder / "cut-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01\0\0")
    outcome = command("train", *arguments)
    assert outcome.status == 2
    assert said in outcome.line


def test_a_run_does_not_take_the_place_of_its_data(command, in_folder):
    np.savez(in_folder / "data.npz", X=np.eye(6, 2), Y=np.arange(6) % 2)
    before = (in_folder / "data.npz").read_bytes()
    outcome = command("train", "--data", "data.npz", "--epochs", 1, "-o", "data.npz")
    assert outcome.status == 2
    assert "data.npz is what this reads; its result needs a name of its own" in outcome.line
    assert (in_folder / "data.npz").read_bytes() == before
