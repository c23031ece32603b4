"""Arrays from .npz files: what is sound is read, what is not is refused in one line."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core.archives import (
    MOST_MEMBERS,
    arrays_in,
    check_finite,
    each_array,
    shapes_in,
    text_in,
)

SOUND = {"X": np.arange(6.0).reshape(3, 2), "Y": np.array([0, 2, 1], np.uint8)}


def stored(**arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def zipped(compression: int = zipfile.ZIP_DEFLATED, **members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, member in members.items():
            archive.writestr(f"{name}.npy", member)
    return content.getvalue()


def headed(header: str, version: int = 1) -> bytes:
    text = header.encode("latin1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def described(descr: str, shape: str) -> bytes:
    return headed(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}")


@pytest.mark.parametrize("dtype", ["u1", "i2", ">i4", "<u8", "f2", ">f4", "f8", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numbers_of_any_type_and_order_come_as_float64(dtype, order):
    table = np.asarray(np.arange(12).reshape(4, 3) % 2, dtype=dtype, order=order)
    found = arrays_in(stored(X=table), "a.npz", ("X",), ("b0",), most=12)
    assert set(found) == {"X"}
    assert found["X"].dtype == np.float64
    assert np.array_equal(found["X"], table)


def test_an_optional_array_is_read_where_there_is_one():
    found = arrays_in(stored(**SOUND), "a.npz", ("X",), ("Y", "Z"), most=6)
    assert set(found) == {"X", "Y"}


def test_shapes_are_read_without_the_numbers():
    content = zipped(X=described("'<f8'", "(3, 4)"), Y=described("'|u1'", "(12,)"))
    assert shapes_in(content, "a.npz", ("X", "Y"), most=12) == {"X": (3, 4), "Y": (12,)}
    with pytest.raises(ValueError, match=r"^a\.npz: Y has the shape \(12,\), which is too large$"):
        shapes_in(content, "a.npz", ("Y",), most=11)
    with pytest.raises(ValueError, match=r"^a\.npz: X is cut short$"):
        arrays_in(content, "a.npz", ("X",), most=12)


def test_arrays_come_one_by_one_in_the_order_asked_for():
    found = list(each_array(stored(**SOUND), "a.npz", ("Y", "X"), most=6))
    assert [name for name, _ in found] == ["Y", "X"]
    assert all(np.array_equal(array, SOUND[name]) for name, array in found)


def test_more_members_than_any_file_has_are_refused_before_they_are_listed():
    few, many = ({f"m{n}": b"" for n in range(count)} for count in (MOST_MEMBERS, MOST_MEMBERS + 1))
    with pytest.raises(ValueError, match=r"^a\.npz has no array X"):
        arrays_in(zipped(**few), "a.npz", ("X",), most=1)
    with pytest.raises(ValueError, match=r"^a\.npz has more than 4,096 arrays$"):
        arrays_in(zipped(**many), "a.npz", ("X",), most=1)


BAD = {
    "absent": (stored(A=np.ones(1), **{"\x1b[2J": np.ones(1)}), r"no array X; it has \x1b[2J, A"),
    "nothing": (zipped(), "no array X; it has nothing"),
    "too many": (stored(X=np.ones((7, 2))), "X has the shape (7, 2), which is too large"),
    "too deep": (stored(X=np.ones((1, 1, 1))), "X has the shape (1, 1, 1)"),
    "texts": (stored(X=np.array(["a"])), "X holds <U1, not numbers"),
    "times": (stored(X=np.array(["2026-01-01"], "M8[D]")), "not numbers"),
    "pickle": (zipped(X=described("'|O'", "(1,)") + b"cos\nsystem\n"), "X holds object"),
    "records": (zipped(X=described("[('a', '<f8')]", "(1,)") + bytes(8)), "not numbers"),
    "cut": (zipped(X=described("'<f8'", "(3,)") + bytes(23)), "X is cut short"),
    "negative": (zipped(X=described("'<f8'", "(-1, 2)") + bytes(999)), "too large"),
    "no magic": (zipped(X=b"1,2,3"), "X is not a NumPy array"),
    "version 9": (zipped(X=headed("{}", 9)), "X is not a NumPy array"),
    "no shape": (zipped(X=headed("{'descr': '<f8'}")), "X is not a NumPy array"),
    "no type": (zipped(X=described("'<q9'", "(1,)")), "X is not a NumPy array"),
    "mixed keys": (zipped(X=headed("{1: 2, 'a': 3}")), "X is not a NumPy array"),
    "nested": (zipped(X=headed("-" * 3000 + "1")), "X is not a NumPy array"),
    "open bracket": (zipped(X=headed("{'descr': (")), "X is not a NumPy array"),
    "bzip2": (zipped(zipfile.ZIP_BZIP2, X=b""), "X is compressed as NumPy never does"),
    "no archive": (b"PK\x03\x04 and no more", "not a readable .npz file"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.filterwarnings("ignore:Reading `.npy`:UserWarning")
def test_what_is_wrong_is_said_in_one_line(case):
    content, said = BAD[case]
    with pytest.raises(ValueError, match=r"^a\.npz") as refused:
        arrays_in(content, "a.npz", ("X",), most=12)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_header_takes_no_memory_for_the_length_it_promises():
    length = 1 << 26
    content = zipped(X=b"\x93NUMPY\x02\x00" + struct.pack("<I", length) + b" " * length)
    assert len(content) < 1 << 18
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="X is not a NumPy array"):
            arrays_in(content, "a.npz", ("X",), most=12)
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


def test_what_follows_the_promised_numbers_is_not_read():
    header = described("'|u1'", "(4,)")
    content = zipped(X=header + bytes(1 << 26))
    tracemalloc.start()
    try:
        assert np.array_equal(arrays_in(content, "a", ("X",), most=4)["X"], np.zeros(4))
        assert tracemalloc.get_traced_memory()[1] < 1 << 22
    finally:
        tracemalloc.stop()


@given(st.integers(0, len(stored(**SOUND)) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_changes_numbers_only(place, flip):
    content = bytearray(stored(**SOUND))
    content[place] ^= flip
    try:
        found = arrays_in(bytes(content), "a.npz", ("X", "Y"), most=12)
    except ValueError as error:
        said = str(error)
        assert said.startswith("a.npz")
        assert "\n" not in said
    else:
        assert set(found) == {"X", "Y"}
        assert all(array.dtype == np.float64 and array.size <= 12 for array in found.values())


@pytest.mark.parametrize("length", range(0, len(stored(**SOUND)), 7))
def test_a_truncated_archive_is_refused(length):
    with pytest.raises(ValueError, match=r"^a\.npz is not a readable"):
        arrays_in(stored(**SOUND)[:length], "a.npz", ("X", "Y"), most=12)


def test_the_first_number_that_is_none_is_named():
    check_finite(np.ones((2, 2)), "a", "X")
    with pytest.raises(ValueError, match=r"^a: X is nan at row 2, column 1$"):
        check_finite(np.array([[1.0, 2.0], [np.nan, np.inf]]), "a", "X")
    with pytest.raises(ValueError, match=r"^a: b0 is -inf at row 3$"):
        check_finite(np.array([1.0, 2.0, -np.inf]), "a", "b0")


def test_a_text_is_a_string_or_bytes():
    text = "{} é"
    for array in (np.array(text), np.frombuffer(text.encode(), np.uint8)):
        assert text_in(stored(spec=array), "a.npz", "spec") == text
    assert text_in(stored(spec=np.array("")), "a.npz", "spec") == ""


@pytest.mark.parametrize(
    ("array", "said"),
    [
        (np.ones(3), "a.npz: spec is neither a single string nor bytes"),
        (np.array(["a"]), "a.npz: spec is neither a single string nor bytes"),
        (np.array([255, 254], np.uint8), "a.npz: spec is not a text"),
        (np.array("a" * 11), "a.npz: spec is longer than 10 characters"),
        (np.zeros(41, np.uint8), "a.npz: spec is longer than 10 characters"),
    ],
)
def test_what_is_no_text_is_refused_in_one_line(array, said):
    with pytest.raises(ValueError, match=said):
        text_in(stored(spec=array), "a.npz", "spec", most=10)
