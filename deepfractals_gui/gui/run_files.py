"""The menu of files of a page, and the dialogs that ask for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget


class Entry(NamedTuple):
    """A line of the menu: words, the key that does the same, what it does; no words: a rule."""

    words: str = ""
    keys: str = ""
    act: Callable[[], object] = lambda: None


class RunFiles(QObject):
    """What a page does with files; dialogs begin where the last file was."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        self._parent = page
        self._folder = str(Path.home())

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The menu, from its top to its end."""
        raise NotImplementedError

    def fill(self, menu: QMenu) -> None:
        """Put everything that has to do with files into a menu."""
        for words, keys, act in self.entries:
            if words:
                # The page has the shortcut: that of a menu which is closed isn't heard everywhere.
                menu.addAction(f"{words}\t{keys}" if keys else words, act)
            else:
                menu.addSeparator()

    @property
    def shortcuts(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """Keys, and what they do."""
        return tuple((keys, act) for _, keys, act in self.entries if keys)

    def _asked_to_open(self, title: str, kinds: str) -> Path | None:
        name, _ = QFileDialog.getOpenFileName(self._parent, title, self._folder, kinds)
        if not name:
            return None
        self._folder = str(Path(name).parent)
        return Path(name)

    def _asked_to_save(self, title: str, name: str, kinds: str) -> Path | None:
        start = str(Path(self._folder) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._parent, title, start, kinds)
        if not chosen:
            return None
        path = Path(chosen)
        self._folder = str(path.parent)
        return path if path.suffix else path.with_suffix(Path(name).suffix)
