"""Gradient flow: curves by layer over time, bars by layer now."""

from __future__ import annotations

import numpy as np
import pytest

from deepfractals_gui.gui.lab.flow_view import QUANTITIES, FlowView
from deepfractals_gui.gui.lab.layer_bars import LayerBars, value_text

LAYERS = tuple(f"dense {n}" for n in range(1, 9))


def history(steps: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {q.key: rng.uniform(0.1, 0.9, (steps, len(LAYERS))) for q in QUANTITIES}


@pytest.fixture
def view(qtbot):
    view = FlowView()
    qtbot.addWidget(view)
    view.resize(500, 700)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_each_quantity_has_a_curve_for_each_layer(view) -> None:
    values = history(20)
    view.set_history(np.arange(20), LAYERS, values)
    for quantity in QUANTITIES:
        lines = view.plots[quantity.key].lines
        assert len(lines) == len(LAYERS)
        assert (lines[5].curve.y == values[quantity.key][:, 5]).all()
        assert lines[0].curve.log == (quantity.key in ("gradient_norm", "update_ratio"))
    # With more layers than colours the dash tells them apart.
    looks = {(line.key.series % 6, line.key.pattern) for line in view.plots["dead"].lines}
    assert len(looks) == len(LAYERS)
    view.grab()


def test_the_bars_show_the_last_values_of_the_quantity_chosen(view) -> None:
    values = history(5)
    view.set_history(np.arange(5), LAYERS, values)
    assert f"dense 8 {values['gradient_norm'][-1, 7]:.3g}" in view.bars.accessibleDescription()
    view.choice.set_key("dead")
    view.choice.chosen.emit("dead")
    assert f"dense 1 {values['dead'][-1, 0]:.3g}" in view.bars.accessibleDescription()
    assert not view.bars.log


def test_before_the_first_step_it_says_what_to_do(view) -> None:
    assert view.currentWidget() is view.empty
    view.set_history(np.arange(5), LAYERS, history(5))
    assert view.currentWidget() is not view.empty
    view.set_history(np.zeros(0), LAYERS, history(0))
    assert view.currentWidget() is view.empty


def test_bars_of_magnitudes_are_logarithmic_and_fractions_are_not(qtbot) -> None:
    bars = LayerBars("|g|", log=True)
    qtbot.addWidget(bars)
    bars.set_values(["a", "b", "c", "d"], [1.0, 1e-4, 0.0, np.nan])
    assert [bars.share_of(n) for n in range(4)] == pytest.approx([1.0, 0.5, 0.0, 0.0])
    bars.set_title("dead", log=False)
    bars.set_values(["a", "b"], [0.25, 1.0])
    assert [bars.share_of(n) for n in range(2)] == [0.25, 1.0]
    bars.resize(240, bars.sizeHint().height())
    bars.grab()
    assert [value_text(v) for v in (0.0, 1.23e-7, 0.5, float("nan"))] == [
        "0", "1.23e-07", "0.5", "–",
    ]  # fmt: skip
