"""The field: a digit is drawn at the left, settles in the middle, and is told of at the right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QDragEnterEvent,
    QDropEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QMenu,
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.gui.controls import QuietButton
from deepfractals_gui.gui.fetch_dialog import stop_fetching
from deepfractals_gui.gui.field.evolution_view import EvolutionView
from deepfractals_gui.gui.field.field_files import FieldFiles
from deepfractals_gui.gui.field.field_sentences import CHANGED, sentence_of
from deepfractals_gui.gui.field.field_settings import SHOWN, FieldSettings
from deepfractals_gui.gui.field.field_trainer import FieldLook, FieldTrainer
from deepfractals_gui.gui.field.shown_model import ShownModel
from deepfractals_gui.gui.field.side_column import SideColumn
from deepfractals_gui.gui.field.solving import Answer, Question, RaceAnswer, Solving
from deepfractals_gui.gui.lab.train_bar import TrainBar
from deepfractals_gui.gui.run_columns import RunColumns
from deepfractals_gui.gui.sentences import sentence

FIRST_DIGIT = 3


class FieldPage(QWidget):
    """A drawing and what a field makes of it, while the field is trained or rests.

    Signals
    -------
    solved(Answer)          follows every solve that has been shown
    mapWished(FieldModel)   map where this field converges
    """

    solved = Signal(object)
    mapWished = Signal(object)

    def __init__(self, params: FieldRunParams | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        # The columns rearrange themselves: what they ask for now must not hold the window open.
        self.setMinimumSize(640, 420)
        self.setAccessibleName("Field")
        first = params or FieldRunParams()
        self.look: FieldLook | None = None
        self.answer: Answer | None = None
        self._changed = False
        self._error = ""
        self._plays = False
        self._number = 0
        self._model = ShownModel()
        self._asked: FieldModel | None = None
        self._more_epochs = first.epochs
        self.trainer, self.solving = FieldTrainer(), Solving()
        self.settings = FieldSettings(first)
        self.bar = TrainBar()
        self.evolution = EvolutionView()
        self._side = side = SideColumn()
        self.sights, self.map_button = side.sights, side.map_button
        self.curves, self.race, self.training = side.curves, side.race, side.training
        self.files = FieldFiles(self)
        self._lay_out()
        self._connect()
        self.settings.draw.pad.put_digit(FIRST_DIGIT)
        self.trainer.begin(first)

    # Building

    def _lay_out(self) -> None:
        self.menu_button = QuietButton("Files ▾", "Runs, pictures and films as files")
        self.menu_button.setPopupMode(QuietButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.menu_button)
        self.files.fill(menu)
        self.menu_button.setMenu(menu)
        self.bar.extra.addWidget(self.menu_button)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(RunColumns(self.settings, self.bar, self.evolution, self._side))

    def _connect(self) -> None:
        queued = Qt.ConnectionType.QueuedConnection
        self.trainer.looked.connect(self._looked, queued)
        self.trainer.failed.connect(self._failed, queued)
        self.trainer.done.connect(self._done, queued)
        self.trainer.opened.connect(self._opened, queued)
        self.solving.solved.connect(self._solved, queued)
        self.solving.raced.connect(self._raced, queued)
        self.solving.failed.connect(self._not_solved, queued)
        self.bar.startWished.connect(self.start)
        self.bar.pauseWished.connect(self.pause)
        self.bar.batchWished.connect(self.trainer.step_batch)
        self.bar.epochWished.connect(self.trainer.step_epoch)
        self.bar.rewindWished.connect(self.rewind)
        self.settings.draw.drawn.connect(self._ask)
        self.settings.draw.pad.lifted.connect(self._play_next)
        self.settings.draw.modelChosen.connect(self._ask)
        self.settings.changed.connect(self._settings_changed)
        self.evolution.stepped.connect(self.curves.set_step)
        self.evolution.rested.connect(self._catch_up)
        self.sights.chosen.connect(self._turn)
        self.map_button.clicked.connect(self._map)
        inside = Qt.ShortcutContext.WidgetWithChildrenShortcut
        for keys, act in self.files.shortcuts:
            QShortcut(QKeySequence(keys), self, context=inside).activated.connect(act)

    @property
    def params(self) -> FieldRunParams:
        """What the settings ask for; the run at hand may have begun with others."""
        params: FieldRunParams = self.settings.params
        return params

    # Training

    @Slot()
    def start(self) -> None:
        """Train; after the last epoch as many again."""
        look = self.look
        self._error = ""
        if self._changed:
            self._begin(self.params, run=True)
            return
        if look is not None and look.state.stopped:
            if look.state.exploded:
                return
            epochs = look.state.epoch + max(self._more_epochs, 1)
            self.settings.set_params(replace(self.params, epochs=epochs))
            self.trainer.set_epochs(epochs)
        self.bar.set_running(True)
        self.trainer.run()
        self.sights.set_key("training")
        self._turn("training")

    @Slot()
    def pause(self) -> None:
        self.bar.set_running(False)
        self.trainer.pause()

    @Slot()
    def rewind(self) -> None:
        """Go back to the first parameters; settings that have changed are applied."""
        self._begin(self.params)

    def _begin(self, params: FieldRunParams, run: bool = False) -> None:
        self._changed, self._error = False, ""
        self.settings.clear_errors()
        self.trainer.begin(params, run)

    # What the threads say

    @Slot(object)
    def _looked(self, look: FieldLook) -> None:
        self.look = look
        self.settings.draw.set_best(look.state.best_epoch, look.state.best_accuracy)
        self._show_look()
        # What is being played isn't taken away by training.
        if not self.evolution.playing:
            self._catch_up()
        self.trainer.took()

    @Slot()
    def _catch_up(self) -> None:
        """Ask the field that answers now, if another one was asked last."""
        if self.look is not None and self._shown_model(self.look) is not self._asked:
            self._ask()

    def _show_look(self) -> None:
        look = self.look
        if look is None:
            return
        state = look.state
        self.bar.set_running(look.running)
        self.bar.set_place(state.epoch, state.step, state.params.epochs)
        if self.isVisible():
            if self._error:
                self.bar.say(self._error, "error")
            else:
                self.bar.say(*sentence_of(look, self._changed, self.answer is not None))
            if self.sights.key == "training":
                self.training.set_state(state, look.running)

    @Slot()
    def _ask(self) -> None:
        """Solve for the drawing as it is now, by the field as it is now."""
        look = self.look
        if look is None or not self.isVisible():
            return
        p, data = self.params, look.state.data
        self._number += 1
        self._asked = self._shown_model(look)
        self.solving.ask(
            Question(
                self._asked, data.drawing(self.settings.draw.image), p.solver,
                p.damping, p.solver_steps, p.tolerance, self.sights.key == "race", self._number,
                self.evolution.choice,
            )
        )  # fmt: skip

    def _shown_model(self, look: FieldLook) -> FieldModel:
        """The field as it is now, or was at its best, with γ and activation as they are set."""
        best = self.settings.draw.model.key == "best"
        return self._model.of(look.state, self.params, best)

    @Slot(object)
    def _solved(self, answer: Answer) -> None:
        first, self.answer = self.answer is None, answer
        look = self.look
        if first:
            self._show_look()
        names = look.state.data.classes if look is not None else ()
        view = self.evolution
        plays = self._plays and answer.question.number == self._number
        view.set_evolution(answer.evolution, names, answer.colouring)
        if plays:
            self._plays = False
            view.play()
        self.curves.set_evolution(answer.evolution, view.probabilities, view.outcome, names)
        self.curves.set_step(view.step)
        self.solving.took()
        self.solved.emit(answer)

    @Slot(object)
    def _raced(self, found: RaceAnswer) -> None:
        self.race.set_races(found.races)

    @Slot(str)
    def _not_solved(self, message: str) -> None:
        self.bar.say(sentence(message), "error")

    @Slot(str, str)
    def _failed(self, name: str, message: str) -> None:
        self.bar.set_running(False)
        shown = self.settings.show_error(name, message)
        # Settings that can't be used are no run's: the one at hand has others.
        self._changed = self._changed or (shown and self.look is not None)
        words = sentence(message)
        self.say_error("This can't be used: see the settings." if shown else words)

    def say_error(self, words: str) -> None:
        """Say what went wrong, until something else is tried."""
        self._error = words
        self.bar.say(words, "error")

    @Slot(str)
    def _done(self, message: str) -> None:
        self.bar.say(message, "good")

    @Slot(object)
    def _opened(self, params: FieldRunParams) -> None:
        """Show the settings of a run that goes on from its file."""
        self._changed, self._error = False, ""
        self._more_epochs = params.epochs
        self.settings.clear_errors()
        self.settings.set_params(params)

    # What a person changes

    @Slot()
    def _play_next(self) -> None:
        """The pen has been lifted: show how the field settles."""
        self._plays = True
        self._ask()

    @Slot(object, str)
    def _settings_changed(self, params: FieldRunParams, name: str) -> None:
        look = self.look
        if name == "epochs":
            self._more_epochs = params.epochs
            self.trainer.set_epochs(params.epochs)
        elif look is None or not look.state.step:
            self._begin(params)
        else:
            self._changed = True
            self.bar.say(CHANGED, "warning")
        if name in SHOWN:
            self._ask()

    @Slot(str)
    def _turn(self, key: str) -> None:
        """Show another of the sights."""
        self._side.turn(key)
        if key == "training" and self.look is not None:
            self.training.set_state(self.look.state, self.look.running)
        if key == "race":
            self._ask()

    @Slot()
    def _map(self) -> None:
        if self.look is not None:
            self.mapWished.emit(self._shown_model(self.look))

    # Events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._plays = True
        self._show_look()
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.evolution.pause()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() or event.modifiers() == Qt.KeyboardModifier.KeypadModifier
        acts = {
            Qt.Key.Key_Space: self.pause if self.bar.running else self.start,
            Qt.Key.Key_B: self.bar.batch_button.click,
            Qt.Key.Key_E: self.bar.epoch_button.click,
            Qt.Key.Key_R: self.bar.rewind_button.click,
            Qt.Key.Key_P: self.evolution.toggle,
            Qt.Key.Key_M: self.settings.draw.turn_model,
        }
        act = acts.get(Qt.Key(event.key()))
        if plain and act is not None and not event.isAutoRepeat():
            act()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.files.take(paths[0])

    def shut_down(self) -> None:
        """Stop training and solving: the window closes."""
        stop_fetching(self)
        self.solving.close()
        self.trainer.close()
        self.files.shut_down()
