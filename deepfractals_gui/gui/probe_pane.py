"""The histories behind points: a title, buttons, plots of curves and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.core import Probe, System
from deepfractals_gui.gui.comparison import columns_of, compared_rows, plots_of, rows_of
from deepfractals_gui.gui.comparison_table import ComparisonTable
from deepfractals_gui.gui.controls import (
    SPACE,
    EmptyState,
    ErrorLine,
    QuietButton,
    Scroll,
)
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.pin_bar import PinBar
from deepfractals_gui.gui.pins import Pin
from deepfractals_gui.gui.probing_sign import ProbingSign
from deepfractals_gui.gui.readout import Readout
from deepfractals_gui.gui.sentences import sentence

_TABLE_WIDTH = 290
"""Enough for a rate with all its digits."""


class _Title(QLabel):
    """A heading of one line; what doesn't fit is cut, and the tooltip has all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "heading")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        end = Qt.TextElideMode.ElideRight
        text = self.fontMetrics().elidedText(self.text(), end, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class ProbePane(QStackedWidget):
    """Shows the point clicked and the pins beside it; its page 0 says what to do first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = _Title()
        self.probing = ProbingSign()
        self.pin_bar = PinBar()
        self.pin_button = QuietButton("Pin", "")
        self.copy_button = QuietButton("Copy", "Copy the values and curves shown as text")
        self.clear_button = QuietButton("Clear", "Forget this point, and take its orbit away")
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE // 2)
        buttons.addStretch(1)
        buttons.addWidget(self.probing)
        for button in (self.pin_button, self.copy_button, self.clear_button):
            buttons.addWidget(button)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(SPACE // 2)
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self.pin_bar)
        self._head.addLayout(buttons)
        self.error_line = ErrorLine()
        self.curves: list[CurvePlot] = []
        plots = QWidget()
        self._curve_row = QBoxLayout(QBoxLayout.Direction.LeftToRight, plots)
        self._curve_row.setContentsMargins(0, 0, 0, 0)
        self._curve_row.setSpacing(2 * SPACE)
        plot_scroll = Scroll(plots)
        # More curves than fit side by side are scrolled to, not squeezed.
        plot_scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.table = Readout("What was found at the point")
        self.table.setMinimumWidth(150)
        self.comparison = ComparisonTable()
        self.tables = QStackedWidget()
        self.tables.addWidget(Scroll(self.table))
        self.tables.addWidget(self.comparison)
        self.tables.setMinimumWidth(_TABLE_WIDTH)
        self._detail = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._detail.setSpacing(2 * SPACE)
        self._detail.addWidget(plot_scroll, 3)
        self._detail.addWidget(self.tables, 1)
        found = QWidget()
        column = QVBoxLayout(found)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        column.addLayout(self._head)
        column.addWidget(self.error_line)
        column.addLayout(self._detail, 1)
        self.nothing_probed = EmptyState(
            "Click a point of the picture to see the history behind it. Pin points to compare them."
        )
        self.addWidget(self.nothing_probed)
        self.addWidget(found)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_direction(self, direction: QBoxLayout.Direction) -> None:
        """Lay title, plots and table out beside or below each other."""
        beside = direction == QBoxLayout.Direction.LeftToRight
        self.tables.setMinimumWidth(_TABLE_WIDTH if beside else 0)
        for layout in (self._head, self._curve_row, self._detail):
            layout.setDirection(direction)

    def show_error(self, message: str) -> None:
        """Say in one line what went wrong."""
        self.setCurrentIndex(1)
        self.error_line.set_text(sentence(message))

    def show_probing(self) -> None:
        """Say that a point is being probed."""
        if self.currentIndex() == 0:
            self.title.setText("Probing the point")
        self.setCurrentIndex(1)
        self.probing.show()

    def show_probes(
        self,
        pins: Sequence[Pin],
        probe: Probe | None,
        place_text: Callable[[float, float], str],
        system: System[Any],
        params: Any,
    ) -> None:
        """Show pins and the point clicked; ``place_text(x, y)`` says where a point is."""
        columns = columns_of(pins, probe)
        self.setCurrentIndex(1 if columns or pins else 0)
        self._show_head(pins, probe, place_text)
        self.copy_button.setEnabled(bool(columns))
        shown = plots_of(columns)
        while len(self.curves) < len(shown):
            plot = CurvePlot()
            self.curves.append(plot)
            self._curve_row.addWidget(plot, 1)
        for index, plot in enumerate(self.curves):
            plot.setVisible(index < len(shown))
            if index < len(shown):
                plot.set_lines(shown[index].title, shown[index].lines, shown[index].legend)
        tables = [rows_of(column.probe, system, params) for column in columns]
        several = len(columns) > 1
        self.tables.setCurrentIndex(1 if several else 0)
        # Every point has a column of its own.
        self._detail.setStretch(1, 3 if several else 1)
        self.table.set_rows(tables[0] if len(tables) == 1 else ())
        self.comparison.compare(
            columns if several else (), compared_rows(tables) if several else ()
        )

    def _show_head(
        self,
        pins: Sequence[Pin],
        probe: Probe | None,
        place_text: Callable[[float, float], str],
    ) -> None:
        if probe is None:
            self.title.setText("Pinned points" if pins else "")
            self.title.setToolTip("")
        else:
            self.title.setText(f"{place_text(probe.x, probe.y)}   {probe.status.label}")
            self.title.setToolTip(f"{self.title.text()}\n{probe.message}")
        words = [
            f"{place_text(pin.x, pin.y)}   "
            + ("not probed" if pin.probe is None else pin.probe.status.label)
            for pin in pins
        ]
        here = None if probe is None else (probe.x, probe.y)
        shown = next((pin.number for pin in pins if (pin.x, pin.y) == here), None)
        self.pin_bar.show_pins(pins, words, shown)
        name = "Keep this point to compare it with others" if shown is None else "Unpin this point"
        self.pin_button.setText("Pin" if shown is None else "Unpin")
        self.pin_button.setToolTip(name)
        self.pin_button.setAccessibleName(name)
        for button in (self.pin_button, self.clear_button):
            button.setEnabled(probe is not None)
