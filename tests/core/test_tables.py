"""Rows of numbers from pasted text and CSV files."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepfractals_gui.core.tables import FILE_LIMIT, numbers_in, parse_rows, read_rows, table_in


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
        '"x, in cm","y; ""y"""\n0.5,0.8\n-1,2e-3',
        '5" pipe,2" pipe and 1" pipe\n0.5,0.8\n-1,2e-3',
        'x y\n"0.5"  0.8\n-1 2e-3',
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
        ("1,2\n1_000,2\n", "line 2: '1_000' is not a number"),
        ('1,2\n"1,000",2\n', "line 2: '1,000' is not a number"),
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


def test_a_table_of_any_size_is_read():
    assert np.array_equal(numbers_in("a,b,c\n1,2,3\n\n4,5,6\n", 2, 3, "t"), [[1, 2, 3], [4, 5, 6]])


FLOWERS = ((5.1, 3.5), (4.9, 3.0)), ("setosa", "Iris virginica")


@pytest.mark.parametrize(
    ("text", "heading", "lines"),
    [
        ("5.1,3.5,setosa\n4.9,3,Iris virginica\n", (), (1, 2)),
        ("# cm\nlength,width,kind\r\n5.1,3.5,setosa\r\n\r\n4.9,3,Iris virginica", None, (3, 5)),
        ("0,1,kind\n5.1,3.5,setosa\n4.9,3,Iris virginica\n", ("0", "1", "kind"), (2, 3)),
        ("5,1;3,5;setosa\n4,9;3;Iris virginica\n", (), (1, 2)),
        ('5.1 3.5 setosa\n4.9 3 "Iris virginica"\n', (), (1, 2)),
        ('"5.1","3.5","setosa"\n"4.9","3","Iris virginica"\n', (), (1, 2)),
    ],
)
def test_the_last_column_is_text(text, heading, lines):
    table = table_in(text, 3, 3, "t")
    numbers, last = FLOWERS
    assert table.heading == (("length", "width", "kind") if heading is None else heading)
    assert np.array_equal(table.numbers, numbers)
    assert table.last == last
    assert table.lines == lines


def test_text_keeps_the_commas_that_numbers_lose():
    table = table_in('a;b;"c; d"\n1,5;2;Smith, J;\n3;,5;"a;,"\n', 9, 9, "t")
    assert table.heading == ("a", "b", "c; d")
    assert np.array_equal(table.numbers, [[1.5, 2.0], [3.0, 0.5]])
    assert table.last == ("Smith, J", "a;,")


def test_a_first_row_that_happens_to_count_is_no_heading():
    assert table_in("0,1,yes\n1,1,yes\n0,0,no\n", 9, 9, "t").heading == ()
    assert table_in("0,1,2\n1,1,3\n", 9, 9, "t").heading == ()
    assert table_in("0,one\n1,two\n", 9, 9, "t").heading == ()


@pytest.mark.parametrize("read", [numbers_in, table_in])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "t: there are no numbers"),
        ("# nothing\n\n", "t: there are no numbers"),
        ("a,b,c\n", "t: there are no numbers"),
        ("1,2,3\n4,5\n", "t, line 2: there are 2 cells where the first row has 3"),
        ("1,2,3\n\n1,2,3,4\n", "t, line 3: there are more cells where the first row has 3"),
        ("1,2,3\n4,five,6\n", "t, line 2: 'five' is not a number (column 2)"),
        ("1,2,3\n4,,6\n", "t, line 2: '' is not a number (column 2)"),
        ("1,2,3\n4,1_0,6\n", "t, line 2: '1_0' is not a number (column 2)"),
        ("1,2,3,4,5\n", "t has more than 4 columns, which are not allowed"),
        ("1,2,3\n" * 9, "t has 9 rows; at most 7 are allowed"),
        ("#\n" * 2000, "t has 2000 lines; at most 7 are allowed"),
    ],
)
def test_what_is_wrong_with_a_table_names_it_and_the_line(read, text, said):
    with pytest.raises(ValueError, match=r"^t") as refused:
        read(text, 7, 4, "t")
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\n2\n", "t: a row needs at least one number and, last, what belongs to it"),
        ("a,b\n1,x\ninf,y\n", "t, line 3: column 1 is inf"),
        ("1,2,x\n1,NaN,y\n", "t, line 2: column 2 is nan"),
        ("1,x\n" * 8, "t has 8 rows; 1 to 7 are allowed"),
        ("0,1,x\n", "t has 0 rows; 1 to 7 are allowed"),
        ("1,2\n1\n", "t, line 2: there is 1 cell where the first row has 2"),
        ("a,b,c\n1,x\n", "t: the heading has 3 names for 2 columns"),
        ("a,b\n" + "1,x\n" * 8, "t has 8 rows; at most 7 are allowed"),
    ],
)
def test_what_is_wrong_with_a_table_of_texts_is_named(text, said):
    with pytest.raises(ValueError, match=r"^t") as refused:
        table_in(text, 7, 4, "t")
    assert str(refused.value) == said


def test_a_heading_is_no_row():
    assert len(table_in("a,b\n" + "1,x\n" * 7, 7, 4, "t").numbers) == 7


def test_a_line_without_end_takes_little_memory():
    line = "1," * (1 << 21)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 4 columns"):
            table_in(line, 7, 4, "t")
        assert tracemalloc.get_traced_memory()[1] < 8 * len(line)
    finally:
        tracemalloc.stop()


@given(st.text(alphabet="12.,;\t \"'#\nax-e_\0−", max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text):
    for read in (numbers_in, table_in):
        try:
            read(text, 5, 4, "t")
        except ValueError as error:
            said = str(error)
            assert said.startswith("t")
            assert "\n" not in said
