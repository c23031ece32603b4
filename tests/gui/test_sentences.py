"""Messages as sentences."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from deepfractals_gui.gui.sentences import CHANGED, RunWords, run_sentence, sentence

WORDS = RunWords("model", "ready", "try lower rates", "learning", "weights")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("it must be positive", "It must be positive"),
        ("é", "É"),
        ("", ""),
        ("stopped.", "Stopped."),
        ("stopped. Then it goes on", "Stopped. Then it goes on"),
        ("book.dfa isn't a run of the atlas", "book.dfa isn't a run of the atlas"),
        ("run.npz: its weights are damaged", "run.npz: its weights are damaged"),
    ],
)
def test_a_sentence_begins_with_a_capital_but_a_file_keeps_its_name(message, told) -> None:
    assert sentence(message) == told


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ({}, ("ready", "info")),
        ({"prepared": False}, (WORDS.preparing, "info")),
        ({"step": 3}, ("Paused. Space goes on, R rewinds to the same first weights.", "info")),
        ({"step": 3, "running": True, "prepared": False}, ("learning", "info")),
        ({"step": 3, "running": True, "changed": True}, (CHANGED, "warning")),
        (
            {"step": 9, "stopped": "all 3 epochs are done"},
            ("All 3 epochs are done, 91 % right. Space trains as many again.", "good"),
        ),
        (
            {"step": 9, "stopped": "the loss is nan", "exploded": True, "changed": True},
            ("The loss is nan. Rewind, and try lower rates.", "error"),
        ),
    ],
)
def test_a_run_is_told_by_what_matters_most(run, told) -> None:
    facts = {"step": 0, "stopped": "", "exploded": False, "running": False, **run}
    look = SimpleNamespace(state=SimpleNamespace(**facts), running=facts["running"])
    changed, prepared = run.get("changed", False), run.get("prepared", True)
    assert run_sentence(look, WORDS, changed, prepared, ", 91 % right") == told


def test_a_run_that_begins_says_that_code_is_compiled() -> None:
    state = SimpleNamespace(step=0, stopped="", exploded=False)
    words, kind = run_sentence(SimpleNamespace(state=state, running=True), WORDS, False, False)
    assert words.startswith("Training begins.")
    assert "compiled" in words
    assert kind == "info"
