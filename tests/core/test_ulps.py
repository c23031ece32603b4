"""The next float64, and what Systems move by it."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, specs
from deepfractals_gui.core.ulps import next_up
from deepfractals_gui.systems import SYSTEMS, system

KEYS = [known.key for known in SYSTEMS]


def test_every_kind_of_number_moves_by_one_ulp():
    assert next_up(1.0) == 1.0 + 2**-52
    assert next_up(-1.0) == -1.0 + 2**-53
    assert next_up(0.0) == 5e-324
    assert next_up(1 - 2j) == complex(1 + 2**-52, -2 + 2**-52)
    assert next_up(((1.0, 2.0), (3.0, 4.0))) == (
        (1 + 2**-52, 2 + 2**-51),
        (3 + 2**-51, 4 + 2**-50),
    )
    moved = next_up(np.array([[1.0, -4.0]]))
    np.testing.assert_array_equal(moved, [[1 + 2**-52, -4 + 2**-51]])
    assert moved.dtype == np.float64


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("forward_pass", ("start", "bias_coupling")),
        ("error_flow", ("start", "input_scale")),
        ("gradient_basins", ("learning_rate", "data")),
    ],
)
def test_inputs_are_the_numbers_that_enter_the_computation(key, names):
    known = system(key)
    assert known.inputs(known.Params()) == names


def test_inputs_follow_the_plane():
    known = system("forward_pass")
    assert known.inputs(known.Params(plane="input")) == ("weight", "bias_coupling")


@pytest.mark.parametrize("key", KEYS)
def test_criteria_are_parameters(key):
    known = system(key)
    assert set(known.criteria) <= {spec.name for spec in specs(known.Params)}


@pytest.mark.parametrize("key", ["forward_pass", "error_flow", "gradient_basins"])
def test_nudging_moves_what_is_named_and_nothing_else(key):
    known, flag = system(key), CancelFlag()
    params = known.Params()
    prepared = known.prepare(params, flag)
    names = known.inputs(params)[:1]
    moved, again = known.nudged(params, prepared, names, flag)
    for spec in specs(known.Params):
        before = getattr(params, spec.name)
        assert getattr(moved, spec.name) == (next_up(before) if spec.name in names else before)
    assert (again is None) == (prepared is None)
    same = known.nudged(params, prepared, (), flag)
    assert same[0] is params
    assert same[1] is prepared


def test_data_moved_is_prepared_anew():
    known, flag = system("gradient_basins"), CancelFlag()
    params = known.Params()
    prepared = known.prepare(params, flag)
    _, again = known.nudged(params, prepared, ("data",), flag)
    points = np.array(params.data)
    # Mirrored points part: they move to opposite sides of what they shared.
    np.testing.assert_array_equal(again.x, np.sort(np.abs(np.nextafter(points[:, 0], np.inf))))
    assert not np.isin(again.x, prepared.x).any()
