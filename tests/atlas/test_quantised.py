"""Weights in 8 and 4 bits: how far off, how large, what comes back, what is refused."""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, replace

import numpy as np
import pytest

from deepfractals_gui.atlas.model import AtlasParams, AtlasSpec, initial_params
from deepfractals_gui.atlas.quantised import (
    key_bytes,
    key_in,
    packed,
    predictor,
    unpacked,
)
from deepfractals_gui.atlas.reading import read
from deepfractals_gui.atlas.training import TrainingSpec, begin, evaluate, step
from tests.atlas.small_models import small, some_params

SPEC = small()
PARAMS = some_params(SPEC, kind=np.float32)
KEYED = ("first_key", "inject_key")
BOTH = pytest.mark.parametrize("bits", [8, 4])


def groups(spec, name, array):
    """The rows that share a scale, by the levels' own sizes."""
    if name != "table":
        return list(array[:, None, :])
    sizes = [min(int(cells) + 1, 1 << spec.table) for cells in spec.grids[:, 0]]
    return np.split(array, np.cumsum(sizes)[:-1])


def replaced(content, at, new):
    return content[:at] + new + content[at + len(new) :]


def with_shape(content, **changes):
    """The same weights under another description."""
    size = int.from_bytes(content[3:5], "little")
    shape = {**json.loads(content[5 : 5 + size]), **changes}
    text = json.dumps(shape).encode()
    return content[:3] + len(text).to_bytes(2, "little") + text + content[5 + size :]


@BOTH
@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("changes", [{}, {"encoding": "fourier"}, {"encoding": "hash"}])
def test_weights_come_back_to_half_a_code(bits, keyed, changes):
    spec = small(**changes)
    params = some_params(spec, kind=np.float32)
    content = packed(spec, params, bits, keyed=keyed)
    there, found, told = unpacked(content)
    assert (there, told) == (spec, bits)
    largest = 2 ** (bits - 1) - 1
    for name, array in params:
        back = getattr(found, name)
        assert back.dtype == np.float32
        assert back.shape == array.shape
        if name in KEYED and not keyed:
            assert not back.any()
        elif array.ndim == 1:
            assert np.array_equal(back, array.astype(np.float16))
        else:
            for one, other in zip(groups(spec, name, array), groups(spec, name, back), strict=True):
                most = np.abs(one).max(initial=0)
                assert np.abs(one - other).max(initial=0) <= most / largest / 2 * (1 + 1e-5)
                assert len(np.unique(other)) <= 2 * largest + 1
                # The largest one is met, and so the whole range is used.
                assert np.abs(other).max(initial=0) == pytest.approx(most, rel=1e-6)


@BOTH
def test_what_was_packed_once_packs_to_the_same_bytes(bits):
    content = packed(SPEC, PARAMS, bits, keyed=True)
    _, found, _ = unpacked(content)
    _, again, _ = unpacked(packed(SPEC, found, bits, keyed=True))
    for name, array in found:
        # The scale of a row is rounded anew.
        assert np.allclose(array, getattr(again, name), rtol=3e-7, atol=0)


def test_packing_leaves_the_weights_alone_and_takes_a_byte_for_each():
    before = [array.tobytes() for _, array in PARAMS]
    sizes = {}
    for keyed in (False, True):
        content = packed(SPEC, PARAMS, 8, keyed=keyed)
        known = {name: one for name, one in PARAMS if keyed or name not in KEYED}
        numbers = sum(one.size for one in known.values() if one.ndim == 2)
        biases = sum(one.size for one in known.values() if one.ndim == 1)
        scales = len(SPEC.grids) + sum(
            len(one) for name, one in known.items() if one.ndim == 2 and name != "table"
        )
        shape = int.from_bytes(content[3:5], "little")
        assert len(content) == 5 + shape + 4 * scales + 2 * biases + numbers
        sizes[keyed] = len(content)
    assert sizes[True] - sizes[False] == 2 * SPEC.hidden * (SPEC.key + 4)
    assert [array.tobytes() for _, array in PARAMS] == before


@BOTH
def test_rows_of_nought_stay_nought(bits):
    params = AtlasParams.of({**dict(PARAMS), "second": np.zeros_like(PARAMS.second)})
    _, found, _ = unpacked(packed(SPEC, params, bits))
    assert not found.second.any()
    assert found.block.any()


def test_eight_bits_of_a_trained_model_lose_less_than_a_thousandth():
    rng = np.random.default_rng(1)
    book = rng.integers(0, 30, 2000).astype(np.uint16)
    spec = AtlasSpec(2000, 30, levels=8, table=10, hidden=32, steps=4)
    state = begin(spec, TrainingSpec(batch=500, decay=1.0), 1)
    while (found := evaluate(state, book).accuracy) < 0.99:
        assert state.updates < 400
        state, _ = step(state, book, updates=20)
    losses = {}
    for bits in (8, 4):
        _, params, _ = unpacked(packed(spec, state.params, bits))
        losses[bits] = found - evaluate(replace(state, params=params), book).accuracy
    assert losses[8] < 1e-3
    assert losses[8] < losses[4] < 0.5


def test_bits_are_eight_or_four():
    with pytest.raises(ValueError, match="weights are kept in 8 or 4 bits, not 2"):
        packed(SPEC, PARAMS, 2)


@BOTH
def test_weights_that_are_cut_off_are_refused(bits):
    content = packed(SPEC, PARAMS, bits)
    for length in [*range(300), *range(300, len(content), 97), len(content) - 1]:
        with pytest.raises(ValueError, match=r"the (weights|model's shape)") as caught:
            unpacked(content[:length])
        assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match="cut off, or there are too many"):
        unpacked(content + b"\0")


def test_damaged_bytes_raise_nothing_but_one_line():
    content = packed(SPEC, PARAMS, 4, keyed=True)
    rng = np.random.default_rng(2)
    told = []
    places = [*range(400), *rng.integers(400, len(content), 300)]
    for at in places:
        new = bytes([content[at] ^ int(rng.integers(1, 256))])
        try:
            _, found, _ = unpacked(replaced(content, int(at), new))
        except ValueError as error:
            told.append(str(error))
        else:
            assert all(np.isfinite(array).all() for _, array in found)
    assert all("\n" not in one and len(one) < 300 for one in told)
    # What a number means can't be known; what the shape means can.
    assert len(told) > 200


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"capacity": 1 << 60}, "capacity may be"),
        ({"hidden": 512, "key": 128}, "cut off"),
        ({"levels": 24, "table": 24, "features": 8, "capacity": 1 << 24}, "numbers is above"),
        ({"levels": 4, "table": 22, "base": 1 << 24, "features": 3}, "weights"),
        ({"hidden": 12.5}, "hidden can't be 12.5"),
        ({"hidden": True}, "hidden can't be True"),
        ({"hidden": "12"}, "hidden can't be 12"),
        ({"hidden": None}, "hidden can't be None"),
        ({"rate": float("nan")}, "rate may be"),
        ({"rate": 10**400}, "can't be read"),
        ({"encoding": 7}, "an encoding is one of"),
        ({"extra": 1}, "it has other names"),
    ],
)
def test_foreign_shapes_are_refused_before_memory_is_taken(changes, message):
    content = with_shape(packed(SPEC, PARAMS, 8), **changes)
    with pytest.raises(ValueError, match=message) as caught:
        unpacked(content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", [b"[]", b"{}", b"[" * 4000, b"\xff\xfe", b"1e999", b"x" * 5000])
def test_what_is_no_shape_is_refused(text):
    head = bytes([1, 8, 0]) + len(text).to_bytes(2, "little") + text
    with pytest.raises(ValueError, match="the model's shape"):
        unpacked(head + bytes(100))


@pytest.mark.parametrize(("place", "value"), [(0, 2), (1, 5), (1, 0), (2, 2)])
def test_another_form_is_refused(place, value):
    content = replaced(packed(SPEC, PARAMS, 8), place, bytes([value]))
    with pytest.raises(ValueError, match="a form that is not known"):
        unpacked(content)


@pytest.mark.parametrize("number", [np.nan, np.inf, -1.0])
def test_scales_that_are_none_are_refused(number):
    content = packed(SPEC, PARAMS, 8)
    at = 5 + int.from_bytes(content[3:5], "little")
    with pytest.raises(ValueError, match="not finite, or a scale below 0"):
        unpacked(replaced(content, at + 8, struct.pack("<f", number)))


@BOTH
def test_codes_beyond_the_bits_are_refused(bits):
    content = packed(SPEC, PARAMS, bits)
    with pytest.raises(ValueError, match=f"a code of more than {bits} bits"):
        unpacked(content[:-1] + bytes([2**bits - 1]))


def test_a_predictor_reads_as_the_weights_and_the_key_do():
    key = np.random.default_rng(3).standard_normal(16).astype(np.float32)
    weights = packed(SPEC, PARAMS, 8, keyed=True)
    model = predictor(weights, key_bytes(key), SPEC.symbols)
    _, params, _ = unpacked(weights)
    expected = replace(model, params=params, key=key)
    assert np.array_equal(model.frequencies(5, 300), expected.frequencies(5, 300))
    without = predictor(weights, b"", SPEC.symbols)
    assert without.key is None
    assert not np.array_equal(read(without, 0, 300).symbols, read(model, 0, 300).symbols)
    with pytest.raises(ValueError, match="answers with 7 symbols, but the alphabet has 8"):
        predictor(weights, b"", 8)


def test_keys_come_back_to_the_bit_and_foreign_ones_are_refused():
    key = np.random.default_rng(3).standard_normal(16).astype(np.float32)
    assert key_in(key_bytes(key), SPEC).tobytes() == key.tobytes()
    assert key_in(b"", SPEC) is None
    for content in (b"123", bytes(4 * SPEC.key + 4)):
        with pytest.raises(ValueError, match="a key has at most 16 numbers of 4 bytes"):
            key_in(content, SPEC)
    with pytest.raises(ValueError, match="the key has a number that is not finite"):
        key_in(struct.pack("<f", np.nan), SPEC)


def test_weights_that_are_no_numbers_are_not_packed():
    for value in (np.nan, np.inf, 1e30):
        for name in ("block", "block_bias"):
            if value == 1e30 and name == "block":
                continue
            array = getattr(PARAMS, name).copy()
            array.ravel()[3] = value
            params = AtlasParams.of({**dict(PARAMS), name: array})
            with np.errstate(all="ignore"), pytest.raises(ValueError, match=f"{name} has a number"):
                packed(SPEC, params, 8)


def test_a_shape_is_written_as_it_is_read():
    spec = replace(SPEC, rate=1.0, share=1.0)
    content = packed(spec, initial_params(spec, 0), 8)
    assert asdict(unpacked(content)[0]) == asdict(spec)
