"""The curves of a run, drawn one after the other."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.experiments.field import Field
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.gui.field.training_curves import TrainingCurves


@pytest.fixture(scope="module")
def states():
    """After two updates, and after four."""
    first = Field().start(FieldRunParams(channels=2, side=8, pooled=4, batch=8))
    two = Field().advance(first, updates=2)
    return two, Field().advance(two, updates=2)


def test_every_plot_gets_the_newest_lines_in_its_turn(qtbot, states) -> None:
    curves = TrainingCurves()
    qtbot.addWidget(curves)
    curves.set_state(states[0])
    # The first is drawn at once, the others are overtaken by a newer state.
    assert len(curves.plots["loss"].lines[0].curve.x) == 2
    assert not curves.plots["sigma"].lines
    curves.set_state(states[1])
    qtbot.waitUntil(lambda: bool(curves.plots["sigma"].lines), timeout=30_000)
    for name, column in (("sigma", "sigma"), ("evaluations", "forward")):
        shown = curves.plots[name].lines[0].curve.y
        assert np.array_equal(shown, states[1].updates.column(column))
    assert all(len(plot.lines[0].curve.x) == 4 for plot in curves.plots.values())
