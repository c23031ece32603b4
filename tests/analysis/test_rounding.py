"""The rounding audit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from deepfractals_gui.analysis import audit, input_names, rounding, wilson
from deepfractals_gui.analysis.rounding import checked_inputs
from deepfractals_gui.core import CancelFlag, Cancelled, Points, Raster
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.systems import system

KEY = "error_flow"
SYSTEM = system(KEY)
PARAMS = SYSTEM.Params()
HOME = SYSTEM.home(PARAMS)
SHAPE = (40, 60)


@pytest.fixture(scope="module")
def renderer():
    with Renderer(2) as renderer:
        yield renderer


def status_at(params, x, y):
    out = SYSTEM.allocate(len(x), params)
    SYSTEM.sample(Points.absolute(x, y), params, None, out, CancelFlag())
    return out["status"]


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (10, 10), (3, 10), (112, 700), (1, 65536)])
def test_interval_is_wilsons(hits, count):
    expected = binomtest(hits, count).proportion_ci(method="wilson")
    assert wilson(hits, count) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_whole_view_equals_sampling_twice_by_hand(renderer):
    found = audit(KEY, PARAMS, HOME, SHAPE, renderer)
    assert found.inputs == ("coordinates", "start", "input_scale")
    raster = Raster(HOME, SHAPE)
    rows, columns = np.indices(SHAPE).reshape(2, -1)
    x, y = raster.x[columns], raster.y[rows]
    up = lambda value: np.nextafter(value, np.inf)  # noqa: E731
    moved = replace(
        PARAMS,
        start=complex(up(PARAMS.start.real), up(0.0)),
        input_scale=complex(up(1.0), up(0.0)),
    )
    before, after = status_at(PARAMS, x, y), status_at(moved, up(x), up(y))
    np.testing.assert_array_equal(found.before, before)
    np.testing.assert_array_equal(found.after, after)
    changed = SYSTEM.outcome(before) != SYSTEM.outcome(after)
    np.testing.assert_array_equal(found.mask, changed.reshape(SHAPE))
    assert changed.any()
    assert found.fraction == changed.mean()


@pytest.mark.parametrize("inputs", [["coordinates"], ["start"], ["input_scale", "start"]])
def test_only_the_named_inputs_move(renderer, inputs):
    found = audit(KEY, PARAMS, HOME, SHAPE, renderer, inputs=inputs)
    raster = Raster(HOME, SHAPE)
    x, y = raster.x[found.columns], raster.y[found.rows]
    if "coordinates" in inputs:
        x, y = np.nextafter(x, np.inf), np.nextafter(y, np.inf)
    own = [name for name in inputs if name != "coordinates"]
    moved, _ = SYSTEM.nudged(PARAMS, None, own, CancelFlag())
    np.testing.assert_array_equal(found.after, status_at(moved, x, y))
    assert set(found.inputs) == set(inputs)


def test_a_share_is_drawn_from_the_seed(renderer):
    whole = audit(KEY, PARAMS, HOME, SHAPE, renderer)
    one, again, other = (
        audit(KEY, PARAMS, HOME, SHAPE, renderer, share=0.25, seed=seed) for seed in (1, 1, 2)
    )
    assert len(one.changed) == 600
    np.testing.assert_array_equal(one.rows, again.rows)
    np.testing.assert_array_equal(one.changed, again.changed)
    assert not np.array_equal(one.rows * 60 + one.columns, other.rows * 60 + other.columns)
    assert len({*zip(one.rows.tolist(), one.columns.tolist(), strict=True)}) == 600
    np.testing.assert_array_equal(one.changed, whole.mask[one.rows, one.columns])


def test_samples_that_are_there_are_not_computed_again(monkeypatch):
    class Watched(type(SYSTEM)):
        seen = 0

        def sample(self, points, p, prepared, out, cancel):
            Watched.seen += len(points)
            super().sample(points, p, prepared, out, cancel)

    monkeypatch.setattr(rounding, "system", lambda key: Watched())
    with Renderer(1, find=lambda key: Watched()) as renderer:
        renderer.render(RenderRequest(KEY, PARAMS, HOME, SHAPE))
        Watched.seen = 0
        audit(KEY, PARAMS, HOME, SHAPE, renderer)
    assert Watched.seen == SHAPE[0] * SHAPE[1]


def test_rounding_is_found_where_errors_explode(renderer):
    """Deep in an arm the errors' growth carries the last bit up to the outcome."""
    frost = next(preset for preset in SYSTEM.presets if preset.key == "frost")
    found = audit(KEY, replace(PARAMS, **frost.params), frost.viewport, (64, 64), renderer)
    assert found.suspect
    assert found.fraction > 0.05
    low, high = found.interval
    assert low < found.fraction < high


def test_progress_rises_to_the_end_and_a_raised_flag_stops(renderer):
    told = []
    view = replace(HOME, width=4.5)
    audit(KEY, PARAMS, view, SHAPE, renderer, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 4
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        audit(KEY, PARAMS, replace(HOME, width=4.25), SHAPE, renderer, cancel=flag)


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(renderer, share):
    with pytest.raises(ValueError, match="share of the pixels"):
        audit(KEY, PARAMS, HOME, SHAPE, renderer, share=share)


def test_unknown_inputs_are_refused():
    assert input_names(SYSTEM, PARAMS) == ("coordinates", "start", "input_scale")
    with pytest.raises(ValueError, match="no input 'W7' here; there are coordinates, start"):
        checked_inputs(SYSTEM, PARAMS, ["W7"])
    with pytest.raises(ValueError, match="at least one input"):
        checked_inputs(SYSTEM, PARAMS, [])
    with pytest.raises(ValueError, match="at least one trial"):
        wilson(0, 0)
