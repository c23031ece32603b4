"""Bookmarks, recent files and preferences survive damage."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deepfractals_gui.core import Document
from deepfractals_gui.session import files
from deepfractals_gui.session.bookmarks import Bookmarks
from deepfractals_gui.session.files import FileError
from deepfractals_gui.session.preferences import (
    Preferences,
    load_preferences,
    save_preferences,
)
from deepfractals_gui.session.recent import MAX_FILES, RecentFiles

DAMAGED = [
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b'{"bookmarks": "one"}',
    b'{"bookmarks": true, "recent_files": true, "preferences": true}',
    b'{"bookmarks": 99, "recent_files": 99, "preferences": 99}',
    b"[" * 100_000,
    b'{"bookmarks": 1, "entries": 5, "recent_files": 1, "preferences": NaN}',
    b'{"a": 1, "a": 2}',
    b" " * (4 * 1024 * 1024 + 1),
]
STORES: list[Callable[[Path], Any]] = [Bookmarks, RecentFiles, load_preferences]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_damaged_store_is_set_aside_with_one_message(
    tmp_path: Path, store: Callable[[Path], Any], content: bytes
) -> None:
    path = tmp_path / "store.json"
    path.write_bytes(content)
    message = store(path).message
    assert "store.json can't be used" in message
    assert "\n" not in message
    assert not path.exists()
    assert (tmp_path / "store.json.damaged").read_bytes() == content


def test_bookmarks_are_kept_in_order_under_unique_names(tmp_path: Path, document: Document) -> None:
    marks = Bookmarks(tmp_path / "b" / "marks.json")
    for _ in range(3):
        marks.add("  Spiral\n arm ", document)
    marks.add("Other", replace(document, shape=None))
    assert [m.name for m in marks.entries] == [
        "Spiral arm",
        "Spiral arm (2)",
        "Spiral arm (3)",
        "Other",
    ]
    marks.move("Other", 0)
    marks.rename("Spiral arm (3)", "Other")
    marks.remove("Spiral arm")
    again = Bookmarks(marks.path)
    assert [m.name for m in again.entries] == ["Other", "Spiral arm (2)", "Other (2)"]
    assert again.entries[1].document == document
    marks.move("Other", 99)
    assert [m.name for m in marks.entries] == ["Spiral arm (2)", "Other (2)", "Other"]


@pytest.mark.parametrize("action", ["rename", "remove", "move"])
def test_unknown_bookmark_changes_nothing(tmp_path: Path, document: Document, action: str) -> None:
    marks = Bookmarks(tmp_path / "marks.json")
    marks.add("One", document)
    before = marks.path.read_bytes()
    arguments = {"rename": ("Two", "Three"), "remove": ("Two",), "move": ("Two", 0)}[action]
    with pytest.raises(KeyError, match="no bookmark 'Two'"):
        getattr(marks, action)(*arguments)
    with pytest.raises(ValueError, match="needs a name"):
        marks.add(" \n", document)
    assert marks.path.read_bytes() == before


def test_two_windows_don_t_lose_each_other_s_bookmarks(tmp_path: Path, document: Document) -> None:
    one, two = Bookmarks(tmp_path / "marks.json"), Bookmarks(tmp_path / "marks.json")
    one.add("A", document)
    two.add("B", document)
    one.add("C", document)
    assert [m.name for m in one.entries] == ["A", "B", "C"]


def test_bookmark_of_an_unknown_system_is_kept_unseen(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "marks.json"
    marks = Bookmarks(path)
    marks.add("Known", document)
    data = json.loads(path.read_text())
    data["entries"].insert(0, {"name": "Later", "document": {"deepfractals": 1, "key": "later"}})
    data["entries"].append("nonsense")
    path.write_text(json.dumps(data))
    marks = Bookmarks(path)
    assert [m.name for m in marks.entries] == ["Known"]
    assert marks.message == "2 of 3 bookmarks can't be read and are kept unseen"
    marks.move("Known", 0)
    marks.add("New", document)
    rows = json.loads(path.read_text())["entries"]
    assert rows[0]["name"] == "Later"
    assert "nonsense" in rows


def test_full_disk_keeps_the_bookmarks_there_were(
    tmp_path: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = Bookmarks(tmp_path / "marks.json")
    marks.add("One", document)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", full)
        with pytest.raises(FileError, match="the disk is full"):
            marks.add("Two", document)
    assert [m.name for m in marks.entries] == ["One"]
    assert [m.name for m in Bookmarks(marks.path).entries] == ["One"]


def test_recent_files_are_latest_first_without_repeats(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path / "recent.json")
    paths = [tmp_path / f"{i}.json" for i in range(MAX_FILES + 5)]
    paths[-1].write_text("here")
    for path in [*paths, paths[10]]:
        recent.add(path)
    entries = RecentFiles(recent.path).entries
    assert len(entries) == MAX_FILES
    assert [e.path for e in entries[:2]] == [paths[10], paths[-1]]
    assert [e.exists for e in entries[:3]] == [False, True, False]
    recent.remove(paths[10])
    assert recent.entries[0].path == paths[-1]
    recent.clear()
    assert RecentFiles(recent.path).entries == ()


def test_preferences_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    chosen = Preferences(theme="light", threads=3, folder="/somewhere", tour_seen=True)
    save_preferences(chosen, path)
    assert load_preferences(path).preferences == chosen
    assert load_preferences(tmp_path / "none.json").preferences == Preferences()


def test_wrong_preference_takes_its_default_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(
        json.dumps({"preferences": 1, "theme": "pink", "threads": True, "folder": "/a", "new": 1})
    )
    loaded = load_preferences(path)
    assert loaded.preferences == Preferences(folder="/a")
    assert "pink" in loaded.message
    assert "threads" in loaded.message
