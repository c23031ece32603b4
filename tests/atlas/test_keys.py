"""Keys: what trains them, what they leave alone, what they hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.gradients import gradients
from deepfractals_gui.atlas.keys import (
    Keys,
    KeySpec,
    key_curve,
    read_text,
    train_keys,
)
from deepfractals_gui.atlas.reading import AtlasModel, read
from deepfractals_gui.core import CancelFlag, Cancelled
from tests.atlas.small_models import small, some_params, twins_log_likelihoods

SPEC = small(key=128)
PARAMS = some_params(SPEC, kind=np.float32)
TEXT = np.random.default_rng(1).integers(0, SPEC.symbols, 61).astype(np.uint16)
HOW = KeySpec(size=32, page=20, steps=60, rate=0.3)


def master():
    return [array.tobytes() for _, array in PARAMS]


def adams_way(how, symbols, number):
    """All keys that Adam passes from the first on, and how well the plain twin reads by each."""
    z = np.random.Generator(np.random.PCG64([how.seed, 4, number])).standard_normal(how.size)
    m, v = np.zeros(how.size), np.zeros(how.size)
    positions = np.arange(len(symbols))
    wide = PARAMS.astype(np.float64)
    for t in range(1, how.steps + 1):
        found = twins_log_likelihoods(SPEC, wide, positions, z)
        hits = int((found.argmax(axis=1) == symbols).sum())
        yield z, hits, -found[positions, symbols].sum()
        done = (t - 1) / how.steps
        g = gradients(SPEC, wide, positions, symbols.astype(int), z, power=done).key
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        rate = how.rate * (1 + np.cos(np.pi * done)) / 2
        z = z - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.99**t)) + 1e-8)


def test_a_key_is_the_best_that_adam_passes_with_the_master_frozen():
    # Few steps: single precision doesn't go far from double in them.
    how = replace(HOW, steps=12)
    before = master()
    text = TEXT[:48]
    keys = train_keys(SPEC, PARAMS, text, how)
    assert keys.values.dtype == np.float32
    for number in range(3):
        way = list(adams_way(how, text[20 * number : 20 * number + 20], number))
        best = min(way, key=lambda one: (-one[1], one[2]))
        assert np.abs(keys.values[number] - best[0]).max() < 1e-3
        assert keys.right[number] == best[1] > way[0][1]
    assert master() == before


def test_keys_hold_what_the_master_alone_does_not_know():
    before = master()
    keys = train_keys(SPEC, PARAMS, TEXT, HOW)
    assert master() == before
    assert keys.values.shape == (4, 32)
    assert keys.size == 4 * 4 * 32
    assert keys.length == 61
    alone = read(AtlasModel(SPEC, PARAMS), 0, 20).symbols
    for number, count in enumerate(keys.right):
        page = TEXT[20 * number : 20 * number + 20]
        reading = read_text(SPEC, PARAMS, keys, 20 * number, 20 * number + len(page))
        assert reading.start == 20 * number
        alike = read(AtlasModel(SPEC, PARAMS, keys.values[number]), 0, len(page))
        assert reading.symbols.tobytes() == alike.symbols.tobytes()
        assert reading.sureness.tobytes() == alike.sureness.tobytes()
        assert len(reading.symbols) == len(page)
        assert count == (reading.symbols == page).sum() == reading.right(TEXT).sum()
        assert count > (alone[: len(page)] == page).sum() or len(page) == 1
    # A master of random weights: chance is a seventh.
    assert keys.accuracy == keys.right.sum() / 61 > 0.35


def test_pages_know_nothing_of_each_other_and_threads_change_no_bit():
    keys = train_keys(SPEC, PARAMS, TEXT, HOW)
    with ThreadPoolExecutor(3) as pool:
        shared = train_keys(SPEC, PARAMS, TEXT, HOW, pool=pool)
    assert shared.values.tobytes() == keys.values.tobytes()
    assert np.array_equal(shared.right, keys.right)
    other = TEXT.copy()
    other[:20] = 0
    changed = train_keys(SPEC, PARAMS, other, HOW)
    assert changed.values[1:].tobytes() == keys.values[1:].tobytes()
    assert not np.array_equal(changed.values[0], keys.values[0])
    # Nor does a page know how many follow, within what is worked on at once or beyond it.
    many = np.tile(TEXT, 4)
    alike = train_keys(SPEC, PARAMS, many, HOW).values
    for count in (1, 2, 3, 6, 7, 12):
        fewer = train_keys(SPEC, PARAMS, many[: 20 * count], HOW)
        assert fewer.values.tobytes() == alike[:count].tobytes()
    elsewhere = train_keys(SPEC, PARAMS, TEXT, replace(HOW, seed=1))
    assert not np.array_equal(elsewhere.values, keys.values)


def test_progress_counts_pages():
    told = []
    few = replace(HOW, steps=2, page=20)
    train_keys(SPEC, PARAMS, np.tile(TEXT, 4), few, progress=lambda *counts: told.append(counts))
    # Six pages of 20 fit into what is worked on at once.
    assert told == [(6, 13), (12, 13), (13, 13)]


def test_a_raised_flag_ends_training_keys():
    flag = CancelFlag()
    flag.set()
    for one in (train_keys, key_curve):
        with pytest.raises(Cancelled):
            one(SPEC, PARAMS, TEXT, HOW, cancel=flag)


def test_the_curve_is_of_the_same_pages_for_each_size():
    told = []
    curve = key_curve(
        SPEC, PARAMS, TEXT, HOW, sizes=(16, 32, 64), pages=3,
        progress=lambda *counts: told.append(counts),
    )  # fmt: skip
    assert curve.sizes == (16, 32, 64)
    assert curve.characters == 60
    # From both ends and the middle.
    chosen = np.concatenate([TEXT[0:20], TEXT[20:40], TEXT[41:61]])
    for size, accuracy in zip(curve.sizes, curve.accuracies, strict=True):
        alone = train_keys(SPEC, PARAMS, chosen, replace(HOW, size=size))
        assert accuracy == alone.accuracy
    assert curve.accuracies[0] < curve.accuracies[2]
    alone = np.tile(read(AtlasModel(SPEC, PARAMS), 0, 20).symbols, 3)
    assert curve.without == np.mean(alone == chosen) < curve.accuracies[0]
    assert told == [(3, 9), (6, 9), (9, 9)]


def test_the_curve_of_a_text_shorter_than_a_page_is_of_the_text():
    curve = key_curve(SPEC, PARAMS, TEXT[:7], replace(HOW, steps=3), sizes=(16,))
    assert curve.characters == 7


@pytest.mark.parametrize(
    ("spec", "how", "text", "message"),
    [
        (small(), KeySpec(size=17), TEXT, "the master takes keys of 16 numbers, not of 17"),
        (SPEC, HOW, TEXT[:0], "the text is empty"),
        (
            small(capacity=15, key=128), HOW, TEXT,
            "a page of 20 characters is longer than the master's 15",
        ),
        (SPEC, HOW, TEXT + SPEC.symbols, "the model knows 7 symbols, the text has 14"),
        (SPEC, HOW, TEXT.astype(int) - 1, "the model knows 7 symbols"),
    ],
)  # fmt: skip
def test_what_can_have_no_keys_is_told_in_one_line(spec, how, text, message):
    params = some_params(spec, kind=np.float32)
    calls = {train_keys: {}, key_curve: {"sizes": (how.size,)}}
    for one, more in calls.items():
        with pytest.raises(ValueError, match=message) as caught:
            one(spec, params, text, how, **more)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"size": 0}, "size may be 1 to 128, not 0"),
        ({"size": 129}, "size may be 1 to 128, not 129"),
        ({"page": 0}, "page may be 1 to 65536, not 0"),
        ({"steps": 0}, "steps may be 1 to 100000, not 0"),
        ({"rate": 0.0}, "rate is above 0, not 0.0"),
        ({"rate": float("nan")}, "rate is above 0, not nan"),
    ],
)
def test_training_keys_out_of_range_is_named(changes, message):
    with pytest.raises(ValueError, match=message):
        replace(HOW, **changes)


def test_an_accuracy_is_of_all_characters():
    assert Keys(20, 61, np.zeros((4, 16), np.float32), np.array([20, 10, 0, 1])).accuracy == 31 / 61


def numbers(pages, size, page=20, length=61):
    return Keys(page, length, np.ones((pages, size), np.float32), np.zeros(pages, np.int64))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (numbers(4, 0), "the master takes keys of 1 to 128 numbers, not of 0"),
        (numbers(4, 129), "the master takes keys of 1 to 128 numbers, not of 129"),
        (numbers(3, 16), "3 keys are too few for 61 characters in pages of 20"),
        (
            numbers(1, 16, page=2000, length=2000),
            "a page of 2,000 characters is longer than the master's 1,001",
        ),
    ],
)
def test_keys_of_another_master_are_refused(keys, message):
    with pytest.raises(ValueError, match=message):
        read_text(SPEC, PARAMS, keys, 0, keys.length)


def test_a_stretch_beyond_the_text_is_refused():
    for start, stop in ((-1, 5), (5, 62), (6, 5)):
        with pytest.raises(ValueError, match=f"positions are 0 to 61, not {start} to {stop}"):
            read_text(SPEC, PARAMS, numbers(4, 16), start, stop)
