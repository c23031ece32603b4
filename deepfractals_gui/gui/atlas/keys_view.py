"""The library: texts that a frozen model reads with a key, and what a key can hold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.atlas.keys import SIZES
from deepfractals_gui.core import Curve
from deepfractals_gui.gui.controls import SPACE, FittedLabel
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot

LETTER_BITS = 4.3
"""What a character of English takes when each is coded alone."""
HEADS = ("Text", "Length", "Keys", "Bytes", "Right")
SELDOM = (3, 1)
"""Columns that make room for the names where it is narrow; they are told under the pointer."""
_NUMBERS = (1, 3, 4)
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_NAME = 14
"""Letters of a name that are seen before any of these."""


@dataclass(frozen=True)
class KeyRow:
    """A text in the library.

    Attributes
    ----------
    pages, size : so many keys of so many numbers; no pages: the text the model was trained on
    size_bytes : of the keys in a file
    accuracy : share of the characters that are read right; NaN where that isn't known yet
    outdated : whether the model has changed since the keys were found
    """

    name: str
    characters: int
    pages: int
    size: int
    size_bytes: int
    accuracy: float
    outdated: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """The cells of its row."""
        key = f"{self.pages:,} × {self.size}" if self.pages else "none"
        right = "–" if math.isnan(self.accuracy) else f"{100 * self.accuracy:.1f} %"
        if self.outdated:
            right = f"was {right}"
        return (self.name, f"{self.characters:,}", key, f"{self.size_bytes:,}", right)

    @property
    def told(self) -> str:
        """All of it, in a line."""
        name, length, key, size, right = self.words
        keys = f"keys {key}, {size} bytes" if self.pages else "the model's own text"
        return f"{name}: {length} characters, {keys}; right: {right}"


class KeysView(QWidget):
    """A table of texts, the accuracy against the size of a key, and a note on what one can hold.

    Signals
    -------
    chosen(row)    a person wants to read this text: 0 is the master's
    dropped(row)   a person lets a text go
    """

    chosen = Signal(int)
    dropped = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[KeyRow, ...] = ()
        self.shown = 0
        self.table = _Table()
        self.table.cellActivated.connect(self._activated)
        self.table.cellDoubleClicked.connect(self._activated)
        self.table.deleted.connect(self._delete)
        self.plot = CurvePlot()
        self.plot.setMinimumHeight(130)
        self.table.setMinimumHeight(5 * self.table.verticalHeader().defaultSectionSize())
        self.note = FittedLabel(note_of(32))
        self.plot_note = FittedLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table, 3)
        column.addWidget(self.note)
        column.addWidget(self.plot, 2)
        column.addWidget(self.plot_note)
        self.set_curve("", (), ())

    def set_rows(self, rows: Sequence[KeyRow], shown: int = 0) -> None:
        """Show texts, and which of them is read."""
        self.shown = shown
        if tuple(rows) == self.rows and self.table.rowCount() == len(rows):
            self._mark()
            return
        self.rows = tuple(rows)
        at = self.table.currentRow()
        self.table.setRowCount(len(self.rows))
        for number, row in enumerate(self.rows):
            for column, text in enumerate(row.words):
                item = self.table.item(number, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.table.setItem(number, column, item)
                item.setText(text)
                item.setToolTip(f"{row.told}. {_ACTS if number else _READS}")
                if column in _NUMBERS:
                    item.setTextAlignment(_RIGHT)
        if 0 <= at < len(self.rows):
            self.table.setCurrentCell(at, 0)
        self._mark()
        self.table.fit()

    def _mark(self) -> None:
        """Set the name of the text that is read in bold, with a sign before it."""
        for number, row in enumerate(self.rows):
            item = self.table.item(number, 0)
            if item is None:
                continue
            font = item.font()
            font.setBold(number == self.shown)
            item.setFont(font)
            item.setText(f"▸ {row.name}" if number == self.shown else row.name)

    def set_size(self, size: int) -> None:
        """Say what a key of so many numbers can hold."""
        self.note.setText(note_of(size))

    def set_curve(self, name: str, sizes: Sequence[int], accuracies: Sequence[float]) -> None:
        """Show the accuracy of a text by keys of several sizes."""
        x, y = np.asarray(sizes, np.float64), np.asarray(accuracies, np.float64)
        title = f"accuracy of {name}" if name else "accuracy"
        curve = Curve(title, x, y, against="numbers of the key")
        self.plot.set_lines(title, [Line(curve, Key(title, 0))])
        self.plot.setVisible(bool(name))
        self.plot_note.setText(_curve_words(x, y) if name else _NO_CURVE)

    @Slot(int, int)
    def _activated(self, row: int, column: int) -> None:
        self.chosen.emit(row)

    @Slot()
    def _delete(self) -> None:
        row = self.table.currentRow()
        # The text that the model was trained on stays: it is the model's.
        if row > 0:
            self.dropped.emit(row)


_READS = "Enter reads it."
_ACTS = "Enter reads it, Delete lets it go."
_NO_CURVE = (
    f"Accuracy against size (keys of {', '.join(map(str, SIZES))} numbers, trained one after the "
    "other) is drawn here."
)


def note_of(size: int) -> str:
    """What a key of so many numbers can hold at the very most."""
    bits = 32 * size
    return (
        f"{size} float32 numbers are at most {bits:,} bits, fewer than about "
        f"{int(bits / LETTER_BITS):,} characters of English at {LETTER_BITS} bits each; of these "
        "bits two or three a number can be had. Therefore a text gets a key for every page."
    )


def _curve_words(sizes: np.ndarray, accuracies: np.ndarray) -> str:
    pairs = zip(sizes.astype(int).tolist(), accuracies.tolist(), strict=True)
    return "n numbers hold at most 32 n bits. " + ", ".join(
        f"{size}: {100 * accuracy:.1f} %" for size, accuracy in pairs
    )


class _Table(QTableWidget):
    """A quiet table; Enter chooses a row, Del lets one go, Space stays with the page."""

    deleted = Signal()

    def __init__(self) -> None:
        super().__init__(0, len(HEADS))
        for column, words in enumerate(HEADS):
            head = QTableWidgetItem(words)
            head.setTextAlignment(_RIGHT if column in _NUMBERS else _LEFT)
            self.setHorizontalHeaderItem(column, head)
        self.setAccessibleName("Texts and their keys")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setProperty("role", "plain")
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(44)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in range(1, len(HEADS)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Show as many columns as leave room for the names."""
        for column in SELDOM:
            self.setColumnHidden(column, False)
        header = self.horizontalHeader()
        wide = [
            max(self.sizeHintForColumn(n), header.sectionSizeHint(n)) for n in range(len(HEADS))
        ]
        room = self.viewport().width() - sum(wide[1:])
        name = min(wide[0], _NAME * self.fontMetrics().averageCharWidth())
        for column in SELDOM:
            hidden = room < name
            self.setColumnHidden(column, hidden)
            room += wide[column] * hidden

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.deleted.emit()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)
