"""Every System gives the same bits however its points are cut up."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Points
from deepfractals_gui.core.params import replace as replace_params
from deepfractals_gui.core.params import specs
from deepfractals_gui.render import Renderer, RenderRequest, sample_points
from deepfractals_gui.systems import SYSTEMS
from tests.systems.short import short_params, small_shape

SHAPE = (44, 61)


def requests(system):
    """The home view, and one close to its boundary for every choice of plane."""
    home, shape = short_params(system), small_shape(system, SHAPE)
    yield RenderRequest(system.key, home, system.home(home), shape)
    for spec in specs(system.Params):
        for choice in spec.choices:
            params = replace_params(home, **{spec.name: choice})
            view = system.home(params).moved(0.31, 0.17, 0.2)
            yield RenderRequest(system.key, params, view, shape)


CASES = [
    pytest.param(system, request, id=f"{system.key}-{number}")
    for system in SYSTEMS
    for number, request in enumerate(requests(system))
]


@pytest.fixture(scope="module")
def renderers():
    made = [Renderer(threads, memory=64 << 20) for threads in (1, 2, 3)]
    yield made
    for renderer in made:
        renderer.close()


@pytest.fixture(scope="module")
def flat():
    """The whole grid in one call, once for each request."""
    known = {}

    def sample(system, request):
        if request not in known:
            height, width = request.grid
            points = request.raster.points(
                np.repeat(np.arange(height), width), np.tile(np.arange(width), height)
            )
            prepared = system.prepare(request.params, CancelFlag())
            out = system.allocate(len(points), request.params)
            system.sample(points, request.params, prepared, out, CancelFlag())
            shaped = {name: array.reshape(height, width) for name, array in out.items()}
            known[request] = points, prepared, shaped
        return known[request]

    return sample


@pytest.mark.parametrize(("system", "request_"), CASES)
def test_any_thread_count_gives_the_same_bits(renderers, flat, same_bits, system, request_):
    expected = flat(system, request_)[2]
    assert np.all(expected["status"] > 0)
    for renderer in renderers:
        renderer.forget()
        same_bits(renderer.render(request_).channels, expected)


@pytest.mark.parametrize(("system", "request_"), CASES)
def test_coarse_to_fine_gives_the_same_bits(
    renderers, flat, same_bits, monkeypatch, system, request_
):
    monkeypatch.setattr("deepfractals_gui.render.schedule.PASS_SECONDS", 0.0)
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)
    done, updates = [], []
    renderer = renderers[1]
    renderer.forget()
    job = renderer.submit(
        request_,
        on_update=lambda job, samples: updates.append(samples),
        on_done=lambda job, samples: done.append(samples),
    )
    assert job.wait(60)
    assert updates
    same_bits(done[0].channels, flat(system, request_)[2])


@pytest.mark.parametrize(("system", "request_"), CASES)
def test_a_pan_gives_the_same_bits(renderers, flat, same_bits, system, request_):
    renderer = renderers[1]
    renderer.forget()
    renderer.render(request_)
    view = request_.viewport.panned(-7, 5, request_.grid[1])
    moved = replace(request_, viewport=view)
    same_bits(renderer.render(moved).channels, flat(system, moved)[2])


@pytest.mark.parametrize(("system", "request_"), CASES)
def test_bands_give_the_same_bits(renderers, flat, same_bits, system, request_):
    renderer = renderers[2]
    renderer.forget()
    bands = [renderer.render_band(request_, first, 11) for first in range(0, request_.shape[0], 11)]
    whole = {name: np.concatenate([band[name] for band in bands]) for name in bands[0]}
    same_bits(whole, flat(system, request_)[2])


@pytest.mark.parametrize(("system", "request_"), CASES)
def test_a_shuffled_list_of_points_gives_the_same_bits(
    renderers, flat, same_bits, system, request_
):
    points, prepared, expected = flat(system, request_)
    order = np.random.default_rng(5).permutation(len(points))
    shuffled = Points(
        points.x[order], points.y[order], points.dx[order], points.dy[order], points.viewport
    )
    got = sample_points(system, request_.params, prepared, shuffled, CancelFlag(), renderers[1].run)
    same_bits(got, {name: array.ravel()[order] for name, array in expected.items()})


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_samples_in_a_finer_grid_hold_the_bits_of_the_pixels(renderers, same_bits, system):
    """Three samples a pixel: the middle one is the pixel's centre, when its point is the same."""
    params = short_params(system)
    plain = RenderRequest(system.key, params, system.home(params), (21, 32))
    fine = replace(plain, supersampling=3)
    same = plain.raster.x == fine.raster.x[1::3]
    rows = plain.raster.y == fine.raster.y[1::3]
    coarse = renderers[1].render(plain).channels
    middle = {
        name: array[1::3, 1::3][rows][:, same]
        for name, array in renderers[1].render(fine).channels.items()
    }
    assert same.sum() > 10
    same_bits(middle, {name: array[rows][:, same] for name, array in coarse.items()})


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_preview_is_close_to_the_picture(renderers, system):
    params = short_params(system)
    request = RenderRequest(system.key, params, system.home(params), small_shape(system, SHAPE))
    exact = renderers[1].render(request).channels["status"]
    preview = renderers[1].render(replace(request, precision="float32")).channels["status"]
    assert np.mean(exact == preview) > 0.95


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.key)
def test_a_render_of_the_most_iterations_is_stopped_in_mid_tile(renderers, system):
    params = system.Params()
    for spec in specs(system.Params):
        if spec.name.startswith("max_"):
            params = replace_params(params, **{spec.name: int(min(spec.high, 1_000_000))})
    # Far more points than a test could wait for.
    request = RenderRequest(system.key, params, system.home(params), (2500, 2500))
    begun = threading.Event()
    job = renderers[1].submit(request, on_update=lambda job, samples: begun.set())
    assert begun.wait(60)
    job.cancel()
    assert job.wait(60)
    assert job.fraction < 1
    renderers[1].forget()
