"""Bad input ends with status 2, one line that names the cause, and no file."""

from __future__ import annotations

import os

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing"], "neither a System nor a file; the Systems are forward_pass"),
        (["x" * 5000], "neither a System nor a file"),
        (["forward_pass", "--set", "iterations=5"], "there is no such parameter; there are plane"),
        (["forward_pass", "--set", "max_iterations=0"], "must be at least 1, not 0"),
        (["forward_pass", "--set", "max_iterations=1.5"], "not a whole number"),
        (["forward_pass", "--set", "max_iterations=1e400"], "not a whole number"),
        (["forward_pass", "--set", "escape_radius=nan"], "must be a finite number"),
        (["forward_pass", "--set", "escape_radius=inf"], "must be a finite number"),
        (["forward_pass", "--set", "start=1+"], "not a complex number"),
        (["forward_pass", "--set", "start=infi"], "not a complex number"),
        (["forward_pass", "--set", "plane=nowhere"], "not one of weight, input"),
        (["forward_pass", "--set", "activation="], "not one of"),
        (["gradient_basins", "--set", "data="], "at least one row"),
        (["gradient_basins", "--set", "data=1"], "row 1 needs 2 numbers (x, y)"),
        (["gradient_basins", "--set", "data=1 2; 3 nan"], "row 2: must be a finite number"),
        (["gradient_basins", "--set", "data=" + "1 2;" * 65], "at most 64 are allowed"),
        (["gradient_basins", "--set", "data=gone.csv"], "gone.csv can't be read"),
        (["forward_pass", "--palette", "mauve"], "mauve"),
        (["forward_pass", "--palette", "#123456"], "2 to 64 colours"),
        (["forward_pass", "--mode", "stripes"], "there is no colouring mode 'stripes'"),
        (["forward_pass", "--mode", "regime"], "has nothing to show of forward_pass"),
        (["forward_pass", "--mode", "channel", "--color", "channel=limit"], "can't show"),
        (["forward_pass", "--color", "glow=2"], "glow must be within [0, 1]"),
        (["forward_pass", "--color", "glow=nan"], "must be finite"),
        (["forward_pass", "--color", "glow=much"], "'much' is not a number"),
        (["forward_pass", "--color", "levels=1,1"], "two rising numbers"),
        (["forward_pass", "--color", "levels=1"], "neither LOW,HIGH nor auto"),
        (["forward_pass", "--color", "reverse=perhaps"], "not true or false"),
        (["forward_pass", "--color", "hue=1"], "there is no colouring detail 'hue'"),
        (["forward_pass", "--preset", "atlantis"], "has no preset 'atlantis'"),
        (["forward_pass", "--center", "1e999", "0"], "out of range"),
        (["forward_pass", "-o", "picture.jpg"], "must end in .png"),
        (["forward_pass", "-o", "gone/picture.png"], "gone/picture.png"),
        (["forward_pass", "--samples", "samples.txt"], "must end in .npz"),
        (["forward_pass", "--samples", "s.npz", "--supersample", "2"], "excludes --supersample"),
        (["forward_pass", "--samples", "s.npz", "--size", "16384x16384"], "at most 4 GiB"),
        (["forward_pass", "--width", "1e308"], "within [1e-300, 1e+300]"),
        (["forward_pass", "--width", "0"], "must be a positive number"),
        ([""], "name a System or a file"),
    ],
)
def test_render_refuses(command, in_folder, arguments, words):
    outcome = command("render", *arguments)
    assert outcome.status == 2
    assert outcome.out == ""
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "33x32"], "sides must be even"),
        (["--size", "8x8"], "sides must be within [16, 7680]"),
        (["--quality", "superb"], "one of draft, good, best"),
        (["--levels", "own"], "one of fixed, keyframes"),
        (["--width-to", "5"], "clip"),
        (["-o", "clip.avi"], "must end in .mp4"),
        (["--set", "plane=nowhere"], "not one of"),
    ],
)
def test_movie_refuses(command, in_folder, arguments, words):
    given = ["forward_pass", "--width-from", 5, "--width-to", 1]
    target = [] if "-o" in arguments else ["-o", "clip.mp4"]
    outcome = command("movie", *given, *target, *arguments)
    assert outcome.status == 2
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.json", b"", "empty.json"),
        ("words.json", b"hello", "words.json"),
        ("list.json", b"[1, 2]", "list.json"),
        ("alien.json", b'{"deepfractals": 1, "kind": "system", "key": "moon"}', "moon"),
        ("cut.png", b"\x89PNG\r\n\x1a\n\x00\x00", "cut.png"),
        ("deep.json", b"[" * 100_000, "deep.json"),
        ("binary", bytes(range(256)), "binary"),
    ],
)
def test_file_that_is_no_document_is_refused(command, in_folder, name, content, words):
    (in_folder / name).write_bytes(content)
    outcome = command("render", name, "-o", "out.png")
    assert outcome.status == 2
    assert words in outcome.line
    assert not (in_folder / "out.png").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n1,2\n3,zero\n", "line 3: 'zero' is not a number"),
        ("1,2,3\n", "2 numbers are needed, not 3"),
        ("", "there are no numbers"),
        ("1,2\n" * 65, "at most 64 are allowed"),
        ("1,1e9\n", "must be at most 1000"),
    ],
)
def test_faulty_csv_is_refused_with_its_line(command, in_folder, text, words):
    (in_folder / "pairs.csv").write_text(text)
    outcome = command("render", "gradient_basins", "--set", "data=pairs.csv")
    assert outcome.status == 2
    assert words in outcome.line
    assert outcome.line.startswith("deepfractals: data: ")


def test_folder_as_target_is_refused(command, in_folder):
    (in_folder / "folder.png").mkdir()
    outcome = command("render", "forward_pass", "-o", "folder.png")
    assert outcome.status == 2
    assert "folder.png" in outcome.line


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="everything is writable to root"
)
def test_folder_without_rights_is_refused(command, in_folder):
    locked = in_folder / "locked"
    locked.mkdir(mode=0o500)
    outcome = command("render", "forward_pass", "-o", locked / "picture.png")
    assert outcome.status == 2
    assert "locked" in outcome.line


def test_bench_refuses_what_would_not_fit_into_memory(command, in_folder):
    outcome = command("bench", "forward_pass", "--size", "4097x4096")
    assert outcome.status == 2
    assert "at most 16,777,216 points" in outcome.line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(command, in_folder):
    os.mkfifo(in_folder / "pairs.csv")
    outcome = command("render", "gradient_basins", "--set", "data=pairs.csv")
    assert outcome.status == 2
    assert "pairs.csv is not a regular file" in outcome.line


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize(
    "line",
    [
        ("atlas", "info", "run"),
        ("atlas", "decode", "pipe"),
        ("atlas", "key", "pipe", "alice29"),
        ("atlas", "train", "run"),
        ("field", "eval", "pipe"),
        ("field", "eval", "pipe", "--data", "digits"),
        ("field", "train", "run"),
        ("train", "--resume", "pipe"),
    ],
)
def test_a_run_that_is_a_pipe_is_not_waited_for(command, in_folder, line):
    (in_folder / "run").mkdir()
    os.mkfifo(in_folder / "pipe")
    os.mkfifo(in_folder / "run/last.npz")
    outcome = command(*line)
    assert outcome.status == 2
    assert "is not a regular file" in outcome.line
