"""A PNG holds the picture and its document, and gives the same picture again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.core import CancelFlag, Cancelled, Coloring, Document
from deepfractals_gui.export import stills
from deepfractals_gui.export.stills import export_png, fixed_coloring, picture, reduced_shape
from deepfractals_gui.render import Renderer
from deepfractals_gui.session.documents import read_document
from deepfractals_gui.session.files import FileError
from deepfractals_gui.systems import SYSTEMS
from tests.systems.short import short_params, small_shape

SHAPE = (54, 90)


def document_of(system: Any, **changes: Any) -> Document:
    shape = small_shape(system, SHAPE)
    document = Document(system.key, short_params(system), shape=shape, supersampling=2)
    return replace(document, **changes)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.key)
@pytest.mark.parametrize("mode", ["", "equalized", "slope"], ids=["own", "equalized", "slope"])
def test_dropped_png_renders_the_same_pixels_again(
    tmp_path: Path, renderer: Renderer, system: Any, mode: str
) -> None:
    own = system.default_coloring(system.Params())
    coloring = replace(own, mode=mode, channel="", palette="nebula") if mode else own
    document = document_of(system, coloring=coloring)
    first, second = tmp_path / "first.png", tmp_path / "second.png"
    export_png(document, first, renderer=renderer)
    again = read_document(first)
    assert again.shape == document.shape
    assert again.viewport == system.home(document.params)
    export_png(again, second, renderer=renderer)
    assert np.array_equal(pixels(first), pixels(second))
    assert read_document(second) == again
    # The window colours whole images in memory: it must agree with the file.
    assert np.array_equal(picture(again, renderer)[::-1, :, :3], pixels(first))


def test_bands_of_few_rows_give_the_same_file(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = document_of(SYSTEMS[0], coloring=Coloring(glow_sigma=40.0))
    export_png(document, tmp_path / "whole.png", renderer=renderer)
    monkeypatch.setattr(stills, "_BAND_BYTES", 1)
    # A fresh renderer has nothing cached: each band is rendered on its own.
    with Renderer(threads=2, memory=1) as other:
        export_png(document, tmp_path / "bands.png", renderer=other)
    assert np.array_equal(pixels(tmp_path / "whole.png"), pixels(tmp_path / "bands.png"))


def test_range_is_fixed_by_the_view_alone(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills, "RANGE_SIDE", 128)
    system = SYSTEMS[0]
    free = document_of(system, coloring=Coloring(mode="smooth"), shape=(192, 256))
    fixed = fixed_coloring(free, renderer)
    assert fixed.levels is not None
    larger = replace(free, shape=(3072, 4096), supersampling=4)
    assert fixed_coloring(larger, renderer) == fixed
    locked = replace(free, coloring=fixed)
    assert fixed_coloring(locked, renderer) is locked.coloring


def test_reduced_shape_keeps_the_aspect() -> None:
    assert reduced_shape((9000, 16000), 1024) == (576, 1024)
    assert reduced_shape((10, 20), 1024) == (10, 20)
    assert reduced_shape((1, 16384), 1024) == (1, 1024)


def test_rows_are_flipped_so_that_large_y_is_up(tmp_path: Path, renderer: Renderer) -> None:
    document = document_of(SYSTEMS[1], supersampling=1)
    assert document.viewport is None
    shifted = stills.complete(document)
    assert shifted.viewport is not None
    up = replace(shifted, viewport=shifted.viewport.panned(0, 10, SHAPE[1]), coloring=FLAT)
    here = replace(shifted, coloring=FLAT)
    for name, chosen in (("up", up), ("here", here)):
        export_png(chosen, tmp_path / f"{name}.png", renderer=renderer)
    assert np.array_equal(pixels(tmp_path / "up.png")[10:], pixels(tmp_path / "here.png")[:-10])


FLAT = Coloring(glow=0.0, vignette=0.0)


def test_cancelled_export_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    flag = CancelFlag()

    def stop(fraction: float) -> None:
        if fraction > 0.2:
            flag.set()

    with Renderer(threads=2, memory=1) as other, pytest.raises(Cancelled):
        export_png(
            document_of(SYSTEMS[2], shape=(200, 200)),
            path,
            renderer=other,
            progress=stop,
            cancel=flag,
        )
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_full_disk_keeps_the_old_file(
    tmp_path: Path, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    # What a full disk does to a write, /dev/full does to every write.
    real = stills.PngWriter

    def on_full_disk(file: Any, *arguments: Any, **options: Any) -> Any:
        return real(open("/dev/full", "wb", buffering=0), *arguments, **options)

    monkeypatch.setattr(stills, "PngWriter", on_full_disk)
    with pytest.raises(FileError, match="the disk is full"):
        export_png(document_of(SYSTEMS[0]), path, renderer=renderer)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["picture.png"]


def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    with Renderer(threads=1, memory=1) as other:
        document = document_of(SYSTEMS[0], shape=(100, 100))
        export_png(document, tmp_path / "a.png", renderer=other, progress=seen.append)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)
    assert min(seen) >= 0.0


def test_document_without_size_is_refused(tmp_path: Path, renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="no size"):
        export_png(document_of(SYSTEMS[0], shape=None), tmp_path / "a.png", renderer=renderer)
    assert not list(tmp_path.iterdir())
