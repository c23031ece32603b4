"""What models are made of: limits, masks, levels, counts, the first numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.atlas.encodings import MOST_POSITIONS
from deepfractals_gui.atlas.model import NAMES, AtlasSpec, initial_params
from tests.atlas.small_models import small

SPEC = AtlasSpec(152_089, 74)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"capacity": 0}, "capacity may be 1 to 16777216, not 0"),
        ({"capacity": MOST_POSITIONS + 1}, "capacity may be 1 to 16777216, not 16777217"),
        ({"symbols": 0}, "symbols may be 1 to 1024, not 0"),
        ({"symbols": 1025}, "symbols may be 1 to 1024, not 1025"),
        ({"levels": 0}, "levels may be 1 to 24, not 0"),
        ({"levels": 25}, "levels may be 1 to 24, not 25"),
        ({"base": 0}, "base may be 1 to 16777216, not 0"),
        ({"finest": -1}, "finest may be 0 to 16777216, not -1"),
        ({"features": 9}, "features may be 1 to 8, not 9"),
        ({"table": 3}, "table may be 4 to 24, not 3"),
        ({"table": 25}, "table may be 4 to 24, not 25"),
        ({"hidden": 4}, "hidden may be 8 to 512, not 4"),
        ({"hidden": 66}, "hidden units come in fours, not 66"),
        ({"steps": 0}, "steps may be 1 to 64, not 0"),
        ({"steps": 65}, "steps may be 1 to 64, not 65"),
        ({"key": 15}, "key may be 16 to 128, not 15"),
        ({"key": 129}, "key may be 16 to 128, not 129"),
        ({"share": 0.0}, "share may be above 0, up to 1, not 0.0"),
        ({"rate": 1.01}, "rate may be above 0, up to 1, not 1.01"),
        ({"rate": math.nan}, "rate may be above 0, up to 1, not nan"),
        ({"encoding": "x" * 99}, f"an encoding is one of both, fourier, hash, not {'x' * 40!r}"),
        (
            {"capacity": MOST_POSITIONS, "levels": 24, "table": 24, "features": 8},
            "a model of",
        ),
    ],
)
def test_a_number_out_of_range_is_named_in_one_line(changes, message):
    with pytest.raises(ValueError, match=r"[a-z]") as caught:
        replace(SPEC, **changes)
    told = str(caught.value)
    assert told.startswith(message)
    assert "\n" not in told
    assert message != "a model of" or told.endswith("numbers is above 33,554,432")


@pytest.mark.parametrize(
    "spec",
    [SPEC, small(), small(share=0.1, steps=2), small(share=1.0), small(hidden=64, steps=64),
     replace(SPEC, hidden=100, share=0.33, steps=13)],
)  # fmt: skip
def test_each_step_updates_its_share_and_all_units_have_their_turns(spec):
    assert spec.mask.shape == (spec.steps, spec.updated)
    assert spec.updated % 4 == 0
    assert spec.updated - 4 < spec.share * spec.hidden <= spec.updated
    for units in spec.mask:
        assert len({*units.tolist()}) == spec.updated
    turns = np.bincount(spec.mask.ravel(), minlength=spec.hidden)
    assert len(turns) == spec.hidden
    assert turns.max() - turns.min() <= (spec.steps * spec.updated % spec.hidden != 0)


def test_masks_are_the_same_for_all_time():
    """A file that was written holds no mask: another one would read nonsense."""
    spec = AtlasSpec(100, 5, hidden=16, steps=3, share=0.5)
    # In the order of the fractions of (unit + 1) times the golden section.
    even, odd = [0, 2, 5, 7, 8, 10, 13, 15], [1, 3, 4, 6, 9, 11, 12, 14]
    assert spec.mask.tolist() == [odd, even, odd]
    assert np.array_equal(spec.mask, AtlasSpec(999, 7, hidden=16, steps=3, share=0.5).mask)


def test_the_grids_end_with_a_cell_for_each_position():
    assert SPEC.grids[0, 0] == 16
    assert SPEC.grids[-1, 0] == SPEC.capacity
    assert SPEC.rows == sum(min(int(cells) + 1, 1 << 18) for cells in SPEC.grids[:, 0])
    finer = replace(SPEC, finest=999, base=2000, levels=3)
    assert finer.grids[:, 0].tolist() == [999, 1000, 1001]
    assert replace(SPEC, encoding="fourier").rows == 0


@pytest.mark.parametrize(("encoding", "inputs"), [("both", 34 + 56), ("fourier", 34), ("hash", 56)])
def test_inputs_are_two_for_each_octave_and_the_features_of_each_level(encoding, inputs):
    # 2^16 <= 152,089 / 2 < 2^17: seventeen octaves.
    assert replace(SPEC, encoding=encoding).inputs == inputs


def test_the_count_is_that_of_all_numbers():
    for spec in (SPEC, small(), small(encoding="fourier")):
        h, d, k, v = spec.hidden, spec.inputs, spec.key, spec.symbols
        mlp = h * (d + k + 1) + h * (h + 1)
        block = h * (d + k + h + 1)
        assert spec.count == spec.rows * spec.features + mlp + block + v * (h + 1)
        assert spec.count == sum(array.size for _, array in initial_params(spec, 0))


def test_the_first_numbers_have_their_sizes_and_are_those_of_the_seed():
    first = initial_params(SPEC, 3)
    for name, array in first:
        assert array.dtype == np.float32
        assert array.shape == SPEC.shapes[name]
        if name == "table":
            assert 0.99e-4 < np.abs(array).max() <= 1e-4
            assert array.std() == pytest.approx(1e-4 / math.sqrt(3), rel=0.01)
        elif array.ndim == 1:
            assert not array.any()
        else:
            assert array.std() == pytest.approx(1 / math.sqrt(array.shape[1]), rel=0.05)
    again, other = initial_params(SPEC, 3), initial_params(SPEC, 4)
    for name in NAMES:
        array = getattr(first, name)
        assert array.tobytes() == getattr(again, name).tobytes()
        assert not array.any() or not np.array_equal(array, getattr(other, name))
