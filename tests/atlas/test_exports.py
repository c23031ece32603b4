"""An export gives back the bytes it was made of, or says in one line why it doesn't."""

from __future__ import annotations

import os
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfractals_gui.atlas import exports
from deepfractals_gui.atlas.coding import COORDINATE_ONLY, Uniform
from deepfractals_gui.atlas.exports import (
    ExportError,
    decode,
    export_bytes,
    export_in,
    read_export,
    save_export,
)
from deepfractals_gui.atlas.texts import Alphabet, book_of, shipped_book
from deepfractals_gui.core import CancelFlag, Cancelled
from tests.atlas.models import from_bytes, guessing


@pytest.fixture(scope="module")
def small():
    return export_bytes(book_of(b"Down the rabbit hole.\r\n", "small"))


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.one_of(
            st.sampled_from("ab \r\n\ufeff"), st.characters(codec="utf-8", exclude_characters="\0")
        ),
        min_size=1,
    )
)
def test_any_text_comes_back_byte_for_byte(text):
    content = text.encode()
    export = export_in(export_bytes(book_of(content, "any")), "any")
    assert export.text() == content
    assert export.alphabet == Alphabet.of(text)
    assert export.length == len(text)


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbfmarked\r\n", b"no end", b"one\rtwo\r\nthree\n\n", b"\n", "".join(
        map(chr, range(0x4E00, 0x4E00 + 1024))).encode()],
    ids=["byte order mark", "no final newline", "line ends", "one character", "1,024 characters"],
)  # fmt: skip
def test_what_editors_change_stays(tmp_path, content):
    save_export(tmp_path / "x.atlas", export_bytes(book_of(content, "x")))
    assert decode(tmp_path / "x.atlas") == content
    assert [one.name for one in tmp_path.iterdir()] == ["x.atlas"]


@pytest.mark.parametrize("neighbours", [False, True])
@pytest.mark.parametrize("key", [b"", b"key"])
def test_a_models_weights_and_key_travel_along(neighbours, key):
    book = book_of(shipped_book("alice29").content[:6000], "opening")
    weights = book.symbols.astype(np.uint8).tobytes()
    content = export_bytes(
        book, weights=weights, key=key, factory=from_bytes, neighbours=neighbours
    )
    export = export_in(content, "opening")
    assert (export.weights, export.key, export.sha256) == (weights, key, book.sha256)
    assert (export.method in COORDINATE_ONLY) != neighbours
    assert export.text(from_bytes) == book.content
    assert sum(export.sizes) == len(content)
    assert export.sizes.residual > len(export.residual)
    # The weights are a text here, so that they shrink; a key this short doesn't.
    assert export.sizes.weights < len(weights)
    assert export.sizes.key == 3 + len(key)


def test_random_weights_stay_as_they_are():
    book = book_of(b"abc" * 30, "x")
    weights = np.random.default_rng(1).integers(0, 256, 500, np.uint8).tobytes()
    content = export_bytes(book, weights=weights, factory=lambda w, k, size: Uniform(size))
    assert export_in(content, "x").weights == weights
    assert export_in(content, "x").sizes.weights == 500 + 1 + 2 * 2


def test_every_flipped_bit_is_noticed(small):
    for at in range(len(small)):
        for bit in range(8):
            damaged = bytearray(small)
            damaged[at] ^= 1 << bit
            with pytest.raises(ExportError, match=r"^x is (damaged|not an export)") as caught:
                export_in(bytes(damaged), "x")
            assert "\n" not in str(caught.value)


def test_every_cut_and_every_addition_is_noticed(small):
    for at in range(len(small)):
        with pytest.raises(ExportError, match=r"^x is (damaged|not an export)"):
            export_in(small[:at], "x")
    for more in (b"\0", b"\xff", b"\n", small):
        with pytest.raises(ExportError, match=r"^x is damaged"):
            export_in(small + more, "x")


def resealed(body):
    return bytes(body) + zlib.crc32(body).to_bytes(4, "little")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_file_with_a_sound_checksum_is_read_as_another_text(small, data):
    """Someone may damage a file on purpose and seal it again."""
    body = bytearray(small[:-4])
    at = data.draw(st.integers(5, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del body[data.draw(st.integers(5, len(body) - 1))]
    if body == small[:-4]:
        return
    found = outcome(resealed(body))
    assert found in (None, b"Down the rabbit hole.\r\n")


def outcome(content):
    """The text that a file gives, or None where it is refused."""
    try:
        export = export_in(content, "x")
        # To decode what some claim to hold takes a minute.
        return export.text(lambda w, k, size: Uniform(size)) if export.length < 10_000 else None
    except ExportError as error:
        return None if "\n" not in str(error) else str(error)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda body: b"PK\3\4" + body[4:], "is not an export of the text atlas"),
        (lambda body: body[:4] + b"\2" + body[5:], "is of version 2; this reads 1"),
        (lambda body: body[:5] + b"\xff\xff\xff\x7f" + body[6:], "too much for its name"),
        (lambda body: body[:11] + b"\xff\xff\xff\xff\x7f" + body[12:], "too much for its length"),
        (lambda body: body[:11] + b"\0" + body[12:], "its text is empty"),
        (lambda body: body[:12] + b"\1\0\xff\x7f" + body[13:], "too much for its alphabet"),
        (lambda body: body[:-32] + b"\0" + body[-32:], "1 bytes follow its residual"),
    ],
    ids=["magic", "version", "name", "length", "empty", "alphabet", "trailer"],
)
def test_what_is_wrong_inside_is_named(small, change, reason):
    with pytest.raises(ExportError, match=reason):
        export_in(resealed(change(small[:-4])), "x")


def test_no_memory_is_taken_for_what_a_file_claims(small):
    """Weights of 2^40 bytes, in a file of a hundred."""
    alphabet = exports._alphabet(Alphabet("a"))
    claim = b"\1" + exports._varint(1 << 40) + exports._varint(3) + b"abc"
    body = exports.MAGIC + b"\1\0\1" + alphabet + claim + b"\0\0\0\3\0" + bytes(32)
    with pytest.raises(ExportError, match="1,099,511,627,776 is too much for its weights"):
        export_in(resealed(body), "x")


def test_a_large_file_is_not_read(tmp_path):
    with (tmp_path / "x.atlas").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ExportError, match=r"x\.atlas has 1,099,511,627,776 bytes; at most"):
        read_export(tmp_path / "x.atlas")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExportError, match="not a regular file"):
        read_export(tmp_path / "pipe")


@pytest.mark.parametrize("content", [b"", b"\x8fatl", b"abc", b"\x8fatl\1" + bytes(40)])
def test_what_is_no_export_is_refused(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ExportError, match=r"^x is (damaged|not an export)"):
        decode(tmp_path / "x")


def test_a_model_that_can_not_be_made_is_told_of():
    book = book_of(b"abcd", "x")
    content = export_bytes(book, weights=b"\0\1\2\3", factory=from_bytes)
    export = export_in(content, "x")
    with pytest.raises(ExportError, match=r"^x needs a model"):
        export.text()

    def broken(weights, key, size):
        raise ValueError("three layers are missing")

    with pytest.raises(ExportError, match=r"^x: its model is damaged: three layers are missing$"):
        export.text(broken)


def test_another_model_gives_no_other_text():
    book = book_of(b"abcd" * 20, "x")
    weights = book.symbols.astype(np.uint8).tobytes()
    export = export_in(export_bytes(book, weights=weights, factory=from_bytes), "x")
    with pytest.raises(ExportError, match=r"^x comes out as another text"):
        export.text(lambda w, k, size: guessing(np.frombuffer(w, np.uint8), size, 0.5, seed=9))


def test_a_model_that_answers_differently_each_time_is_found_out():
    book, seeds = book_of(b"abcd" * 20, "x"), iter(range(9))

    def moody(weights, key, size):
        return guessing(np.frombuffer(weights, np.uint8), size, 0.5, seed=next(seeds))

    with pytest.raises(ExportError, match="comes out as another text"):
        export_bytes(
            book, weights=book.symbols.astype(np.uint8).tobytes(), factory=moody, neighbours=False
        )


def test_an_export_and_its_decoding_can_be_stopped(small):
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        export_bytes(book_of(b"abc", "x"), cancel=flag)
    with pytest.raises(Cancelled):
        export_in(small, "small").text(cancel=flag)


def test_progress_rises_to_all_of_it():
    seen = []
    book = book_of(shipped_book("asyoulik").content[:9000], "x")
    export_bytes(book, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert len({total for _, total in seen}) == 1
    assert seen[-1][0] == seen[-1][1]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch, small):
    path = tmp_path / "x.atlas"
    save_export(path, small)

    def fail(*_):
        raise OSError("no space")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        save_export(path, b"other")
    assert path.read_bytes() == small
    assert [one.name for one in tmp_path.iterdir()] == ["x.atlas"]


def test_too_many_weights_are_refused(monkeypatch):
    monkeypatch.setattr(exports, "MOST_WEIGHTS", 3)
    book = book_of(b"abcd", "x")
    with pytest.raises(ExportError, match="4 bytes of weights are too many; 3 fit"):
        export_bytes(book, weights=b"1234", factory=from_bytes)
    with pytest.raises(ExportError, match="a key without weights"):
        export_bytes(book, key=b"12")
    with pytest.raises(ExportError, match="nothing to make a model with"):
        export_bytes(book, weights=b"12")


def test_a_long_name_is_cut_between_characters():
    name = "ä" * 200
    found = export_in(export_bytes(book_of(b"abc", name)), "x").name
    assert found == "ä" * 127
