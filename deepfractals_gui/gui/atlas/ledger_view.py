"""The ledger of an export: bits per character against other ways to write the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from deepfractals_gui.atlas.ledger import OTHERS, Ledger
from deepfractals_gui.gui.axes import linear_ticks, tick_text
from deepfractals_gui.gui.controls import SPACE, FittedLabel
from deepfractals_gui.gui.curve_lines import series_color
from deepfractals_gui.gui.theme import number_font, small_font, theme

PARTS = ("weights", "residual", "key", "alphabet", "header")
"""Parts of an export, from the one that usually is largest to the smallest."""
_TITLES = {
    "weights": "weights", "residual": "residual", "key": "key", "alphabet": "alphabet",
    "header": "header",
}  # fmt: skip
_PATTERNS = (
    Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.Dense4Pattern, Qt.BrushStyle.HorPattern,
)  # fmt: skip
_BAR = 18.0
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Priced:
    """One export of a text: what it is called, such as "8 bits, with contexts", and its costs."""

    title: str
    ledger: Ledger


@dataclass(frozen=True)
class Bar:
    """A bar: bits per character, in pieces whose names are known for an export."""

    title: str
    pieces: tuple[tuple[str, float], ...]

    @property
    def total(self) -> float:
        return sum(bits for _, bits in self.pieces)


def bars_of(priced: Sequence[Priced]) -> tuple[Bar, ...]:
    """The others first, then each export in its parts; the texts are the same."""
    if not priced:
        return ()
    first = priced[0].ledger
    found = [
        Bar(name, (("", first.bits(size)),))
        for name, size in zip(OTHERS, first.others, strict=True)
    ]
    for one in priced:
        pieces = tuple((part, one.ledger.bits(getattr(one.ledger.ours, part))) for part in PARTS)
        found.append(Bar(one.title, pieces))
    return tuple(found)


class LedgerBars(QWidget):
    """Bits per character as bars that lie one below the other; an export's in its parts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bars: tuple[Bar, ...] = ()
        self.setFont(number_font(small_font(self.font())))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Bits per character")

    def set_priced(self, priced: Sequence[Priced]) -> None:
        self.bars = bars_of(priced)
        self.setAccessibleDescription(
            "; ".join(f"{bar.title}: {bar.total:.2f}" for bar in self.bars)
        )
        self.updateGeometry()
        self.update()

    def _row(self) -> float:
        return max(_BAR, self.fontMetrics().height() + 2.0) + 7.0

    def _left(self) -> float:
        metrics = self.fontMetrics()
        return max((metrics.horizontalAdvance(bar.title) for bar in self.bars), default=0) + 10.0

    def _head(self) -> float:
        return self.fontMetrics().height() + 8.0

    def sizeHint(self) -> QSize:
        high = self.fontMetrics().height()
        return QSize(420, round(self._head() + len(self.bars) * self._row() + high + 8))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    def _unit(self) -> float:
        """Pixels of a bit."""
        most = max((bar.total for bar in self.bars), default=1.0)
        room = self.width() - self._left() - self.fontMetrics().horizontalAdvance(" 00.00") - 6
        return max(room, 10.0) / max(most, 1e-9)

    def boxes(self, number: int) -> list[tuple[str, float, QRectF]]:
        """The pieces of a bar: name, bits, and where, in pixels."""
        unit, left = self._unit(), self._left()
        top = self._head() + number * self._row()
        found = []
        for name, bits in self.bars[number].pieces:
            found.append((name, bits, QRectF(left, top, bits * unit, self._row() - 7.0)))
            left += bits * unit
        return found

    def told(self, place: QPointF) -> str:
        """What the piece under the pointer is."""
        for number, bar in enumerate(self.bars):
            for name, bits, box in self.boxes(number):
                if box.contains(place):
                    what = f", {_TITLES[name]}" if name else ""
                    return f"{bar.title}{what}: {bits:.4f} bits a character"
        return ""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.told(QPointF(event.pos())), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.bars:
            return
        colors, painter = theme(), QPainter(self)
        self._paint_legend(painter)
        left, unit, foot = self._left(), self._unit(), self._head() + len(self.bars) * self._row()
        most = max(bar.total for bar in self.bars)
        for tick in linear_ticks(0.0, most, max(2, int(most * unit / 60))):
            x = round(left + tick * unit) + 0.5
            painter.setPen(QPen(colors.color("line"), 1))
            painter.drawLine(QPointF(x, self._head() - 3), QPointF(x, foot))
            painter.setPen(colors.color("muted"))
            room = QRectF(x - 30, foot + 2, 60, self.fontMetrics().height())
            painter.drawText(room, int(Qt.AlignmentFlag.AlignCenter), tick_text(tick))
        middle = Qt.AlignmentFlag.AlignVCenter
        for number, bar in enumerate(self.bars):
            boxes = self.boxes(number)
            ours = len(bar.pieces) > 1
            row = QRectF(0, boxes[0][2].top(), left - 10, boxes[0][2].height())
            painter.setPen(colors.color("text" if ours else "muted"))
            painter.drawText(row, int(Qt.AlignmentFlag.AlignRight | middle), bar.title)
            for name, _, box in boxes:
                self._paint_piece(painter, name, box)
            end = boxes[-1][2].right()
            words = QRectF(end + 5, row.top(), 80, row.height())
            painter.setPen(colors.color("text" if ours else "muted"))
            painter.drawText(words, int(Qt.AlignmentFlag.AlignLeft | middle), f"{bar.total:.2f}")
        painter.end()

    def _paint_piece(self, painter: QPainter, name: str, box: QRectF) -> None:
        if box.width() <= 0:
            return
        if not name:
            painter.fillRect(box, theme().color("faint"))
            return
        number = PARTS.index(name)
        color = series_color(number)
        ground = series_color(number)
        ground.setAlphaF(0.35)
        painter.fillRect(box, ground)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        brush = painter.brush()
        brush.setStyle(_PATTERNS[number])
        painter.fillRect(box, brush)
        painter.restore()

    def _paint_legend(self, painter: QPainter) -> None:
        metrics, left = self.fontMetrics(), 0.0
        high = metrics.height()
        unit = self._unit()
        # What is too small to be drawn is in the table.
        shown = {name for bar in self.bars for name, bits in bar.pieces if bits * unit >= 1}
        for name in PARTS:
            if name not in shown:
                continue
            self._paint_piece(painter, name, QRectF(left, 2, 14, high - 4))
            painter.setPen(theme().color("muted"))
            painter.drawText(QPointF(left + 19, metrics.ascent()), _TITLES[name])
            left += 19 + metrics.horizontalAdvance(_TITLES[name]) + 14


class LedgerView(QWidget):
    """Bars, a verdict and a table of all numbers; what is selected can be copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.priced: tuple[Priced, ...] = ()
        self.bars = LedgerBars()
        self.verdict = FittedLabel()
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["Written as"])
        for column, words, told in (
            (1, "Bytes", "Bytes in all"),
            (2, "Bits each", "Bits a character"),
        ):
            head = QTableWidgetItem(words)
            head.setTextAlignment(_RIGHT)
            head.setToolTip(told)
            self.table.setHorizontalHeaderItem(column, head)
        self.table.setAccessibleName("Ledger")
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setProperty("role", "plain")
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACE - 2)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(SPACE)
        column_.addWidget(self.bars)
        column_.addWidget(self.verdict)
        column_.addWidget(self.table)
        column_.addStretch(1)

    def set_priced(self, priced: Sequence[Priced]) -> None:
        """Show the exports of one text."""
        self.priced = tuple(priced)
        self.bars.set_priced(self.priced)
        self.verdict.setText(verdict_of(self.priced))
        rows = rows_of(self.priced)
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip("{}: {} bytes, {} bits a character".format(*row).strip())
                if column:
                    item.setTextAlignment(_RIGHT)
                self.table.setItem(number, column, item)
        # All of it is seen: the column that it lies in scrolls.
        high = self.table.verticalHeader().defaultSectionSize() * len(rows)
        self.table.setFixedHeight(high + self.table.horizontalHeader().sizeHint().height() + 6)


def rows_of(priced: Sequence[Priced]) -> list[tuple[str, str, str]]:
    """The table: the others, then every export with its parts."""
    found: list[tuple[str, int, float]] = []
    for number, one in enumerate(priced):
        rows = one.ledger.rows()
        ours = len(OTHERS)
        if not number:
            found += rows[:ours]
        found.append((f"{one.title}: {rows[ours][0]}", *rows[ours][1:]))
        found += rows[ours + 1 :]
    return [(name, f"{size:,}", f"{bits:.4f}") for name, size, bits in found]


def verdict_of(priced: Sequence[Priced]) -> str:
    """How the smallest export stands to gzip, bz2 and xz, in a sentence."""
    if not priced:
        return ""
    best = min(priced, key=lambda one: one.ledger.total)
    one = best.ledger
    words = []
    for name, size in zip(OTHERS, one.others, strict=True):
        share = one.total / size
        how = f"{100 * (1 - share):.0f} % smaller than" if share <= 1 else (
            f"{share:.2f} times as large as"
        )  # fmt: skip
        words.append(f"{how} {name}")
    return (
        f"{best.title}: {one.bits(one.total):.2f} bits a character, in all; "
        f"{', '.join(words)}. All but the program itself is counted."
    )
