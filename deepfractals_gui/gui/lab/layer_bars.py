"""One number of each layer, now, as bars from the input to the output."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from deepfractals_gui.gui.curve_lines import series_color
from deepfractals_gui.gui.theme import number_font, small_font, theme

_ROW = 19.0
_DECADES = 8.0
"""Magnitudes that many powers of ten below the greatest have no bar left."""


class LayerBars(QWidget):
    """Bars for each layer, in the colours of the curves; on a log scale equal steps are ratios."""

    def __init__(self, title: str, *, log: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self.log = log
        self._names: tuple[str, ...] = ()
        self._values: tuple[float, ...] = ()
        self.setFont(number_font(small_font(self.font())))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{title}, by layer")

    def set_title(self, title: str, *, log: bool) -> None:
        self.title, self.log = title, log
        self.setAccessibleName(f"{title}, by layer")
        self.update()

    def set_values(self, names: Sequence[str], values: Sequence[float]) -> None:
        """Show a value for each layer, the first layer at the top."""
        if len(names) != len(self._names):
            self.updateGeometry()
        self._names, self._values = tuple(names), tuple(float(v) for v in values)
        said = zip(self._names, self._values, strict=True)
        self.setAccessibleDescription("; ".join(f"{name} {value_text(v)}" for name, v in said))
        self.update()

    def share_of(self, index: int) -> float:
        """How long a bar is, in [0, 1]."""
        value = self._values[index]
        known = [v for v in self._values if math.isfinite(v)]
        most = max(known, default=0.0)
        if not math.isfinite(value) or value <= 0 or most <= 0:
            return 0.0
        if not self.log:
            return min(value, 1.0)
        return max(0.0, 1.0 + math.log10(value / most) / _DECADES)

    def sizeHint(self) -> QSize:
        return QSize(220, round(self.fontMetrics().height() + 6 + _ROW * max(len(self._names), 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(140, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        colors, metrics = theme(), self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colors.color("muted"))
        painter.drawText(QRectF(0, 0, self.width(), metrics.height() + 2), 0, self.title)
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = min(widest + 8.0, self.width() * 0.4)
        right = metrics.horizontalAdvance("0.00e-00") + 10.0
        room = max(10.0, self.width() - left - right)
        middle = Qt.AlignmentFlag.AlignVCenter
        for index, (name, value) in enumerate(zip(self._names, self._values, strict=True)):
            top = metrics.height() + 6.0 + index * _ROW
            painter.setPen(colors.color("muted"))
            end = Qt.TextElideMode.ElideRight
            words = metrics.elidedText(name, end, int(left - 6))
            painter.drawText(QRectF(0, top, left, _ROW), int(middle), words)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color("line"))
            track = QRectF(left, top + _ROW / 2 - 3.5, room, 7)
            painter.drawRoundedRect(track, 2, 2)
            share = self.share_of(index)
            if share > 0:
                painter.setBrush(series_color(index))
                painter.drawRoundedRect(QRectF(track.left(), track.top(), room * share, 7), 2, 2)
            painter.setPen(colors.color("text"))
            place = QRectF(self.width() - right + 6, top, right - 6, _ROW)
            painter.drawText(place, int(middle), value_text(value))
        painter.end()


def value_text(value: float) -> str:
    """A number short enough to stand beside its bar; "–" where there is none."""
    return (
        f"{value:.2e}" if value and abs(value) < 1e-3 else f"{value:.3g}" if value == value else "–"
    )
