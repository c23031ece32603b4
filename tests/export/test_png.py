"""The PNG writer's files, read by another decoder."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from deepfractals_gui.export.png import PngWriter, filtered_rows
from deepfractals_gui.session.png_text import read_text


def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:97, :211]
    ramp = np.stack([x, y, x + y], -1).astype(np.uint8)
    return {
        "noise": rng.integers(0, 256, (50, 300, 3), np.uint8),
        "ramp": ramp,
        "flat": np.full((5, 7, 3), 200, np.uint8),
        "one pixel": np.full((1, 1, 3), 9, np.uint8),
        "wide": rng.integers(0, 4, (3, 16384, 3), np.uint8),
        "tall": rng.integers(0, 4, (5000, 2, 3), np.uint8),
        "large": np.repeat(rng.integers(0, 256, (900, 150, 3), np.uint8), 20, axis=1),
    }


@pytest.mark.parametrize("name", list(pictures()))
@pytest.mark.parametrize("band", [1, 7, 10_000])
def test_pixels_are_decoded_as_they_were_written(name: str, band: int) -> None:
    rgb = pictures()[name]
    file = io.BytesIO()
    writer = PngWriter(file, rgb.shape[:2], {"Title": "größer", "deepfractals": '{"a": 1}'})
    band = max(band, len(rgb) // 50)
    for start in range(0, len(rgb), band):
        writer.write_rows(rgb[start : start + band])
    writer.close()
    file.seek(0)
    image = Image.open(file)
    assert image.mode == "RGB"
    assert np.array_equal(np.asarray(image), rgb)
    assert image.info["Title"] == "größer"
    file.seek(0)
    assert read_text(file) == b'{"a": 1}'


def test_bytes_do_not_depend_on_the_bands() -> None:
    rgb = pictures()["large"]
    found = []
    for band in (13, 900):
        file = io.BytesIO()
        writer = PngWriter(file, rgb.shape[:2], {}, run=lambda f, s: list(map(f, s)))
        for start in range(0, len(rgb), band):
            writer.write_rows(rgb[start : start + band])
        writer.close()
        found.append(np.asarray(Image.open(file)))
    assert np.array_equal(found[0], found[1])


def test_smooth_rows_take_a_filter_and_shrink() -> None:
    rgb = pictures()["ramp"]
    flat = rgb.reshape(97, -1)
    above = np.concatenate([np.zeros_like(flat[:1]), flat[:-1]])
    filters = np.frombuffer(filtered_rows(flat, above), np.uint8).reshape(97, -1)[:, 0]
    assert set(filters.tolist()) <= {1, 2}
    file = io.BytesIO()
    writer = PngWriter(file, (97, 211), {})
    writer.write_rows(rgb)
    writer.close()
    assert file.tell() < rgb.size / 20


def test_wrong_rows_are_refused() -> None:
    writer = PngWriter(io.BytesIO(), (4, 5), {})
    with pytest.raises(ValueError, match="rows of 5 RGB pixels"):
        writer.write_rows(np.zeros((1, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="rows of 5 RGB pixels"):
        writer.write_rows(np.zeros((1, 5, 3), np.float32))
    with pytest.raises(ValueError, match="only 4 rows"):
        writer.write_rows(np.zeros((5, 5, 3), np.uint8))
    writer.write_rows(np.zeros((3, 5, 3), np.uint8))
    with pytest.raises(ValueError, match="1 rows of the picture are missing"):
        writer.close()
