"""Small JSON files of the user's own: bookmarks, recent files, preferences."""

from __future__ import annotations

import contextlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from deepfractals_gui.session.files import FileError, atomic_write, cause, one_line, set_aside
from deepfractals_gui.session.locks import FileLock
from deepfractals_gui.session.strict_json import TEXT_LIMIT, JsonError, parse

_log = logging.getLogger("deepfractals.session")


def data_folder() -> Path:
    """The folder for this user's bookmarks, recent files, preferences and journals."""
    return Path(platformdirs.user_data_dir("deepfractals", appauthor=False))


@dataclass(frozen=True)
class Loaded:
    """What a file held: ``data`` is None without a sound file, ``message`` says so to a person."""

    data: Any = None
    message: str = ""


def load(path: Path, format_key: str, version: int) -> Loaded:
    """Read a store; a damaged one is set aside under another name, never overwritten.

    The file is an object whose ``format_key`` holds its version. One from a newer version of
    deepfractals is set aside too, so that it can come back with that version.
    """
    try:
        size = path.stat().st_size
        text = path.read_bytes() if size <= TEXT_LIMIT else None
    except FileNotFoundError:
        return Loaded()
    except OSError as error:
        return _noted(f"{path.name} can't be read: {cause(error)}")
    try:
        if text is None:
            raise JsonError(f"it is longer than {TEXT_LIMIT // 1024} kB")
        data = parse(text)
        found = data.get(format_key) if isinstance(data, dict) else None
        if not isinstance(found, int) or isinstance(found, bool) or found < 1:
            raise JsonError(f"it holds no {format_key}")
        if found > version:
            raise JsonError("it was made by a newer version of deepfractals")
    except JsonError as error:
        return put_aside(path, str(error))
    return Loaded(data)


def put_aside(path: Path, reason: str) -> Loaded:
    """Keep a file that can't be used under another name, and say so."""
    try:
        aside = set_aside(path)
    except FileError as error:
        return _noted(f"{path.name} can't be used: {reason}; {error}")
    return _noted(f"{path.name} can't be used: {reason}. It is kept as {aside.name}")


def save(path: Path, data: Any) -> None:
    """Write a store, whole or not at all, making its folder.

    Raises
    ------
    FileError   it can't be written
    """
    make_folder(path.parent)
    content = json.dumps(data, indent=1, allow_nan=False).encode("utf-8") + b"\n"
    with atomic_write(path) as file:
        file.write(content)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises FileError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(one_line(f"the folder {folder} can't be made: {cause(error)}")) from None


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other windows from changing a store meanwhile.

    The lock is taken without waiting: two windows that change the same store within the same
    millisecond are a lesser evil than a window that waits for a stopped process.
    """
    make_folder(path.parent)
    lock: FileLock | None = None
    with contextlib.suppress(OSError):
        lock = FileLock.try_acquire(path.with_name(path.name + ".lock"), create=True)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def _noted(message: str) -> Loaded:
    line = one_line(message, 400)
    _log.warning(line)
    return Loaded(message=line)
