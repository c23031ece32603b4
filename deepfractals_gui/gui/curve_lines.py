"""What a plot shows: lines, the keys of its legend, and how each of them is drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QLineF, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.theme import theme

MOST_POINTS = 1200
"""Points drawn of a curve: twice as many as a wide plot has pixels."""
DASHES: tuple[tuple[float, ...], ...] = (
    (), (5.0, 3.0), (1.2, 2.4), (7.0, 2.6, 1.2, 2.6), (2.6, 2.0),
)  # fmt: skip
"""Dashes and gaps, in widths of the line, of one curve after the other."""
WIDTH = 1.4
_DOTS_UP_TO = 60
_DOT = 1.8
_FAR = 1e4
"""Pixels beyond which nothing is drawn."""


@dataclass(frozen=True)
class Key:
    """One line of a legend.

    Attributes
    ----------
    text : what it says
    series : which of the theme's series colours; None: the colour of writing
    pattern : which of `DASHES`, or of the shapes of dots
    """

    text: str
    series: int | None = 0
    pattern: int = 0

    @property
    def color(self) -> QColor:
        """The colour, in the theme in use."""
        return series_color(self.series)


@dataclass(frozen=True, eq=False)
class Line:
    """A curve in a plot, how it is drawn, and a mark of one or two letters at its end."""

    curve: Curve
    key: Key
    mark: str = ""


def series_color(series: int | None) -> QColor:
    """The colour of a series, the seventh that of the first; None: the colour of writing."""
    colors = theme()
    return colors.color("text") if series is None else QColor(colors.series[series % 6])


class Drawn:
    """A line as it is drawn: with few points, and log10 of them on a logarithmic axis.

    Attributes
    ----------
    x, y : float64 (M,); y is NaN at gaps
    """

    def __init__(self, line: Line, log: bool, most: int = MOST_POINTS) -> None:
        self.line = line
        x = np.asarray(line.curve.x, dtype=np.float64)
        y = np.array(line.curve.y, dtype=np.float64)
        y[~np.isfinite(y)] = np.nan
        if log:
            y[~(y > 0)] = np.nan
            y = np.log10(y)
        self.x: Array = x
        self.y: Array = y
        if line.curve.joined:
            self.x, self.y = envelope(x, y, most)

    def nearest(self, x: float) -> int:
        """Index into the curve of the point nearest to x."""
        return int(np.argmin(np.abs(np.asarray(self.line.curve.x, dtype=np.float64) - x)))

    def paint(self, painter: QPainter, x: Array, y: Array) -> None:
        """Draw it at pixels (M,), y NaN at gaps."""
        key = self.line.key
        color = key.color
        if self.line.curve.joined:
            drawn = QPen(color, WIDTH)
            drawn.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(drawn)
            dashes = WIDTH * np.array(DASHES[key.pattern % len(DASHES)])
            for piece in _pieces(y):
                # Piece by piece: smoothing a whole polyline takes fifty times as long.
                ends = segments(x[piece], np.clip(y[piece], -_FAR, _FAR), dashes)
                painter.drawLines([QLineF(*end) for end in ends.tolist()])
            if len(x) > _DOTS_UP_TO:
                return
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
        for a, b in zip(x.tolist(), y.tolist(), strict=True):
            if not math.isfinite(b):
                continue
            if self.line.curve.joined:
                painter.drawEllipse(QPointF(a, b), _DOT, _DOT)
            else:
                dot(painter, key, QPointF(a, b))


def segments(x: Array, y: Array, dashes: Array) -> Array:
    """A polyline (N,) as straight pieces (M, 4): x and y of either end, of the dashes alone.

    ``dashes`` are lengths of dashes and gaps in turn; none: the line is whole.
    """
    if len(x) < 2:
        return np.zeros((0, 4))
    if not len(dashes):
        return np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    turns = np.concatenate([[0.0], np.cumsum(dashes)])
    count = int(along[-1] // turns[-1]) + 1
    borders = (turns[:-1] + turns[-1] * np.arange(count)[:, np.newaxis]).ravel()
    places = np.unique(np.concatenate([along, borders[borders < along[-1]]]))
    middles = 0.5 * (places[1:] + places[:-1]) % turns[-1]
    drawn = np.searchsorted(turns, middles, side="right") % 2 == 1
    x, y = np.interp(places, along, x), np.interp(places, along, y)
    found: Array = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=1)[drawn]
    return found


def pen(key: Key) -> QPen:
    """The pen of a line."""
    drawn = QPen(key.color, WIDTH)
    drawn.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashes := DASHES[key.pattern % len(DASHES)]:
        drawn.setDashPattern(list(dashes))
    return drawn


def dot(painter: QPainter, key: Key, place: QPointF) -> None:
    """Draw a dot of a curve that isn't joined: a disc, or a ring for every other curve."""
    color = key.color
    if key.pattern % 2:
        painter.setPen(QPen(color, 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        color.setAlphaF(0.8)
        painter.setBrush(color)
    painter.drawEllipse(place, _DOT, _DOT)


def sample(painter: QPainter, line: Line | None, key: Key, left: QPointF, length: float) -> None:
    """Draw what a legend shows beside a name: a piece of the line, or a dot."""
    painter.setPen(pen(key))
    if line is not None and not line.curve.joined:
        dot(painter, key, left + QPointF(length / 2, 0))
    else:
        painter.drawLine(left, left + QPointF(length, 0))


def envelope(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """Curves (N,) with at most about ``most`` points that look the same.

    Each run of points is replaced by its least and its greatest value, in their order; a run
    without a value becomes a gap.
    """
    if len(x) <= most:
        return x, y
    run = -(-2 * len(x) // most)
    count = -(-len(x) // run)
    padded = np.full(count * run, np.nan)
    padded[: len(y)] = y
    rows = padded.reshape(count, run)
    known = np.isfinite(rows)
    low = np.where(known, rows, np.inf).argmin(axis=1)
    high = np.where(known, rows, -np.inf).argmax(axis=1)
    start = np.arange(count) * run
    picked = np.stack([start + np.minimum(low, high), start + np.maximum(low, high)], axis=1)
    index = np.minimum(picked.ravel(), len(x) - 1)
    return x[index], y[index]


def _pieces(y: Array) -> list[slice]:
    """The runs of finite values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.isfinite(y).astype(np.int8), [0]])))
    return [slice(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
