"""Movies and sequences of frames: whole, correctly tagged, or not there at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.core import CancelFlag, Cancelled, Coloring, Document, Viewport
from deepfractals_gui.export import encode, movies
from deepfractals_gui.export.encode import VideoWriter, count_frames
from deepfractals_gui.export.movies import Movie, export_frames, export_movie
from deepfractals_gui.render import Renderer, assembly
from deepfractals_gui.session.documents import read_document
from deepfractals_gui.session.files import FileError
from deepfractals_gui.systems import SYSTEMS

SYSTEM = SYSTEMS[0]
END = Viewport.at(2.0, 0.75, 0.25)


def movie_of(**changes: Any) -> Movie:
    document = Document(SYSTEM.key, SYSTEM.Params(), END)
    values: dict[str, Any] = {
        "start": Viewport.at(0, 0, 5.0),
        "seconds": 1.0,
        "fps": 12,
        "shape": (36, 64),
        **changes,
    }
    return Movie(document, **values)


def test_movie_has_its_frames_rate_size_and_colour_tags(tmp_path: Path, renderer: Renderer) -> None:
    path = tmp_path / "zoom.mp4"
    seen: list[float] = []
    report = export_movie(movie_of(), path, renderer=renderer, progress=seen.append)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert len(seen) > 12
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        context = stream.codec_context
        assert (stream.codec.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1
        assert stream.average_rate == 12
    assert len(frames) == report.frames == 12
    assert frames[0].shape == (36, 64, 3)
    # The index is at the front: a player can begin before it has the whole file.
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [p.name for p in tmp_path.iterdir()] == ["zoom.mp4"]


def test_report_states_the_points_computed_against_n(tmp_path: Path, renderer: Renderer) -> None:
    movie = movie_of()
    report = export_movie(movie, tmp_path / "zoom.mp4", renderer=renderer)
    h, w = movie.shape
    n = h * w + np.pi / 2 * (h**2 + w**2) * np.log(5.0 / 0.25)
    assert report.bound == pytest.approx(n)
    assert h * w < report.points <= 3 * n
    assert report.keyframes == 6


def test_every_point_computed_is_counted(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = 0
    real = renderer.render_band

    def counting(request: Any, first_row: int, rows: int, *rest: Any) -> Any:
        nonlocal counted
        counted += rows * request.grid[1]
        return real(request, first_row, rows, *rest)

    monkeypatch.setattr(renderer, "render_band", counting)
    report = export_movie(movie_of(), tmp_path / "zoom.mp4", renderer=renderer)
    assert report.points == counted


def test_colours_arrive_as_they_were_sent(tmp_path: Path) -> None:
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 128, 128), (0, 0, 0), (255, 255, 255)]
    path = tmp_path / "c.mp4"
    with VideoWriter(path, (32, 32), 10, 10, "medium") as writer:
        for colour in colours:
            writer.write(np.full((32, 32, 3), colour, np.uint8))
    assert count_frames(path) == len(colours)
    with av.open(str(path)) as container:
        for frame, colour in zip(container.decode(video=0), colours, strict=True):
            pixel = frame.to_ndarray(format="rgb24")[16, 16].astype(int)
            assert np.abs(pixel - colour).max() <= 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"shape": (720, 1281)}, r"even, not 1281x720; the nearest size is 1280x720"),
        ({"shape": (721, 1280)}, r"the nearest size is 1280x720"),
        ({"shape": (14, 64)}, r"within \[16, 7680\], not 64x14"),
        ({"shape": (64, 7682)}, r"within \[16, 7680\]"),
        ({"seconds": 0.05}, r"0\.1 to 3600 seconds"),
        ({"seconds": float("nan")}, r"0\.1 to 3600 seconds"),
        ({"seconds": float("inf")}, r"0\.1 to 3600 seconds"),
        ({"fps": 0}, r"within \[1, 120\]"),
        ({"fps": 121}, r"within \[1, 120\]"),
        ({"fps": 23.976}, r"whole number"),
        ({"quality": "perfect"}, r"one of draft, good, best"),
        ({"levels": "free"}, r"one of fixed, keyframes, not 'free'"),
    ],
)
def test_movie_that_can_t_be_made_is_refused_with_one_line(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        movie_of(**changes)
    assert "\n" not in str(caught.value)


def test_movie_that_goes_nowhere_is_refused(tmp_path: Path, renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="another view"):
        export_movie(movie_of(start=END), tmp_path / "a.mp4", renderer=renderer)
    assert not list(tmp_path.iterdir())


def test_zooming_out_and_far_apart_works(tmp_path: Path, renderer: Renderer) -> None:
    out = movie_of(start=Viewport.at(2.0, 0.75, 0.05))
    assert export_movie(out, tmp_path / "out.mp4", renderer=renderer).frames == 12
    far = movie_of(start=Viewport.at(-2.0, 0.75, 0.25))
    report = export_movie(far, tmp_path / "far.mp4", renderer=renderer)
    assert report.points <= 3 * report.bound
    assert count_frames(tmp_path / "far.mp4") == 12


def _stop_at(flag: CancelFlag, limit: float) -> Callable[[float], None]:
    def stop(fraction: float) -> None:
        if fraction > limit:
            flag.set()

    return stop


@pytest.mark.parametrize("limit", [-1.0, 0.3, 0.9])
def test_cancelled_movie_leaves_the_old_file(
    tmp_path: Path, renderer: Renderer, limit: float
) -> None:
    path = tmp_path / "zoom.mp4"
    path.write_bytes(b"old")
    flag = CancelFlag()
    with pytest.raises(Cancelled):
        export_movie(
            movie_of(), path, renderer=renderer, progress=_stop_at(flag, limit), cancel=flag
        )
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["zoom.mp4"]


def test_full_disk_leaves_the_old_movie(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "zoom.mp4"
    path.write_bytes(b"old")
    real = av.open

    def on_full_disk(file: str, *arguments: Any, **options: Any) -> Any:
        # Without the second pass that moves the index: /dev/full can't be read back.
        return real("/dev/full", "w", format="mp4") if "w" in arguments else real(file)

    monkeypatch.setattr(encode.av, "open", on_full_disk)
    with pytest.raises(FileError) as caught:
        export_movie(movie_of(), path, renderer=renderer)
    assert "the disk is full" in str(caught.value)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["zoom.mp4"]


def test_movie_that_lost_frames_on_its_way_is_not_kept(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = VideoWriter.write
    calls = 0

    def losing(self: VideoWriter, rgb: Any) -> None:
        nonlocal calls
        calls += 1
        if calls != 5:
            real(self, rgb)

    monkeypatch.setattr(VideoWriter, "write", losing)
    with pytest.raises(FileError, match="only 11 of 12 frames"):
        export_movie(movie_of(), tmp_path / "zoom.mp4", renderer=renderer)
    assert not list(tmp_path.iterdir())


def test_truncated_movie_has_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    for content in (b"", b"junk" * 100):
        path.write_bytes(content)
        assert count_frames(path) == 0


def test_sequence_has_numbered_frames_that_carry_documents(
    tmp_path: Path, renderer: Renderer
) -> None:
    folder = tmp_path / "frames"
    movie = movie_of(seconds=0.5)
    report = export_frames(movie, folder, renderer=renderer)
    names = sorted(p.name for p in folder.iterdir())
    assert names == [*(f"frame_{i:06d}.png" for i in range(1, 7)), "movie.json"]
    assert report.frames == 6
    last = read_document(folder / "frame_000006.png")
    assert last.viewport == END
    assert last.shape == movie.shape
    assert np.asarray(Image.open(folder / "frame_000001.png")).shape == (36, 64, 3)


def test_interrupted_sequence_is_continued_with_the_same_frames(
    tmp_path: Path, renderer: Renderer
) -> None:
    movie = movie_of(seconds=0.5)
    export_frames(movie, tmp_path / "whole", renderer=renderer)
    flag = CancelFlag()
    with pytest.raises(Cancelled):
        export_frames(
            movie,
            tmp_path / "part",
            renderer=renderer,
            progress=_stop_at(flag, 0.6),
            cancel=flag,
        )
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "part").glob("*.png")}
    assert 0 < len(kept) < 6
    with pytest.raises(FileError, match="holds frames of this clip already"):
        export_frames(movie, tmp_path / "part", renderer=renderer)
    export_frames(movie, tmp_path / "part", renderer=renderer, resume=True)
    for path in (tmp_path / "whole").iterdir():
        assert (tmp_path / "part" / path.name).read_bytes() == path.read_bytes()
    for name, changed in kept.items():
        assert (tmp_path / "part" / name).stat().st_mtime_ns == changed


def test_folder_with_another_clip_s_frames_is_refused(tmp_path: Path, renderer: Renderer) -> None:
    (tmp_path / "frame_000001.png").write_bytes(b"someone else's")
    for resume in (False, True):
        with pytest.raises(FileError, match="holds the frames of another clip"):
            export_frames(movie_of(), tmp_path, renderer=renderer, resume=resume)
    assert [p.name for p in tmp_path.iterdir()] == ["frame_000001.png"]
    with pytest.raises(FileError, match="its folder does not exist"):
        export_frames(movie_of(), tmp_path / "a" / "b", renderer=renderer)


def test_locked_colours_are_kept(renderer: Renderer) -> None:
    fixed = Coloring(mode="smooth", levels=(1.0, 50.0))
    movie = movie_of()
    movie = replace(movie, document=replace(movie.document, coloring=fixed))
    assert movies.clip_coloring(movie, renderer) == fixed


@pytest.mark.parametrize("mode", ["classic", "equalized"])
@pytest.mark.parametrize("narrow", [4.9, 4.0, 1.0])
@pytest.mark.parametrize("levels", ["fixed", "keyframes"])
def test_points_reported_are_the_points_sampled_and_within_the_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, narrow: float, levels: str
) -> None:
    sampled = 0
    sample = assembly.sample

    def counting(system: Any, request: Any, points: Any, *rest: Any) -> Any:
        nonlocal sampled
        sampled += len(points)
        return sample(system, request, points, *rest)

    monkeypatch.setattr(assembly, "sample", counting)
    document = Document(SYSTEM.key, SYSTEM.Params(), Viewport.at(0, 0, narrow), Coloring(mode=mode))
    movie = Movie(
        document, Viewport.at(0, 0, 5.0), seconds=0.5, fps=6, shape=(48, 64), levels=levels
    )
    with Renderer(2) as renderer:
        report = export_movie(movie, tmp_path / "zoom.mp4", renderer=renderer)
    assert report.points == sampled
    assert report.points <= 3 * report.bound


def test_frames_with_other_levels_are_another_clip_s(tmp_path: Path, renderer: Renderer) -> None:
    movie = movie_of(seconds=0.5)
    movie = replace(movie, document=replace(movie.document, coloring=Coloring("smooth")))
    export_frames(movie, tmp_path, renderer=renderer)
    other = replace(movie, levels="keyframes")
    with pytest.raises(FileError, match="holds the frames of another clip"):
        export_frames(other, tmp_path, renderer=renderer, resume=True)


def test_supersampling_asks_for_denser_keyframes() -> None:
    densities = []
    for supersampling in (1, 2, 3, 4):
        movie = movie_of()
        movie = replace(movie, document=replace(movie.document, supersampling=supersampling))
        densities.append(movie.density)
    assert densities == [2.0, 2.0, 3.0, 4.0]
