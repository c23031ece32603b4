"""Named places to come back to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepfractals_gui.core import Document
from deepfractals_gui.session import store
from deepfractals_gui.session.documents import DocumentError, document_from_data
from deepfractals_gui.session.files import one_line

_FORMAT = "bookmarks"
_VERSION = 1
MAX_NAME = 120


@dataclass(frozen=True)
class Bookmark:
    """A document under a name; names are unique."""

    name: str
    document: Document


@dataclass(frozen=True)
class _Row:
    """One row as stored; ``bookmark`` is None where this version can't read it."""

    raw: Any
    bookmark: Bookmark | None


class Bookmarks:
    """The user's bookmarks, kept in a JSON file that several windows may change.

    Every change reads the file again first, so that what another window added stays. Rows that
    can't be read, such as those of a System this version doesn't have, are kept in the file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or store.data_folder() / "bookmarks.json"
        self.message = ""
        """One line for the user when something couldn't be read; "" otherwise."""
        self._rows: list[_Row] = []
        self.reload()

    @property
    def entries(self) -> tuple[Bookmark, ...]:
        return tuple(row.bookmark for row in self._rows if row.bookmark is not None)

    def reload(self) -> None:
        """Read the file again; `message` says what couldn't be read."""
        loaded = store.load(self.path, _FORMAT, _VERSION)
        self.message = loaded.message
        self._rows = []
        if loaded.data is None:
            return
        rows = loaded.data.get("entries")
        if not isinstance(rows, list):
            self.message = store.put_aside(self.path, "it holds no list of entries").message
            return
        self._rows = [_row(raw) for raw in rows]
        unread = sum(row.bookmark is None for row in self._rows)
        if unread:
            self.message = f"{unread} of {len(rows)} bookmarks can't be read and are kept unseen"

    def add(self, name: str, document: Document) -> Bookmark:
        """Append a bookmark; a name that is taken gets a number.

        Raises
        ------
        ValueError   the name is empty
        FileError    the file can't be written; nothing has changed
        """
        with store.exclusive(self.path):
            self.reload()
            bookmark = Bookmark(self._free(_name(name)), document)
            self._save([*self._rows, _Row(_raw(bookmark), bookmark)])
        return bookmark

    def rename(self, old: str, new: str) -> Bookmark:
        """Give a bookmark another name. Raises KeyError, ValueError or FileError."""
        with store.exclusive(self.path):
            self.reload()
            index = self._index(old)
            found = self._rows[index].bookmark
            assert found is not None
            wanted = _name(new)
            bookmark = Bookmark(wanted if wanted == old else self._free(wanted), found.document)
            rows = list(self._rows)
            rows[index] = _Row(_raw(bookmark), bookmark)
            self._save(rows)
        return bookmark

    def remove(self, name: str) -> Bookmark:
        """Remove a bookmark and return it. Raises KeyError or FileError."""
        with store.exclusive(self.path):
            self.reload()
            rows = list(self._rows)
            found = rows.pop(self._index(name)).bookmark
            assert found is not None
            self._save(rows)
        return found

    def move(self, name: str, position: int) -> None:
        """Move a bookmark to a position among `entries`. Raises KeyError or FileError."""
        with store.exclusive(self.path):
            self.reload()
            rows = list(self._rows)
            row = rows.pop(self._index(name))
            seen = [i for i, other in enumerate(rows) if other.bookmark is not None]
            position = max(0, position)
            rows.insert(seen[position] if position < len(seen) else len(rows), row)
            self._save(rows)

    def _index(self, name: str) -> int:
        for index, row in enumerate(self._rows):
            if row.bookmark is not None and row.bookmark.name == name:
                return index
        raise KeyError(f"there is no bookmark {name!r}")

    def _free(self, name: str) -> str:
        taken = {bookmark.name for bookmark in self.entries}
        free, number = name, 2
        while free in taken:
            free = f"{name[: MAX_NAME - 8]} ({number})"
            number += 1
        return free

    def _save(self, rows: list[_Row]) -> None:
        store.save(self.path, {_FORMAT: _VERSION, "entries": [row.raw for row in rows]})
        self._rows = rows


def _name(name: str) -> str:
    plain = one_line(name, MAX_NAME)
    if not plain:
        raise ValueError("a bookmark needs a name")
    return plain


def _raw(bookmark: Bookmark) -> Any:
    return {"name": bookmark.name, "document": json.loads(bookmark.document.to_json())}


def _row(raw: Any) -> _Row:
    if isinstance(raw, dict) and isinstance(raw.get("name"), str):
        try:
            return _Row(raw, Bookmark(_name(raw["name"]), document_from_data(raw.get("document"))))
        except (DocumentError, ValueError):
            return _Row(raw, None)
    return _Row(raw, None)
