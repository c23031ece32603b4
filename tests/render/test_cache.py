"""What is kept, what is dropped, and what is found once."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.render import Samples
from deepfractals_gui.render.cache import PREPARED_KEPT, PreparedCache, SampleCache


def samples(request, size=1000, complete=True, known=1.0) -> Samples:
    array = np.zeros(size, np.uint8)
    level = np.zeros((100, 100), np.uint8)
    level[int(100 * known) :] = 255
    return Samples(request, {"status": array}, None if complete else level)


def views(bench, count):
    first = bench.request()
    return [
        replace(first, viewport=first.viewport.panned(n, 0, first.grid[1])) for n in range(count)
    ]


def test_the_least_recently_used_is_dropped_beyond_the_budget(bench):
    cache = SampleCache(3500)
    requests = views(bench, 4)
    for request in requests[:3]:
        cache.put(samples(request))
    assert cache.get(requests[0]) is not None
    cache.put(samples(requests[3]))
    assert cache.get(requests[1]) is None
    assert [cache.get(requests[n]) is not None for n in (0, 2, 3)] == [True] * 3


def test_what_exceeds_the_budget_is_not_kept(bench):
    cache = SampleCache(999)
    cache.put(samples(bench.request()))
    assert cache.get(bench.request()) is None


def test_previews_are_never_kept(bench):
    cache = SampleCache(1 << 20)
    request = bench.request(precision="float32")
    cache.put(samples(request))
    assert cache.get(request) is None
    assert cache.nearest(request) is None


def test_unfinished_samples_are_no_answer(bench):
    cache = SampleCache(1 << 20)
    cache.put(samples(bench.request(), complete=False))
    assert cache.get(bench.request()) is None
    assert cache.nearest(bench.request()) is not None


def test_unfinished_samples_never_replace_finished_ones(bench):
    cache = SampleCache(1 << 20)
    cache.put(samples(bench.request()))
    cache.put(samples(bench.request(), complete=False))
    assert cache.get(bench.request()) is not None


def test_few_unfinished_samples_are_kept(bench):
    cache = SampleCache(1 << 20)
    requests = views(bench, 9)
    cache.put(samples(requests[0]))
    for request in requests[1:]:
        cache.put(samples(request, complete=False))
    assert cache.get(requests[0]) is not None
    assert cache.nearest(requests[8]).request == requests[8]
    assert cache.nearest(requests[7]).request == requests[7]
    assert cache.nearest(requests[3]).request == requests[0]


def test_what_knows_more_is_nearer(bench):
    requests = views(bench, 9)
    for known, best in ((0.95, requests[8]), (0.5, requests[0])):
        cache = SampleCache(1 << 20)
        cache.put(samples(requests[0]))
        cache.put(samples(requests[8], complete=False, known=known))
        assert cache.nearest(requests[8]).request == best


def test_the_nearest_pan_is_found(bench):
    cache = SampleCache(1 << 20)
    requests = views(bench, 30)
    for request in (requests[0], requests[20]):
        cache.put(samples(request))
    assert cache.nearest(requests[12]).request == requests[20]
    assert cache.nearest(requests[8]).request == requests[0]
    assert cache.nearest(bench.request(shape=(5, 5))) is None


def test_preparing_happens_once_when_two_threads_ask_at_once():
    cache = PreparedCache()
    begun, go = threading.Event(), threading.Event()
    calls = []

    def prepare():
        calls.append(1)
        begun.set()
        assert go.wait(20)
        return object()

    found = []
    threads = [
        threading.Thread(target=lambda: found.append(cache.get("key", prepare, CancelFlag())))
        for _ in range(4)
    ]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert len(set(map(id, found))) == 1


def test_who_waits_for_a_preparation_can_be_cancelled():
    cache = PreparedCache()
    begun, go = threading.Event(), threading.Event()

    def prepare():
        begun.set()
        assert go.wait(20)

    first = threading.Thread(target=lambda: cache.get("key", prepare, CancelFlag()))
    first.start()
    assert begun.wait(20)
    flag = CancelFlag()
    flag.set()
    try:
        with pytest.raises(Cancelled):
            cache.get("key", prepare, flag)
    finally:
        go.set()
        first.join()


def test_another_takes_over_when_the_first_is_cancelled():
    cache = PreparedCache()
    begun, go = threading.Event(), threading.Event()
    outcome = []

    def cancelled():
        begun.set()
        assert go.wait(20)
        raise Cancelled

    def first():
        try:
            cache.get("key", cancelled, CancelFlag())
        except Cancelled:
            outcome.append("cancelled")

    threads = [
        threading.Thread(target=first),
        threading.Thread(target=lambda: outcome.append(cache.get("key", lambda: 42, CancelFlag()))),
    ]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join()
    assert set(outcome) == {"cancelled", 42}


def test_a_bounded_number_of_preparations_is_kept():
    cache = PreparedCache()
    calls = []
    for key in [*range(PREPARED_KEPT + 1), 0]:
        cache.get(key, lambda key=key: calls.append(key), CancelFlag())
    assert calls == [*range(PREPARED_KEPT + 1), 0]
