"""Messages as sentences for a person."""

from __future__ import annotations

from typing import Any, NamedTuple


def sentence(message: str) -> str:
    """A message with a capital at its beginning, unless it begins with the name of a file."""
    first = message.partition(" ")[0].rstrip(".:,;")
    return message if "." in first else f"{message[:1].upper()}{message[1:]}"


FIRST = "The first time its code is compiled for this computer, which takes some seconds."
CHANGED = "The settings have changed since this run began: Rewind begins one with them."


class RunWords(NamedTuple):
    """What is said of a run in its own terms.

    Attributes
    ----------
    what : is prepared, such as "model"
    ready : before the first update
    retry : what to do once it has exploded, after Rewind
    learning : while it goes on
    first : what R rewinds to the same first of
    """

    what: str
    ready: str
    retry: str
    learning: str
    first: str

    @property
    def preparing(self) -> str:
        """While there is no answer yet because code is being compiled."""
        return (
            f"Preparing the {self.what}: its code is compiled once for this computer, which takes "
            "some seconds."
        )


def run_sentence(
    look: Any, words: RunWords, changed: bool, prepared: bool, known: str = ""
) -> tuple[str, str]:
    """How a run stands, and how to say it: info, warning, error or good.

    Parameters
    ----------
    look : with the run's ``state``, and whether it is ``running``
    changed : whether the settings ask for another run
    prepared : whether its code is compiled
    known : what is added to why it stopped
    """
    state = look.state
    if state.exploded:
        return f"{sentence(state.stopped)}. Rewind, and {words.retry}.", "error"
    if changed:
        return CHANGED, "warning"
    if state.stopped:
        return f"{sentence(state.stopped)}{known}. Space trains as many again.", "good"
    if not prepared and not look.running:
        return words.preparing, "info"
    if look.running and not state.step:
        return f"Training begins. {FIRST}", "info"
    if look.running:
        return words.learning, "info"
    if not state.step:
        return words.ready, "info"
    return f"Paused. Space goes on, R rewinds to the same first {words.first}.", "info"
