"""What a model answers: the formulas, the very bits, vector code, and an end when asked for."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from deepfractals_gui.atlas.coding import TOTAL
from deepfractals_gui.atlas.model import AtlasParams
from deepfractals_gui.atlas.packing import blank_slopes, blank_sums
from deepfractals_gui.atlas.reading import AtlasModel, read
from deepfractals_gui.core import CancelFlag
from deepfractals_gui.kernels import atlas_functions, atlas_model, atlas_products
from deepfractals_gui.kernels.atlas_shapes import LANES
from deepfractals_gui.kernels.jit import numba
from tests.atlas.small_models import small, some_params, twins_log_likelihoods
from tests.reference import atlas as twin
from tests.reference import atlas_bits as bits

VARIANTS = {
    "both": {},
    "octaves": {"encoding": "fourier", "capacity": 1 << 24},
    "grids": {"encoding": "hash", "symbols": 8},
    "all units at once": {"share": 1.0, "steps": 2, "rate": 1.0},
    "one position": {"capacity": 1, "levels": 3, "symbols": 2},
    "one symbol": {"symbols": 1},
}
EVERY_VARIANT = pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
KEYED = pytest.mark.parametrize("size", [0, 15, 128], ids=["no key", "a short key", "a key"])


def a_model(changes, kind=np.float32, size=0):
    spec = small(**{"key": 128, **changes})
    key = np.random.default_rng(5).standard_normal(size).astype(np.float32) if size else None
    return AtlasModel(spec, some_params(spec, kind=kind), key)


def a_stretch(spec, count=300):
    """The last positions of the line, which are the hardest."""
    return max(spec.capacity - count, 0), spec.capacity


@EVERY_VARIANT
@KEYED
@pytest.mark.parametrize(("kind", "most"), [(np.float64, 1e-12), (np.float32, 3e-5)])
def test_answers_are_those_of_the_formulas(changes, size, kind, most):
    model = a_model(changes, kind, size)
    start, stop = a_stretch(model.spec)
    positions = np.arange(start, stop)
    params = model.params.astype(np.float64)
    expected = np.exp(twins_log_likelihoods(model.spec, params, positions, model.key))
    found = read(model, start, stop)
    assert found.sureness.dtype == kind
    assert np.abs(found.sureness - expected.max(axis=1)).max() <= most
    sorted_ones = np.sort(np.pad(expected, ((0, 0), (1, 0))), axis=1)
    clear = sorted_ones[:, -1] - sorted_ones[:, -2] > 2 * most
    assert np.array_equal(found.symbols[clear], expected.argmax(axis=1)[clear])
    assert clear.mean() > 0.9
    names = np.random.default_rng(1).integers(0, model.spec.symbols, stop - start)
    told = read(model, start, stop, right=names).sureness
    assert np.abs(told - expected[np.arange(len(names)), names]).max() <= most
    if kind is np.float64:
        return  # Files rely upon float32 alone.
    shares = model.frequencies(start, stop)
    assert np.abs(shares / TOTAL - expected).max() <= most + (model.spec.symbols + 1) / TOTAL


@EVERY_VARIANT
@KEYED
def test_single_precision_is_plain_ieee_arithmetic_to_the_bit(changes, size):
    model = a_model(changes, size=size)
    spec, params = model.spec, model.params
    start, stop = a_stretch(spec)
    positions = np.arange(start, stop)
    features = []
    if spec.encoding != "hash":
        features += bits.octaves(positions, spec.capacity, spec.octaves)
    if spec.encoding != "fourier" and not size:
        cells = spec.grids[:, 0].tolist()
        features += bits.grids(positions, spec.capacity, cells, 1 << spec.table, params.table)
    keys = (twin.signs(positions, size) * model.key).astype(np.float32).T if size else []
    weights, total = bits.likelihoods(dict(params), features, keys, spec.mask, spec.rate)
    found = read(model, start, stop)
    assert np.array_equal(found.symbols, weights.argmax(axis=0))
    assert found.sureness.tobytes() == (weights.max(axis=0) / total).tobytes()
    expected = bits.frequencies(weights, total, TOTAL)
    assert np.array_equal(model.frequencies(start, stop), expected)


def test_frequencies_are_positive_add_up_and_keep_the_order():
    for changes in ({}, {"symbols": 1024}):
        model = a_model(changes)
        # One symbol as good as certain, and all alike, are the ends of what there is.
        for factor in (0.0, 1.0, 300.0):
            params = AtlasParams.of({
                **dict(model.params), "readout": model.params.readout * np.float32(factor),
                "readout_bias": model.params.readout_bias * np.float32(factor),
            })  # fmt: skip
            one = AtlasModel(model.spec, params, model.key)
            found = one.frequencies(0, 200)
            assert found.dtype == np.int32
            assert found.min() >= 1
            assert (found.sum(axis=1) == TOTAL).all()
            reading = read(one, 0, 200)
            assert np.array_equal(found.argmax(axis=1), reading.symbols)
            for row, name in ((0, 3), (150, 5)):
                right = read(one, row, row + 1, right=[name]).sureness[0]
                if name != reading.symbols[row]:
                    share = 1 + int(right * (TOTAL - model.spec.symbols))
                    assert abs(found[row, name] - share) <= 1


def test_signs_are_as_good_as_drawn_by_lot():
    """Neither numbers of a key nor neighbouring positions go together."""
    found = twin.signs(range(2000), 128)
    # Of 2,000 draws each a correlation is 0 ± 0.022; the largest of 8,128 is four times that.
    columns = found.T @ found / 2000
    assert np.abs(columns - np.eye(128)).max() < 0.11
    assert np.abs(found.mean(axis=0)).max() < 0.09
    for apart in (1, 2, 4, 8, 32):
        together = (found[apart:] * found[:-apart]).mean(axis=0)
        assert np.abs(together).max() < 0.09


def test_of_equal_symbols_the_first_is_read():
    model = a_model({})
    params = AtlasParams.of({
        **dict(model.params), "readout": np.zeros_like(model.params.readout),
        "readout_bias": np.array([0, 2, 1, 2, 2, 0, 0], np.float32),
    })  # fmt: skip
    assert (read(AtlasModel(model.spec, params), 0, 300).symbols == 1).all()


def test_neither_where_a_stretch_begins_nor_threads_change_a_bit():
    model = a_model({"capacity": 9001})
    whole, shares = read(model, 0, 9001), model.frequencies(0, 9001)
    with ThreadPoolExecutor(3) as pool:
        shared = read(model, 0, 9001, pool=pool)
    assert shared.sureness.tobytes() == whole.sureness.tobytes()
    assert np.array_equal(shared.symbols, whole.symbols)
    rng = np.random.default_rng(6)
    cuts = [*np.sort(rng.integers(0, 9001, (20, 2))), (0, 1), (9000, 9001), (127, 257), (500, 500)]
    for start, stop in cuts:
        part = read(model, start, stop)
        assert part.start == start
        assert np.array_equal(part.symbols, whole.symbols[start:stop])
        assert part.sureness.tobytes() == whole.sureness[start:stop].tobytes()
        assert np.array_equal(model.frequencies(start, stop), shares[start:stop])


def test_a_raised_flag_ends_every_kernel_before_a_tile():
    model = a_model({})
    ready, spec = model.ready, model.spec
    flag = CancelFlag()
    flag.set()
    positions = np.arange(300)
    names = positions % spec.symbols
    found, right = np.full(300, -7), np.full(300, np.float32(-7))
    atlas_model.answer(ready.inputs, ready.net, positions, names, found, right, flag.array)
    assert (found == -7).all()
    assert (right == -7).all()
    result = np.full((300, spec.symbols), -7, np.int32)
    atlas_model.shares(ready.inputs, ready.net, positions, TOTAL, result, flag.array)
    assert (result == -7).all()
    sums, scores = blank_sums(ready.net), np.zeros((1, 2))
    slopes = blank_slopes(ready.inputs, 3)
    atlas_model.learn(
        ready.inputs, ready.net, positions, names, 1.0, 0.0, sums, slopes, scores, flag.array
    )
    assert not any(one.any() for one in (*sums, slopes, scores))


def test_a_flag_raised_meanwhile_ends_reading():
    # Unstopped, this takes minutes.
    model = a_model({"hidden": 128, "steps": 64})
    ready, flag, count = model.ready, CancelFlag(), 1 << 21
    positions = np.zeros(count, np.int64)
    found, right = np.full(count, -7), np.zeros(count, np.float32)
    arguments = (ready.inputs, ready.net, positions, found.copy(), found, right, flag.array)
    thread = threading.Thread(target=atlas_model.answer, args=arguments)
    thread.start()
    while found[1000] == -7 and thread.is_alive():
        pass
    flag.set()
    thread.join()
    done = found != -7
    assert done[:1001].all()
    assert not done[-1]
    # Whole tiles, all from the beginning.
    assert done.sum() % LANES == 0
    assert done[: done.sum()].all()


def products(weights, starts, rows, result):
    atlas_products.multiply(weights, 0, starts, rows, result, 8, 8)


def outers(left, right, result):
    atlas_products.add_outer(left, right, result, 0, 8, 8)


def functions(rows):
    atlas_functions.apply_tanh(rows, LANES)


def weights_of(rows, top, sums):
    atlas_functions.add_exp(rows, 0, top, rows, sums, LANES)


CODE = {
    "product": (products, 4, 16), "outer": (outers, 3, 16), "tanh": (functions, 1, 8),
    "exp": (weights_of, 3, 7),
}  # fmt: skip


@pytest.mark.parametrize("name", CODE)
def test_the_hot_loop_is_vector_code(name):
    function, count, least = CODE[name]
    fresh = numba.njit(error_model="numpy")(function)
    fresh.compile((numba.float32[::1],) * count)
    text = next(iter(fresh.inspect_asm().values()))
    packed = len(re.findall(r"vf[n]?m(?:add|sub)\w*ps\b.*[yz]mm|fml[as]\s+v", text))
    scalar = len(re.findall(r"vf[n]?m(?:add|sub)\w*ss\b|\bfn?m(?:add|sub)\s+[sd]", text))
    assert packed >= least
    assert scalar == 0
