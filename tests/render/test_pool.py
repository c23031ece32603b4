"""The pool's threads: order, urgency, errors, and their end."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from deepfractals_gui.render.pool import BACKGROUND_SHARE, Pool, Urgency


@pytest.fixture
def pool():
    before = set(threading.enumerate())
    made = Pool(2, "render")
    yield made
    made.close()
    assert not set(threading.enumerate()) - before


class Work:
    """A source of numbered tasks that note when they ran."""

    def __init__(self, name, count, log, gate=None):
        self.name, self.left, self.log, self.gate = name, count, log, gate
        self.finished = threading.Event()
        self.errors = []

    def take(self):
        if self.gate is not None and not self.gate.is_set():
            return None
        if not self.left:
            return None
        self.left -= 1
        last = self.left == 0
        return lambda: self.work(last)

    def work(self, last):
        self.log.append(self.name)
        if last:
            self.finished.set()

    def fail(self, error):
        self.errors.append(error)
        self.finished.set()


def test_a_map_keeps_the_order(pool):
    assert pool.run(lambda n: n * n, range(500)) == [n * n for n in range(500)]
    assert pool.run(str, []) == []
    assert pool.run(str, [1]) == ["1"]


def test_a_map_runs_on_several_threads_at_once(pool):
    meeting = threading.Barrier(3, timeout=20)

    def meet(_):
        meeting.wait()
        return threading.get_ident()

    # Three items that wait for each other: two threads of the pool and the caller.
    assert len(set(pool.run(meet, range(3)))) == 3


def test_the_first_error_of_a_map_is_raised_once_all_items_have_ended(pool):
    begun = []

    def item(number):
        begun.append(number)
        if number == 3:
            raise ArithmeticError("three")
        return number

    with pytest.raises(ArithmeticError, match="three"):
        pool.run(item, range(10_000))
    count = len(begun)
    assert count < 10_000
    assert pool.run(str, [1, 2]) == ["1", "2"]
    assert len(begun) == count


def test_maps_may_be_nested_in_each_other(pool):
    def outer(n):
        return sum(pool.run(lambda m: sum(pool.run(lambda k: k + m + n, range(4))), range(4)))

    expected = [sum(k + m + n for m in range(4) for k in range(4)) for n in range(20)]
    assert pool.run(outer, range(20)) == expected


def test_the_more_urgent_goes_first(pool):
    log, gate = [], threading.Event()
    low = Work("low", 3, log, gate)
    high = Work("high", 3, log, gate)
    one = Pool(1, "render-one")
    try:
        one.add(low, Urgency.BACKGROUND)
        one.add(high, Urgency.INTERACTIVE)
        gate.set()
        one.wake()
        assert low.finished.wait(20)
        assert high.finished.wait(20)
    finally:
        one.close()
    assert log == ["high"] * 3 + ["low"] * 3


def test_sources_of_the_same_urgency_take_turns():
    log, gate = [], threading.Event()
    works = [Work(name, 4, log, gate) for name in "ab"]
    one = Pool(1, "render-one")
    try:
        for work in works:
            one.add(work, Urgency.INTERACTIVE)
        gate.set()
        one.wake()
        assert all(work.finished.wait(20) for work in works)
    finally:
        one.close()
    assert log[:6] in (list("ababab"), list("bababa"))


def test_background_work_is_never_starved():
    log, gate = [], threading.Event()
    busy, low = Work("busy", 10_000, log, gate), Work("low", 1, log, gate)
    one = Pool(1, "render-one")
    try:
        one.add(busy, Urgency.INTERACTIVE)
        one.add(low, Urgency.BACKGROUND)
        gate.set()
        one.wake()
        assert low.finished.wait(20)
        assert busy.finished.wait(20)
    finally:
        one.close()
    assert log.index("low") <= BACKGROUND_SHARE


def test_a_source_that_fails_is_told_and_dropped(pool):
    class Broken(Work):
        def take(self):
            raise ArithmeticError("broken")

    broken = Broken("broken", 1, [])
    pool.add(broken, Urgency.INTERACTIVE)
    assert broken.finished.wait(20)
    assert [str(error) for error in broken.errors] == ["broken"]
    assert pool.run(str, [1, 2]) == ["1", "2"]


def test_a_failing_task_is_logged_and_the_thread_goes_on(pool, caplog):
    class Failing(Work):
        def work(self, last):
            self.finished.set()
            raise ArithmeticError("in a task")

    failing = Failing("failing", 4, [])
    pool.add(failing, Urgency.INTERACTIVE)
    assert failing.finished.wait(20)
    assert pool.run(str, range(50)) == [str(n) for n in range(50)]
    pool.close()
    assert "in a task" in caplog.text


def test_a_closed_pool_takes_nothing(pool):
    pool.close()
    with pytest.raises(RuntimeError, match="closed"):
        pool.add(Work("late", 1, []), Urgency.INTERACTIVE)
    pool.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have nice values here")
def test_the_threads_give_way_to_the_event_loop():
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    if mine > 9:
        pytest.skip("this process is nice already")
    one = Pool(1, "render-one")
    seen = []

    class Look(Work):
        def work(self, last):
            seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
            self.finished.set()

    try:
        look = Look("look", 1, [])
        one.add(look, Urgency.INTERACTIVE)
        assert look.finished.wait(20)
    finally:
        one.close()
    assert seen == [10]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


def test_a_program_that_forgets_to_close_ends_all_the_same():
    code = """
        from deepfractals_gui.render.pool import Pool
        pool = Pool(3)
        print(pool.run(str, [1, 2]))
        raise SystemExit(7)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (7, "['1', '2']")
