"""Messages as sentences."""

from __future__ import annotations

import pytest

from deepfractals_gui.gui.sentences import sentence


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
