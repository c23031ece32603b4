"""The lab: a network is built at the left, trained at the top, and looked into beside."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QHideEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from deepfractals_gui.experiments.lab_examples import EXAMPLES, Example
from deepfractals_gui.experiments.lab_params import LabParams
from deepfractals_gui.gui.controls import Segmented
from deepfractals_gui.gui.fetch_dialog import stop_fetching
from deepfractals_gui.gui.lab.kept_runs import KeptRuns
from deepfractals_gui.gui.lab.lab_files import LabFiles
from deepfractals_gui.gui.lab.looks import Look
from deepfractals_gui.gui.lab.paint_mark import PaintMark
from deepfractals_gui.gui.lab.sentences import ended, sentence_of
from deepfractals_gui.gui.lab.settings_panel import SettingsPanel
from deepfractals_gui.gui.lab.side_panel import SidePanel
from deepfractals_gui.gui.lab.sights import Sights
from deepfractals_gui.gui.lab.trainer import Trainer
from deepfractals_gui.gui.lab.words import network_words
from deepfractals_gui.gui.run_columns import COMPACT, beside, under_bar
from deepfractals_gui.gui.run_page import RunPage

NARROW = 840
"""Below this width the curves lie under the view, not beside it."""


class LabPage(RunPage):
    """Settings, view and curves of one training run, which goes on while other pages are shown.

    Signals
    -------
    mapWished(LabParams)     map the trainability of the network and the data of this run
    sliceWished(LabState)    show the loss about its weights
    """

    trainer: Trainer
    settings: SettingsPanel
    files: LabFiles

    mapWished = Signal(object)
    sliceWished = Signal(object)

    def __init__(
        self,
        params: LabParams | None = None,
        parent: QWidget | None = None,
        folder: Path | None = None,
    ) -> None:
        first = params or EXAMPLES[0].params
        super().__init__("Lab", first, parent)
        self.look: Look | None = None
        self._note = EXAMPLES[0].note if params is None else ""
        self.trainer = Trainer()
        self.settings = SettingsPanel(first)
        self.sights = Sights()
        self.side = SidePanel()
        self.files = LabFiles(self)
        self._lay_out()
        self._connect()
        self._kept = None if folder is None else KeptRuns(folder / "runs.json")
        if self._kept is not None:
            self.sights.runs.show_runs(self._kept.load())
            self.sights.runs.changed.connect(self._save_runs)
            if self._kept.message:
                self.bar.say(self._kept.message, "warning")
        self.trainer.begin(first)

    # Building

    def _lay_out(self) -> None:
        self.pace = Segmented((("watch", "Watch"), ("full", "Fast")))
        self.pace.setSizePolicy(self.sizePolicy().Policy.Fixed, self.sizePolicy().Policy.Fixed)
        self.pace.setAccessibleName("Pace of the training")
        self.pace.setToolTip("Train slowly enough to watch, or as fast as this machine can")
        self.bar.extra.addWidget(self.pace)
        self._add_menu("Data, runs and pictures as files")
        self._view = beside(self.sights, self.side)
        self._columns = beside(self.settings, under_bar(self.bar, self._view), stretched=1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._columns)
        self._kind: tuple[bool, bool] | None = None
        self._painted = PaintMark(self)
        self._phases: deque[Callable[[], None]] = deque()

    def _connect(self) -> None:
        self._connect_run()
        self._painted.painted.connect(self._show_phase)
        self.pace.chosen.connect(self._pace_chosen)
        self.settings.changed.connect(self._settings_changed)
        self.settings.exampleChosen.connect(self.open_example)
        self.sights.wantedChanged.connect(self._want)
        self.sights.runs.restored.connect(self.open_params)
        self.side.keepWished.connect(self.keep)
        self.side.mapWished.connect(self._map)
        self.side.sliceWished.connect(self._slice)

    @property
    def params(self) -> LabParams:
        """What the settings ask for; the run at hand may have begun with others."""
        return self.settings.params

    # Training

    @Slot()
    def start(self) -> None:
        """Train; after the last epoch as many again."""
        look = self.look
        if look is not None and look.stopped:
            if self._changed:
                self._begin(self.params, run=True)
                return
            if not ended(look):
                return
            params = replace(self.params, epochs=look.epoch + max(self._more_epochs, 1))
            self.settings.set_params(params)
            self.trainer.set_ends(params)
        self.bar.set_running(True)
        self.trainer.run()

    @Slot()
    def rewind(self) -> None:
        """Go back to the first weights; settings that have changed are applied."""
        if self._changed:
            self._begin(self.params)
        else:
            self.trainer.rewind()

    @Slot(object)
    def open_params(self, params: LabParams) -> None:
        """Show other settings and begin a run with them."""
        self._note = ""
        self._more_epochs = params.epochs
        self.settings.set_params(params)
        self._begin(params)

    @Slot(object)
    def open_example(self, example: Example) -> None:
        """Begin with a network and the data on which it shows something."""
        self.open_params(example.params)
        self._note = example.note

    @Slot()
    def keep(self) -> None:
        """Put the run at hand into the table."""
        look = self.look
        if look is None:
            return
        run = self.sights.runs.keep(
            look.data.train.name, network_words(look.params.spec), look.params, look.curves,
            look.epoch, look.seconds,
        )  # fmt: skip
        self.bar.say(f"Kept as {run.name}: compare it under Runs.", "good")

    @Slot()
    def _save_runs(self) -> None:
        """Write the table down, so that the next window has it."""
        assert self._kept is not None
        runs = self.sights.runs
        try:
            self._kept.save(runs.runs, runs.gone)
        except OSError as error:
            self.bar.say(f"The kept runs can't be written: {error}", "error")

    # What the trainer says

    def _take(self, look: Look) -> None:
        fresh = self.look is None or self.look.data is not look.data
        self.look = look
        if fresh or not look.step:
            self.settings.fit(look.params.spec)
        self._show_look()

    def _show_look(self) -> None:
        """Show the newest look, piece by piece: between them the window listens."""
        look = self.look
        if look is None:
            return
        self.bar.set_running(look.running)
        self.bar.set_place(look.epoch, look.step, look.params.epochs)
        self._phases.clear()
        if self.isVisible():
            self.bar.say(*sentence_of(look, self._note, self._changed))
            self._phases.extend(self.sights.phases(look))
            self._phases.extend(self.side.curves.phases(look.curves))
        self._show_phase()

    @Slot()
    def _show_phase(self) -> None:
        """Show the next piece; after the last one the trainer may go on."""
        if self._phases:
            self._phases.popleft()()
            self._painted.mark()
        else:
            self.trainer.took()

    def _fail(self, name: str, message: str) -> None:
        super()._fail(name, message)
        self._changed = self.look is not None

    def _show_opened(self, params: LabParams) -> None:
        self._note = ""
        super()._show_opened(params)

    # What a person changes

    @Slot(object, str)
    def _settings_changed(self, params: LabParams, kind: str) -> None:
        look = self.look
        if kind == "ends":
            self._more_epochs = params.epochs
            self.trainer.set_ends(params)
        elif kind == "data" or look is None or not look.step:
            self._begin(params, look is not None and look.running and kind == "data")
        else:
            self._changed = True
            self.bar.say(*sentence_of(look, self._note, True))

    @Slot(str)
    def _pace_chosen(self, key: str) -> None:
        self.trainer.watch(key == "watch")

    @Slot()
    def _want(self) -> None:
        self.trainer.want(self.sights.wanted if self.isVisible() else (), self.sights.sample)

    @Slot()
    def _map(self) -> None:
        if self.look is not None:
            self.mapWished.emit(self.look.params)

    @Slot()
    def _slice(self) -> None:
        if self.look is not None:
            self.sliceWished.emit(self.look.state)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._want()
        self._show_look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._want()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        kind = (self.width() >= NARROW, self.width() >= COMPACT)
        if kind != self._kind:
            self._kind = kind
            self._arrange(*kind)

    def _arrange(self, beside: bool, roomy: bool) -> None:
        """Lay the columns out for the room there is; a person may move them afterwards."""
        self._view.setOrientation(Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical)
        self.side.set_wide(not beside)
        self.bar.set_compact(not roomy)
        self.sights.set_compact(not roomy)
        left = 328 if roomy else 290
        self._columns.setSizes([left, self.width() - left])
        room = self.width() - left if beside else self.height()
        part = 190 if not beside else 360 if roomy else 250
        self._view.setSizes([room - part, part])

    @property
    def _keys(self) -> dict[Qt.Key, Callable[[], None]]:
        return {Qt.Key.Key_K: self.keep}

    def shut_down(self) -> None:
        """Stop training: the window closes."""
        stop_fetching(self)
        self.trainer.close()
