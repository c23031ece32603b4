"""A small run of the atlas, a page of it, and ways to wait."""

from __future__ import annotations

import pytest

from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.gui.atlas.atlas_page import AtlasPage

PATIENCE = 120_000


@pytest.fixture(scope="session")
def small() -> AtlasRunParams:
    """600 characters, learned in a moment."""
    return AtlasRunParams(
        characters=600, levels=4, table=8, features=2, hidden=8, steps=2, batch=150, epochs=3,
    )  # fmt: skip


@pytest.fixture
def page(qtbot, small):
    page = AtlasPage(small)
    qtbot.addWidget(page)
    page.resize(1300, 800)
    page.show()
    qtbot.waitExposed(page)
    qtbot.waitUntil(lambda: page.look is not None and page.look.whole, timeout=PATIENCE)
    yield page
    page.shut_down()
