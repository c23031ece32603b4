"""What is seen in the lab as files: pictures of views, curves as tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect
from PySide6.QtGui import QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

from deepfractals_gui.gui.lab.looks import Look
from deepfractals_gui.gui.theme import theme
from deepfractals_gui.session.files import atomic_write

SCALE = 2
"""Pixels of a PNG for each on the screen."""


def export_view(widget: QWidget, path: Path) -> None:
    """Write a widget as it is, as .svg or else as a PNG of twice the size.

    Raises
    ------
    OSError   the file can't be written
    """
    content = svg_of(widget) if path.suffix.lower() == ".svg" else png_of(widget)
    _write(path, content)


def png_of(widget: QWidget) -> bytes:
    """The content of a PNG file."""
    image = QImage(widget.size() * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(theme().color("window"))
    painter = QPainter(image)
    widget.render(painter, QPoint(0, 0))
    painter.end()
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(content.data())


def svg_of(widget: QWidget) -> bytes:
    """The content of an SVG file; images inside stay images."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(0, 0), widget.size()))
    generator.setTitle("deepfractals")
    painter = QPainter(generator)
    painter.fillRect(widget.rect(), theme().color("window"))
    widget.render(painter, QPoint(0, 0))
    painter.end()
    return bytes(content.data())


def export_curves(look: Look, path: Path) -> None:
    """Write the history of a run as a table of comma-separated values.

    Raises
    ------
    OSError   the file can't be written
    """
    _write(path, csv_of(look).encode("utf-8"))


def csv_of(look: Look) -> str:
    """A row for each epoch: losses, accuracies, then every quantity of every layer."""
    curves, flow = look.curves, look.flow
    names = ["epoch", "train_loss", "test_loss", "train_accuracy", "test_accuracy"]
    columns = [
        curves.x, curves.train_loss, curves.test_loss, curves.train_accuracy, curves.test_accuracy,
    ]  # fmt: skip
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    layers = range(1, len(flow.layers) + 1)
    table.writerow([*names, *(f"{key}_{layer}" for key in flow.history for layer in layers)])
    for row in range(len(curves.x)):
        cells = [_cell(column[row]) for column in columns]
        # The row before the first update has no gradients.
        for values in flow.history.values():
            cells += [_cell(v) for v in values[row - 1]] if row else [""] * len(flow.layers)
        table.writerow(cells)
    return text.getvalue()


def _cell(value: float) -> str:
    """A number that reads back exactly; nothing where there is none."""
    number = float(value)
    return "" if number != number else repr(int(number) if number.is_integer() else number)


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as file:
        file.write(content)
