"""IDX files: sound ones are read, and for every other the field at fault is named."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import DataRef
from deepfractals_gui.nn.idx import IMAGES, LABELS, idx_partner, read_idx

PIXELS = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)


def idx(array: np.ndarray, kind: int = 0x08) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    sides = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes([0, 0, kind, array.ndim]) + sides + big.tobytes()


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")],
)
@pytest.mark.parametrize("shape", [(5,), (3, 2), (4, 3, 2), (2, 1, 3, 2)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_every_type_and_shape_is_read(kind, dtype, shape, pack):
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    found = read_idx(pack(idx(array, kind)), "file")
    assert found.shape == shape
    assert found.dtype == np.dtype(dtype).newbyteorder(">")
    assert np.array_equal(found, array)


def test_several_gzip_members_are_one_file():
    content = idx(PIXELS)
    assert np.array_equal(
        read_idx(gzip.compress(content[:9]) + gzip.compress(content[9:]), "a"), PIXELS
    )


FIELDS = [
    *["the magic number"] * 4,
    *["the number of images"] * 4,
    *["the number of rows"] * 4,
    *["the number of columns"] * 4,
]


@pytest.mark.parametrize("length", range(16))
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_header_that_ends_early_names_the_field(length, pack):
    with pytest.raises(ValueError, match=r"^train-images: ") as refused:
        read_idx(pack(idx(PIXELS)[:length]), "train-images", IMAGES)
    assert str(refused.value) == (
        f"train-images: the file ends after {length} bytes, within {FIELDS[length]}"
    )


@pytest.mark.parametrize("length", range(16, 16 + 24))
def test_data_that_end_early_are_counted(length):
    with pytest.raises(ValueError, match=r"^a: ") as refused:
        read_idx(idx(PIXELS)[:length], "a")
    assert str(refused.value) == (
        f"a: the header promises 4 images of 3 x 2, 24 bytes, but {length - 16} follow"
    )


@pytest.mark.parametrize("length", range(2, len(gzip.compress(idx(PIXELS)))))
def test_a_truncated_gzip_file_is_refused(length):
    with pytest.raises(ValueError, match=r"^a: the gzip data is cut short$"):
        read_idx(gzip.compress(idx(PIXELS))[:length], "a")


@pytest.mark.parametrize(
    ("content", "magic", "said"),
    [
        (idx(PIXELS[0, 0]), IMAGES, "the magic number is 2049, not 2051"),
        (idx(PIXELS), LABELS, "the magic number is 2051, not 2049"),
        (b"1,2,3\n4,5,6\n", None, "the magic number is 824980012, which is none of an IDX file"),
        (gzip.compress(b"1,2,3\n"), IMAGES, "the magic number is 824980012, not 2051"),
        (b"\0\0\x0a\1" + bytes(9), None, "the magic number is 2561, which is none"),
        (b"\0\0\x08\0" + bytes(9), None, "the magic number is 2048, which is none"),
        (b"\0\0\x08\5" + b"\0\0\0\1" * 6, None, "the magic number is 2053, which is none"),
        (idx(PIXELS[:0]), IMAGES, "the number of images is 0"),
        (idx(PIXELS[:, :0]), IMAGES, "the number of rows is 0"),
        (idx(PIXELS[:, :, :0]), IMAGES, "the number of columns is 0"),
        (idx(PIXELS[0, 0, :0]), LABELS, "the number of labels is 0"),
        (idx(PIXELS[0, :0]), None, "side 1 is 0"),
        (
            idx(PIXELS) + b"x",
            IMAGES,
            "the header promises 4 images of 3 x 2, 24 bytes, but more follow",
        ),
        (idx(PIXELS[0, 0]) + b"xy", LABELS, "the header promises 2 labels, 2 bytes, but more"),
        (idx(PIXELS[0])[:-1], None, "the header promises 3 x 2 numbers, 6 bytes, but 5 follow"),
        (
            b"\0\0\x08\3" + b"\xff" * 12,
            IMAGES,
            "promises 4294967295 images of 4294967295 x 4294967295, ",
        ),
        (gzip.compress(idx(PIXELS))[:-8] + bytes(8), IMAGES, "the gzip data is damaged: CRC"),
        (b"\x1f\x8b" + bytes(30), IMAGES, "the gzip data is damaged: Unknown compression"),
        (gzip.compress(idx(PIXELS)) + b"trash", IMAGES, "the gzip data is damaged"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(content, magic, said):
    with pytest.raises(ValueError, match=r"^t10k-images: ") as refused:
        read_idx(content, "t10k-images", magic)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("count", [10, 0xFFFFFFF0])
def test_a_gzip_bomb_is_unpacked_no_further_than_promised(count):
    header = b"\0\0\x08\1" + struct.pack(">I", count)
    content = gzip.compress(header + bytes(1 << 26))
    assert len(content) < 1 << 17
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="the header promises"):
            read_idx(content, "a")
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=40), st.integers(0, 40), st.integers(0, 255))
def test_any_bytes_are_read_or_refused_in_one_line(tail, place, value):
    changed = bytearray(gzip.compress(idx(PIXELS)))
    changed[min(place, len(changed) - 1)] = value
    for content in (tail, b"\0\0\x08\1" + tail, b"\x1f\x8b\x08" + tail, bytes(changed) + tail):
        try:
            read_idx(content, "a")
        except ValueError as error:
            said = str(error)
            assert said.startswith("a: ")
            assert "\n" not in said


@pytest.mark.parametrize(
    ("given_name", "there", "found"),
    [
        ("train-images-idx3-ubyte", ["train-labels-idx1-ubyte"], 0),
        ("train-labels-idx1-ubyte", ["train-images-idx3-ubyte"], 0),
        ("t10k-images-idx3-ubyte.gz", ["t10k-labels-idx1-ubyte.gz"], 0),
        ("t10k-images.idx3-ubyte", ["t10k-labels.idx1-ubyte"], 0),
        ("emnist-letters-test-images-idx3-ubyte.gz", ["emnist-letters-test-labels-idx1-ubyte"], 0),
        ("images-idx3-ubyte", ["labels-idx1-ubyte"], 0),
        ("a-images-idx3-ubyte", ["a-labels.idx1-ubyte.gz"], 0),
        ("a-images-idx3-ubyte", ["a-labels-idx1-ubyte.gz", "a-labels-idx1-ubyte"], 1),
        ("a-images-idx3-ubyte.gz", ["a-labels-idx1-ubyte.gz", "a-labels-idx1-ubyte"], 0),
        ("my images-labels-idx1-ubyte", ["my images-images-idx3-ubyte"], 0),
        ("a-images-idx3-ubyte", [], None),
        ("a-images-idx3-ubyte", ["b-labels-idx1-ubyte", "a-labels-idx3-ubyte"], None),
        ("a-images.csv", ["a-labels.csv"], None),
        ("a.png", [], None),
    ],
)
def test_the_partner_is_found_by_its_name(tmp_path, given_name, there, found):
    for name in there:
        (tmp_path / name).write_bytes(b"")
    partner = None if found is None else tmp_path / there[found]
    assert idx_partner(tmp_path / given_name) == partner


def test_a_folder_is_no_partner(tmp_path):
    (tmp_path / "a-labels-idx1-ubyte").mkdir()
    assert idx_partner(tmp_path / "a-images-idx3-ubyte") is None


MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"


@pytest.mark.skipif(not MNIST.is_dir(), reason="the files of MNIST are not here")
def test_the_files_of_mnist_are_read_as_they_are():
    images = DataRef.of_file(MNIST / "t10k-images-idx3-ubyte.gz")
    pixels = read_idx(images.read(), images.name, IMAGES)
    assert pixels.shape == (10_000, 28, 28)
    plain = gzip.decompress(images.read())
    assert np.array_equal(pixels, np.frombuffer(plain, np.uint8, offset=16).reshape(pixels.shape))
    labels = read_idx((MNIST / "t10k-labels-idx1-ubyte.gz").read_bytes(), "labels", LABELS)
    assert list(np.bincount(labels)) == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
