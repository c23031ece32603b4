"""What was found at several points, a column each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from deepfractals_gui.gui.comparison import Column, Compared
from deepfractals_gui.gui.controls import SPACE
from deepfractals_gui.gui.pin_bar import disc_icon
from deepfractals_gui.gui.theme import appearance, number_font, theme


class ComparisonTable(QTableWidget):
    """Rows that differ come first; those that are the same for all points are muted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._compared: tuple[Compared, ...] = ()
        self.setAccessibleName("What was found at the points compared")
        self.setProperty("role", "plain")
        self.setFont(number_font(self.font()))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Tab leads on to the next control; arrows move among the cells.
        self.setTabKeyNavigation(False)
        self.setMinimumSize(160, 72)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.setHighlightSections(False)
            header.setSectionsClickable(False)
            header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE // 2)
        self.verticalHeader().setMinimumSectionSize(12)
        appearance.changed.connect(self._restyle)

    def compare(self, columns: Sequence[Column], rows: Sequence[Compared]) -> None:
        """Show rows whose values belong to the columns."""
        self._columns, self._compared = tuple(columns), tuple(rows)
        colors = theme()
        self.setColumnCount(len(columns))
        self.setRowCount(len(rows))
        for place, column in enumerate(columns):
            item = QTableWidgetItem(column.title)
            item.setIcon(disc_icon(column.name, column.series, self.devicePixelRatioF()))
            item.setToolTip(f"{column.title}: {column.probe.message}")
            self.setHorizontalHeaderItem(place, item)
        for line, row in enumerate(rows):
            name = QTableWidgetItem(row.name)
            name.setToolTip(row.help or row.name)
            self.setVerticalHeaderItem(line, name)
            for place, (text, whole) in enumerate(zip(row.short, row.values, strict=True)):
                item = QTableWidgetItem(text)
                item.setToolTip(f"{row.name}, {columns[place].title}: {whole}")
                item.setForeground(colors.color("text" if row.differs else "muted"))
                self.setItem(line, place, item)
        self.resizeColumnsToContents()

    @Slot(object)
    def _restyle(self, theme: object) -> None:
        self.compare(self._columns, self._compared)
