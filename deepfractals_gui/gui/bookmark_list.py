"""The bookmarks, as the window's panels share them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from deepfractals_gui.core import Document
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.session.bookmarks import Bookmark, Bookmarks


class BookmarkList(QObject):
    """The user's bookmarks; ``changed`` is emitted whenever they are."""

    changed = Signal()

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bookmarks = Bookmarks(path)

    @classmethod
    def of(cls, model: SessionModel) -> BookmarkList:
        """The one list that belongs to a model."""
        found = model.findChild(cls)
        return found if isinstance(found, cls) else cls(parent=model)

    @property
    def entries(self) -> tuple[Bookmark, ...]:
        return self._bookmarks.entries

    @property
    def message(self) -> str:
        """One line when something in the file couldn't be read; "" otherwise."""
        return self._bookmarks.message

    def add(self, name: str, document: Document) -> Bookmark:
        """Append a bookmark. Raises ValueError or FileError; nothing has changed then."""
        bookmark = self._bookmarks.add(name, document)
        self.changed.emit()
        return bookmark

    def rename(self, old: str, new: str) -> Bookmark:
        """Give a bookmark another name. Raises KeyError, ValueError or FileError."""
        bookmark = self._bookmarks.rename(old, new)
        self.changed.emit()
        return bookmark

    def remove(self, name: str) -> Bookmark:
        """Remove a bookmark and return it. Raises KeyError or FileError."""
        bookmark = self._bookmarks.remove(name)
        self.changed.emit()
        return bookmark

    def reload(self) -> None:
        """Read the file again: another window may have changed it."""
        before = self.entries
        self._bookmarks.reload()
        if self.entries != before:
            self.changed.emit()
