"""Every System has an essay, found however the code runs."""

from __future__ import annotations

from importlib.resources import files

import pytest

from deepfractals_gui.systems import SYSTEMS


@pytest.mark.parametrize("chosen", SYSTEMS, ids=lambda s: s.key)
def test_a_system_has_an_essay(chosen):
    text = (files("deepfractals_gui.resources") / "help" / f"{chosen.key}.md").read_text("utf-8")
    assert text.startswith(f"# {chosen.title}\n")
    assert 300 <= len(text.split()) <= 650
    for heading in ("What the colours say", "How to read the geometry", "Things to try"):
        assert f"## {heading}" in text
