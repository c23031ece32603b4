"""What took long is written while it is computed, and found again by the next renderer."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled
from deepfractals_gui.render import DiskCache, Samples, keeper
from deepfractals_gui.render.request import Piece


@pytest.fixture
def tiny_tasks(monkeypatch):
    monkeypatch.setattr("deepfractals_gui.render.schedule.TASK_SECONDS", 1e-12)
    monkeypatch.setattr("deepfractals_gui.render.schedule.SHORTEST_TASK", 1e-12)


@pytest.fixture
def everything(monkeypatch):
    """Everything counts as long."""
    monkeypatch.setattr(keeper, "LONG_SECONDS", 0.0)


@pytest.fixture
def disk(tmp_path):
    return DiskCache(tmp_path / "samples")


def step(system, count=1):
    for _ in range(count):
        assert system.waiting.acquire(timeout=20)
        system.gate.release()


def test_quick_renders_leave_the_disk_alone(bench, disk):
    renderer = bench.renderer(disk=disk)
    renderer.render(bench.request(shape=(5, 5)))
    renderer.close()
    assert not disk.folder.exists()


def test_a_view_seen_once_comes_back_at_once_after_a_restart(bench, disk, everything, same_bits):
    first = bench.renderer(disk=disk)
    first.render(bench.request())
    first.close()
    count = bench.plain.sampled
    found = bench.renderer(disk=disk).render(bench.request())
    assert bench.plain.sampled == count
    same_bits(found.channels, bench.expected(bench.request()))


def test_bands_come_back_too(bench, disk, everything, same_bits):
    request = bench.request()
    first = bench.renderer(disk=disk)
    before = first.render_band(request, 7, 20)
    first.close()
    count = bench.plain.sampled
    second = bench.renderer(disk=disk)
    same_bits(second.render_band(request, 7, 20), before)
    assert bench.plain.sampled == count
    second.render_band(request, 8, 20)
    assert bench.plain.sampled == count + 20 * 83


def test_previews_are_not_written(bench, disk, everything):
    renderer = bench.renderer(disk=disk)
    renderer.render(bench.request(precision="float32"))
    renderer.close()
    assert not disk.folder.exists()


@pytest.mark.parametrize("how", ["window", "command", "band"])
def test_a_cancelled_render_goes_on_where_it_was(
    bench, disk, everything, tiny_tasks, same_bits, how
):
    request = bench.request("gated", (24, 30))
    renderer = bench.renderer(1, disk=disk)
    if how == "window":
        job = renderer.submit(request, on_update=lambda job, samples: None)
        step(bench.gated, 40)
        assert bench.gated.waiting.acquire(timeout=20)
        job.cancel()
        assert job.wait(20)
    else:
        flag = CancelFlag()
        future = renderer.background(
            (lambda: renderer.render(request, cancel=flag))
            if how == "command"
            else (lambda: renderer.render_band(request, 0, 12, cancel=flag))
        )
        step(bench.gated, 40)
        assert bench.gated.waiting.acquire(timeout=20)
        flag.set()
        with pytest.raises(Cancelled):
            future.result(timeout=20)
    renderer.close()
    known = bench.gated.sampled
    assert known >= 40
    bench.gated.open()
    again = bench.renderer(1, disk=disk)
    if how == "band":
        again.render_band(request, 0, 12)
        assert bench.gated.sampled == 12 * 30
    else:
        same_bits(again.render(request).channels, bench.expected(request))
        assert bench.gated.sampled == 24 * 30


def test_a_render_is_written_while_it_goes_on(bench, disk, everything, tiny_tasks, monkeypatch):
    monkeypatch.setattr(keeper, "SPILL_SECONDS", 0.0)
    monkeypatch.setattr(keeper, "SPILL_SHARE", 0)
    monkeypatch.setattr(keeper, "POLL", 0.001)
    request = bench.request("gated", (24, 30))
    job = bench.renderer(1, disk=disk).submit(request)
    piece = Piece(request, 0, 24)
    shares = []
    for _ in range(3):
        step(bench.gated, 20)
        assert bench.gated.waiting.acquire(timeout=20)
        while job.computed > sum(
            int((samples.level == 0).sum())
            for samples in [disk.get(piece, bench.gated.channels(request.params), CancelFlag())]
            if samples is not None
        ):
            pass
        shares.append(disk.entries()[0].share)
        bench.gated.gate.release()
    assert shares == sorted(set(shares))
    bench.gated.open()
    assert job.wait(20)


def test_a_draft_that_spent_its_budget_is_not_computed_further_after_a_restart(bench, disk):
    request = bench.request(shape=(64, 80))
    level = np.full(request.grid, 3, np.uint8)
    level[::8, ::8] = 0
    drafted = Samples(request, bench.expected(request), level, seconds=100.0)
    assert disk.put(Piece(request, 0, 64), drafted)
    found = []
    job = bench.renderer(disk=disk).submit(
        request,
        budget=60.0,
        on_update=lambda job, samples: None,
        on_done=lambda job, samples: found.append(samples),
    )
    assert job.wait(20)
    assert bench.plain.sampled == 0
    assert found[0].draft.share == pytest.approx(1 / 64)
    # As long for each of the others.
    assert found[0].draft.seconds_left == pytest.approx(6300.0)


def test_a_disk_that_fails_never_fails_a_render(bench, everything, monkeypatch, caplog, tmp_path):
    disk = DiskCache(tmp_path)

    def broken(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(disk, "put", broken)
    renderer = bench.renderer(disk=disk)
    assert renderer.render(bench.request()).complete
    renderer.close()
    assert "on fire" in caplog.text


KILLED = """
import os, signal, sys, threading
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import Bench
from deepfractals_gui.render import DiskCache, Samples, keeper
import deepfractals_gui.render.schedule as schedule
keeper.LONG_SECONDS = keeper.SPILL_SECONDS = 0.0
keeper.SPILL_SHARE, keeper.POLL = 0, 0.001
schedule.TASK_SECONDS = schedule.SHORTEST_TASK = 1e-12
bench = Bench()
disk = DiskCache(Path(sys.argv[1]))
request = bench.request("gated", (24, 30))
job = bench.renderer(1, disk=disk).submit(request)
bench.gated.gate.release(100)
while not any(entry.share > 0.1 for entry in disk.entries()):
    pass
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_killed_render_goes_on_with_what_is_missing(
    bench, disk, everything, same_bits, pytestconfig
):
    tests = pytestconfig.rootpath / "tests" / "render"
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILLED), str(disk.folder), str(tests)],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    [entry] = disk.entries()
    assert 0.1 < entry.share < 1
    bench.gated.open()
    request = bench.request("gated", (24, 30))
    rendered = bench.renderer(disk=disk).render(request)
    same_bits(rendered.channels, bench.expected(request))
    assert bench.gated.sampled == round((1 - entry.share) * 24 * 30)
