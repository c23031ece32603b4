"""Learning a book: AdamW, epochs, what threads and interruptions change (nothing), explosions."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.gradients import gradients
from deepfractals_gui.atlas.model import NAMES, AtlasParams, AtlasSpec
from deepfractals_gui.atlas.texts import Alphabet
from deepfractals_gui.atlas.training import (
    TABLE_BETA2,
    TABLE_EPSILON,
    Exploded,
    TrainingSpec,
    begin,
    evaluate,
    step,
)
from deepfractals_gui.core import CancelFlag, Cancelled
from tests.atlas.small_models import some_params, twins_log_likelihoods

TEXT = (
    "The quick brown fox jumps over the lazy dog; pack my box with five dozen liquor jugs.\n"
    "How vexingly quick daft zebras jump! Sphinx of black quartz, judge my vow.\n"
    "Bright vixens jump; dozy fowl quack, and two driven jocks help fax my big quiz.\n"
)
ALPHABET = Alphabet.of(TEXT)
BOOK = ALPHABET.symbols(TEXT)
SPEC = AtlasSpec(
    len(BOOK), len(ALPHABET), levels=6, base=4, features=2, table=5, hidden=16, steps=4, key=16
)
TRAINING = TrainingSpec(batch=100, learning_rate=5e-3, decay=0.9, weight_decay=0.01)


def parts(state):
    return {"params": state.params, "first": state.first, "second": state.second}


def bits(state):
    """All that a state is."""
    arrays = [array.tobytes() for part in parts(state).values() for _, array in part]
    counts = (state.at, state.updates, state.epoch, repr(state.rng), state.order.tobytes())
    return arrays, counts


def trained(state, updates, **options):
    for _ in range(updates):
        state, _ = step(state, BOOK, **options)
    return state


def test_a_short_text_is_remembered_whole():
    state = begin(replace(SPEC, table=12), TrainingSpec(batch=128, decay=1.0), 1)
    first = evaluate(state, BOOK)
    assert first.accuracy < 0.3
    assert abs(first.loss - math.log(SPEC.symbols)) < 0.5
    state, report = step(state, BOOK, updates=400)
    found = evaluate(state, BOOK)
    assert found.accuracy == 1.0
    assert found.loss < 0.1
    assert ALPHABET.text(found.reading.symbols) == TEXT
    assert report.count == sum(128 if k % 2 == 0 else len(BOOK) - 128 for k in range(400))


def scalar(g, w, m, v, t, how, rate, beta2, epsilon, decay):
    """AdamW of one number in float64, as the paper has it."""
    m = how.beta1 * m + (1 - how.beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    mean, square = m / (1 - how.beta1**t), v / (1 - beta2**t)
    return w - rate * decay * w - rate * mean / (math.sqrt(square) + epsilon), m, v


def test_updates_are_adamw_of_the_gradients():
    """Some numbers of each array over two epochs; their rows' gradients decide in the table."""
    state = begin(SPEC, TRAINING, 2)
    rng = np.random.default_rng(1)
    chosen = {name: rng.permutation(getattr(state.params, name).size)[:12] for name in NAMES}
    followed = {
        name: [(float(getattr(state.params, name).ravel()[k]), 0.0, 0.0) for k in entries]
        for name, entries in chosen.items()
    }
    moved = set()
    for update in range(1, 7):
        after, _ = step(state, BOOK)
        # The order of an epoch that is over is not kept.
        if state.at == 0:
            order = after.order
        rows = order[state.at : state.at + 100]
        slope = gradients(SPEC, state.params, rows, BOOK[rows].astype(int)).params
        fade = 0.9**state.epoch
        for name, entries in chosen.items():
            for at, k in enumerate(entries):
                array = getattr(slope, name)
                g = float(array.ravel()[k])
                table = name == "table"
                if table and not array[k // SPEC.features].any():
                    continue
                weight_decay = 0.01 if array.ndim == 2 and not table and "key" not in name else 0.0
                rate = fade * (TRAINING.table_rate if table else TRAINING.learning_rate)
                beta2 = TABLE_BETA2 if table else TRAINING.beta2
                epsilon = TABLE_EPSILON if table else TRAINING.epsilon
                followed[name][at] = scalar(
                    g, *followed[name][at], update, TRAINING, rate, beta2, epsilon, weight_decay
                )
                moved.add(name)
            for kind, (part, values) in enumerate(parts(after).items()):
                found = getattr(values, name).ravel()[entries]
                expected = np.array([one[kind] for one in followed[name]])
                assert np.allclose(found, expected, rtol=2e-4, atol=1e-9), (part, name, update)
        state = after
    assert moved == set(NAMES)
    assert state.epoch == 2


def test_rows_that_no_position_asked_for_stay_with_their_moments():
    spec = replace(SPEC, table=12)
    state = begin(spec, replace(TRAINING, batch=8), 3)
    # Moments that would go on moving what has them.
    pushed = AtlasParams.of({name: np.ones_like(one) for name, one in state.first})
    state = replace(state, first=pushed, second=pushed)
    after, _ = step(state, BOOK)
    rows = after.order[:8]
    slope = gradients(spec, state.params, rows, BOOK[rows].astype(int)).params
    asked = slope.table.any(axis=1)
    assert 0 < asked.sum() < len(asked)
    for name in parts(state):
        before, now = parts(state)[name].table, parts(after)[name].table
        assert np.array_equal(before[~asked], now[~asked])
        assert (before[asked] != now[asked]).any(axis=1).all()


def test_the_columns_of_a_key_stay_while_the_master_learns():
    state = begin(SPEC, TRAINING, 4)
    after = trained(state, 5)
    for name in ("first_key", "inject_key"):
        assert np.array_equal(getattr(after.params, name), getattr(state.params, name))


def test_an_epoch_has_every_position_once_in_an_order_of_its_own():
    state = begin(SPEC, TRAINING, 5)
    orders = []
    for epoch in range(2):
        assert (state.at, state.epoch) == (0, epoch)
        counts = []
        for _ in range(-(-len(BOOK) // 100)):
            assert state.epoch == epoch
            state, report = step(state, BOOK)
            counts.append(report.count)
            if state.order.size:
                orders.append(state.order)
        assert sum(counts) == len(BOOK)
        assert max(counts) == 100
    assert (state.epoch, state.order.size) == (2, 0)
    for order in orders:
        assert np.array_equal(np.sort(order), np.arange(len(BOOK)))
    assert not np.array_equal(orders[0], orders[-1])


def test_a_report_is_of_the_parameters_before_the_update():
    state = begin(SPEC, replace(TRAINING, batch=len(BOOK)), 6)
    state = replace(state, params=some_params(SPEC, kind=np.float32))
    _, report = step(state, BOOK)
    found = twins_log_likelihoods(SPEC, state.params.astype(np.float64), np.arange(len(BOOK)))
    assert report.loss == pytest.approx(-found[np.arange(len(BOOK)), BOOK].mean(), rel=1e-5)
    assert report.accuracy == pytest.approx(np.mean(found.argmax(axis=1) == BOOK), abs=1e-12)
    assert report.count == len(BOOK)
    seen = evaluate(state, BOOK)
    assert (seen.loss, seen.accuracy) == pytest.approx((report.loss, report.accuracy), rel=1e-5)


@pytest.mark.parametrize("cuts", [(7,), (1, 6), (3, 1, 3)])
def test_neither_pieces_nor_threads_change_a_bit(cuts):
    whole = trained(begin(SPEC, TRAINING, 7), 7)
    with ThreadPoolExecutor(3) as pool:
        state = begin(SPEC, TRAINING, 7)
        for count in cuts:
            state, _ = step(state, BOOK, updates=count, pool=pool)
    assert state.at > 0
    assert bits(state) == bits(whole)


def test_a_state_is_a_value_that_steps_leave_alone():
    state = trained(begin(SPEC, TRAINING, 8), 1)
    before = bits(state)
    one, other = step(state, BOOK, updates=3)[0], step(state, BOOK, updates=3)[0]
    assert bits(state) == before
    assert bits(one) == bits(other) != before


def test_seeds_decide_what_is_learned():
    one, other, again = (bits(trained(begin(SPEC, TRAINING, seed), 2)) for seed in (1, 2, 1))
    assert one == again != other


@pytest.mark.parametrize(
    ("rate", "message"),
    [
        (1e30, "the loss of update {} is nan"),
        # Slopes whose squares overflow, while the loss is still a number.
        (1e5, "update {} would leave numbers that aren't finite"),
    ],
)
def test_an_explosion_is_told_of_and_leaves_the_state_as_it_was(rate, message):
    state = begin(SPEC, replace(TRAINING, learning_rate=rate, table_rate=rate), 9)
    told = ""
    with np.errstate(all="ignore"):
        while not told and state.updates < 20:
            before = bits(state)
            try:
                state, report = step(state, BOOK)
            except Exploded as error:
                told = str(error)
            else:
                assert math.isfinite(report.loss)
    assert told == message.format(state.updates + 1)
    assert bits(state) == before
    # A file takes finite numbers alone.
    assert all(np.isfinite(array).all() for part in parts(state).values() for _, array in part)


def test_a_raised_flag_ends_a_step_and_leaves_the_state_as_it_was():
    state = trained(begin(SPEC, TRAINING, 10), 1)
    before, flag = bits(state), CancelFlag()
    flag.set()
    with ThreadPoolExecutor(2) as pool:
        for options in ({}, {"pool": pool}):
            with pytest.raises(Cancelled):
                step(state, BOOK, cancel=flag, **options)
            with pytest.raises(Cancelled):
                evaluate(state, BOOK, cancel=flag, **options)
    assert bits(state) == before


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (BOOK[:0], "the model holds 1 to 241 characters, the text has 0"),
        (np.concatenate([BOOK, BOOK[:1]]), "the model holds 1 to 241 characters, the text has 242"),
        (np.full(10, SPEC.symbols), f"the model knows {SPEC.symbols} symbols, the text has"),
        (np.full(10, -1), f"the model knows {SPEC.symbols} symbols"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(symbols, message):
    state = begin(SPEC, TRAINING, 0)
    for one in (step, evaluate):
        with pytest.raises(ValueError, match=message):
            one(state, symbols)


def test_another_text_amid_an_epoch_is_refused():
    state = trained(begin(SPEC, TRAINING, 11), 1)
    with pytest.raises(ValueError, match="the epoch that has begun is of 241 characters, not 200"):
        step(state, BOOK[:200])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch": 0}, "batch may be 1 to 1048576, not 0"),
        ({"batch": (1 << 20) + 1}, "batch may be 1 to 1048576"),
        ({"learning_rate": 0.0}, "learning_rate is above 0, not 0.0"),
        ({"table_rate": math.inf}, "table_rate is above 0, not inf"),
        ({"epsilon": math.nan}, "epsilon is above 0, not nan"),
        ({"decay": 0.0}, "decay may be above 0, up to 1, not 0.0"),
        ({"decay": 1.1}, "decay may be above 0, up to 1, not 1.1"),
        ({"weight_decay": 1.0}, "weight_decay may be 0 to 1, without 1, not 1.0"),
        ({"beta1": 1.0}, "beta1 may be 0 to 1, without 1, not 1.0"),
        ({"beta2": -0.1}, "beta2 may be 0 to 1, without 1, not -0.1"),
    ],
)
def test_training_out_of_range_is_named_in_one_line(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        replace(TRAINING, **changes)
    assert "\n" not in str(caught.value)
