"""The field: a digit is drawn at the left, settles in the middle, and is told of at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QHideEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QVBoxLayout,
    QWidget,
)  # fmt: skip

from deepfractals_gui.experiments.field_model import FieldModel
from deepfractals_gui.experiments.field_params import FieldRunParams
from deepfractals_gui.gui.fetch_dialog import stop_fetching
from deepfractals_gui.gui.field.evolution_view import EvolutionView
from deepfractals_gui.gui.field.field_files import FieldFiles
from deepfractals_gui.gui.field.field_sentences import sentence_of
from deepfractals_gui.gui.field.field_settings import SHOWN, FieldSettings
from deepfractals_gui.gui.field.field_trainer import FieldLook, FieldTrainer
from deepfractals_gui.gui.field.shown_model import ShownModel
from deepfractals_gui.gui.field.side_column import SideColumn
from deepfractals_gui.gui.field.solving import Answer, Question, RaceAnswer, Solving
from deepfractals_gui.gui.run_columns import RunColumns
from deepfractals_gui.gui.run_page import RunPage
from deepfractals_gui.gui.sentences import CHANGED, sentence

FIRST_DIGIT = 3


class FieldPage(RunPage):
    """A drawing and what a field makes of it, while the field is trained or rests.

    Signals
    -------
    solved(Answer)          follows every solve that has been shown
    mapWished(FieldModel)   map where this field converges
    """

    trainer: FieldTrainer
    settings: FieldSettings
    files: FieldFiles

    solved = Signal(object)
    mapWished = Signal(object)

    def __init__(self, params: FieldRunParams | None = None, parent: QWidget | None = None) -> None:
        first = params or FieldRunParams()
        super().__init__("Field", first, parent)
        self.look: FieldLook | None = None
        self.answer: Answer | None = None
        self._plays = False
        self._number = 0
        self._model = ShownModel()
        self._asked: FieldModel | None = None
        self.trainer, self.solving = FieldTrainer(), Solving()
        self.settings = FieldSettings(first)
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
        self._add_menu("Runs, pictures and films as files")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(RunColumns(self.settings, self.bar, self.evolution, self._side))

    def _connect(self) -> None:
        self._connect_run()
        queued = Qt.ConnectionType.QueuedConnection
        self.solving.solved.connect(self._solved, queued)
        self.solving.raced.connect(self._raced, queued)
        self.solving.failed.connect(self._not_solved, queued)
        self.settings.draw.drawn.connect(self._ask)
        self.settings.draw.pad.lifted.connect(self._play_next)
        self.settings.draw.modelChosen.connect(self._ask)
        self.settings.changed.connect(self._settings_changed)
        self.evolution.stepped.connect(self.curves.set_step)
        self.evolution.rested.connect(self._catch_up)
        self.sights.chosen.connect(self._turn)
        self.map_button.clicked.connect(self._map)

    @property
    def params(self) -> FieldRunParams:
        """What the settings ask for; the run at hand may have begun with others."""
        params: FieldRunParams = self.settings.params
        return params

    # Training

    @Slot()
    def start(self) -> None:
        super().start()
        if self.bar.running:
            self.sights.set_key("training")
            self._turn("training")

    # What the threads say

    def _take(self, look: FieldLook) -> None:
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

    @property
    def _keys(self) -> dict[Qt.Key, Callable[[], None]]:
        return {
            Qt.Key.Key_P: self.evolution.toggle,
            Qt.Key.Key_M: self.settings.draw.turn_model,
        }

    def shut_down(self) -> None:
        """Stop training and solving: the window closes."""
        stop_fetching(self)
        self.solving.close()
        self.trainer.close()
        self.files.shut_down()
