"""Runs in their folders, to which two commands may write."""

from __future__ import annotations

import time

import pytest

from deepfractals_gui.cli import run_folder
from deepfractals_gui.cli.run_folder import Watch, alone
from deepfractals_gui.session.locks import FileLock
from deepfractals_gui.session.store import data_folder


def free() -> bool:
    """Whether nobody keeps runs from being written."""
    lock = FileLock.try_acquire(data_folder() / "runs.lock", create=True)
    if lock is not None:
        lock.release()
    return lock is not None


def test_one_command_writes_at_a_time(monkeypatch):
    with alone():
        assert not free()
    assert free()
    other = FileLock.try_acquire(data_folder() / "runs.lock", create=True)
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            other.release()

    monkeypatch.setattr(time, "sleep", sleep)
    with alone():
        assert len(waited) == 3
        assert not free()
    assert free()


def test_a_command_that_never_ends_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(run_folder, "_PATIENCE", 0.0)
    other = FileLock.try_acquire(data_folder() / "runs.lock", create=True)
    with alone():
        done = True
    other.release()
    assert done


def test_a_failure_lets_the_next_one_write():
    with pytest.raises(ValueError, match="further on"), alone():
        raise ValueError("a run that is further on")
    assert free()


def test_a_file_is_watched_from_when_it_was_seen(tmp_path):
    path = tmp_path / "last.npz"
    watch = Watch(path)
    assert not watch.changed
    path.write_bytes(b"one")
    assert watch.changed
    watch.seen()
    assert not watch.changed
    (tmp_path / "other").write_bytes(b"two")
    (tmp_path / "other").replace(path)
    assert watch.changed
    path.unlink()
    assert not watch.changed
