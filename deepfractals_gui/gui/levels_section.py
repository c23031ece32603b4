"""The levels between which colours run: a histogram, exact numbers, a lock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepfractals_gui.coloring import MODES, Histogram, histogram, locked, swatch
from deepfractals_gui.core import Coloring
from deepfractals_gui.gui.background import Background
from deepfractals_gui.gui.controls import SPACE, ErrorLine, SectionTitle, Switch
from deepfractals_gui.gui.histogram_view import HistogramView
from deepfractals_gui.gui.sentences import sentence
from deepfractals_gui.gui.session_model import SessionModel
from deepfractals_gui.gui.value_edit import ValueEdit

_BINS = 128
_LOCK_HELP = (
    "Locked, a value keeps its colour from view to view; otherwise the range follows the picture."
)


class LevelsSection(QWidget):
    """Shows how values are spread and lets a person choose and lock the range that is coloured.

    Histograms and ranges are taken from the controller's finished samples, in the background.
    """

    def __init__(self, model: SessionModel, controller: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._controller = controller
        self._gesture = 0
        self._found: Histogram | None = None
        self._tasks = Background()
        self._tasks.done.connect(self._done)
        self._tasks.failed.connect(self._failed)
        self.view = HistogramView()
        self.view.scrubbed.connect(self._scrubbed)
        self.view.released.connect(self._rested)
        self.low_edit, self.high_edit = ValueEdit(), ValueEdit()
        for edit, name in ((self.low_edit, "Low level"), (self.high_edit, "High level")):
            edit.setAccessibleName(name)
            edit.setToolTip(name)
            edit.submitted.connect(self._typed)
            edit.reverted.connect(self._forget_error)
        self.error_line = ErrorLine()
        self.lock_switch = Switch()
        self.lock_switch.setAccessibleName("Lock levels")
        self.lock_switch.setAccessibleDescription(_LOCK_HELP)
        self.lock_switch.setToolTip(_LOCK_HELP)
        self.lock_switch.clicked.connect(self._lock_clicked)
        lock_label = QLabel("Lock")
        lock_label.setToolTip(_LOCK_HELP)
        row = QHBoxLayout()
        row.setSpacing(SPACE)
        row.addWidget(self.low_edit, 1)
        row.addWidget(self.high_edit, 1)
        row.addWidget(lock_label)
        row.addWidget(self.lock_switch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE // 2)
        layout.addWidget(SectionTitle("Levels"))
        layout.addWidget(self.view)
        layout.addLayout(row)
        layout.addWidget(self.error_line)
        controller.samplesChanged.connect(self._samples_changed)
        model.changed.connect(self._changed)
        self._show()

    @property
    def found(self) -> Histogram | None:
        """The histogram shown; None while none is known."""
        return self._found

    # Showing

    @Slot(object, object)
    def _changed(self, old: Any, new: Any) -> None:
        a, b = old.coloring, new.coloring
        if old.key != new.key or (a.mode, a.channel) != (b.mode, b.channel):
            self._found = None
        if (old.key, a) != (new.key, b):
            self._show()
        if (old.key, old.params, a) != (new.key, new.params, b):
            self._count()

    @Slot(object)
    def _samples_changed(self, samples: Any) -> None:
        self._count()

    def _show(self) -> None:
        coloring = self._model.coloring
        mode = MODES[coloring.mode]
        adjustable = mode.ranged == "levels" or mode.key == "classic"
        self.setVisible(adjustable or mode.ranged == "knots")
        self.view.set_adjustable(adjustable)
        for edit in (self.low_edit, self.high_edit):
            edit.setVisible(adjustable)
        self.error_line.set_text("")
        self.lock_switch.setChecked(coloring.locked)
        self.view.set_strip(swatch(coloring, 256, 1))
        found = self._found
        if found is None:
            self.view.set_message("The histogram comes with the finished picture.")
            for edit in (self.low_edit, self.high_edit):
                edit.set_good("")
            return
        levels = coloring.levels or found.levels
        self.view.set_message("")
        self.view.set_histogram(found.edges, found.counts)
        self.view.set_levels(*levels, locked=coloring.locked)
        for edit, level in zip((self.low_edit, self.high_edit), levels, strict=True):
            edit.set_good(_level_text(level, exact=coloring.levels is not None))

    # What is found in the background

    def _count(self) -> None:
        samples, mode = self._controller.samples, MODES[self._model.coloring.mode]
        if samples is None or not (mode.ranged or mode.key == "classic"):
            return
        self._tasks.start(
            "histogram",
            histogram,
            samples.channels,
            self._controller.scene,
            # Where the range lies doesn't change what is counted, except for its ends.
            self._model.coloring,
            _BINS,
            submit=self._controller.renderer.background,
        )

    @Slot(bool)
    def _lock_clicked(self, on: bool) -> None:
        coloring = self._model.coloring
        if not on:
            self._replace(replace(coloring, levels=None, knots=()))
            return
        samples = self._controller.samples
        if samples is None:
            self.lock_switch.setChecked(False)
            self.error_line.set_text("Wait for the picture: its range isn't known yet.")
            return
        self._tasks.start(
            "lock",
            locked,
            samples.channels,
            self._controller.scene,
            coloring,
            submit=self._controller.renderer.background,
        )

    @Slot(object, object)
    def _done(self, token: object, result: Any) -> None:
        if token == "histogram":
            self._found = result
            self._show()
        else:
            # Only the range is taken over: the rest may have changed meanwhile.
            coloring = self._model.coloring
            if (coloring.mode, coloring.channel) == (result.mode, result.channel):
                self._replace(replace(coloring, levels=result.levels, knots=result.knots))

    @Slot(object, str)
    def _failed(self, token: object, message: str) -> None:
        self.lock_switch.setChecked(self._model.coloring.locked)
        self.error_line.set_text(message)

    # Changing

    def _replace(self, coloring: Coloring, merge: str = "") -> None:
        self._model.replace(coloring=coloring, merge=merge)

    @Slot(float, float)
    def _scrubbed(self, low: float, high: float) -> None:
        coloring = replace(self._model.coloring, levels=(low, high), knots=())
        self._replace(coloring, f"color:levels:{self._gesture}")

    @Slot()
    def _rested(self) -> None:
        # The next drag is another step of undo.
        self._gesture += 1

    @Slot(str)
    def _typed(self, text: str) -> None:
        try:
            levels = tuple(_number(edit.text()) for edit in (self.low_edit, self.high_edit))
            coloring = replace(self._model.coloring, levels=(levels[0], levels[1]), knots=())
        except ValueError as error:
            message = str(error)
            self.error_line.set_text(sentence(message))
            return
        self._replace(coloring)

    @Slot()
    def _forget_error(self) -> None:
        self.error_line.set_text("")


def _number(text: str) -> float:
    try:
        return float(text.strip().replace("−", "-"))
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a number") from None


def _level_text(level: float, *, exact: bool) -> str:
    text = repr(level) if exact else f"{level:.6g}"
    return text[:-2] if text.endswith(".0") else text
