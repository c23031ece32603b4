"""A killed window's work is offered back; a living or closed one's isn't."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deepfractals_gui.core import Document, Viewport
from deepfractals_gui.session.history import History
from deepfractals_gui.session.journal import STEPS, Journal

KILLED = """
import sys
from pathlib import Path
from deepfractals_gui.session.documents import document_from_json
from deepfractals_gui.session.history import History
from deepfractals_gui.session.journal import Journal
views = [document_from_json(text) for text in sys.stdin.read().split("\\0")]
history = History(views[0])
for view in views[1:]:
    history.push(view)
history.undo()
Journal(Path(sys.argv[1])).write(history.current, history)
print("ready", flush=True)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""


def views(document: Document, count: int) -> list[Document]:
    bare = replace(document, shape=None)
    return [replace(bare, viewport=Viewport.at(0, 0, 1.0 / (i + 1))) for i in range(count)]


def history_of(entries: list[Document]) -> History:
    history = History(entries[0])
    for view in entries[1:]:
        history.push(view)
    return history


def test_journal_of_a_killed_process_is_recovered_whole(tmp_path: Path, document: Document) -> None:
    entries = views(document, 5)
    subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        input="\0".join(view.to_json() for view in entries),
        text=True,
        check=False,
        stdout=subprocess.PIPE,
    )
    (recovered,) = Journal(tmp_path).recover()
    assert recovered.view == entries[3]
    assert recovered.history().entries == tuple(entries)
    assert recovered.history().redo() == entries[4]
    # Another window that starts meanwhile isn't offered the same work.
    assert Journal(tmp_path).recover() == []
    recovered.leave()
    (again,) = Journal(tmp_path).recover()
    again.discard()
    assert Journal(tmp_path).recover() == []
    assert list(tmp_path.iterdir()) == []


def test_journals_of_living_windows_are_left_alone(tmp_path: Path, document: Document) -> None:
    one, two = Journal(tmp_path), Journal(tmp_path)
    history = history_of(views(document, 2))
    one.write(history.current, history)
    two.write(history.current, history)
    assert one.recover() == []
    assert Journal(tmp_path).recover() == []
    one.clear()
    two.clear()
    assert list(tmp_path.iterdir()) == []


def test_closing_leaves_nothing_to_recover(tmp_path: Path, document: Document) -> None:
    journal = Journal(tmp_path)
    history = history_of(views(document, 3))
    journal.write(history.current, history)
    journal.write(history.undo(), history)
    journal.clear()
    journal.clear()
    assert Journal(tmp_path).recover() == []


def _abandon(journal: Journal) -> None:
    """Let go of the lock, as the end of the process does."""
    assert journal._lock is not None
    journal._lock.release()


def test_long_history_keeps_the_steps_around_the_present(
    tmp_path: Path, document: Document
) -> None:
    history = history_of(views(document, 3 * STEPS))
    journal = Journal(tmp_path)
    journal.write(history.current, history)
    _abandon(journal)
    (recovered,) = Journal(tmp_path).recover()
    assert recovered.entries == history.entries[-STEPS:]
    assert recovered.view == history.current


def test_large_colourings_don_t_make_a_journal_too_large_to_read(
    tmp_path: Path, document: Document
) -> None:
    assert document.coloring is not None
    knots = tuple(1.0 + i / 7 for i in range(4097))
    heavy = [
        replace(view, coloring=replace(document.coloring, levels=None, knots=knots))
        for view in views(document, 60)
    ]
    history = history_of(heavy)
    history.go_to(30)
    journal = Journal(tmp_path)
    journal.write(history.current, history)
    _abandon(journal)
    (recovered,) = Journal(tmp_path).recover()
    assert recovered.view == history.current
    assert 10 < len(recovered.entries) < 60


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"journal": 1}',
        b'{"journal": 1, "entries": [{}], "position": 0, "saved": 1}',
        b'{"journal": 1, "entries": [], "position": 0, "saved": 1}',
        b"\xff" * 100,
        b"[" * 9999,
    ],
    ids=range(7),
)
def test_damaged_journal_is_set_aside_and_noted(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal-1-abc.json").write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert Journal(tmp_path).recover() == []
    assert "can't be used" in caplog.text
    assert [path.name for path in tmp_path.iterdir()] == ["journal-1-abc.json.damaged"]
    assert (tmp_path / "journal-1-abc.json.damaged").read_bytes() == content


def test_one_unreadable_step_costs_only_that_step(tmp_path: Path, document: Document) -> None:
    history = history_of(views(document, 4))
    journal = Journal(tmp_path)
    journal.write(history.current, history)
    _abandon(journal)
    (path,) = tmp_path.glob("*.json")
    text = path.read_text()
    assert text.count('"width": 0.5') == 1
    path.write_text(text.replace('"width": 0.5', '"width": -0.5'))
    (recovered,) = Journal(tmp_path).recover()
    assert recovered.view == history.current
    assert len(recovered.entries) == 3
