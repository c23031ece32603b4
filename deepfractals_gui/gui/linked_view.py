"""The plane that belongs to one point of this one, such as the Julia-type view of a weight."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from deepfractals_gui.core import CancelFlag
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.canvas_geometry import CanvasPoint
from deepfractals_gui.gui.controls import SPACE, MutedLabel
from deepfractals_gui.gui.picture_pane import PicturePane
from deepfractals_gui.gui.pictures import render_picture
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.session.history import View

_QUICK = 144
"""Pixels of the preview while the pointer moves: it must be ready at once."""
_FINE_MOST = 400
_PATIENCE = 0.4
_REST_MS = 180


class LinkedView(QWidget):
    """Follows the pointer with a quick picture of the plane that the System links to the point.

    The canvas's ``hovered`` is connected to `point_hovered`. "Open as main view", a double click
    or Enter look at that plane instead.
    """

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._wanted: View | None = None
        self._rendering = False
        self._flag = CancelFlag()
        self._began = 0.0
        self._fine = QTimer(self)
        self._fine.setSingleShot(True)
        self._fine.setInterval(_REST_MS)
        self._fine.timeout.connect(self._refine)
        self._tasks = Background()
        self._tasks.done.connect(self._rendered)
        self._tasks.failed.connect(self._failed)
        self.pane = PicturePane()
        self.pane.setAccessibleName("Linked plane")
        self.pane.activated.connect(self.open)
        self.caption = MutedLabel()
        self.caption.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.open_button = QPushButton("Open as main view")
        self.open_button.setToolTip("Look at this plane; back returns to the other one")
        self.open_button.clicked.connect(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.caption)
        layout.addWidget(self.open_button, 0, Qt.AlignmentFlag.AlignHCenter)
        model.changed.connect(self._changed)
        self._clear()

    @property
    def view(self) -> View | None:
        """The view that the preview shows, at its home; None while there is none."""
        return self._wanted

    @Slot(object)
    def point_hovered(self, point: CanvasPoint | None) -> None:
        """Show the plane of a point; None keeps the last one."""
        if point is None or not self.isVisible():
            return
        view = self._model.view
        linked = self._model.system.linked(point.x, point.y, view.params)
        if linked is None:
            return
        params, viewport = linked
        wanted = replace(view, params=params, viewport=viewport, supersampling=1)
        if wanted != self._wanted:
            self._wanted = wanted
            self._fine.stop()
            horizontal, vertical = self._model.system.axes(view.params)
            step = self._model.viewport.width / 1000
            self.caption.setText(
                f"at {horizontal.name} {horizontal.format(point.x, step)}, "
                f"{vertical.name} {vertical.format(point.y, step)}"
            )
            self.open_button.setEnabled(True)
            self._render()

    @Slot()
    def open(self) -> None:
        """Make the previewed plane the main view."""
        if self._wanted is not None:
            viewport = self._wanted.viewport
            assert viewport is not None
            self._model.replace(params=self._wanted.params, viewport=self._model.fitted(viewport))

    @Slot()
    def _refine(self) -> None:
        """Draw what is shown as finely as the pane is, now that the pointer rests."""
        renderer = self._controller.renderer
        if self._wanted is None or renderer is None:
            return
        side = min(self.pane.width(), self.pane.height()) * self.devicePixelRatioF()
        shape = (min(round(side), _FINE_MOST),) * 2
        self._tasks.start(
            (self._wanted, "fine"),
            render_picture,
            renderer,
            self._wanted,
            shape,
            1,
            self._flag,
            submit=renderer.background,
        )

    def _render(self) -> None:
        # One at a time: the newest wish is rendered when the one before it is done, or when that
        # has taken too long to be waited for.
        renderer = self._controller.renderer
        if self._rendering and time.monotonic() - self._began > _PATIENCE:
            self._stop()
        if self._rendering or self._wanted is None or renderer is None:
            return
        self._rendering = True
        self._began = time.monotonic()
        self._tasks.start(
            (self._wanted, "quick"),
            render_picture,
            renderer,
            self._wanted,
            (_QUICK, _QUICK),
            1,
            self._flag,
            "float32",
            submit=renderer.background,
        )

    @Slot(object, object)
    def _rendered(self, token: tuple[View, str], image: QImage) -> None:
        view, pace = token
        if pace == "fine":
            if view == self._wanted:
                self.pane.set_image(image)
            return
        self._rendering = False
        if self._wanted is None:
            return
        self.pane.set_image(image)
        if view != self._wanted:
            self._render()
        else:
            self._fine.start()

    @Slot(object, str)
    def _failed(self, token: tuple[View, str], message: str) -> None:
        view, _ = token
        self._rendering = False
        self.pane.set_image(None, f"This plane can't be shown: {message}")
        if self._wanted is not None and view != self._wanted:
            self._render()

    @Slot(object, object)
    def _changed(self, old: View, new: View) -> None:
        if (old.key, old.params) != (new.key, new.params):
            self._clear()
        elif old.coloring != new.coloring and self._wanted is not None:
            self._wanted = replace(self._wanted, coloring=new.coloring)
            self._render()

    def _stop(self) -> None:
        """Give up what is being rendered."""
        self._fine.stop()
        self._flag.set()
        self._flag = CancelFlag()
        self._tasks.drop_all()
        self._rendering = False

    def _clear(self) -> None:
        self._stop()
        self._wanted = None
        view = self._model.view
        centre = self._model.viewport
        linked = self._model.system.linked(float(centre.x), float(centre.y), view.params)
        words = (
            "Move over the picture to see the plane that belongs to each point."
            if linked is not None
            else "No other plane belongs to the points of this one."
        )
        self.pane.set_image(None, words)
        self.caption.setText("")
        self.open_button.setEnabled(False)
