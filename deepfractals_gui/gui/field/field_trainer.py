"""The thread that trains the field."""

from __future__ import annotations

from dataclasses import dataclass, replace

from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.field_state import FieldState
from deepfractals_gui.gui.run_trainer import RunLook, RunTrainer


@dataclass(frozen=True, eq=False)
class FieldLook(RunLook):
    """A run of the field at one moment."""

    state: FieldState


class FieldTrainer(RunTrainer):
    """Trains the field; ``looked`` carries FieldLooks, ``opened`` FieldRunParams."""

    def __init__(self) -> None:
        super().__init__(Field(), "field training")

    def _look(self) -> FieldLook:
        return FieldLook(self._state, self._running, self._seconds)

    def _with_epochs(self, state: FieldState, epochs: int) -> FieldState:
        done = bool(epochs) and state.epoch >= epochs
        stopped = state.stopped
        if not state.exploded:
            stopped = f"all {epochs} epochs are done" if done else ""
        return replace(state, params=replace(state.params, epochs=epochs), stopped=stopped)
