"""``deepfractals render`` and ``movie``: the files they write."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.core import Raster, Viewport
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.session.documents import document_from_json, read_document
from deepfractals_gui.systems import SYSTEMS, system

KEYS = [known.key for known in SYSTEMS]


def test_default_target_is_named_after_the_system(command, in_folder):
    outcome = command("render", "forward_pass", "--size", "40x30")
    assert outcome.status == 0
    assert str(in_folder / "forward_pass.png") in outcome.line
    with Image.open("forward_pass.png") as picture:
        assert picture.size == (40, 30)


def test_named_target_is_written_in_silence(command, in_folder):
    outcome = command("render", "forward_pass", "--size", "16x16", "-o", "a.png")
    assert (outcome.status, outcome.out, outcome.err) == (0, "", "")
    assert [path.name for path in in_folder.iterdir()] == ["a.png"]


@pytest.mark.parametrize("key", KEYS)
def test_samples_hold_every_channel_and_the_document(command, in_folder, key):
    where = ["--center", "-1e-1", "0.9", "--width", "0.25", "--size", "30x20"]
    assert command("render", key, *where, "--samples", "s.npz").status == 0
    assert [path.name for path in in_folder.iterdir()] == ["s.npz"]
    known = system(key)
    params = known.Params()
    viewport = Viewport.at("-1e-1", "0.9", 0.25)
    with Renderer(1) as renderer:
        expected = renderer.render(RenderRequest(key, params, viewport, (20, 30))).channels
    with np.load("s.npz", allow_pickle=False) as data:
        names = {channel.name for channel in known.channels(params)}
        assert set(data.files) == names | {"x", "y", "document"}
        for channel in known.channels(params):
            assert data[channel.name].dtype == channel.numpy_dtype()
            np.testing.assert_array_equal(data[channel.name], expected[channel.name])
        raster = Raster(viewport, (20, 30))
        np.testing.assert_array_equal(data["x"], raster.x)
        np.testing.assert_array_equal(data["y"], raster.y)
        assert (data["x"].dtype, data["y"].dtype) == (np.float64, np.float64)
        assert data["document"].shape == ()
        document = document_from_json(str(data["document"]))
    assert document.viewport == viewport
    assert document.shape == (20, 30)


def test_threads_give_the_same_bits(command, in_folder):
    for threads in (1, 3):
        command(
            *("render", "error_flow", "--size", "50x40", "--threads", threads),
            *("--samples", f"{threads}.npz", "-o", f"{threads}.png"),
        )
    with np.load("1.npz") as one, np.load("3.npz") as three:
        for name in one.files:
            np.testing.assert_array_equal(one[name], three[name])
    assert (in_folder / "1.png").read_bytes() == (in_folder / "3.png").read_bytes()


def test_picture_is_rendered_again_from_itself(command, in_folder):
    command(
        *("render", "forward_pass", "--size", "48x32", "--supersample", "2", "--mode", "trap"),
        *("--set", "max_iterations=60", "--center", "-1e-1", "1", "--width", "1", "-o", "a.png"),
    )
    assert command("render", "a.png", "-o", "b.png").status == 0
    with Image.open("a.png") as a, Image.open("b.png") as b:
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    assert read_document(in_folder / "a.png") == read_document(in_folder / "b.png")


def test_options_override_the_document(command, in_folder):
    command("render", "forward_pass", "--size", "48x32", "--width", "2", "-o", "a.png")
    command(
        *("render", "a.png", "--width", "1", "--set", "max_iterations=33", "--size", "20x20"),
        *("--palette", "fire", "-o", "b.png"),
    )
    a, b = read_document(in_folder / "a.png"), read_document(in_folder / "b.png")
    assert (a.viewport.width, b.viewport.width) == (2.0, 1.0)
    assert (a.shape, b.shape) == ((32, 48), (20, 20))
    assert b.params.max_iterations == 33
    assert b.coloring.palette == "fire"


def test_data_is_read_from_csv_and_travels_in_the_document(command, in_folder):
    (in_folder / "pairs.csv").write_text("x,y\n0.5,0.8\n-1,-0.25\n")
    outcome = command(
        *("render", "gradient_basins", "--set", "data=pairs.csv", "--size", "16x16"),
        *("--samples", "s.npz"),
    )
    assert outcome.status == 0
    with np.load("s.npz") as data:
        document = json.loads(str(data["document"]))
    assert document["params"]["data"] == [[0.5, 0.8], [-1.0, -0.25]]


def test_too_deep_a_view_is_noted(command, in_folder):
    outcome = command(
        *("render", "forward_pass", "--size", "16x16", "--center", "1", "0"),
        *("--width", "1e-15", "--samples", "s.npz"),
    )
    assert outcome.status == 0
    assert "shows rounding" in outcome.line


def test_movie_has_its_frames_and_states_its_points(command, in_folder):
    import av

    outcome = command(
        *("movie", "forward_pass", "--center", "-1e-1", "1.2", "--size", "64x48"),
        *("--width-from", 5, "--width-to", 1, "--seconds", 1, "--fps", 10, "-o", "zoom.mp4"),
    )
    assert outcome.status == 0, outcome.err
    assert outcome.err == ""
    assert "zoom.mp4: 10 frames" in outcome.out
    assert " N, N = " in outcome.out
    assert [path.name for path in in_folder.iterdir()] == ["zoom.mp4"]
    with av.open("zoom.mp4") as movie:
        frames = list(movie.decode(video=0))
    assert len(frames) == 10
    assert (frames[0].width, frames[0].height) == (64, 48)


def test_movie_takes_its_colours_from_each_keyframe_where_asked(command, in_folder):
    clip = (
        *("movie", "forward_pass", "--mode", "smooth", "--size", "64x48", "--width-from", 5),
        *("--width-to", 1, "--seconds", 1, "--fps", 10, "--quality", "draft"),
    )
    for name, levels in (("a.mp4", []), ("b.mp4", ["--levels", "keyframes"])):
        outcome = command(*clip, *levels, "-o", name)
        assert outcome.status == 0, outcome.err
    assert (in_folder / "a.mp4").read_bytes() != (in_folder / "b.mp4").read_bytes()
