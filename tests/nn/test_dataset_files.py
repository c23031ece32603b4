"""Data sets from files, and the one line that is said of each that can't be used."""

from __future__ import annotations

import gzip
import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core import DataRef
from deepfractals_gui.nn.dataset_files import MAX_ROWS, read_dataset, read_idx_pair
from deepfractals_gui.nn.datasets import open_dataset


def ref(content: bytes | str, name: str = "file.csv") -> DataRef:
    """A reference to data that travel with it, as in a document."""
    inline = content.encode() if isinstance(content, str) else content
    return DataRef(name, "0" * 64, "", inline)


def refused(source: DataRef, **options: bool) -> str:
    with pytest.raises(ValueError, match=r".") as caught:
        read_dataset(source, **options)
    said = str(caught.value)
    assert "\n" not in said
    assert said.isprintable()
    return said


def test_names_of_classes_come_in_alphabetical_order():
    data = read_dataset(
        ref("width,height,kind\n1,2,virginica\n3,4.5,setosa\n5,6,virginica\n"), regression=False
    )
    assert data.name == "file.csv"
    assert np.array_equal(data.inputs, [[1, 2], [3, 4.5], [5, 6]])
    assert data.classes == ("setosa", "virginica")
    assert list(data.targets) == [1, 0, 1]
    assert data.features == ("width", "height")
    assert data.image_shape is None


def test_whole_numbers_are_classes_and_may_leave_gaps():
    data = read_dataset(ref("1,10\n2,2\n3,10\n4,255\n"))
    assert data.classes == ("2", "10", "255")
    assert list(data.targets) == [1, 0, 1, 2]
    assert data.features == ("column 1",)
    assert read_dataset(ref("1,1.0\n2,0\n3,2e0\n")).classes == ("0", "1", "2")


def test_other_numbers_are_to_be_predicted():
    data = read_dataset(ref("a,b,price\n1,2,0.5\n3,4,-600\n"))
    assert data.classes == ()
    assert np.array_equal(data.targets, [[0.5], [-600.0]])
    assert data.n_outputs == 1


def test_whole_numbers_are_predicted_where_that_is_asked_for():
    data = read_dataset(ref("1,346\n2,-5\n3,346\n"), regression=True)
    assert np.array_equal(data.targets, [[346.0], [-5.0], [346.0]])
    assert read_dataset(ref("1,a\n2,b\n"), regression=True).classes == ("a", "b")


def test_a_heading_that_counts_is_seen_and_an_empty_name_is_made_up():
    assert read_dataset(ref("0,1,target\n5,6,0\n7,8,1\n")).features == ("0", "1")
    data = read_dataset(ref(",height,kind\n1,2,a\n3,4,b\n"))
    assert data.features == ("column 1", "height")


BAD_TABLES = {
    "empty": ("\n", "file.csv: there are no numbers"),
    "heading alone": ("a,b\n", "file.csv: there are no numbers"),
    "one column": ("1\n2\n", "file.csv: a row needs at least one number and, last, "),
    "ragged": ("1,2,a\n1,b\n", "file.csv, line 2: there are 2 cells where the first row has 3"),
    "text": ("x,k\n1,a\n2,b\n?,a\n", "file.csv, line 4: '?' is not a number (column 1)"),
    "blank": ("1,2,a\n3,,b\n", "file.csv, line 2: '' is not a number (column 2)"),
    "nan": ("1,a\nnan,b\n", "file.csv, line 2: column 1 is nan"),
    "inf": ("1,2,a\n1,-inf,b\n", "file.csv, line 2: column 2 is -inf"),
    "overflow": ("1,a\n1e999,b\n", "file.csv, line 2: column 1 is inf"),
    "nan target": ("1,2\n3,nan\n", "file.csv, line 2: the target is nan"),
    "inf target": ("1,0.5\n3,inf\n", "file.csv, line 2: the target is inf"),
    "mixed": ("1,2\n3,b\n", "file.csv, line 2: the target is 'b', where others are numbers"),
    "typo": ("1,0.5\n3,O.7\n", "file.csv, line 2: the target is 'O.7', where others are"),
    "missing number": ('1,2\n3,""\n', "file.csv, line 2: there is 1 cell where"),
    "missing name": ('1,a\n3," "\n', "file.csv, line 2: there is 1 cell where"),
    "missing, spaced": ('1 a\n3 ""\n', "file.csv, line 2: the target is missing"),
    "missing, spaced number": ('1 2\n3 ""\n', "file.csv, line 2: the target is missing"),
    "negative": ("1,1\n2,-1\n", "file.csv, line 2: the label -1 is out of range; whole numbers"),
    "large": ("1,0\n\n2,256\n", "file.csv, line 3: the label 256 is out of range; whole numbers"),
    "huge": ("1,0\n2,1e300\n", "file.csv, line 2: the label 1000"),
    "one class": ("1,5\n2,5\n", "file.csv: every row is of the class 5; two are needed"),
    "one name": ("1,a\n2,a\n", "file.csv: every row is of the class a; two are needed"),
    "many classes": (
        "".join(f"{n},class{n}\n" for n in range(257)),
        "file.csv, line 257: 'class256' is one class more than the 256 that there may be",
    ),
    "long name": ("1,a\n2," + "b" * 101, "line 2: the class has more than 100 letters: 'bbb"),
    "control": ("1,a\n2,\x1b[2J", r"file.csv, line 2: the class can't be shown: '\x1b[2J'"),
    "control above": ("a\x07,k\n1,a\n2,b\n", r"the name of column 1 can't be shown: 'a\x07'"),
    "wide": (",".join("1" * 5000), "file.csv has more than 4097 columns"),
    "many rows": ("1,a\n" * (MAX_ROWS + 1), "100001 rows; 1 to 100000 are allowed"),
    "binary": (b"\x89PNG\r\n\x1a\n\xff", "file.csv is neither text in UTF-8, nor an .npz or IDX"),
    "utf-16": ("1,a\n2,b\n".encode("utf-16"), "file.csv is neither text in UTF-8"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_bad_table_is_refused_in_one_line(case):
    content, said = BAD_TABLES[case]
    assert said in refused(ref(content))


@given(st.text(alphabet="012.,-;\t \"'#\nabe_\0\x1b−é", max_size=80))
def test_any_table_gives_a_sound_data_set_or_one_line(text):
    try:
        data = read_dataset(ref(text or "#"))
    except ValueError as error:
        said = str(error)
        assert said.startswith("file.csv")
        assert said.isprintable()
    else:
        assert np.isfinite(data.inputs).all()
        assert np.isfinite(data.targets).all()
        assert len(data.classes) != 1
        assert all(name.isprintable() for name in data.classes + data.features)


def npz(**arrays: np.ndarray) -> DataRef:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return ref(content.getvalue(), "file.npz")


def test_an_archive_holds_classes_numbers_or_images():
    x = np.arange(6.0).reshape(3, 2)
    classes = read_dataset(npz(X=x, Y=np.array([7, 1, 7], np.uint8)))
    assert np.array_equal(classes.inputs, x)
    assert (classes.classes, list(classes.targets)) == (("1", "7"), [1, 0, 1])
    assert classes.features == ("column 1", "column 2")
    assert read_dataset(npz(X=x, Y=np.array([True, False, True]))).classes == ("0", "1")
    assert read_dataset(npz(X=x, Y=np.array([[0.0], [1.0], [2.0]]))).n_outputs == 3
    numbers = read_dataset(npz(X=x, Y=x + 1))
    assert (numbers.classes, numbers.n_outputs) == ((), 2)
    assert read_dataset(npz(X=x, Y=np.array([0.5, 1, 2]))).n_outputs == 1
    assert read_dataset(npz(X=x, Y=np.array([0, 1, 2])), regression=True).n_outputs == 1
    images = read_dataset(npz(X=np.arange(12).reshape(2, 3, 2), Y=np.array([0, 1])))
    assert images.image_shape == (3, 2)
    assert list(images.inputs[1]) == [6, 7, 8, 9, 10, 11]
    assert images.features[5] == "pixel 5"


TWO = np.ones((2, 2))
BAD_ARRAYS = {
    "no Y": ({"X": TWO}, "has no array Y; it has X"),
    "flat": ({"X": np.ones(2), "Y": np.ones(2)}, "X has 1 dimensions and Y 1; X needs 2"),
    "cube": ({"X": TWO, "Y": np.ones((2, 2, 2))}, "X has 2 dimensions and Y 3"),
    "rows differ": ({"X": TWO, "Y": np.ones(3)}, "X has 2 rows and Y has 3"),
    "empty": ({"X": TWO[:0], "Y": np.ones(0)}, "X is 0 x 2; there may be 1 to 100000 rows"),
    "no columns": ({"X": TWO[:, :0], "Y": np.ones(2)}, "X is 2 x 0"),
    "no pixels": ({"X": np.ones((2, 3, 0)), "Y": np.ones(2)}, "X is 2 x 0"),
    "wide": ({"X": np.ones((2, 4097)), "Y": np.ones(2)}, "1 to 4096 columns"),
    "pickle": ({"X": np.array([[None]]), "Y": np.ones(1)}, "X holds object, not numbers"),
    "nan": ({"X": np.array([[1.0], [np.nan]]), "Y": np.ones(2)}, "X is nan at row 2, column 1"),
    "inf": ({"X": TWO, "Y": np.array([0.5, np.inf])}, "Y is inf at row 2, column 1"),
    "label": ({"X": TWO, "Y": np.array([0, -3])}, "row 2 of Y: the label -3 is out of range"),
    "one class": ({"X": TWO, "Y": np.array([4, 4])}, "every row is of the class 4"),
}


@pytest.mark.parametrize("case", BAD_ARRAYS)
def test_bad_arrays_are_refused_in_one_line(case):
    arrays, said = BAD_ARRAYS[case]
    found = refused(npz(**arrays))
    assert found.startswith("file.npz")
    assert said in found


def idx_images(count: int, rows: int = 3, columns: int = 2) -> bytes:
    pixels = np.arange(count * rows * columns) % 256
    return struct.pack(">4I", 2051, count, rows, columns) + pixels.astype(np.uint8).tobytes()


def idx_labels(*labels: int) -> bytes:
    return struct.pack(">2I", 2049, len(labels)) + bytes(labels)


def pair_of(*labels: int):
    images = ref(idx_images(len(labels)), "t10k-images")
    return read_idx_pair(images, ref(idx_labels(*labels), "t10k-labels"))


def test_a_pair_of_idx_files_is_images_and_digits():
    data = pair_of(3, 0, 9)
    assert data.name == "t10k-images"
    assert data.image_shape == (3, 2)
    assert np.array_equal(data.inputs, np.arange(18.0).reshape(3, 6))
    assert list(data.targets) == [3, 0, 9]
    assert data.classes == tuple("0123456789")
    assert data.features == tuple(f"pixel {number}" for number in range(6))


def test_more_than_ten_classes_are_those_that_occur():
    data = pair_of(*range(1, 27), 4)
    assert data.classes == tuple(str(letter) for letter in range(1, 27))
    assert list(data.targets) == [*range(26), 3]


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (idx_images(3), idx_labels(1, 2), "images has 3 images, but labels has 2 labels"),
        (idx_labels(1, 2), idx_labels(1, 2), "images: the magic number is 2049, not 2051"),
        (idx_images(2), idx_images(2), "labels: the magic number is 2051, not 2049"),
        (idx_images(3), idx_labels(1, 77, 2), "labels: label 2 is 77, which is out of range"),
        (idx_images(2), idx_labels(0, 255), "labels: label 2 is 255, which is out of range"),
        (idx_images(2), idx_labels(7, 7), "labels: every label is 7; two classes are needed"),
        (idx_images(2), idx_labels(1, 2)[:-1], "labels: the header promises 2 labels, 2 bytes, "),
        (idx_images(2)[:-1], idx_labels(1, 2), "images: the header promises 2 images of 3 x 2, "),
        (idx_images(1, 65, 64), idx_labels(1), "images: 1 images of 65 x 64 are too many pixels"),
    ],
)
def test_a_pair_that_does_not_fit_is_refused(images, labels, said):
    with pytest.raises(ValueError, match=r"^(images|labels)") as caught:
        read_idx_pair(ref(images, "images"), ref(labels, "labels"))
    assert said in str(caught.value)


def written(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return folder / name


@pytest.mark.parametrize("end", ["", ".gz"])
@pytest.mark.parametrize("dot", ["-", "."])
def test_either_file_of_a_pair_opens_both(tmp_path, dot, end):
    images = written(tmp_path, f"a-images{dot}idx3-ubyte{end}", idx_images(3))
    labels = written(tmp_path, f"a-labels{dot}idx1-ubyte{end}", idx_labels(3, 0, 9))
    for path in (images, labels):
        data = open_dataset(path)
        assert data.name == images.name
        assert list(data.targets) == [3, 0, 9]


def test_images_without_their_labels_are_refused_in_one_line(tmp_path):
    path = written(tmp_path, "a-images-idx3-ubyte", idx_images(3))
    with pytest.raises(ValueError, match=r"^a-images-idx3-ubyte: images and labels are two files"):
        open_dataset(path)
    with pytest.raises(ValueError, match="no such partner"):
        open_dataset(written(tmp_path, "pixels.gz", idx_images(3)))


def test_a_damaged_archive_on_disk_is_refused_in_one_line(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=TWO, Y=np.array([0, 1]))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"^a\.npz is not a readable \.npz file"):
        open_dataset(path)


MNIST = Path(__file__).resolve().parents[3] / "shared" / "data" / "mnist"


@pytest.mark.skipif(not MNIST.is_dir(), reason="the files of MNIST are not here")
def test_mnist_opens_from_the_path_of_its_images():
    data = open_dataset(MNIST / "t10k-images-idx3-ubyte.gz")
    assert data.inputs.shape == (10_000, 784)
    assert (data.inputs.min(), data.inputs.max()) == (0.0, 255.0)
    assert data.image_shape == (28, 28)
    assert list(data.targets[:8]) == [7, 2, 1, 0, 4, 1, 4, 9]
