"""What the owner of a job is told, and what cancelling and pausing do."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.core import Cancelled, Viewport
from deepfractals_gui.render.cost import Stopwatch
from deepfractals_gui.render.request import UNKNOWN


@pytest.fixture
def tiny_tasks(monkeypatch):
    """One point a task, once the first few have been measured: many steps, however fast."""
    monkeypatch.setattr("deepfractals_gui.render.schedule.TASK_SECONDS", 1e-12)
    monkeypatch.setattr("deepfractals_gui.render.schedule.SHORTEST_TASK", 1e-12)


def step(system, count=1):
    """Let tiles through the gate, one after the other."""
    for _ in range(count):
        assert system.waiting.acquire(timeout=20)
        system.gate.release()


def test_the_owner_gets_the_finished_samples_once(bench, same_bits):
    events = bench.events()
    request = bench.request()
    job = bench.renderer().submit(request, **events.callbacks())
    assert job.wait(30)
    assert events.names.count("done") == 1
    assert events.names[-1] == "done"
    samples = events.log[-1][1]
    assert samples.complete
    same_bits(samples.channels, bench.expected(request))
    assert job.fraction == 1.0
    assert job.eta == 0.0
    assert not job.cancelled


def test_callbacks_come_from_other_threads_even_for_cached_samples(bench):
    renderer = bench.renderer()
    rendered = renderer.render(bench.request())
    told = []
    job = renderer.submit(
        bench.request(),
        on_done=lambda job, samples: told.append((threading.current_thread(), samples)),
    )
    assert job.wait(30)
    assert told[0][0] is not threading.current_thread()
    assert told[0][1] is rendered


def test_updates_show_the_whole_picture_so_far(bench, tiny_tasks, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("deepfractals_gui.render.job.time.perf_counter", lambda: now[0])
    request = bench.request("gated", (24, 30))
    expected = bench.expected(request)
    events = bench.events()
    job = bench.renderer(1).submit(request, **events.callbacks())
    for _ in range(5):
        now[0] += 1.0
        step(bench.gated)
        assert events.updated.acquire(timeout=20)
    samples = events.log[-1][1]
    assert not samples.complete
    level = samples.level.copy()
    status = samples.channels["status"].copy()
    assert level.shape == status.shape == request.grid
    assert np.all((status == 0) == (level == UNKNOWN))
    exact = level == 0
    assert 0 < exact.sum() < exact.size
    for name, array in expected.items():
        assert np.array_equal(samples.channels[name][exact], array[exact])
    bench.gated.open()
    assert job.wait(30)
    assert events.names[-1] == "done"


def test_updates_come_at_most_thirty_times_a_second(bench, tiny_tasks, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("deepfractals_gui.render.job.time.perf_counter", lambda: now[0])
    events = bench.events()
    job = bench.renderer(1).submit(bench.request("gated", (24, 30)), **events.callbacks())
    times = []
    for _ in range(40):
        assert bench.gated.waiting.acquire(timeout=20)
        while events.updated.acquire(blocking=False):
            times.append(now[0])
        now[0] += 0.01
        bench.gated.gate.release()
    bench.gated.open()
    assert job.wait(30)
    assert 5 <= len(times) <= 0.4 * 30
    assert min(np.diff(times)) >= 1 / 30 - 0.01


def test_a_receiver_that_is_slow_is_called_less_often(bench, tiny_tasks, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("deepfractals_gui.render.job.time.perf_counter", lambda: now[0])
    starts = []

    def slow(job, samples):
        starts.append(now[0])
        now[0] += 0.2

    job = bench.renderer(1).submit(bench.request("gated", (24, 30)), on_update=slow)
    for _ in range(30):
        assert bench.gated.waiting.acquire(timeout=20)
        now[0] += 0.04
        bench.gated.gate.release()
    bench.gated.open()
    assert job.wait(30)
    assert len(starts) >= 2
    assert min(np.diff(starts[:-1]), default=0.4) >= 0.39


def test_done_comes_after_every_update(bench, tiny_tasks, monkeypatch):
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)
    order, entered, go = [], threading.Event(), threading.Event()

    def update(job, samples):
        order.append("update begins")
        entered.set()
        assert go.wait(20)
        order.append("update ends")

    job = bench.renderer(3).submit(
        bench.request("gated", (24, 30)),
        on_update=update,
        on_done=lambda job, samples: order.append("done"),
    )
    step(bench.gated)
    assert entered.wait(20)
    bench.gated.open()
    assert not job.wait(0)
    go.set()
    assert job.wait(30)
    assert order[-2:] == ["update ends", "done"]
    assert order.count("done") == 1


def test_an_error_is_told_once(bench):
    events = bench.events()
    job = bench.renderer(3).submit(bench.request("failing"), **events.callbacks())
    assert job.wait(30)
    assert events.names.count("error") == 1
    assert events.names[-1] == "error"
    assert events.log[-1][1] is bench.failing.error


def test_a_system_that_cancels_itself_is_an_error(bench):
    bench.failing.error = Cancelled()
    events = bench.events()
    job = bench.renderer().submit(bench.request("failing"), **events.callbacks())
    assert job.wait(30)
    assert events.names[-1] == "error"
    assert isinstance(events.log[-1][1], Cancelled)


def test_a_preparation_that_fails_is_told(bench):
    def prepare(params, cancel):
        raise ArithmeticError("nothing to prepare")

    bench.plain.prepare = prepare
    events = bench.events()
    job = bench.renderer().submit(bench.request(), **events.callbacks())
    assert job.wait(30)
    assert events.names == ["error"]


def test_too_little_memory_is_told(bench):
    def allocate(count, params):
        raise MemoryError

    bench.plain.allocate = allocate
    events = bench.events()
    job = bench.renderer().submit(bench.request(), **events.callbacks())
    assert job.wait(30)
    assert [type(error) for _, error in events.log] == [MemoryError]


@pytest.mark.parametrize("name", ["on_update", "on_done"])
def test_errors_of_a_callback_are_logged_and_the_job_goes_on(bench, caplog, monkeypatch, name):
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)

    def broken(job, samples):
        raise ArithmeticError("a broken receiver")

    renderer = bench.renderer()
    events = bench.events()
    job = renderer.submit(bench.request(), **{**events.callbacks(), name: broken})
    assert job.wait(30)
    assert "a broken receiver" in caplog.text
    assert renderer.cached(bench.request()) is not None


def test_an_error_of_on_error_is_logged(bench, caplog):
    def broken(job, error):
        raise ArithmeticError("a broken receiver")

    assert bench.renderer().submit(bench.request("failing"), on_error=broken).wait(30)
    assert "a broken receiver" in caplog.text


def test_nothing_is_told_after_a_cancelled_job_was_waited_for(bench, tiny_tasks):
    renderer = bench.renderer()
    for count in range(12):
        events = bench.events()
        request = bench.request("gated", (24, 30), viewport=Viewport.at(count, 0, 0.5))
        job = renderer.submit(request, **events.callbacks())
        step(bench.gated, count)
        job.cancel()
        assert job.cancelled
        assert job.wait(20)
        told = len(events.log)
        assert "done" not in events.names
        assert "error" not in events.names
        renderer.run(str, range(9))
        assert len(events.log) == told
        while bench.gated.waiting.acquire(blocking=False):
            pass


def test_running_tiles_notice_that_their_job_is_cancelled(bench):
    job = bench.renderer(2).submit(bench.request("gated"))
    for _ in range(2):
        assert bench.gated.waiting.acquire(timeout=20)
    job.cancel()
    assert job.wait(20)
    assert bench.gated.stopped == 2


def test_a_new_job_is_not_kept_waiting_by_a_cancelled_one(bench):
    renderer = bench.renderer(1)
    old = renderer.submit(bench.request("gated"))
    assert bench.gated.waiting.acquire(timeout=20)
    old.cancel()
    assert renderer.submit(bench.request()).wait(20)


def test_cancelling_from_a_callback_ends_the_job(bench, monkeypatch):
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)
    events = bench.events()
    callbacks = events.callbacks() | {"on_update": lambda job, samples: job.cancel()}
    job = bench.renderer().submit(bench.request(), **callbacks)
    assert job.wait(30)
    assert events.names == []


def test_cancelling_twice_or_too_late_does_no_harm(bench):
    events = bench.events()
    job = bench.renderer().submit(bench.request(), **events.callbacks())
    assert job.wait(30)
    job.cancel()
    job.cancel()
    assert job.wait(1)
    assert events.names[-1] == "done"


def test_a_paused_job_begins_no_tile(bench, tiny_tasks, same_bits):
    renderer = bench.renderer(1)
    events = bench.events()
    request = bench.request("gated", (24, 30))
    job = renderer.submit(request, **events.callbacks())
    step(bench.gated, 3)
    job.pause()
    assert job.paused
    assert job.eta is None
    bench.gated.open()
    # The only thread gets round to later jobs, and the paused one stands still.
    assert renderer.submit(bench.request(shape=(9, 9))).wait(20)
    fraction = job.fraction
    assert renderer.submit(bench.request(shape=(8, 8))).wait(20)
    assert job.fraction == fraction < 1
    assert not job.wait(0)
    job.resume()
    assert not job.paused
    assert job.wait(30)
    same_bits(events.log[-1][1].channels, bench.expected(request))


def test_a_paused_job_can_be_cancelled(bench):
    job = bench.renderer().submit(bench.request("gated"))
    job.pause()
    job.cancel()
    assert job.wait(20)


def test_ids_rise(bench):
    renderer = bench.renderer()
    ids = [renderer.submit(bench.request()).id for _ in range(5)]
    assert ids == sorted(set(ids))


def test_the_rest_of_the_time_follows_from_the_rate_so_far(bench, tiny_tasks, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("deepfractals_gui.render.job.time.perf_counter", lambda: now[0])
    job = bench.renderer(1).submit(bench.request("gated", (24, 30)))
    assert job.eta is None
    assert bench.gated.waiting.acquire(timeout=20)
    now[0] += 10.0
    bench.gated.gate.release()
    assert bench.gated.waiting.acquire(timeout=20)
    assert job.fraction > 0
    assert job.eta == pytest.approx(10.0 * (1 - job.fraction) / job.fraction)


def test_a_cancelled_job_leaves_what_it_knew_to_the_next(bench, tiny_tasks, same_bits):
    renderer = bench.renderer(1)
    request = bench.request("gated", (24, 30))
    job = renderer.submit(request, on_update=lambda job, samples: None)
    step(bench.gated, 12)
    job.cancel()
    assert job.wait(20)
    known = bench.gated.sampled
    assert known > 0
    bench.gated.open()
    assert renderer.cached(request) is None
    moved = replace(request, viewport=request.viewport.panned(2, 1, request.grid[1]))
    events = bench.events()
    again = renderer.submit(moved, **events.callbacks())
    assert again.wait(30)
    same_bits(events.log[-1][1].channels, bench.expected(moved))
    assert bench.gated.sampled < 24 * 30 + known


def test_the_first_update_of_a_pan_shows_what_was_known(bench):
    renderer = bench.renderer(1)
    request = bench.request("gated")
    bench.gated.open()
    old = renderer.render(request)
    bench.gated.opened.clear()
    renderer.forget()
    events = bench.events()
    moved = replace(request, viewport=request.viewport.panned(10, 0, request.grid[1]))
    job = renderer.submit(moved, reuse=old, **events.callbacks())
    assert events.updated.acquire(timeout=20)
    level = events.log[0][1].level
    assert np.all(level[:, :-10] == 0)
    assert np.all(level[:, -10:] == UNKNOWN)
    bench.gated.open()
    assert job.wait(30)


def test_a_stopwatch_adds_up_what_ran(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("deepfractals_gui.render.job.time.perf_counter", lambda: now[0])
    watch = Stopwatch()
    assert watch.elapsed == 0
    watch.start()
    now[0] = 2.0
    assert watch.elapsed == 2.0
    watch.stop()
    now[0] = 5.0
    assert watch.elapsed == 2.0
    watch.start()
    watch.start()
    now[0] = 6.0
    watch.stop()
    watch.stop()
    assert watch.elapsed == 3.0
