"""``deepfractals field``."""

from __future__ import annotations

import dataclasses
import json
import os
import signal

import av
import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.experiments import field_data
from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.field_files import with_epochs

SMALL = (
    "--set", "side=8", "--set", "channels=4", "--set", "pooled=2", "--set", "learning_rate=0.01",
    "--set", "gamma=0.7", "--set", "batch=16", "--set", "shift=0",
)  # fmt: skip


def idx(folder, count=60, side=8):
    """Images in MNIST's format: a bright column for each digit."""
    rng = np.random.default_rng(0)
    labels = np.arange(count, dtype=np.uint8) % 10
    images = rng.integers(0, 60, (count, side, side)).astype(np.uint8)
    images[np.arange(count), :, labels % side] = 200 + labels[:, None]
    header = b"\0\0\x08\x03" + b"".join(n.to_bytes(4, "big") for n in (count, side, side))
    (folder / "t-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = b"\0\0\x08\x01" + count.to_bytes(4, "big")
    (folder / "t-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


@pytest.fixture
def run(command, in_folder):
    """A run of two epochs on sixty images."""
    idx(in_folder)
    line = ("field", "train", "run", "--data", "t-images-idx3-ubyte", *SMALL)
    outcome = command(*line, "--epochs", 2)
    assert outcome.status == 0, outcome.err
    return line, outcome


def test_training_keeps_checkpoints_and_a_log(run, in_folder):
    _, outcome = run
    names = {path.name for path in (in_folder / "run").iterdir()}
    assert names == {"epoch_1.npz", "epoch_2.npz", "best.npz", "last.npz", "log.jsonl"}
    lines = [json.loads(line) for line in (in_folder / "run/log.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    state = Field().load(in_folder / "run/last.npz")
    assert state.epoch == 2
    assert [line["test_accuracy"] for line in lines] == state.trace.column("test_accuracy").tolist()
    assert all(line["seconds"] > 0.0 for line in lines)
    best = Field().load(in_folder / "run/best.npz")
    assert best.trace[-1].test_accuracy == max(line["test_accuracy"] for line in lines)
    said = outcome.out.splitlines()
    assert said[0].startswith("epoch 1: training loss")
    assert "all 2 epochs are done" in said[-1]


def test_a_folders_run_goes_on_to_the_same_bytes(run, command, in_folder):
    line, _ = run
    assert command(*line, "--epochs", 3).status == 0
    (in_folder / "whole").mkdir()
    whole = ("field", "train", "whole", *line[3:])
    data = json.loads(command(*whole, "--epochs", 3, "--json").out)
    assert data["epochs"] == len(data["history"]["test_accuracy"]) == 3
    for name in ("last.npz", "best.npz", "epoch_3.npz"):
        assert (in_folder / "run" / name).read_bytes() == (in_folder / "whole" / name).read_bytes()
    again = command(*line, "--epochs", 3)
    assert again.status == 0
    assert "all 3 epochs are done" in again.out


def test_a_log_that_was_cut_off_is_mended(run, command, in_folder):
    line, _ = run
    log = in_folder / "run/log.jsonl"
    before = log.read_text().splitlines()
    log.write_text(before[0] + "\n" + before[1][:30])
    assert command(*line, "--epochs", 3).status == 0
    after = [json.loads(one) for one in log.read_text().splitlines()]
    assert [one["epoch"] for one in after] == [1, 2, 3]
    assert after[0] == json.loads(before[0])
    assert after[1] == {**json.loads(before[1]), "seconds": None}


def test_another_setting_needs_another_folder(run, command):
    line, _ = run
    outcome = command(*line, "--set", "gamma=0.5")
    assert outcome.status == 2
    assert "holds a run with another gamma" in outcome.line


def test_ctrl_c_keeps_what_is_done_and_goes_on_to_the_same_bytes(
    run, command, in_folder, monkeypatch
):
    line, _ = run
    command(*line, "--epochs", 3)
    expected = (in_folder / "run/last.npz").read_bytes()
    advance = Field.advance

    def interrupted(self, state, **options):
        state = advance(self, state, updates=2)
        os.kill(os.getpid(), signal.SIGINT)
        return advance(self, state, **options)

    other = ("field", "train", "other", *line[3:], "--epochs", 3)
    with monkeypatch.context() as patch:
        patch.setattr(Field, "advance", interrupted)
        outcome = command(*other)
    assert outcome.status == 1
    assert "interrupted" in outcome.line
    assert [path.name for path in (in_folder / "other").iterdir()] == ["last.npz"]
    assert Field().load(in_folder / "other/last.npz").step == 2
    assert command(*other).status == 0
    assert (in_folder / "other/last.npz").read_bytes() == expected


def test_eval_tells_the_accuracy_of_the_best(run, command, in_folder):
    best = Field().load(in_folder / "run/best.npz")
    data = json.loads(command("field", "eval", "run", "--json").out)
    assert data["accuracy"] == best.trace[-1].test_accuracy
    assert data["images"] == 12
    assert data["unsolved"] == 0
    assert "accuracy" in command("field", "eval", "run/last.npz").out
    others = command("field", "eval", "run", "--data", "t-images-idx3-ubyte", "--json")
    assert json.loads(others.out)["images"] == 60


def test_evolve_draws_the_chosen_steps_and_films_all(run, command, in_folder):
    outcome = command(
        "field", "evolve", "run", "--image", 2, "--steps", "0,3,9", "--zoom", 4, "-o", "s.png",
        "--film", "f.mp4", "--fps", 6,
    )  # fmt: skip
    assert outcome.status == 0, outcome.err
    assert outcome.out.startswith("s.png, f.mp4: image 2, which is ")
    picture = np.asarray(Image.open(in_folder / "s.png"))
    assert picture.shape == (2 * 32 + 4, 3 * 32 + 2 * 4, 3)
    assert (picture[:32, :32] == 0).all()
    assert (picture[:32, 36:68] != picture[:32, 72:]).any()
    upper, lower = picture[:32, 72:], picture[36:, 72:]
    assert (upper[..., 0] == upper[..., 1]).all()
    assert (lower[..., 0] != lower[..., 1]).any()
    with av.open(str(in_folder / "f.mp4")) as film:
        frames = list(film.decode(video=0))
    assert len(frames) == 10 + 6
    assert (frames[0].height, frames[0].width) == (32, 68)


def test_an_interrupted_film_leaves_no_file(run, command, in_folder, monkeypatch):
    from deepfractals_gui.export import field_pictures

    frame = field_pictures.film_frame

    def interrupted(*arguments):
        os.kill(os.getpid(), signal.SIGINT)
        return frame(*arguments)

    monkeypatch.setattr(field_pictures, "film_frame", interrupted)
    before = set(in_folder.iterdir())
    outcome = command("field", "evolve", "run", "--film", "f.mp4")
    assert outcome.status == 1
    assert "interrupted" in outcome.line
    assert set(in_folder.iterdir()) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "train|evolve|eval"),
        (("train",), "FOLDER"),
        (("train", "r", "--data", "absent"), "no file 'absent'"),
        (("train", "r", "--data", "cut-images-idx3-ubyte"), "cut-images-idx3-ubyte"),
        (("train", "r", "--data", "table.csv"), "the field learns from images with labels"),
        (("train", "r", "--data", "run/last.npz"), "has no array X"),
        (("train", "r", "--labels", "table.csv"), "--labels belong to IDX images"),
        (("train", "r", "--set", "side=11"), "a side of 11 points can't be transformed"),
        (("train", "r", "--set", "side=9", "--set", "pooled=4"), "can't be averaged"),
        (("train", "r", "--set", "side=9999"), "side"),
        (("train", "r", "--set", "speed=3"), "no such parameter"),
        (("train", "r", "--set", "gamma=nan"), "gamma"),
        (("train", "table.csv"), "table.csv: Not a directory"),
        (("train", "a/b/c"), "No such file"),
        (("train", "broken"), "last.npz is not a readable .npz file"),
        (("train", "foreign"), "last.npz holds no run of the field"),
        (("eval", "absent.npz"), "absent.npz: No such file"),
        (("eval", "empty"), "empty has no best.npz"),
        (("eval", "table.csv"), "table.csv is not a readable"),
        (("eval", "run", "--data", "wide-images-idx3-ubyte"), "wide"),
        (("evolve", "run"), "-o OUT.png"),
        (("evolve", "run", "-o", "a.jpg"), "must end in .png"),
        (("evolve", "run", "-o", "a.png", "--image", 12), "there are 12 images"),
        (("evolve", "run", "-o", "a.png", "--channel", 4), "4 channels"),
        (("evolve", "run", "-o", "a.png", "--solver", "magic"), "a solver is one of"),
        (("evolve", "run", "-o", "a.png", "--steps", "0,x"), "'x' is not a whole number"),
        (("evolve", "run", "-o", "a.png", "--damping", 0), "from 0.01 to 1"),
        (("evolve", "run", "-o", "a.png", "--steps", 10**6), "from 0 to 100000"),
        (("evolve", "run", "-o", "a.png", "--zoom", 64, "--steps", "1," * 40 + "2"), "too large"),
        (("evolve", "run", "--film", "a.mp4", "--zoom", 1), "a film of 20 x 8 pixels"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(run, command, in_folder, arguments, said):
    (in_folder / "table.csv").write_text("x,y\n1,2\n3,4\n")
    whole = (in_folder / "t-images-idx3-ubyte").read_bytes()
    (in_folder / "cut-images-idx3-ubyte").write_bytes(whole[:-100])
    (in_folder / "wide-images-idx3-ubyte").write_bytes(whole)
    (in_folder / "wide-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + bytes([0, 0, 0, 2, 1, 1]))
    labels = (in_folder / "t-labels-idx1-ubyte").read_bytes()
    (in_folder / "cut-labels-idx1-ubyte").write_bytes(labels)
    for name in ("broken", "foreign", "empty"):
        (in_folder / name).mkdir()
    last = (in_folder / "run/last.npz").read_bytes()
    (in_folder / "broken/last.npz").write_bytes(last[: len(last) // 2])
    np.savez(in_folder / "foreign/last.npz", X=np.zeros((2, 2)))
    before = {path: path.stat().st_mtime_ns for path in in_folder.rglob("*")}
    outcome = command("field", *arguments)
    assert outcome.status == 2
    assert said in outcome.line
    assert {path: path.stat().st_mtime_ns for path in in_folder.rglob("*")} == before


def test_small_images_travel_inside_the_run(run, command, in_folder):
    expected = command("field", "eval", "run").out
    for name in ("images-idx3", "labels-idx1"):
        (in_folder / f"t-{name}-ubyte").unlink()
    assert command("field", "eval", "run").out == expected


def test_a_run_goes_on_with_images_that_have_moved(command, in_folder):
    # Large ones don't travel inside the run; what a process has read it needn't read again.
    forget = field_data._dataset.cache_clear
    (in_folder / "here").mkdir()
    idx(in_folder / "here", count=400, side=14)
    line = ("field", "train", "run", *SMALL)
    start = command(*line, "--epochs", 1, "--data", "here/t-images-idx3-ubyte")
    assert start.status == 0
    (in_folder / "here").rename(in_folder / "there")
    forget()
    lost = command(*line, "--epochs", 2)
    assert lost.status == 2
    assert "t-images-idx3-ubyte can't be read" in lost.line
    found = command(*line, "--epochs", 2, "--data", "there/t-images-idx3-ubyte")
    assert found.status == 0
    assert Field().load(in_folder / "run/last.npz").epoch == 2
    idx(in_folder / "there", count=390, side=14)
    forget()
    other = command(*line, "--epochs", 3, "--data", "there/t-images-idx3-ubyte")
    assert other.status == 2
    assert "has changed since" in other.line


def test_a_file_answers_by_its_latest_or_its_best_parameters(run, command, in_folder):
    state = Field().load(in_folder / "run/last.npz")
    # The best of its first epoch, whatever the second was.
    first = Field().load(in_folder / "run/epoch_1.npz")
    state = dataclasses.replace(state, best=first.training.params, best_epoch=1)
    Field().save(state, in_folder / "both.npz")
    said = {
        model: json.loads(command("field", "eval", "both.npz", "--model", model, "--json").out)
        for model in ("latest", "best")
    }
    assert said["latest"]["loss"] == state.trace[-1].test_loss
    assert said["best"]["loss"] == first.trace[-1].test_loss
    assert said["best"]["loss"] != said["latest"]["loss"]
    line = ("field", "eval", "both.npz", "--data", "t-images-idx3-ubyte", "--json")
    assert (
        json.loads(command(*line).out)["loss"]
        != json.loads(command(*line, "--model", "best").out)["loss"]
    )


def test_a_picture_does_not_take_the_place_of_its_run(run, command, in_folder):
    os.link(in_folder / "run/best.npz", in_folder / "strip.png")
    before = (in_folder / "run/best.npz").read_bytes()
    outcome = command("field", "evolve", "run", "-o", "strip.png")
    assert outcome.status == 2
    assert "strip.png is what this reads; its result needs a name of its own" in outcome.line
    assert (in_folder / "strip.png").read_bytes() == before


def test_training_stops_for_a_run_that_is_further_on(run, command, in_folder, monkeypatch):
    later = Field().advance(with_epochs(Field().load(in_folder / "run/last.npz"), 5))
    plain = Field.advance

    def overtaken(self, s, **options):
        Field().save(later, in_folder / "run/last.npz")
        return plain(self, s, **options)

    monkeypatch.setattr(Field, "advance", overtaken)
    outcome = command(*run[0], "--epochs", 3)
    assert outcome.status == 1
    assert f"trained on meanwhile, to {later.step} updates, and stays as it is" in outcome.line
    assert Field().load(in_folder / "run/last.npz").epoch == 5
