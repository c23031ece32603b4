"""From a run of the lab to its map and its landscape, and from a pixel of a map to its run.

And from the field to the map of where it converges.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Slot

from deepfractals_gui.core import Document
from deepfractals_gui.gui.background import Background

if TYPE_CHECKING:
    from deepfractals_gui.experiments.field_model import FieldModel
    from deepfractals_gui.experiments.lab_params import LabParams
    from deepfractals_gui.experiments.lab_state import LabState
    from deepfractals_gui.gui.field.field_page import FieldPage
    from deepfractals_gui.gui.lab.lab_page import LabPage
    from deepfractals_gui.gui.main_window import MainWindow

MAPPED = "trainability"
"""The System each of whose pixels is a training run."""


_VIEWS: dict[object, str] = {
    "map": "map of this run",
    "slice": "landscape of this run",
    "field": "map of this field",
}


class LabBridges(QObject):
    """Prepares what is asked for beside the window's thread, then turns to its page.

    Data that go along are written into the data folder, under names that follow from what they
    hold.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._tasks = Background(window.controller.renderer.background)
        self._tasks.done.connect(self._done)
        self._tasks.failed.connect(self._failed)

    @property
    def _folder(self) -> Path:
        return self._window.data_folder / "lab"

    def _page(self) -> LabPage:
        from deepfractals_gui.gui.lab.lab_page import LabPage

        page = self._window.pages.page("lab")
        assert isinstance(page, LabPage)
        return page

    def _field_page(self) -> FieldPage:
        from deepfractals_gui.gui.field.field_page import FieldPage

        page = self._window.pages.page("field")
        assert isinstance(page, FieldPage)
        return page

    @Slot(object)
    def map_run(self, params: LabParams) -> None:
        """Show which rates train the network and the data of a run."""
        self._page().bar.say("The map is being prepared…")
        self._tasks.start("map", _mapped, params, self._folder)

    @Slot(object)
    def slice_run(self, state: LabState) -> None:
        """Show the loss about the weights that a run has now."""
        self._page().bar.say("The landscape is being prepared…")
        self._tasks.start("slice", _sliced, state, self._folder)

    @Slot(object)
    def map_field(self, model: FieldModel) -> None:
        """Show for which dampings and norms a field converges."""
        self._field_page().bar.say("The map is being prepared…")
        folder = self._window.data_folder / "field"
        self._tasks.start("field", _converging, model, folder)

    def leads_to_run(self) -> bool:
        """Whether each pixel of the view at hand is a training run."""
        return self._window.model.view.key == MAPPED

    def open_run(self, x: float, y: float) -> None:
        """Open the run behind a point of a trainability map in the lab."""
        self._tasks.start("run", _run, self._window.model.view.params, x, y, self._folder)

    def open_params(self, params: LabParams) -> None:
        """Begin a run with these parameters in the lab."""
        self._window.pages.turn("lab")
        self._page().open_params(params)

    def close(self) -> None:
        """Nobody waits any more: the window closes."""
        self._tasks.drop_all()

    @Slot(object, object)
    def _done(self, token: object, result: Any) -> None:
        window = self._window
        if token in _VIEWS:
            try:
                window.model.open_view(result)
            except ValueError as error:
                self._failed(token, str(error))
                return
            window.pages.explore()
        else:
            self.open_params(result)

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        if token in _VIEWS:
            words = f"There is no {_VIEWS[token]}: {message}"
            if token == "field":
                self._field_page().say_error(words)
            else:
                self._page().bar.say(words, "error")
        else:
            self._window.show_error(f"The run can't be opened: {message}")


def _mapped(params: LabParams, folder: Path) -> Document:
    # Loaded here: the kernels, which they need, are loaded after the window stands.
    from deepfractals_gui.analysis.bridges import map_of

    return map_of(params, folder)


def _sliced(state: LabState, folder: Path) -> Document:
    from deepfractals_gui.analysis.bridges import landscape_of

    return landscape_of(state, folder)


def _converging(model: FieldModel, folder: Path) -> Document:
    from deepfractals_gui.analysis.bridges import convergence_of

    return convergence_of(model, folder)


def _run(params: Any, x: float, y: float, folder: Path) -> LabParams:
    from deepfractals_gui.analysis.bridges import run_of

    return run_of(params, x, y, folder)
