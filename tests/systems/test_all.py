"""What holds of every System, whichever are listed in SYSTEMS."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields

import numpy as np
import pytest

from deepfractals_gui.coloring import MODES, palette
from deepfractals_gui.core import (
    CancelFlag,
    Cancelled,
    Coloring,
    Points,
    Raster,
    Status,
    specs,
)
from deepfractals_gui.core.params import (
    ParamError,
    checked,
    params_from_json,
    params_to_json,
    replace,
)
from deepfractals_gui.core.viewport import SAFE_ULPS
from deepfractals_gui.systems import SYSTEMS, system
from tests.systems.short import short_params, small_shape

SHAPE = (41, 57)
EVERY = pytest.mark.parametrize("chosen", SYSTEMS, ids=lambda s: s.key)


ORBIT_CURVES = {"step size", "local multiplier"}
CURVES = {
    "trainability": {"loss", "|W0|", "|∂W1|", "output", "target"},
    "loss_landscape": {"loss", "level", "|W| here", "|W| trained"},
    "field_convergence": {"residual", "tolerance", "|f|"},
}


def variations(chosen):
    """Default parameters, and every value of every choice."""
    yield short_params(chosen)
    for spec in specs(chosen.Params):
        for choice in spec.choices:
            if choice != spec.default:
                yield replace(short_params(chosen), **{spec.name: choice})


CASES = pytest.mark.parametrize(
    ("chosen", "p"),
    [
        pytest.param(s, p, id=f"{s.key}-{number}")
        for s in SYSTEMS
        for number, p in enumerate(variations(s))
    ],
)
PRESETS = pytest.mark.parametrize(
    ("chosen", "preset"),
    [pytest.param(s, preset, id=f"{s.key}-{preset.key}") for s in SYSTEMS for preset in s.presets],
)


def points_of(view, shape=SHAPE):
    rows, columns = np.indices(shape).reshape(2, -1)
    return Raster(view, shape).points(rows, columns)


def home_points(chosen, p):
    return points_of(chosen.home(p), small_shape(chosen, SHAPE))


def blank(chosen, p, count, wide=True):
    return {
        c.name: np.zeros(count, "f8" if wide and c.dtype == "float32" else c.dtype)
        for c in chosen.channels(p)
    }


def sampled(chosen, p, points, wide=True, preview=False):
    out = blank(chosen, p, len(points), wide)
    prepared = chosen.prepare(p, CancelFlag())
    (chosen.sample_preview if preview else chosen.sample)(points, p, prepared, out, CancelFlag())
    return out


def taken(points, places):
    return Points(
        points.x[places], points.y[places], points.dx[places], points.dy[places], points.viewport
    )


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert array.dtype == other[name].dtype
        assert array.tobytes() == other[name].tobytes(), name


@EVERY
def test_a_system_is_found_by_its_key(chosen):
    assert system(chosen.key) is chosen
    assert chosen.title
    assert chosen.summary.endswith(".")


def test_an_unknown_key_names_those_that_exist():
    with pytest.raises(ValueError, match="forward_pass"):
        system("nosuch")


@EVERY
def test_every_parameter_says_what_it_is(chosen):
    names = [field.name for field in fields(chosen.Params)]
    assert names == [spec.name for spec in specs(chosen.Params)]
    for spec in specs(chosen.Params):
        assert spec.help.endswith("."), spec.name
        if spec.kind in ("int", "float"):
            assert spec.low is not None, spec.name
            assert spec.high is not None, spec.name
            assert spec.slider is not None, spec.name
            assert spec.low <= spec.slider[0] < spec.slider[1] <= spec.high, spec.name
        if spec.kind in ("complex", "table"):
            assert spec.high is not None, spec.name
        for name, values in spec.shown_when:
            other = next(s for s in specs(chosen.Params) if s.name == name)
            assert set(values) <= set(other.choices)


@CASES
def test_parameters_survive_json(chosen, p):
    text = json.dumps(params_to_json(p))
    assert params_from_json(chosen.Params, json.loads(text)) == p
    assert checked(p) == p
    for spec in specs(chosen.Params):
        assert spec.parse(spec.format(getattr(p, spec.name))) == getattr(p, spec.name)


@EVERY
def test_numbers_out_of_range_are_refused(chosen):
    for spec in specs(chosen.Params):
        if spec.kind in ("int", "float"):
            for value in (spec.low - 1, spec.high * 2 + 1, float("nan"), float("inf")):
                with pytest.raises(ParamError, match=spec.name):
                    replace(chosen.Params(), **{spec.name: value})


@CASES
def test_sampling_fills_every_channel_as_declared(chosen, p):
    channels = chosen.channels(p)
    assert channels[0].name == "status"
    assert len({c.name for c in channels}) == len(channels)
    points = home_points(chosen, p)
    out = sampled(chosen, p, points, wide=False)
    status = out["status"]
    assert set(np.unique(status)) <= {int(s) for s in chosen.statuses}
    for channel in channels:
        array = out[channel.name]
        assert array.dtype == channel.numpy_dtype()
        if channel.defined_for is None or array.dtype.kind not in "fc":
            continue
        elsewhere = ~np.isin(status, [int(s) for s in channel.defined_for])
        if np.isnan(channel.elsewhere):
            assert np.isnan(array[elsewhere]).all(), channel.name
        else:
            assert (array[elsewhere] == channel.elsewhere).all(), channel.name


@CASES
def test_stored_values_are_the_float64_values_rounded(chosen, p):
    points = home_points(chosen, p)
    wide, narrow = sampled(chosen, p, points), sampled(chosen, p, points, wide=False)
    with np.errstate(over="ignore"):
        assert_same_bits({n: a.astype(narrow[n].dtype) for n, a in wide.items()}, narrow)


@CASES
def test_any_subdivision_gives_the_same_bits(chosen, p):
    points = points_of(chosen.home(p).moved(0.2, 0.3, 0.5), small_shape(chosen, SHAPE))
    count = len(points)
    whole = sampled(chosen, p, points)
    prepared = chosen.prepare(p, CancelFlag())
    rng = np.random.default_rng(3)
    order = rng.permutation(count)
    cuts = np.sort(rng.choice(count, 12, replace=False))
    pieces = [piece for piece in np.split(order, cuts) if len(piece)]

    def run(places):
        out = blank(chosen, p, len(places))
        chosen.sample(taken(points, places), p, prepared, out, CancelFlag())
        return out

    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(run, pieces))
    joined = blank(chosen, p, count)
    for places, part in zip(pieces, parts, strict=True):
        for name, array in part.items():
            joined[name][places] = array
    assert_same_bits(joined, whole)


@CASES
def test_a_probe_equals_the_raster(chosen, p):
    points = home_points(chosen, p)
    out = sampled(chosen, p, points)
    prepared = chosen.prepare(p, CancelFlag())
    rng = np.random.default_rng(4)
    for place in rng.choice(len(points), 12, replace=False):
        probe = chosen.probe(float(points.x[place]), float(points.y[place]), p, prepared)
        assert probe.status == Status(int(out["status"][place]))
        for name, array in out.items():
            assert np.array(probe.values[name], array.dtype).tobytes() == array[place].tobytes()
        assert probe.orbit is None or np.iscomplexobj(probe.orbit)
        assert {c.name for c in probe.curves} >= CURVES.get(chosen.key, ORBIT_CURVES)
        for curve in probe.curves:
            assert curve.x.shape == curve.y.shape
        assert all(isinstance(text, str) and text for row in probe.table for text in row)


@EVERY
def test_a_preview_resembles_the_picture(chosen):
    p = short_params(chosen)
    points = home_points(chosen, p)
    out, preview = sampled(chosen, p, points), sampled(chosen, p, points, False, preview=True)
    assert np.mean(out["status"] == preview["status"]) > 0.95


@EVERY
def test_a_raised_flag_stops_sampling(chosen):
    p = short_params(chosen)
    points = home_points(chosen, p)
    flag = CancelFlag()
    flag.set()
    prepared = chosen.prepare(p, CancelFlag())
    for sample in (chosen.sample, chosen.sample_preview):
        with pytest.raises(Cancelled):
            sample(points, p, prepared, blank(chosen, p, len(points)), flag)


@EVERY
def test_a_raised_flag_stops_a_probe(chosen):
    p = short_params(chosen)
    home = chosen.home(p)
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        chosen.probe(float(home.x), float(home.y), p, chosen.prepare(p, CancelFlag()), flag)


@EVERY
def test_no_points_are_no_trouble(chosen):
    p = short_params(chosen)
    assert sampled(chosen, p, Points.absolute(np.zeros(0), np.zeros(0)))["status"].shape == (0,)


@EVERY
def test_no_array_makes_a_kernel_compile_anew(chosen):
    """Strided and read-only arrays are copied: the program's kernels are compiled beforehand."""
    from deepfractals_gui.kernels import backward, basins, field_courses, forward, landscape

    def signatures():
        modules = (forward, backward, basins, landscape, field_courses)
        return [len(module.sample.signatures) for module in modules]

    p = short_params(chosen)
    points = home_points(chosen, p)
    sampled(chosen, p, points)
    before = signatures()
    arrays = [a[::2] for a in (points.x, points.y, points.dx, points.dy)]
    arrays[0].flags.writeable = False
    half = Points(*arrays, points.viewport)
    out = {name: array[::2] for name, array in blank(chosen, p, 2 * len(half)).items()}
    chosen.sample(half, p, chosen.prepare(p, CancelFlag()), out, CancelFlag())
    assert signatures() == before
    whole = sampled(chosen, p, points)
    for name, array in out.items():
        assert array.tobytes() == whole[name][::2].tobytes()


@EVERY
def test_points_without_end_are_sampled(chosen):
    """Far out, and where nothing is finite, a point still gets a status."""
    p = short_params(chosen)
    x = np.array([1e300, -1e300, 1e16, 1e-300, 0.0, 1e150, -3e15])
    y = np.array([1e300, 1e10, -1e16, 1e-300, 0.0, 0.0, 2e15])
    with np.errstate(all="ignore"):
        out = sampled(chosen, p, Points.absolute(x, y))
    assert set(out["status"]) <= {int(s) for s in chosen.statuses}


@EVERY
def test_the_colourings_of_a_system_are_its_own(chosen):
    p = short_params(chosen)
    coloring = chosen.default_coloring(p)
    shown = MODES[coloring.mode].channels_for(chosen.channels(p), chosen.recipes(p))
    assert shown
    if coloring.mode == "classic":
        assert coloring.palette == chosen.key
    assert Coloring.from_json(coloring.to_json()) == coloring


@EVERY
def test_outcomes_are_two_sides_of_a_boundary(chosen):
    p = short_params(chosen)
    sides = chosen.outcome(sampled(chosen, p, home_points(chosen, p))["status"])
    assert sides.dtype == bool
    assert 0 < sides.sum() < sides.size


@CASES
def test_linked_views_can_be_opened(chosen, p):
    for x, y in ((0.4, -1.1), (0.0, 0.0), (1e200, 1e200)):
        found = chosen.linked(x, y, p)
        if found is None:
            continue
        params, view = found
        assert checked(params) == params
        sampled(chosen, params, points_of(view, (5, 7)))


@EVERY
def test_there_are_six_presets_or_more(chosen):
    keys = [preset.key for preset in chosen.presets]
    assert len(keys) >= 6
    assert len(set(keys)) == len(keys)
    assert len({preset.title for preset in chosen.presets}) == len(keys)


@PRESETS
def test_a_preset_is_a_place_worth_the_name(chosen, preset):
    p = replace(chosen.Params(), **preset.params)
    chosen.check(p)
    assert preset.note.endswith(".")
    # Places that were published lie where they lie.
    ample = 1 if preset.key.startswith("paper_") else 64
    assert preset.viewport.pixel_ulps((1200, 1200)) > ample * SAFE_ULPS
    if preset.coloring is not None:
        assert Coloring.from_json(preset.coloring.to_json()) == preset.coloring
        assert MODES[preset.coloring.mode].channels_for(chosen.channels(p), chosen.recipes(p))
        assert palette(preset.coloring.palette)
    dear = hasattr(p, "depth") or chosen.key == "field_convergence"
    out = sampled(chosen, p, points_of(preset.viewport, (9, 12) if dear else SHAPE))
    # Something is to be seen: no channel is wanted that is one plain value.
    shown = next(out[name] for name in ("smooth", "steps", "value", "loss") if name in out)
    assert len(np.unique(shown)) > len(shown) / 100
