"""Files that were opened or saved lately."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from deepfractals_gui.session import store

_FORMAT = "recent_files"
_VERSION = 1
MAX_FILES = 20


@dataclass(frozen=True)
class RecentFile:
    """A file and whether it is still there."""

    path: Path
    exists: bool


class RecentFiles:
    """The last twenty files, the latest first, kept in a JSON file."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or store.data_folder() / "recent.json"
        self.message = ""
        self._paths: list[Path] = []
        self._load()

    @property
    def entries(self) -> tuple[RecentFile, ...]:
        """Asks the file system anew at each call."""
        return tuple(RecentFile(path, os.path.isfile(path)) for path in self._paths)

    def add(self, path: Path) -> None:
        """Put a file first. Raises FileError when the list can't be written."""
        with store.exclusive(self.path):
            self._load()
            absolute = Path(os.path.abspath(path))
            kept = [other for other in self._paths if other != absolute]
            self._save([absolute, *kept][:MAX_FILES])

    def remove(self, path: Path) -> None:
        """Drop a file from the list. Raises FileError."""
        with store.exclusive(self.path):
            self._load()
            self._save([other for other in self._paths if other != Path(os.path.abspath(path))])

    def clear(self) -> None:
        """Empty the list. Raises FileError."""
        with store.exclusive(self.path):
            self._save([])

    def _load(self) -> None:
        loaded = store.load(self.path, _FORMAT, _VERSION)
        self.message = loaded.message
        self._paths = []
        if loaded.data is None:
            return
        texts = loaded.data.get("entries")
        if not isinstance(texts, list) or not all(_is_path(text) for text in texts):
            self.message = store.put_aside(self.path, "it holds no list of files").message
            return
        self._paths = [Path(text) for text in texts[:MAX_FILES]]

    def _save(self, paths: list[Path]) -> None:
        store.save(self.path, {_FORMAT: _VERSION, "entries": [str(path) for path in paths]})
        self._paths = paths


def _is_path(text: object) -> bool:
    # A lone surrogate or a zero byte can't be handed to the system.
    return isinstance(text, str) and 0 < len(text) <= 4096 and "\0" not in text
