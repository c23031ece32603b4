"""A thousand changes of mind."""

from __future__ import annotations

import queue
import random
import threading

from deepfractals_gui.core import Viewport


class Owner:
    """Shows the newest job's pictures, as a window does: results arrive in a queue."""

    def __init__(self, renderer) -> None:
        self.renderer = renderer
        self.arrived: queue.SimpleQueue = queue.SimpleQueue()
        self.job = None
        self.shown = []
        self.late = 0
        self.entered_after_wait = []

    def show(self, request) -> None:
        if self.job is not None:
            self.job.cancel()
        self.job = self.renderer.submit(
            request,
            on_update=lambda job, samples: self.arrived.put((job, samples)),
            on_done=lambda job, samples: self.arrived.put((job, samples)),
            on_error=lambda job, error: self.arrived.put((job, error)),
        )

    def look(self) -> None:
        while True:
            try:
                job, samples = self.arrived.get_nowait()
            except queue.Empty:
                return
            if job is not self.job:
                # A worker may have decided to call just before the job was cancelled.
                assert job.cancelled
                self.late += 1
                continue
            assert samples.request == job.request
            self.shown.append(samples)


def test_a_storm_of_changes_never_shows_a_stale_picture(bench, same_bits, monkeypatch):
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)
    monkeypatch.setattr("deepfractals_gui.render.job.UPDATE_SECONDS", 0.0)
    dice = random.Random(3)
    owner = Owner(bench.renderer(3))
    view = Viewport.at(0, 0, 3.0)
    before = threading.active_count()
    for _ in range(1000):
        change = dice.random()
        if change < 0.6:
            view = view.panned(dice.randrange(-9, 10), dice.randrange(-9, 10), 83)
        elif change < 0.8:
            view = Viewport.at(dice.uniform(-1, 1), dice.uniform(-1, 1), 3.0)
        request = bench.request(viewport=view)
        owner.show(request)
        if dice.random() < 0.3:
            owner.look()
    assert owner.job.wait(30)
    owner.look()
    assert owner.shown[-1].complete
    assert owner.shown[-1].request == request
    same_bits(owner.shown[-1].channels, bench.expected(request))
    assert threading.active_count() == before


def test_jobs_that_were_waited_for_never_call_again(bench, monkeypatch):
    """After wait() the silence is strict, not only a matter of dropping what is late."""
    monkeypatch.setattr("deepfractals_gui.render.job.FIRST_UPDATE_SECONDS", 0.0)
    renderer = bench.renderer(3)
    silent = set()
    broken = []

    def call(job, _):
        if job.id in silent:
            broken.append(job.id)

    dice = random.Random(5)
    for _ in range(300):
        view = Viewport.at(dice.uniform(-1, 1), 0, 1.0)
        job = renderer.submit(
            bench.request(viewport=view), on_update=call, on_done=call, on_error=call
        )
        if dice.random() < 0.5:
            renderer.run(str, range(dice.randrange(4)))
        job.cancel()
        assert job.wait(20)
        silent.add(job.id)
    assert not broken


def test_many_threads_may_ask_at_once(bench, same_bits):
    renderer = bench.renderer(2)
    requests = [bench.request(viewport=Viewport.at(n, 0, 1.0)) for n in range(5)]
    failures = []

    def ask(seed):
        dice = random.Random(seed)
        for _ in range(8):
            request = dice.choice(requests)
            samples = renderer.render(request)
            if samples.request != request or not samples.complete:
                failures.append(request)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    for request in requests:
        same_bits(renderer.cached(request).channels, bench.expected(request))
