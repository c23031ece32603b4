"""A text as the model reads it: a page of it, where that is, and accuracy along all of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from deepfractals_gui.atlas.texts import Book
from deepfractals_gui.gui.atlas.atlas_trainer import Stretch
from deepfractals_gui.gui.atlas.book_rows import Row
from deepfractals_gui.gui.atlas.heat_strip import HeatStrip
from deepfractals_gui.gui.atlas.read_text import ReadText
from deepfractals_gui.gui.atlas.text_view import TextView
from deepfractals_gui.gui.controls import SPACE, ElidedLabel
from deepfractals_gui.gui.sentences import sentence

BESIDE = 480
"""From this width on one line tells what is read of a character and where that is."""


class ReadingView(QWidget):
    """The page, words about the character at hand, and the strip, which follow each other.

    ``turned(Row)`` follows what is seen of the text.
    """

    turned = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.read = ReadText(0)
        self._known = False
        self.book: Book | None = None
        self.page, self.strip = TextView(), HeatStrip()
        self.told, self.place = ElidedLabel(), ElidedLabel()
        self.page.moved.connect(self._moved)
        self.page.turned.connect(self._turned)
        self.strip.scrubbed.connect(self._scrubbed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.page, 1)
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._words.setSpacing(SPACE // 2)
        self._words.addWidget(self.told, 1)
        self._words.addWidget(self.place)
        column.addLayout(self._words)
        column.addWidget(self.strip)

    @property
    def at(self) -> int:
        """The character at hand."""
        return self.page.at

    @property
    def known(self) -> bool:
        """Whether anything has ever been read."""
        return self._known

    def set_book(self, book: Book, longest: int, fold: int = 0) -> None:
        """Show another text, of which nothing has been read; see `HeatStrip.set_text`."""
        again = self.book is not None and self.book.text == book.text
        at, self.book = (self.at if again else 0), book
        self.read = ReadText(len(book))
        self.strip.set_text(self.read, longest, fold)
        self.page.set_text(book.text, book.alphabet, self.read)
        self.set_at(at)

    def take(self, stretches: Sequence[Stretch]) -> None:
        """Take over what has been read since; `phases` show it."""
        for one in stretches:
            self.read.patch(*one)
        self._known = self._known or bool(stretches)

    def phases(self) -> list[Callable[[], None]]:
        """Show what has been read since, in pieces, each of which is painted quickly."""
        return [*self.page.phases(), self._refresh]

    def _refresh(self) -> None:
        self.strip.refresh()
        self._say()

    def set_at(self, at: int) -> None:
        """Go to a character."""
        self.page.set_at(at)
        self.strip.set_at(at)
        self._say()

    @Slot(int)
    def _moved(self, at: int) -> None:
        self.strip.set_at(at)
        self._say()

    @Slot(int)
    def _scrubbed(self, at: int) -> None:
        self.page.set_at(at)
        self._say()

    @Slot(object)
    def _turned(self, seen: Row) -> None:
        self.strip.page = max(seen.stop - seen.start, 1)
        self.turned.emit(seen)

    def _say(self) -> None:
        told = self.page.told(self.at)
        self.told.setText(sentence(told))
        self.place.setText(self.strip.reading)

    # Events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        beside = self.width() >= BESIDE
        directions, policies = QBoxLayout.Direction, QSizePolicy.Policy
        self._words.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        wide = policies.Fixed if beside else policies.Expanding
        self.place.setSizePolicy(wide, policies.Fixed)
