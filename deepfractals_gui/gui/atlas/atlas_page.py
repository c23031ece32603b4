"""The atlas: a book at the left, as the model reads it in the middle, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import (
    QShowEvent,
)
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from deepfractals_gui.atlas.keys import KeyCurve, KeySpec
from deepfractals_gui.atlas.ledger import Ledger
from deepfractals_gui.experiments.atlas_params import AtlasRunParams
from deepfractals_gui.experiments.atlas_state import AtlasState, KeyedText
from deepfractals_gui.gui.atlas.atlas_curves import AtlasCurves, course_of
from deepfractals_gui.gui.atlas.atlas_files import AtlasFiles
from deepfractals_gui.gui.atlas.atlas_jobs import AtlasJobs
from deepfractals_gui.gui.atlas.atlas_sentences import sentence_of
from deepfractals_gui.gui.atlas.atlas_settings import AtlasSettings, preset_of
from deepfractals_gui.gui.atlas.atlas_trainer import AtlasLook, AtlasTrainer
from deepfractals_gui.gui.atlas.book_rows import Row
from deepfractals_gui.gui.atlas.export_panel import ExportPanel
from deepfractals_gui.gui.atlas.keys_panel import KeysPanel
from deepfractals_gui.gui.atlas.reading_view import ReadingView
from deepfractals_gui.gui.controls import SPACE, Scroll, Segmented
from deepfractals_gui.gui.run_columns import RunColumns, uncut_width
from deepfractals_gui.gui.run_page import RunPage
from deepfractals_gui.gui.sentences import CHANGED
from deepfractals_gui.gui.tasks import TaskPanel

NOTE_MS = 6000
"""How long a word about a file stays, before it is told again how the run stands."""
APART_MS = 8
"""Between the parts of the page that are drawn after each look."""
SIGHTS = (("training", "Training"), ("keys", "Keys"), ("export", "Export"))


class AtlasPage(RunPage):
    """A book and what a model knows of it, while the model learns or rests."""

    trainer: AtlasTrainer
    settings: AtlasSettings
    files: AtlasFiles

    def __init__(self, params: AtlasRunParams | None = None, parent: QWidget | None = None) -> None:
        first = params or AtlasRunParams()
        super().__init__("Atlas", first, parent)
        self.look: AtlasLook | None = None
        self._note = ""
        self._noted = QTimer(self)
        self._noted.setSingleShot(True)
        self._noted.setInterval(NOTE_MS)
        self._noted.timeout.connect(self._forget)
        self._text: tuple[int, int] | None = None
        self._when_paused: Callable[[AtlasState], None] | None = None
        self.trainer, self.jobs = AtlasTrainer(), AtlasJobs(self)
        self.settings = AtlasSettings(first)
        self.reading = ReadingView()
        self.curves, self.keys, self.exporting = AtlasCurves(), KeysPanel(), ExportPanel()
        self.tasks = TaskPanel(tasks=self.jobs.tasks)
        self.tasks.keeps_all = False
        self.files = AtlasFiles(self)
        self._lay_out()
        self._connect()
        self.trainer.begin(first)

    # Building

    def _lay_out(self) -> None:
        self._add_menu("Books, runs and exports as files")
        self.sights = Segmented(SIGHTS)
        self.sights.setAccessibleName("What is told of the atlas")
        self._sights = QStackedWidget()
        self._sights.addWidget(self.curves)
        for panel in (self.keys, self.exporting):
            scroll = Scroll(panel)
            scroll.setMinimumWidth(uncut_width(panel))
            self._sights.addWidget(scroll)
        side = QWidget()
        told = QVBoxLayout(side)
        told.setContentsMargins(SPACE, 0, 2 * SPACE, 2 * SPACE)
        told.setSpacing(SPACE)
        told.addWidget(self.sights)
        told.addWidget(self._sights, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(
            RunColumns(
                self.settings, self.bar, self.reading, side, self.tasks, (300, 400), (250, 270)
            )
        )

    def _connect(self) -> None:
        self._connect_run(("Ctrl+Z", self.settings.undo), ("Ctrl+Shift+Z", self.settings.redo))
        self.settings.changed.connect(self._settings_changed)
        self.reading.turned.connect(self._turned)
        self.sights.chosen.connect(self._turn)
        self.keys.keyWished.connect(self._key)
        self.keys.curveWished.connect(self._compare)
        self.keys.view.chosen.connect(self.trainer.choose)
        self.keys.view.dropped.connect(self.trainer.drop)
        self.exporting.weighWished.connect(self._weigh)
        self.exporting.exportWished.connect(self.files.export)
        self.exporting.decodeWished.connect(self.files.decode)
        self.jobs.keyed.connect(self._keyed)
        self.jobs.compared.connect(self._compared)
        self.jobs.weighed.connect(self._weighed)
        self.jobs.decoded.connect(self._decoded)

    @property
    def params(self) -> AtlasRunParams:
        """What the settings ask for; the run at hand may have begun with others."""
        params: AtlasRunParams = self.settings.params
        return params

    # Training

    @Slot()
    def start(self) -> None:
        self._note, self._when_paused = "", None
        super().start()

    @Slot()
    def pause(self) -> None:
        self._note = ""
        super().pause()

    def _begin(self, params: AtlasRunParams, run: bool = False) -> None:
        self._note = ""
        super()._begin(params, run)

    # What the threads say

    def _take(self, look: AtlasLook) -> None:
        self.look = look
        if not look.running and self._when_paused is not None:
            act, self._when_paused = self._when_paused, None
            act(look.state)
        if self._text != (look.run, look.text):
            self._text = (look.run, look.text)
            state = look.state
            keyed = state.library[look.text - 1] if look.text else None
            book = state.book if keyed is None else keyed.book
            fold = 0 if keyed is None else keyed.keys.page
            self.reading.set_book(book, state.spec.capacity, fold)
            self._see(self.reading.page.shown)
        self.reading.take(look.stretches)
        self._show_look()

    def _show_look(self) -> None:
        look = self.look
        if look is None:
            return
        state = look.state
        self.bar.set_running(look.running)
        self.bar.set_place(state.epoch, state.step, state.params.epochs)
        if not self.isVisible():
            self.trainer.took()
            return
        self._show_state()
        self.keys.set_state(state, look.text)
        phases = self.reading.phases()
        if self.sights.key == "training":
            phases += self.curves.phases(course_of(state, look.speeds), look.running)
        self._later(phases)

    def _show_state(self) -> None:
        """Say how the run stands, or what is more important."""
        look = self.look
        if look is None:
            return
        if self._error:
            self.bar.say(self._error, "error")
        elif self._note:
            self.bar.say(self._note, "good")
        else:
            self.bar.say(*sentence_of(look, self._changed, self.reading.known))

    def _later(self, phases: list[Callable[[], None]]) -> None:
        """Draw strip and plots one after the other: what is asked for at once is painted at once,
        and then the window does nothing else for so long."""
        QTimer.singleShot(APART_MS, self, partial(self._draw, phases))

    def _draw(self, phases: list[Callable[[], None]]) -> None:
        phases[0]()
        if len(phases) > 1:
            self._later(phases[1:])
        else:
            self.trainer.took()

    def _say_done(self, message: str) -> None:
        """Say what has been done, over what is told of the run."""
        self._note = message
        self.bar.say(message, "good")
        self._noted.start()

    @Slot()
    def _forget(self) -> None:
        self._note = ""
        self._show_state()

    # Jobs

    @Slot(object, object, int)
    def _key(self, source: str | Path, spec: KeySpec, pages: int) -> None:
        self._once_paused(lambda state: self.jobs.key(state, source, spec, pages))

    @Slot(object, object)
    def _compare(self, source: str | Path, spec: KeySpec) -> None:
        self._once_paused(lambda state: self.jobs.compare(state, source, spec))

    def _once_paused(self, act: Callable[[AtlasState], None]) -> None:
        """Do this with the run once it rests: keys belong to the model that they are found for, and
        the newest look at a run that goes on is older than what it comes to rest with."""
        look = self.look
        if look is not None and (look.running or self.bar.running):
            self.pause()
            self._when_paused = act
        elif look is not None:
            act(look.state)

    @Slot(int, bool)
    def _weigh(self, bits: int, neighbours: bool) -> None:
        if self.look is not None:
            self.jobs.export(self.look.state, bits, neighbours)

    @Slot(object)
    def _keyed(self, text: KeyedText) -> None:
        self.trainer.keep(text)
        self._say_done(f"{text.book.name}: {100 * text.keys.accuracy:.1f} % right by its keys")

    @Slot(str, object)
    def _compared(self, name: str, curve: KeyCurve) -> None:
        self.keys.view.set_curve(name, curve.sizes, curve.accuracies)

    @Slot(object, int, bool, object)
    def _weighed(self, ledger: Ledger, bits: int, neighbours: bool, state: AtlasState) -> None:
        model = preset_of(state.params)
        self.exporting.add(ledger, model, bits, neighbours, state.book.sha256)

    @Slot(object, int)
    def _decoded(self, path: Path, count: int) -> None:
        self._say_done(f"Saved {path.name}: {count:,} bytes, exactly as they were")

    # What a person changes

    @Slot(object)
    def _turned(self, seen: Row) -> None:
        self._see(seen)

    def _see(self, seen: Row) -> None:
        self.trainer.see(seen.start, seen.stop)

    @Slot(object, str)
    def _settings_changed(self, params: AtlasRunParams, name: str) -> None:
        look = self.look
        if name == "epochs":
            self._more_epochs = params.epochs
            self.trainer.set_epochs(params.epochs)
        elif look is None or not look.state.step:
            self._begin(params)
        else:
            # Taken back to what the run has, nothing waits any more.
            self._changed = replace(params, epochs=look.state.params.epochs) != look.state.params
            self._error = self._note = ""
            self.bar.say(*((CHANGED, "warning") if self._changed else sentence_of(look)))

    def turn(self, key: str) -> None:
        """Show another of the sights."""
        self.sights.set_key(key)
        self._turn(key)

    @Slot(str)
    def _turn(self, key: str) -> None:
        self._sights.setCurrentIndex([one for one, _ in SIGHTS].index(key))
        if key == "training" and self.look is not None:
            look = self.look
            self.curves.set_course(course_of(look.state, look.speeds), look.running)

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_look()

    def shut_down(self) -> None:
        """Stop training and jobs: the window closes."""
        self.jobs.shut_down()
        self.trainer.close()
