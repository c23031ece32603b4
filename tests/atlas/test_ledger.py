"""The ledger's figures are those of the files themselves."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import subprocess

import pytest

from deepfractals_gui.atlas.exports import Sizes, export_bytes, export_in
from deepfractals_gui.atlas.ledger import ledger, other_sizes, table
from deepfractals_gui.atlas.texts import book_of, shipped_book


def test_the_parts_add_up_to_the_file():
    book = book_of(shipped_book("alice29").content[:5000], "opening")
    content = export_bytes(book)
    export = export_in(content, "opening")
    found = ledger(book, export.sizes, export.method)
    assert found.total == len(content)
    rows = {name.strip(): (size, bits) for name, size, bits in found.rows()}
    assert rows["UTF-8"] == (5000, 8.0)
    assert rows["atlas (contexts)"] == (len(content), 8 * len(content) / 5000)
    parts = ("weights", "alphabet", "key", "residual", "header and checksums")
    assert sum(rows[part][0] for part in parts) == len(content)


def test_the_others_are_whole_files_that_unpack():
    content = shipped_book("asyoulik").content
    raw, zipped, bz, xz = other_sizes(content)
    assert raw == len(content)
    assert zipped == pytest.approx(48_829, rel=0.01)
    assert bz == len(bz2.compress(content)) == 39_569
    assert xz <= len(lzma.compress(content))
    if shutil.which("gzip"):
        done = subprocess.run(["gzip", "-9nc"], input=content, capture_output=True, check=True)
        assert gzip.decompress(done.stdout) == content
        assert zipped == pytest.approx(len(done.stdout), rel=0.01)


def test_characters_count_not_bytes():
    book = book_of("äöü".encode() * 10, "umlauts")
    assert ledger(book, Sizes(1, 2, 3, 4, 5), "contexts").rows()[0] == ("UTF-8", 60, 16.0)


def test_the_table_lines_up():
    book = book_of(b"abc\n" * 100, "letters")
    lines = table([ledger(book, Sizes(50, 5, 3, 3, 1000), "contexts")] * 2).splitlines()
    assert lines[0] == "letters, 400 characters"
    assert len(lines) == 2 * 12 + 1
    assert len({line.rindex(" ", 0, 40) for line in lines[2:12]}) == 1
    assert lines[2] == f"  UTF-8{'':21}400  8.0000"
    assert lines[6] == f"  atlas (contexts){'':8}1,061  21.2200"
