"""The tabs in which a run is looked at; only the one in front is kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabWidget, QVBoxLayout, QWidget

from deepfractals_gui.core import Array
from deepfractals_gui.experiments.lab_data import LabData
from deepfractals_gui.experiments.lab_views import extents
from deepfractals_gui.gui.controls import SPACE, EmptyState, Scroll
from deepfractals_gui.gui.lab.chain_view import ChainView
from deepfractals_gui.gui.lab.confusion_view import ConfusionView
from deepfractals_gui.gui.lab.decision_view import DecisionView
from deepfractals_gui.gui.lab.flow_view import FlowView
from deepfractals_gui.gui.lab.looks import Confusion, Decision, Look
from deepfractals_gui.gui.lab.neuron_view import NeuronView
from deepfractals_gui.gui.lab.plane_view import Points
from deepfractals_gui.gui.lab.run_table import RunTable
from deepfractals_gui.gui.lab.worst_view import WorstView

TABS = (
    ("decision", "Decision", "What the network says, over its data"),
    ("neurons", "Neurons", "What each hidden unit answers over the plane of the inputs"),
    ("confusion", "Confusion", "Which class is taken for which, and the worst mistakes"),
    ("flow", "Gradient flow", "How far gradients reach, layer by layer"),
    ("chain", "Chain rule", "One sample forward, and its gradient back"),
    ("runs", "Runs", "Runs that were kept, to compare"),
)
_SHORT = {"flow": "Flow", "chain": "Chain"}
"""Titles where there is little room."""


class Sights(QTabWidget):
    """Shows looks.

    ``wantedChanged()``: `wanted` or `sample` is another now.
    """

    wantedChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sample = 0
        self._data: LabData | None = None
        self._look: Look | None = None
        self.decision = DecisionView()
        self.neurons = NeuronView()
        self.confusion = ConfusionView()
        self.worst = WorstView()
        self.flow = FlowView()
        self.chain = ChainView()
        self.runs = RunTable()
        self._classes = QStackedWidget()
        self._classes.addWidget(EmptyState("Only data with classes can be confused."))
        self._classes.addWidget(self._confusion_page())
        widgets = (
            self.decision, self.neurons, self._classes, self.flow, self.chain, self.runs,
        )  # fmt: skip
        self.setDocumentMode(True)
        # Each view makes do with what there is; what it would like must not push the curves out.
        self.setMinimumWidth(280)
        for (_, title, tip), widget in zip(TABS, widgets, strict=True):
            page = QWidget()
            column = QVBoxLayout(page)
            column.setContentsMargins(SPACE, SPACE + SPACE // 2, SPACE, 0)
            column.addWidget(widget)
            self.setTabToolTip(self.addTab(page, title), tip)
        self.tabBar().setAccessibleName("Views of the run")
        self.tabBar().setExpanding(False)
        self.tabBar().setDrawBase(False)
        self.currentChanged.connect(self._turned)
        self.chain.otherWished.connect(self._other_sample)

    def _confusion_page(self) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * SPACE)
        row.addWidget(self.confusion, 3)
        row.addWidget(Scroll(self.worst), 2)
        return page

    def set_compact(self, compact: bool) -> None:
        """Make do with little room."""
        for number, (key, title, _) in enumerate(TABS):
            self.setTabText(number, _SHORT.get(key, title) if compact else title)
        self.tabBar().setStyleSheet("QTabBar::tab { padding: 5px 4px; }" if compact else "")

    @property
    def key(self) -> str:
        """The tab in front."""
        return TABS[self.currentIndex()][0]

    def turn(self, key: str) -> None:
        """Bring a tab to the front."""
        self.setCurrentIndex([tab[0] for tab in TABS].index(key))

    @property
    def wanted(self) -> tuple[str, ...]:
        """What looks must have for the tab in front."""
        return (self.key,) if self.key in ("decision", "neurons", "confusion", "chain") else ()

    @property
    def front(self) -> QWidget:
        """What the tab in front shows, to be exported as a picture."""
        return self.currentWidget()

    def show_look(self, look: Look) -> None:
        """Show what a look has for the tab in front."""
        for phase in self.phases(look):
            phase()

    def phases(self, look: Look) -> list[Callable[[], None]]:
        """The same in pieces, each of which is painted quickly."""
        if look.data is not self._data:
            self._data = look.data
            self._take_data(look)
        self._look = look
        if self.key == "flow":
            return self.flow.phases(look.flow.steps, look.flow.layers, look.flow.history)
        found: list[Callable[[], None]] = []
        for key, sight in look.sights.items():
            found.append(partial(self._show_sight, key, sight))
            if key == "confusion" and sight is not None:
                found.append(partial(self.worst.set_mistakes, sight.mistakes))
        return found

    def _show_sight(self, key: str, sight: Any) -> None:
        if key == "decision":
            self._show_decision(sight)
        elif key == "neurons" and sight:
            self.neurons.set_layers(sight)
        elif key == "confusion":
            self._show_confusion(sight)
        elif key == "chain":
            self.chain.set_stages(*sight)

    # Each tab

    def _take_data(self, look: Look) -> None:
        """Prepare the tabs for other data, and turn to one that has something to show."""
        data, train = look.data, look.data.train
        inputs, classes = train.n_inputs, train.is_classification
        x, y, test = _rows(data)
        plane = inputs == 2
        if plane:
            labels = y if classes else None
            points = Points(x[:, 0], x[:, 1], test, labels, None if classes else y[:, 0])
            spans, names = extents(data), (train.features[0], train.features[1])
            self.decision.show_plane(points, spans[0], spans[1], train.classes, names)
        elif inputs == 1 and not classes:
            self.decision.show_function(x[:, 0], y[:, 0], test, (train.features[0], "target"))
        else:
            self.decision.show_nothing(
                f"Only one or two inputs can be drawn, and {train.name} has {inputs}. "
                + ("Confusion shows what the network gets wrong." if classes else "")
            )
        if not plane:
            self.neurons.show_nothing(
                f"The units' answers are drawn over two inputs; {train.name} has {inputs}."
            )
        self._classes.setCurrentIndex(int(classes))
        drawn = plane or (inputs == 1 and not classes)
        if self.key in ("decision", "neurons", "confusion"):
            suits = {"decision": drawn, "neurons": plane, "confusion": classes and not drawn}
            if not suits[self.key]:
                self.turn("decision" if drawn or not classes else "confusion")

    def _show_decision(self, sight: Decision) -> None:
        if sight.x is not None and sight.y is not None:
            self.decision.set_function(sight.x, sight.y)
        elif sight.probabilities is not None:
            self.decision.plane.set_probabilities(sight.probabilities)
        elif sight.values is not None and self._data is not None:
            targets = self._data.train.targets
            self.decision.plane.set_values(sight.values, float(np.abs(targets).max()) or 1.0)

    def _show_confusion(self, sight: Confusion | None) -> None:
        if sight is not None:
            self.confusion.set_counts(sight.counts, sight.names)

    def _show_flow(self, look: Look) -> None:
        self.flow.set_history(look.flow.steps, look.flow.layers, look.flow.history)

    @Slot(int)
    def _turned(self, index: int) -> None:
        if self._look is not None and self.key == "flow":
            self._show_flow(self._look)
        self.wantedChanged.emit()

    @Slot()
    def _other_sample(self) -> None:
        self.sample += 1
        self.wantedChanged.emit()


def _rows(data: LabData) -> tuple[Array, Array, Array]:
    """All inputs as they are, their targets, and which of them are held back."""
    parts = [data.train] + ([] if data.test is None else [data.test])
    test = np.concatenate([np.full(len(part), number == 1) for number, part in enumerate(parts)])
    return (
        np.concatenate([part.inputs for part in parts]),
        np.concatenate([part.targets for part in parts]),
        test,
    )
