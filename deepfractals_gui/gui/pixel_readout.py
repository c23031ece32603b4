"""What is known of the point under the pointer."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Status
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.controls import SPACE, EmptyState, MutedLabel, Scroll
from deepfractals_gui.gui.readout import Readout, Row
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.values import value_text
from deepfractals_gui.render.request import Samples


class PixelReadout(QStackedWidget):
    """Follows the pointer over the canvas: coordinates, status and channels of the pixel there."""

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._hovered: CanvasPoint | None = None
        self.place = Readout("Point under the pointer")
        self.status = QLabel()
        self.status.setProperty("role", "heading")
        self.status_help = MutedLabel()
        self.channels = Readout("Channels under the pointer")
        here = QWidget()
        column = QVBoxLayout(here)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE // 2)
        for widget in (self.place, self.status, self.status_help, self.channels):
            column.addWidget(widget)
        column.addStretch(1)
        self.nothing_here = EmptyState("Move over the picture to read the values of a point.")
        self.addWidget(self.nothing_here)
        self.addWidget(Scroll(here))
        self.setMinimumWidth(220)
        controller.samplesChanged.connect(self._samples_changed)

    @Slot(object)
    def point_hovered(self, point: CanvasPoint | None) -> None:
        """Show the values of a pixel; None leaves the last ones."""
        if point is not None:
            self._hovered = point
            self._show_point()

    def forget(self) -> None:
        """Show nothing until the pointer moves: another point is under it now."""
        self._hovered = None
        self.setCurrentIndex(0)

    @Slot(object)
    def _samples_changed(self, samples: Any) -> None:
        if self._hovered is not None:
            self._show_point()

    def _show_point(self) -> None:
        point = self._hovered
        assert point is not None
        view, system = self._model.view, self._model.system
        samples: Samples | None = self._controller.samples
        horizontal, vertical = system.axes(view.params)
        columns = samples.request.shape[1] if samples is not None else 1000
        step = self._model.viewport.width / columns
        rows = [
            Row(axis.label, axis.format(value, step / 10))
            for axis, value in ((horizontal, point.x), (vertical, point.y))
        ]
        self.place.set_rows(rows)
        self.setCurrentIndex(1)
        values = self._values(samples, point)
        if values is None:
            self.status.setText(Status.PENDING.label.capitalize())
            self.status_help.setText(Status.PENDING.message)
            self.channels.set_rows([])
            return
        status = Status(int(values["status"]))
        self.status.setText(status.label.capitalize())
        self.status_help.setText(system.meaning(status))
        self.channels.set_rows(
            Row(channel.title, value_text(channel, values[channel.name]), channel.help)
            for channel in system.channels(view.params)
            if channel.name != "status"
        )

    def _values(self, samples: Samples | None, point: CanvasPoint) -> dict[str, Any] | None:
        """The channels of the sample nearest to a pixel's centre; None while they aren't known."""
        if samples is None:
            return None
        view, request = self._model.view, samples.request
        same = (request.key, request.params, request.viewport) == (
            view.key,
            view.params,
            view.viewport,
        )
        height, width = request.shape
        if not same or not (0 <= point.py < height and 0 <= point.px < width):
            return None
        middle = request.supersampling // 2
        row = point.py * request.supersampling + middle
        column = point.px * request.supersampling + middle
        values = {name: array[row, column] for name, array in samples.channels.items()}
        return None if int(values["status"]) == Status.PENDING else values
