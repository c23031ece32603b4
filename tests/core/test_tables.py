"""Rows of numbers from pasted text and CSV files."""

from __future__ import annotations

import pytest

from deepfractals_gui.core.tables import FILE_LIMIT, parse_rows, read_rows


@pytest.mark.parametrize(
    "text",
    [
        "0.5,0.8\n-1,2e-3\n",
        "x,y\n0.5,0.8\n-1,2e-3",
        "0.5\t0.8\n-1\t2e-3",
        "0,5;0,8\n-1;2e-3",
        "  0.5   0.8\n\n# note\n-1 2e-3\n",
        '"0.5","0.8"\r\n"-1","0.002"\r\n',
        "0.5,0.8,\n−1,2e-3,\n",
    ],
)
def test_every_usual_way_of_writing_rows_is_read(text: str) -> None:
    assert parse_rows(text, 2) == [[0.5, 0.8], [-1.0, 0.002]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: there are no numbers"),
        ("x,y\n", "line 1: there are no numbers"),
        ("1,2\n3,oops\n", "line 2: 'oops' is not a number"),
        ("1,2\n3\n", "line 2: 2 numbers are needed, not 1"),
        ("1,2,3\n", "line 1: 2 numbers are needed, not 3"),
        ("x,y\na,b\n", "line 2: 'a' is not a number"),
    ],
)
def test_a_wrong_line_is_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("'", ".")):
        parse_rows(text, 2)


def test_a_file_error_names_the_file(tmp_path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("1,2\n3,x\n")
    with pytest.raises(ValueError, match=r"^pairs\.csv, line 2: .x. is not a number$"):
        read_rows(path, 2)
    with pytest.raises(ValueError, match=r"^none\.csv can't be read: no such file"):
        read_rows(tmp_path / "none.csv", 2)
    with pytest.raises(ValueError, match="can't be read"):
        read_rows(tmp_path, 2)


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(ValueError, match="is not a text file"):
        read_rows(path, 2)
    path.write_bytes(b"1,2\n" * (FILE_LIMIT // 4 + 1))
    with pytest.raises(ValueError, match="larger than 1 MB"):
        read_rows(path, 2)


def test_a_byte_order_mark_is_skipped(tmp_path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"\xef\xbb\xbf1,2\n")
    assert read_rows(path, 2) == [[1.0, 2.0]]
