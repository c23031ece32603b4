"""Which class is taken for which, and the mistakes the network is surest of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.gui.theme import number_font, small_font, theme

_GAP = 2.0
_RECALL = 58.0


class ConfusionView(QWidget):
    """A matrix of counts (k, k): rows are what is true, columns what the network says.

    Each row is shaded by its share, the diagonal in the accent colour; beside it stands the recall,
    which is the share of the class that is found.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: Array = np.zeros((0, 0), dtype=np.int64)
        self._names: tuple[str, ...] = ()
        self._labels_wide = 10.0
        self._at: tuple[int, int] | None = None
        self.setFont(number_font(small_font(self.font())))
        self.setMouseTracking(True)
        self.setMinimumSize(220, 220)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Confusion matrix")

    @property
    def counts(self) -> Array:
        return self._counts

    def set_counts(self, counts: Array, names: Sequence[str] = ()) -> None:
        """Show counts (k, k), int, of classes with these names."""
        self._counts = counts
        self._names = tuple(names) if len(names) == len(counts) else ()
        advance = self.fontMetrics().horizontalAdvance
        widest = max((advance(self.name(label)) for label in range(len(counts))), default=0)
        self._labels_wide = min(float(widest), 90.0) + 10.0
        if self._at is not None and max(self._at) >= len(counts):
            self._at = None
        total = int(counts.sum())
        right = int(np.trace(counts))
        words = [f"{right} of {total} right"]
        words += [
            f"{self.name(label)}: {share:.0%} found"
            for label, share in enumerate(self.recall)
            if np.isfinite(share)
        ]
        self.setAccessibleDescription("; ".join(words))
        self.update()

    def name(self, label: int) -> str:
        return self._names[label] if self._names else str(label)

    @property
    def recall(self) -> Array:
        """Share of each class that is found, float64 (k,); NaN for a class without samples."""
        totals = self._counts.sum(axis=1).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares: Array = np.diagonal(self._counts) / totals
        return shares

    @property
    def reading(self) -> str:
        """The cell under the pointer in words, or the whole."""
        counts = self._counts
        if self._at is None:
            total = int(counts.sum())
            return f"{int(np.trace(counts)):,} of {total:,} right" if total else ""
        true, guessed = self._at
        row = int(counts[true].sum())
        if true == guessed:
            return f"{self.name(true)} found: {counts[true, true]} of {row}"
        found = f"{counts[true, guessed]} of {row}"
        return f"{self.name(true)} taken for {self.name(guessed)}: {found}"

    # Geometry

    def cell_of(self, true: int, guessed: int) -> QRectF:
        """Where a count is drawn, in pixels."""
        count = max(len(self._counts), 1)
        metrics = self.fontMetrics()
        left, top = self._labels_wide + metrics.height(), 2.6 * metrics.height() + 6.0
        room = min(self.width() - left - _RECALL, self.height() - top - 4.0)
        side = max(4.0, min(room / count, 96.0))
        return QRectF(left + guessed * side, top + true * side, side - _GAP, side - _GAP)

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        for true in range(len(self._counts)):
            for guessed in range(len(self._counts)):
                if self.cell_of(true, guessed).contains(at):
                    return true, guessed
        return None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._at = self._cell_at(event.position())
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._at = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(440, 440)

    # Drawing

    def paintEvent(self, event: QPaintEvent) -> None:
        counts, count = self._counts, len(self._counts)
        if not count:
            return
        colors, metrics = theme(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = Qt.AlignmentFlag.AlignVCenter
        centre = Qt.AlignmentFlag.AlignCenter
        head = QRectF(0, 0, self.width(), metrics.height() + 2)
        painter.setPen(colors.color("text"))
        painter.drawText(head, int(middle), self.reading)
        first, last = self.cell_of(0, 0), self.cell_of(count - 1, count - 1)
        totals = counts.sum(axis=1)
        written = last.width() >= metrics.horizontalAdvance("00") + 2
        painter.setPen(colors.color("faint"))
        said = QRectF(first.left(), head.bottom() - 2, 200, metrics.height())
        painter.drawText(said, int(middle), "said →")
        recall = QRectF(last.right() + 10, said.top() + metrics.height(), 60, metrics.height())
        painter.drawText(recall, int(middle), "found")
        for true in range(count):
            for guessed in range(count):
                box = self.cell_of(true, guessed)
                share = counts[true, guessed] / totals[true] if totals[true] else 0.0
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colors.color("field"))
                painter.drawRoundedRect(box, 2.5, 2.5)
                if counts[true, guessed]:
                    token = "accent" if true == guessed else "danger"
                    # A single mistake among hundreds is to be seen, too.
                    painter.setBrush(colors.color(token, 0.16 + 0.62 * float(share) ** 0.6))
                    painter.drawRoundedRect(box, 2.5, 2.5)
                if (true, guessed) == self._at:
                    painter.setPen(QPen(colors.color("accent"), 1.4))
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRoundedRect(box, 2.5, 2.5)
                if written and counts[true, guessed]:
                    painter.setPen(colors.color("text"))
                    painter.drawText(box, centre, str(counts[true, guessed]))
            self._paint_names(painter, true)
        painter.end()

    def _paint_names(self, painter: QPainter, label: int) -> None:
        """The class before its row and above its column, and its recall after the row."""
        colors, metrics = theme(), self.fontMetrics()
        last = len(self._counts) - 1
        row, column = self.cell_of(label, 0), self.cell_of(0, label)
        if row.height() < metrics.height() - 3:
            return
        end = Qt.TextElideMode.ElideRight
        painter.setPen(colors.color("muted"))
        aside = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        before = QRectF(0, row.top(), row.left() - 6, row.height())
        name = metrics.elidedText(self.name(label), end, int(before.width()))
        painter.drawText(before, aside, name)
        above = QRectF(column.left(), column.top() - metrics.height() - 2, column.width(), 20)
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(above, top, metrics.elidedText(self.name(label), end, int(column.width())))
        share = self.recall[label]
        after = QRectF(self.cell_of(label, last).right() + 10, row.top(), _RECALL, row.height())
        painter.setPen(colors.color("text"))
        text = f"{100 * share:.1f} %" if np.isfinite(share) else "–"
        painter.drawText(after, int(Qt.AlignmentFlag.AlignVCenter), text)
