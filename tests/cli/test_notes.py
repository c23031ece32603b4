"""Words for a person."""

from __future__ import annotations

from deepfractals_gui.cli.notes import say, show


def test_signs_that_would_steer_a_terminal_are_not_passed_on(capsys):
    say("é \x1b[31mred\x07\nmore\udce9")
    show("é \x1b[31mred\x07\n\nmore\udce9")
    said = capsys.readouterr()
    assert said.err == "deepfractals: é ?[31mred??more?\n"
    assert said.out == "é ?[31mred?\n\nmore?\n"
