"""Runs that were kept: what they were, how far they came, and their curves over each other."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.controls import SPACE, ChoiceBox, EmptyState, QuietButton
from deepfractals_gui.gui.curve_lines import Key, Line, pen
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.lab.live_curves import Curves, best_of

COLUMNS = ("", "Name", "Data", "Network", "Epochs", "Accuracy", "Loss", "Time")
TIPS = {"Accuracy": "The best of the test", "Loss": "The least of the test"}
_MARK, _NAME, _NETWORK = 0, 1, 3
MEASURES = (
    ("test_loss", "test loss", True),
    ("train_loss", "training loss", True),
    ("test_accuracy", "test accuracy", False),
    ("train_accuracy", "training accuracy", False),
)
LONGEST_NAME = 60


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A run with its settings and its history.

    Attributes
    ----------
    number : tells it from the others, and gives its colour
    params : what it can be restored from
    seconds : time spent in training
    id : tells it from all others, in other windows, too
    """

    number: int
    name: str
    data: str
    network: str
    params: Any
    curves: Curves
    epochs: int
    seconds: float
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def key(self) -> Key:
        """How its curve looks."""
        return Key(self.name, self.number, self.number // 6)

    @property
    def best_accuracy(self) -> float | None:
        """Of the test, or of the training where nothing was held back."""
        held = best_of(self.curves.test_accuracy, True)
        return best_of(self.curves.train_accuracy, True) if held is None else held

    @property
    def best_loss(self) -> float | None:
        held = best_of(self.curves.test_loss, False)
        return best_of(self.curves.train_loss, False) if held is None else held

    def cells(self) -> tuple[str, ...]:
        """What the columns say."""
        right, loss = self.best_accuracy, self.best_loss
        return (
            "",
            self.name,
            self.data,
            self.network,
            f"{self.epochs:,}",
            "–" if right is None else f"{100 * right:.1f} %",
            "–" if loss is None else f"{loss:.3g}",
            seconds_words(self.seconds),
        )


def seconds_words(seconds: float) -> str:
    """A time as one reads it: 0.4 s, 12 s, 3 min 5 s."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


class RunTable(QStackedWidget):
    """A table of runs with their curves below.

    Enter or Restore takes a run's settings, F2 or a double click renames it, Del removes it. The
    selected runs are drawn, or all of them while none is selected.

    Signals
    -------
    restored(params)
    changed()   a run has come, gone or got another name; ``gone`` are the ids of those deleted
    """

    restored = Signal(object)
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[KeptRun] = []
        self.gone: set[str] = set()
        self._next = 0
        self._filling = False
        self.empty = EmptyState(
            "Press Keep run to put the run at hand here: its curves can then be laid over those of "
            "others, and its settings brought back."
        )
        self.table = _Table(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        for place, name in enumerate(COLUMNS):
            heading = self.table.horizontalHeaderItem(place)
            if heading is not None:
                heading.setToolTip(TIPS.get(name, name))
        self.table.setAccessibleName("Kept runs")
        self.table.setItemDelegateForColumn(_MARK, _Mark(self.table))
        self.table.itemChanged.connect(self._renamed)
        self.table.itemSelectionChanged.connect(self._draw)
        self.table.entered_row.connect(self.restore)
        self.table.deleted.connect(self.delete)
        self.restore_button = QuietButton(
            "Restore", "Take the settings of the selected run (Enter)"
        )
        self.rename_button = QuietButton("Rename", "Give the selected run another name (F2)")
        self.delete_button = QuietButton("Delete", "Forget the selected runs (Del)")
        self.restore_button.clicked.connect(self.restore)
        self.rename_button.clicked.connect(self.rename)
        self.delete_button.clicked.connect(self.delete)
        self.compared = ChoiceBox()
        for key, title, _ in MEASURES:
            self.compared.addItem(title, key)
        self.compared.setAccessibleName("What is compared")
        self.compared.currentIndexChanged.connect(self._draw)
        self.plot = CurvePlot()
        self.plot.setMinimumHeight(120)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE // 2)
        for button in (self.restore_button, self.rename_button, self.delete_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.compared)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.table, 2)
        column.addLayout(buttons)
        column.addWidget(self.plot, 3)
        self.addWidget(self.empty)
        self.addWidget(page)

    @property
    def runs(self) -> tuple[KeptRun, ...]:
        return tuple(self._runs)

    @property
    def selected(self) -> list[KeptRun]:
        rows = sorted({index.row() for index in self.table.selectedIndexes()})
        return [self._runs[row] for row in rows]

    def keep(
        self, data: str, network: str, params: Any, curves: Curves, epochs: int, seconds: float,
        name: str = "",
    ) -> KeptRun:  # fmt: skip
        """Add a run; without a name it is called by its number."""
        number = self._next
        self._next += 1
        name = name or f"Run {number + 1}"
        run = KeptRun(number, name, data, network, params, curves, epochs, seconds)
        self._runs.append(run)
        self._fill()
        self.changed.emit()
        return run

    def show_runs(self, runs: Sequence[KeptRun]) -> None:
        """Put runs that were kept before at the head of the table."""
        self._runs = [*runs, *self._runs]
        self._next = max((run.number + 1 for run in self._runs), default=0)
        self._fill()

    @Slot()
    def restore(self) -> None:
        """Ask for the settings of the selected run."""
        if chosen := self.selected:
            self.restored.emit(chosen[0].params)

    @Slot()
    def rename(self) -> None:
        """Edit the name of the selected run."""
        rows = {index.row() for index in self.table.selectedIndexes()}
        item = self.table.item(min(rows), _NAME) if rows else None
        if item is not None:
            self.table.editItem(item)

    @Slot()
    def delete(self) -> None:
        """Forget the selected runs."""
        gone = self.selected
        if gone:
            self._runs = [run for run in self._runs if run not in gone]
            self.gone |= {run.id for run in gone}
            self._fill()
            self.changed.emit()

    def _fill(self) -> None:
        self._filling = True
        self.table.setRowCount(len(self._runs))
        for row, run in enumerate(self._runs):
            for column, text in enumerate(run.cells()):
                item = QTableWidgetItem(text)
                if column != _NAME:
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                if column > 3:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                item.setToolTip(text)
                if column == _MARK:
                    item.setData(Qt.ItemDataRole.UserRole, run.number)
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, f"curve {run.number + 1}")
                self.table.setItem(row, column, item)
        self._filling = False
        self.setCurrentIndex(1 if self._runs else 0)
        self._draw()

    @Slot(QTableWidgetItem)
    def _renamed(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != _NAME:
            return
        run = self._runs[item.row()]
        name = " ".join(item.text().split())[:LONGEST_NAME] or run.name
        self._runs[item.row()] = replace(run, name=name)
        self._filling = True
        item.setText(name)
        self._filling = False
        self._draw()
        self.changed.emit()

    @Slot()
    def _draw(self) -> None:
        """Lay the curves of the selected runs, or of all, over each other."""
        some = bool(self.selected)
        for button in (self.restore_button, self.rename_button, self.delete_button):
            button.setEnabled(some)
        shown = self.selected or self._runs
        key, title, log = MEASURES[max(self.compared.currentIndex(), 0)]
        lines = [
            Line(Curve(title, run.curves.x, values, log=log, against=run.curves.against), run.key)
            for run in shown
            if np.isfinite(values := _values(run.curves, key)).any()
        ]
        if lines:
            self.plot.set_lines(title, lines, [line.key for line in lines])
        elif shown:
            empty = Curve(title, np.zeros(0), np.zeros(0), against="epoch")
            self.plot.set_lines(title, [Line(empty, Key(title))])


def _values(curves: Curves, key: str) -> Array:
    values: Array = getattr(curves, key)
    return values


class _Table(QTableWidget):
    """A quiet table of rows; Enter and Del are announced."""

    entered_row = Signal()
    deleted = Signal()

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__(rows, columns)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.DoubleClicked
        )
        self.setShowGrid(False)
        self.setProperty("role", "plain")
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(columns):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NETWORK, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(False)
        self.setColumnWidth(_NETWORK, 210)
        header.setSectionResizeMode(_MARK, QHeaderView.ResizeMode.Fixed)
        self.setColumnWidth(_MARK, 34)
        self.setTabKeyNavigation(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.entered_row.emit()
        elif event.key() == Qt.Key.Key_Delete and not editing:
            self.deleted.emit()
        elif event.key() == Qt.Key.Key_Space:
            event.ignore()
        else:
            super().keyPressEvent(event)


class _Mark(QStyledItemDelegate):
    """Draws a piece of the run's curve at the beginning of its row."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        number = index.data(Qt.ItemDataRole.UserRole)
        box = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(Key("", int(number), int(number) // 6)))
        y = box.center().y()
        painter.drawLine(QPointF(box.left() + 6, y), QPointF(box.right() - 6, y))
        painter.restore()
