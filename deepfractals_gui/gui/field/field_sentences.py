"""How a run of the field stands, in one sentence for a person."""

from __future__ import annotations

from deepfractals_gui.gui.field.field_trainer import FieldLook
from deepfractals_gui.gui.sentences import RunWords, run_sentence

WORDS = RunWords(
    "field",
    "Draw a digit and watch it settle. Untrained, the field only guesses: Space trains it.",
    "try a lower learning rate",
    "Training; Space pauses. Draw meanwhile: the field answers as it is now.",
    "parameters",
)


def sentence_of(look: FieldLook, changed: bool = False, answered: bool = True) -> tuple[str, str]:
    """What to say, and how: info, warning, error or good.

    Parameters
    ----------
    answered : whether the field has ever answered, and compiling is over
    """
    return run_sentence(look, WORDS, changed, answered)
