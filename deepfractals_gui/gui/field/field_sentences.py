"""How a run of the field stands, in one sentence for a person."""

from __future__ import annotations

from deepfractals_gui.gui.field.field_trainer import FieldLook
from deepfractals_gui.gui.sentences import sentence

READY = "Draw a digit and watch it settle. Untrained, the field only guesses: Space trains it."
FIRST = "The first time its code is compiled for this computer, which takes some seconds."
PREPARING = (
    "Preparing the field: its code is compiled once for this computer, which takes some seconds."
)
CHANGED = "The settings have changed since this run began: Rewind begins one with them."


def sentence_of(look: FieldLook, changed: bool = False, answered: bool = True) -> tuple[str, str]:
    """What to say, and how: info, warning, error or good.

    Parameters
    ----------
    answered : whether the field has ever answered, and compiling is over
    """
    state = look.state
    if state.exploded:
        words = sentence(state.stopped)
        return f"{words}. Rewind, and try a lower learning rate.", "error"
    if changed:
        return CHANGED, "warning"
    if state.stopped:
        return (
            f"{sentence(state.stopped)}. Space trains as many again.",
            "good",
        )
    if not answered and not look.running:
        return PREPARING, "info"
    if look.running and not state.step:
        return f"Training begins. {FIRST}", "info"
    if look.running:
        return "Training; Space pauses. Draw meanwhile: the field answers as it is now.", "info"
    if not state.step:
        return READY, "info"
    return "Paused. Space goes on, R rewinds to the same first parameters.", "info"
