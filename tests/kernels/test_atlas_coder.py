"""The range coder gives back every symbol, whatever it was told to expect."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.kernels import atlas_coder as coding
from deepfractals_gui.kernels.atlas_tables import depth, histories, logits, shares, tree
from tests.reference import atlas_coder as twin

ON = np.zeros(1, np.uint8)


def written(symbols, frequencies):
    coder = coding.encoder()
    out = np.zeros(coding.room(coder, len(symbols), 24), np.uint8)
    assert coding.write_symbols(symbols, frequencies, coder, out, ON) == len(symbols)
    return (coding.taken(coder, out) + coding.finish(coder)).rstrip(b"\0")


def read(content, frequencies):
    content = np.frombuffer(content, np.uint8)
    out = np.zeros(len(frequencies), np.uint16)
    coding.read_symbols(content, frequencies, coding.decoder(content), out, ON)
    return out


@st.composite
def messages(draw):
    size = draw(st.integers(1, 6))
    sizes = st.one_of(st.just(0), st.just(1), st.integers(1, coding.BOTTOM // 6))
    rows = draw(st.lists(st.lists(sizes, min_size=size, max_size=size), max_size=60))
    symbols = []
    for row in rows:
        symbols.append(draw(st.integers(0, size - 1)))
        row[symbols[-1]] = max(row[symbols[-1]], 1)
    return np.array(symbols, np.uint16), np.array(rows, np.int64).reshape(-1, size)


@settings(max_examples=300)
@given(messages())
def test_any_frequencies_give_back_the_symbols_and_the_twins_bytes(message):
    symbols, frequencies = message
    content = written(symbols, frequencies)
    assert content == twin.written(symbols.tolist(), frequencies.tolist())
    assert np.array_equal(read(content, frequencies), symbols)
    assert twin.read(content, frequencies.tolist()) == symbols.tolist()


@pytest.mark.parametrize("symbol", [0, 1])
def test_long_runs_of_what_is_almost_certain_and_almost_impossible_survive(symbol):
    """Carries run through many bytes here."""
    frequencies = np.tile(np.array([coding.BOTTOM - 1, 1]), (3000, 1))
    symbols = np.zeros(3000, np.uint16)
    symbols[:: 7 if symbol else 2999] = 1
    content = written(symbols, frequencies)
    assert content == twin.written(symbols.tolist(), frequencies.tolist())
    assert np.array_equal(read(content, frequencies), symbols)


def test_a_message_costs_its_information():
    rng = np.random.default_rng(1)
    frequencies = rng.integers(1, 1000, (20_000, 30))
    shares = frequencies / frequencies.sum(axis=1, keepdims=True)
    symbols = (rng.random((20_000, 1)) > shares.cumsum(axis=1)).sum(axis=1).astype(np.uint16)
    bits = -np.log2(shares[np.arange(20_000), symbols]).sum()
    assert math.ceil(bits / 8) <= len(written(symbols, frequencies)) <= bits / 8 * 1.0001 + 2


def test_what_was_held_impossible_is_not_written():
    coder, out = coding.encoder(), np.zeros(64, np.uint8)
    frequencies = np.array([[1, 1], [1, 0], [1, 1]])
    assert coding.write_symbols(np.ones(3, np.uint16), frequencies, coder, out, ON) == 1


@given(st.binary(max_size=40), st.integers(1, 5))
def test_any_bytes_are_read_as_symbols_of_the_alphabet(content, size):
    frequencies = np.ones((50, size), np.int64)
    frequencies[:, 0] = 0 if size > 1 else 1
    found = read(content, frequencies)
    assert found.max() < size
    assert (frequencies[np.arange(50), found] > 0).all()


def test_a_raised_flag_stops_the_coder_within_a_symbol():
    symbols, flag, started = np.zeros(2_000, np.uint16), CancelFlag(), threading.Event()
    # One symbol is coded again and again: unstopped, this is hours of work.
    frequencies = np.broadcast_to(np.ones(1, np.int64), (2_000, 1 << 26))
    counts = []

    def run():
        started.set()
        out = np.zeros(20_000, np.uint8)
        counts.append(coding.write_symbols(symbols, frequencies, coding.encoder(), out, flag.array))

    thread = threading.Thread(target=run)
    thread.start()
    started.wait()
    flag.set()
    thread.join(timeout=30)
    assert not thread.is_alive()
    assert counts[0] < 2_000


def test_tables_of_probabilities_are_those_of_the_logistic_function():
    logit = np.arange(-2048, 2048)
    exact = 65536 / (1 + np.exp(-logit / 170))
    assert np.abs(shares() - np.clip(exact, 16, 65520)).max() <= 0.5 + 1e-9
    share = (np.arange(4096) + 0.5) / 4096
    exact = 170 * np.log(share / (1 - share))
    assert np.abs(logits() - exact).max() <= 0.5 + 1e-9


def test_histories_know_their_counts():
    following, share = histories()
    assert len(following) == len(share) < 1024
    assert following.min() > 0
    assert following.max() == len(following) - 1
    assert len({tuple(row) for row in following.tolist()}) > len(following) // 2
    state = 0
    for _ in range(100):
        state = following[state, 1]
    assert share[state] > 0.98 * 65536
    # Three zeros after it weigh more than a hundred ones long ago.
    for _ in range(3):
        state = following[state, 0]
    assert share[state] < 0.75 * 65536


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=70))
def test_a_tree_leads_to_every_symbol_once(weights):
    nodes = tree(weights)
    assert nodes.shape == (len(weights) - 1, 5)
    deepest = 0
    for symbol in range(len(weights)):
        node, steps, low, high = (0 if len(nodes) else -1), 0, 0, len(weights)
        while node >= 0:
            assert (nodes[node, 0], nodes[node, 2]) == (low, high)
            bit = int(symbol >= nodes[node, 1])
            low, high = (nodes[node, 1], high) if bit else (low, nodes[node, 1])
            node, steps = nodes[node, 3 + bit], steps + 1
        assert (low, high) == (symbol, symbol + 1)
        deepest = max(deepest, steps)
    assert depth(nodes) == deepest
