"""How many samples a pixel gets, as a small choice in the toolbar."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from deepfractals_gui.core.document import MAX_SUPERSAMPLING
from deepfractals_gui.gui.session_model import SessionModel


class SupersamplingControl(QToolButton):
    """A menu of 1 to 4 samples per pixel and axis."""

    def __init__(self, model: SessionModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setObjectName("supersampling")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Samples per pixel: more make edges smooth, and take longer")
        menu = QMenu(self)
        self._group = QActionGroup(self)
        for count in range(1, MAX_SUPERSAMPLING + 1):
            title = "1 sample a pixel" if count == 1 else f"{count} × {count} samples a pixel"
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setData(count)
            self._group.addAction(action)
        self.setMenu(menu)
        self._group.triggered.connect(self._choose)
        model.changed.connect(self._show)
        self._show()

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        self._model.replace(supersampling=action.data())

    @Slot()
    def _show(self) -> None:
        count = self._model.view.supersampling
        self.setText(f"{count}×")
        self.setAccessibleName(f"Supersampling: {count}")
        self._group.actions()[count - 1].setChecked(True)
