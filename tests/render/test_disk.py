"""What is on the disk comes back bit for bit, or not at all."""

from __future__ import annotations

import os
import shutil
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest

from deepfractals_gui.core import CancelFlag, Cancelled, DataRef, DataSource, Viewport, param
from deepfractals_gui.render import DiskCache, RenderRequest, Samples, disk
from deepfractals_gui.render.request import UNKNOWN, Piece


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "samples", 1 << 24)


@pytest.fixture
def load(bench):
    def from_cache(cache, piece):
        channels = bench.plain.channels(piece.request.params)
        return cache.get(piece, channels, CancelFlag())

    return from_cache


def whole(request) -> Piece:
    return Piece(request, 0, request.grid[0])


def views(bench, count):
    return [bench.request(viewport=Viewport.at(n, 0, 1)) for n in range(count)]


def finished(bench, request, **options) -> Samples:
    return Samples(request, bench.expected(request), **options)


def only_file(cache):
    [path] = cache.folder.iterdir()
    return path


def test_finished_samples_come_back(bench, cache, load, same_bits):
    request = bench.request(supersampling=2)
    assert cache.put(whole(request), finished(bench, request, seconds=2.5))
    found = load(DiskCache(cache.folder), whole(request))
    assert found.complete
    assert found.request == request
    assert found.seconds == 2.5
    same_bits(found.channels, bench.expected(request))
    assert load(cache, whole(bench.request())) is None


def test_unfinished_samples_come_back_with_their_levels(bench, cache, load, same_bits):
    request = bench.request()
    level = np.full(request.grid, UNKNOWN, np.uint8)
    level[:20], level[20:30] = 0, 3
    assert cache.put(whole(request), finished(bench, request, level=level))
    found = load(cache, whole(request))
    assert np.array_equal(found.level, level)
    same_bits(found.channels, bench.expected(request))
    [entry] = cache.entries()
    assert entry.share == pytest.approx(20 / 60)


def test_without_levels_pending_samples_are_unknown(bench, cache, load):
    request = bench.request()
    channels = bench.expected(request)
    channels["status"][10:] = 0
    cache.put(whole(request), Samples(request, channels))
    found = load(cache, whole(request))
    assert not found.level[:10].any()
    assert np.all(found.level[10:] == UNKNOWN)


def test_unfinished_samples_never_take_the_place_of_finished_ones(bench, cache, load):
    request = bench.request()
    level = np.full(request.grid, UNKNOWN, np.uint8)
    assert cache.put(whole(request), finished(bench, request, level=level))
    assert cache.put(whole(request), finished(bench, request))
    assert not cache.put(whole(request), finished(bench, request, level=level))
    assert load(cache, whole(request)).complete


def test_previews_are_never_kept(bench, cache):
    request = bench.request(precision="float32")
    assert not cache.put(whole(request), finished(bench, request))
    assert not cache.folder.exists()


def test_everything_that_the_samples_depend_on_is_told_apart(bench, monkeypatch):
    request = bench.request()
    others = [
        replace(request, key="gated"),
        replace(request, params=replace(request.params, turns=3.5)),
        replace(request, viewport=replace(request.viewport, width=2.0)),
        replace(request, viewport=Viewport.at("0.1", "-0.2000000000000000000001", 3.0)),
        replace(request, shape=(83, 60)),
        replace(request, supersampling=2),
        replace(request, precision="float32"),
    ]
    pieces = [whole(one) for one in (request, *others)]
    pieces += [Piece(request, 0, 59), Piece(request, 1, 59)]
    names = [disk._identity(piece) for piece in pieces]
    monkeypatch.setattr(disk, "build", lambda: "another build")
    names.append(disk._identity(pieces[0]))
    assert len(set(names)) == len(names)


def test_equal_requests_have_one_name(bench):
    request = bench.request(viewport=Viewport.at("0.10", "-0.2", 3.0))
    other = bench.request(viewport=Viewport.at("1e-1", "-0.20", 3.0))
    assert request == other
    assert disk._identity(whole(request)) == disk._identity(whole(other))


@dataclass(frozen=True)
class WithData:
    data: DataSource = param("none", "Some data.", choices=("none",))


def test_data_is_known_by_its_contents(tmp_path):
    names = []
    for name, content in (("a.csv", b"1"), ("b.csv", b"1"), ("c.csv", b"2")):
        (tmp_path / name).write_bytes(content)
        params = WithData(DataRef.of_file(tmp_path / name))
        request = RenderRequest("plain", params, Viewport.at(0, 0, 1), (2, 2))
        names.append(disk._identity(whole(request)))
    assert names[0] == names[1] != names[2]


@pytest.mark.parametrize("where", ["start", "header", "arrays", "end"])
def test_a_damaged_file_is_dropped_with_a_line_in_the_log(bench, cache, load, caplog, where):
    request = bench.request()
    cache.put(whole(request), finished(bench, request))
    path = only_file(cache)
    content = bytearray(path.read_bytes())
    place = {"start": 3, "header": 60, "arrays": len(content) // 2, "end": len(content) - 1}[where]
    content[place] ^= 1
    path.write_bytes(content)
    assert load(cache, whole(request)) is None
    assert path.name in caplog.text
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 10, 200, -1])
def test_a_file_that_is_cut_short_is_dropped(bench, cache, load, size):
    request = bench.request()
    cache.put(whole(request), finished(bench, request))
    path = only_file(cache)
    path.write_bytes(path.read_bytes()[:size])
    assert load(cache, whole(request)) is None
    assert not path.exists()


def test_the_samples_of_something_else_are_dropped(bench, cache, load):
    first, second = views(bench, 2)
    cache.put(whole(first), finished(bench, first))
    path = only_file(cache)
    cache.put(whole(second), finished(bench, second))
    [other] = [file for file in cache.folder.iterdir() if file != path]
    shutil.copy(path, other)
    assert load(cache, whole(second)) is None
    assert not other.exists()
    assert load(cache, whole(first)).complete


def test_no_memory_is_taken_for_what_a_file_only_claims_to_hold(bench, cache, load, monkeypatch):
    request = bench.request()
    cache.put(whole(request), finished(bench, request))
    path = only_file(cache)
    path.write_bytes(path.read_bytes().replace(b'"shape": [60, 83]', b'"shape": [600000, 830000]'))

    def empty(*_):
        raise AssertionError("memory was taken")

    monkeypatch.setattr(disk.np, "empty", empty)
    assert load(cache, whole(request)) is None


def test_the_least_recently_used_is_removed_beyond_the_budget(bench, cache, load):
    requests = views(bench, 4)
    for age, request in zip((300, 200, 100), requests[:3], strict=True):
        before = set(cache.folder.iterdir()) if cache.folder.exists() else set()
        cache.put(whole(request), finished(bench, request))
        [new] = set(cache.folder.iterdir()) - before
        os.utime(new, (new.stat().st_mtime - age,) * 2)
    cache.budget = int(3.5 * new.stat().st_size)
    assert load(cache, whole(requests[0])) is not None
    cache.put(whole(requests[3]), finished(bench, requests[3]))
    kept = [load(cache, whole(request)) is not None for request in requests]
    assert kept == [True, False, True, True]
    assert cache.nbytes <= cache.budget


def test_an_export_does_not_push_out_the_views(bench, cache, load):
    """Its parts are many, and it is over when they are written."""
    request, other = views(bench, 2)
    cache.put(whole(request), finished(bench, request))
    parts = [Piece(other, row, 10) for row in range(0, 60, 10)]
    part = Samples(other, bench.expected(bench.request(shape=(10, 83))))
    size = cache.nbytes
    cache.budget = int(1.6 * size)
    for piece in parts:
        assert cache.put(piece, part)
    assert load(cache, whole(request)) is not None
    kept = [load(cache, piece) is not None for piece in parts]
    assert kept[-1]
    assert 1 <= sum(kept) < len(parts)
    assert cache.nbytes <= cache.budget
    # Without exports beyond their share, age alone counts.
    cache.clear()
    cache.budget = int(2.1 * size)
    cache.put(parts[0], part)
    for _, view in zip(range(2), (request, other), strict=True):
        cache.put(whole(view), finished(bench, view))
    assert load(cache, parts[0]) is None


def test_what_exceeds_the_budget_is_not_kept(bench, cache, caplog):
    cache.budget = 1000
    assert not cache.put(whole(bench.request()), finished(bench, bench.request()))
    assert not cache.put(whole(bench.request()), finished(bench, bench.request()))
    assert list(cache.folder.iterdir()) == []
    assert caplog.text.count("don't fit") == 1


def test_a_folder_that_cannot_be_written_is_no_error(bench, tmp_path, load, caplog):
    (tmp_path / "file").write_text("not a folder")
    cache = DiskCache(tmp_path / "file" / "samples")
    request = bench.request()
    for _ in range(3):
        assert not cache.put(whole(request), finished(bench, request))
    assert load(cache, whole(request)) is None
    assert caplog.text.count("aren't kept") == 1
    assert cache.entries() == []
    assert cache.clear() == 0


def test_a_full_disk_leaves_no_part_behind(bench, cache, monkeypatch, load):
    request = bench.request()
    cache.put(whole(request), finished(bench, request))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.os, "replace", full)
    assert not cache.put(whole(request), finished(bench, request))
    assert len(list(cache.folder.iterdir())) == 1
    assert load(cache, whole(request)).complete


def test_parts_of_killed_writers_are_removed_in_time(bench, cache):
    cache.folder.mkdir()
    for age in (10, 2 * 3600):
        part = cache.folder / f"{disk.PART_PREFIX}{age}"
        part.write_bytes(b"half")
        os.utime(part, (part.stat().st_mtime - age,) * 2)
    cache.prune()
    assert only_file(cache).name == f"{disk.PART_PREFIX}10"


def test_entries_say_what_there_is_and_clearing_removes_it(bench, cache):
    request = bench.request(supersampling=2)
    cache.put(
        Piece(request, 0, 40), Samples(request, bench.expected(bench.request(shape=(40, 166))))
    )
    (cache.folder / f"strange{disk.SUFFIX}").write_bytes(b"?")
    (cache.folder / "somebody's own file").write_bytes(b"precious")
    [entry] = cache.entries()
    assert (entry.key, entry.shape, entry.supersampling, entry.rows) == ("plain", (60, 83), 2, 40)
    assert entry.current
    assert entry.share == 1
    assert cache.clear() == entry.nbytes + 1
    assert only_file(cache).name == "somebody's own file"


def test_a_flag_that_is_up_stops_reading(bench, cache):
    request = bench.request()
    cache.put(whole(request), finished(bench, request))
    flag = CancelFlag()
    flag.set()
    with pytest.raises(Cancelled):
        cache.get(whole(request), bench.plain.channels(request.params), flag)


def test_samples_may_change_while_they_are_written(bench, cache, load):
    """A sum over what is written, not over what is there a moment later."""
    request = bench.request(shape=(400, 500))
    channels = bench.expected(request)
    stop = threading.Event()

    def disturb():
        while not stop.is_set():
            channels["value"] += 1

    other = threading.Thread(target=disturb)
    other.start()
    try:
        for _ in range(20):
            assert cache.put(whole(request), Samples(request, channels))
            assert load(cache, whole(request)) is not None
    finally:
        stop.set()
        other.join()
