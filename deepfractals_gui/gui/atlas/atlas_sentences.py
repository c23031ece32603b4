"""How a run of the atlas stands, in one sentence for a person."""

from __future__ import annotations

import math

from deepfractals_gui.gui.atlas.atlas_trainer import AtlasLook
from deepfractals_gui.gui.sentences import RunWords, run_sentence

READY = "The model only guesses yet. Train (Space) and watch the book appear."


def sentence_of(look: AtlasLook, changed: bool = False, read: bool = True) -> tuple[str, str]:
    """What to say, and how: info, warning, error or good.

    Parameters
    ----------
    read : whether anything has ever been read, and compiling is over
    """
    state = look.state
    learning = f"Learning {state.book.name}; Space pauses. Go anywhere in the text meanwhile."
    words = RunWords("model", READY, "try lower rates", learning, "weights")
    known = "" if math.isnan(state.accuracy) else f", {100 * state.accuracy:.2f} % right"
    return run_sentence(look, words, changed, read, known)
