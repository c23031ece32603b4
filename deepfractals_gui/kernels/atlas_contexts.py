"""Symbols coded by what came before them, bit by bit down a tree over the alphabet.

For each context, a place per node of the tree remembers a probability, a count and a history of
the bits seen there; the places of four levels lie together, 16 numbers of 64 bytes: a check, then
one for each of the 15 nodes. The model of the atlas is one more opinion.

References
----------
Mahoney 2005, "Adaptive weighing of context models for lossless data compression".
"""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core.arrays import Array
from deepfractals_gui.kernels.atlas_coder import decoder, encoder, next_bit, put_bit
from deepfractals_gui.kernels.atlas_memory import (
    BIAS,
    CONTEXTS,
    FRESH,
    JUDGES,
    LENGTHS,
    MATCH,
    MODEL,
    ORDERS,
    PLACES,
    SURE,
    Memory,
    memory,
)
from deepfractals_gui.kernels.atlas_mixing import (
    agree,
    agree_better,
    bend,
    correct,
    curve_at,
    learn,
    logit_of,
    model_share,
    read_model,
    share_of,
    weighed,
    within,
)
from deepfractals_gui.kernels.atlas_tables import wide
from deepfractals_gui.kernels.intrinsics import raised
from deepfractals_gui.kernels.jit import inline, kernel

_LEVELS = 4
_PASSAGE = 6
"""Symbols that make a passage."""
_LONGEST = 400
_MASK = 0xFFFFFFFF
_COUNT_MOST = 60
_COLUMNS = 80
# What is known of the text so far; see `Memory`.
(
    _WORD, _BEFORE, _EARLIER, _FOLDED, _LETTERS, _LINE, _LAST_LINE, _FROM, _LENGTH, _DONE,
) = range(10)  # fmt: skip


@inline
def _stir(a: int, b: int) -> int:
    """A number of 32 bits from one of them and a factor below 2^31."""
    a = ((a & _MASK) * b) & _MASK
    return a ^ (a >> 15)


@inline
def _back(symbols: Array, n: int, steps: int) -> int:
    """1 + the symbol so many steps before the n-th; 0 before the text."""
    return wide(symbols[n - steps]) + 1 if n >= steps else wide(0)


@inline
def _look(symbols: Array, n: int, m: Memory, keys: Array) -> None:
    """What each context is, before symbol n."""
    s = m.so_far
    key = wide(0)
    for k in range(ORDERS):
        key = _stir(key + _back(symbols, n, k + 1) + k + 1, 0x2F0B4C47)
        keys[k] = key
    one, two, three = _back(symbols, n, 1), _back(symbols, n, 2), _back(symbols, n, 3)
    column = n - s[_LINE]
    above = wide(0)
    if s[_LAST_LINE] + column < s[_LINE]:
        above = wide(symbols[s[_LAST_LINE] + column]) + 1
    here = min(column, _COLUMNS)
    word = s[_WORD] + one * 977
    keys[6] = _stir(s[_FOLDED], 0x3C6EF35F)
    keys[7] = word
    keys[8] = word + _stir(s[_BEFORE], 0x1E3779B1)
    keys[9] = two * 1031 + three
    keys[10] = here * 1031 + one
    keys[11] = word + _stir(s[_BEFORE] + _stir(s[_EARLIER], 0x1E3779B1), 0x4F0B4C47)
    keys[12] = above * 1031 + here
    for k in range(CONTEXTS):
        keys[k] = _stir(keys[k] + (k << 20), 0x2545F491)


@inline
def _find(places: Array, key: int) -> int:
    """The bucket of a key, emptied for it where it's new and another one has to give way."""
    check = np.uint32((key >> 8) | 1)
    at: int = key & (places.shape[0] - 1)
    if places[at, 0] == check:
        return at
    other = at ^ 1
    if places[other, 0] == check:
        return other
    if places[at, 0] != 0:
        if places[other, 0] == 0:
            at = other
        else:
            # The one whose first place was visited less often.
            if ((places[other, 1] >> 10) & 63) < ((places[at, 1] >> 10) & 63):
                at = other
            for k in range(1, 16):
                places[at, k] = FRESH
    places[at, 0] = check
    return at


@inline
def _go_on(symbols: Array, n: int, m: Memory) -> None:
    """Note symbol n."""
    s = m.so_far
    symbol = symbols[n]
    letter = wide(m.letters[symbol])
    s[_FOLDED] = ((s[_FOLDED] << 8) + (letter & 255 if letter > 0 else 1)) & _MASK
    if letter > 0:
        s[_WORD] = _stir(s[_WORD] + letter, 0x2F0B4C4D)
        s[_LETTERS] += 1
    elif s[_LETTERS] > 0:
        s[_EARLIER] = s[_BEFORE]
        s[_BEFORE] = s[_WORD]
        s[_WORD] = 0
        s[_LETTERS] = 0
    if letter < 0:
        s[_LAST_LINE] = s[_LINE]
        s[_LINE] = n + 1
    if s[_LENGTH] > 0 and symbols[s[_FROM]] == symbol:
        s[_LENGTH] = min(s[_LENGTH] + 1, _LONGEST)
        s[_FROM] += 1
    else:
        s[_LENGTH] = 0
    if n + 1 >= _PASSAGE:
        key = wide(0)
        for k in range(_PASSAGE):
            key = _stir(key + wide(symbols[n - k]) + 1, 0x2F0B4C4D)
        at = key & (m.passages.size - 1)
        if s[_LENGTH] == 0:
            start = wide(m.passages[at])
            length = 0
            while length < LENGTHS and length < start:
                if symbols[start - 1 - length] != symbols[n - length]:
                    break
                length += 1
            if length >= _PASSAGE:
                s[_LENGTH], s[_FROM] = length, start
        m.passages[at] = n + 1


@kernel
def code(
    symbols: Array,
    start: int,
    stop: int,
    reading: bool,
    frequencies: Array,
    m: Memory,
    coder: Array,
    content: Array,
    flag: Array,
) -> int:
    """Write or read the symbols [start, stop), of which all before start are known.

    Parameters
    ----------
    symbols : uint16 (N,)   what is written, or where it's read into
    frequencies : int32 (stop - start, V), positive; or (0, V) where no model has an opinion
    content : uint8   what is read, or where it's written to, with room
    flag : when it goes up, this returns before the next symbol

    Returns
    -------
    where it stopped
    """
    nodes, size = m.nodes, m.letters.size
    inner = max(size - 1, 1)
    # Where each kind of judge begins.
    second = inner
    third = second + 4 * (size + 1)
    fourth = third + 7 * LENGTHS
    fifth = fourth + size + 1
    sixth = fifth + 80
    keys, buckets = np.zeros(CONTEXTS, np.int64), np.zeros(CONTEXTS, np.int64)
    states = np.zeros(CONTEXTS, np.int64)
    inputs = np.zeros(PLACES, np.int32)
    inputs[BIAS] = 256
    chosen, views = np.zeros(JUDGES, np.int64), np.zeros(JUDGES, np.int64)
    sums = np.zeros(size + 1, np.int64)
    modelled = frequencies.shape[0] > 0
    count = JUDGES if modelled else JUDGES - 1
    speed = np.zeros(64, np.int64)
    for k in range(64):
        speed[k] = 655_360 // (10 * k + 13)
    for n in range(start, stop):
        if raised(flag):
            return n
        rate = 6 + 98_304 // (1024 + 8 * n)
        _look(symbols, n, m, keys)
        one = _back(symbols, n, 1)
        pair = _stir(one * 1031 + _back(symbols, n, 2), 0x2C1B3C6D)
        length = m.so_far[_LENGTH]
        repeated = wide(symbols[m.so_far[_FROM]]) if length > 0 else wide(-1)
        kind = min(length, 15) if length < 16 else min(13 + (length >> 3), LENGTHS - 1)
        letters = min(m.so_far[_LETTERS], 9)
        best, sure = wide(-1), 0
        if modelled:
            best = wide(read_model(frequencies[n - start], sums))
            sure = ((sums[best + 1] - sums[best]) * (SURE - 1)) // sums[size]
        symbol = wide(0) if reading else wide(symbols[n])
        node, level, local = (0 if nodes.shape[0] > 0 else -1), 0, 1
        while node >= 0:
            low, middle = wide(nodes[node, 0]), wide(nodes[node, 1])
            high = wide(nodes[node, 2])
            if level % _LEVELS == 0:
                local = 1
                for k in range(CONTEXTS):
                    key = _stir(keys[k] + node * 0x3D4D51CB, 0x2C1B3C6D)
                    buckets[k] = _find(m.places[k], _stir(key, 0x297A2D39))
            hits = 0
            for k in range(CONTEXTS):
                place = wide(m.places[k, buckets[k], local])
                state = place & 1023
                states[k] = state
                if state == 0:
                    inputs[2 * k] = 0
                    inputs[2 * k + 1] = 0
                else:
                    inputs[2 * k] = logit_of(wide(m.trust[k, state]) >> 6, m.logits)
                    inputs[2 * k + 1] = logit_of(place >> 16, m.logits)
                    hits += 1 if k < ORDERS else 0
            # What the passage that is repeated, and the model's favourite, would have here.
            told = -1
            if low <= repeated < high:
                told = 1 if repeated >= middle else 0
                logit = logit_of(wide(m.repeats[kind]) >> 6, m.logits)
                inputs[MATCH] = logit if told == 1 else -logit
                inputs[MATCH + 1] = min(length, 32) * (16 if told == 1 else -16)
            else:
                inputs[MATCH] = 0
                inputs[MATCH + 1] = 0
            hoped, opinion = -1, wide(0)
            if modelled:
                opinion = logit_of(model_share(sums, low, middle, high), m.logits)
                inputs[MODEL] = opinion
                if low <= best < high:
                    hoped = 1 if best >= middle else 0
                    logit = logit_of(wide(m.certain[sure]) >> 6, m.logits)
                    inputs[MODEL + 1] = logit if hoped == 1 else -logit
                else:
                    inputs[MODEL + 1] = 0
            seen = kind if told >= 0 else 0
            chosen[0] = node
            chosen[1] = second + one * 4 + (0 if seen == 0 else 1 + (seen > 14) + (seen > 17))
            chosen[2] = third + hits * LENGTHS + seen
            chosen[3] = fourth + _back(symbols, n, 2)
            chosen[4] = fifth + letters * 8 + min(level, 7)
            chosen[5] = sixth + (0 if hoped < 0 else sure) * 4 + (told + 1 if told != hoped else 3)
            for j in range(count):
                views[j] = weighed(inputs, m.judges[chosen[j]])
            logit = agree(views, m.last[node], count)
            curve = m.curves[(one * inner + node) & (m.curves.shape[0] - 1)]
            other = m.distant[_stir(pair + node * 0x3D4D51CB, 0x297A2D39) >> 16]
            mixed = share_of(logit, m.shares)
            share = within((2 * mixed + curve_at(curve, logit) + curve_at(other, logit) + 2) >> 2)
            if reading:
                bit = next_bit(coder, content, share)
            else:
                bit = 1 if symbol >= middle else 0
                put_bit(coder, content, share, bit)
            bend(curve, logit, bit)
            bend(other, logit, bit)
            agree_better(views, m.last[node], count, 2 * ((bit << 16) - mixed))
            for j in range(count):
                error = (bit << 16) - share_of(views[j], m.shares)
                correct(inputs, m.judges[chosen[j]], error * rate)
            if told >= 0:
                learn(m.repeats, kind, 1 if told == bit else 0, 6)
            if hoped >= 0:
                learn(m.certain, sure, 1 if hoped == bit else 0, 6)
            for k in range(CONTEXTS):
                state = states[k]
                place = wide(m.places[k, buckets[k], local])
                if state > 0:
                    learn(m.trust[k], state, bit, 7)
                seen_share, times = place >> 16, (place >> 10) & 63
                seen_share += ((bit * 65535 - seen_share) * speed[times]) >> 16
                times += 1 if times < _COUNT_MOST else 0
                m.places[k, buckets[k], local] = (
                    (seen_share << 16) | (times << 10) | wide(m.following[state, bit])
                )
            local = 2 * local + bit
            level += 1
            symbol = symbol if not reading else (middle if bit else low)
            node = wide(nodes[node, 3 + bit])
        symbols[n] = symbol
        _go_on(symbols, n, m)
    return stop


def _warm() -> None:
    symbols, out = np.zeros(1, np.uint16), np.zeros(16, np.uint8)
    room = memory(np.ones(2, np.int64), np.zeros(2, np.int32), 1)
    none, flag = np.zeros((0, 2), np.int32), np.zeros(1, np.uint8)
    code(symbols, 0, 1, False, none, room, encoder(), out, flag)
    code(symbols, 0, 1, True, none, room, decoder(out), out, flag)


WARM = (("atlas contexts", _warm),)
