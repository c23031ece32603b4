"""From a request to its samples: waiting, in bands, from a pan, in the background."""

from __future__ import annotations

import _thread
import threading
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, Viewport
from deepfractals_gui.render import Renderer, RenderRequest
from deepfractals_gui.systems import SYSTEMS


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("samples", [1, 3])
def test_render_gives_the_bits_of_one_flat_call(bench, same_bits, threads, samples):
    request = bench.request(supersampling=samples)
    rendered = bench.renderer(threads).render(request)
    assert rendered.complete
    assert rendered.request == request
    same_bits(rendered.channels, bench.expected(request))


def test_an_equal_request_is_not_rendered_again(bench):
    renderer = bench.renderer()
    first = renderer.render(bench.request())
    count = bench.plain.sampled
    assert renderer.render(bench.request()) is first
    assert renderer.cached(bench.request()) is first
    assert bench.plain.sampled == count


def test_forgotten_samples_are_rendered_again(bench):
    renderer = bench.renderer()
    renderer.render(bench.request())
    renderer.forget()
    assert renderer.cached(bench.request()) is None
    renderer.render(bench.request())
    assert bench.plain.sampled == 2 * 60 * 83


def test_previews_are_rendered_each_time(bench):
    renderer = bench.renderer()
    request = bench.request(precision="float32")
    renderer.render(request)
    assert renderer.cached(request) is None
    renderer.render(request)
    assert bench.plain.sampled == 2 * 60 * 83


def test_a_preview_is_asked_of_sample_preview(bench):
    asked = []
    sample = bench.plain.sample
    bench.plain.sample_preview = lambda *args: (asked.append(1), sample(*args))
    bench.renderer().render(bench.request(precision="float32"))
    assert asked


def test_a_pan_computes_only_what_it_uncovers(bench, same_bits):
    renderer = bench.renderer()
    request = bench.request(supersampling=2)
    renderer.render(request)
    before = bench.plain.sampled
    moved = replace(request, viewport=request.viewport.panned(15, -9, request.grid[1]))
    rendered = renderer.render(moved)
    height, width = request.grid
    assert bench.plain.sampled - before == height * width - (height - 9) * (width - 15)
    same_bits(rendered.channels, bench.expected(moved))


def test_samples_to_reuse_that_share_nothing_leave_the_cache_to_help(bench):
    renderer = bench.renderer()
    request = bench.request()
    renderer.render(request)
    stranger = renderer.render(bench.request(viewport=Viewport.at(0, 0, 1.0)))
    before = bench.plain.sampled
    moved = replace(request, viewport=request.viewport.panned(1, 0, request.grid[1]))
    assert renderer.submit(moved, reuse=stranger).wait(20)
    assert bench.plain.sampled - before == 60


def test_a_system_is_prepared_once_per_parameters(bench):
    renderer = bench.renderer()
    for n in range(3):
        renderer.render(bench.request(viewport=Viewport.at(n, 0, 1)))
    assert bench.plain.prepared == 1


def test_progress_rises_to_one(bench):
    seen = []
    bench.renderer().render(bench.request(shape=(400, 500)), progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert all(0 <= fraction <= 1 for fraction in seen)


def test_a_flag_that_is_up_stops_a_render(bench):
    renderer = bench.renderer()
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        renderer.render(bench.request(), cancel=flag)
    assert renderer.cached(bench.request()) is None


def test_a_flag_that_goes_up_stops_a_render(bench):
    renderer = bench.renderer()
    flag = CancelFlag()

    def raise_it():
        assert bench.gated.waiting.acquire(timeout=20)
        flag.set()

    other = threading.Thread(target=raise_it)
    other.start()
    with pytest.raises(Cancelled):
        renderer.render(bench.request("gated"), cancel=flag)
    other.join()


def test_an_interrupt_from_the_keyboard_leaves_nothing_running(bench):
    renderer = bench.renderer()

    def interrupt():
        assert bench.gated.waiting.acquire(timeout=20)
        _thread.interrupt_main()

    other = threading.Thread(target=interrupt)
    other.start()
    with pytest.raises(KeyboardInterrupt):
        renderer.render(bench.request("gated"))
    other.join()
    assert bench.gated.stopped >= 1
    bench.gated.open()
    assert renderer.render(bench.request()).complete


def test_an_error_of_the_system_is_raised_here(bench):
    renderer = bench.renderer()
    with pytest.raises(ArithmeticError, match="don't add up"):
        renderer.render(bench.request("failing"))
    with pytest.raises(ArithmeticError, match="don't add up"):
        renderer.render_band(bench.request("failing"), 0, 60)
    assert renderer.render(bench.request()).complete


def test_an_unknown_system_is_named():
    with Renderer(1) as renderer, pytest.raises(ValueError, match="no system 'nowhere'"):
        renderer.render(RenderRequest("nowhere", None, Viewport.at(0, 0, 1), (2, 2)))


def test_no_threads_are_refused():
    with pytest.raises(ValueError, match="at least one thread"):
        Renderer(0)


@pytest.mark.parametrize("cached", [False, True])
def test_bands_put_together_are_the_whole(bench, same_bits, cached):
    renderer = bench.renderer()
    request = bench.request(supersampling=2)
    if cached:
        renderer.render(request)
    bands = [
        renderer.render_band(request, first, min(37, 120 - first)) for first in range(0, 120, 37)
    ]
    whole = {name: np.concatenate([band[name] for band in bands]) for name in bands[0]}
    same_bits(whole, bench.expected(request))
    assert bench.plain.sampled == 120 * 166


def test_a_band_outside_the_grid_is_refused(bench):
    renderer = bench.renderer()
    for first, rows in ((0, 61), (-1, 2), (60, 1)):
        with pytest.raises(ValueError, match="rows"):
            renderer.render_band(bench.request(), first, rows)
    renderer.render(bench.request())
    with pytest.raises(ValueError, match="rows"):
        renderer.render_band(bench.request(), 0, 61)


def test_render_works_on_a_thread_of_the_pool(bench, same_bits):
    renderer = bench.renderer(2)
    requests = [bench.request(viewport=Viewport.at(n, 0, 1)) for n in range(6)]
    for request, rendered in zip(requests, renderer.run(renderer.render, requests), strict=True):
        same_bits(rendered.channels, bench.expected(request))


def test_a_map_goes_ahead_of_a_busy_render(bench):
    """With every thread's next tile held back, the calling thread does the work itself."""
    renderer = bench.renderer(2)
    job = renderer.submit(bench.request("gated"))
    for _ in range(2):
        assert bench.gated.waiting.acquire(timeout=20)
    assert renderer.run(str, range(9)) == [str(n) for n in range(9)]
    job.cancel()


def test_a_background_function_renders_behind_interactive_jobs(bench):
    renderer = bench.renderer(1)
    held = renderer.submit(bench.request("gated"))
    assert bench.gated.waiting.acquire(timeout=20)
    begun = threading.Event()

    def work():
        begun.set()
        return renderer.render(bench.request()), threading.current_thread().name

    future = renderer.background(work)
    assert begun.wait(20)
    bench.gated.gate.release()
    assert bench.gated.waiting.acquire(timeout=20)
    assert bench.plain.sampled <= 8
    bench.gated.open()
    samples, name = future.result(timeout=30)
    assert samples.complete
    assert name.startswith("background")
    assert held.wait(30)


def test_an_error_in_the_background_is_in_its_future(bench):
    future = bench.renderer().background(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        future.result(timeout=30)


def test_closing_stops_what_is_under_way(bench):
    renderer = bench.renderer()
    job = renderer.submit(bench.request("gated"))
    assert bench.gated.waiting.acquire(timeout=20)
    waiting = renderer.background(renderer.render, bench.request("gated"))
    renderer.close()
    assert job.cancelled
    assert job.wait(0)
    with pytest.raises(Cancelled):
        waiting.result(timeout=0)


def test_a_closed_renderer_says_so(bench):
    renderer = bench.renderer()
    renderer.close()
    for call in (
        lambda: renderer.submit(bench.request()),
        lambda: renderer.render(bench.request()),
        lambda: renderer.render_band(bench.request(), 0, 1),
        lambda: renderer.run(str, [1, 2]),
        lambda: renderer.background(str, 1),
    ):
        with pytest.raises(RuntimeError):
            call()


def test_no_thread_is_left_when_it_closes():
    before = set(threading.enumerate())
    system = SYSTEMS[0]
    with Renderer(3) as renderer:
        renderer.run(str, range(10))
        renderer.background(str, 1).result(timeout=20)
        params = system.Params()
        request = RenderRequest(system.key, params, system.home(params), (30, 40))
        renderer.submit(request)
        assert len(threading.enumerate()) >= len(before) + 4
    assert set(threading.enumerate()) == before
