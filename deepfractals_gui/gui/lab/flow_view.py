"""How gradients flow: per layer |g|, |Δw|/|w|, dead and saturated units, over time and now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Array, Curve
from deepfractals_gui.gui.controls import SPACE, EmptyState, Scroll, Segmented
from deepfractals_gui.gui.curve_lines import Key, Line
from deepfractals_gui.gui.curve_plot import CurvePlot
from deepfractals_gui.gui.lab.layer_bars import LayerBars
from deepfractals_gui.gui.run_plots import LIVE_POINTS

_SHARES = (-0.03, 1.03)
"""The axis of a share, with a little room for lines at its ends."""


@dataclass(frozen=True)
class Quantity:
    """Something that each layer has one of: its field of the history, its name, its axis."""

    key: str
    title: str
    short: str
    log: bool
    help: str


QUANTITIES = (
    Quantity("gradient_norm", "gradient |g|", "|g|", True, "Norm of the gradient of the weights"),
    Quantity(
        "update_ratio", "update |Δw| / |w|", "|Δw|/|w|", True,
        "How far a step moves the weights, as a share of their norm; about 1e-3 is healthy",
    ),
    Quantity("dead", "dead units", "dead", False, "Share of units that answer zero to every input"),
    Quantity(
        "saturated", "saturated units", "saturated", False,
        "Share of answers so far out that the slope there is nearly zero",
    ),
)  # fmt: skip


class FlowView(QStackedWidget):
    """Four plots with a curve for each layer, and bars for how it stands now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = EmptyState(
            "Train a few steps: the curves say how far gradients reach into the network."
        )
        self.plots = {quantity.key: CurvePlot() for quantity in QUANTITIES}
        self.choice = Segmented([(q.key, q.short) for q in QUANTITIES])
        self.choice.setAccessibleName("Quantity of the bars")
        self.choice.chosen.connect(self._show_bars)
        self.bars = LayerBars("", log=True)
        self._names: tuple[str, ...] = ()
        self._now: dict[str, Sequence[float]] = {}
        grid = QGridLayout()
        grid.setSpacing(2 * SPACE)
        for number, quantity in enumerate(QUANTITIES):
            plot = self.plots[quantity.key]
            plot.setMinimumHeight(120)
            plot.setToolTip(quantity.help)
            plot.most_points = LIVE_POINTS
            grid.addWidget(plot, number // 2, number % 2)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, SPACE, 0)
        column.setSpacing(SPACE)
        column.addLayout(grid, 1)
        column.addWidget(self.choice)
        column.addWidget(self.bars)
        self.addWidget(self.empty)
        self.addWidget(Scroll(content))

    def set_history(
        self, steps: Array, layers: Sequence[str], history: Mapping[str, Array]
    ) -> None:
        """Show the history of every quantity.

        Parameters
        ----------
        steps : (T,), the epochs
        layers : names of the L layers
        history : by quantity, float (T, L)
        """
        for phase in self.phases(steps, layers, history):
            phase()

    def phases(
        self, steps: Array, layers: Sequence[str], history: Mapping[str, Array]
    ) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly."""
        if not len(steps):
            return [self.clear]
        self._names = tuple(layers)
        self._now = {quantity.key: history[quantity.key][-1].tolist() for quantity in QUANTITIES}
        plots = [
            partial(self._show_plot, quantity, steps, history[quantity.key])
            for quantity in QUANTITIES
        ]
        return [*plots, self._finish]

    def _finish(self) -> None:
        self._show_bars(self.choice.key)
        self.setCurrentIndex(1)

    def _show_plot(self, quantity: Quantity, steps: Array, values: Array) -> None:
        keys = [Key(name, index, index // 6) for index, name in enumerate(self._names)]
        lines = [
            Line(
                Curve(
                    f"{quantity.title} of {name}", steps, values[:, index],
                    log=quantity.log, group=quantity.title, against="epoch",
                ),
                keys[index],
            )
            for index, name in enumerate(self._names)
        ]  # fmt: skip
        # One legend is enough for four plots with the same layers.
        legend = keys if quantity is QUANTITIES[0] else ()
        span = None if quantity.log else _SHARES
        self.plots[quantity.key].set_lines(quantity.title, lines, legend, span)

    def clear(self) -> None:
        """Nothing has been trained yet."""
        self._now = {}
        self.setCurrentIndex(0)

    def _show_bars(self, key: str) -> None:
        quantity = next(q for q in QUANTITIES if q.key == key)
        self.bars.set_title(f"{quantity.title}, now", log=quantity.log)
        now = self._now.get(key)
        if now is not None:
            self.bars.set_values(self._names, now)
            self.bars.setToolTip(quantity.help)
