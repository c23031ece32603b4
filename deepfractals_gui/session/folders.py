"""Folders of numbered files that belong together, with a note of what they belong to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deepfractals_gui.session.files import FileError, atomic_write, file_error, shown
from deepfractals_gui.session.strict_json import JsonError, parse


@dataclass(frozen=True)
class Series:
    """One piece of work whose files lie in one folder, so that it can be gone on with.

    Attributes
    ----------
    note : the name of the JSON file that says whose files these are
    pattern : a glob of the files themselves
    noun : what a message calls the work, such as ``zoom``
    identity : JSON data; works are the same when theirs are equal
    """

    note: str
    pattern: str
    noun: str
    identity: dict[str, Any]

    def check(self, folder: Path) -> None:
        """Make sure that the folder may take these files; it needn't exist yet.

        Raises
        ------
        FileError   it holds files of another work, can't be read, or its parent doesn't exist
        """
        try:
            if not folder.exists():
                if not folder.parent.is_dir():
                    raise FileError(f"{shown(folder)} can't be made: its folder does not exist")
                return
            if not folder.is_dir():
                raise FileError(f"{shown(folder)} is not a folder")
            held = any(folder.glob(self.pattern))
        except OSError as error:
            raise file_error(folder, error, "read") from None
        if held and not self._is_noted(folder):
            raise FileError(
                f"{shown(folder)} holds files of another {self.noun}; choose an empty folder"
            )

    def claim(self, folder: Path) -> None:
        """Make the folder where it is missing, and note in it whose files these are.

        Raises
        ------
        FileError   as `check`, or it can't be written
        """
        self.check(folder)
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise file_error(folder, error) from None
        if not self._is_noted(folder):
            with atomic_write(folder / self.note) as file:
                file.write(json.dumps(self.identity, indent=1, allow_nan=False).encode("utf-8"))

    def _is_noted(self, folder: Path) -> bool:
        path = folder / self.note
        try:
            text = path.read_bytes() if path.is_file() else b""
            return bool(parse(text) == json.loads(json.dumps(self.identity)))
        except JsonError:
            return False
        except OSError as error:
            raise file_error(path, error, "read") from None
