"""The column in which a digit is drawn and a field is set up."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QWidget

from deepfractals_gui.core.params import spec as spec_of
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.gui.fetch_dialog import offer_mnist
from deepfractals_gui.gui.field.draw_view import DrawView
from deepfractals_gui.gui.fields import DataField
from deepfractals_gui.gui.run_settings import Group, RunSettings

SHOWN = ("gamma", "activation", "solver", "damping", "tolerance", "solver_steps")
"""Parameters that the field which is looked at takes over at once."""
_GROUPS = (
    Group("Field", ("side", "pooled"), "Points, readout"),
    Group("Solver", ("tolerance",), "Tolerance"),
    Group("Training", ("gradient", "phantom_steps", "seed"), "Gradient, seed"),
    Group("Data", ("labels", "test_share", "in_order"), "Labels, split"),
)


class FieldSettings(RunSettings):
    """The pad, and below it the parameters of a run; ``changed`` carries FieldRunParams."""

    def __init__(self, params: FieldRunParams, parent: QWidget | None = None) -> None:
        self.draw = DrawView()
        super().__init__(params, _GROUPS, "Drawing", self.draw, parent)

    def _finish(self, content: QWidget) -> None:
        source = self.groups["Data"].fields["data"]
        assert isinstance(source, DataField)
        self.source = source
        offer_mnist(source)

    def _also_changed(self, params: Any, name: str) -> dict[str, Any]:
        # The labels belong to the images that were there before.
        return {"labels": spec_of(FieldRunParams, "labels").default} if name == "data" else {}
