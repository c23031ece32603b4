"""A table of numbers to edit, paste into and load from a CSV file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import ParamError, ParamSpec, Table
from deepfractals_gui.core.tables import parse_rows, read_rows
from deepfractals_gui.gui.controls import SPACE, QuietButton
from deepfractals_gui.gui.theme import theme

_SHOWN_ROWS = 7


class TableEditor(QWidget):
    """Rows of a table parameter.

    ``edited(rows)`` carries a checked table; ``failed(message)`` says in words why the cells as
    they stand are no table, and what was last emitted stays in force.
    """

    edited = Signal(object)
    failed = Signal(str)

    def __init__(self, spec: ParamSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self._rows: Table = spec.default
        self._filling = False
        self.table = _Grid(0, len(spec.columns))
        self.table.setHorizontalHeaderLabels(list(spec.columns))
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE)
        self.table.setAccessibleName(spec.title)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.cellChanged.connect(self._cell_changed)
        self.table.pasted.connect(self.paste)
        self.table.deleted.connect(self.remove_rows)
        self.add_button = QuietButton("Add", "Add a row")
        self.add_button.clicked.connect(self.add_row)
        self.remove_button = QuietButton("Remove", "Remove the selected rows")
        self.remove_button.clicked.connect(self.remove_rows)
        self.paste_button = QuietButton("Paste", "Replace all rows by those on the clipboard")
        self.paste_button.clicked.connect(self.paste)
        self.load_button = QuietButton("Load CSV…", "Replace all rows by those of a CSV file")
        self.load_button.clicked.connect(self.choose_file)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.add_button, self.remove_button, self.paste_button, self.load_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.set_rows(self._rows)

    @property
    def rows(self) -> Table:
        """The last good rows."""
        return self._rows

    def set_rows(self, rows: Table) -> None:
        """Show rows without emitting `edited`."""
        self._rows = rows
        self._fill([[self._text(cell) for cell in row] for row in rows])

    def set_texts(self, rows: list[list[float]]) -> None:
        """Put rows in place of all there are, as a person would, and check them."""
        self._fill([[self._text(cell) for cell in row] for row in rows])
        self._commit()

    @Slot()
    def add_row(self) -> None:
        """Add a row of zeros below the current one and edit it."""
        at = self.table.currentRow() + 1 or self.table.rowCount()
        texts = self._texts()
        texts.insert(at, ["0"] * len(self.spec.columns))
        self._fill(texts)
        self._commit()
        self.table.setCurrentCell(at, 0)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def remove_rows(self) -> None:
        chosen = {index.row() for index in self.table.selectedIndexes()}
        if not chosen and self.table.currentRow() >= 0:
            chosen = {self.table.currentRow()}
        if not chosen:
            self.failed.emit("select the rows to remove first")
            return
        self._fill([row for number, row in enumerate(self._texts()) if number not in chosen])
        self._commit()

    @Slot()
    def paste(self) -> None:
        try:
            rows = parse_rows(QGuiApplication.clipboard().text(), len(self.spec.columns))
            self._rows_allowed(rows)
        except ValueError as error:
            self.failed.emit(f"not pasted: {_message(error)}")
            return
        self.set_texts(rows)

    @Slot()
    def choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, f"Load {self.spec.title}", "", "Tables (*.csv *.tsv *.txt);;All files (*)"
        )
        if path:
            self.load(Path(path))

    def load(self, path: Path) -> None:
        """Take a file's rows; one that can't be used changes nothing."""
        try:
            rows = read_rows(path, len(self.spec.columns))
            self._rows_allowed(rows)
        except ValueError as error:
            self.failed.emit(f"not loaded: {_message(error)}")
            return
        self.set_texts(rows)

    def _rows_allowed(self, rows: list[list[float]]) -> None:
        self.spec.check(rows)

    def _texts(self) -> list[list[str]]:
        found = []
        for row in range(self.table.rowCount()):
            items = [self.table.item(row, column) for column in range(self.table.columnCount())]
            found.append([item.text() if item is not None else "" for item in items])
        return found

    def _text(self, cell: float) -> str:
        text = repr(float(cell))
        return text[:-2] if text.endswith(".0") else text

    def _fill(self, texts: list[list[str]]) -> None:
        self._filling = True
        self.table.setRowCount(len(texts))
        for row, cells in enumerate(texts):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        self._filling = False
        self._fit()

    def _fit(self) -> None:
        shown = min(max(self.table.rowCount(), 2), _SHOWN_ROWS)
        height = shown * self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(height + self.table.horizontalHeader().sizeHint().height() + 4)

    def _cell_changed(self, row: int, column: int) -> None:
        if not self._filling:
            self._commit()

    def _commit(self) -> None:
        rows: list[list[Any]] = []
        wrong = ""
        self._filling = True
        normal = self.table.palette().text()
        for row in range(self.table.rowCount()):
            rows.append([])
            for column, name in enumerate(self.spec.columns):
                item = self.table.item(row, column)
                text = item.text() if item is not None else ""
                try:
                    rows[-1].append(float(text.replace(",", ".")))
                except ValueError:
                    wrong = wrong or f"row {row + 1}, {name}: {text[:40]!r} is not a number"
                    if item is not None:
                        item.setForeground(theme().color("danger"))
                else:
                    if item is not None:
                        item.setForeground(normal)
        self._filling = False
        if not wrong:
            try:
                self._rows = self.spec.check(rows)
            except ParamError as error:
                wrong = error.message
        if wrong:
            self.failed.emit(wrong)
        else:
            self.edited.emit(self._rows)


class _Grid(QTableWidget):
    """A table widget that knows the keys of paste and delete."""

    pasted = Signal()
    deleted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.pasted.emit()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        elif event.key() == Qt.Key.Key_Tab and self._at_end(forward=True):
            # Tab leaves the table at its last cell instead of starting over.
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Backtab and self._at_end(forward=False):
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)

    def _at_end(self, *, forward: bool) -> bool:
        end = (self.rowCount() - 1, self.columnCount() - 1) if forward else (0, 0)
        return self.rowCount() == 0 or (self.currentRow(), self.currentColumn()) == end


def _message(error: ValueError) -> str:
    return error.message if isinstance(error, ParamError) else str(error)
