"""Every method gives back every text, and costs about what its model's opinions are worth."""

from __future__ import annotations

import hashlib
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfractals_gui.atlas.coding import (
    BLOCK,
    COORDINATE_ONLY,
    METHODS,
    TOTAL,
    Uniform,
    read,
    smallest,
    write,
)
from deepfractals_gui.atlas.contexts import numbers, script_of
from deepfractals_gui.atlas.texts import Alphabet, book_of, shipped_book
from deepfractals_gui.core import CancelFlag, Cancelled
from tests.atlas.models import Table, guessing


def opening(count=12_000):
    return book_of(shipped_book("alice29").content[:count], "opening")


def back(content, book, method, model=None, **options):
    return read(content, len(book), script_of(book.alphabet), method, model, **options)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60, deadline=None)
@given(
    st.text(st.one_of(st.sampled_from("ab \r\nÄд漢"), st.characters(codec="utf-8")), min_size=1),
    st.booleans(),
)
def test_any_text_comes_back(method, text, modelled):
    alphabet = Alphabet.of(text)
    script, symbols = script_of(alphabet), alphabet.symbols(text)
    model = guessing(symbols, len(alphabet), 0.5) if modelled else None
    content = write(symbols, script, method, model)
    assert alphabet.text(read(content, len(text), script, method, model)) == text


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("right", [0.0, 0.6, 1.0])
def test_a_book_comes_back_whatever_its_model_thinks(method, right):
    book = opening()
    model = guessing(book.symbols, len(book.alphabet), right)
    content = write(book.symbols, script_of(book.alphabet), method, model)
    assert np.array_equal(back(content, book, method, model), book.symbols)


@pytest.mark.parametrize("length", [1, 2, BLOCK - 1, BLOCK, BLOCK + 1])
@pytest.mark.parametrize("method", METHODS)
def test_blocks_of_any_length_come_back(method, length):
    symbols = np.random.default_rng(length).integers(0, 5, length)
    content = write(symbols, numbers(5), method)
    assert np.array_equal(read(content, length, numbers(5), method), symbols)


def test_plain_frequencies_cost_their_information():
    book = opening()
    model = guessing(book.symbols, len(book.alphabet), 0.7)
    share = model.rows[np.arange(len(book)), book.symbols] / TOTAL
    bits = -np.log2(share).sum()
    found = 8 * len(write(book.symbols, script_of(book.alphabet), "frequencies", model))
    assert bits <= found <= 1.001 * bits + 16


def test_a_model_that_claims_too_little_or_too_much_is_calibrated():
    """One that is half sure is right always; then one that is right by chance alone."""
    book = opening()
    script, size = script_of(book.alphabet), len(book.alphabet)
    always, never = (guessing(book.symbols, size, right) for right in (1.0, 0.0))
    plain = len(write(book.symbols, script, "frequencies", always))
    assert len(write(book.symbols, script, "calibrated", always)) < 0.1 * plain
    # What is left then is the symbols' own frequency.
    counts = np.bincount(book.symbols) / len(book)
    entropy = -(counts * np.log2(counts)).sum() * len(book) / 8
    plain = len(write(book.symbols, script, "frequencies", never))
    assert entropy * 1.1 < plain
    assert len(write(book.symbols, script, "calibrated", never)) < entropy * 1.03


def test_corrections_cost_what_telling_wrong_positions_does():
    """A model that never hints at a second choice: a bit a position, and the symbols missed."""
    book = opening()
    size = len(book.alphabet)
    model = guessing(book.symbols, size, 0.9)
    right = (model.rows.argmax(axis=1) == book.symbols).mean()
    counts = np.bincount(book.symbols) / len(book)
    flags = -(right * np.log2(right) + (1 - right) * np.log2(1 - right))
    bound = len(book) / 8 * (flags - (1 - right) * (counts * np.log2(counts)).sum())
    content = write(book.symbols, script_of(book.alphabet), "corrections", model)
    assert 0.9 * bound < len(content) < 1.1 * bound
    symbols = script_of(book.alphabet)
    chosen = smallest(book.symbols, symbols, COORDINATE_ONLY, model)
    sizes = {one: len(write(book.symbols, symbols, one, model)) for one in COORDINATE_ONLY}
    assert len(chosen.content) == sizes[chosen.method] == min(sizes.values())


@pytest.mark.parametrize("method", COORDINATE_ONLY)
def test_no_method_by_coordinate_alone_looks_at_neighbours(method):
    """In a text of two letters that take turns, nothing but contexts finds out."""
    symbols = np.tile(np.array([0, 1]), 2000)
    found = 8 * len(write(symbols, numbers(2), method)) / 4000
    assert 0.95 < found < 1.1
    assert 8 * len(write(symbols, numbers(2), "contexts")) / 4000 < 0.1


def test_contexts_beat_what_is_common():
    book = shipped_book("alice29")
    content = write(book.symbols, script_of(book.alphabet), "contexts")
    assert 8 * len(content) / len(book) < 1.9
    assert np.array_equal(back(content, book, "contexts"), book.symbols)
    # The same bytes on every machine; a change of them is a new version of the format.
    assert hashlib.sha256(content).hexdigest() == (
        "05cacdee6c51156277246aa5d19be45097837409d0a7347840fc61cbd9fb64a1"
    )


def test_a_models_opinion_helps_contexts():
    book = opening()
    script = script_of(book.alphabet)
    alone = len(write(book.symbols, script, "contexts"))
    model = guessing(book.symbols, len(book.alphabet), 0.5)
    assert len(write(book.symbols, script, "contexts", model)) < 0.75 * alone
    flat = write(book.symbols, script, "contexts", Uniform(len(book.alphabet)))
    assert len(flat) < 1.02 * alone


def test_wrong_bytes_are_read_as_some_symbols_of_the_alphabet():
    rng = np.random.default_rng(3)
    for method in METHODS:
        content = rng.integers(0, 256, 300, np.uint8).tobytes()
        found = read(content, 2000, numbers(7), method)
        assert found.max() < 7


def test_lines_and_words_follow_fixed_rules():
    script = script_of(Alphabet("\n '09AZ[azÄ×äΑαДд’“漢"))
    assert script.letters.tolist() == [
        -1, 0, 39, 0, 0, 97, 122, 0, 97, 122, 0xE4, 0, 0xE4, 0x3B1, 0x3B1, 0x434, 0x434, 39,
        0, 0x6F22,
    ]  # fmt: skip


@pytest.mark.parametrize("reading", [False, True], ids=["writing", "reading"])
@pytest.mark.parametrize("method", METHODS)
def test_a_raised_flag_stops_coding(method, reading):
    """Unstopped, this is a minute of work."""
    symbols, flag, outcome, begun = (
        np.zeros(1 << 23, np.uint16),
        CancelFlag(),
        [],
        threading.Event(),
    )
    script = numbers(64)

    def run():
        try:
            if reading:
                read(b"", len(symbols), script, method, cancel=flag, progress=report)
            else:
                write(symbols, script, method, cancel=flag, progress=report)
        except Cancelled as raised:
            outcome.append(raised)

    def report(done, total):
        assert total == len(symbols)
        begun.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(timeout=60)
    flag.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert isinstance(outcome[0], Cancelled)


def test_progress_counts_up_to_the_end():
    book, seen = opening(), []
    content = write(
        book.symbols, script_of(book.alphabet), "calibrated",
        progress=lambda done, total: seen.append((done, total)),
    )  # fmt: skip
    assert [done for done, _ in seen] == [BLOCK, 2 * BLOCK, len(book)]
    again = []
    back(content, book, "calibrated", progress=lambda *pair: again.append(pair))
    assert again == seen


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.full((10, 2), TOTAL // 2, np.int32), r"shape \(10, 2\), not \(10, 4\)"),
        (np.full((10, 4), TOTAL // 4, float), "shape"),
        (np.full((10, 4), TOTAL // 4 + 1), "add up to 32768"),
        (np.tile([TOTAL, 0, 0, 0], (10, 1)), "positive"),
    ],
    ids=["shape", "kind", "sum", "zero"],
)
def test_a_model_that_breaks_its_word_is_named(rows, reason):
    with pytest.raises(ValueError, match=reason):
        write(np.zeros(10, np.uint16), numbers(4), "contexts", Table(rows))


def test_what_can_not_be_written_is_refused():
    with pytest.raises(ValueError, match="numbers below 4"):
        write(np.array([0, 4]), numbers(4), "contexts")
    with pytest.raises(ValueError, match="no method 'zip'; there are frequencies"):
        write(np.array([0, 1]), numbers(4), "zip")
