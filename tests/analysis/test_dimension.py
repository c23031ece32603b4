"""The dimension of a System's boundary."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.analysis import (
    Study,
    dyadic_dimension,
    edge_pixels,
    measure_dimension,
    published_dimension,
)
from deepfractals_gui.analysis.boundary import boundary_points, sides
from deepfractals_gui.analysis.store import FRAME_NAME, FrameStore
from deepfractals_gui.analysis.table import as_json, write_csv
from deepfractals_gui.core import CancelFlag, Cancelled, Viewport
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.session.files import FileError
from deepfractals_gui.systems import SYSTEMS, system

KEYS = ["forward_pass", "error_flow", "gradient_basins"]
KEY = "error_flow"
PARAMS = system(KEY).Params()
HOME = system(KEY).home(PARAMS)


@pytest.fixture(scope="module")
def renderer():
    with Renderer(2) as renderer:
        yield renderer


def study(**changes):
    return Study(KEY, PARAMS, HOME, **{"paths": 3, "levels": 4, "size": 64} | changes)


def outcomes(result):
    return [
        (frame.path, frame.level, frame.viewport, frame.edges, frame.count.mixed.tolist())
        for path in result.paths
        for frame in path.frames
    ]


@pytest.mark.parametrize("key", KEYS)
def test_points_found_are_on_the_boundary(renderer, key):
    known = system(key)
    params = known.Params()
    side = sides(known, params, renderer, CancelFlag())
    view = known.home(params)
    points = boundary_points(side, view, 5, seed=4)
    np.testing.assert_array_equal(boundary_points(side, view, 3, seed=4), points[:3])
    assert not np.array_equal(boundary_points(side, view, 3, seed=5), points[:3])
    assert np.all(np.abs(points - [float(view.x), float(view.y)]) <= view.width / 2)
    # A few ulp around each, both outcomes are met.
    grain = 4 * float(np.spacing(view.width / 2))
    offsets = np.array([(i, j) for i in range(-2, 3) for j in range(-2, 3)]) * grain
    for point in points:
        around = point + offsets
        assert len(set(side(around[:, 0].copy(), around[:, 1].copy()).tolist())) == 2


def test_a_view_of_one_outcome_has_no_boundary(renderer):
    inside = Viewport.at(0, 0, 1e-3)
    with pytest.raises(ValueError, match="no boundary found: 256 random rays"):
        measure_dimension(replace(study(), view=inside), renderer)


def test_a_straight_boundary_has_dimension_one():
    """A System whose boundary is known: the half plane."""

    class HalfPlane(type(system(KEY))):
        def sample(self, points, p, prepared, out, cancel):
            out["status"][:] = np.where(points.y > 0.3 * points.x, 1, 2)

    half = HalfPlane()
    with Renderer(1, find=lambda key: half) as renderer, pytest.MonkeyPatch.context() as patch:
        patch.setattr("deepfractals_gui.analysis.dimension.system", lambda key: half)
        for estimator in ("published", "dyadic"):
            found = measure_dimension(study(size=512, estimator=estimator), renderer)
            assert found.median == pytest.approx(1.0, abs=0.03), estimator
            assert found.upper - found.lower < 0.05


def test_levels_are_renders_of_ever_narrower_views(renderer):
    seen = []
    result = measure_dimension(study(), renderer, on_frame=seen.append)
    assert seen == [frame for path in result.paths for frame in path.frames]
    for path in result.paths:
        assert path.ended is None
        assert [frame.level for frame in path.frames] == [0, 1, 2, 3]
        for frame in path.frames:
            view = replace(path.start, width=HOME.width / 2**frame.level)
            assert frame.viewport == view
            status = renderer.render(RenderRequest(KEY, PARAMS, view, (64, 64))).channels["status"]
            edges = edge_pixels(system(KEY).outcome(status))
            assert frame.edges == np.count_nonzero(edges) > 0
        assert path.dimension == published_dimension([frame.count for frame in path.frames])
    values = [path.dimension for path in result.paths]
    assert result.median == np.median(values)
    assert (result.lower, result.upper) == tuple(np.percentile(values, (25, 75)))


def test_dyadic_paths_have_a_standard_error(renderer):
    result = measure_dimension(study(estimator="dyadic"), renderer)
    for path in result.paths:
        fit = dyadic_dimension([frame.count for frame in path.frames], 2, 16)
        assert path.fit == fit
        assert (fit.low, fit.high) == (2, 16)
        assert 0 < fit.error < 0.2
    narrower = measure_dimension(study(estimator="dyadic", fit=(4, 16)), renderer)
    assert narrower.paths[0].fit.low == 4


def test_paths_stop_where_float64_ends(renderer):
    narrow = replace(HOME, x=HOME.x + 1, width=HOME.width)
    result = measure_dimension(replace(study(levels=60, size=16), view=narrow), renderer)
    for path in result.paths:
        last = path.frames[-1].viewport
        assert path.ended == len(path.frames) < 60
        assert last.pixel_ulps((16, 16)) >= 8
        assert replace(last, width=last.width / 2).pixel_ulps((16, 16)) < 8


def test_a_view_beyond_float64_is_refused(renderer):
    deep = Viewport.at("1.25", "0.5", 1e-14)
    with pytest.raises(ValueError, match="float64 ends before the first frame"):
        measure_dimension(replace(study(), view=deep), renderer)


def test_an_interrupted_measurement_goes_on_where_it_was(renderer, tmp_path, monkeypatch):
    expected = measure_dimension(study(), renderer)
    flag, seen = CancelFlag(), []

    def stop(frame):
        seen.append(frame)
        if len(seen) == 5:
            flag.set()

    with pytest.raises(Cancelled):
        measure_dimension(study(), renderer, folder=tmp_path, on_frame=stop, cancel=flag)
    assert len(list(tmp_path.glob("path_*.npz"))) == 5
    rendered = []
    render = Renderer.render

    def counting(self, request, **more):
        rendered.append(request)
        return render(self, request, **more)

    monkeypatch.setattr(Renderer, "render", counting)
    result = measure_dimension(study(), renderer, folder=tmp_path)
    assert len(rendered) == 12 - 5
    assert outcomes(result) == outcomes(expected)
    # More levels and paths of the same study take what there is, whatever the estimator.
    rendered.clear()
    measure_dimension(study(levels=5, paths=4, estimator="dyadic"), renderer, folder=tmp_path)
    assert len(rendered) == 4 * 5 - 12


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "text", "bomb"])
def test_a_damaged_or_foreign_frame_is_computed_again(renderer, tmp_path, damage):
    expected = measure_dimension(study(), renderer, folder=tmp_path)
    file = tmp_path / FRAME_NAME.format(1, 2)
    sound = file.read_bytes()
    if damage == "cut":
        file.write_bytes(sound[: len(sound) // 2])
    elif damage == "flipped":
        middle = sound.index(b"outcome.npy") + 200
        file.write_bytes(sound[:middle] + bytes([sound[middle] ^ 255]) + sound[middle + 1 :])
    elif damage == "foreign":
        file.write_bytes((tmp_path / FRAME_NAME.format(0, 2)).read_bytes())
    elif damage == "text":
        file.write_text("not an archive")
    else:
        np.savez_compressed(file, header=np.array("{}"), outcome=np.zeros(10**7, np.uint8))
    request = RenderRequest(KEY, PARAMS, expected.paths[1].frames[2].viewport, (64, 64))
    assert FrameStore(tmp_path).read(1, 2, request) is None
    result = measure_dimension(study(), renderer, folder=tmp_path)
    assert outcomes(result) == outcomes(expected)
    assert file.read_bytes() == sound


@pytest.mark.parametrize("change", [{"seed": 1}, {"size": 32}])
def test_frames_of_another_study_are_refused(renderer, tmp_path, change):
    measure_dimension(study(levels=1), renderer, folder=tmp_path)
    with pytest.raises(FileError, match="holds files of another measurement"):
        measure_dimension(study(**change), renderer, folder=tmp_path)


def test_progress_covers_what_is_left(renderer, tmp_path):
    measure_dimension(study(levels=2), renderer, folder=tmp_path)
    told = []
    measure_dimension(study(levels=3), renderer, folder=tmp_path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert min(told) < 0.5


def test_table_has_a_row_a_level(renderer, tmp_path):
    result = measure_dimension(study(), renderer)
    write_csv(tmp_path / "levels.csv", result)
    with open(tmp_path / "levels.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    frames = [frame for path in result.paths for frame in path.frames]
    assert len(rows) == len(frames) == 12
    for row, frame in zip(rows, frames, strict=True):
        assert (int(row["path"]), int(row["level"])) == (frame.path, frame.level)
        assert float(row["x"]) == float(frame.viewport.x)
        assert float(row["width"]) == frame.viewport.width
        assert int(row["edge_pixels"]) == frame.edges
        for size, boxes, slope in zip(
            frame.count.sizes, frame.count.mixed, frame.count.published_slopes, strict=True
        ):
            assert int(row[f"boxes_{size}"]) == boxes
            text = row[f"slope_{size}"]
            assert (float(text) if text else math.nan) == pytest.approx(slope, nan_ok=True)
    assert as_json(result)["median"] == result.median


def test_dyadic_table_has_the_standard_error_of_each_level(renderer, tmp_path):
    result = measure_dimension(study(estimator="dyadic"), renderer)
    write_csv(tmp_path / "levels.csv", result)
    with open(tmp_path / "levels.csv", newline="") as file:
        row = next(csv.DictReader(file))
    frame = result.paths[0].frames[0]
    fit = dyadic_dimension([frame.count], 2, 16)
    assert float(row["dimension"]) == fit.dimension
    assert float(row["standard_error"]) == fit.error
    assert float(row["slope_2"]) == frame.count.slopes[1]


def test_a_background_thread_may_measure(renderer):
    future = renderer.background(measure_dimension, study(), renderer)
    assert outcomes(future.result()) == outcomes(measure_dimension(study(), renderer))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"paths": 1}, "paths must be from 2"),
        ({"levels": 0}, "levels must be from 1"),
        ({"size": 8}, "size must be from 16"),
        ({"seed": -1}, "seed must be from 0"),
        ({"estimator": "guess"}, "one of published, dyadic"),
        ({"fit": (8, 8)}, "must rise within"),
        ({"fit": (2, 64)}, "must rise within"),
    ],
)
def test_studies_out_of_range_are_refused(change, words):
    with pytest.raises(ValueError, match=words):
        study(**change)


def test_every_system_with_outcomes_can_be_measured():
    for known in SYSTEMS:
        params = known.Params()
        if known.outcome(np.zeros(1, np.uint8)) is not None:
            assert Study(known.key, params, known.home(params)).paths == 8
