"""The race of the solvers: curves, counts, who wins."""

from __future__ import annotations

import numpy as np

from deepfractals_gui.core import Status
from deepfractals_gui.experiments.field_views import Race, race
from deepfractals_gui.gui.field.race_view import RaceView


def test_a_race_shows_each_solver_with_its_count_and_outcome(qtbot, question) -> None:
    view = RaceView()
    qtbot.addWidget(view)
    races = race(question.model, question.image, 1e-6, damping=0.5)
    view.set_races(races)
    assert [line.key.text for line in view.plot.lines] == [
        "damped iteration", "Anderson", "multigrid",
    ]  # fmt: skip
    for line, cells, one in zip(view.plot.lines, view.cells, races, strict=True):
        assert line.curve.log
        assert (line.curve.y == one.residuals).all()
        assert cells[1].text() == f"{one.evaluations[-1]:.4g}"
        assert cells[2].text() == "converged"
    assert "Anderson needs the fewest evaluations" in view.verdict


def test_who_did_not_settle_can_not_win(qtbot) -> None:
    view = RaceView()
    qtbot.addWidget(view)
    counts = np.arange(1.0, 4.0)
    view.set_races(
        [
            Race("naive", counts, np.ones(3), Status.MAX_STEPS),
            Race("anderson", 3 * counts, np.array([1.0, 0.1, 1e-7]), Status.CONVERGED),
        ]
    )
    assert view.verdict == "Anderson needs the fewest evaluations: 9."
    view.set_races([Race("naive", counts, np.ones(3), Status.CYCLE)])
    assert view.verdict == "None of them settles."
