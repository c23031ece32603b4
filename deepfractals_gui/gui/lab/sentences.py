"""How a run stands, in one sentence for a person."""

from __future__ import annotations

from deepfractals_gui.gui.lab.looks import Look
from deepfractals_gui.gui.sentences import sentence

READY = "Press Space to train."
CHANGED = "The settings have changed since this run began: Rewind applies them."


def sentence_of(look: Look, note: str = "", changed: bool = False) -> tuple[str, str]:
    """What to say, and how: info, warning, error or good."""
    if look.stopped:
        words, kind = stopped_words(look)
        return (f"{words} {CHANGED}", kind) if changed else (words, kind)
    if changed:
        return CHANGED, "warning"
    if look.running:
        return f"Training; Space pauses. {note}".strip(), "info"
    if not look.step:
        return f"{READY} {note}".strip(), "info"
    return "Paused. Space goes on, R rewinds to the same first weights.", "info"


def stopped_words(look: Look) -> tuple[str, str]:
    """Why a run stopped, and what can be done now."""
    reason, _, advice = look.stopped.partition("; ")
    words = f"{sentence(reason)}."
    if look.exploded:
        advice = f"{sentence(advice)}." if advice else ""
        return f"{words} {advice} Rewind and try again.".replace("  ", " "), "error"
    rest = f" {sentence(advice)}." if advice else ""
    if ended(look):
        return f"{words}{rest} Space trains as many again.", "good"
    return f"{words}{rest} Change when to stop, or rewind.", "good"


def ended(look: Look) -> bool:
    """Whether it stopped because all its epochs are done."""
    return bool(look.stopped) and not look.exploded and 0 < look.params.epochs <= look.epoch
