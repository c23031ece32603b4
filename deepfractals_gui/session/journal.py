"""What keeps a killed window's work: the present view and the steps that led there."""

from __future__ import annotations

import json
import logging
import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepfractals_gui.core import Document
from deepfractals_gui.session import store
from deepfractals_gui.session.documents import DocumentError, document_from_data
from deepfractals_gui.session.files import FileError, atomic_write, cause, set_aside
from deepfractals_gui.session.history import History
from deepfractals_gui.session.locks import FileLock
from deepfractals_gui.session.strict_json import TEXT_LIMIT, JsonError, parse

_log = logging.getLogger("deepfractals.session")
_PREFIX = "journal-"
_VERSION = 1
STEPS = 100
"""Steps of the history that a journal keeps."""
_SIZE = TEXT_LIMIT // 2


@dataclass(frozen=True)
class Recovered:
    """The work of a window that ended without saying goodbye.

    It stays on the disk, and other windows aren't offered it, until `discard` or `leave`.
    """

    entries: tuple[Document, ...]
    position: int
    saved: float
    """Seconds since 1970, by the clock of the time."""
    path: Path
    _lock: FileLock

    @property
    def view(self) -> Document:
        return self.entries[self.position]

    def history(self) -> History:
        """The steps, to be walked again."""
        return History.restored(self.entries, self.position)

    def discard(self) -> None:
        """Remove it: it was taken over, or isn't wanted."""
        _remove(self.path, self._lock)

    def leave(self) -> None:
        """Let another window have it."""
        self._lock.release()


class Journal:
    """The journal of one window, in a folder that all windows share.

    A lock, which the system lets go of when the process dies, tells the journals of living
    windows from those to be offered back.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or store.data_folder() / "journals"
        self._path = self.folder / f"{_PREFIX}{os.getpid()}-{secrets.token_hex(4)}.json"
        self._lock: FileLock | None = None

    def write(self, view: Document, history: History) -> None:
        """Keep the view and the last steps of its history.

        Raises
        ------
        FileError   the folder or the file can't be written; what was kept before stays
        """
        if self._lock is None:
            store.make_folder(self.folder)
            try:
                self._lock = FileLock.try_acquire(_lock_path(self._path), create=True)
            except OSError as error:
                raise FileError(f"{self.folder} can't be written: {cause(error)}") from None
        entries, position = history.tail(STEPS)
        if entries[position] != view:
            entries, position = (*entries[: position + 1], view), position + 1
        texts = [entry.to_json() for entry in entries]
        while len(texts) > 1 and sum(map(len, texts)) > _SIZE:
            # The farther end goes first.
            if position >= len(texts) - position - 1:
                del texts[0]
                position -= 1
            else:
                del texts[-1]
        head = json.dumps({"journal": _VERSION, "saved": time.time(), "position": position})
        content = f'{head[:-1]}, "entries": [\n' + ",\n".join(texts) + "\n]}\n"
        with atomic_write(self._path) as file:
            file.write(content.encode("utf-8"))

    def clear(self) -> None:
        """Remove the journal: the window closes as it should."""
        lock, self._lock = self._lock, None
        _remove(self._path, lock)

    def recover(self) -> list[Recovered]:
        """The work of windows that are no more, the latest first.

        A journal that can't be read is set aside under another name and noted in the log.
        """
        found = []
        for path in sorted(self.folder.glob(f"{_PREFIX}*.json")):
            if path == self._path:
                continue
            lock = _claim(path)
            if lock is None:
                continue
            try:
                found.append(_read(path, lock))
            except FileNotFoundError:
                # Its window closed as it should, just now.
                _remove(path, lock)
            except (OSError, JsonError, DocumentError) as error:
                _put_aside(path, lock, error)
        return sorted(found, key=lambda recovered: -recovered.saved)


def _read(path: Path, lock: FileLock) -> Recovered:
    if path.stat().st_size > TEXT_LIMIT:
        raise JsonError("it is too long")
    data = parse(path.read_bytes())
    if not isinstance(data, Mapping) or data.get("journal") != _VERSION:
        raise JsonError("it is not a journal of this version")
    entries, position, saved = (data.get(name) for name in ("entries", "position", "saved"))
    if not isinstance(entries, list) or not entries:
        raise JsonError("it holds no views")
    if not isinstance(position, int) or not 0 <= position < len(entries):
        raise JsonError("its position is not among its views")
    if not isinstance(saved, (int, float)):
        raise JsonError("it has no time")
    view = document_from_data(entries[position])
    before, after = _readable(entries[:position]), _readable(entries[position + 1 :])
    return Recovered((*before, view, *after), len(before), float(saved), path, lock)


def _readable(entries: list[Any]) -> list[Document]:
    """A step that can't be read costs that step, not the others."""
    views = []
    for entry in entries:
        try:
            views.append(document_from_data(entry))
        except DocumentError as error:
            _log.warning("a step of a journal can't be read: %s", error)
    return views


def _put_aside(path: Path, lock: FileLock, error: Exception) -> None:
    try:
        aside: Any = set_aside(path).name
    except FileError as failure:
        aside = failure
    _log.warning("the journal %s can't be used: %s (%s)", path.name, error, aside)
    _remove(path, lock)


def _claim(path: Path) -> FileLock | None:
    """The lock of a journal whose window is no more; None while it lives."""
    try:
        return FileLock.try_acquire(_lock_path(path), create=True)
    except OSError as error:
        _log.warning("the journal %s can't be locked: %s", path.name, cause(error))
        return None


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _remove(path: Path, lock: FileLock | None) -> None:
    if lock is not None and os.name == "nt":
        lock.release()
    for file in (path, _lock_path(path)):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s can't be removed: %s", file.name, cause(error))
    if lock is not None:
        lock.release()
