"""``deepfractals grid``, ``zoom`` and ``movie --frames``: folders of numbered and named files."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.core import Raster, Viewport
from deepfractals_gui.export import stills
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.session.documents import read_document
from deepfractals_gui.systems import system

ZOOM = ("zoom", "forward_pass", "--center", "-0.97633", "0.09085", "--size", 24, "-o", "z")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_grid_writes_the_statuses_of_each_activation(command, in_folder):
    outcome = command(
        *("grid", "forward_pass", "--activations", "tanh", "sin", "--size", "30x20"),
        *("--width", 4, "--set", "max_iterations=50", "-o", "g"),
    )
    assert outcome.status == 0
    assert outcome.err.count("written to") == 2
    assert names(in_folder / "g") == [
        "grid_status_sin.npy",
        "grid_status_sin.png",
        "grid_status_tanh.npy",
        "grid_status_tanh.png",
    ]
    known = system("forward_pass")
    for activation in ("tanh", "sin"):
        params = known.Params(activation=activation, max_iterations=50)
        request = RenderRequest("forward_pass", params, Viewport.at(0, 0, 4.0), (20, 30))
        with Renderer(1) as renderer:
            expected = renderer.render(request).channels["status"]
        found = np.load(f"g/grid_status_{activation}.npy", allow_pickle=False)
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, expected)
        document = read_document(in_folder / "g" / f"grid_status_{activation}.png")
        assert document.params == params
        assert document.shape == (20, 30)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["forward_pass", "--activations", "relu"], "'relu' is not one of tanh, sigmoid"),
        (["error_flow", "--activations", "tanh"], "no parameter 'activation'"),
        (["forward_pass", "--activations", "tanh", "--palette", "mauve"], "mauve"),
    ],
)
def test_grid_refuses(command, in_folder, arguments, words):
    outcome = command("grid", *arguments, "-o", "g")
    assert outcome.status == 2
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


def test_folders_that_cannot_be_made_are_refused(command, in_folder):
    (in_folder / "file").write_bytes(b"")
    grid = ("grid", "forward_pass", "--activations", "tanh")
    for target, words in (("file", "Not a directory"), ("gone/g", "No such file")):
        outcome = command(*grid, "-o", target)
        assert outcome.status == 2
        assert words in outcome.line


def test_every_level_of_a_zoom_is_computed_anew(command, in_folder):
    outcome = command(*ZOOM, "--levels", 3, "--factor", 1.5, "--set", "max_iterations=80")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    stems = [f"level_{level:04d}" for level in range(3)]
    endings = [f"{stem}{ending}" for stem in stems for ending in (".npz", ".png")]
    assert names(in_folder / "z") == [*endings, "zoom.json"]
    params = system("forward_pass").Params(max_iterations=80)
    for level, stem in enumerate(stems):
        view = Viewport.at("-0.97633", "0.09085", 5.0 / 1.5**level)
        with Renderer(1) as renderer:
            request = RenderRequest("forward_pass", params, view, (24, 24))
            expected = renderer.render(request).channels
        with np.load(f"z/{stem}.npz", allow_pickle=False) as arrays:
            np.testing.assert_array_equal(arrays["smooth"], expected["smooth"])
            np.testing.assert_array_equal(arrays["x"], Raster(view, (24, 24)).x)
        assert read_document(in_folder / "z" / f"{stem}.png").viewport == view


def test_a_zoom_goes_on_and_mends_what_is_damaged(command, in_folder, monkeypatch):
    command(*ZOOM, "--levels", 3)
    before = {path.name: path.read_bytes() for path in (in_folder / "z").iterdir()}
    samples = in_folder / "z" / "level_0001.npz"
    samples.write_bytes(before["level_0001.npz"][:-30])
    picture = in_folder / "z" / "level_0002.png"
    picture.write_bytes(before["level_0002.png"][:-30])
    written = []
    export = stills.export_png

    def counting(document, path, **more):
        written.append(path.name)
        export(document, path, **more)

    monkeypatch.setattr(stills, "export_png", counting)
    outcome = command(*ZOOM, "--levels", 4)
    assert outcome.status == 0
    assert "1 of 4 levels were there already" in outcome.line
    assert written == ["level_0001.png", "level_0002.png", "level_0003.png"]
    after = {path.name: path.read_bytes() for path in (in_folder / "z").iterdir()}
    assert {name: after[name] for name in before} == before


def test_samples_of_another_view_are_not_kept(command, in_folder):
    command(*ZOOM, "--levels", 2)
    sound = (in_folder / "z" / "level_0001.npz").read_bytes()
    (in_folder / "z" / "level_0001.npz").write_bytes(
        (in_folder / "z" / "level_0000.npz").read_bytes()
    )
    assert "1 of 2 levels" in command(*ZOOM, "--levels", 2).line
    assert (in_folder / "z" / "level_0001.npz").read_bytes() == sound


def test_a_folder_of_another_zoom_is_refused(command):
    command(*ZOOM, "--levels", 1)
    outcome = command(*ZOOM, "--levels", 1, "--palette", "fire")
    assert outcome.status == 2
    assert "z holds files of another zoom" in outcome.line


def test_a_zoom_ends_with_float64_and_says_so(command, in_folder):
    outcome = command(*ZOOM, "--levels", 50, "--width", "1e-12", "--set", "max_iterations=20")
    assert outcome.status == 0
    assert "float64 ends at level 6" in outcome.line
    assert "6 of 50 levels are there" in outcome.line
    assert len(list((in_folder / "z").glob("*.png"))) == 6
    assert not (in_folder / "z" / "level_0006.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--width", "1e-15"], "float64 ends before the first level"),
        (["--factor", "1"], "must be from 1.001"),
        (["--levels", "0"], "must be from 1"),
        (["--supersample", "2"], "one sample a pixel"),
        (["-o", "gone/z"], "its folder does not exist"),
        (["--center", "0", "0", "--factor", "1000", "--levels", "200"], "narrower than 1e-300"),
    ],
)
def test_zoom_refuses(command, in_folder, arguments, words):
    outcome = command(*ZOOM, *arguments)
    assert outcome.status == 2
    assert words in outcome.line
    assert list(in_folder.iterdir()) == []


def picture(path, size=(32, 24), shade=0):
    Image.new("RGB", size, (shade, 255 - shade, 40)).save(path)


def test_movie_takes_frames_in_the_order_of_their_numbers(command, in_folder):
    import av

    folder = in_folder / "frames %d"
    folder.mkdir()
    for number, shade in ((10, 250), (2, 128), (1, 0)):
        picture(folder / f"level_{number}.png", shade=shade)
    (folder / "level_1.npz").write_bytes(b"")
    (folder / "zoom.json").write_text("{}")
    outcome = command("movie", "--frames", folder, "--fps", 10, "-o", "x.mp4")
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out == "x.mp4: 3 frames, 0.3 s\n"
    with av.open("x.mp4") as movie:
        assert movie.streams.video[0].average_rate == 10
        frames = [frame.to_ndarray(format="rgb24") for frame in movie.decode(video=0)]
    shades = [int(frame[..., 0].mean()) for frame in frames]
    assert shades == sorted(shades)
    assert frames[0].shape == (24, 32, 3)
    assert abs(shades[2] - 250) < 8


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "holds no numbered PNGs"),
        ({"a.png": (32, 24)}, "holds no numbered PNGs"),
        ({"a_1.png": (32, 24), "a_2.png": (32, 26)}, "a_1.png is 32x24, a_2.png 32x26"),
        ({"a_1.png": (32, 24), "b_2.png": (32, 24)}, "two series, such as a_1.png and b_2.png"),
        ({"a_1.png": (32, 24), "a_01.png": (32, 24)}, "have one number"),
        ({"a_1.png": (33, 24)}, "must be even, not 33x24"),
        ({"a_1.png": (8, 8)}, "must be within [16, 7680], not 8x8"),
        ({"a_1.png": None}, "a_1.png is not a PNG"),
    ],
)
def test_movie_refuses_folders(command, in_folder, files, words):
    (in_folder / "f").mkdir()
    for name, size in files.items():
        if size is None:
            (in_folder / "f" / name).write_bytes(b"GIF89a")
        else:
            picture(in_folder / "f" / name, size)
    outcome = command("movie", "--frames", "f", "-o", "x.mp4")
    assert outcome.status == 2
    assert words in outcome.line
    assert not (in_folder / "x.mp4").exists()


@pytest.mark.parametrize("kept", [40, -13, -1])
def test_a_damaged_picture_leaves_no_movie(command, in_folder, kept):
    (in_folder / "f").mkdir()
    picture(in_folder / "f" / "a_1.png")
    whole = (in_folder / "f" / "a_1.png").read_bytes()
    (in_folder / "f" / "a_2.png").write_bytes(whole[:kept])
    outcome = command("movie", "--frames", "f", "-o", "x.mp4")
    assert outcome.status == 1
    assert "a_2.png can't be read: it is damaged" in outcome.line
    assert names(in_folder) == ["f"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["forward_pass"], "SYSTEM|FILE"),
        (["--width-from", "5"], "--width-from"),
        (["--set", "activation=sin"], "--set"),
        (["--seconds", "3"], "--seconds"),
        (["--palette", "fire"], "--palette"),
    ],
)
def test_frames_exclude_what_would_change_them(command, in_folder, arguments, word):
    outcome = command("movie", *arguments, "--frames", "f", "-o", "x.mp4")
    assert outcome.status == 2
    assert f"it excludes {word}" in outcome.line


def test_a_missing_folder_of_frames_is_one_line(command):
    outcome = command("movie", "--frames", "f", "-o", "x.mp4")
    assert outcome.status == 2
    assert "f: No such file or directory" in outcome.line


def test_zoom_and_movie_fit_together(command, in_folder):
    command(*ZOOM, "--levels", 2)
    assert command("movie", "--frames", "z", "--fps", 5, "-o", "z.mp4").status == 0
    assert json.loads((in_folder / "z" / "zoom.json").read_text())["factor"] == 2
