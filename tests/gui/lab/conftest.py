"""A page that trains, closed when its test ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.lab.lab_page import LabPage
from deepfractals_gui.gui.lab.looks import Look

PATIENCE = 30_000
"""Milliseconds until a look that never comes fails a test."""


@pytest.fixture
def page(qtbot):
    """The lab with eighty points of two moons, at full speed, as soon as they are shown."""
    page = LabPage(LabParams(data="moons", count=80, epochs=6))
    qtbot.addWidget(page)
    page.resize(1400, 900)
    page.show()
    qtbot.waitExposed(page)
    page.pace.chosen.emit("full")
    qtbot.waitUntil(lambda: page.look is not None, timeout=PATIENCE)
    yield page
    page.shut_down()


@pytest.fixture
def until(qtbot):
    """Wait until the page shows a look that fits."""

    def wait(page: LabPage, fits: Callable[[Look], bool]) -> Look:
        qtbot.waitUntil(lambda: page.look is not None and fits(page.look), timeout=PATIENCE)
        return page.look

    return wait
