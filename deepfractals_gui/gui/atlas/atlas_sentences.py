"""How a run of the atlas stands, in one sentence for a person."""

from __future__ import annotations

import math

from deepfractals_gui.gui.atlas.atlas_trainer import AtlasLook
from deepfractals_gui.gui.sentences import sentence

READY = "Untrained, the model only guesses. Press Train (Space) and watch the book appear."
FIRST = "The first time its code is compiled for this computer, which takes some seconds."
PREPARING = (
    "Preparing the model: its code is compiled once for this computer, which takes some seconds."
)
CHANGED = "The settings have changed since this run began: Rewind begins one with them."


def sentence_of(look: AtlasLook, changed: bool = False, read: bool = True) -> tuple[str, str]:
    """What to say, and how: info, warning, error or good.

    Parameters
    ----------
    read : whether anything has ever been read, and compiling is over
    """
    state = look.state
    if state.exploded:
        words = sentence(state.stopped)
        return f"{words}. Rewind, and try lower rates.", "error"
    if changed:
        return CHANGED, "warning"
    if state.stopped:
        known = "" if math.isnan(state.accuracy) else f", {100 * state.accuracy:.2f} % right"
        words = f"{sentence(state.stopped)}{known}"
        return f"{words}. Space trains as many again.", "good"
    if not read and not look.running:
        return PREPARING, "info"
    if look.running and not state.step:
        return f"Training begins. {FIRST}", "info"
    if look.running:
        return (
            f"Learning {state.book.name}; Space pauses. Go anywhere in the text meanwhile.",
            "info",
        )
    if not state.step:
        return READY, "info"
    return "Paused. Space goes on, R rewinds to the same first weights.", "info"
