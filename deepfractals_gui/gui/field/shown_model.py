"""Which model answers: the latest or the best of a run, with γ and activation as they are set."""

from __future__ import annotations

from dataclasses import replace

from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.experiments.field_state import FieldState


class ShownModel:
    """Makes a model once: as long as nothing changes, it is the same object."""

    def __init__(self) -> None:
        self._run: FieldModel | None = None
        self._shown: FieldModel | None = None

    def of(self, state: FieldState, p: FieldRunParams, best: bool) -> FieldModel:
        """The model of this state; its parameters tell whether it is another one than before."""
        model = state.best_model if best else state.model
        spec = replace(model.spec, gamma=p.gamma, activation=p.activation)
        if (
            self._shown is None
            or self._run is None
            or self._run.params is not model.params
            or self._shown.spec != spec
        ):
            self._run, self._shown = model, replace(model, spec=spec)
        return self._shown
